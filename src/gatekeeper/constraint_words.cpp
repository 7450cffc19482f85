// A scope that is none matches everything, an action that is none denies nothing, a point that is none is nowhere.
#include "gatekeeper/constraint_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/nearest.hpp"
#include "gatekeeper/place.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kScopes[] = {"*", "Cluster", "Namespaced"};
constexpr std::string_view kActions[] = {"deny", "dryrun", "warn", "scoped"};
constexpr std::string_view kPoints[] = {"*", "validation.gatekeeper.sh", "audit.gatekeeper.sh", "gator.gatekeeper.sh",
                                        "vap.k8s.io"};

class Words {
 public:
  explicit Words(const Object& constraint) : constraint_(constraint) {}

  void check(const Value* value, std::span<const std::string_view> known, std::string_view what) {
    if (value == nullptr || !value->is_string()) return;
    const std::string_view word = value->as_string();
    if (std::find(known.begin(), known.end(), word) != known.end()) return;
    problems.push_back(
        problem_at(constraint_, value->origin(), "gatekeeper_constraint", fmt::format("unknown {} `{}`", what, word)));
    const auto nearest = std::min_element(known.begin(), known.end(), [&](std::string_view a, std::string_view b) {
      return edit_distance(word, a) < edit_distance(word, b);
    });
    if (edit_distance(word, *nearest) <= 3 && nearest->size() > 1) {
      problems.back().help.push_back(fmt::format("did you mean `{}`?", *nearest));
    } else {
      problems.back().help.push_back(fmt::format("there are {}", fmt::join(known, ", ")));
    }
  }

  std::vector<Problem> problems;

 private:
  const Object& constraint_;
};

std::span<const Value> items_at(const Value& root, std::initializer_list<std::string_view> path) {
  const Value* list = find_path(root, path);
  return list != nullptr && list->is_array() ? list->as_array() : std::span<const Value>();
}

}  // namespace

std::vector<Problem> unknown_words(const Object& constraint) {
  Words words(constraint);
  const Value& root = constraint.root();
  words.check(find_path(root, {"spec", "match", "scope"}), kScopes, "scope");
  words.check(find_path(root, {"spec", "enforcementAction"}), kActions, "enforcement action");
  for (const Value& entry : items_at(root, {"spec", "scopedEnforcementActions"})) {
    words.check(find_path(entry, {"action"}), std::span(kActions).first(3), "enforcement action");
    for (const Value& point : items_at(entry, {"enforcementPoints"}))
      words.check(find_path(point, {"name"}), kPoints, "enforcement point");
  }
  return std::move(words.problems);
}

}  // namespace psdl::gatekeeper
