// big.Float with 64 bits in integer arithmetic. In: texts and floats; out: floats rounded to nearest even.
#include "value/soft_float.hpp"

#include <algorithm>
#include <bit>
#include <boost/multiprecision/cpp_int.hpp>

namespace psdl {
namespace {

using BigNatural = boost::multiprecision::cpp_int;
__extension__ typedef unsigned __int128 Wide;  // -Wpedantic knows it by no other name

// big.Float's exponents are 32 bits wide: beyond them a text is refused, a result is infinite or 0.
constexpr std::int64_t kLargestExponent = 2'147'483'647;
constexpr std::int64_t kSmallestExponent = -2'147'483'648;
constexpr std::uint32_t kExactPowersOfFive = 27;

constexpr std::uint64_t power_of_five(std::uint32_t n) {
  std::uint64_t power = 1;
  for (std::uint32_t i = 0; i < n; ++i) power *= 5;
  return power;
}

int leading_zeros(Wide number) {
  const auto high = static_cast<std::uint64_t>(number >> 64U);
  return high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<std::uint64_t>(number));
}

// mantissa * 2^exponent (plus a little where `sticky`) to 64 bits, ties to even. `mantissa` is not 0.
SoftFloat rounded(Wide mantissa, std::int64_t exponent, bool sticky, bool is_negative) {
  const int shift = leading_zeros(mantissa);
  mantissa <<= static_cast<unsigned>(shift);
  exponent += 64 - shift;
  auto high = static_cast<std::uint64_t>(mantissa >> 64U);
  const auto low = static_cast<std::uint64_t>(mantissa);
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63U;
  if (low > kHalf || (low == kHalf && (sticky || (high & 1U) != 0))) {
    ++high;
    if (high == 0) {
      high = kHalf;
      ++exponent;
    }
  }
  return {high, exponent, is_negative};
}

// dividend * 2^64 / divisor * 2^exponent, both with their top bit set.
SoftFloat quotient_of(std::uint64_t dividend, std::uint64_t divisor, std::int64_t exponent, bool is_negative) {
  const Wide whole = static_cast<Wide>(dividend) << 64U;
  const Wide high = whole / divisor;
  // 64 or 65 bits of quotient and 62 more from the rest, to round from.
  const Wide rest = (whole - high * divisor) << 62U;
  const Wide low = rest / divisor;
  return rounded((high << 62U) | low, exponent - 62, rest != low * divisor, is_negative);
}

// The top `bits` bits of a natural, ties to even; `exponent` grows by what was cut off.
void round_to(BigNatural& number, std::int64_t& exponent, unsigned bits, bool sticky = false) {
  const unsigned size = static_cast<unsigned>(msb(number)) + 1;
  if (size <= bits) return;
  const unsigned cut = size - bits;
  const bool half = bit_test(number, cut - 1);
  const bool rest = sticky || (cut > 1 && lsb(number) < cut - 1);
  number >>= cut;
  exponent += cut;
  if (half && (rest || bit_test(number, 0))) ++number;
}

SoftFloat from_natural(BigNatural number, std::int64_t exponent, bool sticky, bool is_negative) {
  const unsigned size = static_cast<unsigned>(msb(number)) + 1;
  if (size > 128) {
    // 128 bits and a sticky one are enough to round 64 from.
    const unsigned cut = size - 128;
    sticky = sticky || lsb(number) < cut;
    number >>= cut;
    exponent += cut;
  }
  return rounded(static_cast<Wide>(number), exponent, sticky, is_negative);
}

struct ScaledPower {
  BigNatural mantissa;
  std::int64_t exponent;
};

// 5^n in Go's way: multiplied at 128 bits by squares kept at 192, each step rounded. Its error shows in the last bit of far exponents.
ScaledPower rounded_power_of_five(std::uint64_t n) {
  constexpr unsigned kPrecision = 128;
  constexpr unsigned kSquarePrecision = 192;
  ScaledPower power = {power_of_five(kExactPowersOfFive), 0};
  ScaledPower square = {5, 0};
  for (n -= kExactPowersOfFive; n > 0; n >>= 1U) {
    if ((n & 1U) != 0) {
      power.mantissa *= square.mantissa;
      power.exponent += square.exponent;
      round_to(power.mantissa, power.exponent, kPrecision);
    }
    square.mantissa *= square.mantissa;
    square.exponent *= 2;
    round_to(square.mantissa, square.exponent, kSquarePrecision);
  }
  return power;
}

// natural * 10^scale.
SoftFloat scaled(const BigNatural& natural, std::int64_t scale, bool is_negative) {
  const auto fives = static_cast<std::uint64_t>(scale < 0 ? -scale : scale);
  const ScaledPower power = fives <= kExactPowersOfFive ? ScaledPower{power_of_five(static_cast<std::uint32_t>(fives)), 0} : rounded_power_of_five(fives);
  if (scale >= 0) return from_natural(natural * power.mantissa, scale + power.exponent, false, is_negative);
  // Enough bits for the quotient to be rounded from, whatever the operands.
  const auto shift = static_cast<unsigned>(std::max<std::int64_t>(0, static_cast<std::int64_t>(msb(power.mantissa)) - static_cast<std::int64_t>(msb(natural)) + 130));
  BigNatural quotient;
  BigNatural rest;
  divide_qr(BigNatural(natural << shift), power.mantissa, quotient, rest);
  return from_natural(std::move(quotient), scale - power.exponent - static_cast<std::int64_t>(shift), rest != 0, is_negative);
}

SoftFloat scaled_small(std::uint64_t natural, std::int64_t scale, bool is_negative) {
  const std::uint64_t power = power_of_five(static_cast<std::uint32_t>(scale < 0 ? -scale : scale));
  if (scale >= 0) return rounded(static_cast<Wide>(natural) * power, scale, false, is_negative);
  const int left_shift = std::countl_zero(natural);
  const int right_shift = std::countl_zero(power);
  return quotient_of(natural << static_cast<unsigned>(left_shift), power << static_cast<unsigned>(right_shift),
                     scale - 64 - left_shift + right_shift, is_negative);
}

// A text's digits as one natural; digits beyond the first 19 go to a big one.
struct ScannedText {
  std::uint64_t small = 0;
  bool is_small = true;
  bool is_negative = false;
  std::int64_t scale = 0;
  std::string digits;
};

ScannedText scan(std::string_view text) {
  ScannedText out;
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) out.is_negative = text[i++] == '-';
  const std::size_t first = i;
  bool seen_point = false;
  std::uint32_t digits = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      seen_point = true;
      continue;
    }
    if (seen_point) --out.scale;
    if (digits == 0 && text[i] == '0') continue;
    if (++digits <= 19) out.small = out.small * 10 + static_cast<std::uint64_t>(text[i] - '0');
  }
  if (digits > 19) {
    out.is_small = false;
    for (std::size_t at = first; at < i; ++at) {
      if (text[at] != '.' && (!out.digits.empty() || text[at] != '0')) out.digits += text[at];
    }
  }
  if (i < text.size()) {
    ++i;
    bool is_negative = false;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) is_negative = text[i++] == '-';
    std::int64_t exponent = 0;
    for (; i < text.size() && exponent < 2 * kLargestExponent; ++i) exponent = exponent * 10 + (text[i] - '0');
    out.scale += is_negative ? -exponent : exponent;
  }
  return out;
}

}  // namespace

