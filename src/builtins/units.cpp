// units.parse and units.parse_bytes. In: "1.5Gi"; out: a number, exact or rounded just where OPA rounds.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/multiprecision/cpp_int.hpp>
#include <fmt/format.h>
#include <utf8proc.h>

#include "builtins/registry.hpp"
#include "builtins/runes.hpp"

namespace psdl {
namespace {

using boost::multiprecision::cpp_int;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The amount and the unit of a text, as views into it.
struct AmountAndUnit {
  std::string_view amount;
  std::string_view unit;
};

// An `e` belongs to the amount only where a digit or a sign follows: "1e3" is a thousand, "1e" is an exa-unit.
// Nothing where the exponent has more than six digits.
std::optional<AmountAndUnit> split_unit(std::string_view text) {
  constexpr std::size_t kMaxExponentDigits = 6;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (is_digit(c) || c == '.' || c == '+' || c == '-') continue;
    if (c != 'e' && c != 'E') break;
    if (at + 1 == text.size()) break;
    const char next = text[at + 1];
    if (!is_digit(next) && next != '+' && next != '-') break;
    if (!is_digit(next)) ++at;
    std::size_t digits = 0;
    while (at + 1 + digits < text.size() && is_digit(text[at + 1 + digits])) ++digits;
    if (digits > kMaxExponentDigits) return std::nullopt;
  }
  return AmountAndUnit{text.substr(0, at), text.substr(at)};
}

// digits * 10^exponent, with a sign. `digits` has no leading zeros and is empty for zero.
struct Amount {
  bool is_negative = false;
  std::string digits;
  std::int64_t exponent = 0;
};

// Sign, digits with at most one point (on either side of it at least one digit in all), exponent.
std::optional<Amount> read_amount(std::string_view text) {
  Amount amount;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) amount.is_negative = text[at++] == '-';
  bool has_digits = false;
  bool has_point = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.') {
      if (has_point) return std::nullopt;
      has_point = true;
      continue;
    }
    if (!is_digit(text[at])) break;
    has_digits = true;
    if (has_point) --amount.exponent;
    if (text[at] != '0' || !amount.digits.empty()) amount.digits.push_back(text[at]);
  }
  if (!has_digits) return std::nullopt;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    ++at;
    bool is_negative = false;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) is_negative = text[at++] == '-';
    if (at == text.size()) return std::nullopt;
    std::int64_t exponent = 0;
    for (; at < text.size(); ++at) {
      if (!is_digit(text[at])) return std::nullopt;
      exponent = exponent * 10 + (text[at] - '0');
    }
    amount.exponent += is_negative ? -exponent : exponent;
  }
  return amount;
}

cpp_int power_of_ten(std::int64_t exponent) { return boost::multiprecision::pow(cpp_int(10), static_cast<unsigned>(exponent)); }

// Bytes that are no UTF-8 become U+FFFD, as Go's ToLower does it; beyond ASCII only messages show them.
void append_lower(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = decode_rune(text, at);
    char bytes[4];
    out.append(bytes, encode_rune(bytes, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(rune.value)))));
    at += rune.size;
  }
}

// 10^3n for "k", "m", .., 2^10n for "ki", "mi", ..; 0 for another text. `prefix` is lower case.
std::uint64_t prefix_factor(std::string_view prefix) {
  constexpr std::string_view kLetters = "kmgtpe";
  if (prefix.empty() || prefix.size() > 2 || (prefix.size() == 2 && prefix[1] != 'i')) return 0;
  const std::size_t power = kLetters.find(prefix[0]);
  if (power == std::string_view::npos) return 0;
  std::uint64_t factor = 1;
  for (std::size_t step = 0; step <= power; ++step) factor *= prefix.size() == 2 ? 1024U : 1000U;
  return factor;
}

