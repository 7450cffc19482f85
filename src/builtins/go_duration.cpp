// Go's durations and OPA's longer units. In: "1h30m", "2d"; out: nanoseconds, or the message.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "builtins/go_text.hpp"
#include "builtins/go_time.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

using go_text::has_digit_at;
using go_text::is_digit;
using go_text::quoted;
using go_text::take_digits;

std::uint64_t unit_ns(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us" || unit == "\u00B5s" || unit == "\u03BCs") return 1'000;
  if (unit == "ms") return 1'000'000;
  if (unit == "s") return 1'000'000'000;
  if (unit == "m") return 60'000'000'000;
  if (unit == "h") return 3'600'000'000'000;
  return 0;
}

// [0-9]* after the point: its digits as a number and the power of ten to divide by. Digits beyond 63 bits do not count.
double take_fraction(std::string_view& text, std::uint64_t& number) {
  double scale = 1;
  number = 0;
  bool is_full = false;
  std::size_t at = 0;
  for (; has_digit_at(text, at); ++at) {
    if (is_full) continue;
    constexpr std::uint64_t kMost = (std::uint64_t{1} << 63U) - 1;
    if (number > kMost / 10) {
      is_full = true;
      continue;
    }
    const std::uint64_t next = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
    if (next > kMost + 1) {
      is_full = true;
      continue;
    }
    number = next;
    scale *= 10;
  }
  text.remove_prefix(at);
  return scale;
}

// Go's own durations. `whole` is what the message shows.
Result<std::int64_t, std::string> parse_go_duration(std::string_view text) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 63U;
  const std::string_view whole = text;
  const auto fail = [&](std::string_view what) { return fmt::format("time: {} {}", what, quoted(whole)); };
  constexpr std::string_view kInvalid = "invalid duration";
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::int64_t{0};
  if (text.empty()) return fail(kInvalid);
  std::uint64_t total = 0;
  while (!text.empty()) {
    if (text[0] != '.' && !is_digit(text[0])) return fail(kInvalid);
    const std::size_t size = text.size();
    const std::optional<std::uint64_t> digits = take_digits(text);
    if (!digits) return fail(kInvalid);
    bool has_digits = text.size() != size;
    std::uint64_t fraction = 0;
    double scale = 1;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      const std::size_t before = text.size();
      scale = take_fraction(text, fraction);
      has_digits = has_digits || text.size() != before;
    }
    if (!has_digits) return fail(kInvalid);
    const std::size_t unit_size = std::min(text.find_first_of(".0123456789"), text.size());
    if (unit_size == 0) return fail("missing unit in duration");
    const std::string_view name = text.substr(0, unit_size);
    text.remove_prefix(unit_size);
    const std::uint64_t unit = unit_ns(name);
    if (unit == 0) return fail(fmt::format("unknown unit {} in duration", quoted(name)));
    if (*digits > kMost / unit) return fail(kInvalid);
    std::uint64_t part = *digits * unit;
    if (fraction > 0) {
      part += static_cast<std::uint64_t>(static_cast<double>(fraction) * (static_cast<double>(unit) / scale));
      if (part > kMost) return fail(kInvalid);
    }
    total += part;
    if (total > kMost) return fail(kInvalid);
  }
  if (is_negative) return static_cast<std::int64_t>(-total);
  if (total > kMost - 1) return fail(kInvalid);
  return static_cast<std::int64_t>(total);
}

// The number of an amount, as Go's ParseFloat reads digits and points.
std::optional<double> to_double(std::string_view digits) {
  if (std::count(digits.begin(), digits.end(), '.') > 1 || digits.find_first_of("0123456789") == std::string_view::npos) return std::nullopt;
  double number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec == std::errc{} && std::isfinite(number)) return number;
  return std::nullopt;
}

// Days, weeks and years as hours; other segments stay as they are. Nothing where the text is not made of segments.
std::optional<std::string> without_long_units(std::string_view text) {
  std::string out;
  if (text.starts_with('-') || text.starts_with('+')) {
    out += text[0];
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find_first_not_of(".0123456789"), text.size());
    if (size == 0 || size == text.size()) return std::nullopt;
    const std::string_view digits = text.substr(0, size);
    text.remove_prefix(size);
    std::size_t unit_size = 1;
    for (const std::string_view unit : {"ms", "us", "\u00B5s", "ns"}) {
      if (text.starts_with(unit)) unit_size = unit.size();
    }
    const std::string_view unit = text.substr(0, unit_size);
    text.remove_prefix(unit_size);
    if (unit.size() == 1 && (unit[0] < 'a' || unit[0] > 'z')) return std::nullopt;
    const int hours = unit == "d" ? 24 : (unit == "w" ? 7 * 24 : (unit == "y" ? 365 * 24 : 0));
    if (hours == 0) {
      out.append(digits).append(unit);
      continue;
    }
    const std::optional<double> number = to_double(digits);
    if (!number) return std::nullopt;
    std::array<char, 400> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), *number * hours, std::chars_format::fixed);
    out.append(buffer.data(), end.ptr).append("h");
  }
  return out;
}

}  // namespace

Result<std::int64_t, std::string> parse_duration(std::string_view text) {
  if (!text.empty() && text.find_first_of("dwy") == std::string_view::npos) return parse_go_duration(text);
  std::string shown;
  append_quoted(shown, text);
  const std::optional<std::string> rewritten = text.empty() ? std::nullopt : without_long_units(text);
  if (!rewritten) return "time: invalid duration " + shown;
  Result<std::int64_t, std::string> duration = parse_go_duration(*rewritten);
  if (duration) return duration;
  // The message is about the text that was given, not the rewritten one.
  const std::string& message = duration.error();
  return message.substr(0, message.rfind(' ')) + ' ' + shown;
}

}  // namespace psdl
