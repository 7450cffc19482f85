// Nested fields as Kubernetes' accessors find them. In: a path; out: the field, or Kubernetes' words for what is in the
// way.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "gatekeeper/field_error.hpp"
#include "gatekeeper/object.hpp"

namespace psdl::gatekeeper {

// `found` is null where the path ends early or is null on the way. An error where something on the way, or the field
// itself, is no object:
// `.spec.match accessor error: text is of the type string, expected map[string]interface{}`.
[[nodiscard]] std::optional<FieldError> nested_map(const Object& object, std::initializer_list<std::string_view> path,
                                                   const Value*& found);
// The same for a text, below any value: `.rego accessor error: 5 is of the type int64, expected string`.
[[nodiscard]] std::optional<FieldError> nested_text(const Value& root, std::string_view name, Reading reading,
                                                    const Value*& found);
// A list of texts.
[[nodiscard]] std::optional<FieldError> nested_texts(const Value& root, std::string_view name, Reading reading,
                                                     const Value*& found);

// A value as Go's %v prints it, and its type as %T does: numbers are float64 where the reader made doubles of them.
[[nodiscard]] std::string go_plain(const Value& value, Reading reading);
[[nodiscard]] std::string_view go_type(const Value& value, Reading reading);

}  // namespace psdl::gatekeeper