bool is_beyond(const CallContext& context, const Amount& amount) {
  if (amount.digits.empty()) return false;
  const Limits& limits = context.limits();
  return amount.digits.size() > limits.number_digits ||
         static_cast<std::int64_t>(amount.digits.size()) + amount.exponent > static_cast<std::int64_t>(limits.number_digits);
}

std::string without_quotes(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '"') out.push_back(c);
  }
  return out;
}

// Exact: the amount is a fraction of integers. "m" alone is OPA's float64 0.001, which is not quite a thousandth.
Value units_parse(CallContext& context, Args args) {
  constexpr std::string_view kName = "units.parse: ";
  const auto fail = [&](std::string_view message) { return context.fail(fmt::format("{}{}", kName, message)); };
  const std::string text = without_quotes(args.string(0));
  if (text.find(' ') != std::string::npos) return fail("spaces not allowed in resource strings");
  const std::optional<AmountAndUnit> parts = split_unit(text);
  if (!parts) return fail("exponent too large");
  if (parts->amount.empty()) return fail("no amount provided");

  // The first letter keeps its case, so that milli and mega differ.
  std::string unit;
  if (!parts->unit.empty()) {
    unit.push_back(parts->unit[0]);
    append_lower(unit, parts->unit.substr(1));
  }
  cpp_int numerator = 1;
  cpp_int denominator = 1;
  if (unit == "m") {
    constexpr std::uint64_t kMilliMantissa = 1152921504606847;
    numerator = kMilliMantissa;
    denominator <<= 60;
  } else if (!unit.empty()) {
    std::string lower = unit;
    if (lower[0] >= 'A' && lower[0] <= 'Z') lower[0] = static_cast<char>(lower[0] + ('a' - 'A'));
    const std::uint64_t factor = prefix_factor(lower);
    if (factor == 0) return fail(fmt::format("unit {} not recognized", unit));
    numerator = factor;
  }

  const std::optional<Amount> amount = read_amount(parts->amount);
  if (!amount) return fail("could not parse amount to a number");
  if (is_beyond(context, *amount)) return context.limit("number_digits");
  if (amount->digits.empty()) return Value::integer(0);
  constexpr int kFractionDigits = 10;
  // So small that no digit of the ten can show.
  constexpr std::int64_t kVanishes = 64;
  if (amount->exponent + static_cast<std::int64_t>(amount->digits.size()) < -kVanishes) {
    return number_from_text(context.arena(), amount->is_negative ? "-0.0000000000" : "0.0000000000");
  }
  numerator *= cpp_int(amount->digits);
  if (amount->exponent > 0) numerator *= power_of_ten(amount->exponent);
  if (amount->exponent < 0) denominator *= power_of_ten(-amount->exponent);

  std::string out = amount->is_negative ? "-" : "";
  if (numerator % denominator == 0) {
    out += cpp_int(numerator / denominator).str();
    return number_from_text(context.arena(), out);
  }
  numerator *= power_of_ten(kFractionDigits);
  cpp_int scaled = numerator / denominator;
  if ((numerator % denominator) * 2 >= denominator) ++scaled;
  std::string digits = scaled.str();
  if (digits.size() <= kFractionDigits) digits.insert(0, kFractionDigits + 1 - digits.size(), '0');
  out += digits.substr(0, digits.size() - kFractionDigits);
  out += '.';
  out += digits.substr(digits.size() - kFractionDigits);
  return number_from_text(context.arena(), out);
}

// mantissa * 2^exponent with 64 bits of mantissa: Go's big.Float as OPA uses it here.
struct Float64Bits {
  cpp_int mantissa;
  std::int64_t exponent = 0;
};

// Nearest, ties to even. `has_rest`: the exact value is a little more than `mantissa` says.
void round_to_64_bits(Float64Bits& number, bool has_rest) {
  if (number.mantissa == 0) return;
  const auto bits = static_cast<std::int64_t>(boost::multiprecision::msb(number.mantissa)) + 1;
  if (bits <= 64) return;
  const auto cut = static_cast<unsigned>(bits - 64);
  const cpp_int rest = number.mantissa & ((cpp_int(1) << cut) - 1);
  const cpp_int half = cpp_int(1) << (cut - 1);
  number.mantissa >>= cut;
  number.exponent += cut;
  const bool is_odd = (number.mantissa & 1) != 0;
  if (rest > half || (rest == half && (has_rest || is_odd))) ++number.mantissa;
}

