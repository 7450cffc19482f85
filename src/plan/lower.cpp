// Plans to bytecode. In: a Plan; out: a Program. One walk over each function; success falls through, failure goes to the innermost Next or out.
#include "plan/plan.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/assert.hpp"
#include "builtins/builtin.hpp"
#include "plan/walk.hpp"
#include "value/builders.hpp"

namespace psdl::plan {
namespace {

using Label = std::uint32_t;

// What a body's solutions feed: whether the order and repetition of a set's members matter to it.
enum class Sink : std::uint8_t { Ordered, Unordered };

class Lowering {
 public:
  Lowering(Plan& plan, std::shared_ptr<const KeyTable> keys, DebugInfo* debug) : plan_(plan), program_(std::make_shared<Program>()), debug_(debug) {
    program_->keys = std::move(keys);
    if (debug_ != nullptr) debug_->expressions = std::move(plan_.expressions);
  }

  std::shared_ptr<Program> run() {
    for (const psdl::Builtin* row : plan_.mock_builtins) static_cast<void>(builtin(row));  // MockEntry::builtin counts here
    if (!prints()) any_order_ |= Instruction::kBagIsCheap;
    for (Function& function : plan_.functions) function_code(function);
    if (debug_ != nullptr) find_innermost();
    for (DispatchTable& table : program_->dispatches) table.index(program_->constants);
    number_names();
    program_->mocks = std::move(plan_.mocks);
    program_->sources = std::move(plan_.sources);
    for (const auto& source : program_->sources) static_cast<void>(source->line_count());  // found now: later nobody may write
    program_->arenas = std::move(plan_.shared_arenas);
    program_->arenas.push_back(std::move(plan_.arena));
    return std::move(program_);
  }

 private:
  static Expr constant_expr(const Value& value) {
    Expr made;
    made.constant = value;
    return made;
  }

  // ---- Code and labels.
  Instruction& emit(Op op, std::uint16_t a = 0, std::uint32_t b = 0, std::uint32_t c = 0, Label fail = kNoLabel) {
    const auto flags = static_cast<std::uint8_t>((negation_ > 0 ? Instruction::kInNegation : 0) | (is_in_head_ ? Instruction::kInHead : 0));
    program_->code.push_back({op, flags, a, b, c, fail});
    program_->spans.push_back(span_);
    return program_->code.back();
  }
  Label label() {
    label_pcs_.push_back(kNoLabel);
    return static_cast<Label>(label_pcs_.size() - 1);
  }
  void bind(Label at) {
    // A jump to what follows it is none, unless another label or a dispatch counts on its place.
    if (plan_.is_optimised && marked_pc_ != pc() && !program_->code.empty() && program_->code.back().op == Op::Jump && program_->code.back().b == at) {
      program_->code.pop_back();
      program_->spans.pop_back();
    }
    invert_over_jump(at);
    label_pcs_[at] = pc();
    mark();
  }
  // A test whose label is here, behind the jump that it falls into: the test itself goes where the jump does, the other way round.
  void invert_over_jump(Label at) {
    std::vector<Instruction>& code = program_->code;
    if (!plan_.is_optimised || code.size() < 2 || marked_pc_ == pc() || marked_pc_ == pc() - 1 || code.back().op != Op::Jump) return;
    Instruction& test = code[code.size() - 2];
    if (test.fail != at) return;
    switch (test.op) {
      case Op::TestPathInput: test.op = Op::TestNotPathInput; break;
      case Op::TestPathSlot: test.op = Op::TestNotPathSlot; break;
      case Op::TestNotPathInput: test.op = Op::TestPathInput; break;
      case Op::TestNotPathSlot: test.op = Op::TestPathSlot; break;
      default:
        if (!can_be_inverted(test.op)) return;
        test.flags ^= Instruction::kInverted;
    }
    test.fail = code.back().b;
    code.pop_back();
    program_->spans.pop_back();
  }
  // Something refers to the next instruction by its number.
  void mark() { marked_pc_ = pc(); }
  [[nodiscard]] std::uint32_t pc() const { return static_cast<std::uint32_t>(program_->code.size()); }
  void patch(std::uint32_t begin) {
    for (std::size_t pc = begin; pc < program_->code.size(); ++pc) {
      Instruction& i = program_->code[pc];
      if (i.fail != kNoLabel) i.fail = label_pcs_[i.fail];
      if (i.op == Op::Jump || i.op == Op::JumpIfResult) i.b = label_pcs_[i.b];
    }
    // From the end, so that what a jump leads to is known where something leads to the jump.
    for (std::size_t pc = program_->code.size(); plan_.is_optimised && pc-- > begin;) {
      Instruction& i = program_->code[pc];
      if (i.fail != kNoLabel) i.fail = behind_jump(i.fail);
      if (i.op == Op::Jump) i.b = behind_jump(i.b);
    }
    label_pcs_.clear();
  }
  [[nodiscard]] std::uint32_t behind_jump(std::uint32_t pc) const {
    return program_->code[pc].op == Op::Jump ? program_->code[pc].b : pc;
  }
  void push(int by = 1) {
    depth_ += by;
    max_depth_ = std::max(max_depth_, depth_);
  }
  SlotNumber new_slot() { return slots_++; }

