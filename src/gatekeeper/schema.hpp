// Structural schemas as Kubernetes' API server uses them for custom resources. In: an openAPIV3Schema; out: checks,
// defaults and unknown fields with its texts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "base/result.hpp"
#include "gatekeeper/field_error.hpp"
#include "value/value.hpp"

namespace psdl::gatekeeper {

class Schema {
 public:
  // The root schema of a constraint (SPEC 3.3) around `parameters` (null: the template has none), which must outlive
  // it; that its keywords have the types of Go's struct has been checked (schema_node.hpp). `legacy`: as legacySchema
  // true asks. The errors are those of the CRD's own validation, in Kubernetes' words.
  [[nodiscard]] static Result<std::shared_ptr<const Schema>, std::vector<FieldError>> of_constraint(
      const Value* parameters, bool legacy);

  // SPEC 6 rows 8 and 9, and the defaults: `root` with every default filled in (new objects live in `arena`, the rest
  // is shared and keeps its origins).
  [[nodiscard]] std::vector<FieldError> validate(const Value& root) const;
  [[nodiscard]] std::vector<FieldError> unknown_fields(const Value& root) const;  // text: "spec.parameters.bar"; sorted
  [[nodiscard]] Value with_defaults(Arena& arena, const Value& root) const;

  struct Node;

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace psdl::gatekeeper
