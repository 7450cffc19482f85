// Rules that cannot stand beside each other. In: the tree of rules; out: an error for each place where kinds, arities, defaults or extents clash.
#include <algorithm>
#include <set>

#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

struct PlacedRef {
  ast::Ref ref;
  Span span;
};

class ConflictCheck {
 public:
  explicit ConflictCheck(CompilerState& state) : state_(state) {}

  void node(const RuleNode& held) {
    if (!held.rules.empty() && !rules(held)) return;
    for (const RuleNode* child : held.children) node(*child);
  }

 private:
  std::string name_of(const ast::Ref& path) { return text_of(with_user_vars(state_.nodes, path, {&state_.rewritten})); }

  // Whether to look below.
  bool rules(const RuleNode& held) {
    bool has_single = false;
    bool has_multi = false;
    bool has_complete = false;
    bool has_partial = false;
    bool has_set = false;
    bool has_object_of_sets = false;
    bool all_ground = true;
    bool any_ground = false;
    std::set<std::size_t> arities;
    std::vector<const ast::Rule*> defaults;
    for (const ast::Rule* rule : held.rules) {
      const ast::Head& head = *rule->head;
      const bool is_ground = !head.has_dynamic_ref();
      (head.is_multi_value() ? has_multi : has_single) = true;
      (is_ground && !head.is_multi_value() ? has_complete : has_partial) = true;
      if (head.is_multi_value()) (is_ground ? has_set : has_object_of_sets) = true;
      arities.insert(head.args.size());
      all_ground = all_ground && is_ground;
      any_ground = any_ground || is_ground;
      if (rule->is_default) defaults.push_back(rule);
    }
    const ast::Rule& first = *held.rules.front();
    const auto name = [&] { return name_of(state_.path_of(*held.rules.back())); };

    std::vector<PlacedRef> below;
    if (any_ground && !held.children.empty()) below = flatten(held, false);
    // A function inside the dynamic extent of a rule could never be reached.
    if (below.empty() && !all_ground && !held.children.empty()) below = flatten(held, true);
    if (!below.empty()) {
      std::string message = "rule " + name() + " conflicts with:";
      for (const PlacedRef& other : below) message += "\n  rule " + name_of(other.ref) + " at " + state_.place_text(other.span);
      return state_.error({kTypeError, std::move(message), first.span, {}});
    }
    if ((has_single && has_multi) || arities.size() > 1 || (has_complete && has_partial) || (has_set && has_object_of_sets)) {
      return state_.error({kTypeError, "conflicting rules " + name() + " found", first.span, {}});
    }
    if (defaults.size() > 1) {
      std::string message = "multiple default rules " + name() + " found at ";
      for (std::size_t i = 0; i < defaults.size(); ++i) message += (i > 0 ? ", " : "") + state_.place_text(defaults[i]->span);
      return state_.error({kTypeError, std::move(message), defaults[0]->module->package->span, {}});
    }
    return true;
  }

  // The rules below, without those inside the extent of another of them, sorted.
  std::vector<PlacedRef> flatten(const RuleNode& held, bool functions_only) {
    std::vector<PlacedRef> found;
    for (const RuleNode* child : held.children) collect(*child, functions_only, found);
    std::stable_sort(found.begin(), found.end(), [](const PlacedRef& a, const PlacedRef& b) { return ast::compare(a.ref, b.ref) < 0; });
    // A prefix sorts before what it is a prefix of.
    std::vector<PlacedRef> kept;
    for (PlacedRef& each : found) {
      if (kept.empty() || !ast::has_prefix(each.ref, kept.back().ref.items())) kept.push_back(std::move(each));
    }
    return kept;
  }
  void collect(const RuleNode& held, bool functions_only, std::vector<PlacedRef>& into) {
    for (const ast::Rule* rule : held.rules) {
      if (!functions_only || rule->is_function()) into.push_back({state_.path_of(*rule), rule->span});
    }
    for (const RuleNode* child : held.children) collect(*child, functions_only, into);
  }

  CompilerState& state_;
};

// A rule may not have the path of a package.
void check_packages(CompilerState& state) {
  std::unordered_map<std::string, std::vector<const ast::Module*>> packages;
  for (const auto& module : state.modules) packages[text_of(module->package->path)].push_back(module.get());
  for (const auto& module : state.modules) {
    for (const ast::Rule* rule : module->rules) {
      if (rule->head->has_dynamic_ref()) continue;
      const ast::Ref path = state.path_of(*rule);
      const auto found = packages.find(text_of(path));
      if (found == packages.end()) continue;
      for (const ast::Module* other : found->second) {
        if (other == module.get()) continue;
        if (!state.error({kTypeError,
                          "package " + text_of(other->package->path.slice(1)) + " conflicts with rule " + text_of(rule->head->reference) + " defined at " +
                              state.place_text(rule->span),
                          module->package->span,
                          {}})) {
          return;
        }
      }
    }
  }
}

}  // namespace

void set_rule_tree(CompilerState& state) {
  // Modules by package, then by name, so that rules of one path come in one order.
  std::vector<const ast::Module*> sorted;
  for (const auto& module : state.modules) sorted.push_back(module.get());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const ast::Module* a, const ast::Module* b) { return ast::compare(a->package->path, b->package->path) < 0; });
  for (const ast::Module* module : sorted) {
    if (module->rules.empty()) state.tree.add(module->package->path.items());
    for (ast::Rule* rule : module->rules) {
      const ast::Ref path = state.path_of(*rule);
      state.tree.add(ast::ground_prefix(path)).rules.push_back(rule);
    }
  }
  const ast::Term* data = state.nodes.var("data", kNowhere);
  const ast::Term* system = state.nodes.string("system", kNowhere);
  if (RuleNode* node = state.tree.root().child(*data)) {
    if (RuleNode* hidden = node->child(*system)) hidden->hidden = true;
  }
  state.tree.sort();
}

void check_rule_conflicts(CompilerState& state) {
  ConflictCheck(state).node(state.tree.root());
  check_packages(state);
}

}  // namespace psdl::stages
