// The type checker. In: bodies ordered for safety; out: the types of rules, and errors where two types can never agree.
#include <algorithm>

#include "compiler/graph.hpp"
#include "compiler/near_function.hpp"
#include "compiler/state.hpp"
#include "compiler/types_env.hpp"

namespace psdl::stages {
namespace {

using ast::Term;

class TypeChecker {
 public:
  TypeChecker(CompilerState& state, std::vector<const std::unordered_map<std::string_view, const Term*>*> subjects, std::vector<const VarMap*> rewritten,
              const ast::Nodes& nodes)
      : state_(state), env_(*state.types), types_(env_.types), subjects_(std::move(subjects)), rewritten_(std::move(rewritten)), nodes_(nodes) {}

  Errors errors;

  void rule(ast::Rule& held) {
    closures_.clear();
    TypeLayer layer(env_.rules);
    const std::size_t errors_before = errors.size();
    body(layer, held.body, errors);
    const ast::Ref path = state_.path_of(held);
    const auto ground = ast::ground_prefix(path);
    if (errors.size() > errors_before) {
      // So that whoever reads this rule gets no error because of it.
      TypeNode* node = &env_.rules.own;
      for (const Term* part : ground) node = &node->child_or_new(*part);
      node->value = types_.any();
      return;
    }
    const Type* type = nullptr;
    const ast::Head& head = *held.head;
    if (held.is_function()) {
      std::vector<const Type*> operands;
      for (Term* arg : head.args) {
        ast::walk(*arg, [&](Term& term) {
          if (term.is<ast::Var>() && of(layer, term) == nullptr) layer.own.child_or_new(term).value = types_.any();
          return false;
        });
      }
      for (const Term* arg : head.args) operands.push_back(of(layer, *arg));
      type = types_.function(operands, head.value != nullptr ? of(layer, *head.value) : nullptr, true);
    } else if (head.is_multi_value()) {
      if (const Type* member = of(layer, *head.key)) type = nested(layer, path.slice(ground.size()), types_.set(member));
    } else {
      type = of(layer, *head.value);
      if (ground.size() < path.size()) type = nested(layer, path.slice(ground.size()), type);
    }
    if (type != nullptr) env_.insert(ground, type);
  }

  void body(TypeLayer& layer, ast::Body& held, Errors& found) {
    for (ast::Expr* expr : held) {
      types_.reset_steps();
      if (expr->with.empty()) {
        expression(layer, *expr, found);
      } else {
        with_layers(layer, *expr, [&](TypeLayer& top) { expression(top, *expr, found); });
      }
    }
  }

  [[nodiscard]] const Type* of(const TypeLayer& layer, const Term& term) {
    return std::visit(
        [&](const auto& held) -> const Type* {
          using T = std::decay_t<decltype(held)>;
          if constexpr (std::is_same_v<T, ast::Var>) {
            return env_.of_var(layer, term);
          } else if constexpr (std::is_same_v<T, ast::Ref>) {
            return env_.of_ref(layer, held.items());
          } else if constexpr (std::is_same_v<T, ast::Array>) {
            std::vector<const Type*> items;
            for (const Term* item : held) items.push_back(of(layer, *item));
            return types_.array(items, nullptr);
          } else if constexpr (std::is_same_v<T, ast::Object>) {
            std::vector<TypeProperty> properties;
            const ast::Pair* dynamic = nullptr;
            for (const ast::Pair& pair : held) {
              if (ast::is_constant(pair.key)) {
                properties.push_back({pair.key, of(layer, *pair.value)});
              } else {
                dynamic = &pair;
              }
            }
            if (dynamic == nullptr) return types_.object(std::move(properties));
            return types_.object(std::move(properties), of(layer, *dynamic->key), of(layer, *dynamic->value));
          } else if constexpr (std::is_same_v<T, ast::Set>) {
            const Type* members = nullptr;
            for (const Term* member : held) members = types_.either(members, of(layer, *member));
            return types_.set(members);
          } else if constexpr (std::is_same_v<T, ast::ArrayComprehension> || std::is_same_v<T, ast::SetComprehension> ||
                               std::is_same_v<T, ast::ObjectComprehension>) {
            return closure(layer, const_cast<Term&>(term)).type;
          } else if constexpr (std::is_same_v<T, ast::Call>) {
            return nullptr;
          } else {
            return types_.of_constant(term);
          }
        },
        term.value);
  }

