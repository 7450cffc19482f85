// Which objects a mutator is about. In: its spec, an object; out: whether it is, or gator's words for why nobody can
// tell (SPEC 7, 13.5).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "base/result.hpp"
#include "gatekeeper/match.hpp"
#include "gatekeeper/object.hpp"

namespace psdl::gatekeeper {

// A group, version and kind that an entry of `applyTo` lists, or that an object has.
struct GroupVersionKind {
  std::string group;
  std::string version;
  std::string kind;
};
[[nodiscard]] GroupVersionKind kind_of(const Value& root);

struct MutationTarget {
  std::vector<std::string> groups;
  std::vector<std::string> versions;
  std::vector<std::string> kinds;
  std::vector<std::string> operations;  // none: all

  [[nodiscard]] bool takes(const GroupVersionKind& kind) const;
  [[nodiscard]] bool takes_any_operation() const;
  // Whether there is an operation on an object that both are about.
  [[nodiscard]] bool meets(const MutationTarget& other) const;
};

class MutatorMatch {
 public:
  // `spec` has been checked for its types. What is wrong with the criteria is told when an object gets so far, as
  // Gatekeeper does; problems() tells it at once.
  MutatorMatch() = default;
  explicit MutatorMatch(const Value& spec);

  // The error begins `failed to run Match criteria: `.
  [[nodiscard]] Result<bool, std::string> applies(const MatchSubject& subject) const;

  // Of spec.match, located in the mutator.
  [[nodiscard]] static std::vector<Problem> problems(const Object& mutator);

  std::vector<MutationTarget> targets;  // AssignMetadata has none, and is about everything
  bool has_targets = false;

 private:
  Match match_;        // without a criterion that is wrong and those asked behind it
  std::string error_;  // of that criterion
};

}  // namespace psdl::gatekeeper
