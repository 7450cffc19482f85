// What the stages of one compilation share. In: parsed modules; out: the same modules, rewritten stage by stage, and the errors found.
//
// Stages have OPA's names and run in OPA's order (compiler.cpp). Each edits the trees in place; new nodes live in the arena of the
// module that they are put into.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/arena.hpp"
#include "base/diagnostic.hpp"
#include "builtins/signature.hpp"
#include "compiler/compiler.hpp"
#include "compiler/rule_tree.hpp"
#include "syntax/ast.hpp"
#include "syntax/visit.hpp"

namespace psdl {

class TypeEnvironment;  // types_env.hpp

namespace stages {

inline constexpr std::string_view kCompileError = "rego_compile_error";
inline constexpr std::string_view kTypeError = "rego_type_error";
inline constexpr std::string_view kUnsafeVarError = "rego_unsafe_var_error";
inline constexpr std::string_view kRecursionError = "rego_recursion_error";

// The span of nodes that have no place (OPA's nil location): errors there sort last and show row 0.
inline constexpr std::uint32_t kNoSource = UINT32_MAX;
inline constexpr Span kNowhere = {kNoSource, 0, 0};

struct CompileError {
  std::string_view code;
  std::string message;
  Span span;
  std::vector<std::string> details;  // OPA's further lines: "have: .."
};
using Errors = std::vector<CompileError>;

// What is known of a builtin, whether PSDL has it or not.
struct BuiltinFacts {
  std::string_view name;
  const Signature* signature = nullptr;
  bool is_relation = false;
  bool is_deprecated = false;
  std::string_view missing_reason = {};  // set where PSDL leaves it out

  [[nodiscard]] int arity() const { return signature->arity; }
  [[nodiscard]] bool is_void() const { return !signature->has_result; }
};
[[nodiscard]] std::optional<BuiltinFacts> builtin_facts(std::string_view name);
// "glob.match" for the ref `glob.match`; empty where the ref cannot name a builtin.
[[nodiscard]] std::string dotted_name(const ast::Terms& callee);
[[nodiscard]] std::optional<BuiltinFacts> builtin_facts(const ast::Terms& callee);

using VarMap = std::unordered_map<std::string_view, UserVar>;  // generated to written

// Makes names that no tree uses yet.
class LocalVars {
 public:
  LocalVars(Arena& arena, std::string_view prefix) : arena_(&arena), prefix_(prefix) {}
  // Names of the tree's vars that could clash are passed over.
  template <class Node>
  void exclude_all_in(Node& node) {
    ast::walk(node, [this](ast::Var& var) {
      exclude(var.name);
      return false;
    });
  }
  void exclude(std::string_view name) {
    if (name.starts_with(prefix_)) taken_.emplace(name);
  }
  [[nodiscard]] std::string_view next();

  // Remembers the term that a local stands for: type errors show the term. The term must not change any more.
  void stands_for(std::string_view local, const ast::Term* term) { subjects_[local] = term; }
  [[nodiscard]] const std::unordered_map<std::string_view, const ast::Term*>& subjects() const { return subjects_; }

 private:
  Arena* arena_;
  std::string prefix_;
  std::uint64_t counter_ = 0;
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string_view, const ast::Term*> subjects_;
};

// Where a rewriting stage makes its nodes and names.
struct Rewriter {
  CompilerState& state;
  const ast::Nodes& nodes;
  LocalVars& locals;
  VarMap& rewritten;
  bool strict = false;

  [[nodiscard]] ast::Term* new_var(Span span) const;
  // `__localN__ = term`, marked as generated.
  [[nodiscard]] ast::Expr* capture(ast::Term* term) const;
};

struct DynamicEdge;  // graph.hpp

// Who reads whom. Rules (and else branches) are numbered by place.
struct RuleGraph {
  std::vector<ast::Rule*> rules;
  std::unordered_map<const ast::Rule*, std::uint32_t> numbers;
  std::vector<std::vector<std::uint32_t>> reads;  // sorted
  std::vector<std::vector<std::uint32_t>> read_by;
  std::vector<bool> in_cycle;
  std::unordered_map<std::uint32_t, std::vector<std::unique_ptr<DynamicEdge>>> dynamic;  // of rules in cycles
  std::vector<ast::Rule*> sorted;  // dependencies first
};

}  // namespace stages

struct CompilerState {
  explicit CompilerState(const CompilerOptions& chosen);
  ~CompilerState();
  CompilerState(const CompilerState&) = delete;
  CompilerState& operator=(const CompilerState&) = delete;