 private:
  struct Closure {
    const Type* type = nullptr;
    Errors errors;
  };

  // -------------------------------------------------------------------------------------------------------------------------
  // Messages.

  std::string ref_text(std::span<Term* const> ref) { return text_of(shown(ref)); }
  ast::Ref shown(std::span<Term* const> ref) {
    ast::Ref copy(nodes_.arena());
    for (const Term* part : ref) copy.push_back(nodes_.copy(part));
    for (Term* part : copy) {
      ast::walk(*part, [&](Term& term) {
        auto* var = term.as<ast::Var>();
        if (var == nullptr) return false;
        for (const auto* subjects : subjects_) {
          const auto found = subjects->find(var->name);
          if (found == subjects->end()) continue;
          term.value = nodes_.copy(found->second)->value;
          return true;
        }
        for (const VarMap* map : rewritten_) {
          const auto found = map->find(var->name);
          if (found == map->end()) continue;
          var->name = found->second.name;
          break;
        }
        return true;
      });
    }
    return copy;
  }

  CompileError ref_error(std::span<Term* const> ref, std::vector<std::string> details) {
    return {kTypeError, "undefined ref: " + ref_text(ref), ref[0]->span, std::move(details)};
  }
  CompileError invalid_ref(std::span<Term* const> ref, std::size_t at, const Type* have, const Type* want) {
    std::vector<std::string> details;
    details.push_back("have: " + (have != nullptr ? Types::text(have) : text_of(*ref[at])));
    details.push_back("want: " + (want != nullptr ? Types::text(want) : std::string("no key at all")));
    return ref_error(ref, std::move(details));
  }
  CompileError unsupported_ref(std::span<Term* const> ref, const Type* have) {
    if (have == nullptr || !have->is(Type::Kind::Function)) return ref_error(ref, {"have: " + Types::text(have)});
    const ast::Ref copy = shown(ref);
    // Of a function's undeclared output (`__local1__`) nothing is said.
    const auto* last = copy.back()->as<ast::Var>();
    const bool drop = last != nullptr && ast::is_generated(last->name);
    return {kTypeError, "function " + text_of(copy.slice(0, copy.size() - (drop ? 1 : 0))) + " used as reference, not called", ref[0]->span, {}};
  }
  CompileError argument_error(const ast::Expr& expr, const ast::Ref& callee, std::string_view problem, std::span<const Type* const> have, const Type& function) {
    std::string given = "have: (";
    for (std::size_t i = 0; i < have.size(); ++i) given += (i > 0 ? ", " : "") + Types::text(have[i]);
    std::string wanted = "want: (";
    for (std::size_t i = 0; i < function.items.size(); ++i) wanted += (i > 0 ? ", " : "") + Types::text(function.items[i]);
    if (function.of != nullptr) wanted += (function.items.empty() ? "" : ", ") + Types::text(function.of);
    return {kTypeError, text_of(callee) + ": " + std::string(problem), expr.span, {given + ")", wanted + ")"}};
  }

  // -------------------------------------------------------------------------------------------------------------------------
  // Expressions.

  struct Found {
    CompileError error;
    bool from_unknown = false;  // a type was not known: an error inside tells more
  };

  void expression(TypeLayer& layer, ast::Expr& expr, Errors& found) {
    const std::size_t before = found.size();
    check_closures(layer, expr, found);
    check_refs(layer, expr, found);
    const bool has_inner = found.size() > before;
    if (auto error = check(layer, expr)) {
      if (!has_inner || !error->from_unknown) found.push_back(std::move(error->error));
    }
  }

  void check_closures(TypeLayer& layer, ast::Expr& expr, Errors& found) {
    Errors last;
    ast::walk(expr, [&](Term& term) {
      if (!ast::is_comprehension(&term)) return false;
      const Closure& closed = closure(layer, term);
      if (!closed.errors.empty()) last = closed.errors;
      return true;
    });
    for (CompileError& error : last) found.push_back(std::move(error));
  }

