// Numbers read, compared, hashed and turned into machine types. In: texts; out: Int, BigInt or Decimal values, orders, hashes.
#include "value/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "value/soft_float.hpp"

namespace psdl {
namespace {

constexpr std::uint32_t kHeadDigits = 19;
// A sign, a point and an exponent.
constexpr std::uint32_t kRoomBesideDigits = 16;
constexpr std::uint64_t kPowersOfTen[] = {1ULL,
                                          10ULL,
                                          100ULL,
                                          1'000ULL,
                                          10'000ULL,
                                          100'000ULL,
                                          1'000'000ULL,
                                          10'000'000ULL,
                                          100'000'000ULL,
                                          1'000'000'000ULL,
                                          10'000'000'000ULL,
                                          100'000'000'000ULL,
                                          1'000'000'000'000ULL,
                                          10'000'000'000'000ULL,
                                          100'000'000'000'000ULL,
                                          1'000'000'000'000'000ULL,
                                          10'000'000'000'000'000ULL,
                                          100'000'000'000'000'000ULL,
                                          1'000'000'000'000'000'000ULL,
                                          10'000'000'000'000'000'000ULL};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits of a number's text from the first that is not 0 on, the point passed over.
class DigitReader {
 public:
  explicit DigitReader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {
    while (at_ < end_ && (*at_ == '-' || *at_ == '+' || *at_ == '0' || *at_ == '.')) ++at_;
  }
  // -1 at the end.
  int next() {
    if (at_ < end_ && *at_ == '.') ++at_;
    if (at_ >= end_ || !is_digit(*at_)) return -1;
    return *at_++ - '0';
  }

 private:
  const char* at_;
  const char* end_;
};

// Digits of an integer text whose value is read 64 bits wide where it fits.
std::optional<std::int64_t> canonical_int(std::string_view text) {
  const bool is_negative = text[0] == '-';
  const std::size_t first = is_negative ? 1 : 0;
  const std::size_t digits = text.size() - first;
  if (digits == 0 || digits > kHeadDigits || (text[first] == '0' && text.size() > 1)) return std::nullopt;
  std::uint64_t magnitude = 0;
  for (std::size_t i = first; i < text.size(); ++i) {
    if (!is_digit(text[i])) return std::nullopt;
    magnitude = magnitude * 10 + static_cast<std::uint64_t>(text[i] - '0');
  }
  constexpr std::uint64_t kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > kLargest + (is_negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(is_negative ? 0 - magnitude : magnitude);
}

struct Scanned {
  NumberParts parts;
  bool is_canonical_integer;
  bool has_exponent;
  bool is_beyond_int64;     // the exponent
  std::size_t exponent_at;  // of the e
  std::int64_t exponent;    // INT64_MAX where it is beyond
};

Scanned scan(std::string_view text) {
  Scanned out = {};
  NumberParts& parts = out.parts;
  parts.text = text.data();
  parts.length = static_cast<std::uint32_t>(text.size());
  std::size_t i = 0;
  if (text[0] == '-' || text[0] == '+') {
    parts.is_negative = text[0] == '-';
    i = 1;
  }
  const std::size_t first = i;
  std::int64_t digits = 0;  // from the first that is not 0
  std::int64_t fraction = 0;
  bool seen_point = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      seen_point = true;
      continue;
    }
    if (!is_digit(c)) break;
    if (seen_point) ++fraction;
    if (digits == 0 && c == '0') continue;
    if (digits < kHeadDigits) {
      parts.head = parts.head * 10 + static_cast<std::uint64_t>(c - '0');
    } else if (c != '0') {
      parts.is_longer = true;
    }
    ++digits;
  }
  out.is_canonical_integer = !seen_point && i == text.size() && text[0] != '+' && (text[first] != '0' || text == "0");
  std::size_t exponent_digits = 0;
  if (i < text.size()) {
    out.has_exponent = true;
    out.exponent_at = i++;
    bool is_negative = false;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) is_negative = text[i++] == '-';
    exponent_digits = text.size() - i;
    for (; i < text.size(); ++i) {
      if (__builtin_mul_overflow(out.exponent, std::int64_t{10}, &out.exponent) ||
          __builtin_add_overflow(out.exponent, std::int64_t{text[i] - '0'}, &out.exponent)) {
        out.is_beyond_int64 = true;
        break;
      }
    }
    if (out.is_beyond_int64) out.exponent = std::numeric_limits<std::int64_t>::max();
    if (is_negative) out.exponent = -out.exponent;
  }
  if (digits == 0) {
    parts.is_plain = exponent_digits <= 9;
  } else {
    if (digits < kHeadDigits) parts.head *= kPowersOfTen[kHeadDigits - digits];
    // An exponent beyond these bounds is refused, or makes a zero.
    const std::int64_t position = digits - fraction + std::clamp<std::int64_t>(out.exponent, INT32_MIN / 2, INT32_MAX / 2);
    parts.position = static_cast<std::int32_t>(position);
    parts.is_plain = digits <= 15 && position <= 300 && position >= -300 && exponent_digits <= 9;
  }
  // OPA strips the characters . and 0 from the end and looks whether a point is left; only then does it count as a fraction.
  const std::size_t stripped = text.find_last_not_of(".0");
  parts.is_loose = seen_point && stripped != std::string_view::npos && stripped + 1 < text.size() &&
                   text.substr(0, stripped + 1).find('.') != std::string_view::npos;
  return out;
}

