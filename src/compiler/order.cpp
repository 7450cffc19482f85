// Safety. In: rules with flat expressions; out: bodies in an order in which every var is bound before it is needed, or what is unsafe.
#include <algorithm>

#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

// Unsafe vars by expression, in the order in which they were found.
class UnsafeVars {
 public:
  struct Pair {
    ast::Expr* expr = nullptr;
    ast::VarSet vars;
  };

  ast::VarSet& of(ast::Expr* expr) {
    const auto [found, is_new] = places_.emplace(expr, pairs_.size());
    if (is_new) pairs_.push_back({expr, {}});
    return pairs_[found->second].vars;
  }
  void update(const UnsafeVars& other) {
    for (const Pair& pair : other.pairs_) {
      if (!pair.vars.empty()) of(pair.expr).update(pair.vars);
    }
  }
  [[nodiscard]] bool empty() const {
    return std::all_of(pairs_.begin(), pairs_.end(), [](const Pair& pair) { return pair.vars.empty(); });
  }
  [[nodiscard]] std::vector<const Pair*> pairs() const {
    std::vector<const Pair*> found;
    for (const Pair& pair : pairs_) {
      if (!pair.vars.empty()) found.push_back(&pair);
    }
    return found;
  }

 private:
  std::vector<Pair> pairs_;
  std::unordered_map<const ast::Expr*, std::size_t> places_;
};

// Vars of an implicit body (an operand of and/or, or under `not`, without braces) that have to come from outside: those that nothing
// in it binds, and those that only one of its expressions mentions.
ast::VarSet vars_from_outside(const CompilerState& state, ast::Body& body) {
  ast::VarSet result;
  std::unordered_map<std::string_view, int> mentions;
  ast::VarSet safe = reserved_vars();
  for (ast::Expr* expr : body) {
    for (const auto& entry : ast::vars(*expr, kSafetyParams)) {
      ++mentions[entry.name];
      safe.add(entry.name);
    }
  }
  if (body.size() == 1) {
    for (const auto& [name, count] : mentions) result.add(name);
    return result;
  }
  // A var that is a side of an equality may be bound here; all others are taken from outside.
  for (ast::Expr* expr : body) {
    if (!expr->is_equality()) continue;
    for (std::size_t side = 0; side < 2; ++side) {
      const ast::Term* operand = expr->operand(side);
      if (const auto* var = operand != nullptr ? operand->as<ast::Var>() : nullptr) safe.remove(var->name);
    }
  }
  ast::VarSet bound;
  for (bool changed = true; changed;) {
    changed = false;
    for (ast::Expr* expr : body) {
      if (!expr->is_equality()) continue;
      for (const auto& entry : output_vars_of_equality(*expr, safe)) {
        if (bound.contains(entry.name)) continue;
        bound.add(entry.name);
        safe.add(entry.name);
        changed = true;
      }
    }
  }
  for (ast::Expr* expr : body) {
    ast::CallTerms* terms = expr->call();
    if (terms == nullptr || expr->is_equality()) continue;
    const auto* callee = (*terms)[0]->as<ast::Ref>();
    const int arity = callee != nullptr ? state.arity(*callee) : -1;
    if (arity < 0) continue;
    ast::VarVisitor outputs({.skip_ref_head = true, .skip_object_keys = true, .skip_closures = true, .skip_sets = true});
    for (std::size_t i = static_cast<std::size_t>(arity) + 1; i < terms->size(); ++i) outputs.walk((*terms)[i]->value);
    bound.update(outputs.vars());
  }
  for (const auto& [name, count] : mentions) {
    if (!bound.contains(name) || count == 1) result.add(name);
  }
  return result;
}

// The vars that an expression needs or binds, closures left out, implicit operands looked into.
void add_safety_vars(const CompilerState& state, ast::Expr& expr, ast::VarSet& into) {
  const auto promote = [&](ast::Body& body, bool is_explicit) {
    if (!is_explicit) into.update(vars_from_outside(state, body));
  };
  if (auto* negation = expr.as<ast::Not>()) {
    promote(negation->body, negation->explicit_body);
  } else if (auto* both = expr.as<ast::LogicalAnd>()) {
    promote(both->lhs, both->explicit_lhs);
    promote(both->rhs, both->explicit_rhs);
  } else if (auto* either = expr.as<ast::LogicalOr>()) {
    promote(either->lhs, either->explicit_lhs);
    promote(either->rhs, either->explicit_rhs);
  } else {
    into.update(ast::vars(expr, kSafetyParams));
    return;
  }
  ast::VarVisitor visitor(kSafetyParams);
  for (ast::With* with : expr.with) visitor.walk(*with);
  into.update(visitor.vars());
}