  // A comprehension's type is worked out once: its outer vars have their types before it.
  const Closure& closure(const TypeLayer& layer, Term& term) {
    const auto known = closures_.find(&term);
    if (known != closures_.end()) return known->second;
    Closure made;
    TypeLayer inner(layer);
    if (auto* array = term.as<ast::ArrayComprehension>()) {
      body(inner, array->body, made.errors);
      if (made.errors.empty()) made.type = types_.array({}, of(inner, *array->term));
    } else if (auto* set = term.as<ast::SetComprehension>()) {
      body(inner, set->body, made.errors);
      if (made.errors.empty()) made.type = types_.set(of(inner, *set->term));
    } else if (auto* object = term.as<ast::ObjectComprehension>()) {
      body(inner, object->body, made.errors);
      if (made.errors.empty()) made.type = types_.object({}, of(inner, *object->key), of(inner, *object->value));
    }
    return closures_.emplace(&term, std::move(made)).first->second;
  }

  std::optional<Found> check(TypeLayer& layer, ast::Expr& expr) {
    for (const ast::With* with : expr.with) {
      const Type* target = of(layer, *with->target);
      const Type* value = of(layer, *with->value);
      if (target == nullptr || value == nullptr || !target->is(Type::Kind::Function) || !value->is(Type::Kind::Function)) continue;
      if (types_.unifies(target, value)) continue;
      return Found{{kTypeError, text_of(*with->target) + ": arity mismatch", with->span, {}}, false};
    }
    ast::CallTerms* call = expr.call();
    if (call == nullptr) return std::nullopt;
    const auto& callee = *(*call)[0]->as<ast::Ref>();
    if (const auto builtin = builtin_facts(callee); builtin && builtin->is_deprecated) state_.calls_deprecated = true;
    if (expr.is_equality()) return check_equality(layer, expr);
    const std::string name = dotted_name(callee);
    if (name == "internal.member_2" || name == "internal.member_3") {
      if (auto found = check_member(layer, expr, name == "internal.member_3")) return found;
    }
    return check_call(layer, expr, callee);
  }

  Found match_error(const ast::Expr& expr, const Type* left, const Type* right) {
    return {{kTypeError, "match error", expr.span, {"left  : " + Types::text(left), "right : " + Types::text(right)}},
            Types::has_unknown(left) || Types::has_unknown(right)};
  }

  std::optional<Found> check_equality(TypeLayer& layer, ast::Expr& expr) {
    const ast::CallTerms& call = *expr.call();
    if (call.size() != 3) {
      std::vector<const Type*> have;
      for (const Term* operand : call.slice(1)) have.push_back(of(layer, *operand));
      const Type* operands[] = {types_.any(), types_.any()};
      const Type* function = types_.function(operands, nullptr, true);
      return Found{argument_error(expr, *call[0]->as<ast::Ref>(), call.size() < 3 ? "too few arguments" : "too many arguments", have, *function), false};
    }
    const Type* left = of(layer, *call[1]);
    const Type* right = of(layer, *call[2]);
    if (unify_both(layer, *call[1], left, *call[2], right)) return std::nullopt;
    return match_error(expr, left, right);
  }

  // `x in xs`: what may be in a collection depends on its own type.
  std::optional<Found> check_member(TypeLayer& layer, ast::Expr& expr, bool with_key) {
    const ast::CallTerms& call = *expr.call();
    const std::size_t arity = with_key ? 3 : 2;
    if (call.size() <= arity) return std::nullopt;
    const Type* collection = of(layer, *call[arity]);
    const Type* values = types_.values(collection);
    if (values == nullptr) return std::nullopt;
    if (with_key) {
      if (auto found = check_member_operand(layer, expr, *call[1], types_.keys(collection))) return found;
    }
    return check_member_operand(layer, expr, *call[arity - 1], values);
  }
  std::optional<Found> check_member_operand(TypeLayer& layer, ast::Expr& expr, Term& term, const Type* wanted) {
    if (Types::has_unknown(wanted)) return std::nullopt;
    const Type* have = of(layer, term);
    if ((!Types::has_unknown(have) && !types_.unifies(have, wanted)) || !unify(layer, term, wanted, false)) return match_error(expr, have, wanted);
    return std::nullopt;
  }

