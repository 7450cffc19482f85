// Bodies to steps: unification against what is bound already, refs as paths and scans, closures in scopes of their own.
#include "compiler/plan_body.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "builtins/registry.hpp"
#include "syntax/visit.hpp"
#include "value/builders.hpp"
#include "value/number.hpp"

namespace psdl {

using plan::ExprKind;
using plan::Step;
using plan::StepKind;

namespace {

plan::Expr make(ExprKind kind, Span span) {
  plan::Expr made;
  made.kind = kind;
  made.span = span;
  return made;
}
plan::Expr make_const(const Value& value, Span span) {
  plan::Expr made = make(ExprKind::Const, span);
  made.constant = value;
  return made;
}
plan::Expr make_slot(plan::SlotNumber slot, Span span) {
  plan::Expr made = make(ExprKind::Slot, span);
  made.slot = slot;
  return made;
}
plan::Expr make_dot(plan::Expr container, plan::Expr key, Span span, bool in_base = false) {
  plan::Expr made = make(ExprKind::Dot, span);
  made.in_base = in_base;
  made.operands.push_back(std::move(container));
  made.operands.push_back(std::move(key));
  return made;
}
Step make_step(StepKind kind, Span span) {
  Step made;
  made.kind = kind;
  made.span = span;
  return made;
}
Step make_test(plan::Expr tested, Span span) {
  Step made = make_step(StepKind::Test, span);
  made.a = std::move(tested);
  return made;
}
Step make_never(Span span) { return make_test(make_const(Value::boolean(false), span), span); }

}  // namespace

// What is bound inside is forgotten at the end.
class BodyPlanner::Scope {
 public:
  explicit Scope(BodyPlanner& planner) : planner_(planner), mark_(planner.bound_.size()) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() {
    while (planner_.bound_.size() > mark_) {
      planner_.slots_.erase(planner_.bound_.back());
      planner_.bound_.pop_back();
    }
  }
  [[nodiscard]] std::vector<SlotNumber> bound_since() const {
    std::vector<SlotNumber> made;
    for (std::size_t i = mark_; i < planner_.bound_.size(); ++i) made.push_back(planner_.slots_.at(planner_.bound_[i]));
    return made;
  }

 private:
  BodyPlanner& planner_;
  std::size_t mark_;
};

// ---- Vars.

bool BodyPlanner::is_bound(std::string_view name) const { return slots_.contains(name); }

bool BodyPlanner::is_free_var(const ast::Term& term) const {
  const auto* var = term.as<ast::Var>();
  return var != nullptr && var->name != "input" && var->name != "data" && !is_bound(var->name);
}

bool BodyPlanner::has_free_vars(const ast::Term& term) const {
  bool found = false;
  ast::VarVisitor vars({.skip_ref_call_head = true, .skip_closures = true});
  vars.walk(const_cast<ast::Term&>(term));  // walks change nothing
  for (const auto& entry : vars.vars()) {
    if (entry.name != "input" && entry.name != "data" && !is_bound(entry.name)) found = true;
  }
  return found;
}

BodyPlanner::SlotNumber BodyPlanner::bind_var(std::string_view name) {
  const SlotNumber slot = slot_count_++;
  slots_.emplace(name, slot);
  bound_.push_back(name);
  add_var(name, slot, {});
  return slot;
}

void BodyPlanner::add_var(std::string_view name, SlotNumber slot, Span span) {
  if (marked_ == nullptr) return;
  const UserVar user = context_.user_var(name);
  vars_.push_back({std::string(user.name), slot, user.span.empty() ? span : user.span});
}

void BodyPlanner::bind_to(const ast::Term& var, Expr value, Steps& steps) {
  if (value.kind == ExprKind::Slot) {  // another name for what a slot holds already: slots are written once on each way
    const std::string_view name = var.as<ast::Var>()->name;
    slots_.emplace(name, value.slot);
    bound_.push_back(name);
    add_var(name, value.slot, var.span);
    return;
  }
  Step bind = make_step(StepKind::Bind, var.span);
  bind.span = value.span.empty() ? var.span : value.span;
  bind.a = std::move(value);
  bind.value = bind_var(var.as<ast::Var>()->name);
  steps.push_back(std::move(bind));
}

// What is asked several times, or must stand at an empty operand stack, is computed once.
BodyPlanner::Expr BodyPlanner::into_slot(Expr value, Steps& steps, Span span) {
  if (value.kind == ExprKind::Slot || value.kind == ExprKind::Const) return value;
  Step bind = make_step(StepKind::Bind, span);
  bind.a = std::move(value);
  bind.value = slot_count_++;
  const SlotNumber slot = bind.value;
  steps.push_back(std::move(bind));
  return make_slot(slot, span);
}

void BodyPlanner::arguments(const ast::Args& args, Steps& steps) {
  std::vector<const ast::Term*> patterns(args.size(), nullptr);
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto* var = args[i]->as<ast::Var>();
    if (var != nullptr && !is_bound(var->name)) {
      slots_.emplace(var->name, static_cast<SlotNumber>(i));
      bound_.push_back(var->name);
      add_var(var->name, static_cast<SlotNumber>(i), args[i]->span);
    } else {
      patterns[i] = args[i];
    }
  }
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (patterns[i] != nullptr) match(*patterns[i], make_slot(static_cast<SlotNumber>(i), args[i]->span), args[i]->span, steps);
  }
}

