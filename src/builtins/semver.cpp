// semver.compare and semver.is_valid. In: versions as text, a leading `v` allowed; out: -1, 0, 1, or whether it is one.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "builtins/registry.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

struct Version {
  std::int64_t numbers[3] = {};
  std::string_view prerelease;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_identifier_char(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; }
bool is_all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

// The text before the first `separator`; the text after it stays in `rest`, which becomes empty where there is none.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view head = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return head;
}

// Dot-separated identifiers, none empty. A prerelease's numeric ones have no leading zero; build metadata may.
bool are_identifiers(std::string_view text, bool is_prerelease) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    if (part.empty() || !std::all_of(part.begin(), part.end(), is_identifier_char)) return false;
    if (is_prerelease && part.size() > 1 && part[0] == '0' && is_all_digits(part)) return false;
    begin = end + 1;
  }
  return true;
}

std::optional<std::int64_t> read_number(std::string_view text) {
  if (!is_all_digits(text) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::int64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{}) return std::nullopt;
  return number;
}

std::optional<Version> read_version(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  Version version;
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!are_identifiers(text.substr(plus + 1), false)) return std::nullopt;
    text = text.substr(0, plus);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    version.prerelease = text.substr(dash + 1);
    if (!are_identifiers(version.prerelease, true)) return std::nullopt;
    text = text.substr(0, dash);
  }
  if (std::count(text.begin(), text.end(), '.') != 2) return std::nullopt;
  for (std::int64_t& number : version.numbers) {
    const std::optional<std::int64_t> read = read_number(take_until(text, '.'));
    if (!read) return std::nullopt;
    number = *read;
  }
  return version;
}


// Digits beyond int64 count as its largest value, as OPA's reading has it.
std::int64_t clamped(std::string_view digits) {
  std::int64_t number = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc{}) return std::numeric_limits<std::int64_t>::max();
  return number;
}

// Numbers before names, numbers by value, names bytewise; the longer list is the later version where the shorter is its beginning.
int compare_prereleases(std::string_view left, std::string_view right) {
  if (left == right) return 0;
  if (left.empty()) return 1;  // a release follows its prereleases
  if (right.empty()) return -1;
  for (;;) {
    const std::string_view a = take_until(left, '.');
    const std::string_view b = take_until(right, '.');
    if (a.empty() != b.empty()) return a.empty() ? -1 : 1;
    if (a.empty()) return 0;
    const bool a_is_number = is_all_digits(a);
    if (a_is_number != is_all_digits(b)) return a_is_number ? -1 : 1;
    if (a_is_number) {
      const std::int64_t x = clamped(a);
      const std::int64_t y = clamped(b);
      if (x != y) return x < y ? -1 : 1;
    } else if (a != b) {
      return a < b ? -1 : 1;
    }
    if (left.empty() != right.empty()) return left.empty() ? -1 : 1;
  }
}

Value fail_version(CallContext& context, int operand, std::string_view text) {
  std::string shown;
  append_quoted(shown, text);
  return context.fail(fmt::format("operand {}: string {} is not a valid SemVer", operand, shown));
}

Value semver_compare(CallContext& context, Args args) {
  const std::optional<Version> left = read_version(args.string(0));
  if (!left) return fail_version(context, 1, args.string(0));
  const std::optional<Version> right = read_version(args.string(1));
  if (!right) return fail_version(context, 2, args.string(1));
  for (int part = 0; part < 3; ++part) {
    if (left->numbers[part] != right->numbers[part]) return Value::integer(left->numbers[part] < right->numbers[part] ? -1 : 1);
  }
  return Value::integer(compare_prereleases(left->prerelease, right->prerelease));
}

Value semver_is_valid(CallContext&, Args args) { return Value::boolean(args[0].is_string() && read_version(args.string(0)).has_value()); }

constexpr Builtin kSemverBuiltins[] = {
    {.name = "semver.compare",
     .signature = signature("(a: string, b: string) -> number"),
     .doc = "-1, 0 or 1 as the first semantic version comes before, equals or follows the second. Build metadata does not count.",
     .example = R"(semver.compare("1.2.3-rc.2", "1.2.3") == -1)",
     .fn = semver_compare},
    {.name = "semver.is_valid",
     .signature = signature("(vsn: any) -> boolean"),
     .doc = "Whether the value is a string that is a semantic version.",
     .example = R"(semver.is_valid("1.2.3-rc.1+build.5"))",
     .fn = semver_is_valid,
     .can_fail = false},
};

}  // namespace

std::span<const Builtin> semver_builtins() { return kSemverBuiltins; }

}  // namespace psdl
