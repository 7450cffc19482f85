// The single values that Kubernetes' reader looks into. In: a number or a text; out: whether the field takes it.
#pragma once

#include <string>
#include <string_view>

#include "codec/document.hpp"
#include "kubernetes/known_types.hpp"
#include "value/value.hpp"

namespace psdl {

// Why a number is no value of an integer field; empty where it is one.
[[nodiscard]] std::string integer_problem(const Value& number, Shape shape, Format format);

// "500m", "1.5Gi", "1e3": digits with a point or without, and a suffix that resource quantities have.
[[nodiscard]] bool is_quantity(std::string_view text);

// RFC 3339, as Go's time.Parse takes it.
[[nodiscard]] bool is_time(std::string_view text);

// Standard base64 with its padding; line breaks are passed over.
[[nodiscard]] bool is_base64(std::string_view text);

}  // namespace psdl
