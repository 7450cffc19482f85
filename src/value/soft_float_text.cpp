// The shortest text of a float, as Go's big.Float prints it. In: a float; out: the fewest digits that read back as it.
#include <algorithm>
#include <bit>
#include <boost/multiprecision/cpp_int.hpp>

#include "value/soft_float.hpp"

namespace psdl {
namespace {

using BigNatural = boost::multiprecision::cpp_int;
__extension__ typedef unsigned __int128 Wide;  // -Wpedantic knows it by no other name

// Decimal digits in someone else's bytes, without zeros at either end, and where the point stands: 0.d1d2d3.. * 10^position. Where the digits were cut off
// (`goes_on`), there are more behind, at least one of them not 0.
struct Digits {
  char* digits = nullptr;
  std::size_t size = 0;
  std::int64_t position = 0;
  bool goes_on = false;

  [[nodiscard]] char at(std::size_t i) const { return i < size ? digits[i] : '0'; }
  [[nodiscard]] bool ends_at(std::size_t i) const { return i == size && !goes_on; }
  [[nodiscard]] bool has_beyond(std::size_t i) const { return i < size || goes_on; }

  void trim() {
    while (size > 0 && digits[size - 1] == '0') --size;
  }
  void cut(std::size_t kept) {
    size = kept;
    trim();
  }
  void raise(std::size_t kept) {
    while (kept > 0 && digits[kept - 1] == '9') --kept;
    if (kept == 0) {
      digits[0] = '1';
      size = 1;
      ++position;
      return;
    }
    ++digits[kept - 1];
    size = kept;
  }
  void round(std::size_t kept) {
    if (!has_beyond(kept)) return;
    const bool is_half = digits[kept] == '5' && ends_at(kept + 1);
    const bool up = is_half ? kept > 0 && ((digits[kept - 1] - '0') & 1) != 0 : digits[kept] >= '5';
    if (up) {
      raise(kept);
    } else {
      cut(kept);
    }
  }
};

// The fewest digits between the two midpoints to the neighbours; a midpoint itself reads back only where the mantissa is even.
// Digits are compared by index, not by place, as big.Float does.
void shorten(Digits& digits, const Digits& lower, const Digits& upper, bool inclusive) {
  for (std::size_t i = 0; i < digits.size; ++i) {
    const char digit = digits.digits[i];
    const char high = upper.at(i);
    const bool down = lower.at(i) != digit || (inclusive && lower.ends_at(i + 1));
    const bool up = digit != high && (inclusive || digit + 1 < high || upper.has_beyond(i + 1));
    if (!down && !up) continue;
    if (down && up) {
      digits.round(i + 1);
    } else if (down) {
      digits.cut(i + 1);
    } else if (digits.has_beyond(i + 1)) {
      digits.raise(i + 1);
    }
    return;
  }
}

// The digits of mantissa / 2^bits, as far as they decide anything. 128 bits hold the fraction; each turn takes 19 digits out of it.
class FractionDigits {
 public:
  static constexpr std::int64_t kMostBits = 128;
  static constexpr std::size_t kRoom = 20 + 3 * 19;

  FractionDigits(Wide mantissa, std::int64_t bits) {
    const auto shift = static_cast<unsigned>(bits);
    const Wide whole = bits >= kMostBits ? 0 : mantissa >> shift;
    Wide fraction = bits >= kMostBits ? mantissa : mantissa << (static_cast<unsigned>(kMostBits) - shift);
    if (whole != 0) {
      put(static_cast<std::uint64_t>(whole / kChunk), 2);
      put(static_cast<std::uint64_t>(whole % kChunk), kChunkDigits);
      position_ = static_cast<std::int64_t>(size_);
    }
    // A value from 2^-36 up has at most 11 zeros in front: two turns leave 27 digits then, and 21 decide.
    constexpr std::int64_t kBitsOfTwoTurns = 100;
    const int turns = bits <= kBitsOfTwoTurns ? 2 : 3;
    for (int turn = 0; turn < turns && fraction != 0; ++turn) {
      const Wide low = static_cast<Wide>(static_cast<std::uint64_t>(fraction)) * kChunk;
      const Wide high = static_cast<Wide>(static_cast<std::uint64_t>(fraction >> 64U)) * kChunk + static_cast<std::uint64_t>(low >> 64U);
      fraction = (high << 64U) | static_cast<std::uint64_t>(low);
      put(static_cast<std::uint64_t>(high >> 64U), kChunkDigits);
    }
    goes_on_ = fraction != 0;
  }

