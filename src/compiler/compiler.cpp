// The stages in OPA's order. In: parsed modules; out: a CheckedPolicy, or the errors in the order in which `opa check` prints them.
#include "compiler/compiler.hpp"

#include <algorithm>

#include "compiler/graph.hpp"
#include "compiler/near_function.hpp"
#include "compiler/state.hpp"
#include "compiler/types_env.hpp"

namespace psdl {
namespace {

using stages::CompileError;
using stages::Errors;
using stages::kNoSource;

// Stages end the compilation where they leave an error that later ones cannot be trusted with.
using Stage = void (*)(CompilerState&);
constexpr Stage kStages[] = {
    stages::resolve_refs,
    stages::check_unused_imports,
    stages::init_local_vars,
    stages::rewrite_rule_head_refs,
    stages::number_tests_of_one_name,
    stages::check_keyword_overrides,
    stages::check_imports,
    stages::remove_imports,
    stages::set_rule_tree,
    stages::rewrite_local_vars,
    stages::tell_test_cases,
    stages::rewrite_template_strings,
    stages::check_void_calls,
    stages::rewrite_print_calls,
    stages::rewrite_expr_terms,
    stages::check_annotations,
    stages::rewrite_metadata_calls,
    stages::set_graph,
    stages::rewrite_comprehension_terms,
    stages::rewrite_refs_in_head,
    stages::rewrite_with_values,
    stages::check_rule_conflicts,
    stages::check_undefined_functions,
    stages::check_safety_of_heads,
    stages::check_safety_of_bodies,
    stages::rewrite_equals,
    stages::rewrite_dynamic_terms,
    stages::check_recursion,
    stages::sort_graph,
    stages::check_types,
    stages::check_deprecated_builtins,
};

// Stages edit in place, so no node may stand in two places of one rule.
void unshare_heads(ast::Module& module) {
  stages::for_each_rule(module, [&](ast::Rule& rule) {
    ast::Head& head = *rule.head;
    for (ast::Term*& part : head.reference) {
      if (part == head.key || part == head.value) part = module.nodes.copy(part);
    }
    if (head.key != nullptr && head.key == head.value) head.value = module.nodes.copy(head.value);
    rule.module = &module;
  });
}

}  // namespace

CompilerState::CompilerState(const CompilerOptions& chosen) : options(chosen), nodes(arena) {
  // Modules and errors are ordered by the names of their sources.
  std::vector<std::uint32_t> order(options.sources.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const Source* first = options.sources[a];
    const Source* second = options.sources[b];
    return first != nullptr && second != nullptr ? first->name() < second->name() : second != nullptr && first == nullptr;
  });
  source_rank.resize(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) source_rank[order[i]] = i;
  types = std::make_unique<TypeEnvironment>();
}

CompilerState::~CompilerState() = default;

int CompilerState::compare_places(Span a, Span b) const {
  const auto rank = [&](Span span) -> std::uint64_t {
    if (span.source == kNoSource) return UINT64_MAX;
    return span.source < source_rank.size() ? source_rank[span.source] : span.source;
  };
  if (rank(a) != rank(b)) return rank(a) < rank(b) ? -1 : 1;
  if (a.source == kNoSource || a.begin == b.begin) return 0;
  return a.begin < b.begin ? -1 : 1;
}

const Source* CompilerState::source_of(Span span) const { return span.source < options.sources.size() ? options.sources[span.source] : nullptr; }

std::uint32_t CompilerState::row_of(Span span) const {
  const Source* source = source_of(span);
  return source != nullptr ? source->line_column_bytes(span.begin).line : 0;
}

std::string CompilerState::place_text(Span span) const {
  const Source* source = source_of(span);
  return (source != nullptr ? source->name() : std::string()) + ":" + std::to_string(row_of(span));
}

bool CompilerState::record(CompileError found, bool can_continue) {
  if (options.max_errors == 0) {
    errors.push_back(std::move(found));
    stop = stop || !can_continue;
    return true;
  }
  if (limit_reached) return false;
  errors.push_back(std::move(found));
  limit_reached = errors.size() == options.max_errors;
  stop = stop || !can_continue || limit_reached;
  return !limit_reached;
}

bool CompilerState::error(Errors found) {
  bool go_on = true;
  for (CompileError& each : found) go_on = record(std::move(each), false);
  return go_on;
}

bool CompilerState::recoverable(Errors found) {
  bool go_on = true;
  for (CompileError& each : found) go_on = record(std::move(each), true);
  return go_on;
}

void CompilerState::report(Diagnostics& diagnostics) {
  const auto hand_over = [&](Errors& found, bool beyond) {
    std::stable_sort(found.begin(), found.end(), [&](const CompileError& a, const CompileError& b) {
      const int order = compare_places(a.span, b.span);
      if (order != 0) return order < 0;
      return a.code != b.code ? a.code < b.code : a.message < b.message;
    });
    for (CompileError& each : found) {
      std::vector<std::string> help = stages::help_of(*this, each);
      Diagnostic& added = diagnostics.error(each.code, each.span, std::move(each.message));
      added.beyond_opa = beyond;
      added.notes = std::move(each.details);
      added.help = std::move(help);
    }
    found.clear();
  };
  hand_over(errors, false);
  if (limit_reached) diagnostics.error(stages::kCompileError, stages::kNowhere, "error limit reached");
  hand_over(beyond_opa, true);
}

