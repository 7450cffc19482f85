// Time zones from the tzdata that the build embedded; no file is read. In: an IANA name and an instant; out: offset and abbreviation.
#pragma once

#include <cstdint>
#include <string_view>

namespace psdl {

// One zone: a view into the embedded TZif bytes, or UTC.
class TimeZone {
 public:
  // UTC.
  TimeZone() = default;

  // What holds in [begin, end) around an instant; the bounds may be narrower than they could be, never wider.
  struct Period {
    std::string_view name = "UTC";
    int offset_s = 0;  // east of UTC
    std::int64_t begin = INT64_MIN;
    std::int64_t end = INT64_MAX;
  };

  // Seconds since 1970-01-01 UTC.
  [[nodiscard]] Period at(std::int64_t unix_s) const;
  // The instant at which a clock in the zone shows this reading (given as if it were UTC). A reading that comes twice or never gets one of
  // the two offsets around it, the one that Go picks.
  [[nodiscard]] std::int64_t from_wall(std::int64_t wall_s) const;

 private:
  friend bool find_time_zone(std::string_view name, TimeZone& zone);
  explicit TimeZone(std::string_view file);

  [[nodiscard]] std::int64_t transition(std::size_t index) const;
  [[nodiscard]] std::uint8_t transition_type(std::size_t index) const;
  [[nodiscard]] Period type(std::size_t index) const;
  [[nodiscard]] bool is_daylight(std::size_t index) const;
  [[nodiscard]] std::size_t first_type() const;
  [[nodiscard]] bool rule_period(std::int64_t unix_s, std::int64_t last_transition, Period& period) const;

  std::string_view transitions_;  // 8 bytes each, big-endian
  std::string_view transition_types_;
  std::string_view types_;  // 6 bytes each: offset, daylight, place of its abbreviation
  std::string_view abbreviations_;
  std::string_view rule_;  // POSIX TZ string for what comes after the last transition
};

// False where there is no zone of that name. "UTC" and "" are UTC.
[[nodiscard]] bool find_time_zone(std::string_view name, TimeZone& zone);

}  // namespace psdl
