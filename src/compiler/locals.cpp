// Variables to unique names. In: bodies with `:=`, `some` and arguments; out: the same with `__localN__` in their place, `=` for `:=`, and
// (strict) what was assigned, declared or passed for nothing.
#include <algorithm>

#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

constexpr std::string_view kAssignInNegated = "cannot assign vars inside negated expression";
constexpr std::string_view kAssignInAnd = "cannot assign vars inside implicit and operand";
constexpr std::string_view kAssignInOr = "cannot assign vars inside implicit or operand";

enum class Occurrence : std::uint8_t { New, Argument, Seen, Assigned, Declared };

struct Entry {
  std::string_view renamed;
  Occurrence occurrence = Occurrence::New;
  bool is_declared = false;  // false: only counted
  int count = 0;             // 0: not counted
};
using Scope = std::unordered_map<std::string_view, Entry>;

// Names by their user's text, so that messages come in a fixed order.
std::vector<std::string_view> sorted_names(const Scope& scope) {
  std::vector<std::string_view> names;
  names.reserve(scope.size());
  for (const auto& [name, entry] : scope) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

class LocalRewriter {
 public:
  explicit LocalRewriter(const Rewriter& rewriter) : rewriter_(rewriter), nodes_(rewriter.nodes), scopes_(1) {}

  Errors errors;
  Errors unused;  // strict: what is never used; apart, because compilation goes on after these

  // A rule's arguments, before its body.
  void arguments(ast::Args& args) {
    for (ast::Term* arg : args) argument(*arg);
  }
  void forget_errors() {
    errors.clear();
    unused.clear();
  }
  [[nodiscard]] const std::vector<Scope>& scopes() const { return scopes_; }
  void start_from(const std::vector<Scope>& scopes) { scopes_ = scopes; }

  [[nodiscard]] const Entry* find_declared(std::string_view name) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const auto found = scope->find(name);
      if (found != scope->end() && found->second.is_declared) return &found->second;
    }
    return nullptr;
  }
  [[nodiscard]] int count(std::string_view name) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const auto found = scope->find(name);
      if (found != scope->end() && found->second.count > 0) return found->second.count;
    }
    return 0;
  }
  void insert(std::string_view name, std::string_view renamed, Occurrence occurrence, Span span) {
    scopes_.back()[name] = {renamed, occurrence, true, 1};
    if (name != renamed) rewriter_.rewritten[renamed] = {name, span};
  }
  void insert_new(std::string_view name, Occurrence occurrence, Span span) { insert(name, rewriter_.locals.next(), occurrence, span); }

  void body(ast::Body& held, ast::VarSet* used) {
    ast::Body made(nodes_.arena());
    for (ast::Expr*& expr : held) {
      if (ast::Expr* rewritten = statement(expr)) append(made, rewritten);
    }
    if (made.empty()) append(made, nodes_.expr(nodes_.boolean(true, place_of(held)), place_of(held)));
    check_unused_assigned(held, used);
    check_unused_declared(held, used, made);
    held = std::move(made);
  }

  // Comprehensions in heads are rewritten before the body, each with a scope of its own.
  void head_term(ast::Term& held) {
    ast::walk(held, [this](ast::Term& term) { return head_part(term); });
  }

  // Vars that the body declared, in a term outside of it.
  void rename_declared(ast::Term& held) { rename(held, scopes_.back()); }

 private:
  static Span place_of(const ast::Body& held) { return held.empty() ? kNowhere : held[0]->span; }

  void fail(Span span, std::string message) { errors.push_back({kCompileError, std::move(message), span, {}}); }

  // -------------------------------------------------------------------------------------------------------------------------
  // Arguments and heads.

  void argument(ast::Term& held) {
    ast::walk(held, [this](ast::Term& term) {
      if (auto* var = term.as<ast::Var>()) {
        if (const Entry* known = find_declared(var->name)) {
          seen(var->name);
          var->name = known->renamed;
        } else {
          const std::string_view renamed = rewriter_.locals.next();
          insert(var->name, renamed, Occurrence::Argument, term.span);
          var->name = renamed;
        }
        return true;
      }
      if (auto* object = term.as<ast::Object>()) {
        for (ast::Pair& pair : *object) argument(*pair.value);
        return true;
      }
      if (term.is<ast::Call>()) {
        fail(term.span, "rule arguments cannot contain calls");
        return true;
      }
      return !term.is<ast::Ref>() && !term.is<ast::Array>();
    });
  }

  bool head_part(ast::Term& term) {
    if (ast::is_scalar(&term)) return false;
    const auto with_own_scope = [this](auto&& rewrite) {
      std::vector<Scope> outer(1);
      Errors unused_before;
      std::swap(outer, scopes_);
      std::swap(unused_before, unused);
      rewrite();
      std::swap(outer, scopes_);
      std::swap(unused_before, unused);
      for (CompileError& found : unused_before) unused.push_back(std::move(found));
      return true;
    };
    if (auto* object = term.as<ast::Object>()) {
      if (ast::is_ground(&term)) return true;
      for (ast::Pair& pair : *object) {
        head_term(*pair.key);
        head_term(*pair.value);
      }
      term.value = nodes_.object(object->items(), term.span)->value;
      return true;
    }
    if (auto* set = term.as<ast::Set>()) {
      if (ast::is_ground(&term)) return true;
      for (ast::Term* member : *set) head_term(*member);
      term.value = nodes_.set(set->items(), term.span)->value;
      return true;
    }
    if (ast::is_comprehension(&term)) return with_own_scope([&] { comprehension(term); });
    if (auto* text = term.as<ast::TemplateString>()) {
      return with_own_scope([&] {
        for (ast::TemplatePart& part : text->parts) {
          if (auto* inner = std::get_if<ast::Expr*>(&part)) {
            scopes_.emplace_back();
            plain(**inner);
            scopes_.pop_back();
          }
        }
      });
    }
    return false;
  }

  void rename(ast::Term& held, const Scope& names) {
    const auto rename_body = [&](ast::Body& inner) {
      for (ast::Expr* expr : inner) {
        ast::walk(*expr, [&](ast::Term& term) {
          rename(term, names);
          return true;
        });
      }
    };
    std::visit(ast::Overloads{
                   [&](ast::Var& var) {
                     const auto found = names.find(var.name);
                     if (found != names.end() && found->second.is_declared) var.name = found->second.renamed;
                   },
                   [&](ast::Ref& inner) { rename_all(inner, names); },
                   [&](ast::Array& inner) { rename_all(inner, names); },
                   [&](ast::Call& inner) { rename_all(inner, names); },
                   [&](ast::Set& inner) {
                     rename_all(inner, names);
                     held.value = nodes_.set(inner.items(), held.span)->value;
                   },
                   [&](ast::Object& inner) {
                     for (ast::Pair& pair : inner) {
                       rename(*pair.key, names);
                       rename(*pair.value, names);
                     }
                     held.value = nodes_.object(inner.items(), held.span)->value;
                   },
                   [&](ast::ArrayComprehension& inner) {
                     rename(*inner.term, names);
                     rename_body(inner.body);
                   },
                   [&](ast::SetComprehension& inner) {
                     rename(*inner.term, names);
                     rename_body(inner.body);
                   },
                   [&](ast::ObjectComprehension& inner) {
                     rename(*inner.key, names);
                     rename(*inner.value, names);
                     rename_body(inner.body);
                   },
                   [&](ast::TemplateString& inner) {
                     for (ast::TemplatePart& part : inner.parts) {
                       if (auto* expr = std::get_if<ast::Expr*>(&part)) {
                         ast::walk(**expr, [&](ast::Term& term) {
                           rename(term, names);
                           return true;
                         });
                       }
                     }
                   },
                   [](auto&) {},
               },
               held.value);
  }
  void rename_all(ast::Terms& terms, const Scope& names) {
    for (ast::Term* term : terms) rename(*term, names);
  }

  // -------------------------------------------------------------------------------------------------------------------------
  // Statements. A copy is made where the original must stay as it was for the checks of what is unused.

  ast::Expr* statement(ast::Expr* expr) {
    if (expr->is_assignment()) return assignment(expr);
    if (expr->is<ast::SomeDecl*>()) return some(expr);
    if (expr->is<ast::Every*>()) return every(expr);
    if (expr->is<ast::Not*>()) return negation(expr);
    if (expr->is<ast::LogicalAnd*>() || expr->is<ast::LogicalOr*>()) return logical(expr);
    return plain(*expr);
  }

  ast::Expr* plain(ast::Expr& expr) {
    ast::walk(expr, ast::Overloads{
                        [this](ast::Term& term) { return seen_in_term(term); },
                        [this](ast::With& with) {
                          with_modifier(with);
                          return true;
                        },
                    });
    return &expr;
  }

  ast::Expr* assignment(ast::Expr* expr) {
    if (expr->negated) {
      fail(expr->span, std::string(kAssignInNegated));
      return expr;
    }
    if (!has_two_operands(*expr)) return expr;
    const std::size_t errors_before = errors.size();
    // The right side first: its vars are those from before the assignment.
    seen_below(*expr->operand(1));
    for (ast::With* with : expr->with) seen_below(*with->value);
    target(*expr->operand(0));
    if (errors.size() == errors_before) {
      ast::CallTerms& terms = *expr->call();
      const Span span = (*terms[0]->as<ast::Ref>())[0]->span;
      terms[0] = nodes_.operator_ref("eq", span);
      expr->from_assignment = true;
    }
    return expr;
  }

  // The left side of `:=`.
  void target(ast::Term& held) {
    ast::walk(held, [this](ast::Term& term) {
      if (auto* var = term.as<ast::Var>()) {
        if (const auto renamed = declare(var->name, Occurrence::Assigned, term.span, term.span)) var->name = *renamed;
        return true;
      }
      if (term.is<ast::Array>()) return false;
      if (auto* object = term.as<ast::Object>()) {
        for (ast::Pair& pair : *object) target(*pair.value);
        return true;
      }
      if (is_root_document(term)) {
        const std::string_view name = (*term.as<ast::Ref>())[0]->as<ast::Var>()->name;
        if (const auto renamed = declare(name, Occurrence::Assigned, term.span, term.span)) term.value = ast::Var{*renamed};
        return true;
      }
      fail(term.span, "cannot assign to " + std::string(kind_of(term)));
      return true;
    });
  }

  // The new name; nothing (and an error) where the scope has the var already.
  std::optional<std::string_view> declare(std::string_view name, Occurrence occurrence, Span error_span, Span span) {
    const auto found = scopes_.back().find(name);
    const Occurrence before = found == scopes_.back().end() ? Occurrence::New : found->second.occurrence;
    const auto refuse = [&](std::string_view prefix, std::string_view reason) {
      fail(error_span, std::string(prefix) + text_of_var(name) + std::string(reason));
      return std::nullopt;
    };
    switch (before) {
      case Occurrence::Seen: return refuse("var ", " referenced above");
      case Occurrence::Assigned: return refuse("var ", " assigned above");
      case Occurrence::Declared: return refuse("var ", " declared above");
      case Occurrence::Argument: return refuse("arg ", " redeclared");
      case Occurrence::New: break;
    }
    const std::string_view renamed = rewriter_.locals.next();
    insert(name, renamed, occurrence, span);
    return renamed;
  }

  ast::Expr* some(ast::Expr* original) {
    ast::Expr* expr = nodes_.copy(original);
    ast::SomeDecl& decl = *expr->as<ast::SomeDecl>();
    for (ast::Term* symbol : decl.symbols) {
      if (auto* var = symbol->as<ast::Var>()) {
        if (!declare(var->name, Occurrence::Declared, decl.span, symbol->span)) return nullptr;
      } else if (auto* call = symbol->as<ast::Call>()) {
        return some_in(expr, decl, *call);
      }
    }
    return nullptr;
  }

  ast::Expr* some_in(ast::Expr* expr, const ast::SomeDecl& decl, ast::Call& call) {
    ast::Term* key = nullptr;
    ast::Term* value = nullptr;
    ast::Term* container = nullptr;
    if (call.size() == 4) {
      key = call[1];
      value = call[2];
      container = call[3];
    } else {
      key = nodes_.term(ast::Var{rewriter_.locals.next()}, call[1]->span);
      value = call[1];
      container = call[2];
    }
    // What is bound here may not stand in the collection too.
    ast::VarVisitor bound({.skip_ref_head = true, .skip_object_keys = true, .skip_closures = true});
    bound.walk(*key);
    bound.walk(*value);
    ast::VarVisitor domain({.skip_closures = true});
    domain.walk(*container);
    const std::size_t errors_before = errors.size();
    for (const auto& entry : bound.vars().intersect(domain.vars())) {
      if (!ast::is_wildcard(entry.name)) fail(decl.span, "var " + std::string(entry.name) + " assigned before");
    }
    if (errors.size() > errors_before) return nullptr;

    std::vector<ast::Term*> parts;
    if (const auto* ref = container->as<ast::Ref>()) {
      parts.assign(ref->begin(), ref->end());
    } else {
      parts.push_back(container);
    }
    parts.push_back(key);
    ast::Term* element = nodes_.ref(parts, container->span);
    expr->content = ast::CallTerms(nodes_.arena(), {nodes_.operator_ref("eq", expr->span), value, element});

    for (const auto& entry : output_vars_of_equality(*expr, vars_of(container))) {
      if (!declare(entry.name, Occurrence::Declared, decl.span, place_in(*key, *value, entry.name, decl.span))) return nullptr;
    }
    return plain(*expr);
  }

  // Where a var stands in `some key, value`.
  static Span place_in(ast::Term& key, ast::Term& value, std::string_view name, Span otherwise) {
    Span found = otherwise;
    for (ast::Term* side : {&key, &value}) {
      ast::walk(*side, [&](ast::Term& term) {
        if (ast::is_var(&term, name)) found = term.span;
        return false;
      });
    }
    return found;
  }

  ast::Expr* every(ast::Expr* original) {
    ast::Expr* expr = nodes_.copy(original);
    ast::Every& held = *expr->as<ast::Every>();
    seen_below(*held.domain);
    scopes_.emplace_back();
    ast::Expr* made = every_inside(expr, held);
    scopes_.pop_back();
    return made;
  }
  ast::Expr* every_inside(ast::Expr* expr, ast::Every& held) {
    if (held.key == nullptr) {
      held.key = nodes_.term(ast::Var{rewriter_.locals.next()}, held.value->span);
    } else if (!every_var(held, *held.key)) {
      return nullptr;
    }
    if (!every_var(held, *held.value)) return nullptr;
    ast::VarSet used;
    body(held.body, &used);
    return plain(*expr);
  }
  bool every_var(const ast::Every& held, ast::Term& term) {
    auto* var = term.as<ast::Var>();
    if (var == nullptr || ast::is_wildcard(var->name)) return true;
    const auto renamed = declare(var->name, Occurrence::Declared, held.span, term.span);
    if (renamed) var->name = *renamed;
    return renamed.has_value();
  }

  ast::Expr* negation(ast::Expr* original) {
    if (!original->as<ast::Not>()->explicit_body) {
      const std::size_t errors_before = errors.size();
      implicit_body(original->as<ast::Not>()->body, kAssignInNegated);
      if (errors.size() > errors_before) return original;
      return plain(*original);
    }
    ast::Expr* expr = nodes_.copy(original);
    scopes_.emplace_back();
    ast::VarSet used;
    body(expr->as<ast::Not>()->body, &used);
    ast::Expr* made = plain(*expr);
    scopes_.pop_back();
    return made;
  }

  ast::Expr* logical(ast::Expr* original) {
    ast::Expr* expr = nodes_.copy(original);
    const std::size_t errors_before = errors.size();
    if (auto* both = expr->as<ast::LogicalAnd>()) {
      logical_side(both->lhs, both->explicit_lhs, kAssignInAnd);
      logical_side(both->rhs, both->explicit_rhs, kAssignInAnd);
    } else if (auto* either = expr->as<ast::LogicalOr>()) {
      logical_side(either->lhs, either->explicit_lhs, kAssignInOr);
      logical_side(either->rhs, either->explicit_rhs, kAssignInOr);
    }
    if (errors.size() > errors_before) return expr;
    return plain(*expr);
  }
  void logical_side(ast::Body& side, bool is_explicit, std::string_view message) {
    if (!is_explicit) {
      implicit_body(side, message);
      return;
    }
    scopes_.emplace_back();
    ast::VarSet used;
    body(side, &used);
    scopes_.pop_back();
  }

  // Without braces nothing may be declared: it would bind nothing outside.
  void implicit_body(ast::Body& held, std::string_view message) {
    for (ast::Expr*& expr : held) {
      if (expr->is_assignment()) {
        fail(expr->span, std::string(message));
      } else if (expr->is<ast::Not*>()) {
        expr = negation(expr);
      } else if (expr->is<ast::LogicalAnd*>() || expr->is<ast::LogicalOr*>()) {
        expr = logical(expr);
      }
    }
  }

  // -------------------------------------------------------------------------------------------------------------------------
  // Terms.

  void seen(std::string_view name) {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const auto found = scope->find(name);
      if (found != scope->end() && found->second.count > 0) {
        ++found->second.count;
        return;
      }
    }
    scopes_.back()[name].count = 1;
  }

  void seen_below(ast::Term& held) {
    ast::walk(held, [this](ast::Term& term) { return seen_in_term(term); });
  }

  // Whether the walk ends here.
  bool seen_in_term(ast::Term& term) {
    if (auto* var = term.as<ast::Var>()) {
      if (const Entry* known = find_declared(var->name)) {
        const std::string_view renamed = known->renamed;
        seen(var->name);
        var->name = renamed;
      } else {
        const auto found = scopes_.back().find(var->name);
        if (found == scopes_.back().end() || found->second.occurrence == Occurrence::New) insert(var->name, var->name, Occurrence::Seen, term.span);
      }
      return true;
    }
    if (auto* ref = term.as<ast::Ref>()) {
      if (!is_root_document(term)) return false;
      const std::string_view name = (*ref)[0]->as<ast::Var>()->name;
      const Entry* known = nearest(name);
      if (known != nullptr && known->occurrence != Occurrence::Seen) {
        const Entry* declared = find_declared(name);
        if (declared != nullptr && declared->renamed != name) term.value = ast::Var{declared->renamed};
      }
      return true;
    }
    if (auto* call = term.as<ast::Call>()) {
      bool shadowed = false;
      ast::walk(*(*call)[0], [&](ast::Var& var) {
        const Entry* known = find_declared(var.name);
        shadowed = shadowed || (known != nullptr && known->renamed != var.name);
        return false;
      });
      // Functions are no values, so a call of a local can never be meant.
      if (shadowed) fail(term.span, "called function " + text_of(*(*call)[0]) + " shadowed");
      return false;
    }
    if (auto* object = term.as<ast::Object>()) {
      for (ast::Pair& pair : *object) {
        seen_below(*pair.key);
        seen_below(*pair.value);
      }
      term.value = nodes_.object(object->items(), term.span)->value;
      return true;
    }
    if (auto* set = term.as<ast::Set>()) {
      for (ast::Term* member : *set) seen_below(*member);
      term.value = nodes_.set(set->items(), term.span)->value;
      return true;
    }
    if (ast::is_comprehension(&term)) {
      comprehension(term);
      return true;
    }
    return false;
  }

  const Entry* nearest(std::string_view name) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const auto found = scope->find(name);
      if (found != scope->end() && found->second.is_declared) return &found->second;
    }
    return nullptr;
  }

  void comprehension(ast::Term& term) {
    ast::VarSet used;
    std::vector<ast::Term*> heads;
    ast::Body* inner = nullptr;
    if (auto* array = term.as<ast::ArrayComprehension>()) {
      heads = {array->term};
      inner = &array->body;
    } else if (auto* set = term.as<ast::SetComprehension>()) {
      heads = {set->term};
      inner = &set->body;
    } else {
      auto* object = term.as<ast::ObjectComprehension>();
      heads = {object->key, object->value};
      inner = &object->body;
    }
    for (ast::Term* head : heads) used.update(vars_of(head));
    scopes_.emplace_back();
    body(*inner, &used);
    for (ast::Term* head : heads) seen_below(*head);
    scopes_.pop_back();
  }

  // The target keeps `input` even where a local shadows it; its operands are the local's.
  void with_modifier(ast::With& with) {
    seen_below(*with.target);
    if (const Entry* shadow = find_declared("input")) {
      if (const auto* var = with.target->as<ast::Var>()) {
        if (var->name == shadow->renamed) with.target->value = nodes_.ref({nodes_.var("input", with.target->span)}, with.target->span)->value;
      } else if (auto* ref = with.target->as<ast::Ref>()) {
        if (auto* head = (*ref)[0]->as<ast::Var>(); head != nullptr && head->name == shadow->renamed) head->name = "input";
      }
    }
    seen_below(*with.value);
  }

  // -------------------------------------------------------------------------------------------------------------------------
  // Strict: what is never used.

  void check_unused_assigned(ast::Body& written, ast::VarSet* used) {
    if (!rewriter_.strict || !errors.empty() || !unused.empty()) return;
    const Scope& scope = scopes_.back();
    std::vector<std::pair<std::string_view, std::string_view>> found;  // generated, written
    for (std::string_view name : sorted_names(scope)) {
      const Entry& entry = scope.at(name);
      if (entry.occurrence != Occurrence::Assigned || ast::is_wildcard(name) || count(name) > 1) continue;
      if (used != nullptr && used->contains(entry.renamed)) continue;
      found.emplace_back(entry.renamed, name);
    }
    if (used != nullptr) {
      for (const auto& entry : *used) {
        const Entry* known = find_declared(entry.name);
        if (known == nullptr) continue;
        std::erase_if(found, [&](const auto& pair) { return pair.first == known->renamed; });
      }
    }
    std::sort(found.begin(), found.end());
    for (const auto& [generated, name] : found) {
      Span span = place_of(written);
      for (ast::Expr* expr : written) {
        if (!ast::vars(*expr).contains(generated)) continue;
        span = expr->span;
        break;
      }
      unused.push_back({kCompileError, "assigned var " + std::string(name) + " unused", span, {}});
    }
  }

  void check_unused_declared(ast::Body& written, ast::VarSet* used, ast::Body& made) {
    if (!errors.empty() || !unused.empty()) return;
    const Scope& scope = scopes_.back();
    std::vector<std::pair<std::string_view, std::string_view>> declared;
    for (const auto& [name, entry] : scope) {
      if (entry.occurrence == Occurrence::Declared) declared.emplace_back(entry.renamed, name);
    }
    if (declared.empty()) return;
    ast::VarSet in_body = ast::vars(made);
    if (used != nullptr) {
      for (const auto& entry : *used) {
        const Entry* known = find_declared(entry.name);
        in_body.add(known != nullptr ? known->renamed : entry.name);
      }
    }
    std::sort(declared.begin(), declared.end());
    for (const auto& [generated, name] : declared) {
      if (in_body.contains(generated) || (used != nullptr && used->contains(generated)) || ast::is_generated(name)) continue;
      Span span = place_of(written);
      for (ast::Expr* expr : written) {
        ast::VarSet own;
        declared_vars(*expr, own);
        if (!own.contains(name)) continue;
        span = expr->span;
        break;
      }
      unused.push_back({kCompileError, "declared var " + text_of_var(name) + " unused", span, {}});
    }
  }

  const Rewriter& rewriter_;
  const ast::Nodes& nodes_;
  std::vector<Scope> scopes_;
};

