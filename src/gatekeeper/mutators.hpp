// Mutators together: Assign, AssignImage, AssignMetadata, ModifySet. In: their objects, an object; out: the object as
// they leave it, or Gatekeeper's refusal (SPEC 13.5).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "base/result.hpp"
#include "gatekeeper/mutators_rule.hpp"

namespace psdl::gatekeeper {

[[nodiscard]] bool is_mutator(const Object& object);

class Mutators {
 public:
  // A later one of the same kind and name takes the place of an earlier one. Two that take a part of an object for
  // different things cannot be together: the refusal's text names all of them.
  [[nodiscard]] std::optional<Refusal> add(MutatorRule rule);
  [[nodiscard]] bool is_empty() const { return rules_.empty(); }

  // By kind and name, again and again until nothing changes. `owner` is what stands in a file: the subject's object
  // itself, or what it was made of. The refusal's text: `mutation 0000.. for mutator .. failed for ..`; where gator has
  // a new number each time there are zeros.
  [[nodiscard]] Result<Value, Refusal> apply(Arena& arena, const Object& owner, const MatchSubject& subject) const;

 private:
  std::map<std::string, MutatorRule, std::less<>> rules_;
};

}  // namespace psdl::gatekeeper