// ---- Expressions.

void BodyPlanner::body(const ast::Body& body, Steps& steps, Span head) {
  if (marked_ == nullptr) {
    for (const ast::Expr* expr : body) expression(*expr, steps);
    return;
  }
  std::vector<std::uint32_t> numbers;
  for (const ast::Expr* expr : body) numbers.push_back(add_expression(*expr, kNoExpression, head));
  for (std::size_t i = 0; i < body.size(); ++i) {
    const auto whole = std::find(body.begin(), body.end(), statement_of(body, *body[i]));
    (*marked_)[numbers[i]].statement = numbers[static_cast<std::size_t>(whole - body.begin())];
  }
  for (std::size_t i = 0; i < body.size(); ++i) {
    const std::uint32_t outer = std::exchange(around_, numbers[i]);
    const auto mark = [&](StepKind kind) {
      Step made = make_step(kind, {});
      made.count = numbers[i];
      steps.push_back(std::move(made));
    };
    mark(StepKind::Begin);
    expression(*body[i], steps);
    mark(StepKind::Held);
    around_ = outer;
  }
}

// The expression of the body that the user wrote around this part of it: parts that the compiler took out keep the places of what they compute.
const ast::Expr* BodyPlanner::statement_of(const ast::Body& body, const ast::Expr& part) {
  const ast::Expr* widest = &part;
  for (const ast::Expr* other : body) {
    const bool is_around = other->span.source == widest->span.source && other->span.begin <= widest->span.begin && other->span.end >= widest->span.end;
    if (is_around && (other->span != widest->span || (widest->generated && !other->generated))) widest = other;
  }
  return widest;
}

std::uint32_t BodyPlanner::add_expression(const ast::Expr& expr, std::uint32_t statement, Span head) {
  using Is = SourceExpression::Kind;
  SourceExpression made;
  made.kind = expr.is_negated()               ? Is::Not
              : expr.is<ast::Every*>()        ? Is::Every
              : expr.is<ast::SomeDecl*>()     ? Is::Some
              : expr.is<ast::LogicalAnd*>()   ? Is::And
              : expr.is<ast::LogicalOr*>()    ? Is::Or
              : expr.from_assignment          ? Is::Bind
                                              : Is::Test;
  made.span = expr.span;
  made.statement = statement;
  made.around = around_;
  made.is_generated = expr.generated;
  made.is_head = !head.empty() && expr.span.source == head.source && head.begin <= expr.span.begin && expr.span.end <= head.end;
  marked_->push_back(made);
  return static_cast<std::uint32_t>(marked_->size() - 1);
}

void BodyPlanner::expression(const ast::Expr& expr, Steps& steps) {
  if (expr.with.empty()) {
    without_with(expr, steps);
  } else {
    with(expr, steps);
  }
}

