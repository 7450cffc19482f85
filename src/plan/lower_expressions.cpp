// Lowering of expressions: each pushes one value or goes to its label; and the fused reads of the input or a slot.
#include "plan/lowering.hpp"

#include <algorithm>
#include <utility>

#include "plan/walk.hpp"

namespace psdl::plan {

void Lowering::expr(const Expr& e, Label fail) {
  const Span outer = span_;
  if (!e.span.empty()) span_ = e.span;
  switch (e.kind) {
    case ExprKind::Const:
      emit(Op::LoadConst, 0, constant(e.constant));
      push();
      break;
    case ExprKind::Slot:
      if (is_top(e.slot)) {
        program_->code.pop_back();
        program_->spans.pop_back();
      } else {
        emit(Op::LoadSlot, 0, e.slot);
      }
      push();
      break;
    case ExprKind::Input:
      emit(Op::LoadInput, 0, 0, 0, fail);
      push();
      break;
    case ExprKind::Data:
      emit(Op::LoadData);
      push();
      break;
    case ExprKind::Dot:
      dot(e, fail);
      break;
    case ExprKind::Builtin:
    case ExprKind::Function:
      call(e, fail);
      break;
    case ExprKind::Rule:
      emit(Op::CallRule, 0, e.function, 0, fail);
      push();
      break;
    case ExprKind::Array:
    case ExprKind::Set:
    case ExprKind::Object: {
      for (const Expr& operand : e.operands) expr(operand, fail);
      const auto count = static_cast<std::uint32_t>(e.operands.size());
      if (e.kind == ExprKind::Array) emit(Op::MakeArray, 0, count);
      if (e.kind == ExprKind::Set) emit(Op::MakeSet, 0, count);
      if (e.kind == ExprKind::Object) emit(Op::MakeObject, 0, count / 2);
      push(1 - static_cast<int>(count));
      break;
    }
    case ExprKind::Comprehension:
      comprehension(e);
      break;
  }
  span_ = outer;
}

bool Lowering::is_top(SlotNumber slot) const {
  if (!plan_.is_optimised || marked_pc_ == pc() || program_->code.empty()) return false;
  const Instruction& last = program_->code.back();
  return last.op == Op::StoreSlot && last.b == slot && slot < reads_.size() && reads_[slot] == 1;
}

void Lowering::count_reads(Function& function) {
  reads_.assign(function.slots, 0);
  if (!plan_.is_optimised) return;
  each_expr(function, [this](const Expr& e) {
    if (e.kind == ExprKind::Slot) ++reads_[e.slot];
  });
  each_list(function, [this](const Steps& steps, const std::vector<Expr*>& tail) {
    for (const Step& step : steps) {
      for (const SlotNumber slot : step.carried) reads_[slot] += 2;
    }
    if (steps.empty() || steps.back().kind != StepKind::Each) return;
    for (const Expr* whole : tail) {  // emitted once for each of its bodies
      each_expr(*whole, [this](const Expr& e) {
        if (e.kind == ExprKind::Slot) ++reads_[e.slot];
      });
    }
  });
}

bool Lowering::get(const Expr& e, Label fail) {
  if (!plan_.is_optimised || e.kind != ExprKind::Builtin || e.builtin->name != "object.get" || e.mock != kNoIndex) return false;
  const Expr& key = e.operands[1];
  if (key.kind != ExprKind::Const || e.operands[2].kind != ExprKind::Const) return false;
  std::vector<Value> names;
  if (key.constant.is_string()) names.push_back(key.constant);
  if (key.constant.is_array()) names.assign(key.constant.as_array().begin(), key.constant.as_array().end());
  if (names.empty() || !std::all_of(names.begin(), names.end(), [](const Value& name) { return name.is_string(); })) return false;
  const std::uint32_t row = builtin(e.builtin);
  if (row > UINT16_MAX) return false;
  expr(e.operands[0], fail);
  emit(Op::Get, static_cast<std::uint16_t>(row), path(names), constant(e.operands[2].constant), fail);
  return true;
}

Value Lowering::pieces_of(const Value& format, std::size_t values) {
  const std::string_view text = format.as_string();
  ArrayBuilder pieces(*plan_.arena);
  pieces.add(format);
  std::string piece;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      piece += text[i];
      continue;
    }
    if (++i == text.size()) return {};
    if (text[i] == '%') {
      piece += '%';
    } else if (text[i] == 's' || text[i] == 'v') {
      pieces.add(Value::string(*plan_.arena, piece));
      piece.clear();
    } else {
      return {};
    }
  }
  pieces.add(Value::string(*plan_.arena, piece));
  return pieces.size() == values + 2 ? pieces.finish() : Value();
}