// OPA's bound on what an exponent may make of a number: 2^±100,000. Below 2^-2^31 it is a zero, whatever its digits.
enum class Reach : std::uint8_t { Fine, Zero, TooBig };
Reach reach_of(const Scanned& scanned, std::string_view text) {
  constexpr std::int64_t kSurelyFine = 25'000;
  constexpr std::int64_t kFarthest = 100'000;
  if (!scanned.has_exponent) return Reach::Fine;
  if (scanned.is_beyond_int64) return Reach::TooBig;
  const std::int64_t exponent = scanned.exponent < 0 ? -scanned.exponent : scanned.exponent;
  if (scanned.parts.head == 0 || static_cast<std::int64_t>(scanned.exponent_at) + exponent <= kSurelyFine) return Reach::Fine;
  const std::optional<SoftFloat> number = soft_float_from_text(text);
  if (!number) return Reach::TooBig;
  if (number->is_zero()) return Reach::Zero;
  const std::int64_t power = number->exponent + 64;  // of a mantissa in [0.5, 1)
  return power > kFarthest || power < -kFarthest ? Reach::TooBig : Reach::Fine;
}

Value from_scanned(Arena& arena, Scanned& scanned, std::string_view text) {
  scanned.parts.text = arena.copy(text).data();
  if (scanned.is_canonical_integer) return Value::big_int(arena.make<BigInt>(scanned.parts));
  return Value::decimal(arena.make<Decimal>(scanned.parts));
}

const NumberParts& parts_of(const Value& number) {
  return number.tag() == Tag::BigInt ? static_cast<const NumberParts&>(number.as_big_int()) : static_cast<const NumberParts&>(number.as_decimal());
}

NumberParts parts_of_int(std::int64_t number) {
  NumberParts parts = {};
  parts.is_negative = number < 0;
  const std::uint64_t magnitude = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  if (magnitude == 0) return parts;
  std::uint32_t digits = 1;
  while (digits < kHeadDigits && magnitude >= kPowersOfTen[digits]) ++digits;
  parts.position = static_cast<std::int32_t>(digits);
  parts.head = magnitude * kPowersOfTen[kHeadDigits - digits];
  return parts;
}

int compare_tails(const NumberParts& left, const NumberParts& right) {
  DigitReader a(left.is_longer ? left.view() : std::string_view());
  DigitReader b(right.is_longer ? right.view() : std::string_view());
  for (std::uint32_t i = 0; i < kHeadDigits; ++i) {
    static_cast<void>(a.next());
    static_cast<void>(b.next());
  }
  while (true) {
    const int x = a.next();
    const int y = b.next();
    if (x < 0 && y < 0) return 0;
    // Where one text ends, the other may still have zeros.
    const int difference = (x < 0 ? 0 : x) - (y < 0 ? 0 : y);
    if (difference != 0) return difference < 0 ? -1 : 1;
  }
}