  Digits view() {
    Digits out = {bytes_, size_, position_, goes_on_};
    if (!goes_on_) out.trim();
    return out;
  }

 private:
  static constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000U;
  static constexpr int kChunkDigits = 19;

  // Zeros in front of the first digit are not written; behind the point each moves it.
  void put(std::uint64_t number, int digits) {
    char chunk[kChunkDigits];
    for (int i = digits - 1; i >= 0; --i, number /= 10) chunk[i] = static_cast<char>('0' + number % 10);
    int from = 0;
    if (size_ == 0) {
      while (from < digits && chunk[from] == '0') ++from;
      position_ -= from;
    }
    std::copy(chunk + from, chunk + digits, bytes_ + size_);
    size_ += static_cast<std::size_t>(digits - from);
  }

  char bytes_[kRoom];
  std::size_t size_ = 0;
  std::int64_t position_ = 0;
  bool goes_on_ = false;
};

// All digits of mantissa * 2^exponent, of any size.
Digits exact_digits(std::string& bytes, BigNatural mantissa, std::int64_t exponent) {
  std::int64_t scale = 0;
  if (exponent >= 0) {
    mantissa <<= static_cast<unsigned>(exponent);
  } else {
    const auto zeros = std::min<std::int64_t>(static_cast<std::int64_t>(lsb(mantissa)), -exponent);
    mantissa >>= static_cast<unsigned>(zeros);
    scale = -exponent - zeros;
    mantissa *= boost::multiprecision::pow(BigNatural(5), static_cast<unsigned>(scale));
  }
  bytes = mantissa.str();
  Digits out = {bytes.data(), bytes.size(), static_cast<std::int64_t>(bytes.size()) - scale, false};
  out.trim();
  return out;
}

}  // namespace

void append_shortest(std::string& out, std::string_view digits, std::int64_t position, bool in_full) {
  constexpr std::int64_t kLargestPlainExponent = 5;
  constexpr std::int64_t kSmallestPlainExponent = -4;
  const auto size = static_cast<std::int64_t>(digits.size());
  if (size == 0) {
    out += '0';
    return;
  }
  const std::int64_t exponent = position - 1;
  if (!in_full && (exponent < kSmallestPlainExponent || exponent > kLargestPlainExponent)) {
    out += digits[0];
    if (size > 1) {
      out += '.';
      out += digits.substr(1);
    }
    out += exponent < 0 ? "e-" : "e+";
    const std::string power = std::to_string(exponent < 0 ? -exponent : exponent);
    if (power.size() < 2) out += '0';
    out += power;
    return;
  }
  if (position <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-position), '0');
    out += digits;
  } else if (position >= size) {
    out += digits;
    out.append(static_cast<std::size_t>(position - size), '0');
  } else {
    out += digits.substr(0, static_cast<std::size_t>(position));
    out += '.';
    out += digits.substr(static_cast<std::size_t>(position));
  }
}

void append_soft_float(std::string& out, const SoftFloat& number) {
  if (number.is_negative) out += '-';
  if (number.is_zero()) {
    out += '0';
    return;
  }
  const bool inclusive = (number.mantissa & 1U) == 0;
  // With one bit more, so that a step is half a unit.
  const std::int64_t bits = 1 - number.exponent;
  if (bits > 1 && bits <= FractionDigits::kMostBits) {
    const Wide twice = static_cast<Wide>(number.mantissa) << 1U;
    FractionDigits exact(twice, bits);
    FractionDigits lower(twice - 1, bits);
    FractionDigits upper(twice + 1, bits);
    Digits digits = exact.view();
    shorten(digits, lower.view(), upper.view(), inclusive);
    append_shortest(out, {digits.digits, digits.size}, digits.position, number.is_integer());
    return;
  }
  std::string exact_bytes;
  std::string lower_bytes;
  std::string upper_bytes;
  const BigNatural twice = BigNatural(number.mantissa) << 1U;
  Digits digits = exact_digits(exact_bytes, number.mantissa, number.exponent);
  const Digits lower = exact_digits(lower_bytes, twice - 1, number.exponent - 1);
  const Digits upper = exact_digits(upper_bytes, twice + 1, number.exponent - 1);
  shorten(digits, lower, upper, inclusive);
  append_shortest(out, {digits.digits, digits.size}, digits.position, number.is_integer());
}

}  // namespace psdl
