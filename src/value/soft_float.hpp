// Go's big.Float at its default precision, which is what OPA's decimals compute with. In: number texts; out: texts again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace psdl {

// (-1)^is_negative * mantissa * 2^exponent. The mantissa has its top bit set, or is 0 for a zero, which keeps its sign. Every operation
// rounds to the nearest of these, ties to even.
struct SoftFloat {
  std::uint64_t mantissa = 0;
  std::int64_t exponent = 0;
  bool is_negative = false;

  [[nodiscard]] bool is_zero() const { return mantissa == 0; }
  [[nodiscard]] bool is_integer() const;
};

// As big.Float's SetString: the digits are exact, the power of five is rounded to 128 bits, the result to 64. Empty where the number is
// larger than big.Float holds; one that is too small is 0. `text` is JSON's grammar, or that with a plus sign, leading zeros, or no digits on one side of the point.
[[nodiscard]] std::optional<SoftFloat> soft_float_from_text(std::string_view text);
[[nodiscard]] SoftFloat soft_float_from_int(std::int64_t number);

[[nodiscard]] SoftFloat soft_add(const SoftFloat& left, const SoftFloat& right);
[[nodiscard]] SoftFloat soft_negate(SoftFloat number);
[[nodiscard]] SoftFloat soft_multiply(const SoftFloat& left, const SoftFloat& right);
// `right` is not zero.
[[nodiscard]] SoftFloat soft_divide(const SoftFloat& left, const SoftFloat& right);
// Towards zero; a zero loses its sign, as Go's Int does.
[[nodiscard]] SoftFloat soft_truncate(const SoftFloat& number);

// The fewest digits that read back as the same number: in full for an integer, else with an exponent from 10^6 up and below 10^-4.
void append_soft_float(std::string& out, const SoftFloat& number);

// Digits d1d2d3.. (the first and the last not 0, or none for a zero) with the point `position` digits after the beginning, written as Go's 'g' and 'f' do
// with precision -1: `in_full` never takes an exponent.
void append_shortest(std::string& out, std::string_view digits, std::int64_t position, bool in_full);

}  // namespace psdl