void BodyPlanner::without_with(const ast::Expr& expr, Steps& steps) {
  if (expr.negated) {
    Step negation = make_step(StepKind::Not, expr.span);
    negation.bodies.emplace_back();
    const Scope scope(*this);
    ast::Expr plain = expr;
    plain.negated = false;
    without_with(plain, negation.bodies[0]);
    steps.push_back(std::move(negation));
    return;
  }
  const auto closed = [&](const ast::Body& inner) {
    const Scope scope(*this);
    Steps made;
    body(inner, made);
    return made;
  };
  const auto any = [&](std::vector<Steps> bodies) {
    Step made = make_step(StepKind::Any, expr.span);
    made.bodies = std::move(bodies);
    steps.push_back(std::move(made));
  };
  std::visit(ast::Overloads{
                 [&](ast::Term* term) {
                   if (const auto* called = term->as<ast::Call>()) {
                     call(*called, expr.span, steps);
                   } else {
                     Expr tested = value(*term, steps);
                     const bool is_certain = tested.kind == ExprKind::Const && tested.constant.holds();
                     if (!is_certain) steps.push_back(make_test(std::move(tested), expr.span));
                   }
                 },
                 [&](const ast::CallTerms& terms) { call(terms, expr.span, steps); },
                 [&](ast::SomeDecl* some) {
                   if (some->symbols.size() == 1) {
                     if (const auto* called = some->symbols[0]->as<ast::Call>()) call(*called, expr.span, steps);
                   }
                 },
                 [&](ast::Every* statement) { every(*statement, steps); },
                 [&](ast::Not* negation) {
                   Step made = make_step(StepKind::Not, expr.span);
                   made.bodies.push_back(closed(negation->body));
                   steps.push_back(std::move(made));
                 },
                 [&](ast::LogicalAnd* both) {
                   any({closed(both->lhs)});
                   any({closed(both->rhs)});
                 },
                 [&](ast::LogicalOr* either) { any({closed(either->lhs), closed(either->rhs)}); },
             },
             expr.content);
}

void BodyPlanner::every(const ast::Every& statement, Steps& steps) {
  Step made = make_step(StepKind::Every, statement.span);
  made.a = into_slot(value(*statement.domain, steps), steps, statement.domain->span);
  const Scope scope(*this);
  made.bodies.emplace_back();
  const auto element = [&](const ast::Term* term) -> SlotNumber {
    if (term == nullptr) return kNoSlot;
    const auto* var = term->as<ast::Var>();
    if (var != nullptr) {
      slots_.erase(var->name);  // a name of the loop hides one outside
      return bind_var(var->name);
    }
    const SlotNumber slot = slot_count_++;
    match(*term, make_slot(slot, term->span), term->span, made.bodies[0]);
    return slot;
  };
  made.key = element(statement.key);
  made.value = element(statement.value);
  body(statement.body, made.bodies[0]);
  steps.push_back(std::move(made));
}

void BodyPlanner::with(const ast::Expr& expr, Steps& steps) {
  Step made = make_step(StepKind::With, expr.span);
  for (const ast::With* with : expr.with) {
    OverlayTarget target;
    const auto* path = with->target->as<ast::Ref>();
    const std::string_view root = path != nullptr ? (*path)[0]->as<ast::Var>()->name : with->target->as<ast::Var>()->name;
    const std::uint32_t mock = path != nullptr ? context_.mock_entry(*path) : kNoIndex;
    if (mock != kNoIndex) {
      target.kind = OverlayTarget::Kind::Mock;
      target.mock = mock;
      if (const auto* replacement = with->value->as<ast::Ref>()) {
        const PlanContext::Callee callee = context_.callee(*replacement);
        target.has_value = callee.function == kNoIndex && callee.builtin == nullptr;
        target.replacement_function = callee.function;
        if (callee.builtin != nullptr) target.replacement_builtin = context_.builtin_number(callee.builtin);
        if (callee.function != kNoIndex) reads_.functions.push_back(callee.function);
      }
    } else {
      target.kind = root == "input" ? OverlayTarget::Kind::Input : OverlayTarget::Kind::Data;
      if (path != nullptr) {
        for (const ast::Term* step : path->slice(1)) {
          if (ast::is_constant(step)) {
            target.path.push_back(constant(*step));
          } else {
            context_.refuse("with keyword target must be a path of constants", step->span);
          }
        }
      }
    }
    if (target.has_value) made.overlay.values.push_back(into_slot(value(*with->value, steps), steps, with->value->span));
    made.overlay.spec.targets.push_back(std::move(target));
  }
  made.bodies.emplace_back();
  const std::size_t mark = bound_.size();
  without_with(expr, made.bodies[0]);
  for (std::size_t i = mark; i < bound_.size(); ++i) made.carried.push_back(slots_.at(bound_[i]));
  steps.push_back(std::move(made));
}