  CompilerOptions options;
  Arena arena;         // names, copies for messages
  ast::Nodes nodes;    // over that arena
  std::vector<std::unique_ptr<ast::Module>> modules;  // sorted by source name
  std::vector<std::uint32_t> source_rank;             // by Span::source
  RuleTree tree;
  stages::VarMap rewritten;
  std::unique_ptr<stages::LocalVars> locals;
  stages::RuleGraph graph;
  std::vector<ast::Import*> unused_imports;
  std::unordered_map<std::string, const ast::Annotations*> annotated_packages;  // by path
  std::unordered_map<std::string, const ast::Annotations*> annotated_paths;     // of documents and subpackages alike
  std::unique_ptr<TypeEnvironment> types;
  std::vector<std::vector<ast::Rule*>> dependency_lists;  // by graph number, without else branches
  std::unordered_map<const ast::Module*, std::vector<ast::Import*>> imports;  // as they were before RemoveImports

  // Errors, as OPA records them: the first `max_errors` count.
  stages::Errors errors;
  stages::Errors beyond_opa;  // what OPA would accept: builtins that PSDL leaves out
  bool limit_reached = false;
  bool calls_deprecated = false;  // set by the type checker
  bool stop = false;  // after the running stage

  // Each returns whether to go on. An error of the first kind ends the compilation after its stage.
  bool error(stages::CompileError found) { return record(std::move(found), false); }
  bool recoverable(stages::CompileError found) { return record(std::move(found), true); }
  bool error(stages::Errors found);
  bool recoverable(stages::Errors found);
  // Sorts them as they are printed and hands them over.
  void report(Diagnostics& diagnostics);

  [[nodiscard]] stages::Rewriter rewriter(const ast::Module& module);
  [[nodiscard]] int arity(const ast::Terms& callee) const;
  [[nodiscard]] bool v1_rules_hold(const ast::Module& module) const;  // of v1 or later, by its own version or by its imports
  // Negative, 0 or positive as the place of a is before b (source name, then offset); nowhere is last.
  [[nodiscard]] int compare_places(Span a, Span b) const;
  [[nodiscard]] const Source* source_of(Span span) const;
  [[nodiscard]] std::string place_text(Span span) const;  // "file:row"
  [[nodiscard]] std::uint32_t row_of(Span span) const;
  // data.<package>.<head>; made once for each call, in the state's arena.
  [[nodiscard]] ast::Ref path_of(const ast::Rule& rule);

