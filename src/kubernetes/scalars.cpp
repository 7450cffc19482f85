// Integers, quantities and base64 as the Go code of Kubernetes takes them.
#include "kubernetes/scalars.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include "builtins/go_time.hpp"
#include "value/number.hpp"

namespace psdl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// `e` or `E`, a sign perhaps, and digits that fit 64 bits.
bool is_exponent(std::string_view suffix) {
  if (suffix.empty() || (suffix[0] != 'e' && suffix[0] != 'E')) return false;
  constexpr std::size_t kMostDigits = 18;
  const std::size_t begin = suffix.size() > 1 && (suffix[1] == '+' || suffix[1] == '-') ? 2 : 1;
  return suffix.size() > begin && suffix.size() - begin <= kMostDigits && skip_digits(suffix, begin) == suffix.size();
}

bool is_quantity_suffix(std::string_view suffix) {
  if (suffix.empty()) return true;
  const bool is_binary = suffix.size() == 2 && suffix[1] == 'i';
  if (suffix.size() > 1 && !is_binary) return is_exponent(suffix);
  switch (suffix[0]) {
    case 'M':
    case 'G':
    case 'T':
    case 'P':
    case 'E': return true;
    case 'K': return is_binary;
    case 'n':
    case 'u':
    case 'm':
    case 'k': return !is_binary;
  }
  return false;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Two digits, or -1.
int two_digits(std::string_view text, std::size_t at) {
  return is_digit(text[at]) && is_digit(text[at + 1]) ? (text[at] - '0') * 10 + (text[at + 1] - '0') : -1;
}

bool is_between(int number, int least, int most) { return number >= least && number <= most; }

// The common form, in UTC and on a day that every month has: the general parser costs a hundred times as much.
bool is_common_time(std::string_view text) {
  constexpr std::string_view kForm = "2006-01-02T15:04:05Z";
  if (text.size() != kForm.size() || two_digits(text, 0) < 0 || two_digits(text, 2) < 0) return false;
  for (const std::size_t at : {4U, 7U, 10U, 13U, 16U, 19U}) {
    if (text[at] != kForm[at]) return false;
  }
  return is_between(two_digits(text, 5), 1, 12) && is_between(two_digits(text, 8), 1, 28) &&
         is_between(two_digits(text, 11), 0, 23) &&
         is_between(two_digits(text, 14), 0, 59) && is_between(two_digits(text, 17), 0, 59);
}

}  // namespace

bool is_time(std::string_view text) { return is_common_time(text) || parse_time(kRfc3339, text).has_value(); }

std::string integer_problem(const Value& number, Shape shape, Format format) {
  const std::optional<std::int64_t> exact = to_int64_exact(number);
  if (!exact && !is_integral(number)) return "is no integer: it has a fraction";
  const bool is_wide = shape == Shape::Int64;
  const bool is_within = exact && (is_wide || *exact == static_cast<std::int32_t>(*exact));
  if (!is_within) return is_wide ? "is outside the integers of 64 bits" : "is outside the integers of 32 bits";
  NumberBuffer buffer;
  if (number_text(number, buffer).find_first_of(".eE") == std::string_view::npos) return {};
  // YAML's 1e3 reaches Kubernetes as 1000, by way of a double; JSON's reaches it as it stands, and is refused.
  if (format == Format::Json) return "is no integer: in JSON it must be written without point and exponent";
  constexpr std::int64_t kMostExact = std::int64_t{1} << 53U;
  if (*exact > kMostExact || *exact < -kMostExact) {
    return "is too large to be written with a point or an exponent: readers round it";
  }
  return {};
}

bool is_quantity(std::string_view text) {
  if (!text.empty() && (text.front() <= ' ' || text.back() <= ' ')) text = trimmed(text);
  std::size_t at = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  const std::size_t whole = skip_digits(text, at);
  std::size_t digits = whole - at;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = skip_digits(text, at + 1);
    digits += end - at - 1;
    at = end;
  }
  return digits > 0 && is_quantity_suffix(text.substr(at));
}

bool is_base64(std::string_view text) {
  constexpr auto is_letter = [] {
    std::array<bool, 256> table{};
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (const char c : kLetters) table[static_cast<unsigned char>(c)] = true;
    return table;
  }();
  std::size_t letters = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      ++padding;
    } else if (padding > 0 || !is_letter[static_cast<unsigned char>(c)]) {
      return false;
    } else {
      ++letters;
    }
  }
  return padding <= 2 && (letters + padding) % 4 == 0 && letters % 4 != 1;
}

}  // namespace psdl
