// The formats of texts that Kubernetes checks. Formats beyond these are let through, as there.
#include <algorithm>
#include <array>
#include <charconv>

#include "builtins/patterns.hpp"
#include "gatekeeper/schema_node.hpp"

namespace psdl::gatekeeper {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hexadecimal(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool are_all(std::string_view text, bool (*test)(char)) { return std::all_of(text.begin(), text.end(), test); }

// A small number without a sign; -1 where it is none.
int decimal(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return text.empty() || !are_all(text, is_digit) || error != std::errc() || end != text.data() + text.size() ? -1 : number;
}

template <class F>
bool each_part(std::string_view text, char separator, F&& test) {
  for (;;) {
    const std::size_t end = text.find(separator);
    if (!test(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  return each_part(text, '.', [&](std::string_view part) {
           ++parts;
           const bool has_zero_before = part.size() > 1 && part.front() == '0';
           return part.size() <= 3 && !has_zero_before && decimal(part) >= 0 && decimal(part) <= 255;
         }) && parts == 4;
}

// Groups of up to four digits, one `::`, an IPv4 address at the end; a zone is none for Go's ParseIP.
bool is_ipv6(std::string_view text) {
  if (text.find(':') == std::string_view::npos) return false;
  int groups = 0;
  const std::size_t last_colon = text.rfind(':');
  const std::string_view last = text.substr(last_colon + 1);
  if (last.find('.') != std::string_view::npos) {
    if (!is_ipv4(last)) return false;
    groups = 2;
    text = text.substr(0, last_colon);
    if (text.ends_with(':')) text = text.size() == 1 ? std::string_view("::") : text;
    if (text.empty()) return false;
    if (text.ends_with(':') && !text.ends_with("::")) text.remove_suffix(0);
  }
  const std::size_t gap = text.find("::");
  const auto count = [&](std::string_view part) {
    if (part.empty()) return true;
    return each_part(part, ':', [&](std::string_view group) {
      ++groups;
      return !group.empty() && group.size() <= 4 && are_all(group, is_hexadecimal);
    });
  };
  if (gap == std::string_view::npos) return count(text) && groups == 8;
  std::string_view tail = text.substr(gap + 2);
  return tail.find("::") == std::string_view::npos && count(text.substr(0, gap)) && count(tail) && groups <= 7;
}

bool is_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view address = text.substr(0, slash);
  const std::string_view bits = text.substr(slash + 1);
  const int length = bits.size() > 3 ? -1 : decimal(bits);
  if (is_ipv4(address)) return length >= 0 && length <= 32;
  return is_ipv6(address) && length >= 0 && length <= 128;
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int year = decimal(text.substr(0, 4));
  const int month = decimal(text.substr(5, 2));
  const int day = decimal(text.substr(8, 2));
  if (year < 0 || month < 1 || month > 12 || day < 1) return false;
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap ? 1 : 0);
}

// Go's time.ParseDuration, or a number and a long unit: `3 days`.
bool is_go_duration(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return true;
  if (text.empty()) return false;
  while (!text.empty()) {
    std::size_t digits = 0;
    std::size_t at = 0;
    while (at < text.size() && (is_digit(text[at]) || text[at] == '.')) digits += is_digit(text[at++]) ? 1U : 0U;
    if (digits == 0 || std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '.') > 1) return false;
    text.remove_prefix(at);
    at = 0;
    while (at < text.size() && !is_digit(text[at]) && text[at] != '.') ++at;
    const std::string_view unit = text.substr(0, at);
    constexpr std::array<std::string_view, 8> kUnits = {"ns", "us", "\xC2\xB5s", "\xCE\xBCs", "ms", "s", "m", "h"};
    if (std::find(kUnits.begin(), kUnits.end(), unit) == kUnits.end()) return false;
    text.remove_prefix(at);
  }
  return true;
}

// Formats that are an expression, those that Kubernetes itself has as one.
struct Expression {
  std::string_view name;
  std::string_view pattern;
};
constexpr Expression kExpressions[] = {
    {"bsonobjectid", "^[0-9a-fA-F]{24}$"},
    {"creditcard", "^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\\d{3})\\d{11})$"},
    {"datetime", "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([zZ]|[+-][0-9]{2}:?[0-9]{2})?$"},
    {"duration", "^(\\d+)\\s*(ns|nanos?|nanoseconds?|us|\xC2\xB5s|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$"},
    {"email", "^[^\\s@<>(),;:\"\\[\\]\\\\]+@[^\\s@<>(),;:\"\\\\]+$"},
    {"hexcolor", "^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"},
    {"hostname", "^([a-zA-Z0-9\\p{S}\\p{L}]((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)|([a-zA-Z0-9\\p{S}\\p{L}](([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}[a-zA-Z0-9\\p{S}\\p{L}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$"},
    {"mac", "^([0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){7}|[0-9a-fA-F]{4}(\\.[0-9a-fA-F]{4}){2}|[0-9a-fA-F]{4}(\\.[0-9a-fA-F]{4}){3})$"},
    {"rgbcolor", "^rgb\\(\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*\\)$"},
    {"ssn", "^\\d{3}[- ]?\\d{2}[- ]?\\d{4}$"},
    {"uri", "^([a-zA-Z][-+.a-zA-Z0-9]*:[^\\s]+|/[^\\s]*)$"},
    {"uuid", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"},
    {"uuid3", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$"},
    {"uuid4", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"},
    {"uuid5", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"},
};

// Formats that are no expression.
constexpr std::array<std::string_view, 9> kOthers = {"byte", "cidr", "date", "ipv4", "ipv6", "isbn", "isbn10", "isbn13", "password"};

bool matches(std::string_view pattern, std::string_view text) {
  std::string error;
  std::string_view limit;
  const std::unique_ptr<Regex> regex = Regex::compile(pattern, Limits(), error, limit);
  return regex != nullptr && regex->matches(text);
}

bool is_base64(std::string_view text) {
  std::size_t padding = 0;
  while (!text.empty() && text.back() == '=' && padding < 2) {
    text.remove_suffix(1);
    ++padding;
  }
  return (text.size() + padding) % 4 == 0 && are_all(text, [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/';
         });
}

std::string without_separators(std::string_view text) {
  std::string digits(text);
  std::erase_if(digits, [](char c) { return c == '-' || c == ' '; });
  return digits;
}

bool is_isbn10(std::string_view text) {
  const std::string digits = without_separators(text);
  if (digits.size() != 10) return false;
  int sum = 0;
  for (int i = 0; i < 10; ++i) {
    const char c = digits[static_cast<std::size_t>(i)];
    if (!is_digit(c) && !(i == 9 && c == 'X')) return false;
    sum += (i + 1) * (c == 'X' ? 10 : c - '0');
  }
  return sum % 11 == 0;
}

bool is_isbn13(std::string_view text) {
  const std::string digits = without_separators(text);
  if (digits.size() != 13 || !are_all(digits, is_digit)) return false;
  int sum = 0;
  for (int i = 0; i < 13; ++i) sum += (i % 2 == 0 ? 1 : 3) * (digits[static_cast<std::size_t>(i)] - '0');
  return sum % 10 == 0;
}

}  // namespace

bool is_known_format(std::string_view normalized) {
  return std::find(kOthers.begin(), kOthers.end(), normalized) != kOthers.end() ||
         std::any_of(std::begin(kExpressions), std::end(kExpressions), [&](const Expression& one) { return one.name == normalized; });
}

bool has_format(std::string_view normalized, std::string_view text) {
  if (normalized == "ipv4") return is_ipv4(text);
  if (normalized == "ipv6") return is_ipv6(text);
  if (normalized == "cidr") return is_cidr(text);
  if (normalized == "date") return is_date(text);
  if (normalized == "byte") return is_base64(text);
  if (normalized == "isbn10") return is_isbn10(text);
  if (normalized == "isbn13") return is_isbn13(text);
  if (normalized == "isbn") return is_isbn10(text) || is_isbn13(text);
  if (normalized == "duration" && is_go_duration(text)) return true;
  for (const Expression& one : kExpressions) {
    if (one.name != normalized) continue;
    if (normalized != "creditcard") return matches(one.pattern, text);
    std::string digits(text);
    std::erase_if(digits, [](char c) { return !is_digit(c); });
    return matches(one.pattern, digits);
  }
  return true;
}

}  // namespace psdl::gatekeeper
