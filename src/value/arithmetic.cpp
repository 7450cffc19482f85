// OPA's arithmetic. In: numbers; out: numbers in the narrowest form that holds the result: exact for integers, 64 bits of mantissa for the rest.
#include <boost/multiprecision/cpp_int.hpp>
#include <limits>

#include "value/number.hpp"
#include "value/soft_float.hpp"

namespace psdl {
namespace {

using BigInteger = boost::multiprecision::cpp_int;

constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

std::string_view text_of(const Value& number, NumberBuffer& buffer) { return number_text(number, buffer); }

SoftFloat to_soft_float(const Value& number) {
  if (number.is_int()) return soft_float_from_int(number.as_int());
  NumberBuffer buffer;
  return soft_float_from_text(text_of(number, buffer)).value_or(SoftFloat{});
}

Value from_soft_float(Arena& arena, const SoftFloat& number) {
  // An integer below 2^63 needs all its digits, so that its text is known without looking for the shortest.
  if (!number.is_zero() && number.exponent < 0 && number.is_integer()) {
    const std::uint64_t magnitude = number.mantissa >> static_cast<unsigned>(-number.exponent);
    return Value::integer(static_cast<std::int64_t>(number.is_negative ? 0 - magnitude : magnitude));
  }
  std::string text;
  append_soft_float(text, number);
  return number_from_result(arena, text);
}

// The exact value of an integral number, whatever its text.
BigInteger to_big_integer(const Value& number) {
  if (number.is_int()) return BigInteger(number.as_int());
  NumberBuffer buffer;
  const std::string_view text = text_of(number, buffer);
  std::string digits;
  std::int64_t scale = 0;
  bool seen_point = false;
  bool is_negative = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '-' || c == '+') {
      is_negative = c == '-';
    } else if (c == '.') {
      seen_point = true;
    } else if (c == 'e' || c == 'E') {
      ++i;
      const bool is_downwards = text[i] == '-';
      if (text[i] == '-' || text[i] == '+') ++i;
      std::int64_t exponent = 0;
      for (; i < text.size() && exponent < INT32_MAX; ++i) exponent = exponent * 10 + (text[i] - '0');
      scale += is_downwards ? -exponent : exponent;
    } else {
      if (seen_point) --scale;
      if (c != '0' || !digits.empty()) digits += c;
    }
  }
  if (digits.empty()) return 0;
  if (scale < 0) {
    digits.resize(digits.size() - static_cast<std::size_t>(-scale));
  } else {
    digits.append(static_cast<std::size_t>(scale), '0');
  }
  BigInteger result(digits);
  return is_negative ? BigInteger(-result) : result;
}

Value from_big_integer(Arena& arena, const BigInteger& number) {
  if (number >= kSmallest && number <= kLargest) return Value::integer(static_cast<std::int64_t>(number));
  return number_from_result(arena, number.str());
}

// round, ceil and floor: Go gives the whole number as many bits as it has, so that all its digits are printed.
Value from_whole_float(Arena& arena, const SoftFloat& number) {
  if (number.exponent <= 0) return from_soft_float(arena, number);
  const BigInteger magnitude = BigInteger(number.mantissa) << static_cast<unsigned>(number.exponent);
  return from_big_integer(arena, number.is_negative ? BigInteger(-magnitude) : magnitude);
}

// An int64 for every operand whose value is one: integers are exact whatever their text.
struct IntPair {
  std::int64_t left;
  std::int64_t right;
};
std::optional<IntPair> int_pair(const Value& left, const Value& right) {
  const std::optional<std::int64_t> a = to_int64_exact(left);
  if (!a) return std::nullopt;
  const std::optional<std::int64_t> b = to_int64_exact(right);
  if (!b) return std::nullopt;
  return IntPair{*a, *b};
}

bool are_integral(const Value& left, const Value& right) { return is_integral(left) && is_integral(right); }