ast::VarSet safety_vars(const CompilerState& state, ast::Body& body) {
  ast::VarSet vars;
  for (ast::Expr* expr : body) add_safety_vars(state, *expr, vars);
  return vars;
}

// Vars anywhere inside the closures of an expression. Of an expression without any, none.
ast::VarSet vars_in_closures(ast::Expr& expr) {
  ast::VarVisitor visitor;
  const auto take_term = [&](auto& value) {
    ast::Value copy = value;
    visitor.walk(copy);
    return true;
  };
  ast::walk(expr, ast::Overloads{
                      [&](ast::ArrayComprehension& made) { return take_term(made); },
                      [&](ast::ObjectComprehension& made) { return take_term(made); },
                      [&](ast::SetComprehension& made) { return take_term(made); },
                      [&](ast::Every& every) {
                        visitor.walk(every.body);
                        return true;
                      },
                      [&](ast::Not& negation) {
                        visitor.walk(negation.body);
                        return true;
                      },
                      [&](ast::LogicalAnd& both) {
                        visitor.walk(both.lhs);
                        visitor.walk(both.rhs);
                        return true;
                      },
                      [&](ast::LogicalOr& either) {
                        visitor.walk(either.lhs);
                        visitor.walk(either.rhs);
                        return true;
                      },
                  });
  return visitor.vars();
}

UnsafeVars reorder(const CompilerState& state, const ast::VarSet& globals, ast::Body& body);

// Orders the bodies inside an expression, given what is known outside.
class ClosureOrder {
 public:
  ClosureOrder(const CompilerState& state, ast::VarSet globals, UnsafeVars& unsafe) : state_(state), globals_(std::move(globals)), unsafe_(unsafe) {}

  void know_vars_of(ast::Expr& expr) { add_safety_vars(state_, expr, globals_); }

  void expr(ast::Expr& held) {
    current_ = &held;
    ast::walk(held, ast::Overloads{
                        [this](ast::Expr& inner) { return statement(inner); },
                        [this](ast::ArrayComprehension& made) {
                          inside(vars_of(made.term), made.body);
                          return true;
                        },
                        [this](ast::SetComprehension& made) {
                          inside(vars_of(made.term), made.body);
                          return true;
                        },
                        [this](ast::ObjectComprehension& made) {
                          ast::VarSet heads = vars_of(made.key);
                          heads.update(vars_of(made.value));
                          inside(heads, made.body);
                          return true;
                        },
                    });
  }

 private:
  bool statement(ast::Expr& held) {
    if (auto* every = held.as<ast::Every>()) {
      if (every->key != nullptr) globals_.update(vars_of(every->key));
      globals_.update(vars_of(every->value));
      inside({}, every->body);
      return true;
    }
    if (auto* negation = held.as<ast::Not>()) {
      inside({}, negation->body);
      return true;
    }
    if (auto* both = held.as<ast::LogicalAnd>()) {
      inside({}, both->lhs);
      inside({}, both->rhs);
      return true;
    }
    if (auto* either = held.as<ast::LogicalOr>()) {
      inside({}, either->lhs);
      inside({}, either->rhs);
      return true;
    }
    return false;
  }

  void inside(const ast::VarSet& head_vars, ast::Body& body) {
    if (!head_vars.empty()) {
      ast::VarSet known = safety_vars(state_, body);
      known.update(globals_);
      for (const auto& entry : head_vars.diff(known)) unsafe_.of(current_).add(entry.name);
    }
    unsafe_.update(reorder(state_, globals_, body));
  }

  const CompilerState& state_;
  ast::VarSet globals_;
  UnsafeVars& unsafe_;
  ast::Expr* current_ = nullptr;
};

ast::VarSet without(const ast::VarSet& vars, const ast::VarSet& some, const ast::VarSet& others) {
  ast::VarSet rest;
  for (const auto& entry : vars) {
    if (!some.contains(entry.name) && !others.contains(entry.name)) rest.add(entry.name, entry.span);
  }
  return rest;
}