bool Lowering::format(const Expr& e, Label fail) {
  if (!plan_.is_optimised) return false;
  std::string text;
  std::vector<const Expr*> values;
  if (!flat_format(e, text, values)) return false;
  for (const Expr* value : values) expr(*value, fail);
  const Value pieces = pieces_of(Value::string(*plan_.arena, text), values.size());
  emit(Op::Format, static_cast<std::uint16_t>(values.size()), builtin(e.builtin), constant(pieces), fail);
  push(1 - static_cast<int>(values.size()));
  return true;
}

// A value that is such a text itself goes in as its own format and values: sprintf("%s!", [sprintf("%s, %s", [a, b])]) is sprintf("%s, %s!", [a, b]).
bool Lowering::flat_format(const Expr& e, std::string& text, std::vector<const Expr*>& values) {
  if (e.kind != ExprKind::Builtin || e.builtin->name != "sprintf" || e.mock != kNoIndex) return false;
  const Expr& given = e.operands[1];
  if (e.operands[0].kind != ExprKind::Const || !e.operands[0].constant.is_string() || given.kind != ExprKind::Array || given.operands.empty()) return false;
  constexpr std::size_t kMostValues = 32;
  const std::string_view format = e.operands[0].constant.as_string();
  if (!pieces_of(e.operands[0].constant, given.operands.size()).is_defined() || values.size() + given.operands.size() > kMostValues) return false;
  std::size_t next = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    const bool is_verb = format[i] == '%' && format[i + 1] != '%';
    const Expr* const value = is_verb ? &given.operands[next++] : nullptr;
    if (value != nullptr && flat_format(*value, text, values)) {
      ++i;
      continue;
    }
    if (value != nullptr) values.push_back(value);
    text += format[i];
    if (format[i] == '%') text += format[++i];
  }
  return true;
}

bool Lowering::count(const Expr& e, Label fail) {
  if (!plan_.is_optimised || e.kind != ExprKind::Builtin || e.builtin->name != "count" || e.mock != kNoIndex) return false;
  expr(e.operands[0], fail);
  emit(Op::Count, 0, 0, 0, fail);
  return true;
}

// Whether `e` joins what a comprehension makes: forward.cpp has put the comprehension there, at the expression's beginning.
bool Lowering::join(const Expr& e, Label fail) {
  if (!is_join(e, ExprKind::Comprehension)) return false;
  comprehension(e.operands[1], &e, fail);
  return true;
}

void Lowering::call(const Expr& e, Label fail) {
  if (get(e, fail) || format(e, fail) || count(e, fail) || join(e, fail)) return;
  for (const Expr& operand : e.operands) expr(operand, fail);
  const auto argc = static_cast<std::uint16_t>(e.operands.size());
  if (e.mock != kNoIndex) {
    emit(Op::CallMock, argc, e.mock, 0, fail);
  } else if (e.kind == ExprKind::Builtin) {
    emit(Op::CallBuiltin, argc, builtin(e.builtin), 0, fail);
  } else {
    emit(Op::CallFunction, argc, e.function, 0, fail);
  }
  push(1 - static_cast<int>(argc));
}

const Expr* Lowering::path_below(const Expr& e, std::vector<Value>& names) {
  const Expr* from = &e;
  while (from->kind == ExprKind::Dot && from->in_base == e.in_base && from->operands[1].kind == ExprKind::Const && from->operands[1].constant.is_string()) {
    names.push_back(from->operands[1].constant);
    from = &from->operands[0];
  }
  std::reverse(names.begin(), names.end());
  return from;
}

