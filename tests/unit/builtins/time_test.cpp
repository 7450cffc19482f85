// Calendars and zones at the edges of their range.
#include <catch2/catch.hpp>

#include <algorithm>

#include "builtins/go_time.hpp"
#include "builtins/time_zone_files.hpp"
#include "builtins/time_zones.hpp"
#include "calling.hpp"

using namespace psdl;
using psdl::test::Caller;

TEST_CASE("days and dates are each other's inverse") {
  for (std::int64_t days = -1'000'000; days < 1'000'000; days += 97) {
    const CivilDate date = civil_from_days(days);
    REQUIRE(days_from_civil(date) == days);
    REQUIRE(date.day <= days_in_month(date.year, date.month));
  }
  CHECK(days_from_civil({1970, 1, 1}) == 0);
  CHECK(days_from_civil({2000, 2, 29}) == 11'016);
  CHECK(is_leap_year(2000));
  CHECK_FALSE(is_leap_year(1900));
}

TEST_CASE("embedded zones are in order, and each can be read") {
  const std::span<const TimeZoneFile> files = time_zone_files();
  REQUIRE(files.size() > 400);
  CHECK(std::is_sorted(files.begin(), files.end(), [](const TimeZoneFile& left, const TimeZoneFile& right) { return left.name < right.name; }));
  for (const TimeZoneFile& file : files) {
    INFO(file.name);
    TimeZone zone;
    REQUIRE(find_time_zone(file.name, zone));
    for (std::int64_t unix_s = -9'000'000'000; unix_s < 9'000'000'000; unix_s += 86'400 * 1'009) {
      const TimeZone::Period period = zone.at(unix_s);
      REQUIRE(period.begin <= unix_s);
      REQUIRE(unix_s < period.end);
      REQUIRE_FALSE(period.name.empty());
      REQUIRE(std::abs(period.offset_s) < 86'400);
      // A clock reading leads back to its instant, but for the hour that comes twice.
      REQUIRE(std::abs(zone.from_wall(unix_s + period.offset_s) - unix_s) <= 86'400);
    }
  }
  TimeZone zone;
  CHECK_FALSE(find_time_zone("Mars/Olympus", zone));
  CHECK_FALSE(find_time_zone("europe/berlin", zone));
  CHECK(find_time_zone("", zone));
}

TEST_CASE("the first and last instants") {
  Caller caller;
  CHECK(caller.shown("time.format", {Value::integer(INT64_MIN)}) == "\"1677-09-21T00:12:43.145224192Z\"");
  CHECK(caller.shown("time.format", {Value::integer(INT64_MAX)}) == "\"2262-04-11T23:47:16.854775807Z\"");
  CHECK(caller.shown("time.add_date", {Value::integer(INT64_MIN), Value::integer(0), Value::integer(0), Value::integer(0)}) == "-9223372036854775808");
  CHECK(caller.shown("time.add_date", {Value::integer(INT64_MAX), Value::integer(0), Value::integer(0), Value::integer(1)}) == "undefined");
  CHECK(caller.error == "time.add_date: time outside of valid range");
  CHECK(caller.shown("time.diff", {Value::integer(INT64_MIN), Value::integer(INT64_MAX)}) == "[584, 6, 20, 23, 34, 33]");
  CHECK(caller.shown("time.add_date", {Value::integer(0), Value::integer(INT64_MAX), Value::integer(0), Value::integer(0)}) == "undefined");
}

TEST_CASE("the time of an evaluation is the host's") {
  Caller caller;
  caller.facts.now_ns = 42;
  CHECK(caller.shown("time.now_ns", {}) == "42");
}