// ---- Calls.

BodyPlanner::Expr BodyPlanner::callee_expr(const PlanContext::Callee& callee, Span span) {
  Expr made = make(callee.builtin != nullptr ? ExprKind::Builtin : ExprKind::Function, span);
  made.builtin = callee.builtin;
  made.function = callee.function;
  made.mock = callee.mock;
  if (callee.mock != kNoIndex) reads_.mocks = true;
  if (callee.function != kNoIndex) reads_.functions.push_back(callee.function);
  return made;
}

void BodyPlanner::call(const ast::Terms& terms, Span span, Steps& steps) {
  const auto* name = terms[0]->as<ast::Ref>();
  const std::string_view plain = name->size() == 1 ? (*name)[0]->as<ast::Var>()->name : std::string_view();
  if ((plain == "eq" || plain == "assign") && terms.size() == 3) return unify(*terms[1], *terms[2], span, steps);
  if (name->size() == 2 && (*name)[0]->as<ast::Var>() != nullptr && (*name)[0]->as<ast::Var>()->name == "internal") {
    const auto* second = (*name)[1]->as<ast::String>();
    if (second != nullptr && second->text.starts_with("member_") && terms.size() == (second->text == "member_2" ? 3U : 4U)) {
      bool is_generator = false;
      for (std::size_t i = 1; i + 1 < terms.size(); ++i) is_generator = is_generator || has_free_vars(*terms[i]);
      if (is_generator) return member(terms, span, steps);
    }
  }
  const PlanContext::Callee callee = context_.callee(*name);
  PSDL_ASSERT(callee.function != kNoIndex || callee.builtin != nullptr);
  if (marked_ != nullptr && callee.builtin != nullptr && callee.builtin->name == "internal.test_case" && terms.size() == 2) {
    Step made = make_step(StepKind::Case, span);
    made.a = value(*terms[1], steps);
    steps.push_back(std::move(made));
    return;
  }

  // Comparisons are instructions of their own, unless a `with` may replace them.
  if (callee.builtin != nullptr && callee.mock == kNoIndex && terms.size() == 3) {
    static constexpr std::pair<std::string_view, Compare> kComparisons[] = {
        {"lt", Compare::Less}, {"lte", Compare::LessEqual}, {"gt", Compare::Greater}, {"gte", Compare::GreaterEqual}, {"neq", Compare::NotEqual}};
    for (const auto& [builtin, compare] : kComparisons) {
      if (plain != builtin) continue;
      Step made = make_step(StepKind::Compare, span);
      made.compare = compare;
      made.a = value(*terms[1], steps);
      made.b = value(*terms[2], steps);
      steps.push_back(std::move(made));
      return;
    }
    if (plain == "equal") {
      Step made = make_step(StepKind::Equal, span);
      made.a = value(*terms[1], steps);
      made.b = value(*terms[2], steps);
      steps.push_back(std::move(made));
      return;
    }
  }

  Expr made = callee_expr(callee, span);
  const std::size_t arity = callee.arity;
  for (std::size_t i = 0; i < arity; ++i) made.operands.push_back(value(*terms[1 + i], steps));
  const ast::Term* output = terms.size() == arity + 2 ? terms[arity + 1] : nullptr;
  if (callee.builtin != nullptr && callee.builtin->is_relation) {
    Step scan = make_step(StepKind::Scan, span);
    scan.a = std::move(made);
    scan.value = slot_count_++;
    const SlotNumber row = scan.value;
    steps.push_back(std::move(scan));
    if (output != nullptr) match(*output, make_slot(row, span), span, steps);
    return;
  }
  if (output != nullptr) {
    match(*output, std::move(made), span, steps);
  } else {
    steps.push_back(make_test(std::move(made), span));
  }
}