double parts_to_double(const NumberParts& parts) {
  std::string_view text = parts.view();
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  double number = 0;
  const std::from_chars_result result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec == std::errc::result_out_of_range) {
    number = parts.position > 0 ? std::numeric_limits<double>::infinity() : 0.0;
    return parts.is_negative ? -number : number;
  }
  return number;
}

int compare_parts(const NumberParts& left, const NumberParts& right) {
  if (left.head == 0 || right.head == 0) {
    if (left.head == right.head) return 0;
    if (left.head == 0) return right.is_negative ? 1 : -1;
    return left.is_negative ? -1 : 1;
  }
  if (left.is_negative != right.is_negative) return left.is_negative ? -1 : 1;
  int order = 0;
  if (left.position != right.position) {
    order = left.position < right.position ? -1 : 1;
  } else if (left.head != right.head) {
    order = left.head < right.head ? -1 : 1;
  } else if (left.is_longer || right.is_longer) {
    order = compare_tails(left, right);
  }
  if (order == 0) return 0;
  if (left.is_loose && right.is_loose && !(left.is_plain && right.is_plain)) {
    const double a = parts_to_double(left);
    if (std::isfinite(a) && a == parts_to_double(right)) return 0;
  }
  return left.is_negative ? -order : order;
}

// Whether the digits other than 0 all stand before the decimal point.
bool is_integral_parts(const NumberParts& parts) {
  if (parts.head == 0) return true;
  std::int64_t last = 0;  // position of the last digit that is not 0, from 1
  if (!parts.is_longer) {
    std::uint64_t head = parts.head;
    last = kHeadDigits;
    for (; head % 10 == 0; head /= 10) --last;
  } else {
    DigitReader digits(parts.view());
    std::int64_t at = 0;
    for (int digit = digits.next(); digit >= 0; digit = digits.next()) {
      ++at;
      if (digit != 0) last = at;
    }
  }
  return parts.position >= last;
}

}  // namespace

Value number_from_text(Arena& arena, std::string_view text) {
  if (text.empty() || text.size() > Value::kMaxLength) return {};
  if (const std::optional<std::int64_t> small = canonical_int(text)) return Value::integer(*small);
  Scanned scanned = scan(text);
  switch (reach_of(scanned, text)) {
    case Reach::Fine: break;
    case Reach::TooBig: return {};
    case Reach::Zero:
      scanned.parts.head = 0;
      scanned.parts.position = 0;
      scanned.parts.is_longer = false;
      break;
  }
  return from_scanned(arena, scanned, text);
}

Value number_from_result(Arena& arena, std::string_view text) {
  if (text.size() > Value::kMaxLength) return {};
  if (const std::optional<std::int64_t> small = canonical_int(text)) return Value::integer(*small);
  Scanned scanned = scan(text);
  return from_scanned(arena, scanned, text);
}

bool is_within_limits(const Value& number, const Limits& limits) {
  if (number.is_int()) return true;
  const NumberParts& parts = parts_of(number);
  const auto farthest = static_cast<std::int64_t>(limits.number_exponent);
  return parts.length <= limits.number_digits + kRoomBesideDigits && parts.position <= farthest && parts.position >= -farthest;
}

bool is_number_text(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t first = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i > first;
  };
  if (i < text.size() && text[i] == '-') ++i;
  if (i < text.size() && text[i] == '0') {
    ++i;
  } else if (!digits()) {
    return false;
  }
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

Value number_from_unsigned(Arena& arena, std::uint64_t number) {
  if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return Value::integer(static_cast<std::int64_t>(number));
  char bytes[24];
  const std::to_chars_result result = std::to_chars(bytes, bytes + sizeof(bytes), number);
  return number_from_text(arena, {bytes, static_cast<std::size_t>(result.ptr - bytes)});
}

Value number_from_double(Arena& arena, double number) {
  if (!std::isfinite(number)) return {};
  char bytes[64];
  const std::to_chars_result result = std::to_chars(bytes, bytes + sizeof(bytes), number, std::chars_format::scientific);
  const std::string_view scientific(bytes, static_cast<std::size_t>(result.ptr - bytes));
  const std::size_t e = scientific.find('e');
  const bool is_negative = scientific[0] == '-';
  std::string digits(1, scientific[is_negative ? 1 : 0]);
  if (e > digits.size() + (is_negative ? 1 : 0)) digits += scientific.substr(is_negative ? 3 : 2, e - (is_negative ? 3 : 2));
  int exponent = 0;
  std::from_chars(bytes + e + (scientific[e + 1] == '+' ? 2 : 1), result.ptr, exponent);
  std::string text = is_negative ? "-" : "";
  append_shortest(text, digits, exponent + 1, false);
  return number_from_text(arena, text);
}

