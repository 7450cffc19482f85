// Kubernetes' field errors: a path, a type of error, a value, a detail. In: those; out: the line that the API server
// prints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "value/value.hpp"

namespace psdl::gatekeeper {

// One thing that is wrong. text: as Kubernetes prints it, path first. origin: the node it stands at, for its place.
struct FieldError {
  std::string text;
  std::uint32_t origin = 0;
};
using FieldErrors = std::vector<FieldError>;

// `path: Required value: detail`; without the last part where the detail is empty.
[[nodiscard]] FieldError required(std::string_view path, std::string_view detail, std::uint32_t origin);
[[nodiscard]] FieldError forbidden(std::string_view path, std::string_view detail, std::uint32_t origin);
// `path: Invalid value: VALUE: detail`; `value` is shown as go_value() shows it.
[[nodiscard]] FieldError invalid(std::string_view path, const Value& value, std::string_view detail);
[[nodiscard]] FieldError invalid_text(std::string_view path, std::string_view value, std::string_view detail,
                                      std::uint32_t origin);
// `path: Unsupported value: VALUE: supported values: "a", "b"`.
[[nodiscard]] FieldError unsupported(std::string_view path, const Value& value,
                                     const std::vector<std::string>& supported);

// A value in a field error: texts quoted as Go quotes them, numbers as Go prints them, the rest as JSON.
[[nodiscard]] std::string go_value(const Value& value);
// A number as Go's %v prints a float64: `2`, `1e+06`.
[[nodiscard]] std::string go_float(double number);
[[nodiscard]] std::string go_quote(std::string_view text);

// As Kubernetes joins errors: the same text once; one alone, several as `[e1, e2]`.
[[nodiscard]] std::string join_errors(const FieldErrors& errors);

}  // namespace psdl::gatekeeper