// `some x in xs` and `some k, x in xs`.
void BodyPlanner::member(const ast::Terms& terms, Span span, Steps& steps) {
  const bool has_key = terms.size() == 4;
  Step scan = make_step(StepKind::Scan, span);
  scan.a = value(*terms[terms.size() - 1], steps);
  scan.key = has_key ? slot_count_++ : kNoSlot;
  scan.value = slot_count_++;
  const SlotNumber key = scan.key;
  const SlotNumber element = scan.value;
  steps.push_back(std::move(scan));
  if (has_key) match(*terms[1], make_slot(key, span), span, steps);
  match(*terms[terms.size() - 2], make_slot(element, span), span, steps);
}

// ---- Unification.

void BodyPlanner::unify(const ast::Term& left, const ast::Term& right, Span span, Steps& steps) {
  if (is_free_var(left)) return match(left, value(right, steps), span, steps);
  if (is_free_var(right)) return match(right, value(left, steps), span, steps);
  const auto* left_array = left.as<ast::Array>();
  const auto* right_array = right.as<ast::Array>();
  if (left_array != nullptr && right_array != nullptr && (has_free_vars(left) || has_free_vars(right))) {
    if (left_array->size() != right_array->size()) {
      steps.push_back(make_never(span));
      return;
    }
    // Parts that bind nothing first may need what others bind: those with free vars on one side only go first.
    std::vector<std::size_t> later;
    for (std::size_t i = 0; i < left_array->size(); ++i) {
      if (has_free_vars(*(*left_array)[i]) && has_free_vars(*(*right_array)[i])) {
        later.push_back(i);
      } else {
        unify(*(*left_array)[i], *(*right_array)[i], span, steps);
      }
    }
    for (const std::size_t i : later) unify(*(*left_array)[i], *(*right_array)[i], span, steps);
    return;
  }
  const auto* left_object = left.as<ast::Object>();
  const auto* right_object = right.as<ast::Object>();
  if (left_object != nullptr && right_object != nullptr && (has_free_vars(left) || has_free_vars(right))) {
    bool same_keys = left_object->size() == right_object->size();
    for (std::size_t i = 0; same_keys && i < left_object->size(); ++i) same_keys = ast::equal((*left_object)[i].key, (*right_object)[i].key);
    if (!same_keys) {
      steps.push_back(make_never(span));
      return;
    }
    for (std::size_t i = 0; i < left_object->size(); ++i) unify(*(*left_object)[i].value, *(*right_object)[i].value, span, steps);
    return;
  }
  // A pattern is matched against what the other side gives; refs with vars give by scanning.
  const bool left_is_pattern = (left_array != nullptr || left_object != nullptr) && has_free_vars(left);
  if (left_is_pattern) return match(left, value(right, steps), span, steps);
  match(right, value(left, steps), span, steps);
}

void BodyPlanner::match(const ast::Term& pattern, Expr given, Span span, Steps& steps) {
  if (const auto* var = pattern.as<ast::Var>(); var != nullptr && is_free_var(pattern)) {
    bind_to(pattern, std::move(given), steps);
    return;
  }
  const auto* array = pattern.as<ast::Array>();
  if (array != nullptr && has_free_vars(pattern)) {
    const Expr whole = into_slot(std::move(given), steps, span);
    Step check = make_step(StepKind::ArrayLength, span);
    check.a = whole;
    check.count = static_cast<std::uint32_t>(array->size());
    steps.push_back(std::move(check));
    for (std::size_t i = 0; i < array->size(); ++i) {
      match(*(*array)[i], make_dot(whole, make_const(Value::integer(static_cast<std::int64_t>(i)), span), span), span, steps);
    }
    return;
  }
  const auto* object = pattern.as<ast::Object>();
  if (object != nullptr && has_free_vars(pattern)) {
    const Expr whole = into_slot(std::move(given), steps, span);
    bool keys_are_constant = true;
    for (const ast::Pair& pair : *object) keys_are_constant = keys_are_constant && ast::is_constant(pair.key);
    if (keys_are_constant) {
      ArrayBuilder keys(context_.arena());
      for (const ast::Pair& pair : *object) keys.add(constant(*pair.key));
      Step check = make_step(StepKind::ObjectKeys, span);
      check.a = whole;
      check.b = make_const(keys.finish(), span);
      steps.push_back(std::move(check));
    } else {  // as many entries, and each key found below
      Step check = make_step(StepKind::Equal, span);
      const Builtin* count = find_builtin("count");
      Expr counted = make(ExprKind::Builtin, span);
      counted.builtin = count;
      counted.operands.push_back(whole);
      check.a = std::move(counted);
      check.b = make_const(Value::integer(static_cast<std::int64_t>(object->size())), span);
      steps.push_back(std::move(check));
    }
    for (const ast::Pair& pair : *object) {
      Expr key = value(*pair.key, steps);
      match(*pair.value, make_dot(whole, std::move(key), span), span, steps);
    }
    return;
  }
  if (const auto* with_vars = pattern.as<ast::Ref>(); with_vars != nullptr && has_free_vars(pattern)) {
    given = into_slot(std::move(given), steps, span);
  }
  Step check = make_step(StepKind::Equal, span);
  // The given side was planned first; what the pattern side needs may scan, so it must not be computed inside the loop again.
  const std::size_t before = steps.size();
  Expr other = value(pattern, steps);
  if (steps.size() != before && given.kind != ExprKind::Slot && given.kind != ExprKind::Const) {
    Step bind = make_step(StepKind::Bind, span);
    bind.a = std::move(given);
    bind.value = slot_count_++;
    given = make_slot(bind.value, span);
    steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(before), std::move(bind));
  }
  check.a = std::move(given);
  check.b = std::move(other);
  steps.push_back(std::move(check));
}