std::string_view number_text(const Value& number, NumberBuffer& buffer) {
  if (!number.is_int()) return parts_of(number).view();
  const std::to_chars_result result = std::to_chars(buffer.bytes, buffer.bytes + sizeof(buffer.bytes), number.as_int());
  return {buffer.bytes, static_cast<std::size_t>(result.ptr - buffer.bytes)};
}

Value copy_number(Arena& arena, const Value& number) {
  if (number.is_int()) return number;
  NumberParts parts = parts_of(number);
  parts.text = arena.copy(parts.view()).data();
  if (number.tag() == Tag::BigInt) return Value::big_int(arena.make<BigInt>(parts));
  return Value::decimal(arena.make<Decimal>(parts));
}

int compare_numbers(const Value& left, const Value& right) {
  if (left.is_int()) {
    if (right.is_int()) return left.as_int() == right.as_int() ? 0 : (left.as_int() < right.as_int() ? -1 : 1);
    return compare_parts(parts_of_int(left.as_int()), parts_of(right));
  }
  const NumberParts& parts = parts_of(left);
  return right.is_int() ? compare_parts(parts, parts_of_int(right.as_int())) : compare_parts(parts, parts_of(right));
}

// By the nearest double: OPA takes some decimals that are equal as doubles for equal, and these must hash equally too.
std::uint64_t hash_number(const Value& number) {
  double nearest = number.is_int() ? static_cast<double>(number.as_int()) : parts_to_double(parts_of(number));
  if (nearest == 0) nearest = 0;  // -0 is 0
  std::uint64_t bits = 0;
  std::memcpy(&bits, &nearest, sizeof(bits));
  bits ^= bits >> 32U;
  bits *= 0xD6E8'FEB8'6659'FD93U;
  bits ^= bits >> 32U;
  bits *= 0xD6E8'FEB8'6659'FD93U;
  return bits ^ (bits >> 32U);
}

std::optional<std::int64_t> to_int64(const Value& number) {
  if (number.is_int()) return number.as_int();
  if (number.tag() != Tag::Decimal) return std::nullopt;
  std::string_view text = number.as_decimal().view();
  const bool is_negative = text[0] == '-';
  if (is_negative || text[0] == '+') text.remove_prefix(1);
  if (text.empty() || text.size() > 19) return std::nullopt;
  const std::size_t point = text.find('.');
  if (point != std::string_view::npos && text.find_first_not_of('0', point + 1) != std::string_view::npos) return std::nullopt;
  std::uint64_t magnitude = 0;
  for (const char c : text.substr(0, point)) {
    if (!is_digit(c)) return std::nullopt;
    magnitude = magnitude * 10 + static_cast<std::uint64_t>(c - '0');
  }
  constexpr std::uint64_t kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > kLargest + (is_negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(is_negative ? 0 - magnitude : magnitude);
}

std::optional<std::int64_t> to_int64_exact(const Value& number) {
  if (number.is_int()) return number.as_int();
  const NumberParts& parts = parts_of(number);
  if (parts.head == 0) return 0;
  if (parts.is_longer || parts.position < 1 || parts.position > static_cast<std::int32_t>(kHeadDigits)) return std::nullopt;
  const std::uint64_t scale = kPowersOfTen[kHeadDigits - static_cast<std::uint32_t>(parts.position)];
  if (parts.head % scale != 0) return std::nullopt;
  const std::uint64_t magnitude = parts.head / scale;
  constexpr std::uint64_t kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > kLargest + (parts.is_negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(parts.is_negative ? 0 - magnitude : magnitude);
}

double to_double(const Value& number) { return number.is_int() ? static_cast<double>(number.as_int()) : parts_to_double(parts_of(number)); }

bool is_integral(const Value& number) { return number.tag() != Tag::Decimal || is_integral_parts(number.as_decimal()); }

}  // namespace psdl
