// Who reads whom. In: modules with flat expressions; out: the graph of rules, its cycles, and an order with dependencies first.
//
// A ref with vars reads every rule that it could mean. Where a var ranges over constants that the body binds ahead of the ref, only those
// count, so that `some root in ["a", "b"]; data[root].p` does not depend on every rule there is.
#include "compiler/graph.hpp"

#include <algorithm>

namespace psdl::stages {
namespace {

// Refs are narrowed to at most so many.
constexpr std::size_t kMaxExpansion = 64;

using Values = std::vector<const ast::Term*>;
using Known = std::unordered_map<std::string_view, Values>;

// The member of a constant under a constant key; null where there is none.
const ast::Term* member_at(const ast::Term& collection, const ast::Term& key) {
  if (const auto* array = collection.as<ast::Array>()) {
    const auto* number = key.as<ast::Number>();
    if (number == nullptr) return nullptr;
    std::size_t at = 0;
    for (char c : number->text) {
      if (c < '0' || c > '9' || at > array->size()) return nullptr;
      at = at * 10 + static_cast<std::size_t>(c - '0');
    }
    return at < array->size() ? (*array)[at] : nullptr;
  }
  if (const auto* object = collection.as<ast::Object>()) {
    for (const ast::Pair& pair : *object) {
      if (ast::equal(pair.key, &key)) return pair.value;
    }
  } else if (const auto* set = collection.as<ast::Set>()) {
    for (const ast::Term* member : *set) {
      if (ast::equal(member, &key)) return member;
    }
  }
  return nullptr;
}

std::optional<Values> values_of(const ast::Term& term, const Known& known);

std::optional<Values> values_of_ref(const ast::Ref& ref, const Known& known) {
  auto values = values_of(*ref[0], known);
  if (!values) return std::nullopt;
  for (const ast::Term* part : ref.slice(1)) {
    Values next;
    if (ast::is_constant(part)) {
      for (const ast::Term* value : *values) {
        if (const ast::Term* member = member_at(*value, *part)) next.push_back(member);
      }
    } else {
      for (const ast::Term* value : *values) {
        const auto members = members_of(*value);
        if (!members) return std::nullopt;
        next.insert(next.end(), members->begin(), members->end());
      }
    }
    if (next.size() > kMaxExpansion) return std::nullopt;
    values = std::move(next);
  }
  return values;
}

// The constants that a term can be. Nothing: not known. An empty list: it has no value.
std::optional<Values> values_of(const ast::Term& term, const Known& known) {
  if (const auto* var = term.as<ast::Var>()) {
    const auto found = known.find(var->name);
    if (found == known.end()) return std::nullopt;
    return found->second;
  }
  if (const auto* ref = term.as<ast::Ref>()) return values_of_ref(*ref, known);
  if (ast::is_constant(&term)) return Values{&term};
  return std::nullopt;
}

struct Binding {
  std::size_t at = 0;
  std::string_view var;
  Values values;
};

// Vars that the body binds to constants, in its order, the first binding of each.
std::vector<Binding> constant_bindings(const ast::Body& body) {
  std::vector<Binding> bindings;
  Known known;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const ast::Expr& expr = *body[i];
    if (!expr.is_equality() || expr.negated || !expr.with.empty() || !has_two_operands(expr)) continue;
    for (std::size_t side = 0; side < 2; ++side) {
      const auto* var = expr.operand(side)->as<ast::Var>();
      if (var == nullptr) continue;
      auto values = values_of(*expr.operand(1 - side), known);
      if (!values) continue;
      if (known.emplace(var->name, *values).second) bindings.push_back({i, var->name, std::move(*values)});
      break;
    }
  }
  return bindings;
}

bool has_var_part(const ast::Ref& ref) {
  return std::any_of(ref.begin() + (ref.empty() ? 0 : 1), ref.end(), [](const ast::Term* part) { return !ast::is_constant(part); });
}

// The refs that `ref` can mean, given what its vars can be. Never empty.
std::vector<std::vector<ast::Term*>> expand(const ast::Ref& ref, const Known& known) {
  std::vector<std::vector<ast::Term*>> expanded = {{ref.begin(), ref.end()}};
  for (std::size_t i = 1; i < ref.size(); ++i) {
    if (ast::is_constant(ref[i])) continue;
    const auto values = values_of(*ref[i], known);
    if (!values || values->empty() || expanded.size() * values->size() > kMaxExpansion) continue;
    std::vector<std::vector<ast::Term*>> next;
    for (const auto& prefix : expanded) {
      for (const ast::Term* value : *values) {
        next.push_back(prefix);
        next.back()[i] = const_cast<ast::Term*>(value);  // only read
      }
    }
    expanded = std::move(next);
  }
  return expanded;
}

ast::VarSet vars_before(ast::Rule& rule, std::size_t at) {
  ast::VarSet vars;
  const auto add = [&](ast::Var& var) {
    vars.add(var.name);
    return false;
  };
  ast::walk(*rule.head, add);
  if (!rule.head->name.empty()) vars.add(rule.head->name);
  for (std::size_t i = 0; i < at && i < rule.body.size(); ++i) ast::walk(*rule.body[i], add);
  return vars;
}

// Calls each(written, selecting, has_var, at, rule) for every rule that each ref of the rule could read.
template <class F>
void walk_dependencies(const RuleTree& tree, ast::Rule& rule, F&& each) {
  std::optional<std::vector<Binding>> bindings;
  Known known;
  std::size_t known_at = SIZE_MAX;
  std::size_t at = 0;
  const auto on_ref = [&](ast::Ref& ref) {
    if (!has_var_part(ref)) {
      // What is no path to a document has no rules.
      for (ast::Rule* target : tree.rules_dynamic(ref.items(), true)) each(ref, ref.items(), false, at, *target);
      return false;
    }
    if (!ast::is_var(ref[0], "data")) return false;
    if (!bindings) bindings = constant_bindings(rule.body);
    if (known_at != at) {
      known.clear();
      for (const Binding& binding : *bindings) {
        if (binding.at < at) known[binding.var] = binding.values;
      }
      known_at = at;
    }
    if (known.empty()) {
      for (ast::Rule* target : tree.rules_dynamic(ref.items(), true)) each(ref, ref.items(), true, at, *target);
      return false;
    }
    const auto expanded = expand(ref, known);
    const std::span<ast::Term* const> selecting = expanded.size() == 1 ? std::span<ast::Term* const>(expanded[0]) : std::span<ast::Term* const>(ref.items());
    for (const auto& narrow : expanded) {
      for (ast::Rule* target : tree.rules_dynamic(narrow, true)) each(ref, selecting, true, at, *target);
    }
    return false;
  };
  for (at = 0; at < rule.body.size(); ++at) ast::walk(*rule.body[at], on_ref);
  ast::walk(*rule.head, on_ref);
}

// Marks the rules that can reach themselves (Tarjan, with a stack of its own: chains of rules may be long).
void find_cycles(RuleGraph& graph) {
  const std::size_t size = graph.rules.size();
  graph.in_cycle.assign(size, false);
  std::vector<std::uint32_t> index(size, UINT32_MAX);
  std::vector<std::uint32_t> low(size, 0);
  std::vector<bool> on_stack(size, false);
  std::vector<std::uint32_t> stack;
  struct Frame {
    std::uint32_t node;
    std::size_t next;
  };
  std::vector<Frame> frames;
  std::uint32_t counter = 0;
  for (std::uint32_t root = 0; root < size; ++root) {
    if (index[root] != UINT32_MAX) continue;
    frames.push_back({root, 0});
    while (!frames.empty()) {
      Frame& frame = frames.back();
      const std::uint32_t node = frame.node;
      if (frame.next == 0) {
        index[node] = low[node] = counter++;
        stack.push_back(node);
        on_stack[node] = true;
      }
      if (frame.next < graph.reads[node].size()) {
        const std::uint32_t target = graph.reads[node][frame.next++];
        if (target == node) graph.in_cycle[node] = true;
        if (index[target] == UINT32_MAX) {
          frames.push_back({target, 0});
        } else if (on_stack[target]) {
          low[node] = std::min(low[node], index[target]);
        }
        continue;
      }
      frames.pop_back();
      if (!frames.empty()) low[frames.back().node] = std::min(low[frames.back().node], low[node]);
      if (low[node] != index[node]) continue;
      const bool is_single = stack.back() == node;
      while (true) {
        const std::uint32_t member = stack.back();
        stack.pop_back();
        on_stack[member] = false;
        if (!is_single) graph.in_cycle[member] = true;
        if (member == node) break;
      }
    }
  }
}

// Where the vars of a ref get their values: from the head, or from expressions ahead of it.
class Origins {
 public:
  Origins(CompilerState& state, const ast::Rule& rule, std::size_t at) : state_(state), limit_(rule.body.size()) {
    for (std::size_t i = 0; i < at && i < rule.body.size(); ++i) read(*rule.body[i]);
    for (const ast::Term* part : rule.head->reference.slice(1)) head(part, VarOrigin::Kind::HeadKey);
    if (rule.head->key != nullptr) head(rule.head->key, VarOrigin::Kind::HeadKey);
    for (const ast::Term* arg : rule.head->args) head(arg, VarOrigin::Kind::HeadArgument);
  }