  std::optional<Found> check_call(TypeLayer& layer, ast::Expr& expr, const ast::Ref& callee) {
    const Type* type = env_.of_ref(layer, callee.items());
    if (type != nullptr && type->is_anything()) return std::nullopt;
    if (type == nullptr || !type->is(Type::Kind::Function)) return Found{{kTypeError, std::string(kUndefinedFunction) + text_of(callee), expr.span, {}}, false};
    std::vector<const Type*> wanted(type->items.begin(), type->items.end());
    if (type->of != nullptr) wanted.push_back(type->of);
    const ast::CallTerms& call = *expr.call();
    std::vector<const Type*> have;
    for (const Term* operand : call.slice(1)) have.push_back(of(layer, *operand));
    const auto from_unknown = [](std::span<const Type* const> list) { return std::any_of(list.begin(), list.end(), Types::has_unknown); };
    const auto refuse = [&](std::string_view problem) { return Found{argument_error(expr, callee, problem, have, *type), from_unknown(have)}; };
    if (have.size() > wanted.size()) {
      if (is_variadic(callee)) return std::nullopt;
      return refuse("too many arguments");
    }
    if (have.size() < type->items.size()) return refuse("too few arguments");
    for (std::size_t i = 0; i < have.size(); ++i) {
      if (!Types::has_unknown(have[i]) && !types_.unifies(have[i], wanted[i])) return refuse("invalid argument(s)");
      if (!unify(layer, *call[i + 1], wanted[i], false)) {
        for (std::size_t at = 0; at < have.size(); ++at) have[at] = of(layer, *call[at + 1]);
        return refuse("invalid argument(s)");
      }
    }
    return std::nullopt;
  }
  static bool is_variadic(const ast::Ref& callee) { return dotted_name(callee) == "print"; }

  // -------------------------------------------------------------------------------------------------------------------------
  // Unification: types flow from what is known to vars that are not.

  bool unify_both(TypeLayer& layer, Term& a, const Type* type_a, Term& b, const Type* type_b) {
    const bool unknown_a = Types::has_unknown(type_a);
    const bool unknown_b = Types::has_unknown(type_b);
    if (unknown_a && !unknown_b) return unify(layer, a, type_b, false);
    if (unknown_b && !unknown_a) return unify(layer, b, type_a, false);
    if (!unknown_a) return types_.unifies(type_a, type_b);
    if (a.is<ast::Array>()) return unify_arrays(layer, a, b);
    if (a.is<ast::Object>()) return unify_objects(layer, a, b);
    if (a.is<ast::Var>()) {
      if (b.is<ast::Var>()) return unify(layer, a, types_.any(), false) && unify(layer, b, of(layer, a), false);
      if (b.is<ast::Array>()) return unify_arrays(layer, b, a);
      if (b.is<ast::Object>()) return unify_objects(layer, b, a);
      if (b.is<ast::Ref>()) return unify(layer, a, types_.any(), false);
    } else if (a.is<ast::Ref>() && b.is<ast::Var>()) {
      return unify(layer, b, types_.any(), false);
    }
    if (a.is<ast::Var>() && type_a == nullptr && type_b != nullptr) return unify(layer, a, type_b, false);
    if (b.is<ast::Var>() && type_b == nullptr && type_a != nullptr) return unify(layer, b, type_a, false);
    return false;
  }

  bool unify_arrays(TypeLayer& layer, Term& a, Term& b) {
    auto& first = *a.as<ast::Array>();
    if (auto* second = b.as<ast::Array>()) {
      if (first.size() != second->size()) return false;
      for (std::size_t i = 0; i < first.size(); ++i) {
        if (!unify_both(layer, *first[i], of(layer, *first[i]), *(*second)[i], of(layer, *(*second)[i]))) return false;
      }
      return true;
    }
    if (b.is<ast::Var>()) return unify(layer, a, types_.any(), false) && unify(layer, b, of(layer, a), false);
    return false;
  }

  bool unify_objects(TypeLayer& layer, Term& a, Term& b) {
    auto& first = *a.as<ast::Object>();
    if (auto* second = b.as<ast::Object>()) {
      if (first.size() != second->size()) return false;
      for (std::size_t i = 0; i < first.size(); ++i) {  // both are sorted by key
        if (!ast::equal(first[i].key, (*second)[i].key)) return false;
        if (!unify_both(layer, *first[i].value, of(layer, *first[i].value), *(*second)[i].value, of(layer, *(*second)[i].value))) return false;
      }
      return true;
    }
    if (b.is<ast::Var>()) return unify(layer, a, types_.any(), false) && unify(layer, b, of(layer, a), false);
    return false;
  }

