// Calls judged without types. In: trees; out: errors for unknown functions, wrong numbers of operands, void calls used as values, and builtins
// that are deprecated or not there.
#include "compiler/near_function.hpp"
#include "compiler/state.hpp"
#include "builtins/registry.hpp"

#include <algorithm>

namespace psdl::stages {
namespace {

template <class Node>
Errors void_calls(Node& node) {
  Errors errors;
  ast::walk(node, [&](ast::Term& term) {
    if (const auto* call = term.as<ast::Call>()) {
      const auto* callee = (*call)[0]->as<ast::Ref>();
      const auto builtin = callee != nullptr ? builtin_facts(*callee) : std::nullopt;
      if (builtin && builtin->is_void()) errors.push_back({kTypeError, text_of(term) + " used as value", term.span, {}});
    }
    return false;
  });
  return errors;
}

template <class Node>
Errors undefined_functions(CompilerState& state, const VarMap& rewritten, Node& node) {
  Errors errors;
  static const ast::Ref kNoRef;  // a local shadows the name: `input := 0; input()`
  ast::walk(node, [&](ast::Expr& expr) {
    const ast::CallTerms* call = expr.call();
    if (call == nullptr) return false;
    const auto* named = (*call)[0]->as<ast::Ref>();
    const ast::Ref& callee = named != nullptr ? *named : kNoRef;
    const auto name = [&] { return text_of(with_user_vars(state.nodes, callee, {&rewritten})); };
    const int arity = state.arity(callee);
    if (arity < 0) {
      errors.push_back({kTypeError, std::string(kUndefinedFunction) + name(), expr.span, {}});
      return true;
    }
    const int operands = static_cast<int>(call->size()) - 1;
    // A call that was taken out of another has its output behind the operands.
    const bool fits = expr.generated ? expr.is_equality() || operands == arity + 1 : operands == arity || operands == arity + 1;
    if (fits) return false;
    if (builtin_facts(callee)) {
      errors.push_back({kTypeError, name() + ": arity mismatch", expr.span, {}});
    } else {
      const int given = expr.generated ? operands - 1 : operands;
      errors.push_back({kTypeError,
                        "function " + name() + " has arity " + std::to_string(arity) + ", got " + std::to_string(given) +
                            (given == 1 ? " argument" : " arguments"),
                        expr.span,
                        {}});
    }
    return true;
  });
  return errors;
}

template <class Node>
void find_deprecated(Node& node, Errors& errors) {
  const auto judge = [&](const ast::Term& callee, Span span) {
    const auto* ref = callee.as<ast::Ref>();
    if (ref == nullptr) return;
    const auto builtin = builtin_facts(*ref);
    if (!builtin || !builtin->is_deprecated) return;
    errors.push_back({kTypeError, "deprecated built-in function calls in expression: " + std::string(builtin->name), span, {}});
  };
  ast::walk(node, ast::Overloads{
                      [&](ast::Call& call) {
                        judge(*call[0], call[0]->span);
                        return false;
                      },
                      [&](ast::Expr& expr) {
                        if (const ast::CallTerms* call = expr.call()) judge(*(*call)[0], expr.span);
                        return false;
                      },
                  });
}

template <class Node>
Errors missing_builtins(Node& node) {
  Errors errors;
  const auto judge = [&](const ast::Term& callee, Span span) {
    const auto* ref = callee.as<ast::Ref>();
    if (ref == nullptr) return;
    const auto builtin = builtin_facts(*ref);
    if (!builtin || builtin->missing_reason.empty()) return;
    // A `with` stands at each expression that its own was taken apart into.
    if (std::any_of(errors.begin(), errors.end(), [&](const CompileError& error) { return error.span == span; })) return;
    errors.push_back({kTypeError, "builtin `" + std::string(builtin->name) + "` is not available: " + std::string(builtin->missing_reason), span, {}});
  };
  ast::walk(node, ast::Overloads{
                      [&](ast::Expr& expr) {
                        if (const ast::CallTerms* call = expr.call()) judge(*(*call)[0], expr.span);
                        return false;
                      },
                      [&](ast::With& with) {
                        judge(*with.target, with.target->span);
                        judge(*with.value, with.value->span);
                        return false;
                      },
                      [&](ast::Call& call) {
                        judge(*call[0], call[0]->span);
                        return false;
                      },
                  });
  return errors;
}

}  // namespace

std::optional<BuiltinFacts> builtin_facts(std::string_view name) {
  if (const Builtin* row = find_builtin(name)) return BuiltinFacts{row->name, &row->signature, row->is_relation, row->is_deprecated, {}};
  if (const MissingBuiltin* row = find_missing_builtin(name)) return BuiltinFacts{row->name, &row->signature, false, false, row->reason};
  return std::nullopt;
}

Errors void_calls_in(ast::Body& body) { return void_calls(body); }

void check_void_calls(CompilerState& state) {
  for (const auto& module : state.modules) state.error(void_calls(*module));
}

Errors undefined_functions_in(CompilerState& state, const VarMap& rewritten, ast::Body& body) { return undefined_functions(state, rewritten, body); }

void check_undefined_functions(CompilerState& state) {
  for (const auto& module : state.modules) state.error(undefined_functions(state, state.rewritten, *module));
}

void check_deprecated_builtins(CompilerState& state) {
  if (!state.calls_deprecated) return;  // as in OPA, which asks what the type checker came across
  for (const auto& module : state.modules) {
    if (!state.options.strict && !state.v1_rules_hold(*module)) continue;
    Errors errors;
    for_each_rule(*module, [&](ast::Rule& rule) { find_deprecated<ast::Terms>(rule.head->reference, errors); });
    find_deprecated(*module, errors);
    state.recoverable(std::move(errors));
  }
}

Errors missing_builtins_in(ast::Body& body) { return missing_builtins(body); }

void check_missing_builtins(CompilerState& state) {
  for (const auto& module : state.modules) {
    for (CompileError& found : missing_builtins(*module)) state.beyond_opa.push_back(std::move(found));
  }
}

}  // namespace psdl::stages