 private:
  bool record(stages::CompileError found, bool can_continue);
};

namespace stages {

// Bodies --------------------------------------------------------------------------------------------------------------------

void append(ast::Body& body, ast::Expr* expr);  // sets its index
// A body that is nothing but `true` is replaced by the first of them.
void append_to_body(ast::Body& body, std::span<ast::Expr* const> exprs);
inline void append_to_body(ast::Body& body, ast::Expr* expr) { append_to_body(body, std::span<ast::Expr* const>(&expr, 1)); }
[[nodiscard]] bool is_empty_body(const ast::Body& body);
[[nodiscard]] bool has_two_operands(const ast::Expr& expr);
[[nodiscard]] bool is_reserved(std::string_view var);               // data, input
[[nodiscard]] bool is_root_document(const ast::Term& term);         // the refs `data` and `input`, nothing behind them
[[nodiscard]] bool starts_with(const ast::Term& term, std::string_view root);  // a ref with that head
[[nodiscard]] bool requires_evaluation(ast::Term* term);            // holds a ref or a closure; null: no
[[nodiscard]] ast::VarSet reserved_vars();
// Vars that a body declares with `:=` and `some`, outside of comprehensions.
void declared_vars(ast::Expr& expr, ast::VarSet& into);
[[nodiscard]] ast::VarSet declared_body_vars(ast::Body& body);
[[nodiscard]] ast::VarSet vars_of(ast::Term* term);
// Every rule and else branch of a module, in order.
template <class F>
void for_each_rule(ast::Module& module, F&& each) {
  for (ast::Rule* top : module.rules) {
    for (ast::Rule* rule = top; rule != nullptr; rule = rule->else_rule) each(*rule);
  }
}

// Text ----------------------------------------------------------------------------------------------------------------------
// As OPA's String() methods write them: what messages quote.

[[nodiscard]] std::string text_of(const ast::Term& term);
[[nodiscard]] std::string text_of(std::span<ast::Term* const> ref);
inline std::string text_of(const ast::Terms& ref) { return text_of(ref.items()); }
[[nodiscard]] std::string text_of_var(std::string_view var);
[[nodiscard]] std::string text_of_import(const ast::Import& import);
[[nodiscard]] std::string quoted(std::string_view text);
[[nodiscard]] std::string_view kind_of(const ast::Term& term);  // "arraycomprehension"
// A copy with generated vars shown as the user wrote them.
[[nodiscard]] ast::Ref with_user_vars(const ast::Nodes& nodes, const ast::Terms& ref, std::initializer_list<const VarMap*> rewritten);

// Stages --------------------------------------------------------------------------------------------------------------------

void resolve_refs(CompilerState& state);
void check_unused_imports(CompilerState& state);
void init_local_vars(CompilerState& state);
void rewrite_rule_head_refs(CompilerState& state);
void check_keyword_overrides(CompilerState& state);
void check_imports(CompilerState& state);
void remove_imports(CompilerState& state);
void set_rule_tree(CompilerState& state);
void rewrite_local_vars(CompilerState& state);
void number_tests_of_one_name(CompilerState& state);  // test_rules.cpp
void tell_test_cases(CompilerState& state);
void rewrite_template_strings(CompilerState& state);
void check_void_calls(CompilerState& state);
void rewrite_print_calls(CompilerState& state);
void rewrite_expr_terms(CompilerState& state);
void check_annotations(CompilerState& state);
void rewrite_metadata_calls(CompilerState& state);
void set_graph(CompilerState& state);
void sort_graph(CompilerState& state);
void rewrite_comprehension_terms(CompilerState& state);
void rewrite_refs_in_head(CompilerState& state);
void rewrite_with_values(CompilerState& state);
void check_rule_conflicts(CompilerState& state);
void check_undefined_functions(CompilerState& state);
void check_safety_of_heads(CompilerState& state);
void check_safety_of_bodies(CompilerState& state);
void rewrite_equals(CompilerState& state);
void rewrite_dynamic_terms(CompilerState& state);
void check_recursion(CompilerState& state);
void check_types(CompilerState& state);
void check_deprecated_builtins(CompilerState& state);
void check_missing_builtins(CompilerState& state);

// The same for one body: what queries use -------------------------------------------------------------------------------------

// Names known without `data.`, and whether they were used.
struct Global {
  const ast::Terms* ref = nullptr;
  bool used = false;
};
using Globals = std::unordered_map<std::string_view, Global>;
[[nodiscard]] Globals globals_of(const ast::Nodes& nodes, const ast::Package* package, std::span<const std::string_view> rule_names,
                                 std::span<ast::Import* const> imports);
void resolve_refs_in_query(const ast::Nodes& nodes, Globals& globals, ast::Body& body);
[[nodiscard]] Errors rewrite_local_vars_in_query(const Rewriter& rewriter, ast::Body& body);
[[nodiscard]] Errors rewrite_template_strings_in_body(const Rewriter& rewriter, const ast::VarSet& globals, ast::Body& body);
[[nodiscard]] Errors void_calls_in(ast::Body& body);
void erase_print_calls(const ast::Nodes& nodes, ast::Body& body);
[[nodiscard]] Errors rewrite_print_calls_in_body(const Rewriter& rewriter, const ast::VarSet& globals, ast::Body& body);
void rewrite_expr_terms_in_body(const Rewriter& rewriter, ast::Body& body);
void rewrite_comprehension_terms_in_body(const Rewriter& rewriter, ast::Body& body);
[[nodiscard]] Errors rewrite_with_values_in_body(const Rewriter& rewriter, ast::Body& body);
[[nodiscard]] Errors undefined_functions_in(CompilerState& state, const VarMap& rewritten, ast::Body& body);
// Reorders; errors where it cannot. `scope` is put behind each message (" in rule p").
[[nodiscard]] Errors check_body_safety(CompilerState& state, const VarMap& rewritten, const ast::VarSet& safe, ast::Body& body, const std::string& scope);
void rewrite_dynamic_terms_in_body(const Rewriter& rewriter, ast::Body& body);
[[nodiscard]] Errors check_types_in_query(CompilerState& state, const Rewriter& rewriter, ast::Body& body);
[[nodiscard]] Errors missing_builtins_in(ast::Body& body);

// The vars that a body binds, given those that are safe before it.
[[nodiscard]] ast::VarSet output_vars(const CompilerState& state, const ast::Body& body, std::size_t count, const ast::VarSet& safe);
[[nodiscard]] ast::VarSet output_vars_of_expr(const CompilerState& state, ast::Expr& expr, const ast::VarSet& safe);
[[nodiscard]] ast::VarSet output_vars_of_equality(ast::Expr& expr, const ast::VarSet& safe);
// Vars that `a = b` makes safe (unify.cpp).
[[nodiscard]] ast::VarSet unified_vars(const ast::VarSet& safe, ast::Term& a, ast::Term& b);
[[nodiscard]] bool is_ref_safe(ast::Ref& ref, const ast::VarSet& safe);
inline constexpr ast::VarParams kSafetyParams = {.skip_ref_call_head = true, .skip_closures = true};

}  // namespace stages
}  // namespace psdl
