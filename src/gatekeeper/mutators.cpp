// The order of ids is the order of kinds, namespaces and names.
#include "gatekeeper/mutators.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/mutators_apply.hpp"
#include "gatekeeper/place.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kCode = "gatekeeper_mutator";
// gator numbers each mutation at random; what we print is the same every time.
constexpr std::string_view kMutation = "00000000-0000-0000-0000-000000000000";

// What a path takes the part at a step for. Assign's last is anything.
enum class Part : std::uint8_t { Unknown, Object, List, Set, Text };

Part part_at(const MutatorRule& rule, std::size_t step) {
  if (step + 1 < rule.path.steps.size()) return rule.path.steps[step + 1].is_list ? Part::List : Part::Object;
  switch (rule.kind) {
    case MutatorKind::AssignImage: return Part::Text;
    case MutatorKind::ModifySet: return Part::Set;
    case MutatorKind::Assign:
    case MutatorKind::AssignMetadata: break;
  }
  return Part::Unknown;
}

// Along the part of the paths that is the same: two things at once, or a list with two keys.
bool paths_conflict(const MutatorRule& left, const MutatorRule& right) {
  const std::size_t size = std::min(left.path.steps.size(), right.path.steps.size());
  for (std::size_t i = 0; i < size; ++i) {
    if (left.path.steps[i].name != right.path.steps[i].name) return left.path.steps[i].is_list && i > 0;
    const Part one = part_at(left, i);
    const Part other = part_at(right, i);
    if (one == other) continue;
    return one != Part::Unknown && other != Part::Unknown;
  }
  return false;
}

bool conflict(const MutatorRule& left, const MutatorRule& right) {
  const auto meets = [&](const MutationTarget& one) {
    return std::any_of(right.match.targets.begin(), right.match.targets.end(),
                       [&](const MutationTarget& other) { return one.meets(other); });
  };
  return left.match.has_targets && right.match.has_targets &&
         std::any_of(left.match.targets.begin(), left.match.targets.end(), meets) && paths_conflict(left, right);
}

std::uint32_t location_of(const MutatorRule& rule) {
  const Value* location = find_path(rule.object->root(), {"spec", "location"});
  return location != nullptr ? location->origin() : rule.object->root().origin();
}

std::string_view name_of(const Value& root) {
  const std::string_view name = text_at(root, {"metadata", "name"});
  return name.empty() ? text_at(root, {"metadata", "generateName"}) : name;
}

// ` Pod shop/web` as Gatekeeper says it: group, kind, namespace, name.
std::string title_of(const Value& root) {
  const GroupVersionKind kind = kind_of(root);
  return fmt::format("{} {} {} {}", kind.group, kind.kind, text_at(root, {"metadata", "namespace"}), name_of(root));
}

// At the mutator, for people; `text` is Gatekeeper's.
Refusal failed(const MutatorRule& rule, const Object& owner, const Value& root, std::string text,
               const std::string& why) {
  Refusal refusal = refuse(*rule.object, location_of(rule), kCode, std::move(text),
                           fmt::format("{} `{}` cannot change {} `{}`: {}", rule.object->kind(), rule.object->name(),
                                       text_at(root, {"kind"}), name_of(root), why));
  refusal.problems.front().notes.push_back(fmt::format("{} `{}` is at {}:{}", owner.kind(), owner.name(), owner.file(),
                                                       place_of(owner, owner.root().origin()).line));
  return refusal;
}

}  // namespace

bool is_mutator(const Object& object) {
  return mutator_kind(object).has_value();
}

std::optional<Refusal> Mutators::add(MutatorRule rule) {
  std::string id = rule.id();
  std::vector<std::string> together;
  const MutatorRule* first = nullptr;
  for (const auto& [other_id, other] : rules_) {
    if (other_id == id || !conflict(other, rule)) continue;
    together.push_back(other_id);
    if (first == nullptr) first = &other;
  }
  if (first == nullptr) {
    rules_.insert_or_assign(std::move(id), std::move(rule));
    return std::nullopt;
  }
  together.push_back(std::move(id));
  std::sort(together.begin(), together.end());
  Refusal refusal =
      refuse(*rule.object, location_of(rule), kCode,
             fmt::format("the following mutators have conflicting schemas: [{}]", fmt::join(together, ",")),
             fmt::format("`{}` does not go with `{}` of {} `{}`", rule.path.shown(), first->path.shown(),
                         first->object->kind(), first->object->name()));
  refusal.problems.front().notes.push_back(
      fmt::format("that one is at {}:{}", first->object->file(), place_of(*first->object, location_of(*first)).line));
  return refusal;
}

Result<Value, Refusal> Mutators::apply(Arena& arena, const Object& owner, const MatchSubject& subject) const {
  MatchSubject now = subject;
  MutationBudget budget;
  for (std::size_t round = 0; round <= rules_.size(); ++round) {
    const Value before = now.object;
    bool is_mutated = false;
    for (const auto& [id, rule] : rules_) {
      if (!budget.take()) return failed(rule, owner, now.object, std::string(kNoBudget), std::string(kNoBudget));
      const Result<bool, std::string> applies = rule.match.applies(now);
      if (!applies) {
        return failed(
            rule, owner, now.object,
            fmt::format("matching for mutator {} failed for {}: {}", id, title_of(now.object), applies.error()),
            applies.error());
      }
      if (!*applies) continue;
      Result<MutatedValue, std::string> mutated = apply_mutator(arena, rule, now.object, budget);
      if (!mutated) {
        const bool is_external = mutated.error().starts_with("failed to resolve external data");
        return failed(rule, owner, now.object,
                      is_external ? mutated.error()
                                  : fmt::format("mutation {} for mutator {} failed for {}: {}", kMutation, id,
                                                title_of(now.object), mutated.error()),
                      mutated.error());
      }
      is_mutated = is_mutated || mutated->is_mutated;
      now.object = mutated->value;
    }
    if (!is_mutated || equal(before, now.object)) return now.object;
  }
  const std::string why =
      fmt::format("mutation not converging: mutation {} not converging for {}", kMutation, title_of(now.object));
  return refuse(
      owner, owner.root().origin(), kCode, why,
      fmt::format("mutators change {} `{}` again and again", text_at(now.object, {"kind"}), name_of(now.object)));
}

}  // namespace psdl::gatekeeper