bool Lowering::single(const Step& step, Label fail, bool inverted) {
  if (!plan_.is_optimised) return false;
  switch (step.kind) {
    case StepKind::Test:
      if (fused(inverted ? Fused::TestNot : Fused::Test, step.a, fail)) return true;
      return test_of_rule(step.a, fail, inverted) || member_of_path(step.a, fail, inverted) || test_of_slot(step.a, fail, inverted);
    case StepKind::Equal: return equal_path(step.a, step.b, fail, inverted) || equal_path(step.b, step.a, fail, inverted);
    case StepKind::Compare: return step.compare == psdl::Compare::NotEqual && of_path(Op::OtherPathSlot, step.a, step.b, fail, inverted);
    case StepKind::In:
      if (step.a.kind == ExprKind::Slot) {
        if (is_top(step.a.slot)) return false;
        emit(Op::TestInSlot, 0, step.a.slot, constant(step.b.constant), fail);
        return invert(inverted);
      }
      return of_path(Op::InPathSlot, step.a, step.b, fail, inverted);
    default: return false;
  }
}

bool Lowering::test_of_rule(const Expr& e, Label fail, bool inverted) {
  if (e.kind != ExprKind::Rule || plan_.functions[e.function].is_shadowable) return false;
  emit(Op::TestRule, 0, e.function, 0, fail);
  return invert(inverted);
}

std::optional<SlotNumber> Lowering::take_count(Label fail) {
  std::vector<Instruction>& code = program_->code;
  if (code.size() < 2 || marked_pc_ == pc() || marked_pc_ == pc() - 1) return std::nullopt;
  const Instruction& count = code.back();
  const Instruction& load = code[code.size() - 2];
  if (count.op != Op::Count || count.fail != fail || load.op != Op::LoadSlot) return std::nullopt;
  const SlotNumber slot = load.b;
  code.resize(code.size() - 2);
  program_->spans.resize(code.size());
  return slot;
}

bool Lowering::member_of_path(const Expr& e, Label fail, bool inverted) {
  if (e.kind != ExprKind::Builtin || e.mock != kNoIndex || e.builtin->name != "internal.member_2") return false;
  return of_path(Op::MemberPathSlot, e.operands[1], e.operands[0], fail, inverted);
}

bool Lowering::of_path(Op op, const Expr& e, const Expr& wanted, Label fail, bool inverted) {
  if (wanted.kind != ExprKind::Const || (e.kind == ExprKind::Dot && e.in_base)) return false;
  std::vector<Value> names;
  const Expr* from = e.kind == ExprKind::Dot ? path_below(e, names) : &e;
  if (from->kind != ExprKind::Slot || from->slot > UINT16_MAX || (names.empty() && is_top(from->slot))) return false;
  emit(op, static_cast<std::uint16_t>(from->slot), path(names), constant(wanted.constant), fail);
  return invert(inverted);
}

bool Lowering::equal_path(const Expr& e, const Expr& wanted, Label fail, bool inverted) {
  std::vector<Value> names;
  const Expr* from = e.kind == ExprKind::Dot && !e.in_base ? path_below(e, names) : nullptr;
  if (wanted.kind != ExprKind::Const || from == nullptr || from->kind != ExprKind::Input || names.empty()) {
    return of_path(Op::EqualPathSlot, e, wanted, fail, inverted);
  }
  emit(Op::EqualPathInput, 0, path(names), constant(wanted.constant), fail);
  return invert(inverted);
}

bool Lowering::fused(Fused what, const Expr& e, Label fail) {
  const bool is_self = e.kind == ExprKind::Slot && what != Fused::Iter;  // under no name
  if (!plan_.is_optimised || (!is_self && e.kind != ExprKind::Dot) || e.in_base) return false;
  std::vector<Value> names;
  const Expr* from = path_below(e, names);
  if ((names.empty() && !is_self) || (from->kind != ExprKind::Input && from->kind != ExprKind::Slot)) return false;
  static constexpr Op kOps[3][2] = {{Op::TestPathInput, Op::TestPathSlot}, {Op::TestNotPathInput, Op::TestNotPathSlot}, {Op::IterPathInput, Op::IterPathSlot}};
  const bool is_slot = from->kind == ExprKind::Slot;
  if (!e.span.empty()) span_ = e.span;
  const std::uint16_t flags = what == Fused::Iter ? any_order() : std::uint16_t{0};
  if (is_slot) {
    emit(kOps[static_cast<std::size_t>(what)][1], flags, from->slot, path(names), fail);
  } else {
    emit(kOps[static_cast<std::size_t>(what)][0], flags, path(names), 0, fail);
  }
  return true;
}