// ---- Terms.

Value BodyPlanner::constant(const ast::Term& term) {
  Arena& arena = context_.arena();
  return std::visit(ast::Overloads{
                        [](const ast::Null&) { return Value::null(); },
                        [](const ast::Boolean& boolean) { return Value::boolean(boolean.value); },
                        [&](const ast::Number& number) { return number_from_text(arena, number.text); },
                        [&](const ast::String& string) { return Value::string(arena, string.text); },
                        [&](const ast::Array& array) {
                          ArrayBuilder made(arena);
                          for (const ast::Term* item : array) made.add(constant(*item));
                          return made.finish();
                        },
                        [&](const ast::Set& set) {
                          SetBuilder made(arena);
                          for (const ast::Term* item : set) made.add(constant(*item));
                          const Value value = made.finish();
                          freeze(arena, value);
                          return value;
                        },
                        [&](const ast::Object& object) {
                          ObjectBuilder made(arena);
                          for (const ast::Pair& pair : object) made.add(constant(*pair.key), constant(*pair.value));
                          const Value value = made.finish();
                          freeze(arena, value);
                          return value;
                        },
                        [](const auto&) {
                          PSDL_ASSERT(false && "not a constant");
                          return Value();
                        },
                    },
                    term.value);
}

BodyPlanner::Expr BodyPlanner::value(const ast::Term& term, Steps& steps) {
  if (ast::is_constant(&term)) return make_const(constant(term), term.span);
  const auto all = [&](ExprKind kind, const ast::Terms& terms) {
    Expr made = make(kind, term.span);
    for (const ast::Term* item : terms) made.operands.push_back(value(*item, steps));
    return made;
  };
  return std::visit(ast::Overloads{
                        [&](const ast::Var& var) {
                          const auto known = slots_.find(var.name);
                          if (known != slots_.end()) return make_slot(known->second, term.span);
                          if (var.name == "input") {
                            reads_.input = true;
                            return make(ExprKind::Input, term.span);
                          }
                          if (var.name != "data") {
                            context_.unbound(var.name, term.span);
                            return make_const(Value::null(), term.span);
                          }
                          ast::Ref root(context_.arena());
                          root.push_back(const_cast<ast::Term*>(&term));
                          return data_ref(root, term.span, steps);
                        },
                        [&](const ast::Ref& named) { return ref(named, term.span, steps); },
                        [&](const ast::Array& array) { return all(ExprKind::Array, array); },
                        [&](const ast::Set& set) { return all(ExprKind::Set, set); },
                        [&](const ast::Object& object) {
                          Expr made = make(ExprKind::Object, term.span);
                          for (const ast::Pair& pair : object) {
                            made.operands.push_back(value(*pair.key, steps));
                            made.operands.push_back(value(*pair.value, steps));
                          }
                          return made;
                        },
                        [&](const ast::ArrayComprehension& made) {
                          return into_slot(comprehension(BuilderKind::Array, nullptr, *made.term, made.body, term.span), steps, term.span);
                        },
                        [&](const ast::SetComprehension& made) {
                          return into_slot(comprehension(BuilderKind::Set, nullptr, *made.term, made.body, term.span), steps, term.span);
                        },
                        [&](const ast::ObjectComprehension& made) {
                          return into_slot(comprehension(BuilderKind::Object, made.key, *made.value, made.body, term.span), steps, term.span);
                        },
                        [&](const ast::Call& called) {
                          const PlanContext::Callee callee = context_.callee(*called[0]->as<ast::Ref>());
                          Expr made = callee_expr(callee, term.span);
                          for (const ast::Term* operand : called.slice(1)) made.operands.push_back(value(*operand, steps));
                          return made;
                        },
                        [&](const auto&) {
                          PSDL_ASSERT(false && "a term that the compiler should have rewritten");
                          return Expr();
                        },
                    },
                    term.value);
}

