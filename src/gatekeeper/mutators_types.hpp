// Types of the fields of what Gatekeeper makes structs of, as Kubernetes' converter wants them. In: an object; out: the
// first field of another type.
#pragma once

#include <optional>
#include <string>

#include "gatekeeper/field_error.hpp"
#include "gatekeeper/object.hpp"

namespace psdl::gatekeeper {

enum class MutatorKind : std::uint8_t { Assign, AssignImage, AssignMetadata, ModifySet };

// error: Kubernetes' words, which name no field; field: `spec.match.kinds[0]`.
struct TypeError {
  FieldError error;
  std::string field;
};
[[nodiscard]] std::optional<TypeError> check_field_types(const Object& object, MutatorKind kind);
[[nodiscard]] std::optional<TypeError> check_expansion_types(const Object& object);
[[nodiscard]] std::optional<TypeError> check_namespace_types(const Object& object);

}  // namespace psdl::gatekeeper