  [[nodiscard]] std::map<std::string_view, VarOrigin> of(const ast::Ref& ref) const {
    std::map<std::string_view, VarOrigin> found;
    for (const ast::Term* part : ref.slice(1)) {
      const auto* var = part->as<ast::Var>();
      if (var == nullptr) continue;
      if (auto origin = resolve(var->name)) found[var->name] = std::move(*origin);
    }
    return found;
  }

 private:
  void read(const ast::Expr& expr) {
    if (expr.negated || !expr.with.empty()) return;
    const ast::CallTerms* call = expr.call();
    if (call == nullptr) return;
    if (expr.is_equality()) {
      if (!has_two_operands(expr)) return;
      for (std::size_t side = 0; side < 2; ++side) {
        if (const auto* var = expr.operand(side)->as<ast::Var>()) bindings_.emplace(var->name, expr.operand(1 - side));
      }
      return;
    }
    const auto* callee = (*call)[0]->as<ast::Ref>();
    if (callee == nullptr) return;
    const auto builtin = builtin_facts(*callee);
    if (!builtin || call->size() != static_cast<std::size_t>(builtin->arity()) + 2) return;
    if (const auto* var = call->back()->as<ast::Var>()) outputs_[var->name] = dotted_name(*callee);
  }
  void head(const ast::Term* term, VarOrigin::Kind kind) {
    if (const auto* var = term->as<ast::Var>()) head_[var->name] = kind;
  }

