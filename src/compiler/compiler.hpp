// Policies and queries checked and brought into the form that plans are made from. In: parsed modules; out: a CheckedPolicy, or diagnostics
// with OPA's codes, texts, places and order.
//
// What the planner may rely on, for every body anywhere (rules, else, comprehensions, every, not, and/or):
//   - expressions stand in an order in which each var is bound before it is needed; `=` is unification, `:=` is gone (an `=` with
//     `from_assignment`); `==` in rules has become `=` too, in queries it is the builtin `equal`, whose value can be shown;
//   - operands hold no calls: `f(g(x))` is `g(x, __local0__); f(__local0__)`. A call has its declared operands, or one more, which
//     takes the result; a call without it is a test (the result must not be false). Calls stay whole inside `not` only where it is
//     the improved one: there the parts stand inside the Not's body;
//   - refs start with a var and hold no calls and no refs: `data.a[input.b]` is `__local0__ = input.b; data.a[__local0__]`. Refs to rules and
//     base documents start with `data`;
//   - comprehensions are right sides of `=` only (or operands of `internal.print`, `internal.template_string`);
//   - heads hold scalars, vars and collections of these only;
//   - `with` values are scalars or vars, computed before; targets are refs to input, data, a function or a builtin;
//   - `some x` is gone; `some x in xs` is a call of internal.member_2/3 or a unification with `xs[_]`, as in OPA;
//   - template strings are calls of internal.template_string; prints are internal.print, or gone (CompilerOptions::print_statements).
// Vars that the compiler made are `__localN__`; what the parser made of `_` is `$N`. A rule's vars are its own: names are unique in a policy
// once they are rewritten, but a plain global-looking var (unified, never declared) keeps the name the user wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/limits.hpp"
#include "base/source.hpp"
#include "compiler/rule_tree.hpp"
#include "syntax/ast.hpp"

namespace psdl {

struct CompilerOptions {
  bool strict = false;                // --strict: unused imports, vars and arguments are errors
  bool print_statements = true;       // false: print() is taken out, as `opa check` does
  std::size_t max_errors = 10;        // then "error limit reached"; 0: no limit
  bool test_rules = false;            // tests are made ready to be run (test_rules.cpp)
  // Texts that spans point into, for messages that name a file and row. `sources[n]` is what Span::source n means; the order of their
  // names is the order of modules.
  std::span<const Source* const> sources = {};
};

// What the user called a var that the compiler renamed.
struct UserVar {
  std::string_view name;
  Span span;  // where it was declared or first assigned; empty where that is not known
};

// What stages and queries after them share; see state.hpp.
struct CompilerState;

class CheckedPolicy {
 public:
  CheckedPolicy();
  ~CheckedPolicy();
  CheckedPolicy(const CheckedPolicy&) = delete;
  CheckedPolicy& operator=(const CheckedPolicy&) = delete;

  // Rewritten, sorted by the name of their source.
  [[nodiscard]] std::span<const std::unique_ptr<ast::Module>> modules() const;
  [[nodiscard]] const RuleTree& tree() const;
  // Every rule (with else branches under it) once, after all rules it reads: plan and type them in this order.
  [[nodiscard]] std::span<ast::Rule* const> sorted_rules() const;
  // The rules that this one (its else branches apart) reads or calls, sorted by tree order; dynamic refs count all they could mean.
  [[nodiscard]] std::span<ast::Rule* const> dependencies(const ast::Rule* rule) const;
  // Full paths of all rules, `data` first, as written (with vars), one for each rule, in module order.
  [[nodiscard]] std::vector<ast::Ref> rule_paths() const;
  // `__local0__` to `x`; null where the var was not renamed (or is the compiler's own).
  [[nodiscard]] const UserVar* user_var(std::string_view generated) const;
  // Arguments of the function or builtin that a call's operator names; -1 where there is none.
  [[nodiscard]] int arity(const ast::Terms& callee) const;

  [[nodiscard]] CompilerState& state() const { return *state_; }

 private:
  friend class Compiler;
  std::unique_ptr<CompilerState> state_;
};

class Compiler {
 public:
  explicit Compiler(CompilerOptions options = {}) : options_(options) {}

  // Null where there are errors; they are in the order in which `opa check` prints them (sorted by place), "error limit reached" last.
  [[nodiscard]] std::unique_ptr<CheckedPolicy> compile(std::vector<std::unique_ptr<ast::Module>> modules, Diagnostics& diagnostics);

 private:
  CompilerOptions options_;
};

// ---------------------------------------------------------------------------------------------------------------------------

struct QueryOptions {
  // Names that the query may use without `data.`: a package's rules, and imports.
  const ast::Package* package = nullptr;
  std::span<ast::Import* const> imports = {};
  bool print_statements = true;
  bool capture_values = true;  // as `opa eval`: each expression's value is kept for the result
  std::size_t max_errors = 10;
};

// A var of the query that its results show.
struct QueryBinding {
  std::string_view var;   // in the rewritten body
  std::string_view name;  // as the user wrote it
};

// An expression of the query as it was written, in the order in which results show them (that of evaluation).
struct QueryExpression {
  Span span;
  std::string_view var;   // its value is that of this var in the rewritten body; empty: its value is `true`
  std::size_t index = 0;  // its place in the rewritten body
};

struct CheckedQuery {
  // Wildcards, generated vars and captures are left out; sorted by name. Two vars of the rewritten body may have one name (`some x` where
  // another x was seen before); the last one bound is shown, as in OPA.
  std::vector<QueryBinding> bindings;
  std::vector<QueryExpression> expressions;
  // What renamed vars of this query were called.
  std::unordered_map<std::string_view, UserVar> user_vars;
};

// Rewrites query.body in place; its new nodes live in the query's arena, and the result points into it. Nothing where there are errors. Spans
// are those of the query's own source. One query at a time for a policy: messages use its arena.
[[nodiscard]] std::optional<CheckedQuery> compile_query(const CheckedPolicy& policy, ast::Query& query, const QueryOptions& options, Diagnostics& diagnostics);

}  // namespace psdl
