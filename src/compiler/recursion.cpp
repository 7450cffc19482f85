// Rules that need themselves. In: the graph of rules; out: an error for each rule in a cycle, with the way around it.
#include <algorithm>

#include "compiler/graph.hpp"
#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

// A message spells out at most so many conditions, and lists a collection of at most so many values.
constexpr std::size_t kMaxConditions = 2;
constexpr std::size_t kMaxMembers = 5;

struct Condition {
  std::size_t position = 0;
  const ast::Term* term = nullptr;   // with the user's names
  const ast::Term* value = nullptr;
};

class RecursionCheck {
 public:
  explicit RecursionCheck(CompilerState& state) : state_(state), graph_(state.graph) {}

  void node(const RuleNode& held) {
    for (ast::Rule* top : held.rules) {
      for (ast::Rule* rule = top; rule != nullptr; rule = rule->else_rule) {
        const std::uint32_t number = graph_.numbers.at(rule);
        if (graph_.in_cycle[number] && !state_.limit_reached) self_path(number);
      }
    }
    for (const RuleNode* child : held.children) node(*child);
  }

 private:
  using Path = std::vector<std::uint32_t>;

  void self_path(std::uint32_t start) {
    Path path = find_path(start, false);
    if (path.empty()) return;
    std::string verb = " is recursive: ";
    std::string cause;
    if (!is_static(path)) {
      // The first search may have met a cycle that depends on a var before one that does not.
      if (Path fixed = find_path(start, true); !fixed.empty()) {
        path = std::move(fixed);
      } else {
        verb = " may be recursive: ";
        cause = dynamic_cause(path);
      }
    }
    std::string way;
    for (std::uint32_t number : path) {
      if (!way.empty()) way += " -> ";
      way += name_of(*graph_.rules[number]);
    }
    const ast::Rule& rule = *graph_.rules[start];
    state_.error({kRecursionError, "rule " + name_of(rule) + verb + way + cause, rule.span, {}});
  }

  // From a rule back to itself, depth first; empty where there is no way.
  Path find_path(std::uint32_t start, bool static_only) const {
    std::vector<bool> visited(graph_.rules.size(), false);
    struct Frame {
      std::uint32_t node;
      std::size_t next;
    };
    std::vector<Frame> frames = {{start, 0}};
    visited[start] = true;
    while (!frames.empty()) {
      Frame& frame = frames.back();
      if (frame.next == graph_.reads[frame.node].size()) {
        frames.pop_back();
        continue;
      }
      const std::uint32_t target = graph_.reads[frame.node][frame.next++];
      if (!graph_.in_cycle[target] || (static_only && edge_of(frame.node, target) != nullptr)) continue;
      if (target == start) {
        Path path;
        for (const Frame& each : frames) path.push_back(each.node);
        path.push_back(start);
        return path;
      }
      if (visited[target]) continue;
      visited[target] = true;
      frames.push_back({target, 0});
    }
    return {};
  }

  // The ref that may make one rule read the other; null where another ref does so outright.
  const DynamicEdge* edge_of(std::uint32_t from, std::uint32_t to) const {
    const auto found = graph_.dynamic.find(from);
    if (found == graph_.dynamic.end()) return nullptr;
    const ast::Rule* target = graph_.rules[to];
    for (const auto& edge : found->second) {
      for (const ast::Rule* top : edge->rules) {
        for (const ast::Rule* branch = top; branch != nullptr; branch = branch->else_rule) {
          if (branch == target) return edge.get();
        }
      }
    }
    return nullptr;
  }

  bool is_static(const Path& path) const {
    for (std::size_t i = 1; i < path.size(); ++i) {
      if (edge_of(path[i - 1], path[i]) != nullptr) return false;
    }
    return true;
  }

  std::string name_of(const ast::Rule& rule) {
    return text_of(with_user_vars(state_.nodes, state_.path_of(rule), {&state_.rewritten}));
  }

