// The formats of texts that Kubernetes checks. Formats beyond these are let through, as there.
#include <algorithm>
#include <array>
#include <charconv>

#include "builtins/patterns.hpp"
#include "gatekeeper/schema_node.hpp"

namespace psdl::gatekeeper {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hexadecimal(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool are_all(std::string_view text, bool (*test)(char)) {
  return std::all_of(text.begin(), text.end(), test);
}

// A small number without a sign; -1 where it is none.
int decimal(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return text.empty() || !are_all(text, is_digit) || error != std::errc() || end != text.data() + text.size() ? -1
                                                                                                              : number;
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

// Kubernetes reads zeros before a number as Go once did: they do not matter.
bool is_ipv4(std::string_view text, bool takes_zeros = true) {
  int parts = 0;
  return each_part(text, '.',
                   [&](std::string_view part) {
                     ++parts;
                     const bool has_zero = part.size() > 1 && part.front() == '0';
                     return (takes_zeros || !has_zero) && part.size() <= 20 && decimal(part) >= 0 &&
                            decimal(part) <= 255;
                   }) &&
         parts == 4;
}

// Groups of up to four digits, one `::` for the groups left out, an IPv4 address in place of the last two.
bool is_ipv6(std::string_view text) {
  std::string groups(text);
  const std::size_t last = groups.rfind(':');
  if (last == std::string::npos) return false;
  if (groups.find('.', last) != std::string::npos) {
    if (!is_ipv4(std::string_view(groups).substr(last + 1), false)) return false;
    groups.replace(last + 1, std::string::npos, "0:0");
  }
  int count = 0;
  const auto are_groups = [&](std::string_view part) {
    return part.empty() || each_part(part, ':', [&](std::string_view group) {
             ++count;
             return !group.empty() && group.size() <= 4 && are_all(group, is_hexadecimal);
           });
  };
  const std::string_view all = groups;
  const std::size_t gap = all.find("::");
  if (gap == std::string_view::npos) return are_groups(all) && count == 8;
  return are_groups(all.substr(0, gap)) && are_groups(all.substr(gap + 2)) && count < 8;
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

// What Go's time.ParseDuration takes.
bool is_go_duration(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return true;
  if (text.empty()) return false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string_view number = text.substr(0, end);
    if (std::count(number.begin(), number.end(), '.') > 1 || number.find_first_not_of('.') == std::string_view::npos)
      return false;
    text.remove_prefix(end);
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789."));
    constexpr std::array<std::string_view, 8> kUnits = {"ns", "us", "\xC2\xB5s", "\xCE\xBCs", "ms", "s", "m", "h"};
    if (std::find(kUnits.begin(), kUnits.end(), unit) == kUnits.end()) return false;
    text.remove_prefix(unit.size());
  }
  return true;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lowered;
}

// Kubernetes takes a text in which a number with a known unit stands anywhere: `3 days`. The last name of a unit is a
// beginning: `seconds`.
bool has_loose_duration(std::string_view text) {
  struct Unit {
    std::array<std::string_view, 2> names;
    std::string_view beginning;
  };
  constexpr std::array<Unit, 8> kUnits = {{{{"ns", ""}, "nano"},
                                           {{"us", "\xC2\xB5s"}, "micro"},
                                           {{"ms", ""}, "milli"},
                                           {{"s", ""}, "sec"},
                                           {{"m", ""}, "min"},
                                           {{"h", "hr"}, "hour"},
                                           {{"d", ""}, "day"},
                                           {{"w", "wk"}, "week"}}};
  for (std::size_t at = text.find_first_of("0123456789"); at != std::string_view::npos;
       at = text.find_first_of("0123456789", at)) {
    at = std::min(text.find_first_not_of("0123456789", at), text.size());
    const std::size_t unit_at = std::min(text.find_first_not_of(" \t\r\n\f", at), text.size());
    std::size_t end = unit_at;
    while (end < text.size() && (text.substr(end).starts_with("\xC2\xB5") ||
                                 (lower(text.substr(end, 1)) >= "a" && lower(text.substr(end, 1)) <= "z")))
      end += text[end] == '\xC2' ? 2 : 1;
    const std::string unit = lower(text.substr(unit_at, end - unit_at));
    if (unit.empty()) continue;
    const bool is_known = std::any_of(kUnits.begin(), kUnits.end(), [&](const Unit& one) {
      return unit == one.names[0] || unit == one.names[1] || unit.starts_with(one.beginning);
    });
    if (is_known) return true;
  }
  return false;
}

// A date, `t`, a time with a zone; seconds beyond 59 are refused, days are not counted beyond the date.
bool is_date_time(std::string_view text) {
  const std::string lowered = lower(text);
  const std::size_t mark = lowered.find('t');
  if (mark == std::string::npos || !is_date(std::string_view(lowered).substr(0, mark))) return false;
  std::string_view time = std::string_view(lowered).substr(mark + 1);
  time = time.substr(0, time.find('t'));
  if (time.size() < 9 || time[2] != ':' || time[5] != ':') return false;
  const int hour = decimal(time.substr(0, 2));
  const int minute = decimal(time.substr(3, 2));
  const int second = decimal(time.substr(6, 2));
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  time.remove_prefix(8);
  // A fraction begins with any one character.
  if (time.size() > 1 && !is_digit(time[0]) && is_digit(time[1]) && !(time.size() == 6 && time[3] == ':')) {
    time.remove_prefix(1);
    while (!time.empty() && is_digit(time.front())) time.remove_prefix(1);
  }
  if (time == "z") return true;
  return time.size() == 6 && (time[0] == '+' || time[0] == '-') && time[3] == ':' && decimal(time.substr(1, 2)) >= 0 &&
         decimal(time.substr(4, 2)) >= 0;
}

bool are_escapes_whole(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || !is_hexadecimal(text[at + 1]) || !is_hexadecimal(text[at + 2])) return false;
  }
  return true;
}

bool is_host(std::string_view host) {
  if (const std::size_t user = host.rfind('@'); user != std::string_view::npos) host.remove_prefix(user + 1);
  if (host.starts_with('[')) {
    const std::size_t end = host.rfind(']');
    if (end == std::string_view::npos) return false;
    host.remove_prefix(end + 1);
    return host.empty() || (host.front() == ':' && are_all(host.substr(1), is_digit));
  }
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && !are_all(host.substr(colon + 1), is_digit)) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    const std::string_view taken = "-_.~$&+,;=!'()*:[]<>\"%";
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80 ||
           taken.find(c) != std::string_view::npos;
  });
}