  // Whether the term can have the type; vars without one get it (united with what they have, where `unite`).
  bool unify(TypeLayer& layer, Term& term, const Type* type, bool unite) {
    if (term.is<ast::Var>()) {
      const Type* known = of(layer, term);
      if (unite) {
        layer.vars->child_or_new(term).value = types_.either(known, type);
        return true;
      }
      if (known != nullptr) return types_.unifies(known, type);
      layer.vars->child_or_new(term).value = type;
      return true;
    }
    const bool is_composite = term.is<ast::Array>() || term.is<ast::Object>() || term.is<ast::Set>();
    if (!is_composite) return types_.unifies(of(layer, term), type);
    if (type == nullptr) return false;
    if (type->is(Type::Kind::Any)) {
      if (type->items.empty()) {
        each_member(term, [&](Term& member) { unify(layer, member, types_.any(), true); });
        return true;
      }
      bool fits = false;
      for (const Type* member : type->items) fits = unify(layer, term, member, true) || fits;
      return fits;
    }
    if (auto* array = term.as<ast::Array>()) {
      if (!type->is(Type::Kind::Array) || (array->size() != type->items.size() && !type->is_dynamic)) return false;
      for (std::size_t i = 0; i < array->size(); ++i) {
        if (!unify(layer, *(*array)[i], types_.element(*type, i), unite)) return false;
      }
      return true;
    }
    if (auto* object = term.as<ast::Object>()) {
      if (!type->is(Type::Kind::Object) || (object->size() != type->properties.size() && type->of == nullptr)) return false;
      for (ast::Pair& pair : *object) {
        if (!ast::is_constant(pair.key)) {
          unify(layer, *pair.value, types_.any(), unite);
          continue;
        }
        const Type* child = types_.select(type, *pair.key);
        if (child == nullptr || !unify(layer, *pair.value, child, unite)) return false;
      }
      return true;
    }
    if (!type->is(Type::Kind::Set)) return false;
    for (Term* member : *term.as<ast::Set>()) {
      if (!unify(layer, *member, type->of, unite)) return false;
    }
    return true;
  }

  template <class F>
  static void each_member(Term& term, F&& each) {
    if (auto* array = term.as<ast::Array>()) {
      for (Term* member : *array) each(*member);
    } else if (auto* set = term.as<ast::Set>()) {
      for (Term* member : *set) each(*member);
    } else if (auto* object = term.as<ast::Object>()) {
      for (ast::Pair& pair : *object) {
        each(*pair.key);
        each(*pair.value);
      }
    }
  }

  // -------------------------------------------------------------------------------------------------------------------------
  // Refs.

  void check_refs(TypeLayer& layer, ast::Expr& root, Errors& found) {
    ast::walk(root, ast::Overloads{
                        [&](ast::Expr& expr) {
                          ast::CallTerms* call = expr.call();
                          if (call == nullptr) return expr.with.empty() ? false : refs_without_with(layer, expr, found);
                          for (std::size_t i = 1; i < call->size(); ++i) check_refs_in(layer, *(*call)[i], found);
                          return true;
                        },
                        [](ast::ArrayComprehension&) { return true; },
                        [](ast::SetComprehension&) { return true; },
                        [](ast::ObjectComprehension&) { return true; },
                        [&](ast::Ref& ref) { return check_ref(layer, ref, found); },
                    });
  }
  // `with` is judged by itself, and not where its expression is a term or `not`.
  bool refs_without_with(TypeLayer& layer, ast::Expr& expr, Errors& found) {
    if (Term* term = expr.term()) {
      check_refs_in(layer, *term, found);
      return true;
    }
    if (auto* negation = expr.as<ast::Not>()) {
      for (ast::Expr* inner : negation->body) check_refs(layer, *inner, found);
      return true;
    }
    return false;
  }
  void check_refs_in(TypeLayer& layer, Term& term, Errors& found) {
    ast::walk(term, ast::Overloads{
                        [](ast::ArrayComprehension&) { return true; },
                        [](ast::SetComprehension&) { return true; },
                        [](ast::ObjectComprehension&) { return true; },
                        [&](ast::Ref& ref) { return check_ref(layer, ref, found); },
                    });
  }

