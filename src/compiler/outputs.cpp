// Which vars an expression or a body binds. In: flat or nested expressions and the vars that are safe before them; out: those safe after.
#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

// Vars inside the brackets of refs whose head is known: walking the ref binds them.
template <class Node>
void add_ref_outputs(Node& node, const ast::VarSet& safe, ast::VarSet& into) {
  ast::walk(node, [&](ast::Term& term) {
    if (ast::is_comprehension(&term) || term.is<ast::TemplateString>()) return true;
    auto* ref = term.as<ast::Ref>();
    if (ref == nullptr) return false;
    if (!is_ref_safe(*ref, safe)) return true;
    if (ref->size() > 1 && !ast::is_ground(&term)) {
      ast::VarVisitor visitor({.skip_ref_head = true});
      visitor.walk(*ref);
      into.update(visitor.vars());
    }
    return false;
  });
}

ast::VarSet outputs_of_call(ast::Expr& expr, ast::CallTerms& terms, int arity, const ast::VarSet& safe) {
  ast::VarSet outputs;
  add_ref_outputs(expr, safe, outputs);
  const std::size_t inputs = static_cast<std::size_t>(arity) + 1;
  if (inputs >= terms.size()) return outputs;
  constexpr ast::VarParams kOperand = {.skip_ref_head = true, .skip_object_keys = true, .skip_closures = true, .skip_sets = true};
  ast::VarVisitor needed(kOperand);
  for (std::size_t i = 0; i < inputs; ++i) needed.walk(terms[i]->value);
  for (const auto& entry : needed.vars()) {
    if (!outputs.contains(entry.name) && !safe.contains(entry.name)) return {};
  }
  ast::VarVisitor bound(kOperand);
  for (std::size_t i = inputs; i < terms.size(); ++i) bound.walk(terms[i]->value);
  outputs.update(bound.vars());
  return outputs;
}

}  // namespace

ast::VarSet output_vars_of_equality(ast::Expr& expr, const ast::VarSet& all_safe) {
  if (!has_two_operands(expr)) return all_safe;
  // Only its own vars matter: of a long body, most of what is safe stands elsewhere.
  ast::VarSet safe;
  for (const auto& entry : ast::vars(expr)) {
    if (all_safe.contains(entry.name)) safe.add(entry.name);
  }
  ast::VarSet known = safe;
  add_ref_outputs(expr, safe, known);
  if (expr.from_assignment) {
    // The left side of `:=` is a pure output: nothing becomes known through it.
    ast::walk(*expr.operand(0), [&](ast::Var& var) {
      known.remove(var.name);
      return false;
    });
  }
  known.update(unified_vars(known, *expr.operand(0), *expr.operand(1)));
  return known.diff(safe);
}

ast::VarSet output_vars_of_expr(const CompilerState& state, ast::Expr& expr, const ast::VarSet& safe) {
  if (expr.is_negated()) return {};
  for (ast::With* with : expr.with) {
    ast::VarVisitor visitor(kSafetyParams);
    visitor.walk(*with);
    for (const auto& entry : visitor.vars()) {
      if (!safe.contains(entry.name)) return {};
    }
  }
  ast::VarSet outputs;
  if (expr.term() != nullptr) {
    add_ref_outputs(expr, safe, outputs);
  } else if (ast::CallTerms* call = expr.call()) {
    if (expr.is_equality()) return output_vars_of_equality(expr, safe);
    const auto* callee = (*call)[0]->as<ast::Ref>();
    const int arity = callee != nullptr ? state.arity(*callee) : -1;
    if (arity >= 0) return outputs_of_call(expr, *call, arity, safe);
  } else if (ast::Every* every = expr.as<ast::Every>()) {
    add_ref_outputs(*every->domain, safe, outputs);
  }
  return outputs;
}

ast::VarSet output_vars(const CompilerState& state, const ast::Body& body, std::size_t count, const ast::VarSet& safe) {
  ast::VarSet known = safe;
  for (std::size_t i = 0; i < count && i < body.size(); ++i) known.update(output_vars_of_expr(state, *body[i], known));
  return known.diff(safe);
}

}  // namespace psdl::stages