bool head_may_have_vars(const ast::Head& head) {
  const auto not_scalar = [](const ast::Term* term) { return term != nullptr && !ast::is_scalar(term); };
  for (const ast::Term* arg : head.args) {
    if (not_scalar(arg)) return true;
  }
  if (not_scalar(head.key) || not_scalar(head.value)) return true;
  for (const ast::Term* part : head.reference.slice(1)) {
    if (not_scalar(part)) return true;
  }
  return false;
}

// A var with a builtin's name is allowed; it gets a name of its own, so that no later stage takes it for the builtin.
void rename_builtin_names(LocalRewriter& locals, ast::Rule& rule) {
  std::vector<ast::VarSet::Entry> candidates;
  for (const auto& entry : ast::vars(rule.body, {.skip_ref_call_head = true, .skip_closures = true})) {
    if (builtin_facts(entry.name)) candidates.push_back(entry);
  }
  if (candidates.empty()) return;
  const ast::VarSet declared = declared_body_vars(rule.body);
  ast::VarVisitor in_with({.skip_ref_call_head = true});
  ast::walk(rule, [&](ast::With& with) {
    in_with.walk(with.target->value);
    in_with.walk(with.value->value);
    return false;
  });
  for (const auto& entry : candidates) {
    if (declared.contains(entry.name) || in_with.vars().contains(entry.name) || locals.find_declared(entry.name) != nullptr) continue;
    locals.insert_new(entry.name, Occurrence::Seen, entry.span);
  }
}