bool Lowering::fused_equal(const Expr& e, const Expr& wanted, Label fail) {
  if (!plan_.is_optimised || wanted.kind != ExprKind::Const) return false;
  expr(e, fail);
  if (const std::optional<SlotNumber> counted = take_count(fail)) {
    emit(Op::EqualCount, 0, *counted, constant(wanted.constant), fail);
  } else {
    emit(Op::EqualConst, 0, constant(wanted.constant), 0, fail);
  }
  push(-1);
  return true;
}

bool Lowering::test_of_slot(const Expr& e, Label fail, bool inverted) {
  if (!plan_.is_optimised || e.kind != ExprKind::Builtin || e.mock != kNoIndex || e.operands.size() != 2) return false;
  const Expr& right = e.operands[1];
  if (e.operands[0].kind != ExprKind::Slot || (right.kind != ExprKind::Slot && right.kind != ExprKind::Const)) return false;
  if (is_top(e.operands[0].slot) || (right.kind == ExprKind::Slot && is_top(right.slot))) return false;
  const std::uint32_t row = builtin(e.builtin);
  if (row > UINT16_MAX) return false;
  if (!e.span.empty()) span_ = e.span;
  const bool is_const = right.kind == ExprKind::Const;
  emit(is_const ? Op::TestBuiltinConst : Op::TestBuiltinSlots, static_cast<std::uint16_t>(row), e.operands[0].slot,
       is_const ? constant(right.constant) : right.slot, fail);
  return invert(inverted);
}

void Lowering::dot(const Expr& e, Label fail) {
  const std::uint16_t stored = e.in_base ? Instruction::kStored : std::uint16_t{0};
  std::vector<Value> names;
  const Expr* from = path_below(e, names);
  const Expr& key = e.operands[1];
  const bool is_item = key.kind == ExprKind::Const && key.constant.is_int() && key.constant.as_int() >= 0 && key.constant.as_int() < UINT32_MAX;
  if (plan_.is_optimised && is_item && !e.in_base && e.operands[0].kind == ExprKind::Slot && !is_top(e.operands[0].slot)) {
    emit(Op::ItemSlot, 0, e.operands[0].slot, static_cast<std::uint32_t>(key.constant.as_int()), fail);
    push();
    return;
  }
  if (plan_.is_optimised && is_item && !e.in_base) {
    expr(e.operands[0], fail);
    emit(Op::ItemTop, 0, static_cast<std::uint32_t>(key.constant.as_int()), 0, fail);
    return;
  }
  if (names.empty()) {
    expr(e.operands[0], fail);
    expr(e.operands[1], fail);
    emit(Op::Dot, stored, 0, 0, fail);
    push(-1);
    return;
  }
  switch (from->kind) {
    case ExprKind::Input:
      emit(Op::PathInput, stored, path(names), 0, fail);
      push();
      break;
    case ExprKind::Data:
      emit(Op::PathData, stored, path(names), 0, fail);
      push();
      break;
    case ExprKind::Slot:
      emit(Op::PathSlot, stored, from->slot, path(names), fail);
      push();
      break;
    default:
      expr(*from, fail);
      emit(Op::PathTop, stored, path(names), 0, fail);
      break;
  }
}

void Lowering::comprehension(const Expr& e, const Expr* joined, Label fail) {
  PSDL_ASSERT(depth_ == 0);
  const Sink outer = sink_;
  sink_ = e.builder == BuilderKind::Array ? Sink::Ordered : Sink::Unordered;
  emit(Op::BuildBegin, static_cast<std::uint16_t>(e.builder));
  const Label end = label();
  body(e.body, end, [&](Label again) {
    for (const Expr& operand : e.operands) expr(operand, again);
    if (e.builder == BuilderKind::Object) {
      emit(Op::CollectPair);
      push(-2);
    } else {
      collect(0);
    }
    emit(Op::Jump, 0, again);
  });
  bind(end);
  if (debug_ != nullptr) span_ = e.span;  // else an error stands where the body ended
  if (joined != nullptr) {
    if (!joined->span.empty()) span_ = joined->span;
    const std::uint32_t concat = builtin(joined->builtin);
    PSDL_ASSERT(concat <= UINT16_MAX);
    emit(Op::JoinEnd, static_cast<std::uint16_t>(concat), constant(joined->operands[0].constant), 0, fail);
  } else {
    emit(Op::BuildEnd);
  }
  push();
  sink_ = outer;
}

}  // namespace psdl::plan