// What Go's url.ParseRequestURI takes: a path from the root, or a scheme and what follows it.
bool is_uri(std::string_view text) {
  const bool has_control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; });
  if (text.empty() || has_control) return false;
  if (text == "*") return true;
  if (!text.starts_with('/')) {
    const std::size_t colon =
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    const bool has_scheme = colon != std::string_view::npos && colon > 0 && text[colon] == ':' && !is_digit(text[0]) &&
                            text[0] != '+' && text[0] != '-' && text[0] != '.';
    if (!has_scheme) return false;
    text.remove_prefix(colon + 1);
    if (!text.starts_with('/')) return true;  // opaque
  }
  text = text.substr(0, text.find('?'));
  if (text.starts_with("//") && !text.starts_with("///")) {
    text.remove_prefix(2);
    const std::string_view host = text.substr(0, text.find('/'));
    if (!is_host(host) || !are_escapes_whole(host)) return false;
    text.remove_prefix(host.size());
  }
  return are_escapes_whole(text);
}

bool is_atom(std::string_view text) {
  return each_part(text, '.', [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return static_cast<unsigned char>(c) > 0x20 && c != '\x7F' &&
             std::string_view("()<>[]:;@\\,.\"").find(c) == std::string_view::npos;
    });
  });
}

// One address of mail, perhaps behind a name: `A B <a@b.c>`.
bool is_email(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (text.ends_with('>')) {
    const std::size_t begin = text.rfind('<');
    if (begin == std::string_view::npos) return false;
    if (text.substr(0, begin).find_first_of("<>@,;") != std::string_view::npos) return false;
    text = text.substr(begin + 1, text.size() - begin - 2);
  }
  const std::size_t mark = text.rfind('@');
  if (mark == std::string_view::npos) return false;
  const std::string_view local = text.substr(0, mark);
  const std::string_view domain = text.substr(mark + 1);
  const bool is_quoted = local.size() >= 2 && local.front() == '"' && local.back() == '"';
  const bool is_literal = domain.size() >= 2 && domain.front() == '[' && domain.back() == ']';
  return (is_quoted || is_atom(local)) && (is_literal || is_atom(domain));
}

