// Numbers as OPA has them: exact integers of any size, decimals that are texts and compute with a 64-bit mantissa. Never a double.
//
// A number is one of
//   Int      an integer in int64 whose text is its canonical decimal form,
//   BigInt   an integer outside int64 whose text is canonical,
//   Decimal  everything else, under its own text: 1.0, 1e3, 0.1, 3.3000000000000000002. The text is kept because output repeats it.
// Equality is by exact value: 1, 1.0 and 1e0 are equal and hash equally.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "value/value.hpp"

namespace psdl {

// What any number that is no Int keeps: its text, and its value as  0.d1d2d3.. * 10^position  in a form that orders most pairs at once.
struct NumberParts {
  const char* text;        // not terminated
  std::uint32_t length;    // bytes
  std::int32_t position;   // of the decimal point before d1; 0 for zero
  std::uint64_t head;      // d1..d19, filled up with zeros; 0 for zero
  bool is_negative;        // -0 too
  bool is_longer;          // there are digits other than 0 behind d19
  bool is_plain;           // OPA compares it exactly: at most 15 digits, within 10^±300
  bool is_loose;           // OPA compares two of these as doubles first (a point, and a last digit 0)

  [[nodiscard]] std::string_view view() const { return {text, length}; }
};
struct Decimal : NumberParts {};
struct BigInt : NumberParts {};

// `text` is JSON's number grammar (checked by the caller or by is_number_text), or that with a plus sign, leading zeros or no digits on one side of the point,
// as casts let through. Undefined where the number is beyond what OPA takes ("number too big").
[[nodiscard]] Value number_from_text(Arena& arena, std::string_view text);
// The same for a text that arithmetic made: OPA bounds what is read, not what is computed. is_within_limits() is our bound for that.
[[nodiscard]] Value number_from_result(Arena& arena, std::string_view text);
// Whether the digits and the decimal exponent stay within Limits::number_digits and number_exponent. Whoever computes or casts asks; as long as all numbers are
// within, one operation on two of them is bounded too.
[[nodiscard]] bool is_within_limits(const Value& number, const Limits& limits);
[[nodiscard]] bool is_number_text(std::string_view text);
[[nodiscard]] inline Value number_from_int(std::int64_t number) { return Value::integer(number); }
[[nodiscard]] Value number_from_unsigned(Arena& arena, std::uint64_t number);
// The shortest text that reads back as the same double, as OPA prints a Go float64. Undefined for what is no finite number.
[[nodiscard]] Value number_from_double(Arena& arena, double number);

// The text that output shows. The view lives as long as the number, or as `buffer` for an Int.
struct NumberBuffer {
  char bytes[24];
};
[[nodiscard]] std::string_view number_text(const Value& number, NumberBuffer& buffer);

// The same number with its text in `arena`.
[[nodiscard]] Value copy_number(Arena& arena, const Value& number);

[[nodiscard]] int compare_numbers(const Value& left, const Value& right);
[[nodiscard]] std::uint64_t hash_number(const Value& number);

// The integer, where OPA's Number.Int64 reads one: at most 19 characters without an exponent and without a digit but 0 behind the point (10.00 is one, 1e1
// is not).
[[nodiscard]] std::optional<std::int64_t> to_int64(const Value& number);
// The integer, where the exact value is integral and fits, whatever the text (1.0, 1e3).
[[nodiscard]] std::optional<std::int64_t> to_int64_exact(const Value& number);
[[nodiscard]] double to_double(const Value& number);
[[nodiscard]] bool is_integral(const Value& number);

// Arithmetic as v1/topdown/arithmetic.go does it. Undefined with `error` set where OPA reports one ("divide by zero",
// "modulo by zero", "modulo on floating-point number"). What does not fit an int64 goes to the functions named _wide.
[[nodiscard]] Value add_wide(Arena& arena, const Value& left, const Value& right);
[[nodiscard]] Value subtract_wide(Arena& arena, const Value& left, const Value& right);
[[nodiscard]] Value multiply_wide(Arena& arena, const Value& left, const Value& right);
[[nodiscard]] Value divide_wide(Arena& arena, const Value& left, const Value& right, std::string_view& error);
[[nodiscard]] Value remainder_wide(Arena& arena, const Value& left, const Value& right, std::string_view& error);
[[nodiscard]] Value absolute(Arena& arena, const Value& number);
[[nodiscard]] Value round_number(Arena& arena, const Value& number);
[[nodiscard]] Value ceiling(Arena& arena, const Value& number);
[[nodiscard]] Value floor_number(Arena& arena, const Value& number);

[[nodiscard]] inline Value add(Arena& arena, const Value& left, const Value& right) {
  std::int64_t sum = 0;
  if (left.is_int() && right.is_int() && !__builtin_add_overflow(left.as_int(), right.as_int(), &sum)) return Value::integer(sum);
  return add_wide(arena, left, right);
}

[[nodiscard]] inline Value subtract(Arena& arena, const Value& left, const Value& right) {
  std::int64_t difference = 0;
  if (left.is_int() && right.is_int() && !__builtin_sub_overflow(left.as_int(), right.as_int(), &difference)) return Value::integer(difference);
  return subtract_wide(arena, left, right);
}

[[nodiscard]] inline Value multiply(Arena& arena, const Value& left, const Value& right) {
  std::int64_t product = 0;
  if (left.is_int() && right.is_int() && !__builtin_mul_overflow(left.as_int(), right.as_int(), &product)) return Value::integer(product);
  return multiply_wide(arena, left, right);
}

[[nodiscard]] inline Value divide(Arena& arena, const Value& left, const Value& right, std::string_view& error) {
  // 64 bits of mantissa hold both, so that a quotient without rest is exact. A zero dividend is a matter for floats: 0 / -5 is -0. -1 is left out, as it overflows.
  if (left.is_int() && right.is_int() && left.as_int() != 0 && right.as_int() != 0 && right.as_int() != -1 && left.as_int() % right.as_int() == 0) {
    return Value::integer(left.as_int() / right.as_int());
  }
  return divide_wide(arena, left, right, error);
}

[[nodiscard]] inline Value remainder(Arena& arena, const Value& left, const Value& right, std::string_view& error) {
  if (left.is_int() && right.is_int() && right.as_int() != 0 && right.as_int() != -1) return Value::integer(left.as_int() % right.as_int());
  return remainder_wide(arena, left, right, error);
}

}  // namespace psdl