// One branch of a rule, with the arguments' scope given.
void rewrite_branch(CompilerState& state, LocalRewriter& locals, ast::Rule& rule, ast::VarSet& unused_args) {
  ast::Head& head = *rule.head;
  const bool has_vars = head_may_have_vars(head);
  ast::VarSet used;
  if (has_vars) {
    for (ast::Term* arg : head.args) locals.head_term(*arg);
    if (head.key != nullptr) locals.head_term(*head.key);
    if (head.value != nullptr) locals.head_term(*head.value);
    state.error(std::move(locals.errors));
    state.recoverable(std::move(locals.unused));
    locals.forget_errors();

    ast::VarVisitor visitor;
    for (ast::Term* part : head.reference.slice(1)) {
      if (!ast::is_scalar(part)) visitor.walk(*part);
    }
    if (head.key != nullptr && !ast::is_scalar(head.key)) visitor.walk(*head.key);
    used = visitor.vars();
    if (head.value != nullptr && !ast::is_scalar(head.value)) {
      const ast::VarSet in_value = vars_of(head.value);
      used.update(in_value);
      for (const auto& entry : in_value) unused_args.remove(entry.name);
    }
  }
  rename_builtin_names(locals, rule);
  locals.body(rule.body, &used);
  if (!has_vars) return;
  for (ast::Term* arg : head.args) locals.rename_declared(*arg);
  for (std::size_t i = 1; i < head.reference.size(); ++i) locals.rename_declared(*head.reference[i]);
  if (head.key != nullptr) locals.rename_declared(*head.key);
  if (head.value != nullptr) locals.rename_declared(*head.value);
}