bool is_zero(const Value& number) { return number.is_int() ? number.as_int() == 0 : to_int64_exact(number) == 0; }

}  // namespace

Value add_wide(Arena& arena, const Value& left, const Value& right) {
  if (const std::optional<IntPair> ints = int_pair(left, right)) {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(ints->left, ints->right, &sum)) return Value::integer(sum);
  }
  if (are_integral(left, right)) return from_big_integer(arena, to_big_integer(left) + to_big_integer(right));
  return from_soft_float(arena, soft_add(to_soft_float(left), to_soft_float(right)));
}

Value subtract_wide(Arena& arena, const Value& left, const Value& right) {
  if (const std::optional<IntPair> ints = int_pair(left, right)) {
    std::int64_t difference = 0;
    if (!__builtin_sub_overflow(ints->left, ints->right, &difference)) return Value::integer(difference);
  }
  if (are_integral(left, right)) return from_big_integer(arena, to_big_integer(left) - to_big_integer(right));
  return from_soft_float(arena, soft_add(to_soft_float(left), soft_negate(to_soft_float(right))));
}

Value multiply_wide(Arena& arena, const Value& left, const Value& right) {
  if (const std::optional<IntPair> ints = int_pair(left, right)) {
    std::int64_t product = 0;
    if (!__builtin_mul_overflow(ints->left, ints->right, &product)) return Value::integer(product);
  }
  if (are_integral(left, right)) return from_big_integer(arena, to_big_integer(left) * to_big_integer(right));
  return from_soft_float(arena, soft_multiply(to_soft_float(left), to_soft_float(right)));
}

Value divide_wide(Arena& arena, const Value& left, const Value& right, std::string_view& error) {
  if (is_zero(right)) {
    error = "divide by zero";
    return {};
  }
  return from_soft_float(arena, soft_divide(to_soft_float(left), to_soft_float(right)));
}

Value remainder_wide(Arena& arena, const Value& left, const Value& right, std::string_view& error) {
  if (!are_integral(left, right)) {
    error = "modulo on floating-point number";
    return {};
  }
  if (is_zero(right)) {
    error = "modulo by zero";
    return {};
  }
  if (const std::optional<IntPair> ints = int_pair(left, right)) {
    return Value::integer(ints->right == -1 ? 0 : ints->left % ints->right);
  }
  return from_big_integer(arena, to_big_integer(left) % to_big_integer(right));
}

Value absolute(Arena& arena, const Value& number) {
  if (number.is_int() && number.as_int() != kSmallest) return Value::integer(number.as_int() < 0 ? -number.as_int() : number.as_int());
  SoftFloat magnitude = to_soft_float(number);
  magnitude.is_negative = false;
  return from_soft_float(arena, magnitude);
}

Value round_number(Arena& arena, const Value& number) {
  if (number.is_int()) return number;
  const SoftFloat given = to_soft_float(number);
  constexpr SoftFloat kHalf = {std::uint64_t{1} << 63U, -64, false};
  return from_whole_float(arena, soft_truncate(soft_add(given, given.is_negative ? soft_negate(kHalf) : kHalf)));
}

Value ceiling(Arena& arena, const Value& number) {
  if (number.is_int()) return number;
  const SoftFloat given = to_soft_float(number);
  const SoftFloat whole = soft_truncate(given);
  // The truncated zero of -0.5 has no sign, so that OPA's answer for it is 1, not 0.
  if (whole.is_negative || given.is_integer()) return from_whole_float(arena, whole);
  return from_whole_float(arena, soft_add(whole, soft_float_from_int(1)));
}

Value floor_number(Arena& arena, const Value& number) {
  if (number.is_int()) return number;
  const SoftFloat given = to_soft_float(number);
  const SoftFloat whole = soft_truncate(given);
  if (!whole.is_negative || given.is_integer()) return from_whole_float(arena, whole);
  return from_whole_float(arena, soft_add(whole, soft_negate(soft_float_from_int(1))));
}

}  // namespace psdl