bool SoftFloat::is_integer() const {
  if (mantissa == 0 || exponent >= 0) return true;
  return exponent > -64 && std::countr_zero(mantissa) >= -exponent;
}

std::optional<SoftFloat> soft_float_from_text(std::string_view text) {
  const ScannedText scanned = scan(text);
  if (scanned.is_small && scanned.small == 0) return SoftFloat{0, 0, scanned.is_negative};
  if (scanned.is_small && scanned.scale >= -static_cast<std::int64_t>(kExactPowersOfFive) && scanned.scale <= static_cast<std::int64_t>(kExactPowersOfFive)) {
    return scaled_small(scanned.small, scanned.scale, scanned.is_negative);
  }
  const BigNatural natural = scanned.is_small ? BigNatural(scanned.small) : BigNatural(scanned.digits);
  const std::int64_t twos = static_cast<std::int64_t>(msb(natural)) + 1 + scanned.scale;
  if (twos < kSmallestExponent || twos > kLargestExponent) return std::nullopt;
  const SoftFloat number = scaled(natural, scanned.scale, scanned.is_negative);
  if (number.exponent + 64 > kLargestExponent) return std::nullopt;
  if (number.exponent + 64 < kSmallestExponent) return SoftFloat{0, 0, scanned.is_negative};
  return number;
}