  // " (data[x].r refers to data.p.r if x is "p")"
  std::string dynamic_cause(const Path& path) {
    for (std::size_t i = 1; i < path.size(); ++i) {
      const DynamicEdge* edge = edge_of(path[i - 1], path[i]);
      if (edge == nullptr) continue;
      const ast::Rule& target = *graph_.rules[path[i]];
      const ast::Rule& source = *graph_.rules[path[i - 1]];
      const ast::Ref target_path = state_.path_of(target);
      // Beyond the target's length the ref only reads from the rule's value.
      ast::Ref shown(state_.arena, edge->written.slice(0, target_path.size()));
      shown = with_user_vars(state_.nodes, shown, {&state_.rewritten});
      std::string text = " (" + text_of(shown);
      if (i > 1) text += " in " + name_of(source);
      std::vector<std::size_t> positions;
      static_cast<void>(ref_selects_rule(edge->selecting, target, edge->bound, &positions));
      const auto conditions = conditions_for(shown, target_path, positions);
      if (!conditions || conditions->empty() || conditions->size() > kMaxConditions || cannot_hold(*edge, *conditions)) {
        text += " could refer to " + name_of(target);
      } else {
        text += " refers to " + name_of(target);
        for (std::size_t at = 0; at < conditions->size(); ++at) {
          const Condition& condition = (*conditions)[at];
          text += at == 0 ? " if " : " and ";
          text += text_of(*condition.term) + " is " + text_of(*condition.value);
          if (const std::string note = origin_note(*edge, source, condition); !note.empty()) text += " (" + note + ")";
        }
      }
      return text + ")";
    }
    return {};
  }

  // What the parts of the ref have to be; nothing where one part had to be two values.
  static std::optional<std::vector<Condition>> conditions_for(const ast::Ref& ref, const ast::Ref& path, const std::vector<std::size_t>& positions) {
    std::vector<Condition> conditions;
    for (std::size_t position : positions) {
      const auto same = std::find_if(conditions.begin(), conditions.end(), [&](const Condition& other) { return ast::equal(other.term, ref[position]); });
      if (same == conditions.end()) {
        conditions.push_back({position, ref[position], path[position]});
      } else if (!ast::equal(same->value, path[position])) {
        return std::nullopt;
      }
    }
    return conditions;
  }

  static const VarOrigin* origin_of(const DynamicEdge& edge, std::size_t position) {
    const auto* var = edge.written[position]->as<ast::Var>();
    if (var == nullptr) return nullptr;
    const auto found = edge.origins.find(var->name);
    return found == edge.origins.end() ? nullptr : &found->second;
  }

  // Whether a condition asks for a value that its var never has.
  static bool cannot_hold(const DynamicEdge& edge, const std::vector<Condition>& conditions) {
    for (const Condition& condition : conditions) {
      const VarOrigin* origin = origin_of(edge, condition.position);
      if (origin == nullptr) continue;
      if (origin->kind == VarOrigin::Kind::Collection) {
        const auto members = members_of(*origin->collection);
        if (std::none_of(members->begin(), members->end(), [&](const ast::Term* member) { return ast::equal(member, condition.value); })) return true;
      } else if (origin->kind == VarOrigin::Kind::Builtin && !may_return(origin->text, *condition.value)) {
        return true;
      }
    }
    return false;
  }

  static bool may_return(std::string_view builtin, const ast::Term& value) {
    const auto facts = builtin_facts(builtin);
    if (!facts || facts->is_void()) return true;
    const KindMask result = facts->signature->result;
    if (value.is<ast::Null>()) return (result & kind_bit(Kind::Null)) != 0;
    if (value.is<ast::Boolean>()) return (result & (kind_bit(Kind::Boolean))) != 0;
    if (value.is<ast::Number>()) return (result & kind_bit(Kind::Number)) != 0;
    if (value.is<ast::String>()) return (result & kind_bit(Kind::String)) != 0;
    return true;
  }

  std::string origin_note(const DynamicEdge& edge, const ast::Rule& rule, const Condition& condition) {
    const ast::Term& part = *edge.written[condition.position];
    if (part.is<ast::Ref>()) return starts_with(part, "data") ? "rule values aren't known at compile time" : "";
    const VarOrigin* origin = origin_of(edge, condition.position);
    if (origin == nullptr) return {};
    const std::string term = text_of(*condition.term);
    switch (origin->kind) {
      case VarOrigin::Kind::Input: return term + " comes from " + origin->text;
      case VarOrigin::Kind::Rule: return term + " comes from rule " + origin->text + ", whose value isn't known at compile time";
      case VarOrigin::Kind::Collection: {
        const std::size_t count = members_of(*origin->collection)->size();
        if (count > kMaxMembers) return term + " is one of " + std::to_string(count) + " values";
        return term + " is one of " + text_of(*origin->collection);
      }
      case VarOrigin::Kind::Builtin: return term + " is computed by " + origin->text;
      case VarOrigin::Kind::HeadKey: return term + " is a key of " + name_of(rule);
      case VarOrigin::Kind::HeadArgument: return term + " is an argument of " + name_of(rule);
    }
    return {};
  }

  CompilerState& state_;
  const RuleGraph& graph_;
};

}  // namespace

void check_recursion(CompilerState& state) {
  if (std::find(state.graph.in_cycle.begin(), state.graph.in_cycle.end(), true) == state.graph.in_cycle.end()) return;
  RecursionCheck(state).node(state.tree.root());
}

}  // namespace psdl::stages