bool is_name_part(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         are_all(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-'; });
}
bool is_short_name(std::string_view text) {
  return text.size() <= 63 && is_name_part(text);
}

bool is_long_name(std::string_view text) {
  return text.size() <= 253 && each_part(text, '.', is_name_part);
}

// Formats that are an expression, those that Kubernetes itself has as one.
struct Expression {
  std::string_view name;
  std::string_view pattern;
};
constexpr Expression kExpressions[] = {
    {"bsonobjectid", "^[0-9a-fA-F]{24}$"},
    {"hexcolor", "^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"},
    {"mac",
     "^([0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){7}|[0-9a-fA-F]{4}(\\.[0-9a-fA-F]{4}){"
     "2}|[0-9a-fA-F]{4}(\\.[0-9a-fA-F]{4}){3})$"},
    {"rgbcolor",
     "^rgb\\(\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,\\s*(0|["
     "1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*\\)$"},
    {"ssn", "^\\d{3}[- ]?\\d{2}[- ]?\\d{4}$"},
    {"uuid", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"},
    {"uuid3", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$"},
    {"uuid4", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"},
    {"uuid5", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"},
};

std::unique_ptr<const Regex> compiled(std::string_view pattern) {
  std::string error;
  std::string_view limit;
  Limits limits;
  limits.regex_program = 1'000'000;  // \p{L} alone is thousands of instructions
  return Regex::compile(pattern, limits, error, limit);
}

bool matches(std::string_view pattern, std::string_view text) {
  const std::unique_ptr<const Regex> regex = compiled(pattern);
  return regex != nullptr && regex->matches(text);
}

// Labels of letters, digits, symbols and hyphens; behind dots the last one is of letters alone.
bool is_hostname(std::string_view text) {
  constexpr std::string_view kPattern =
      "^([a-zA-Z0-9\\p{S}\\p{L}]((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)|([a-zA-Z0-9\\p{S}\\p{L}](([a-zA-Z0-9-\\p{S}\\p{L}]"
      "{0,61}"
      "[a-zA-Z0-9\\p{S}\\p{L}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$";
  static const std::unique_ptr<const Regex> kRegex = compiled(kPattern);  // a third of a second
  return text.size() <= 255 && each_part(text, '.', [](std::string_view label) { return label.size() <= 63; }) &&
         kRegex != nullptr && kRegex->matches(text);
}

// Digits of a known issuer whose check digit is right (Luhn); whatever stands between them does not matter.
bool is_credit_card(std::string_view text) {
  std::string digits(text);
  std::erase_if(digits, [](char c) { return !is_digit(c); });
  constexpr std::string_view kIssuers =
      "^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])["
      "0-9]{11}|"
      "(?:2131|1800|35\\d{3})\\d{11})$";
  if (!matches(kIssuers, digits)) return false;
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    sum += i % 2 == 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0);
  }
  return sum % 10 == 0;
}

bool is_base64(std::string_view text) {
  std::size_t padding = 0;
  while (!text.empty() && text.back() == '=' && padding < 2) {
    text.remove_suffix(1);
    ++padding;
  }
  return !text.empty() && (text.size() + padding) % 4 == 0 && are_all(text, [](char c) {
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

// Formats that are no expression.
struct Test {
  std::string_view name;
  bool (*holds)(std::string_view);
};
constexpr Test kTests[] = {
    {"byte", is_base64},
    {"cidr", is_cidr},
    {"creditcard", is_credit_card},
    {"date", is_date},
    {"datetime", is_date_time},
    {"duration", [](std::string_view text) { return is_go_duration(text) || has_loose_duration(text); }},
    {"email", is_email},
    {"hostname", is_hostname},
    {"ipv4", [](std::string_view text) { return is_ipv4(text); }},
    {"ipv6", is_ipv6},
    {"isbn", [](std::string_view text) { return is_isbn10(text) || is_isbn13(text); }},
    {"isbn10", is_isbn10},
    {"isbn13", is_isbn13},
    {"k8slongname", is_long_name},
    {"k8sshortname", is_short_name},
    {"password", [](std::string_view) { return true; }},
    {"uri", is_uri},
};

}  // namespace

bool is_known_format(std::string_view normalized) {
  return std::any_of(std::begin(kTests), std::end(kTests), [&](const Test& one) { return one.name == normalized; }) ||
         std::any_of(std::begin(kExpressions), std::end(kExpressions),
                     [&](const Expression& one) { return one.name == normalized; });
}

bool has_format(std::string_view normalized, std::string_view text) {
  for (const Test& one : kTests) {
    if (one.name == normalized) return one.holds(text);
  }
  for (const Expression& one : kExpressions) {
    if (one.name == normalized) return matches(one.pattern, text);
  }
  return true;
}

}  // namespace psdl::gatekeeper
