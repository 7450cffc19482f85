// Lowering of functions, and the code, labels and tables that it fills. In: a Plan; out: a Program.
#include "plan/lowering.hpp"

#include <algorithm>
#include <utility>

#include "plan/walk.hpp"

namespace psdl::plan {

std::shared_ptr<Program> Lowering::run() {
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

Expr Lowering::constant_expr(const Value& value) {
  Expr made;
  made.constant = value;
  return made;
}

void Lowering::bind(Label at) {
  // A jump to what follows it is none, unless another label or a dispatch counts on its place.
  if (plan_.is_optimised && marked_pc_ != pc() && !program_->code.empty() && program_->code.back().op == Op::Jump && program_->code.back().b == at) {
    program_->code.pop_back();
    program_->spans.pop_back();
  }
  invert_over_jump(at);
  label_pcs_[at] = pc();
  mark();
}

void Lowering::invert_over_jump(Label at) {
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

void Lowering::patch(std::uint32_t begin) {
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

bool Lowering::prints() const {
  bool found = false;
  for (Function& function : plan_.functions) {
    each_expr(function, [&](const Expr& e) {
      if (e.kind == ExprKind::Builtin && (e.builtin->name == "trace" || e.builtin->name.starts_with("internal.print"))) found = true;
    });
  }
  return found;
}

std::uint32_t Lowering::constant(const Value& value) {
  if (value.is_boolean() || value.is_null()) {
    std::uint32_t& known = small_constants_[static_cast<std::size_t>(value.tag())];
    if (known == kNoIndex) known = add_constant(value);
    return known;
  }
  return add_constant(value);
}

std::uint32_t Lowering::builtin(const psdl::Builtin* row) {
  const auto [at, is_new] = builtin_numbers_.emplace(row, static_cast<std::uint32_t>(program_->builtins.size()));
  if (is_new) program_->builtins.push_back({row, row->name, row->signature.arity});
  return at->second;
}

std::uint32_t Lowering::path(const std::vector<Value>& names) {
  const Path made{static_cast<std::uint32_t>(program_->path_steps.size()), static_cast<std::uint32_t>(names.size())};
  for (const Value& name : names) program_->path_steps.push_back({kNoKey, name});
  program_->paths.push_back(made);
  return static_cast<std::uint32_t>(program_->paths.size() - 1);
}

void Lowering::number_names() {
  if (program_->keys == nullptr) {
    std::vector<std::string_view> all;
    for (const PathStep& step : program_->path_steps) all.push_back(step.name.as_string());
    program_->keys = std::make_shared<const KeyTable>(all);
  }
  for (PathStep& step : program_->path_steps) step.number = program_->keys->number(step.name.as_string());
}

void Lowering::begin_expression(std::uint32_t number) {
  if (debug_ == nullptr) return;
  SourceExpression& begun = debug_->expressions[number];
  begun.function = static_cast<std::uint32_t>(program_->functions.size());
  begun.body = body_number_;
  begun.begin = pc();
  reach(CodeMark::Kind::Begin, number);
}

void Lowering::end_expression(std::uint32_t number) {
  if (debug_ == nullptr) return;
  debug_->expressions[number].end = pc();
  reach(CodeMark::Kind::Held, number);
}

void Lowering::end_vars(std::size_t first, const std::vector<SlotNumber>& kept) {
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

void Lowering::written(SlotNumber slot) {
  if (debug_ == nullptr || slot == kNoSlot) return;
  for (const Var& var : *vars_) {
    if (var.slot == slot) bound_.push_back({var.name, static_cast<std::uint32_t>(program_->functions.size()), slot, pc(), pc(), var.declared});
  }
}

void Lowering::find_innermost() {
  debug_->innermost.assign(program_->code.size(), kNoExpression);
  // Inner ones come later.
  for (std::uint32_t i = 0; i < debug_->expressions.size(); ++i) {
    const SourceExpression& one = debug_->expressions[i];
    std::fill(debug_->innermost.begin() + one.begin, debug_->innermost.begin() + one.end, i);
  }
  std::stable_sort(debug_->vars.begin(), debug_->vars.end(), [](const SlotVar& a, const SlotVar& b) { return std::pair(a.function, a.begin) < std::pair(b.function, b.begin); });
}

void Lowering::function_code(Function& function) {
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
  if (plan_.is_optimised) thread_tests(std::span(program_->code).subspan(made.entry), made.entry);
  if (debug_ != nullptr) end_vars(0);
  made.end = static_cast<std::uint32_t>(program_->code.size());
  made.slots = slots_;
  made.max_stack = static_cast<std::uint32_t>(max_depth_);
  program_->functions.push_back(std::move(made));
}

Label Lowering::dispatch(const Function& function, psdl::Function& made, Label end) {
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

void Lowering::begin_body(psdl::Function& made, const RuleBody& rule) {
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

void Lowering::single_value(const Function& function, psdl::Function& made) {
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

bool Lowering::returns_at_once(const Function& function) const {
  if (!plan_.is_optimised) return false;
  if (function.stop_at_first) return true;
  if (function.bodies.size() != 1) return false;
  for (const RuleBody* rule = &function.bodies[0]; rule != nullptr; rule = rule->otherwise.empty() ? nullptr : &rule->otherwise.front()) {
    if (generates(rule->steps)) return false;
  }
  return true;
}

void Lowering::chain(const Function& function, psdl::Function& made, const RuleBody& first, bool is_first_rule, Label next_rule, Label end) {
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

void Lowering::collection(const Function& function, psdl::Function& made) {
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
        push(-static_cast<int>(rule.keys.size()) - 1);
      } else if (kind == BuilderKind::Object) {
        emit(Op::CollectPair);
        push(-2);
      } else {
        collect(0);
      }
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

void Lowering::extent(const Function& function, psdl::Function& made) {
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
