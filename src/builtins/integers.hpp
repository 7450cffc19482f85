// Whole numbers of any size as text. In: a number; out: its digits in a base.
#pragma once

#include <optional>
#include <string>

#include "value/value.hpp"

namespace psdl {

// The exact integer in base 2, 8, 10 or 16 with lower-case digits and a leading `-`; empty where the value is no integer. Exponents are
// written out: ask for the size first (integer_digits).
[[nodiscard]] std::optional<std::string> integer_in_base(const Value& number, unsigned base);
// An upper bound of the decimal digits that the number's integer part has when written out.
[[nodiscard]] std::size_t integer_digits(const Value& number);

}  // namespace psdl
