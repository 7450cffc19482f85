// Reads the 64-bit part of TZif (RFC 8536) in place. In: embedded bytes; out: periods.
#include "builtins/time_zones.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "builtins/go_time.hpp"
#include "builtins/time_zone_files.hpp"

namespace psdl {
namespace {

constexpr std::int64_t kDay = 86'400;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8U | static_cast<unsigned char>(c);
  return number;
}

// Takes bytes from the front, as many as there are.
class Bytes {
 public:
  explicit Bytes(std::string_view left) : left_(left) {}

  std::string_view take(std::size_t size) {
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(taken.size());
    return taken;
  }
  std::uint32_t take_number() { return static_cast<std::uint32_t>(big_endian(take(4))); }
  [[nodiscard]] std::string_view rest() const { return left_; }

 private:
  std::string_view left_;
};

struct Header {
  std::uint32_t utc_flags, standard_flags, leap_seconds, transitions, types, abbreviation_bytes;
};

Header take_header(Bytes& bytes) {
  constexpr std::size_t kMagicVersionAndReserve = 20;
  bytes.take(kMagicVersionAndReserve);
  Header header{};
  header.utc_flags = bytes.take_number();
  header.standard_flags = bytes.take_number();
  header.leap_seconds = bytes.take_number();
  header.transitions = bytes.take_number();
  header.types = bytes.take_number();
  header.abbreviation_bytes = bytes.take_number();
  return header;
}

// --- the POSIX rule: "CET-1CEST,M3.5.0,M10.5.0/3"

class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool is_at_end() const { return text_.empty(); }
  [[nodiscard]] bool is_at(char c) const { return !text_.empty() && text_[0] == c; }

  std::string_view name() {
    std::size_t size = 0;
    if (take('<')) {
      size = std::min(text_.find('>'), text_.size());
      const std::string_view quoted = text_.substr(0, size);
      text_.remove_prefix(std::min(size + 1, text_.size()));
      return quoted;
    }
    size = std::min(text_.find_first_of("0123456789,-+"), text_.size());
    const std::string_view plain = text_.substr(0, size);
    text_.remove_prefix(size);
    return plain;
  }

  int number() {
    int value = 0;
    while (!text_.empty() && text_[0] >= '0' && text_[0] <= '9') {
      value = value * 10 + (text_[0] - '0');
      text_.remove_prefix(1);
    }
    return value;
  }

  // hh[:mm[:ss]] with a sign, in seconds.
  int seconds() {
    const bool is_negative = take('-');
    if (!is_negative) take('+');
    int total = number() * 3600;
    if (take(':')) total += number() * 60;
    if (take(':')) total += number();
    return is_negative ? -total : total;
  }

 private:
  std::string_view text_;
};

// A day of the year in one of three notations, and the wall time on it.
struct RuleDay {
  enum class Kind : std::uint8_t { Julian, FromZero, MonthWeekDay } kind = Kind::MonthWeekDay;
  int day = 0;
  int week = 0;
  int month = 1;
  int time_s = 2 * 3600;
};

RuleDay read_rule_day(RuleReader& reader) {
  RuleDay rule;
  if (reader.take('M')) {
    rule.month = reader.number();
    reader.take('.');
    rule.week = reader.number();
    reader.take('.');
  } else {
    rule.kind = reader.take('J') ? RuleDay::Kind::Julian : RuleDay::Kind::FromZero;
  }
  rule.day = reader.number();
  if (reader.take('/')) rule.time_s = reader.seconds();
  return rule;
}

// Seconds from the start of the year (in UTC) to when the rule takes effect, under the offset in force before it.
std::int64_t rule_seconds(std::int64_t year, const RuleDay& rule, int offset_s) {
  std::int64_t day = 0;
  switch (rule.kind) {
    case RuleDay::Kind::Julian:  // February 29 is never counted
      day = rule.day - 1 + (is_leap_year(year) && rule.day >= 60 ? 1 : 0);
      break;
    case RuleDay::Kind::FromZero:
      day = rule.day;
      break;
    case RuleDay::Kind::MonthWeekDay: {
      const std::int64_t month_begin = days_from_civil({year, rule.month, 1});
      const auto weekday = static_cast<int>(((month_begin + 4) % 7 + 7) % 7);
      int in_month = (rule.day - weekday + 7) % 7;
      for (int week = 1; week < rule.week && in_month + 7 < days_in_month(year, rule.month); ++week) in_month += 7;
      day = month_begin - days_from_civil({year, 1, 1}) + in_month;
      break;
    }
  }
  return day * kDay + rule.time_s - offset_s;
}

}  // namespace

TimeZone::TimeZone(std::string_view file) {
  Bytes bytes(file);
  const Header header = take_header(bytes);
  transitions_ = bytes.take(std::size_t{header.transitions} * 8);
  transition_types_ = bytes.take(header.transitions);
  types_ = bytes.take(std::size_t{header.types} * 6);
  abbreviations_ = bytes.take(header.abbreviation_bytes);
  bytes.take(std::size_t{header.leap_seconds} * 12 + header.standard_flags + header.utc_flags);
  rule_ = bytes.rest();
  if (rule_.size() > 2) {
    rule_ = rule_.substr(1, rule_.size() - 2);
  } else {
    rule_ = {};
  }
}