// Takes expressions in their order, each as soon as all it needs is bound. Where some never are, the body stays as it was.
UnsafeVars reorder(const CompilerState& state, const ast::VarSet& globals, ast::Body& body) {
  const ast::VarSet body_vars = safety_vars(state, body);
  ast::VarSet safe = body_vars.intersect(globals);
  UnsafeVars unsafe;
  std::vector<ast::VarSet> closure_vars(body.size());
  std::vector<bool> placed(body.size(), false);
  // Asking an expression again is of use only once a var that it mentions has become safe.
  std::vector<bool> worth_asking(body.size(), true);
  std::unordered_map<std::string_view, std::vector<std::size_t>> mentions;
  for (std::size_t i = 0; i < body.size(); ++i) {
    ast::VarSet own;
    add_safety_vars(state, *body[i], own);
    unsafe.of(body[i]) = own.diff(safe);
    for (const auto& entry : vars_in_closures(*body[i])) {
      if (body_vars.contains(entry.name) && !globals.contains(entry.name)) closure_vars[i].add(entry.name);
    }
    for (const auto& entry : ast::vars(*body[i])) mentions[entry.name].push_back(i);
  }

  std::vector<ast::Expr*> ordered;
  ordered.reserve(body.size());
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t i = 0; i < body.size(); ++i) {
      if (placed[i] || !worth_asking[i]) continue;
      worth_asking[i] = false;
      ast::Expr* expr = body[i];
      const ast::VarSet outputs = output_vars_of_expr(state, *expr, safe);
      ast::VarSet& missing = unsafe.of(expr);
      // What it closes over has to be bound before, by what stands before it: all of that is safe by now.
      if (!closure_vars[i].empty()) {
        if (closure_vars[i] == outputs) {
          worth_asking[i] = true;  // it closes over what it binds itself
          continue;
        }
        missing = closure_vars[i];
      }
      missing = without(missing, outputs, safe);
      if (!missing.empty()) continue;
      placed[i] = true;
      progress = true;
      ordered.push_back(expr);
      for (const auto& entry : outputs) {
        if (safe.contains(entry.name)) continue;
        safe.add(entry.name);
        for (std::size_t other : mentions[entry.name]) worth_asking[other] = true;
      }
    }
  }

  ClosureOrder closures(state, globals, unsafe);
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    if (i > 0) closures.know_vars_of(*ordered[i - 1]);
    closures.expr(*ordered[i]);
  }
  if (unsafe.empty()) {
    ast::Body made(*body.arena());
    for (ast::Expr* expr : ordered) append(made, expr);
    body = std::move(made);
  }
  return unsafe;
}

bool is_future_keyword(std::string_view name) {
  for (std::string_view word : {"in", "every", "contains", "if", "not", "and", "or"}) {
    if (word == name) return true;
  }
  return false;
}

std::string_view user_name(const VarMap& rewritten, std::string_view var) {
  const auto found = rewritten.find(var);
  return found == rewritten.end() ? var : found->second.name;
}

Errors errors_of(const CompilerState& state, const UnsafeVars& unsafe, const VarMap& rewritten, const std::string& scope) {
  Errors result;
  const auto pairs = unsafe.pairs();
  if (pairs.empty()) return result;

  // Left sides of `:=` are only named where nothing else is unsafe: they follow from the right side.
  ast::VarSet assigned;
  for (const auto* pair : pairs) {
    if (!pair->expr->from_assignment || !has_two_operands(*pair->expr)) continue;
    ast::walk(*pair->expr->operand(0), [&](ast::Var& var) {
      assigned.add(var.name);
      assigned.add(user_name(rewritten, var.name));
      return false;
    });
  }
  // The first place of each var.
  ast::VarSet vars;
  for (const auto* pair : pairs) {
    for (const auto& entry : pair->vars) {
      if (!vars.contains(entry.name)) {
        vars.add(entry.name, pair->expr->span);
        continue;
      }
      for (const auto& known : vars) {
        if (known.name == entry.name && state.compare_places(known.span, pair->expr->span) > 0) vars.set_span(entry.name, pair->expr->span);
      }
    }
  }
  const auto is_assigned = [&](std::string_view var) { return assigned.contains(var) || assigned.contains(user_name(rewritten, var)); };
  bool others = false;
  for (const auto& entry : vars) {
    others = others || (!ast::is_generated(user_name(rewritten, entry.name)) && !is_assigned(entry.name));
  }
  // At one place, what the user named comes before `_`.
  for (const bool wildcards : {false, true}) {
    for (const auto& entry : vars) {
      const std::string_view name = user_name(rewritten, entry.name);
      if (ast::is_wildcard(name) != wildcards || ast::is_generated(name) || (others && is_assigned(entry.name))) continue;
      std::string message = "var " + text_of_var(name) + " is unsafe" + scope;
      if (is_future_keyword(name)) message += " (hint: `import future.keywords." + std::string(name) + "` to import a future keyword)";
      result.push_back({kUnsafeVarError, std::move(message), entry.span, {}});
    }
  }
  const auto by_place = [&](const CompileError& a, const CompileError& b) { return state.compare_places(a.span, b.span) < 0; };
  std::stable_sort(result.begin(), result.end(), by_place);
  if (!result.empty()) return result;

  // Only vars that the compiler made: name the expressions, once for each var.
  auto sorted = pairs;
  std::stable_sort(sorted.begin(), sorted.end(), [&](const auto* a, const auto* b) { return state.compare_places(a->expr->span, b->expr->span) < 0; });
  ast::VarSet seen;
  for (const auto* pair : sorted) {
    const std::size_t before = seen.size();
    for (const auto& entry : pair->vars) {
      if (ast::is_generated(entry.name)) seen.add(entry.name);
    }
    if (seen.size() > before) result.push_back({kUnsafeVarError, "expression is unsafe" + scope, pair->expr->span, {}});
  }
  return result;
}