  // Whether some step does more than compute: then nothing may run twice.
  [[nodiscard]] bool prints() const {
    bool found = false;
    for (Function& function : plan_.functions) {
      each_expr(function, [&](const Expr& e) {
        if (e.kind == ExprKind::Builtin && (e.builtin->name == "trace" || e.builtin->name.starts_with("internal.print"))) found = true;
      });
    }
    return found;
  }

  // ---- Tables.
  std::uint32_t constant(const Value& value) {
    if (value.is_boolean() || value.is_null()) {
      std::uint32_t& known = small_constants_[static_cast<std::size_t>(value.tag())];
      if (known == kNoIndex) known = add_constant(value);
      return known;
    }
    return add_constant(value);
  }
  std::uint32_t add_constant(const Value& value) {
    program_->constants.push_back(value);
    return static_cast<std::uint32_t>(program_->constants.size() - 1);
  }
  std::uint32_t builtin(const psdl::Builtin* row) {
    const auto [at, is_new] = builtin_numbers_.emplace(row, static_cast<std::uint32_t>(program_->builtins.size()));
    if (is_new) program_->builtins.push_back({row, row->name, row->signature.arity});
    return at->second;
  }
  std::uint32_t path(const std::vector<Value>& names) {
    const Path made{static_cast<std::uint32_t>(program_->path_steps.size()), static_cast<std::uint32_t>(names.size())};
    for (const Value& name : names) program_->path_steps.push_back({kNoKey, name});
    program_->paths.push_back(made);
    return static_cast<std::uint32_t>(program_->paths.size() - 1);
  }
  std::uint32_t data_path(const std::vector<Value>& at) {
    program_->data_paths.push_back(at);
    return static_cast<std::uint32_t>(program_->data_paths.size() - 1);
  }
  void number_names() {
    if (program_->keys == nullptr) {
      std::vector<std::string_view> all;
      for (const PathStep& step : program_->path_steps) all.push_back(step.name.as_string());
      program_->keys = std::make_shared<const KeyTable>(all);
    }
    for (PathStep& step : program_->path_steps) step.number = program_->keys->number(step.name.as_string());
  }