Float64Bits round_amount(const Amount& amount) {
  Float64Bits number{amount.digits.empty() ? cpp_int(0) : cpp_int(amount.digits), 0};
  bool has_rest = false;
  if (amount.exponent > 0) number.mantissa *= power_of_ten(amount.exponent);
  if (amount.exponent < 0) {
    const cpp_int divisor = power_of_ten(-amount.exponent);
    // Enough bits that the quotient has more than 64.
    const auto shift = boost::multiprecision::msb(divisor) + 70;
    number.mantissa <<= shift;
    number.exponent = -static_cast<std::int64_t>(shift);
    has_rest = number.mantissa % divisor != 0;
    number.mantissa /= divisor;
  }
  round_to_64_bits(number, has_rest);
  return number;
}

Value units_parse_bytes(CallContext& context, Args args) {
  constexpr std::string_view kName = "units.parse_bytes: ";
  const auto fail = [&](std::string_view message) { return context.fail(fmt::format("{}{}", kName, message)); };
  std::string text;
  append_lower(text, without_quotes(args.string(0)));
  if (text.find(' ') != std::string::npos) return fail("spaces not allowed in resource strings");
  const std::optional<AmountAndUnit> parts = split_unit(text);
  if (!parts) return fail("exponent too large");
  if (parts->amount.empty()) return fail("no byte amount provided");

  std::string_view prefix = parts->unit;
  std::uint64_t factor = 1;
  if (!prefix.empty()) {
    // The `b` is a matter of taste, but there must be a prefix.
    if (prefix.size() > 1 && prefix.back() == 'b') prefix.remove_suffix(1);
    factor = prefix_factor(prefix);
    if (factor == 0) return fail(fmt::format("byte unit {} not recognized", parts->unit));
  }

  const std::optional<Amount> amount = read_amount(parts->amount);
  if (!amount) return fail("could not parse byte amount to a number");
  if (is_beyond(context, *amount)) return context.limit("number_digits");
  constexpr std::int64_t kVanishes = 64;
  if (amount->digits.empty() || amount->exponent + static_cast<std::int64_t>(amount->digits.size()) < -kVanishes) return Value::integer(0);

  Float64Bits total = round_amount(*amount);
  total.mantissa *= factor;
  round_to_64_bits(total, false);
  if (total.exponent >= 0) {
    total.mantissa <<= static_cast<unsigned>(total.exponent);
  } else {
    total.mantissa >>= static_cast<unsigned>(-total.exponent);
  }
  std::string digits = total.mantissa.str();
  if (amount->is_negative && digits != "0") digits.insert(0, 1, '-');
  return number_from_text(context.arena(), digits);
}

constexpr Builtin kUnitBuiltins[] = {
    {.name = "units.parse",
     .signature = signature("(x: string) -> number"),
     .doc = "The number that an amount with a unit stands for: decimal prefixes (k, M, G, ..), binary ones (Ki, Mi, ..) and m for a thousandth. Only m "
            "and M differ by case.",
     .example = R"(units.parse("1.5Ki") == 1536)",
     .fn = units_parse},
    {.name = "units.parse_bytes",
     .signature = signature("(x: string) -> number"),
     .doc = "The whole number of bytes that a text such as 10GB, 5Ki or 1.5e3MB stands for. Case does not matter, and neither does a final b.",
     .example = R"(units.parse_bytes("2KiB") == 2048)",
     .fn = units_parse_bytes},
};

}  // namespace

std::span<const Builtin> unit_builtins() { return kUnitBuiltins; }

}  // namespace psdl
