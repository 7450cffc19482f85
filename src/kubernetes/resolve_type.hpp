// Which type an object has. In: apiVersion, kind and shape; out: an entry of the known types.
#pragma once

#include <string_view>

#include "kubernetes/known_types.hpp"
#include "value/value.hpp"

namespace psdl {

struct ResolvedType {
  const KnownType* type = nullptr;  // null: nothing is known of the object
  const KnownKind* kind = nullptr;  // null: it is of no known kind; `type` is then the way to a pod spec
};

[[nodiscard]] ResolvedType resolve_type(const Object& object);

}  // namespace psdl