  [[nodiscard]] std::string prefix_text(const ast::Ref& ref) const { return text_of(ast::constant_prefix(ref)); }

  [[nodiscard]] std::optional<VarOrigin> resolve(std::string_view var) const {
    // A chain longer than the body loops.
    for (std::size_t depth = 0; depth <= limit_; ++depth) {
      if (const auto output = outputs_.find(var); output != outputs_.end()) return VarOrigin{VarOrigin::Kind::Builtin, output->second, nullptr};
      const auto bound = bindings_.find(var);
      if (bound != bindings_.end()) {
        if (const auto* next = bound->second->as<ast::Var>()) {
          var = next->name;
          continue;
        }
        if (const auto* ref = bound->second->as<ast::Ref>()) {
          if (ast::is_var((*ref)[0], "input")) return VarOrigin{VarOrigin::Kind::Input, prefix_text(*ref), nullptr};
          if (ast::is_var((*ref)[0], "data")) return VarOrigin{VarOrigin::Kind::Rule, prefix_text(*ref), nullptr};
          if (ref->size() == 2 && !ast::is_constant((*ref)[1])) {
            if (const ast::Term* collection = collection_of((*ref)[0], depth)) return VarOrigin{VarOrigin::Kind::Collection, {}, state_.nodes.copy(collection)};
          }
        }
      }
      if (const auto in_head = head_.find(var); in_head != head_.end()) return VarOrigin{in_head->second, {}, nullptr};
      return std::nullopt;
    }
    return std::nullopt;
  }

