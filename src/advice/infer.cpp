// Rules, their bodies, and expressions in order.
#include "advice/infer.hpp"

#include <algorithm>

namespace psdl::advice {
namespace {

constexpr std::size_t kMostBodies = 20'000;
constexpr std::size_t kLongestKey = 100'000;
constexpr std::size_t kDeepestCall = 200;

bool is_bound(const ast::Term& term, const Scope& scope) {
  const auto* var = term.as<ast::Var>();
  return var == nullptr || var->name == "input" || var->name == "data" || scope.vars.contains(var->name);
}

// Whether a pattern has vars that it would bind.
bool binds(const ast::Term& term, const Scope& scope) {
  if (term.is<ast::Var>()) return !is_bound(term, scope);
  if (const auto* array = term.as<ast::Array>()) {
    return std::any_of(array->begin(), array->end(), [&](const ast::Term* item) { return binds(*item, scope); });
  }
  if (const auto* object = term.as<ast::Object>()) {
    return std::any_of(object->begin(), object->end(),
                       [&](const ast::Pair& pair) { return binds(*pair.value, scope); });
  }
  return false;
}

bool is_member(const ast::Expr& expr, std::string_view name) {
  const ast::Ref* callee = expr.operator_ref();
  if (callee == nullptr || callee->size() != 2) return false;
  const auto* family = (*callee)[0]->as<ast::Var>();
  const auto* own = (*callee)[1]->as<ast::String>();
  return family != nullptr && own != nullptr && family->name == "internal" && own->text == name;
}

bool is_of_stdlib(const ast::Rule& rule) {
  const ast::Terms& path = rule.module->package->path;
  const auto* first = path.size() > 1 ? path[1]->as<ast::String>() : nullptr;
  return first != nullptr && first->text == "psdl";
}

// Whatever its kind, what the stdlib calls a pod is one.
void drop_guesses(Outline& outline) {
  const bool is_told =
      std::any_of(outline.typed.begin(), outline.typed.end(), [](const TypedValue& one) { return !one.is_guess; });
  const bool has_kind = std::any_of(outline.objects.begin(), outline.objects.end(),
                                    [](const WholeObject& one) { return !one.kinds.kinds.is_all_but; });
  if (is_told || has_kind) {
    std::erase_if(outline.typed, [](const TypedValue& one) { return one.is_guess; });
    std::erase_if(outline.objects, [](const WholeObject& one) { return one.kinds.kinds.is_all_but; });
  }
  for (auto& one : outline.made) {
    Made copy = *one;
    drop_guesses(copy.values);
    one = std::make_shared<const Made>(std::move(copy));
  }
}

// The parts of a head's name that are constant.
std::size_t ground_size(const ast::Ref& reference) {
  std::size_t size = 1;
  while (size < reference.size() && reference[size]->is<ast::String>()) ++size;
  return size;
}

}  // namespace

bool Inference::run() {
  look_for_signs();
  for (ast::Rule* const rule : policy_.sorted_rules()) {
    if (rule->is_function() || is_of_stdlib(*rule)) continue;
    current_->push_back({Topic::Body, {}, nullptr, &answer({&rule, 1}, nullptr)});
  }
  // Functions that nothing calls: their arguments may be anything.
  for (ast::Rule* const rule : policy_.sorted_rules()) {
    if (!rule->is_function() || called_.contains(rule) || is_of_stdlib(*rule)) continue;
    const std::vector<Outline> arguments(rule->head->args.size(), anything());
    current_->push_back({Topic::Body, {}, nullptr, &answer({&rule, 1}, &arguments)});
  }
  return bodies_ < kMostBodies;
}

const Answer& Inference::answer(std::span<ast::Rule* const> rules, const std::vector<Outline>* arguments) {
  std::string key =
      std::to_string(reinterpret_cast<std::uintptr_t>(rules.front())) + "/" + std::to_string(rules.size());
  if (arguments != nullptr) {
    for (const Outline& one : *arguments) key += "|" + signature_of(one);
  }
  if (key.size() > kLongestKey) bodies_ = kMostBodies;
  const auto known = answers_.find(key);
  if (known != answers_.end()) return *known->second;
  static const Answer kUnknown{.value = anything()};
  if (depth_ >= kDeepestCall) bodies_ = kMostBodies;
  if (bodies_ >= kMostBodies || !open_.insert(key).second) return kUnknown;
  ++depth_;

  auto made = std::make_unique<Answer>();
  Log* const outer = current_;
  current_ = &made->log;
  bool is_first = true;
  for (const ast::Rule* rule : rules) {
    if (arguments != nullptr) called_.insert(rule);
    for (const ast::Rule* branch = rule; branch != nullptr; branch = branch->else_rule)
      read_branch(*branch, arguments, *made, is_first);
  }
  if (is_of_stdlib(*rules.front())) drop_guesses(made->value);
  current_ = outer;
  open_.erase(key);
  --depth_;
  return *answers_.emplace(std::move(key), std::move(made)).first->second;
}

void Inference::read_branch(const ast::Rule& rule, const std::vector<Outline>* arguments, Answer& into,
                            bool& is_first) {
  Scope scope;
  scope.rule = &rule;
  const ast::Head& head = *rule.head;
  if (rule.is_default) {
    into.has_default = true;
    const auto* boolean = head.value->as<ast::Boolean>();
    into.is_default_false = boolean != nullptr && !boolean->value;
    join(into.value, value(*head.value, scope));
    return;
  }
  if (arguments != nullptr) {
    for (std::size_t i = 0; i < head.args.size() && i < arguments->size(); ++i) {
      if (!take_argument(*head.args[i], (*arguments)[i], scope)) return;
    }
  }
  body(rule.body, scope);
  if (scope.is_dead) return;
  const std::size_t ground = ground_size(head.reference);
  Outline found;
  if (head.is_multi_value()) {
    into.is_partial = true;
    found = ground == head.reference.size() ? collection({.kind = Made::Kind::Set, .values = value(*head.key, scope)})
                                            : anything();
  } else if (head.reference.size() == ground) {
    found = head.value != nullptr ? value(*head.value, scope) : anything();
  } else {
    into.is_partial = true;
    if (head.reference.size() == ground + 1 && head.value != nullptr) {
      found = collection({.kind = Made::Kind::Object,
                          .keys = value(*head.reference[ground], scope),
                          .values = value(*head.value, scope)});
    } else {
      found = anything();
    }
  }
  check_finding_path(head, scope);
  join(into.value, narrowed(found, scope));
  for (std::size_t i = 0; i < kSubjects; ++i)
    into.kinds[i] = is_first ? scope.kinds[i] : either(into.kinds[i], scope.kinds[i]);
  is_first = false;
}

// A finding may say where it stands: `"path": ["metadata", "name"]`.
void Inference::check_finding_path(const ast::Head& head, Scope& scope) {
  const auto* finding = head.is_multi_value() ? head.key->as<ast::Object>() : nullptr;
  const auto* name = head.reference[0]->as<ast::Var>();
  if (finding == nullptr || name == nullptr || !is_entry_name(name->name)) return;
  for (const ast::Pair& pair : *finding) {
    const auto* key = pair.key->as<ast::String>();
    const auto* path = pair.value->as<ast::Array>();
    if (key == nullptr || key->text != "path" || path == nullptr) continue;
    Outline at = input_of(scope);
    for (const ast::Term* part : *path) {
      const auto* step_name = part->as<ast::String>();
      at = step_name != nullptr ? by_name(at, *step_name, part->span, nullptr, true, scope) : values_of(at);
    }
  }
}

// False: the definition is not for such an argument.
bool Inference::take_argument(const ast::Term& pattern, const Outline& given, Scope& scope) {
  if (const auto* var = pattern.as<ast::Var>()) {
    scope.vars.emplace(var->name, given);
    return true;
  }
  if (pattern.is<ast::Array>() || pattern.is<ast::Object>()) {
    assign(pattern, given, scope);
    return true;
  }
  if (!given.is_constant()) return true;
  check_constants(pattern, given, pattern.span, scope);
  return std::any_of(given.constants.begin(), given.constants.end(),
                     [&](const ast::Term* one) { return ast::compare(one, &pattern) == 0; });
}

// What a test late in a body says of the input's kind holds for what was read before it.
void Inference::body(const ast::Body& exprs, Scope& scope) {
  if (++bodies_ >= kMostBodies) return;
  const Scope start = scope;
  const std::size_t mark = current_->size();
  statements(exprs, scope);
  const Span place = exprs.empty() ? Span{} : exprs[0]->span;
  if (!scope.is_dead && scope.kinds != start.kinds) {
    current_->resize(mark);
    const auto kinds = scope.kinds;
    scope = start;
    scope.kinds = kinds;
    statements(exprs, scope);
  }
  if (scope.is_dead) {
    current_->resize(mark);
    if (scope.contradiction != nullptr) see(Topic::Body, place, scope.contradiction);
  } else {
    see(Topic::Body, place);
  }
}

void Inference::statements(const ast::Body& exprs, Scope& scope) {
  for (const ast::Expr* expr : exprs) {
    if (scope.is_dead) return;
    expression(*expr, scope);
  }
}

void Inference::inner(const ast::Body& exprs, const Scope& scope, Position position) {
  Scope own = scope;
  own.position = position;
  own.allowed.clear();
  body(exprs, own);
}

void Inference::expression(const ast::Expr& expr, Scope& scope) {
  if (!expr.with.empty()) {  // another input, other rules: nothing is known
    if (const ast::CallTerms* call = expr.call()) {
      for (const ast::Term* term : *call) bind_all(*term, scope);
    }
    return;
  }
  if (expr.negated) {
    Scope own = scope;
    own.position = Position::Negated;
    own.tested = {};
    own.allowed.clear();
    holds(expr, own);
    exclude(expr, own, scope);
    return;
  }
  holds(expr, scope);
}

// As if nothing negated it.
void Inference::holds(const ast::Expr& expr, Scope& scope) {
  if (const auto* every = expr.as<ast::Every>()) {
    const Outline domain = value(*every->domain, scope);
    Scope own = scope;
    if (every->key != nullptr) assign(*every->key, keys_of(domain), own);
    assign(*every->value, values_of(domain), own);
    inner(every->body, own, Position::Every);
  } else if (const auto* negated = expr.as<ast::Not>()) {
    negation(negated->body, scope);
  } else if (const auto* both = expr.as<ast::LogicalAnd>()) {
    inner(both->lhs, scope, scope.position);
    inner(both->rhs, scope, scope.position);
  } else if (const auto* one_of = expr.as<ast::LogicalOr>()) {
    inner(one_of->lhs, scope, Position::Either);
    inner(one_of->rhs, scope, Position::Either);
  } else if (const ast::Term* term = expr.term()) {
    test(*term, scope);
  } else if (expr.call() != nullptr) {
    call_statement(expr, scope);
  }
}

void Inference::negation(const ast::Body& exprs, Scope& scope) {
  Scope own = scope;
  own.position = Position::Negated;
  own.tested = {};
  own.allowed.clear();
  body(exprs, own);
  // Only a body that asks for the kind and nothing else says by its failure of which kind the object is not.
  std::size_t asks = 0;
  for (const ast::Expr* expr : exprs) asks += expr->generated || expr->from_assignment ? 0U : 1U;
  if (asks == 1) exclude(*exprs[exprs.size() - 1], own, scope);
}

// Of a test of the kind that fails: which kinds are left.
void Inference::exclude(const ast::Expr& test, const Scope& within, Scope& scope) {
  if (within.is_dead) return;
  for (std::size_t i = 0; i < kSubjects; ++i) {
    if (within.kinds[i].groups != scope.kinds[i].groups || within.tested[i].is_everything()) continue;
    const NameSet rest = intersection(scope.kinds[i].kinds, complement(within.tested[i]));
    if (rest.is_empty()) {
      contradict(test.span, "the tests of the object's kind rule each other out", scope);
    } else {
      scope.kinds[i].kinds = rest;
    }
  }
}

void Inference::test(const ast::Term& term, Scope& scope) {
  static_cast<void>(value(term, scope));
  // A rule that holds brings what its own tests say of the input.
  const auto* ref = term.as<ast::Ref>();
  if (ref == nullptr || ref->empty() || !(*ref)[0]->is<ast::Var>() || (*ref)[0]->as<ast::Var>()->name != "data") return;
  const auto rules = policy_.tree().rules_at(ref->items());
  if (rules.empty() || rules.front()->is_function()) return;
  const Answer& found = answer(rules, nullptr);
  if (found.is_partial || (found.has_default && !found.is_default_false)) return;
  for (std::size_t i = 0; i < kSubjects; ++i) {
    const ObjectKinds both = intersection(scope.kinds[i], found.kinds[i]);
    if (!both.is_empty()) scope.kinds[i] = both;
  }
}

void Inference::call_statement(const ast::Expr& expr, Scope& scope) {
  const ast::CallTerms& call = *expr.call();
  if (expr.is_equality() || expr.is_assignment()) {
    unify(*call[1], *call[2], expr, scope);
    return;
  }
  if (is_member(expr, "member_2") && call.size() == 3) {
    if (binds(*call[1], scope)) {
      assign(*call[1], values_of(value(*call[2], scope)), scope);
    } else {
      member(*call[1], *call[2], expr, scope);
    }
    return;
  }
  if (is_member(expr, "member_3") && call.size() == 4) {
    const Outline from = value(*call[3], scope);
    assign(*call[1], keys_of(from), scope);
    assign(*call[2], values_of(from), scope);
    return;
  }
  for (const std::string_view builtin : {"equal", "neq", "lt", "lte", "gt", "gte"}) {
    if (!expr.calls(builtin) || call.size() != 3) continue;
    compare(builtin, *call[1], *call[2], expr, scope);
    return;
  }
  const int arity = policy_.arity(*call[0]->as<ast::Ref>());
  const std::size_t operands = arity < 0 ? call.size() - 1 : static_cast<std::size_t>(arity);
  const bool has_result = call.size() - 1 > operands;
  const Outline result = call_value(call, operands, scope, true);
  if (has_result) assign(*call[call.size() - 1], result, scope);
}

void Inference::unify(const ast::Term& left, const ast::Term& right, const ast::Expr& expr, Scope& scope) {
  const auto remember = [&](const ast::Term& pattern, const ast::Term& from) {
    const auto* var = pattern.as<ast::Var>();
    if (var != nullptr && (from.is<ast::Ref>() || from.is<ast::Var>())) scope.origins.emplace(var->name, &from);
  };
  if (binds(left, scope)) {
    if (!binds(right, scope)) {
      remember(left, right);
      assign(left, value(right, scope), scope);
      return;
    }
    bind_all(left, scope);
    bind_all(right, scope);
    return;
  }
  if (binds(right, scope)) {
    remember(right, left);
    assign(right, value(left, scope), scope);
    return;
  }
  compare("eq", left, right, expr, scope);
}

void Inference::assign(const ast::Term& pattern, const Outline& given, Scope& scope) {
  if (const auto* var = pattern.as<ast::Var>()) {
    if (!is_bound(pattern, scope)) scope.vars.emplace(var->name, given);
    return;
  }
  if (const auto* array = pattern.as<ast::Array>()) {
    const Outline all = values_of(given);
    for (std::size_t i = 0; i < array->size(); ++i) {
      Outline item;
      for (const auto& one : given.made) {
        if (one->kind == Made::Kind::Array && i < one->items.size()) join(item, one->items[i]);
      }
      const bool is_known = given.made.size() == 1 && !item.is_nothing() && given.typed.empty() && !given.is_anything;
      assign(*(*array)[i], is_known ? item : all, scope);
    }
    return;
  }
  if (const auto* object = pattern.as<ast::Object>()) {
    for (const ast::Pair& pair : *object) {
      const auto* name = pair.key->as<ast::String>();
      assign(*pair.value,
             name != nullptr ? by_name(given, *name, pair.key->span, nullptr, false, scope) : values_of(given), scope);
    }
  }
}

// Vars whose values nothing is known of.
void Inference::bind_all(const ast::Term& term, Scope& scope) {
  if (const auto* var = term.as<ast::Var>()) {
    if (!is_bound(term, scope)) scope.vars.emplace(var->name, anything());
  } else if (const auto* array = term.as<ast::Array>()) {
    for (const ast::Term* item : *array) bind_all(*item, scope);
  } else if (const auto* object = term.as<ast::Object>()) {
    for (const ast::Pair& pair : *object) bind_all(*pair.value, scope);
  } else if (const auto* ref = term.as<ast::Ref>()) {
    for (const ast::Term* part : *ref) bind_all(*part, scope);
  }
}

}  // namespace psdl::advice