  // Whether the walk ends here.
  bool check_ref(TypeLayer& layer, ast::Ref& ref, Errors& found) {
    const Type* type = env_.of_ref(layer, ref.items());
    if (type != nullptr && type->is(Type::Kind::Function)) {
      found.push_back(unsupported_ref(ref.items(), type));
      return true;
    }
    if (auto error = check_path(layer, layer, *layer.tree, ref.items(), 0)) found.push_back(std::move(*error));
    return false;
  }

  std::optional<CompileError> check_path(TypeLayer& top, const TypeLayer& layer, const TypeNode& node, std::span<Term* const> ref, std::size_t at) {
    if (at == ref.size()) return std::nullopt;
    Term& head = *ref[at];
    if ((at == 1 || at == 2) && !head.is<ast::Var>() && !head.is<ast::String>()) return invalid_ref(ref, at, of(top, head), types_.string());
    if (head.is<ast::Var>() && at != 0) {
      const Type* keys = env_.extent_keys(node);
      if (const Type* known = of(top, head)) {
        if (!types_.unifies(keys, known)) return invalid_ref(ref, at, known, keys);
      } else {
        top.vars->child_or_new(head).value = keys;
      }
    }
    const TypeNode* child = node.child(head);
    if (child == nullptr) {
      if (layer.next != nullptr) return check_path(top, *layer.next, *layer.next->tree, ref, 0);
      // Not known: a base document, or nothing that has a type.
      const auto* root = ref[0]->as<ast::Var>();
      return check_leaf(top, types_.any(), ref, root != nullptr && is_reserved(root->name) ? 1 : 0);
    }
    if (child->is_leaf()) return check_leaf(top, child->value, ref, at + 1);
    return check_path(top, layer, *child, ref, at + 1);
  }

  std::optional<CompileError> check_leaf(TypeLayer& layer, const Type* type, std::span<Term* const> ref, std::size_t at) {
    for (; at < ref.size(); ++at) {
      Term& head = *ref[at];
      const auto* var = head.as<ast::Var>();
      const Type* known = var != nullptr ? of(layer, head) : nullptr;
      if (type != nullptr && type->is_empty_collection()) {
        // A constant can never match; walking over nothing is fine.
        if (ast::is_scalar(&head)) return invalid_ref(ref, at, nullptr, nullptr);
        if (var != nullptr) {
          const Type* keys = types_.keys(type);
          if (known == nullptr) {
            layer.vars->child_or_new(head).value = types_.any();
          } else if (keys != nullptr && !types_.unifies(known, keys)) {
            return invalid_ref(ref, at, known, keys);
          }
        }
        return std::nullopt;
      }
      const Type* keys = types_.keys(type);
      if (keys == nullptr) return unsupported_ref(ref, type);
      if (var != nullptr) {
        if (known == nullptr) {
          layer.vars->child_or_new(head).value = keys;
        } else if (!types_.unifies(known, keys)) {
          return invalid_ref(ref, at, known, keys);
        }
        type = types_.values(type);
      } else if (auto* inner = head.as<ast::Ref>()) {
        const Type* have = env_.of_ref(layer, inner->items());
        if (have != nullptr && !types_.unifies(have, keys)) return invalid_ref(ref, at, have, keys);
        type = types_.values(type);
      } else if (head.is<ast::Array>() || head.is<ast::Object>() || head.is<ast::Set>()) {
        if (!unify(layer, head, keys, false)) return invalid_ref(ref, at, of(layer, head), keys);
        type = types_.values(type);
      } else {
        const Type* child = types_.select(type, head);
        if (child == nullptr) return invalid_ref(ref, at, nullptr, keys);
        type = child;
      }
    }
    return std::nullopt;
  }

  // -------------------------------------------------------------------------------------------------------------------------
  // `with`: what it replaces, and what depends on that, may be anything.