  // ---- What debuggers are told.
  void reach(CodeMark::Kind kind, std::uint32_t expression, Span span = {}) {
    if (debug_ != nullptr) debug_->marks.push_back({pc(), kind, expression, span});
  }
  void begin_expression(std::uint32_t number) {
    if (debug_ == nullptr) return;
    SourceExpression& begun = debug_->expressions[number];
    begun.function = static_cast<std::uint32_t>(program_->functions.size());
    begun.body = body_number_;
    begun.begin = pc();
    reach(CodeMark::Kind::Begin, number);
  }
  void end_expression(std::uint32_t number) {
    if (debug_ == nullptr) return;
    debug_->expressions[number].end = pc();
    reach(CodeMark::Kind::Held, number);
  }
  // A var is in its slot from the instruction that writes it on, to the end of the body that does. `kept` outlive the body.
  void end_vars(std::size_t first, const std::vector<SlotNumber>& kept = {}) {
    for (std::size_t i = first; i < bound_.size();) {
      if (std::find(kept.begin(), kept.end(), bound_[i].slot) != kept.end()) {
        ++i;
        continue;
      }
      bound_[i].end = pc();
      debug_->vars.push_back(std::move(bound_[i]));
      bound_.erase(bound_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  void written(SlotNumber slot) {
    if (debug_ == nullptr || slot == kNoSlot) return;
    for (const Var& var : *vars_) {
      if (var.slot == slot) bound_.push_back({var.name, static_cast<std::uint32_t>(program_->functions.size()), slot, pc(), pc(), var.declared});
    }
  }
  void find_innermost() {
    debug_->innermost.assign(program_->code.size(), kNoExpression);
    // Inner ones come later.
    for (std::uint32_t i = 0; i < debug_->expressions.size(); ++i) {
      const SourceExpression& one = debug_->expressions[i];
      std::fill(debug_->innermost.begin() + one.begin, debug_->innermost.begin() + one.end, i);
    }
    std::stable_sort(debug_->vars.begin(), debug_->vars.end(), [](const SlotVar& a, const SlotVar& b) { return std::pair(a.function, a.begin) < std::pair(b.function, b.begin); });
  }

  // ---- Expressions: push one value, or go to fail.
  void expr(const Expr& e, Label fail) {
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

  // Whether the slot was written by the last instruction and is read here alone: then its value may stay on the stack.
  [[nodiscard]] bool is_top(SlotNumber slot) const {
    if (!plan_.is_optimised || marked_pc_ == pc() || program_->code.empty()) return false;
    const Instruction& last = program_->code.back();
    return last.op == Op::StoreSlot && last.b == slot && slot < reads_.size() && reads_[slot] == 1;
  }
  [[nodiscard]] bool is_unread(SlotNumber slot) const {
    return plan_.is_optimised && slot != kNoSlot && slot < reads_.size() && reads_[slot] == 0;
  }
  void count_reads(Function& function) {
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

  // object.get(e, names, default) with all but e known: one instruction. False: it is another call.
  bool get(const Expr& e, Label fail) {
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

  // The texts around the values of a format that shows each as it is: its own first, so that there is one more than values. Undefined: it is another format.
  Value pieces_of(const Value& format, std::size_t values) {
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

  // sprintf with a known format of %s and %v alone, and as many values. False: it is another call.
  bool format(const Expr& e, Label fail) {
    if (!plan_.is_optimised || e.kind != ExprKind::Builtin || e.builtin->name != "sprintf" || e.mock != kNoIndex) return false;
    const Expr& values = e.operands[1];
    if (e.operands[0].kind != ExprKind::Const || !e.operands[0].constant.is_string() || values.kind != ExprKind::Array || values.operands.empty()) return false;
    const Value pieces = pieces_of(e.operands[0].constant, values.operands.size());
    if (!pieces.is_defined() || values.operands.size() > UINT16_MAX) return false;
    for (const Expr& value : values.operands) expr(value, fail);
    emit(Op::Format, static_cast<std::uint16_t>(values.operands.size()), builtin(e.builtin), constant(pieces), fail);
    push(1 - static_cast<int>(values.operands.size()));
    return true;
  }

  void call(const Expr& e, Label fail) {
    if (get(e, fail) || format(e, fail)) return;
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

  // Names of the path that the expression ends in, outermost first; gives what they are below.
  static const Expr* path_below(const Expr& e, std::vector<Value>& names) {
    const Expr* from = &e;
    while (from->kind == ExprKind::Dot && from->in_base == e.in_base && from->operands[1].kind == ExprKind::Const && from->operands[1].constant.is_string()) {
      names.push_back(from->operands[1].constant);
      from = &from->operands[0];
    }
    std::reverse(names.begin(), names.end());
    return from;
  }

  // ---- Fused instructions: a read of the input or of a slot, and what is done with it. False: there is none for this expression.
  // A step that is one instruction and touches no operand stack. `inverted`: that goes to `fail` where the step holds.
  bool single(const Step& step, Label fail, bool inverted) {
    if (!plan_.is_optimised) return false;
    switch (step.kind) {
      case StepKind::Test:
        if (fused(inverted ? Fused::TestNot : Fused::Test, step.a, fail)) return true;
        return test_of_rule(step.a, fail, inverted) || test_of_slot(step.a, fail, inverted);
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
  bool invert(bool inverted) {
    if (inverted) program_->code.back().flags |= Instruction::kInverted;
    return true;
  }
  bool test_of_rule(const Expr& e, Label fail, bool inverted) {
    if (e.kind != ExprKind::Rule || plan_.functions[e.function].is_shadowable) return false;
    emit(Op::TestRule, 0, e.function, 0, fail);
    return invert(inverted);
  }
  // `e`, a slot or what stands under a path in it, and a constant.
  bool of_path(Op op, const Expr& e, const Expr& wanted, Label fail, bool inverted) {
    if (wanted.kind != ExprKind::Const || (e.kind == ExprKind::Dot && e.in_base)) return false;
    std::vector<Value> names;
    const Expr* from = e.kind == ExprKind::Dot ? path_below(e, names) : &e;
    if (from->kind != ExprKind::Slot || from->slot > UINT16_MAX || (names.empty() && is_top(from->slot))) return false;
    emit(op, static_cast<std::uint16_t>(from->slot), path(names), constant(wanted.constant), fail);
    return invert(inverted);
  }
  bool equal_path(const Expr& e, const Expr& wanted, Label fail, bool inverted) {
    std::vector<Value> names;
    const Expr* from = e.kind == ExprKind::Dot && !e.in_base ? path_below(e, names) : nullptr;
    if (wanted.kind != ExprKind::Const || from == nullptr || from->kind != ExprKind::Input || names.empty()) {
      return of_path(Op::EqualPathSlot, e, wanted, fail, inverted);
    }
    emit(Op::EqualPathInput, 0, path(names), constant(wanted.constant), fail);
    return invert(inverted);
  }
  enum class Fused : std::uint8_t { Test, TestNot, Iter };
  bool fused(Fused what, const Expr& e, Label fail) {
    if (!plan_.is_optimised || e.kind != ExprKind::Dot || e.in_base) return false;
    std::vector<Value> names;
    const Expr* from = path_below(e, names);
    if (names.empty() || (from->kind != ExprKind::Input && from->kind != ExprKind::Slot)) return false;
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
  bool fused_equal(const Expr& e, const Expr& wanted, Label fail) {
    if (!plan_.is_optimised || wanted.kind != ExprKind::Const) return false;
    expr(e, fail);
    emit(Op::EqualConst, 0, constant(wanted.constant), 0, fail);
    push(-1);
    return true;
  }
  // A builtin of two operands that is asked about a slot.
  bool test_of_slot(const Expr& e, Label fail, bool inverted) {
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
  [[nodiscard]] std::uint16_t any_order() const { return sink_ == Sink::Unordered ? any_order_ : std::uint16_t{0}; }

  // A chain of names is one instruction; a key that is no constant string is a step of its own.
  void dot(const Expr& e, Label fail) {
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

  // Its labels empty the operand stack, so nothing may stand there: the planner puts comprehensions into slots of their own.
  void comprehension(const Expr& e) {
    PSDL_ASSERT(depth_ == 0);
    const Sink outer = sink_;
    sink_ = e.builder == BuilderKind::Array ? Sink::Ordered : Sink::Unordered;
    emit(Op::BuildBegin, static_cast<std::uint16_t>(e.builder));
    const Label end = label();
    body(e.body, end, [&](Label again) {
      for (const Expr& operand : e.operands) expr(operand, again);
      emit(e.builder == BuilderKind::Object ? Op::CollectPair : Op::Collect);
      push(-static_cast<int>(e.operands.size()));
      emit(Op::Jump, 0, again);
    });
    bind(end);
    if (debug_ != nullptr) span_ = e.span;  // else an error stands where the body ended
    emit(Op::BuildEnd);
    push();
    sink_ = outer;
  }

  // ---- Steps. `success` is emitted once, where all steps held, with the label that asks for the next solution.
  template <class Success>
  void body(const Steps& steps, Label fail, Success success) {
    const std::uint32_t outer = open_iterators_;
    const std::size_t vars = bound_.size();
    open_iterators_ = 0;
    list(steps, fail, success);
    open_iterators_ = outer;
    if (debug_ != nullptr) end_vars(vars, kept_);
  }
  template <class Success>
  void list(const Steps& steps, Label fail, Success& success) {
    for (const Step& step : steps) {
      if (step.kind == StepKind::Each) {
        each(step, fail, success);
        return;
      }
      const bool outer = is_in_head_;
      is_in_head_ = outer || stands_in_head(step);
      fail = one(step, fail);
      is_in_head_ = outer;
    }
    success(fail);
  }
  // What the compiler took out of a head stands behind the body, with the span that it had.
  [[nodiscard]] bool stands_in_head(const Step& step) const {
    const bool is_inside = step.span.source == head_.source && head_.begin <= step.span.begin && step.span.end <= head_.end;
    return !plan_.is_optimised && is_inside && !step.span.empty();
  }
  // What follows is emitted once for each; the failure of one leads to the next.
  template <class Success>
  void each(const Step& step, Label fail, Success& success) {
    const std::uint32_t open = open_iterators_;
    for (std::size_t i = 0; i < step.bodies.size(); ++i) {
      const bool is_last = i + 1 == step.bodies.size();
      const Label next = is_last ? fail : label();
      open_iterators_ = open;
      list(step.bodies[i], next, success);
      if (!is_last) bind(next);
    }
  }
  // Leaves a body from its innermost point after one success.
  void leave_to(Label target) {
    if (open_iterators_ > 0) emit(Op::PopIter, 0, open_iterators_);
    emit(Op::Jump, 0, target);
  }

  // Emits the step and gives the label for what follows it.
  Label one(const Step& step, Label fail) {
    if (!step.span.empty()) span_ = step.span;
    if (single(step, fail, false)) return fail;
    switch (step.kind) {
      case StepKind::Test:
        if (plan_.is_optimised && step.a.kind == ExprKind::Builtin && step.a.mock == kNoIndex) {
          for (const Expr& operand : step.a.operands) expr(operand, fail);
          const auto argc = static_cast<std::uint16_t>(step.a.operands.size());
          if (!step.a.span.empty()) span_ = step.a.span;
          emit(Op::TestBuiltin, argc, builtin(step.a.builtin), 0, fail);
          push(-static_cast<int>(argc));
          max_depth_ = std::max(max_depth_, depth_ + 1);
          return fail;
        }
        expr(step.a, fail);
        emit(Op::Test, 0, 0, 0, fail);
        push(-1);
        return fail;
      case StepKind::Bind:
        expr(step.a, fail);
        emit(Op::StoreSlot, 0, step.value);
        push(-1);
        written(step.value);
        return fail;
      case StepKind::Equal:
        if (fused_equal(step.a, step.b, fail) || fused_equal(step.b, step.a, fail)) return fail;
        expr(step.a, fail);
        expr(step.b, fail);
        emit(Op::TestEqual, 0, 0, 0, fail);
        push(-2);
        return fail;
      case StepKind::Compare:
        expr(step.a, fail);
        if (plan_.is_optimised && step.b.kind == ExprKind::Const) {
          emit(Op::CompareConst, static_cast<std::uint16_t>(step.compare), constant(step.b.constant), 0, fail);
          push(-1);
          return fail;
        }
        expr(step.b, fail);
        emit(Op::TestCompare, static_cast<std::uint16_t>(step.compare), 0, 0, fail);
        push(-2);
        return fail;
      case StepKind::Scan:
        return iterate(step.a, step.key, step.value, fail, step.where.empty() ? kNoIndex : filter(step));
      case StepKind::ArrayLength:
        if (plan_.is_optimised && step.a.kind == ExprKind::Slot && !is_top(step.a.slot)) {
          emit(Op::LengthSlot, 0, step.a.slot, step.count, fail);
          return fail;
        }
        expr(step.a, fail);
        emit(Op::ArrayLength, 0, step.count, 0, fail);
        emit(Op::Pop);
        push(-1);
        return fail;
      case StepKind::ObjectKeys:
        expr(step.a, fail);
        emit(Op::ObjectKeys, 0, constant(step.b.constant), 0, fail);
        emit(Op::Pop);
        push(-1);
        return fail;
      case StepKind::Not: {
        if (step.bodies[0].size() == 1 && single(step.bodies[0][0], fail, true)) return fail;
        const Label holds = label();
        const Sink outer = sink_;
        sink_ = Sink::Unordered;
        ++negation_;
        body(step.bodies[0], holds, [&](Label) { leave_to(fail); });
        --negation_;
        sink_ = outer;
        bind(holds);
        return fail;
      }
      case StepKind::Any: {
        const Label done = label();
        const Sink outer = sink_;
        sink_ = Sink::Unordered;
        for (std::size_t i = 0; i < step.bodies.size(); ++i) {
          const bool is_last = i + 1 == step.bodies.size();
          const Label next = is_last ? fail : label();
          body(step.bodies[i], next, [&](Label) { leave_to(done); });
          if (!is_last) bind(next);
        }
        sink_ = outer;
        bind(done);
        return fail;
      }
      case StepKind::Every:
        every(step, fail);
        return fail;
      case StepKind::In:
        expr(step.a, fail);
        emit(Op::TestIn, 0, constant(step.b.constant), 0, fail);
        push(-1);
        return fail;
      case StepKind::With:
        return with(step, fail);
      case StepKind::Gather:
        gather(step);
        return fail;
      case StepKind::Collect:
        expr(step.a, fail);
        collect(gathered_ - 1 - step.count);
        return fail;
      case StepKind::Reach:
        reach(step);
        return fail;
      case StepKind::Each:
        break;  // list() has seen to it
      case StepKind::Begin:
        begin_expression(step.count);
        return fail;
      case StepKind::Held:
        end_expression(step.count);
        return fail;
      case StepKind::Case:
        expr(step.a, fail);
        reach(CodeMark::Kind::Case, kNoExpression);
        emit(Op::Pop);
        push(-1);
        return fail;
    }
    return fail;
  }

  // Opens the loop over a collection that everything after stands in.
  Label iterate(const Expr& collection, SlotNumber key, SlotNumber value, Label fail, std::uint32_t where = kNoIndex) {
    if (!fused(Fused::Iter, collection, fail)) {
      expr(collection, fail);
      iterate_top(fail);
    }
    return next_element(key, value, fail, where);
  }
  void iterate_top(Label fail) {
    emit(Op::Iter, any_order(), 0, 0, fail);
    push(-1);
  }
  Label next_element(SlotNumber key, SlotNumber value, Label fail, std::uint32_t where = kNoIndex) {
    if (is_unread(key)) key = kNoSlot;
    if (is_unread(value)) value = kNoSlot;
    const Label next = label();
    bind(next);
    if (where == kNoIndex) {
      emit(Op::Next, 0, key, value, fail);
    } else {
      emit(Op::NextWhere, static_cast<std::uint16_t>(where), key, value, fail);
    }
    ++open_iterators_;
    written(key);
    written(value);
    return next;
  }

  std::uint32_t filter(const Step& step) {
    ScanFilter made;
    made.path = path(step.where_path);
    if (step.where[0].kind == ExprKind::Slot) {
      made.slot = step.where[0].slot;
    } else {
      made.constant = constant(step.where[0].constant);
    }
    program_->filters.push_back(made);
    return static_cast<std::uint32_t>(program_->filters.size() - 1);
  }

  void every(const Step& step, Label fail) {
    const Sink outer = sink_;
    sink_ = Sink::Unordered;
    if (!fused(Fused::Iter, step.a, fail)) {
      expr(step.a, fail);
      iterate_top(fail);
    }
    const Label next = label();
    const Label counterexample = label();
    const Label done = label();
    bind(next);
    emit(Op::Next, 0, is_unread(step.key) ? kNoSlot : step.key, is_unread(step.value) ? kNoSlot : step.value, done);
    const std::size_t vars = bound_.size();
    written(step.key);
    written(step.value);
    body(step.bodies[0], counterexample, [&](Label) { leave_to(next); });
    bind(counterexample);
    emit(Op::PopIter, 0, 1);
    emit(Op::Jump, 0, fail);
    bind(done);
    if (debug_ != nullptr) end_vars(vars);
    sink_ = outer;
  }

  void gather(const Step& step) {
    const Sink outer = sink_;
    const std::uint32_t outer_gathered = gathered_;
    gathered_ = static_cast<std::uint32_t>(step.kinds.size());
    sink_ = std::find(step.kinds.begin(), step.kinds.end(), BuilderKind::Array) != step.kinds.end() ? Sink::Ordered : Sink::Unordered;
    for (const BuilderKind kind : step.kinds) emit(Op::BuildBegin, static_cast<std::uint16_t>(kind));
    const Label end = label();
    body(step.bodies[0], end, [&](Label again) { emit(Op::Jump, 0, again); });
    bind(end);
    for (std::size_t k = step.carried.size(); k-- > 0;) {
      emit(Op::BuildEnd);
      push();
      emit(Op::StoreSlot, 0, step.carried[k]);
      push(-1);
    }
    sink_ = outer;
    gathered_ = outer_gathered;
  }
  // Into the builder that stands so far below the innermost.
  void collect(std::uint32_t below) {
    if (below == 0) {
      emit(Op::Collect);
    } else {
      emit(Op::CollectBelow, 0, below);
    }
    push(-1);
  }

  void reach(const Step& step) {
    std::vector<Value> names;
    const Expr* from = step.a.kind == ExprKind::Dot ? path_below(step.a, names) : nullptr;
    if (from != nullptr && from->kind == ExprKind::Slot && from->slot <= UINT16_MAX && !is_top(from->slot)) {
      emit(Op::ReachSlot, static_cast<std::uint16_t>(from->slot), step.value, path(names));
      return;
    }
    const Label missing = label();
    const Label done = label();
    expr(step.a, missing);
    emit(Op::StoreSlot, 0, step.value);
    emit(Op::Jump, 0, done);
    bind(missing);
    push(-1);
    expr(empty_, missing);
    emit(Op::StoreSlot, 0, step.value);
    push(-1);
    bind(done);
  }

  // The overlay brackets the computing of solutions, never what follows: where there may be several they are gathered first.
  Label with(const Step& step, Label fail) {
    for (const Expr& value : step.overlay.values) expr(value, fail);
    program_->overlays.push_back(step.overlay.spec);
    program_->overlays.back().value_count = static_cast<std::uint32_t>(step.overlay.values.size());
    emit(Op::PushOverlay, 0, static_cast<std::uint32_t>(program_->overlays.size() - 1));
    push(-static_cast<int>(step.overlay.values.size()));
    if (!generates(step.bodies[0])) {
      const Label undo = label();
      const Label done = label();
      const std::vector<SlotNumber> outer = std::exchange(kept_, step.carried);
      body(step.bodies[0], undo, [&](Label) { emit(Op::PopOverlay); });
      kept_ = outer;
      emit(Op::Jump, 0, done);
      bind(undo);
      emit(Op::PopOverlay);
      emit(Op::Jump, 0, fail);
      bind(done);
      return fail;
    }
    emit(Op::BuildBegin, static_cast<std::uint16_t>(BuilderKind::Array));
    const Label end = label();
    body(step.bodies[0], end, [&](Label again) {
      for (const SlotNumber slot : step.carried) {
        emit(Op::LoadSlot, 0, slot);
        push();
      }
      emit(Op::MakeArray, 0, static_cast<std::uint32_t>(step.carried.size()));
      push(1 - static_cast<int>(step.carried.size()));
      emit(Op::Collect);
      push(-1);
      emit(Op::Jump, 0, again);
    });
    bind(end);
    emit(Op::BuildEnd);
    push();
    emit(Op::PopOverlay);
    const SlotNumber row = new_slot();
    iterate_top(fail);
    const Label next = next_element(kNoSlot, row, fail);
    for (std::size_t i = 0; i < step.carried.size(); ++i) {
      emit(Op::LoadSlot, 0, row);
      push();
      emit(Op::Element, 0, static_cast<std::uint32_t>(i));
      emit(Op::StoreSlot, 0, step.carried[i]);
      push(-1);
      written(step.carried[i]);
    }
    return next;
  }

  // ---- Functions.
  void function_code(Function& function) {
    psdl::Function made;
    made.path = function.path;
    made.kind = function.kind;
    made.arity = function.arity;
    made.entry = static_cast<std::uint32_t>(program_->code.size());
    made.is_shadowable = function.is_shadowable;
    made.reads_overlaid = function.reads_overlaid;
    if (function.is_shadowable || function.kind == FunctionKind::Extent) made.data_path = data_path(function.data_path);
    made.span = function.span;
    count_reads(function);
    slots_ = function.slots;
    depth_ = max_depth_ = 0;
    open_iterators_ = 0;
    negation_ = 0;
    head_ = Span();
    span_ = function.span;
    sink_ = function.kind == FunctionKind::Query ? Sink::Ordered : Sink::Unordered;
    switch (function.kind) {
      case FunctionKind::Complete:
      case FunctionKind::Function:
        single_value(function, made);
        break;
      case FunctionKind::Set:
      case FunctionKind::Object:
      case FunctionKind::Query:
        collection(function, made);
        break;
      case FunctionKind::Extent:
        extent(function, made);
        break;
    }
    patch(made.entry);
    if (debug_ != nullptr) end_vars(0);
    made.end = static_cast<std::uint32_t>(program_->code.size());
    made.slots = slots_;
    made.max_stack = static_cast<std::uint32_t>(max_depth_);
    program_->functions.push_back(std::move(made));
  }

  // The instructions that choose bodies; gives the label at which the next one is asked for.
  Label dispatch(const Function& function, psdl::Function& made, Label end) {
    DispatchTable table;
    for (std::size_t i = 0; i < function.dispatch->values.size(); ++i) {
      const auto begin = static_cast<std::uint32_t>(table.order.size());
      table.order.insert(table.order.end(), function.dispatch->bodies[i].begin(), function.dispatch->bodies[i].end());
      table.cases.push_back({add_constant(function.dispatch->values[i]), begin, static_cast<std::uint32_t>(table.order.size())});
    }
    table.always = static_cast<std::uint32_t>(table.order.size());
    table.order.insert(table.order.end(), function.dispatch->others.begin(), function.dispatch->others.end());
    made.dispatch = static_cast<std::uint32_t>(program_->dispatches.size());
    program_->dispatches.push_back(std::move(table));

    const Label none = label();
    const Label next = label();
    expr(function.dispatch->on, none);
    emit(Op::Dispatch);
    push(-1);
    emit(Op::Jump, 0, next);
    bind(none);
    emit(Op::DispatchRest);
    bind(next);
    emit(Op::NextBody, 0, 0, 0, end);
    return next;
  }

  void body_begins(const psdl::Function& made) {
    program_->dispatches[made.dispatch].bodies.push_back(pc());
    mark();
  }

  void begin_body(psdl::Function& made, const RuleBody& rule) {
    span_ = rule.span;
    if (debug_ != nullptr) {
      end_vars(0);
      body_number_ = static_cast<std::uint32_t>(made.bodies.size());
      vars_ = &rule.vars;
      for (SlotNumber argument = 0; argument < made.arity; ++argument) written(argument);
    }
    if (!plan_.is_optimised) emit(Op::Body, 0, static_cast<std::uint32_t>(made.bodies.size()));  // for notes, and for the texts of conflicts
    made.bodies.push_back(rule.span);
  }

  void single_value(const Function& function, psdl::Function& made) {
    const Label end = label();
    const Label tried = label();
    const Label again = function.dispatch.has_value() ? dispatch(function, made, tried) : kNoLabel;
    for (std::size_t i = 0; i < function.bodies.size(); ++i) {
      if (made.dispatch != kNoIndex) body_begins(made);
      const Label next = again != kNoLabel ? again : label();
      chain(function, made, function.bodies[i], i == 0, next, end);
      if (again == kNoLabel) bind(next);
    }
    bind(tried);
    if (!function.default_body.empty()) {
      if (!returns_at_once(function)) emit(Op::JumpIfResult, 0, end);
      const RuleBody& otherwise = function.default_body.front();
      begin_body(made, otherwise);
      body(otherwise.steps, end, [&](Label fail) {
        expr(otherwise.value, fail);
        reach(CodeMark::Kind::Rule, kNoExpression, otherwise.span);
        emit(Op::Result);
        push(-1);
      });
    }
    bind(end);
    emit(Op::ReturnResult);
  }

  // Whether the first value of such a rule or function is its value: none can come that differs.
  bool returns_at_once(const Function& function) const {
    if (!plan_.is_optimised) return false;
    if (function.stop_at_first) return true;
    if (function.bodies.size() != 1) return false;
    for (const RuleBody* rule = &function.bodies[0]; rule != nullptr; rule = rule->otherwise.empty() ? nullptr : &rule->otherwise.front()) {
      if (generates(rule->steps)) return false;
    }
    return true;
  }

  // A rule and its else branches: the next is tried only where this one had no value.
  void chain(const Function& function, psdl::Function& made, const RuleBody& first, bool is_first_rule, Label next_rule, Label end) {
    for (const RuleBody* rule = &first; rule != nullptr; rule = rule->otherwise.empty() ? nullptr : &rule->otherwise.front()) {
      const bool has_else = !rule->otherwise.empty();
      const Label failed = has_else ? label() : next_rule;
      begin_body(made, *rule);
      SlotNumber had_value = kNoSlot;
      if (has_else && !is_first_rule && !returns_at_once(function)) {
        had_value = new_slot();
        emit(Op::LoadConst, 0, constant(Value::boolean(false)));
        push();
        emit(Op::StoreSlot, 0, had_value);
        push(-1);
      }
      body(rule->steps, failed, [&](Label again) {
        expr(rule->value, again);
        reach(CodeMark::Kind::Rule, kNoExpression, rule->span);
        if (returns_at_once(function)) {
          if (open_iterators_ > 0) emit(Op::PopIter, 0, open_iterators_);
          emit(Op::ReturnValue);
          push(-1);
          return;
        }
        emit(Op::Result);
        push(-1);
        if (had_value != kNoSlot) {
          emit(Op::LoadConst, 0, constant(Value::boolean(true)));
          push();
          emit(Op::StoreSlot, 0, had_value);
          push(-1);
        }
        if (function.stop_at_first) {
          leave_to(end);
        } else {
          emit(Op::Jump, 0, again);
        }
      });
      if (!has_else) return;
      bind(failed);
      if (returns_at_once(function)) continue;
      if (had_value == kNoSlot) {
        emit(Op::JumpIfResult, 0, next_rule);
      } else {
        const Label otherwise = label();
        emit(Op::LoadSlot, 0, had_value);
        push();
        emit(Op::Test, 0, 0, 0, otherwise);
        push(-1);
        emit(Op::Jump, 0, next_rule);
        bind(otherwise);
      }
    }
  }

  void collection(const Function& function, psdl::Function& made) {
    const BuilderKind kind = function.kind == FunctionKind::Set     ? BuilderKind::Set
                             : function.kind == FunctionKind::Query ? BuilderKind::Array
                             : function.nested                      ? BuilderKind::Path
                                                                    : BuilderKind::Object;
    emit(Op::BuildBegin, static_cast<std::uint16_t>(kind));
    const Label tried = label();
    const Label dispatched = function.dispatch.has_value() ? dispatch(function, made, tried) : kNoLabel;
    for (const RuleBody& rule : function.bodies) {
      if (made.dispatch != kNoIndex) body_begins(made);
      const Label next = dispatched != kNoLabel ? dispatched : label();
      begin_body(made, rule);
      head_ = function.kind == FunctionKind::Query ? Span() : rule.span;
      body(rule.steps, next, [&](Label again) {
        for (const Expr& key : rule.keys) expr(key, again);
        expr(rule.value, again);
        reach(CodeMark::Kind::Rule, kNoExpression, rule.span);
        if (kind == BuilderKind::Path) {
          emit(Op::CollectPath, rule.leaf_is_set ? std::uint16_t{1} : std::uint16_t{0}, static_cast<std::uint32_t>(rule.keys.size()));
        } else {
          emit(kind == BuilderKind::Object ? Op::CollectPair : Op::Collect);
        }
        push(-static_cast<int>(rule.keys.size()) - 1);
        emit(Op::Jump, 0, again);
      });
      if (dispatched == kNoLabel) bind(next);
    }
    bind(tried);
    emit(Op::BuildEnd);
    push();
    emit(Op::ReturnValue);
    push(-1);
  }

  void extent(const Function& function, psdl::Function& made) {
    emit(Op::BuildBegin, static_cast<std::uint16_t>(BuilderKind::Object));
    for (const ExtentChild& child : function.children) {
      const Label next = label();
      emit(Op::CallRule, 0, child.function, 0, next);
      push();
      emit(Op::CollectNamed, 0, constant(child.key));
      push(-1);
      bind(next);
    }
    emit(Op::BuildEnd);
    push();
    emit(Op::MergeBase, 0, made.data_path);
    emit(Op::ReturnValue);
    push(-1);
  }

  Plan& plan_;
  std::shared_ptr<Program> program_;
  std::vector<std::uint32_t> label_pcs_;
  std::unordered_map<const psdl::Builtin*, std::uint32_t> builtin_numbers_;
  std::uint32_t small_constants_[4] = {kNoIndex, kNoIndex, kNoIndex, kNoIndex};
  Span span_;
  SlotNumber slots_ = 0;
  int depth_ = 0;
  int max_depth_ = 0;
  std::uint32_t open_iterators_ = 0;
  int negation_ = 0;
  Span head_;                // of the member that is made, where that matters to the twin
  bool is_in_head_ = false;
  Sink sink_ = Sink::Unordered;
  std::uint32_t gathered_ = 0;  // collections of the gather around
  std::uint32_t marked_pc_ = kNoIndex;
  std::vector<std::uint32_t> reads_;  // of each slot of the function, in the plan
  std::uint16_t any_order_ = Instruction::kBagIsFine;
  Expr empty_ = constant_expr(empty_object());
  DebugInfo* debug_ = nullptr;
  std::uint32_t body_number_ = 0;
  const std::vector<Var>* vars_ = nullptr;  // of the body that is lowered
  std::vector<SlotVar> bound_;     // those that are in their slots where the code has come to
  std::vector<SlotNumber> kept_;   // of the body that is about to be lowered: read after it
};

}  // namespace

Plan Plan::fork() const {
  Plan copy;
  copy.shared_arenas = shared_arenas;
  copy.shared_arenas.push_back(arena);
  copy.functions = functions;
  copy.mocks = mocks;
  copy.mock_builtins = mock_builtins;
  copy.errors = errors;
  copy.is_optimised = is_optimised;
  copy.is_marked = is_marked;
  copy.expressions = expressions;
  copy.sources = sources;
  return copy;
}

std::shared_ptr<Program> lower(Plan plan, std::shared_ptr<const KeyTable> keys, DebugInfo* debug) {
  PSDL_ASSERT(!plan.is_optimised || debug == nullptr);
  return Lowering(plan, std::move(keys), debug).run();
}

}  // namespace psdl::plan
