// Ad-hoc queries. In: a parsed body and the policy it asks; out: the body in the planner's form, and which vars its results show.
//
// The stages are those of OPA's query compiler; capturing values is what its `eval` does after names are resolved.
#include <algorithm>

#include "compiler/compiler.hpp"
#include "compiler/near_function.hpp"
#include "compiler/state.hpp"

namespace psdl {
namespace {

using stages::Errors;

// Whether the query can have several results by itself: then a value that is false has to end them.
bool iterates(ast::Body& body) {
  bool found = false;
  ast::walk(body, ast::Overloads{
                      [&](ast::Term& term) { return found || ast::is_comprehension(&term); },
                      [&](ast::Ref& ref) {
                        if (found) return true;
                        const auto builtin = stages::builtin_facts(ref);
                        found = builtin && builtin->is_relation;
                        for (const ast::Term* part : ref.slice(1)) found = found || part->is<ast::Var>();
                        return found;
                      },
                  });
  return found;
}

class QueryCompiler {
 public:
  QueryCompiler(const CheckedPolicy& policy, ast::Query& query, const QueryOptions& options)
      : state_(policy.state()), query_(query), options_(options), nodes_(query.nodes), locals_(query.arena, "__localq"),
        rewriter_{state_, nodes_, locals_, checked_.user_vars} {
    locals_.exclude_all_in(query.body);
  }

  std::optional<CheckedQuery> run(Diagnostics& diagnostics) {
    if (query_.body.empty()) {
      diagnostics.error(stages::kCompileError, stages::kNowhere, "empty query cannot be compiled");
      return std::nullopt;
    }
    ast::Body& body = query_.body;
    resolve();
    if (options_.capture_values) capture_values();
    const auto failed = [&](Errors found) { return report(std::move(found), diagnostics, false); };
    if (failed(stages::rewrite_local_vars_in_query(rewriter_, body))) return std::nullopt;
    if (failed(stages::rewrite_template_strings_in_body(rewriter_, stages::reserved_vars(), body))) return std::nullopt;
    if (failed(stages::void_calls_in(body))) return std::nullopt;
    if (!options_.print_statements) {
      stages::erase_print_calls(nodes_, body);
    } else if (failed(stages::rewrite_print_calls_in_body(rewriter_, stages::reserved_vars(), body))) {
      return std::nullopt;
    }
    stages::rewrite_expr_terms_in_body(rewriter_, body);
    stages::rewrite_comprehension_terms_in_body(rewriter_, body);
    if (failed(stages::rewrite_with_values_in_body(rewriter_, body))) return std::nullopt;
    if (failed(stages::undefined_functions_in(state_, checked_.user_vars, body))) return std::nullopt;
    if (failed(stages::check_body_safety(state_, checked_.user_vars, stages::reserved_vars(), body, ""))) return std::nullopt;
    stages::rewrite_dynamic_terms_in_body(rewriter_, body);
    if (failed(stages::check_types_in_query(state_, rewriter_, body))) return std::nullopt;
    if (report(stages::missing_builtins_in(body), diagnostics, true)) return std::nullopt;
    describe();
    return std::move(checked_);
  }

 private:
  bool report(Errors found, Diagnostics& diagnostics, bool beyond_opa) const {
    const bool over = options_.max_errors > 0 && found.size() > options_.max_errors;
    if (over) found.resize(options_.max_errors);
    for (stages::CompileError& each : found) {
      std::vector<std::string> help = stages::help_of(state_, each);
      Diagnostic& added = diagnostics.error(each.code, each.span, std::move(each.message));
      added.beyond_opa = beyond_opa;
      added.notes = std::move(each.details);
      added.help = std::move(help);
    }
    if (over) diagnostics.error(stages::kCompileError, stages::kNowhere, "error limit reached");
    return !found.empty();
  }

  void resolve() {
    std::vector<std::string_view> names;
    if (options_.package != nullptr) {
      for (const auto& module : state_.modules) {
        if (!ast::equal(module->package->path, options_.package->path)) continue;
        for (const ast::Rule* rule : module->rules) {
          if (const auto* name = rule->head->reference[0]->as<ast::Var>()) names.push_back(name->name);
        }
      }
    }
    stages::Globals globals = stages::globals_of(nodes_, options_.package, names, options_.imports);
    stages::resolve_refs_in_query(nodes_, globals, query_.body);
  }

  // `x` becomes `x = $term1`, `f(x)` becomes `f(x, $term1)`; where that alone would let false pass, `$term1` follows as a test.
  void capture_values() {
    const bool must_test = iterates(query_.body) || query_.body.size() > 1;
    const std::size_t written = query_.body.size();
    for (std::size_t i = 0; i < written; ++i) {
      ast::Expr& expr = *query_.body[i];
      if (expr.negated || expr.is_assignment() || expr.is_equality()) continue;
      ast::Term* local = nullptr;
      if (ast::Term* term = expr.term()) {
        local = next_capture(expr);
        expr.content = ast::CallTerms(query_.arena, {nodes_.operator_ref("eq", expr.span), term, local});
      } else if (ast::CallTerms* call = expr.call()) {
        const auto* callee = (*call)[0]->as<ast::Ref>();
        if (callee == nullptr || !has_result(*callee) || state_.arity(*callee) != static_cast<int>(call->size()) - 1) continue;
        local = next_capture(expr);
        call->push_back(local);
      }
      if (local == nullptr || !must_test) continue;
      ast::Expr* test = nodes_.expr(nodes_.copy(local), expr.span);
      test->generated = true;
      stages::append(query_.body, test);
    }
  }
  ast::Term* next_capture(ast::Expr& expr) {
    ast::Term* made = nodes_.var("$term" + std::to_string(++captures_), expr.span);
    captured_[&expr] = made->as<ast::Var>()->name;
    return made;
  }
  bool has_result(const ast::Ref& callee) const {
    if (const auto builtin = stages::builtin_facts(callee)) return !builtin->is_void();
    const auto rules = state_.tree.rules_at(callee.items());
    return !rules.empty() && rules[0]->is_function();
  }

  void describe() {
    for (const auto& entry : ast::vars(query_.body, stages::kSafetyParams)) {
      if (stages::is_reserved(entry.name)) continue;
      std::string_view name = entry.name;
      if (const auto found = checked_.user_vars.find(name); found != checked_.user_vars.end()) name = found->second.name;
      if (ast::is_generated(name) || ast::is_wildcard(name)) continue;
      checked_.bindings.push_back({entry.name, name});
    }
    std::sort(checked_.bindings.begin(), checked_.bindings.end(), [](const QueryBinding& a, const QueryBinding& b) { return a.name < b.name; });
    for (std::size_t i = 0; i < query_.body.size(); ++i) {
      const ast::Expr* expr = query_.body[i];
      if (expr->generated) continue;
      const auto found = captured_.find(expr);
      checked_.expressions.push_back({expr->span, found == captured_.end() ? std::string_view{} : found->second, i});
    }
  }

  CompilerState& state_;
  ast::Query& query_;
  const QueryOptions& options_;
  const ast::Nodes& nodes_;
  stages::LocalVars locals_;
  CheckedQuery checked_;
  stages::Rewriter rewriter_;
  std::unordered_map<const ast::Expr*, std::string_view> captured_;
  int captures_ = 0;
};

}  // namespace

std::optional<CheckedQuery> compile_query(const CheckedPolicy& policy, ast::Query& query, const QueryOptions& options, Diagnostics& diagnostics) {
  return QueryCompiler(policy, query, options).run(diagnostics);
}

}  // namespace psdl
