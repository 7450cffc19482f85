// time.*: instants as nanoseconds since 1970 UTC. In: numbers, [number, zone] or [number, zone, layout], texts; out: numbers, fields, texts.
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "builtins/go_time.hpp"
#include "builtins/registry.hpp"
#include "builtins/time_zones.hpp"

namespace psdl {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

// An instant, the zone to show it in, and how.
struct ZonedTime {
  std::int64_t unix_ns = 0;
  TimeZone zone;
  std::string_view layout;

  [[nodiscard]] WallTime wall() const { return wall_in(zone); }
  [[nodiscard]] WallTime wall_in(const TimeZone& other) const {
    const TimeZone::Period period = other.at(unix_ns / kNsPerSecond - (unix_ns % kNsPerSecond < 0 ? 1 : 0));
    return wall_time(unix_ns, period.name, period.offset_s);
  }
};

// False, with an error recorded, where there is no such zone. "Local" is UTC: the machine's zone is no business of a policy.
bool read_zone(CallContext& context, std::string_view name, TimeZone& zone) {
  if (name == "Local" || find_time_zone(name, zone)) return true;
  if (name.find("..") != std::string_view::npos || name[0] == '/' || name[0] == '\\') {
    (void)context.fail("time: invalid location name");
  } else {
    (void)context.fail(fmt::format("unknown time zone {}", name));
  }
  return false;
}

// OPA calls every operand and every item of it operand 1. False where an error was recorded.
bool read_time(CallContext& context, const Value& operand, ZonedTime& time) {
  constexpr std::string_view kWanted = "either number (ns) or [number (ns), string (tz)]";
  Value number = operand;
  if (operand.is_array()) {
    const std::span<const Value> items = operand.as_array();
    if (items.empty()) {
      (void)context.fail_operand(1, kWanted, operand);
      return false;
    }
    number = items[0];
    if (!number.is_number()) {
      (void)context.fail_operand(1, "number", number);
      return false;
    }
    for (std::size_t item = 1; item < items.size() && item < 3; ++item) {
      if (!items[item].is_string()) {
        (void)context.fail_operand(1, "string", items[item]);
        return false;
      }
      if (item == 1 && !read_zone(context, items[1].as_string(), time.zone)) return false;
      if (item == 2) time.layout = items[2].as_string();
    }
  } else if (!operand.is_number()) {
    (void)context.fail_operand(1, kWanted, operand);
    return false;
  }
  const std::optional<std::int64_t> unix_ns = to_int64_exact(number);
  if (!unix_ns) {
    (void)context.fail("timestamp too big");
    return false;
  }
  time.unix_ns = *unix_ns;
  return true;
}

// Nanoseconds, if they fit.
Value unix_ns(CallContext& context, std::int64_t seconds, int nanosecond) {
  std::int64_t ns = 0;
  // Through the next second, as the earliest instant's seconds alone do not fit.
  const bool is_early = seconds < 0;
  if (__builtin_mul_overflow(is_early ? seconds + 1 : seconds, kNsPerSecond, &ns) ||
      __builtin_add_overflow(ns, is_early ? nanosecond - kNsPerSecond : nanosecond, &ns)) {
    return context.fail("time outside of valid range");
  }
  return Value::integer(ns);
}

Value time_now_ns(CallContext& context, Args) { return Value::integer(context.facts().now_ns); }

Value parse_with(CallContext& context, std::string_view layout, std::string_view text) {
  const auto instant = parse_time(layout, text);
  if (!instant) return context.fail(instant.error());
  return unix_ns(context, instant->seconds, instant->nanosecond);
}

Value time_parse_ns(CallContext& context, Args args) { return parse_with(context, named_layout(args.string(0)), args.string(1)); }
Value time_parse_rfc3339_ns(CallContext& context, Args args) { return parse_with(context, kRfc3339, args.string(0)); }

Value time_parse_duration_ns(CallContext& context, Args args) {
  const auto duration = parse_duration(args.string(0));
  if (!duration) return context.fail(duration.error());
  return Value::integer(*duration);
}

Value time_format(CallContext& context, Args args) {
  ZonedTime time;
  if (!read_time(context, args[0], time)) return {};
  fmt::memory_buffer out;
  format_time(out, time.layout.empty() ? kRfc3339Nano : named_layout(time.layout), time.wall());
  if (!context.may_make_text(out.size())) return {};
  return Value::string(context.arena(), {out.data(), out.size()});
}

Value integers(Arena& arena, std::initializer_list<std::int64_t> numbers) {
  Value* const items = arena.allocate_array<Value>(numbers.size());
  std::size_t at = 0;
  for (const std::int64_t number : numbers) items[at++] = Value::integer(number);
  return Value::array({items, at});
}

Value time_date(CallContext& context, Args args) {
  ZonedTime time;
  if (!read_time(context, args[0], time)) return {};
  const CivilDate date = time.wall().date;
  return integers(context.arena(), {date.year, date.month, date.day});
}

Value time_clock(CallContext& context, Args args) {
  ZonedTime time;
  if (!read_time(context, args[0], time)) return {};
  const WallTime wall = time.wall();
  return integers(context.arena(), {wall.hour, wall.minute, wall.second});
}

Value time_weekday(CallContext& context, Args args) {
  ZonedTime time;
  if (!read_time(context, args[0], time)) return {};
  return Value::string(weekday_name(time.wall().weekday));
}

// Months beyond the year and days beyond the month run over: a month after January 31 is March 3 or 2.
Value time_add_date(CallContext& context, Args args) {
  ZonedTime time;
  if (!read_time(context, args[0], time)) return {};
  std::int64_t counts[3] = {};
  for (unsigned at = 0; at < 3; ++at) {
    const Value& operand = args[at + 1];
    if (!operand.is_number()) return context.fail_operand(at + 2, "number", operand);
    const std::optional<std::int64_t> count = to_int64(operand);
    if (!count) return context.fail(EvalCode::Type, fmt::format("operand {} must be integer number but got floating-point number", at + 2));
    counts[at] = *count;
  }
  // Far beyond what nanoseconds can hold, and near enough that nothing below overflows.
  constexpr std::int64_t kMost = 1'000'000'000;
  for (const std::int64_t count : counts) {
    if (count > kMost || count < -kMost) return context.fail("time outside of valid range");
  }
  const WallTime wall = time.wall();
  const std::int64_t months = (wall.date.year + counts[0]) * 12 + (wall.date.month - 1) + counts[1];
  CivilDate date;
  date.year = months / 12 - (months % 12 < 0 ? 1 : 0);
  date.month = static_cast<int>(months - date.year * 12) + 1;
  date.day = 1;
  const std::int64_t days = days_from_civil(date) + wall.date.day - 1 + counts[2];
  const std::int64_t wall_s = days * kSecondsPerDay + (wall.hour * 60 + wall.minute) * 60 + wall.second;
  return unix_ns(context, time.zone.from_wall(wall_s), wall.nanosecond);
}

// Years, months, days, hours, minutes and seconds between two clock readings in the first operand's zone.
Value time_diff(CallContext& context, Args args) {
  ZonedTime first;
  ZonedTime second;
  if (!read_time(context, args[0], first) || !read_time(context, args[1], second)) return {};
  WallTime early = first.wall();
  WallTime late = second.wall_in(first.zone);
  if (first.unix_ns > second.unix_ns) std::swap(early, late);
  std::int64_t year = late.date.year - early.date.year;
  int month = late.date.month - early.date.month;
  int day = late.date.day - early.date.day;
  int hour = late.hour - early.hour;
  int minute = late.minute - early.minute;
  int seconds = late.second - early.second;
  // Each unit borrows from the next larger one; a day borrows the length of the early date's month.
  if (seconds < 0) {
    seconds += 60;
    --minute;
  }
  if (minute < 0) {
    minute += 60;
    --hour;
  }
  if (hour < 0) {
    hour += 24;
    --day;
  }
  if (day < 0) {
    day += days_in_month(early.date.year, early.date.month);
    --month;
  }
  if (month < 0) {
    month += 12;
    --year;
  }
  return integers(context.arena(), {year, month, day, hour, minute, seconds});
}

constexpr Builtin kTimeBuiltins[] = {
    {.name = "time.add_date",
     .signature = signature("(ns: number, years: number, months: number, days: number) -> number"),
     .doc = "The instant after so many years, months and days; a day beyond the end of its month runs over into the next.",
     .example = R"(time.add_date(0, 0, 1, 1) == 2764800000000000)",
     .fn = time_add_date,
     .checks_operands = false},
    {.name = "time.clock",
     .signature = signature("(x: number|array<number, string>) -> array<number, number, number>"),
     .doc = "[hour, minute, second] at an instant, in UTC or in the zone of [ns, zone].",
     .example = R"(time.clock([0, "Asia/Tokyo"]) == [9, 0, 0])",
     .fn = time_clock,
     .checks_operands = false},
    {.name = "time.date",
     .signature = signature("(x: number|array<number, string>) -> array<number, number, number>"),
     .doc = "[year, month, day] at an instant, in UTC or in the zone of [ns, zone].",
     .example = R"(time.date([0, "America/New_York"]) == [1969, 12, 31])",
     .fn = time_date,
     .checks_operands = false},
    {.name = "time.diff",
     .signature = signature("(ns1: number|array<number, string>, ns2: number|array<number, string>) -> array<number, number, number, number, number, number>"),
     .doc = "[years, months, days, hours, minutes, seconds] between two instants, read in the zone of the first.",
     .example = R"(time.diff(0, 90061000000000) == [0, 0, 1, 1, 1, 1])",
     .fn = time_diff,
     .checks_operands = false},
    {.name = "time.format",
     .signature = signature("(x: number|array<number, string>|array<number, string, string>) -> string"),
     .doc = "An instant as text: RFC 3339 in UTC, or in the zone and with the Go layout (or the name of one, such as RFC1123) of [ns, zone, layout].",
     .example = R"(time.format([0, "UTC", "2006-01-02"]) == "1970-01-01")",
     .fn = time_format,
     .checks_operands = false},
    {.name = "time.now_ns",
     .signature = signature("() -> number"),
     .doc = "The instant at which the evaluation began.",
     .example = R"(time.now_ns() == time.now_ns())",
     .fn = time_now_ns,
     .is_deterministic = false,
     .can_fail = false},
    {.name = "time.parse_duration_ns",
     .signature = signature("(duration: string) -> number"),
     .doc = "The nanoseconds of a duration: units ns, us, ms, s, m, h, d (24 h), w (7 d), y (365 d).",
     .example = R"(time.parse_duration_ns("1h1.5m") == 3690000000000)",
     .fn = time_parse_duration_ns},
    {.name = "time.parse_ns",
     .signature = signature("(layout: string, value: string) -> number"),
     .doc = "The instant that a text names in a Go layout, or in one of its named layouts.",
     .example = R"(time.parse_ns("2006-01-02", "1970-01-02") == 86400000000000)",
     .fn = time_parse_ns},
    {.name = "time.parse_rfc3339_ns",
     .signature = signature("(value: string) -> number"),
     .doc = "The instant that a text in RFC 3339 names.",
     .example = R"(time.parse_rfc3339_ns("1970-01-01T01:00:00+01:00") == 0)",
     .fn = time_parse_rfc3339_ns},
    {.name = "time.weekday",
     .signature = signature("(x: number|array<number, string>) -> string"),
     .doc = "The English name of the day of the week at an instant, in UTC or in the zone of [ns, zone].",
     .example = R"(time.weekday(0) == "Thursday")",
     .fn = time_weekday,
     .checks_operands = false},
};

}  // namespace

std::span<const Builtin> time_builtins() { return kTimeBuiltins; }

}  // namespace psdl