// " in rule p" where a line holds rules of several names, so that row and column alone do not tell which is meant.
class RuleScopes {
 public:
  RuleScopes(const CompilerState& state, ast::Module& module) : state_(state), module_(module) {}

  [[nodiscard]] std::string of(const ast::Rule& rule) {
    if (!built_) build();
    const auto found = names_.find(state_.row_of(rule.span));
    if (found == names_.end() || !found->second.is_shared) return {};
    return " in rule " + name_of(rule);
  }

 private:
  struct Row {
    std::string name;
    bool is_shared = false;
  };

  std::string name_of(const ast::Rule& rule) const {
    return text_of(ast::ground_prefix(rule.head->reference));
  }
  void build() {
    built_ = true;
    for_each_rule(module_, [&](ast::Rule& rule) {
      std::string name = name_of(rule);
      const auto [found, is_new] = names_.try_emplace(state_.row_of(rule.span), Row{name, false});
      if (!is_new && found->second.name != name) found->second.is_shared = true;
    });
  }

  const CompilerState& state_;
  ast::Module& module_;
  std::unordered_map<std::uint32_t, Row> names_;
  bool built_ = false;
};

ast::VarSet head_vars(ast::Head& head) {
  ast::VarVisitor visitor;
  for (ast::Term* arg : head.args) visitor.walk(arg->value);
  if (head.key != nullptr) visitor.walk(*head.key);
  if (head.value != nullptr) visitor.walk(*head.value);
  for (ast::Term* part : head.reference.slice(1)) visitor.walk(*part);
  return visitor.vars();
}

}  // namespace

Errors check_body_safety(CompilerState& state, const VarMap& rewritten, const ast::VarSet& safe, ast::Body& body, const std::string& scope) {
  return errors_of(state, reorder(state, safe, body), rewritten, scope);
}

void check_safety_of_heads(CompilerState& state) {
  for (const auto& module : state.modules) {
    RuleScopes scopes(state, *module);
    for (ast::Rule* top : module->rules) {
      for (ast::Rule* rule = top; rule != nullptr; rule = rule->else_rule) {
        const ast::VarSet in_head = head_vars(*rule->head);
        if (in_head.empty()) continue;
        ast::VarVisitor bound(kSafetyParams);
        bound.walk(rule->body);
        ast::VarVisitor args;
        for (ast::Term* arg : rule->head->args) args.walk(arg->value);
        for (const auto& entry : in_head.diff(bound.vars()).diff(args.vars())) {
          const std::string_view name = user_name(state.rewritten, entry.name);
          if (ast::is_generated(name)) {  // a user's var that is named like the compiler's own: OPA accepts it and fails later
            state.beyond_opa.push_back({kUnsafeVarError, "var " + std::string(name) + " is unsafe" + scopes.of(*rule), entry.span, {}});
            continue;
          }
          if (!state.error({kUnsafeVarError, "var " + text_of_var(name) + " is unsafe" + scopes.of(*rule), entry.span, {}})) break;
        }
      }
    }
  }
}

void check_safety_of_bodies(CompilerState& state) {
  for (const auto& module : state.modules) {
    RuleScopes scopes(state, *module);
    for_each_rule(*module, [&](ast::Rule& rule) {
      ast::VarSet safe = reserved_vars();
      ast::VarVisitor args;
      for (ast::Term* arg : rule.head->args) args.walk(arg->value);
      safe.update(args.vars());
      const UnsafeVars unsafe = reorder(state, safe, rule.body);
      if (unsafe.empty()) return;
      state.error(errors_of(state, unsafe, state.rewritten, scopes.of(rule)));
    });
  }
}

}  // namespace psdl::stages