void rewrite_rule(CompilerState& state, const Rewriter& rewriter, ast::Rule& top) {
  ast::VarSet unused_args;
  if (rewriter.strict) {
    for (ast::Term* arg : top.head->args) unused_args.update(vars_of(arg));
  }
  LocalRewriter locals(rewriter);
  locals.arguments(top.head->args);
  state.error(std::move(locals.errors));
  const std::vector<Scope> argument_scopes = locals.scopes();
  for (ast::Rule* rule = &top; rule != nullptr; rule = rule->else_rule) {
    locals.start_from(argument_scopes);
    locals.forget_errors();
    rewrite_branch(state, locals, *rule, unused_args);
    if (!state.error(std::move(locals.errors))) return;
    if (!state.recoverable(std::move(locals.unused))) return;
    std::vector<std::string_view> used;
    for (const auto& entry : unused_args) {
      if (locals.count(entry.name) > 1) used.push_back(entry.name);
    }
    for (std::string_view name : used) unused_args.remove(name);
  }
  if (!rewriter.strict) return;
  for (const auto& entry : unused_args) {
    if (ast::is_wildcard(entry.name)) continue;
    if (!state.recoverable({kCompileError, "unused argument " + std::string(entry.name) + ". (hint: use _ (wildcard variable) instead)",
                            top.head->span, {}})) {
      return;
    }
  }
}

}  // namespace

Errors rewrite_local_vars_in_query(const Rewriter& rewriter, ast::Body& body) {
  LocalRewriter locals(rewriter);
  locals.body(body, nullptr);
  Errors found = std::move(locals.errors);
  for (CompileError& error : locals.unused) found.push_back(std::move(error));
  return found;
}

void rewrite_local_vars(CompilerState& state) {
  for (const auto& module : state.modules) {
    const Rewriter rewriter = state.rewriter(*module);
    for (ast::Rule* rule : module->rules) rewrite_rule(state, rewriter, *rule);
  }
}

}  // namespace psdl::stages