std::int64_t TimeZone::transition(std::size_t index) const { return static_cast<std::int64_t>(big_endian(transitions_.substr(index * 8, 8))); }
std::uint8_t TimeZone::transition_type(std::size_t index) const { return static_cast<std::uint8_t>(transition_types_[index]); }
bool TimeZone::is_daylight(std::size_t index) const { return types_[index * 6 + 4] != 0; }

TimeZone::Period TimeZone::type(std::size_t index) const {
  const std::string_view entry = types_.substr(index * 6, 6);
  const std::string_view name = abbreviations_.substr(static_cast<unsigned char>(entry[5]));
  return {name.substr(0, name.find('\0')), static_cast<std::int32_t>(static_cast<std::uint32_t>(big_endian(entry.substr(0, 4)))), INT64_MIN, INT64_MAX};
}

// What held before the first transition: type 0 if no transition leads to it, else standard time.
std::size_t TimeZone::first_type() const {
  if (transition_types_.find('\0') == std::string_view::npos) return 0;
  if (!transition_types_.empty() && is_daylight(transition_type(0))) {
    for (std::size_t index = transition_type(0); index-- > 0;) {
      if (!is_daylight(index)) return index;
    }
  }
  for (std::size_t index = 0; index * 6 < types_.size(); ++index) {
    if (!is_daylight(index)) return index;
  }
  return 0;
}

TimeZone::Period TimeZone::at(std::int64_t unix_s) const {
  if (types_.empty()) return {};
  const std::size_t count = transition_types_.size();
  if (count == 0) {
    Period period = type(0);
    if (!rule_.empty()) (void)rule_period(unix_s, INT64_MIN, period);
    return period;
  }
  if (unix_s < transition(0)) {
    Period period = type(first_type());
    period.end = transition(0);
    return period;
  }
  std::size_t low = 0;  // the last transition that is not after unix_s
  std::size_t high = count;
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    if (unix_s < transition(middle)) {
      high = middle;
    } else {
      low = middle;
    }
  }
  Period period = type(transition_type(low));
  period.begin = transition(low);
  if (high < count) {
    period.end = transition(high);
  } else if (!rule_.empty()) {
    (void)rule_period(unix_s, period.begin, period);
  }
  return period;
}

bool TimeZone::rule_period(std::int64_t unix_s, std::int64_t last_transition, Period& period) const {
  RuleReader reader(rule_);
  std::string_view standard_name = reader.name();
  int standard_offset = -reader.seconds();
  if (reader.is_at_end()) {
    period = {standard_name, standard_offset, last_transition, INT64_MAX};
    return true;
  }
  std::string_view daylight_name = reader.name();
  int daylight_offset = reader.is_at(',') ? standard_offset + 3600 : -reader.seconds();
  if (!reader.take(',')) return false;
  const RuleDay begin_rule = read_rule_day(reader);
  if (!reader.take(',')) return false;
  const RuleDay end_rule = read_rule_day(reader);

  const std::int64_t days = unix_s / kDay - (unix_s % kDay < 0 ? 1 : 0);
  const std::int64_t year = civil_from_days(days).year;
  const std::int64_t year_begin = days_from_civil({year, 1, 1}) * kDay;
  std::int64_t begin = year_begin + rule_seconds(year, begin_rule, standard_offset);
  std::int64_t end = year_begin + rule_seconds(year, end_rule, daylight_offset);
  if (end < begin) {
    // South of the equator the year begins and ends in daylight time: the same with the names exchanged.
    std::swap(begin, end);
    std::swap(standard_name, daylight_name);
    std::swap(standard_offset, daylight_offset);
  }
  if (unix_s < begin) {
    period = {standard_name, standard_offset, year_begin, begin};
  } else if (unix_s >= end) {
    period = {standard_name, standard_offset, end, days_from_civil({year + 1, 1, 1}) * kDay};
  } else {
    period = {daylight_name, daylight_offset, begin, end};
  }
  return true;
}

std::int64_t TimeZone::from_wall(std::int64_t wall_s) const {
  // The reading is looked up as if it were UTC, which is right unless a transition is near.
  const Period guess = at(wall_s);
  if (guess.offset_s == 0) return wall_s;
  const std::int64_t unix_s = wall_s - guess.offset_s;
  if (unix_s >= guess.begin && unix_s < guess.end) return unix_s;
  return wall_s - at(unix_s).offset_s;
}

bool find_time_zone(std::string_view name, TimeZone& zone) {
  if (name.empty() || name == "UTC") {
    zone = TimeZone();
    return true;
  }
  const std::span<const TimeZoneFile> files = time_zone_files();
  const auto found = std::lower_bound(files.begin(), files.end(), name, [](const TimeZoneFile& file, std::string_view wanted) { return file.name < wanted; });
  if (found == files.end() || found->name != name) return false;
  zone = TimeZone(found->bytes);
  return true;
}

}  // namespace psdl