stages::Rewriter CompilerState::rewriter(const ast::Module& module) { return {*this, module.nodes, *locals, rewritten, options.strict}; }

int CompilerState::arity(const ast::Terms& callee) const {
  if (const auto builtin = stages::builtin_facts(callee)) return builtin->arity();
  const auto rules = tree.rules_at(callee.items());
  return rules.empty() ? -1 : static_cast<int>(rules[0]->head->args.size());
}

bool CompilerState::v1_rules_hold(const ast::Module& module) const { return module.max_version != ast::RegoVersion::V0; }

ast::Ref CompilerState::path_of(const ast::Rule& rule) {
  const ast::Terms& package = rule.module->package->path;
  const ast::Ref& head = rule.head->reference;
  ast::Ref path(arena, package.items());
  if (const auto* name = head[0]->as<ast::Var>()) {
    path.push_back(nodes.term(ast::String{name->name}, head[0]->span));
  } else {
    path.push_back(head[0]);
  }
  path.append(head.slice(1));
  return path;
}

// ---------------------------------------------------------------------------------------------------------------------------

CheckedPolicy::CheckedPolicy() = default;
CheckedPolicy::~CheckedPolicy() = default;

std::span<const std::unique_ptr<ast::Module>> CheckedPolicy::modules() const { return state_->modules; }
const RuleTree& CheckedPolicy::tree() const { return state_->tree; }
std::span<ast::Rule* const> CheckedPolicy::sorted_rules() const { return state_->graph.sorted; }

std::span<ast::Rule* const> CheckedPolicy::dependencies(const ast::Rule* rule) const {
  const auto found = state_->graph.numbers.find(rule);
  if (found == state_->graph.numbers.end()) return {};
  return state_->dependency_lists[found->second];
}

std::vector<ast::Ref> CheckedPolicy::rule_paths() const {
  std::vector<ast::Ref> paths;
  for (const auto& module : state_->modules) {
    for (const ast::Rule* rule : module->rules) paths.push_back(state_->path_of(*rule));
  }
  return paths;
}

const UserVar* CheckedPolicy::user_var(std::string_view generated) const {
  const auto found = state_->rewritten.find(generated);
  return found == state_->rewritten.end() ? nullptr : &found->second;
}

int CheckedPolicy::arity(const ast::Terms& callee) const { return state_->arity(callee); }

std::unique_ptr<CheckedPolicy> Compiler::compile(std::vector<std::unique_ptr<ast::Module>> modules, Diagnostics& diagnostics) {
  auto policy = std::make_unique<CheckedPolicy>();
  policy->state_ = std::make_unique<CompilerState>(options_);
  CompilerState& state = *policy->state_;
  std::stable_sort(modules.begin(), modules.end(), [&](const auto& a, const auto& b) { return state.compare_places(a->package->span, b->package->span) < 0; });
  state.modules = std::move(modules);
  for (const auto& module : state.modules) unshare_heads(*module);
  for (const Stage stage : kStages) {
    stage(state);
    if (state.stop) break;
  }
  if (state.errors.empty()) stages::check_missing_builtins(state);
  const bool failed = !state.errors.empty() || !state.beyond_opa.empty();
  state.report(diagnostics);
  if (failed) return nullptr;

  // Else branches come with their rule, which stands where its last branch stood: all that any of them reads is before it.
  stages::RuleGraph& graph = state.graph;
  std::vector<ast::Rule*> top_of(graph.rules.size(), nullptr);
  for (const auto& module : state.modules) {
    for (ast::Rule* top : module->rules) {
      for (ast::Rule* branch = top; branch != nullptr; branch = branch->else_rule) top_of[graph.numbers.at(branch)] = top;
    }
  }
  state.dependency_lists.resize(graph.rules.size());
  for (std::size_t i = 0; i < graph.rules.size(); ++i) {
    for (std::uint32_t target : graph.reads[i]) {
      if (top_of[target] == graph.rules[target]) state.dependency_lists[i].push_back(graph.rules[target]);
    }
  }
  std::vector<ast::Rule*> tops;
  std::vector<bool> placed(graph.rules.size(), false);
  for (auto branch = graph.sorted.rbegin(); branch != graph.sorted.rend(); ++branch) {
    ast::Rule* top = top_of[graph.numbers.at(*branch)];
    const std::uint32_t number = graph.numbers.at(top);
    if (!placed[number]) tops.push_back(top);
    placed[number] = true;
  }
  std::reverse(tops.begin(), tops.end());
  graph.sorted = std::move(tops);
  return policy;
}

}  // namespace psdl
