// Times as Go's `time` package reads and writes them. In: a layout and a text, or an instant; out: an instant, or text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/result.hpp"

namespace psdl {

// A date in the proleptic Gregorian calendar; month and day from 1.
struct CivilDate {
  std::int64_t year = 1970;
  int month = 1;
  int day = 1;
};

// Days since 1970-01-01. `day` may be outside the month, and is counted on from its first.
[[nodiscard]] std::int64_t days_from_civil(const CivilDate& date);
[[nodiscard]] CivilDate civil_from_days(std::int64_t days);
[[nodiscard]] bool is_leap_year(std::int64_t year);
[[nodiscard]] int days_in_month(std::int64_t year, int month);

// What a clock and a calendar on the wall show at an instant in a zone.
struct WallTime {
  CivilDate date;
  int year_day = 1;  // from 1
  int weekday = 4;   // 0 is Sunday
  int hour = 0;
  int minute = 0;
  int second = 0;
  int nanosecond = 0;
  std::string_view zone_name = "UTC";  // the abbreviation in force: CET, -03
  int offset_s = 0;                    // east of UTC
};

[[nodiscard]] WallTime wall_time(std::int64_t unix_ns, std::string_view zone_name, int offset_s);
[[nodiscard]] std::string_view weekday_name(int weekday);

// The layout for a name of one of Go's constants ("RFC1123", "ANSIC", ..); other texts are layouts themselves.
[[nodiscard]] std::string_view named_layout(std::string_view name);
inline constexpr std::string_view kRfc3339 = "2006-01-02T15:04:05Z07:00";
inline constexpr std::string_view kRfc3339Nano = "2006-01-02T15:04:05.999999999Z07:00";

// Appends the time in Go's layout language.
void format_time(fmt::memory_buffer& out, std::string_view layout, const WallTime& time);

// Seconds since 1970 and nanoseconds of the second.
struct Instant {
  std::int64_t seconds = 0;
  int nanosecond = 0;
};

// The instant that the text names, or Go's message. Without a zone in the text it is UTC; an abbreviation such as CET
// (or GMT+5) has no offset, as on a machine in UTC.
[[nodiscard]] Result<Instant, std::string> parse_time(std::string_view layout, std::string_view text);

// Nanoseconds in a text such as "1h30m", with OPA's d, w and y (24 hours, 7 days, 365 days) besides Go's units; or OPA's message.
[[nodiscard]] Result<std::int64_t, std::string> parse_duration(std::string_view text);

}  // namespace psdl