BodyPlanner::Expr BodyPlanner::comprehension(BuilderKind kind, const ast::Term* key, const ast::Term& element, const ast::Body& inner, Span span) {
  const Scope scope(*this);
  Expr made = make(ExprKind::Comprehension, span);
  made.builder = kind;
  body(inner, made.body);
  if (key != nullptr) made.operands.push_back(value(*key, made.body));
  made.operands.push_back(value(element, made.body));
  return made;
}

BodyPlanner::Expr BodyPlanner::ref(const ast::Ref& named, Span span, Steps& steps) {
  const auto* head = named[0]->as<ast::Var>();
  if (head != nullptr && !is_bound(head->name)) {
    if (head->name == "data") return data_ref(named, span, steps);
    if (head->name == "input") {
      reads_.input = true;
      return ref_tail(named, 1, make(ExprKind::Input, span), span, steps);
    }
  }
  return ref_tail(named, 1, value(*named[0], steps), span, steps);
}

// Down the rule tree as far as names are known; from a rule, a package or a base document on, element by element.
BodyPlanner::Expr BodyPlanner::data_ref(const ast::Ref& named, Span span, Steps& steps) {
  const RuleNode* node = &context_.tree().root();
  if (!node->children.empty()) node = node->children.front();  // `data`, the only one
  std::size_t at = 1;
  while (at < named.size() && !context_.is_group(*node)) {
    if (!ast::is_scalar(named[at])) break;
    const RuleNode* next = node->child(*named[at]);
    if (next == nullptr || !context_.has_document(*next)) {
      // Base documents alone.
      reads_.data = true;
      Expr base = make(ExprKind::Data, span);
      for (std::size_t i = 1; i < at; ++i) base = make_dot(std::move(base), make_const(constant(*named[i]), span), span, true);
      return ref_tail(named, at, std::move(base), span, steps, true);
    }
    node = next;
    ++at;
  }
  Expr document = make(ExprKind::Rule, span);
  document.function = context_.document_function(*node);
  reads_.functions.push_back(document.function);
  return ref_tail(named, at, std::move(document), span, steps);
}

BodyPlanner::Expr BodyPlanner::ref_tail(const ast::Ref& named, std::size_t from, Expr base, Span span, Steps& steps, bool in_base) {
  for (std::size_t i = from; i < named.size(); ++i) {
    const ast::Term& part = *named[i];
    if (!has_free_vars(part)) {
      base = make_dot(std::move(base), value(part, steps), span, in_base);
      continue;
    }
    Step scan = make_step(StepKind::Scan, span);
    scan.a = std::move(base);
    const auto* var = part.as<ast::Var>();
    scan.value = slot_count_++;
    const SlotNumber element = scan.value;
    if (var != nullptr) {
      if (!ast::is_wildcard(var->name)) scan.key = bind_var(var->name);
      steps.push_back(std::move(scan));
    } else {  // a pattern over the keys
      scan.key = slot_count_++;
      const SlotNumber key = scan.key;
      steps.push_back(std::move(scan));
      match(part, make_slot(key, span), span, steps);
    }
    base = make_slot(element, span);
  }
  return base;
}

}  // namespace psdl
