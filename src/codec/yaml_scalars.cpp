// The tables of go-yaml v2 (Kubernetes) and v3 (OPA, gator verify), for plain scalars.
#include "codec/yaml_scalars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace psdl::codec {
namespace {

constexpr std::string_view kCorePrefix = "tag:yaml.org,2002:";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// An integer by Go's strconv.ParseInt and ParseUint with base 0: a prefix 0x, 0o or 0b, or a leading zero for octal.
// Underscores are gone already.
enum class IntegerKind : std::uint8_t { None, Signed, Unsigned };
IntegerKind parse_integer(std::string_view text, std::int64_t& value, std::uint64_t& beyond) {
  const bool has_sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  const bool is_negative = has_sign && text[0] == '-';
  std::string_view digits = text.substr(has_sign ? 1 : 0);
  int base = 10;
  if (digits.size() >= 2 && digits[0] == '0') {
    const char letter = static_cast<char>(digits[1] | 0x20);
    if (digits.size() >= 3 && (letter == 'x' || letter == 'o' || letter == 'b')) {
      base = letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
      digits.remove_prefix(2);
    } else {
      base = 8;
      digits.remove_prefix(1);
    }
  }
  if (digits.empty()) return IntegerKind::None;
  std::uint64_t magnitude = 0;
  const std::from_chars_result parsed = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return IntegerKind::None;
  constexpr auto kMost = static_cast<std::uint64_t>(INT64_MAX);
  if (is_negative) {
    if (magnitude > kMost + 1) return IntegerKind::None;
    value = static_cast<std::int64_t>(0 - magnitude);
    return IntegerKind::Signed;
  }
  if (magnitude <= kMost) {
    value = static_cast<std::int64_t>(magnitude);
    return IntegerKind::Signed;
  }
  if (has_sign) return IntegerKind::None;  // ParseUint takes no sign
  beyond = magnitude;
  return IntegerKind::Unsigned;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool is_float_text(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - begin;
  };
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  const std::size_t whole = digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

// The double of a text that is_float_text; none where it is beyond the largest one. Too small ones are zero, as Go has
// them.
std::optional<double> parse_double(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  double number = 0;
  const std::from_chars_result parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec == std::errc::result_out_of_range) {
    // from_chars says the same for both ends. Scale the digits: the sign of the decimal exponent of the first digit
    // tells.
    const std::size_t e = text.find_first_of("eE");
    const std::string_view mantissa = text.substr(0, e);
    const std::size_t first = mantissa.find_first_of("123456789");
    if (first == std::string_view::npos) return 0.0;
    const bool is_exponent_negative = e != std::string_view::npos && text[e + 1] == '-';
    if (e == std::string_view::npos) {
      const std::size_t point = mantissa.find('.');
      return point != std::string_view::npos && point < first ? std::optional<double>(0.0) : std::nullopt;
    }
    if (!is_exponent_negative) return std::nullopt;
    return text[0] == '-' ? -0.0 : 0.0;
  }
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

// The literal in JSON's grammar: `+1.` is 1, `.5` 0.5, `00.5` 0.5.
void write_literal(std::string_view text, Scalar& scalar) {
  std::size_t size = 0;
  char* const out = scalar.literal;
  if (text.size() + 2 > sizeof scalar.literal) return;
  std::size_t i = 0;
  if (text[i] == '-') out[size++] = '-';
  if (text[i] == '-' || text[i] == '+') ++i;
  while (i + 1 < text.size() && text[i] == '0' && is_digit(text[i + 1])) ++i;
  if (text[i] == '.') out[size++] = '0';
  while (i < text.size() && is_digit(text[i])) out[size++] = text[i++];
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (i < text.size() && is_digit(text[i])) {
      out[size++] = '.';
      while (i < text.size() && is_digit(text[i])) out[size++] = text[i++];
    }
  }
  while (i < text.size()) out[size++] = text[i++];
  scalar.literal_size = static_cast<std::uint32_t>(size);
}

bool are_underscores_between_digits(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && (i == 0 || i + 1 >= text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])))
      return false;
  }
  return true;
}