  template <class F>
  void with_layers(TypeLayer& layer, ast::Expr& expr, F&& inside) {
    std::vector<std::unique_ptr<TypeLayer>> layers;
    TypeLayer* top = &layer;
    const auto push = [&] {
      layers.push_back(std::make_unique<TypeLayer>(*top));
      layers.back()->vars = layer.vars;
      top = layers.back().get();
    };
    struct Replaced {
      std::span<Term* const> target;
      const Type* type;
    };
    std::vector<Replaced> replaced;
    for (const ast::With* with : expr.with) {
      const auto* target = with->target->as<ast::Ref>();
      if (target == nullptr) continue;
      const Type* type = env_.of_ref(layer, target->items());
      const bool is_function = type != nullptr && type->is(Type::Kind::Function);
      if (const TypeNode* relaxed = relaxed_dependents(*target, is_function)) {
        push();
        top->tree = relaxed;
      }
      if (is_function) continue;
      const Type* now = types_.any();
      if (type != nullptr && ast::is_ground(with->target)) {
        if (const Type* value = of(layer, *with->value)) {
          if (const Type* united = types_.either(type, value)) now = united;
        }
      }
      replaced.push_back({ast::ground_prefix(*target), now});
    }
    if (!replaced.empty()) {
      push();
      for (const Replaced& each : replaced) top->own.put(each.target, each.type);
    }
    inside(*top);
  }

  const TypeNode* relaxed_dependents(const ast::Ref& target, bool is_function) {
    std::string name = (is_function ? "f:" : "") + text_of(target);
    const auto [found, is_new] = relaxed_.try_emplace(std::move(name));
    if (!is_new) return found->second.get();
    const auto rules = state_.tree.rules_dynamic(target.items(), true);
    std::vector<bool> visited(state_.graph.rules.size(), false);
    std::vector<std::uint32_t> pending;
    for (const ast::Rule* rule : rules) {
      if (const auto number = state_.graph.numbers.find(rule); number != state_.graph.numbers.end()) pending.push_back(number->second);
    }
    while (!pending.empty()) {
      const std::uint32_t number = pending.back();
      pending.pop_back();
      if (visited[number]) continue;
      visited[number] = true;
      const ast::Ref path = state_.path_of(*state_.graph.rules[number]);
      const auto ground = ast::ground_prefix(path);
      if (!is_function || ast::compare(ast::Terms(state_.arena, ground), target) != 0) {
        if (found->second == nullptr) found->second = std::make_unique<TypeNode>();
        found->second->put(ground, types_.any());
      }
      for (std::uint32_t dependent : state_.graph.read_by[number]) pending.push_back(dependent);
    }
    return found->second.get();
  }

  // One object for each part of the path behind its ground prefix.
  const Type* nested(TypeLayer& layer, std::span<Term* const> path, const Type* type) {
    for (std::size_t i = path.size(); i-- > 0 && type != nullptr;) {
      const Type* key = of(layer, *path[i]);
      type = key != nullptr ? types_.object({}, key, type) : nullptr;
    }
    return type;
  }

  CompilerState& state_;
  TypeEnvironment& env_;
  Types& types_;
  std::vector<const std::unordered_map<std::string_view, const Term*>*> subjects_;
  std::vector<const VarMap*> rewritten_;
  const ast::Nodes& nodes_;
  std::unordered_map<const Term*, Closure> closures_;
  std::unordered_map<std::string, std::unique_ptr<TypeNode>> relaxed_;
};

}  // namespace

void check_types(CompilerState& state) {
  TypeChecker checker(state, {&state.locals->subjects()}, {&state.rewritten}, state.nodes);
  for (ast::Rule* rule : state.graph.sorted) checker.rule(*rule);
  std::stable_sort(checker.errors.begin(), checker.errors.end(), [&](const CompileError& a, const CompileError& b) {
    const int order = state.compare_places(a.span, b.span);
    return order != 0 ? order < 0 : a.message < b.message;
  });
  state.recoverable(std::move(checker.errors));
}

Errors check_types_in_query(CompilerState& state, const Rewriter& rewriter, ast::Body& body) {
  TypeChecker checker(state, {&rewriter.locals.subjects()}, {&rewriter.rewritten, &state.rewritten}, rewriter.nodes);
  TypeLayer layer(state.types->rules);
  checker.body(layer, body, checker.errors);
  return std::move(checker.errors);
}

}  // namespace psdl::stages