SoftFloat soft_float_from_int(std::int64_t number) {
  const std::uint64_t magnitude = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  if (magnitude == 0) return {};
  const int shift = std::countl_zero(magnitude);
  return {magnitude << static_cast<unsigned>(shift), -shift, number < 0};
}

SoftFloat soft_negate(SoftFloat number) {
  number.is_negative = !number.is_negative;
  return number;
}

SoftFloat soft_add(const SoftFloat& left, const SoftFloat& right) {
  if (left.is_zero() && right.is_zero()) return {0, 0, left.is_negative && right.is_negative};
  if (left.is_zero()) return right;
  if (right.is_zero()) return left;
  const bool left_is_larger = left.exponent > right.exponent || (left.exponent == right.exponent && left.mantissa >= right.mantissa);
  const SoftFloat& large = left_is_larger ? left : right;
  const SoftFloat& small = left_is_larger ? right : left;
  // The larger one stands two bits below the top: one for a carry, and below it there is room for 62 bits of the smaller one and a sticky bit.
  const std::int64_t distance = large.exponent - small.exponent;
  const Wide a = static_cast<Wide>(large.mantissa) << 62U;
  const Wide full = static_cast<Wide>(small.mantissa) << 62U;
  Wide b = 0;
  bool sticky = true;
  if (distance < 127) {
    b = full >> static_cast<unsigned>(distance);
    sticky = (b << static_cast<unsigned>(distance)) != full;
  }
  const std::int64_t exponent = large.exponent - 62;
  if (left.is_negative == right.is_negative) return rounded(a + b, exponent, sticky, large.is_negative);
  // What was cut off is taken away too: one less, and a little more than that remains.
  const Wide difference = a - b - (sticky ? 1 : 0);
  if (difference == 0 && !sticky) return {0, 0, false};
  return rounded(difference, exponent, sticky, large.is_negative);
}

SoftFloat soft_multiply(const SoftFloat& left, const SoftFloat& right) {
  const bool is_negative = left.is_negative != right.is_negative;
  if (left.is_zero() || right.is_zero()) return {0, 0, is_negative};
  return rounded(static_cast<Wide>(left.mantissa) * right.mantissa, left.exponent + right.exponent, false, is_negative);
}

SoftFloat soft_divide(const SoftFloat& left, const SoftFloat& right) {
  const bool is_negative = left.is_negative != right.is_negative;
  if (left.is_zero()) return {0, 0, is_negative};
  return quotient_of(left.mantissa, right.mantissa, left.exponent - right.exponent - 64, is_negative);
}

SoftFloat soft_truncate(const SoftFloat& number) {
  if (number.is_zero() || number.exponent <= -64) return {};
  if (number.exponent >= 0) return number;
  const auto cut = static_cast<unsigned>(-number.exponent);
  return {(number.mantissa >> cut) << cut, number.exponent, number.is_negative};
}

}  // namespace psdl
