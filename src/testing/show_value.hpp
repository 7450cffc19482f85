// Values for people: short, and as a list of differences. In: values; out: text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "value/value.hpp"

namespace psdl::testing {

// Rego's notation; cut inside of collections and strings beyond some 60 characters: {"kind": "Pod", … 6 keys}. `whole`: never cut.
[[nodiscard]] std::string show_value(const Value& value, bool whole);
// What is on one side alone, "- .spec.a: 1" and "+ .spec.b: 2", path by path; some 20 lines at most. Empty where neither is a collection.
[[nodiscard]] std::vector<std::string> differences(const Value& left, const Value& right);

}  // namespace psdl::testing
