// Values as Go prints them in error texts.
#pragma once

#include <string>

#include "value/value.hpp"

namespace psdl::gatekeeper {

// `%v` of what a Rego result becomes in Go: `map[a:1 b:[x y]]`, `<nil>`, texts without quotes.
[[nodiscard]] std::string go_result(const Value& value);
// `%T` of the same: `json.Number`, `map[string]interface {}`.
[[nodiscard]] std::string_view go_result_type(const Value& value);

}  // namespace psdl::gatekeeper