  [[nodiscard]] const ast::Term* collection_of(const ast::Term* term, std::size_t depth) const {
    for (; depth <= bindings_.size(); ++depth) {
      const auto* var = term->as<ast::Var>();
      if (var == nullptr) break;
      const auto bound = bindings_.find(var->name);
      if (bound == bindings_.end()) return nullptr;
      term = bound->second;
    }
    const bool is_collection = term->is<ast::Array>() || term->is<ast::Set>() || term->is<ast::Object>();
    return is_collection && ast::is_constant(term) ? term : nullptr;
  }

  CompilerState& state_;
  std::size_t limit_;
  std::map<std::string_view, const ast::Term*> bindings_;
  std::map<std::string_view, std::string> outputs_;
  std::map<std::string_view, VarOrigin::Kind> head_;
};

// Refs in a rule that may read others only through a var. Rules that another ref reads outright are left out.
void note_dynamic_edges(CompilerState& state, ast::Rule& rule) {
  struct Dependency {
    const ast::Ref* written;
    std::vector<ast::Term*> selecting;
    std::size_t at;
    ast::Rule* rule;
    bool is_static;
  };
  std::vector<Dependency> dependencies;
  std::unordered_map<std::size_t, ast::VarSet> bound;
  std::unordered_set<const ast::Rule*> read_outright;
  walk_dependencies(state.tree, rule, [&](const ast::Ref& written, std::span<ast::Term* const> selecting, bool has_var, std::size_t at, ast::Rule& target) {
    bool is_static = true;
    if (has_var) {
      const auto [before, is_new] = bound.try_emplace(at);
      if (is_new) before->second = vars_before(rule, at);
      is_static = ref_selects_rule(ast::Terms(state.arena, selecting), target, before->second, nullptr);
    }
    if (is_static) read_outright.insert(&target);
    dependencies.push_back({&written, {selecting.begin(), selecting.end()}, at, &target, is_static});
  });
  std::vector<std::unique_ptr<DynamicEdge>> edges;
  const ast::Ref* last = nullptr;
  for (const Dependency& dependency : dependencies) {
    if (read_outright.contains(dependency.rule)) continue;
    if (last != dependency.written) {
      last = dependency.written;
      auto edge = std::make_unique<DynamicEdge>();
      edge->written = ast::Ref(state.arena);
      for (const ast::Term* part : *last) edge->written.push_back(state.nodes.copy(part));
      edge->selecting = ast::Ref(state.arena);
      for (const ast::Term* part : dependency.selecting) edge->selecting.push_back(state.nodes.copy(part));
      edge->at = dependency.at;
      edge->bound = bound[dependency.at];
      edge->origins = Origins(state, rule, dependency.at).of(edge->selecting);
      edges.push_back(std::move(edge));
    }
    edges.back()->rules.push_back(dependency.rule);
  }
  if (!edges.empty()) state.graph.dynamic[state.graph.numbers.at(&rule)] = std::move(edges);
}

}  // namespace

std::optional<std::vector<const ast::Term*>> members_of(const ast::Term& collection) {
  Values members;
  if (const auto* array = collection.as<ast::Array>()) {
    members.assign(array->begin(), array->end());
  } else if (const auto* set = collection.as<ast::Set>()) {
    members.assign(set->begin(), set->end());
  } else if (const auto* object = collection.as<ast::Object>()) {
    for (const ast::Pair& pair : *object) members.push_back(pair.value);
  } else {
    return std::nullopt;
  }
  return members;
}

