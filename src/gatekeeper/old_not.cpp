// What the old `not` computes before it asks, as statements of their own. In: a rule; out: the same under either `not`.
#include "gatekeeper/old_not.hpp"

#include "syntax/visit.hpp"

namespace psdl::gatekeeper {
namespace {

class OldNot {
 public:
  OldNot(const ast::Nodes& nodes, const FreshName& fresh) : nodes_(nodes), fresh_(fresh) {}

  void rule(ast::Rule& held) {
    for (ast::Term* part : held.head->reference) inside(*part);
    inside(*held.head);
    body(held.body);
  }

 private:
  template <class Node>
  void inside(Node& node) {
    ast::walk(node, [this](ast::Body& found) {
      body(found);
      return true;
    });
  }

  void body(ast::Body& held) {
    ast::Body made(nodes_.arena());
    for (ast::Expr* expr : held) {
      inside(*expr);
      if (expr->negated) computed_before(*expr, made);
      made.push_back(expr);
    }
    held = nodes_.body(made.items());
  }

  void computed_before(ast::Expr& expr, ast::Body& made) {
    if (ast::CallTerms* call = expr.call()) {
      for (ast::Term*& operand : call->items().subspan(1)) operand = known(operand, expr, made);
    } else if (ast::Term* term = expr.term()) {
      if (auto* ref = term->as<ast::Ref>()) brackets(*ref, expr, made);
    }
  }

  void brackets(ast::Ref& ref, const ast::Expr& expr, ast::Body& made) {
    if (!ref[0]->is<ast::Var>()) ref[0] = known(ref[0], expr, made);
    for (ast::Term*& part : ref.items().subspan(1)) part = known(part, expr, made);
  }

  // The same term with what may be undefined in it computed before.
  ast::Term* known(ast::Term* term, const ast::Expr& expr, ast::Body& made) {
    if (auto* ref = term->as<ast::Ref>()) {
      brackets(*ref, expr, made);
      return ref->size() == 1 && ast::is_var((*ref)[0], "input") ? term : named(term, expr, made);
    }
    if (auto* call = term->as<ast::Call>()) {
      for (ast::Term*& operand : call->items().subspan(1)) operand = known(operand, expr, made);
      return named(term, expr, made);
    }
    if (auto* array = term->as<ast::Array>()) {
      for (ast::Term*& item : array->items()) item = known(item, expr, made);
    } else if (auto* set = term->as<ast::Set>()) {
      for (ast::Term*& item : set->items()) item = known(item, expr, made);
    } else if (auto* object = term->as<ast::Object>()) {
      for (ast::Pair& pair : object->items()) {
        pair.key = known(pair.key, expr, made);
        pair.value = known(pair.value, expr, made);
      }
    }
    return term;
  }

  ast::Term* named(ast::Term* term, const ast::Expr& expr, ast::Body& made) {
    ast::Term* var = nodes_.var(fresh_(wanted_name(*term)), term->span);
    ast::Expr* computed = nodes_.assignment(var, term, term->span);
    computed->with.use(nodes_.arena());
    for (const ast::With* with : expr.with) computed->with.push_back(nodes_.copy(with));
    made.push_back(computed);
    return nodes_.copy(var);
  }

  // The field's own.
  static std::string_view wanted_name(const ast::Term& term) {
    const auto* ref = term.as<ast::Ref>();
    const auto* last = ref != nullptr ? ref->back()->as<ast::String>() : nullptr;
    return last != nullptr && ast::is_var_compatible(last->text) ? last->text : std::string_view("value");
  }

  const ast::Nodes& nodes_;
  const FreshName& fresh_;
};

}  // namespace

void write_out_not(ast::Module& module, ast::Rule& first, const FreshName& fresh) {
  OldNot old(module.nodes, fresh);
  for (ast::Rule* rule = &first; rule != nullptr; rule = rule->else_rule) old.rule(*rule);
}

}  // namespace psdl::gatekeeper
