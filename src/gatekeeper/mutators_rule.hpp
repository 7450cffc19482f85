// One mutator: what it is about, where it changes it, and to what. In: its object; out: the rule, or Gatekeeper's
// refusal (SPEC 13.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "base/result.hpp"
#include "gatekeeper/mutators_image.hpp"
#include "gatekeeper/mutators_match.hpp"
#include "gatekeeper/mutators_path.hpp"
#include "gatekeeper/mutators_types.hpp"
#include "gatekeeper/object.hpp"
#include "gatekeeper/refusal.hpp"
#include "value/value.hpp"

namespace psdl::gatekeeper {

// What has to be so at a step of the path for anything to change. Never: a condition that Gatekeeper does not know.
enum class PathCondition : std::uint8_t { None, MustExist, MustNotExist, Never };

// Where the value comes from that is assigned.
enum class AssignedValue : std::uint8_t { Given, Name, Namespace, External };

struct MutatorRule {
  MutatorKind kind = MutatorKind::Assign;
  ObjectPtr object;
  MutationPath path;
  std::vector<PathCondition> conditions;  // a condition a step
  MutatorMatch match;

  AssignedValue from = AssignedValue::Given;
  Value value;                  // of Assign and AssignMetadata
  std::string operation;        // of ModifySet
  std::optional<Value> values;  // none where no list is given: Gatekeeper then makes a null of a list that is missing
  ImageParts image;

  // Group and kind, namespace and name; mutators apply in this order.
  [[nodiscard]] std::string id() const;
};

[[nodiscard]] std::optional<MutatorKind> mutator_kind(const Object& object);

// `is_gator`: what Gatekeeper takes and only fails over when an object comes is taken; else it is refused here. Values
// are made in `arena` without places: they stand in no manifest. Nothing of the refusal's text stands in front of
// Gatekeeper's words.
[[nodiscard]] Result<MutatorRule, Refusal> read_mutator(Arena& arena, const ObjectPtr& object, bool is_gator);

}  // namespace psdl::gatekeeper