bool resolve_word(std::string_view text, ScalarTable table, Scalar& scalar) {
  // Most scalars are none of these words, as their size and first character say.
  constexpr std::size_t kLongest = 5;
  constexpr std::string_view kFirst = "~nNtTfFyYoO.+-<";
  if (text.size() > kLongest || (!text.empty() && kFirst.find(text[0]) == std::string_view::npos)) return false;
  using Kind = Scalar::Kind;
  const auto is_truth = [&](bool truth) {
    scalar.kind = Kind::Bool;
    scalar.truth = truth;
    return true;
  };
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) {
    scalar.kind = Kind::Null;
    return true;
  }
  if (is_one_of(text, {"true", "True", "TRUE"})) return is_truth(true);
  if (is_one_of(text, {"false", "False", "FALSE"})) return is_truth(false);
  if (table == ScalarTable::Kubernetes) {
    if (is_one_of(text, {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"})) return is_truth(true);
    if (is_one_of(text, {"n", "N", "no", "No", "NO", "off", "Off", "OFF"})) return is_truth(false);
  }
  const auto is_kind = [&](Kind kind) {
    scalar.kind = kind;
    return true;
  };
  if (is_one_of(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) return is_kind(Kind::Infinity);
  if (is_one_of(text, {"-.inf", "-.Inf", "-.INF"})) return is_kind(Kind::NegativeInfinity);
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return is_kind(Kind::NotANumber);
  if (text == "<<") return is_kind(Kind::Merge);
  return false;
}

// Four-digit year, month and day of one or two digits, then perhaps a time; Go's time.Parse checks the ranges.
struct DateReader {
  std::string_view text;
  std::size_t at = 0;

  bool character(std::string_view any) {
    if (at >= text.size() || any.find(text[at]) == std::string_view::npos) return false;
    ++at;
    return true;
  }
  bool number(std::size_t least, std::size_t most, int& out) {
    const std::size_t begin = at;
    out = 0;
    while (at < text.size() && at - begin < most && is_digit(text[at])) out = out * 10 + (text[at++] - '0');
    return at - begin >= least;
  }
};

bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int days_of(int year, int month) {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[static_cast<std::size_t>(month - 1)];
}

// The digits and the decimal exponent of the shortest text that reads back: 12.5 is "125", 1.
template <class Float>
void shortest_digits(Float number, std::string& digits, int& exponent) {
  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  digits.clear();
  for (const char c : text.substr(0, e)) {
    if (is_digit(c)) digits += c;
  }
  exponent = 0;
  const std::string_view power = text.substr(e + 1);
  std::from_chars(power.data() + (power[0] == '+' ? 1 : 0), power.data() + power.size(), exponent);
}

std::string plain_notation(const std::string& digits, int exponent) {
  std::string out;
  if (exponent < 0) {
    out = "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  } else {
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole) return digits + std::string(whole - digits.size(), '0');
    out = digits.substr(0, whole) + "." + digits.substr(whole);
  }
  return out;
}

std::string scientific_notation(const std::string& digits, int exponent, bool has_two_digits) {
  std::string out = digits.substr(0, 1);
  if (digits.size() > 1) out += "." + digits.substr(1);
  out += exponent < 0 ? "e-" : "e+";
  const int magnitude = std::abs(exponent);
  if (has_two_digits && magnitude < 10) out += '0';
  return out + std::to_string(magnitude);
}

}  // namespace

YamlTag yaml_tag(std::string_view tag) {
  if (tag.empty()) return YamlTag::None;
  if (!tag.starts_with(kCorePrefix)) return YamlTag::Other;
  tag.remove_prefix(kCorePrefix.size());
  struct Row {
    std::string_view name;
    YamlTag tag;
  };
  constexpr Row rows[] = {
      {"null", YamlTag::Null},   {"bool", YamlTag::Bool},     {"int", YamlTag::Int}, {"float", YamlTag::Float},
      {"str", YamlTag::Str},     {"map", YamlTag::Map},       {"seq", YamlTag::Seq}, {"timestamp", YamlTag::Timestamp},
      {"merge", YamlTag::Merge}, {"binary", YamlTag::Binary}, {"set", YamlTag::Set}, {"omap", YamlTag::Omap}};
  for (const Row& row : rows) {
    if (row.name == tag) return row.tag;
  }
  return YamlTag::Other;
}

Scalar resolve_plain(std::string_view text, ScalarTable table, bool& is_too_big) {
  Scalar scalar;
  is_too_big = false;
  if (text.empty()) {
    scalar.kind = Scalar::Kind::Null;
    return scalar;
  }
  const char first = text[0];
  const bool is_numeric = is_digit(first) || first == '-' || first == '+' || first == '.';
  if (!is_numeric) {
    static constexpr std::string_view kFirstOfWords = "yYnNtTfFoO~<";
    if (kFirstOfWords.find(first) != std::string_view::npos) resolve_word(text, table, scalar);
    return scalar;
  }
  if (resolve_word(text, table, scalar)) return scalar;
  if (first != '.' && table == ScalarTable::GatorVerify) {
    std::string rfc3339;
    if (parse_timestamp(text, rfc3339)) {
      scalar.kind = Scalar::Kind::Timestamp;
      return scalar;
    }
  }
  // Underscores are dropped wherever they stand; after a leading point only between two digits, where Go's ParseFloat
  // itself takes them.
  std::string without;
  std::string_view plain = text;
  if (text.find('_') != std::string_view::npos && (first != '.' || are_underscores_between_digits(text))) {
    without.reserve(text.size());
    std::copy_if(text.begin(), text.end(), std::back_inserter(without), [](char c) { return c != '_'; });
    plain = without;
  }
  if (first != '.') {
    switch (parse_integer(plain, scalar.integer, scalar.unsigned_integer)) {
      case IntegerKind::Signed: scalar.kind = Scalar::Kind::Int; return scalar;
      case IntegerKind::Unsigned: scalar.kind = Scalar::Kind::Unsigned; return scalar;
      case IntegerKind::None: break;
    }
  }
  if (is_float_text(plain)) {
    const std::optional<double> number = parse_double(plain);
    if (number.has_value()) {
      scalar.kind = Scalar::Kind::Float;
      scalar.number = *number;
      write_literal(plain, scalar);
      return scalar;
    }
    is_too_big = true;
    return scalar;
  }
  // A second sign or prefix that go-yaml looks at on its own: -0b-1 and 0b+1 are numbers to it.
  const auto with_base = [&](std::string_view digits, int base, bool is_negative) {
    if (!digits.empty() && digits[0] == '+' && !is_negative) digits.remove_prefix(1);
    bool is_signed = is_negative;
    if (!digits.empty() && digits[0] == '-' && !is_negative) {
      digits.remove_prefix(1);
      is_signed = true;
    }
    std::uint64_t magnitude = 0;
    const std::from_chars_result parsed =
        std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
    if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return false;
    if (magnitude > static_cast<std::uint64_t>(INT64_MAX)) return false;
    scalar.kind = Scalar::Kind::Int;
    scalar.integer = is_signed ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
    return true;
  };
  if (plain.starts_with("0b")) {
    (void)with_base(plain.substr(2), 2, false);
  } else if (plain.starts_with("-0b")) {
    (void)with_base(plain.substr(3), 2, true);
  } else if (table != ScalarTable::Kubernetes && plain.starts_with("0o")) {
    (void)with_base(plain.substr(2), 8, false);
  } else if (table != ScalarTable::Kubernetes && plain.starts_with("-0o")) {
    (void)with_base(plain.substr(3), 8, true);
  }
  return scalar;
}

std::string format_float_key(double number) {
  const auto narrow = static_cast<float>(number);
  if (std::isinf(narrow)) return narrow < 0 ? "-.inf" : ".inf";
  if (std::isnan(narrow)) return ".nan";
  std::string digits;
  int exponent = 0;
  shortest_digits(std::fabs(narrow), digits, exponent);
  const std::string sign = std::signbit(narrow) ? "-" : "";
  if (narrow == 0) return sign + "0";
  // For the shortest text Go decides by a precision of 6.
  if (exponent < -4 || exponent >= 6) return sign + scientific_notation(digits, exponent, true);
  return sign + plain_notation(digits, exponent);
}

std::string format_json_double(double number) {
  if (number == 0) return std::signbit(number) ? "-0" : "0";
  std::string digits;
  int exponent = 0;
  shortest_digits(std::fabs(number), digits, exponent);
  const std::string sign = number < 0 ? "-" : "";
  if (exponent < -6 || exponent >= 21) return sign + scientific_notation(digits, exponent, false);
  return sign + plain_notation(digits, exponent);
}

bool parse_timestamp(std::string_view text, std::string& rfc3339) {
  DateReader reader{text};
  int year = 0;
  int month = 0;
  int day = 0;
  if (!reader.number(4, 4, year) || !reader.character("-") || !reader.number(1, 2, month) || !reader.character("-") ||
      !reader.number(1, 2, day))
    return false;
  if (month < 1 || month > 12 || day < 1 || day > days_of(year, month)) return false;
  rfc3339 = fmt::format("{:04}-{:02}-{:02}T", year, month, day);
  if (reader.at == text.size()) {
    rfc3339 += "00:00:00Z";
    return true;
  }
  const bool has_zone = text[reader.at] != ' ';
  if (!reader.character("Tt ")) return false;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!reader.number(1, 2, hour) || !reader.character(":") || !reader.number(1, 2, minute) || !reader.character(":") ||
      !reader.number(1, 2, second))
    return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  rfc3339 += fmt::format("{:02}:{:02}:{:02}", hour, minute, second);
  if (reader.at + 1 < text.size() && (text[reader.at] == '.' || text[reader.at] == ',') &&
      is_digit(text[reader.at + 1])) {
    ++reader.at;
    std::string fraction;
    while (reader.at < text.size() && is_digit(text[reader.at])) fraction += text[reader.at++];
    fraction.resize(std::min<std::size_t>(fraction.size(), 9));
    while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
    if (!fraction.empty()) rfc3339 += "." + fraction;
  }
  if (!has_zone) {
    rfc3339 += 'Z';
    return reader.at == text.size();
  }
  if (reader.character("Z")) {
    rfc3339 += 'Z';
    return reader.at == text.size();
  }
  const char sign = reader.at < text.size() ? text[reader.at] : '\0';
  int zone_hour = 0;
  int zone_minute = 0;
  if (!reader.character("+-") || !reader.number(2, 2, zone_hour) || !reader.character(":") ||
      !reader.number(2, 2, zone_minute))
    return false;
  if (zone_hour > 24 || zone_minute > 60 || reader.at != text.size()) return false;
  rfc3339 += zone_hour == 0 && zone_minute == 0 ? std::string("Z")
                                                : fmt::format("{}{:02}:{:02}", sign, zone_hour, zone_minute);
  return true;
}

}  // namespace psdl::codec