bool ref_selects_rule(const ast::Terms& ref, const ast::Rule& rule, const ast::VarSet& bound, std::vector<std::size_t>* positions) {
  const ast::Terms& package = rule.module->package->path;
  const ast::Ref& head = rule.head->reference;
  bool is_static = true;
  for (std::size_t i = 1; i < ref.size() && i < package.size() + head.size(); ++i) {
    const bool is_name = i == package.size();
    const ast::Term* part = i < package.size() ? package[i] : head[i - package.size()];
    if (!is_name && !ast::is_constant(part)) continue;
    if (const auto* var = ref[i]->as<ast::Var>(); var != nullptr && !bound.contains(var->name)) {
      // Nothing binds it before: it walks over all there is.
      if (std::count_if(ref.begin(), ref.end(), [&](const ast::Term* other) { return ast::is_var(other, var->name); }) == 1) continue;
    }
    if (ast::is_constant(ref[i])) {
      const auto* name = is_name ? part->as<ast::Var>() : nullptr;
      const auto* text = ref[i]->as<ast::String>();
      const bool same = name != nullptr ? text != nullptr && text->text == name->name : ast::equal(ref[i], part);
      if (!same) return false;
      continue;
    }
    if (positions == nullptr) return false;
    is_static = false;
    positions->push_back(i);
  }
  return is_static;
}

void set_graph(CompilerState& state) {
  RuleGraph& graph = state.graph;
  for (const auto& module : state.modules) {
    for_each_rule(*module, [&](ast::Rule& rule) { graph.rules.push_back(&rule); });
  }
  std::stable_sort(graph.rules.begin(), graph.rules.end(), [&](const ast::Rule* a, const ast::Rule* b) {
    const int order = state.compare_places(a->span, b->span);
    return order != 0 ? order < 0 : ast::compare(a->head->reference, b->head->reference) < 0;
  });
  for (std::uint32_t i = 0; i < graph.rules.size(); ++i) graph.numbers[graph.rules[i]] = i;
  graph.reads.resize(graph.rules.size());
  graph.read_by.resize(graph.rules.size());
  for (std::uint32_t i = 0; i < graph.rules.size(); ++i) {
    std::vector<std::uint32_t>& reads = graph.reads[i];
    walk_dependencies(state.tree, *graph.rules[i], [&](const ast::Ref&, std::span<ast::Term* const>, bool, std::size_t, ast::Rule& target) {
      for (const ast::Rule* branch = &target; branch != nullptr; branch = branch->else_rule) reads.push_back(graph.numbers.at(branch));
    });
    std::sort(reads.begin(), reads.end());
    reads.erase(std::unique(reads.begin(), reads.end()), reads.end());
    for (std::uint32_t target : reads) graph.read_by[target].push_back(i);
  }
  find_cycles(graph);
  for (std::uint32_t i = 0; i < graph.rules.size(); ++i) {
    if (graph.in_cycle[i]) note_dynamic_edges(state, *graph.rules[i]);
  }
}

// Depth first, by place: what a rule reads comes before it.
void sort_graph(CompilerState& state) {
  RuleGraph& graph = state.graph;
  std::vector<bool> entered(graph.rules.size(), false);
  struct Frame {
    std::uint32_t node;
    std::size_t next;
  };
  std::vector<Frame> frames;
  for (std::uint32_t root = 0; root < graph.rules.size(); ++root) {
    if (entered[root]) continue;
    entered[root] = true;
    frames.push_back({root, 0});
    while (!frames.empty()) {
      Frame& frame = frames.back();
      if (frame.next < graph.reads[frame.node].size()) {
        const std::uint32_t target = graph.reads[frame.node][frame.next++];
        if (!entered[target]) {
          entered[target] = true;
          frames.push_back({target, 0});
        }
        continue;
      }
      graph.sorted.push_back(graph.rules[frame.node]);
      frames.pop_back();
    }
  }
}

}  // namespace psdl::stages
