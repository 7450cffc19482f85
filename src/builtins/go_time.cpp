// Go's layouts, for writing and reading times. The order of checks is Go's, as the messages depend on it.
#include "builtins/go_time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <span>

#include "builtins/go_text.hpp"

namespace psdl {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

constexpr std::string_view kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};
constexpr std::string_view kWeekdays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
// Days of a year before each month, without a leap day.
constexpr int kDaysBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

using go_text::has_digit_at;
using go_text::is_digit;
using go_text::quoted;
using go_text::take_digits;

std::int64_t floor_divide(std::int64_t number, std::int64_t by) { return number / by - (number % by < 0 ? 1 : 0); }

// What a layout is made of: the parts of Go's reference time, and literal text between them.
enum class Part : std::uint8_t {
  None,
  LongMonth,
  Month,
  NumMonth,
  ZeroMonth,
  LongWeekday,
  Weekday,
  Day,
  UnderDay,
  ZeroDay,
  UnderYearDay,
  ZeroYearDay,
  Hour,
  Hour12,
  ZeroHour12,
  Minute,
  ZeroMinute,
  Second,
  ZeroSecond,
  LongYear,
  Year,
  UpperPm,
  LowerPm,
  ZoneName,
  Zone,
  FractionZeros,  // trailing zeros shown
  FractionNines   // and not
};

// How an offset is written: "Z" for UTC or always digits, colons, down to hours, minutes or seconds.
struct ZoneStyle {
  bool is_iso = false;
  bool has_colons = false;
  bool has_minutes = true;
  bool has_seconds = false;
};

struct Chunk {
  std::string_view prefix;
  Part part = Part::None;
  std::string_view text;  // the part itself, as the layout has it
  std::string_view rest;
  ZoneStyle zone = {};
};

struct ZoneForm {
  std::string_view text;
  ZoneStyle style;
};
// Longest first where one begins another.
constexpr ZoneForm kZoneForms[] = {
    {"-070000", {false, false, true, true}}, {"-07:00:00", {false, true, true, true}}, {"-0700", {false, false, true, false}},
    {"-07:00", {false, true, true, false}},  {"-07", {false, false, false, false}},    {"Z070000", {true, false, true, true}},
    {"Z07:00:00", {true, true, true, true}}, {"Z0700", {true, false, true, false}},    {"Z07:00", {true, true, true, false}},
    {"Z07", {true, false, false, false}},
};

struct Match {
  Part part = Part::None;
  std::size_t size = 0;
  std::size_t literal = 0;  // bytes at the front that belong to the text before the part
  ZoneStyle zone = {};
};

Match match_fraction(std::string_view text) {
  if (text.size() < 2 || (text[1] != '0' && text[1] != '9')) return {};
  std::size_t end = 1;
  while (end < text.size() && text[end] == text[1]) ++end;
  if (has_digit_at(text, end)) return {};
  return {text[1] == '0' ? Part::FractionZeros : Part::FractionNines, end};
}

// A name in full, or its first three letters unless a longer word begins with them: "Mon" but not "Month".
Match match_name(std::string_view text, std::string_view full, Part long_part, Part short_part) {
  if (text.starts_with(full)) return {long_part, full.size()};
  if (!text.starts_with(full.substr(0, 3))) return {};
  if (text.size() > 3 && text[3] >= 'a' && text[3] <= 'z') return {};
  return {short_part, 3};
}

Match match_zero(std::string_view text) {
  constexpr Part parts[] = {Part::ZeroMonth, Part::ZeroDay, Part::ZeroHour12, Part::ZeroMinute, Part::ZeroSecond, Part::Year};
  if (text.size() >= 2 && text[1] >= '1' && text[1] <= '6') return {parts[text[1] - '1'], 2};
  if (text.starts_with("002")) return {Part::ZeroYearDay, 3};
  return {};
}

Match match_part(std::string_view text) {
  switch (text[0]) {
    case 'J':
      return match_name(text, "January", Part::LongMonth, Part::Month);
    case 'M':
      if (text.starts_with("MST")) return {Part::ZoneName, 3};
      return match_name(text, "Monday", Part::LongWeekday, Part::Weekday);
    case '0':
      return match_zero(text);
    case '1':
      if (text.starts_with("15")) return {Part::Hour, 2};
      return {Part::NumMonth, 1};
    case '2':
      if (text.starts_with("2006")) return {Part::LongYear, 4};
      return {Part::Day, 1};
    case '_':
      if (text.starts_with("_2006")) return {Part::LongYear, 5, 1};
      if (text.starts_with("_2")) return {Part::UnderDay, 2};
      if (text.starts_with("__2")) return {Part::UnderYearDay, 3};
      return {};
    case '3':
      return {Part::Hour12, 1};
    case '4':
      return {Part::Minute, 1};
    case '5':
      return {Part::Second, 1};
    case 'P':
      return text.starts_with("PM") ? Match{Part::UpperPm, 2} : Match{};
    case 'p':
      return text.starts_with("pm") ? Match{Part::LowerPm, 2} : Match{};
    case '-':
    case 'Z':
      for (const ZoneForm& form : kZoneForms) {
        if (text.starts_with(form.text)) return {Part::Zone, form.text.size(), 0, form.style};
      }
      return {};
    case '.':
    case ',':
      return match_fraction(text);
    default:
      return {};
  }
}

Chunk next_chunk(std::string_view layout) {
  for (std::size_t at = 0; at < layout.size(); ++at) {
    const Match match = match_part(layout.substr(at));
    if (match.part == Part::None) continue;
    const std::size_t begin = at + match.literal;
    const std::size_t end = at + match.size;
    return {layout.substr(0, begin), match.part, layout.substr(begin, end - begin), layout.substr(end), match.zone};
  }
  return {layout, Part::None, {}, {}};
}

// --- writing

void append(fmt::memory_buffer& out, std::string_view text) { out.append(text); }

void append_number(fmt::memory_buffer& out, std::int64_t number, int width, char fill = '0') {
  if (number < 0) out.push_back('-');
  const std::int64_t size = std::abs(number);
  std::int64_t bound = 10;
  int digits = 1;
  while (size >= bound) {
    bound *= 10;
    ++digits;
  }
  for (; digits < width; ++digits) out.push_back(fill);
  fmt::format_to(std::back_inserter(out), "{}", size);
}

void append_fraction(fmt::memory_buffer& out, std::string_view form, int nanosecond, bool drops_zeros) {
  if (drops_zeros && nanosecond == 0) return;
  std::array<char, 9> digits{};
  int rest = nanosecond;
  for (std::size_t at = digits.size(); at-- > 0; rest /= 10) digits[at] = static_cast<char>('0' + rest % 10);
  std::size_t count = std::min(form.size() - 1, digits.size());
  if (drops_zeros) {
    while (count > 0 && digits[count - 1] == '0') --count;
    if (count == 0) return;
  }
  out.push_back(form[0]);
  append(out, {digits.data(), count});
}

void append_offset(fmt::memory_buffer& out, int offset_s, const ZoneStyle& style) {
  if (style.is_iso && offset_s == 0) {
    out.push_back('Z');
    return;
  }
  const int minutes = offset_s / 60;
  // The sign is that of the minutes, so that half a minute west is "+00:00".
  out.push_back(minutes < 0 ? '-' : '+');
  append_number(out, std::abs(minutes) / 60, 2);
  if (style.has_colons) out.push_back(':');
  if (style.has_minutes) append_number(out, std::abs(minutes) % 60, 2);
  if (!style.has_seconds) return;
  if (style.has_colons) out.push_back(':');
  append_number(out, minutes < 0 ? -offset_s % 60 : offset_s % 60, 2);
}

int hour_of_twelve(int hour) { return hour % 12 == 0 ? 12 : hour % 12; }

void append_part(fmt::memory_buffer& out, const Chunk& chunk, const WallTime& time) {
  const CivilDate& date = time.date;
  switch (chunk.part) {
    case Part::None:
      return;
    case Part::LongMonth:
      return append(out, kMonths[date.month - 1]);
    case Part::Month:
      return append(out, kMonths[date.month - 1].substr(0, 3));
    case Part::NumMonth:
      return append_number(out, date.month, 0);
    case Part::ZeroMonth:
      return append_number(out, date.month, 2);
    case Part::LongWeekday:
      return append(out, kWeekdays[time.weekday]);
    case Part::Weekday:
      return append(out, kWeekdays[time.weekday].substr(0, 3));
    case Part::Day:
      return append_number(out, date.day, 0);
    case Part::UnderDay:
      return append_number(out, date.day, 2, ' ');
    case Part::ZeroDay:
      return append_number(out, date.day, 2);
    case Part::UnderYearDay:
      return append_number(out, time.year_day, 3, ' ');
    case Part::ZeroYearDay:
      return append_number(out, time.year_day, 3);
    case Part::Hour:
      return append_number(out, time.hour, 2);
    case Part::Hour12:
      return append_number(out, hour_of_twelve(time.hour), 0);
    case Part::ZeroHour12:
      return append_number(out, hour_of_twelve(time.hour), 2);
    case Part::Minute:
      return append_number(out, time.minute, 0);
    case Part::ZeroMinute:
      return append_number(out, time.minute, 2);
    case Part::Second:
      return append_number(out, time.second, 0);
    case Part::ZeroSecond:
      return append_number(out, time.second, 2);
    case Part::LongYear:
      return append_number(out, date.year, 4);
    case Part::Year:
      return append_number(out, std::abs(date.year) % 100, 2);
    case Part::UpperPm:
      return append(out, time.hour >= 12 ? "PM" : "AM");
    case Part::LowerPm:
      return append(out, time.hour >= 12 ? "pm" : "am");
    case Part::ZoneName:
      return append(out, time.zone_name);
    case Part::Zone:
      return append_offset(out, time.offset_s, chunk.zone);
    case Part::FractionZeros:
      return append_fraction(out, chunk.text, time.nanosecond, false);
    case Part::FractionNines:
      return append_fraction(out, chunk.text, time.nanosecond, true);
  }
}

// --- reading

// A whole text as a number, with a sign if it likes; no digits are 0.
std::optional<int> to_number(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  const std::optional<std::uint64_t> number = take_digits(text);
  if (!number || !text.empty()) return std::nullopt;
  return is_negative ? -static_cast<int>(*number) : static_cast<int>(*number);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(), [&](char a, char b) { return lower(a) == lower(b); });
}

// Length of a sign and hours up to 23 at the front; 0 where there is none.
std::size_t signed_hours_size(std::string_view text) {
  if (!text.starts_with('-') && !text.starts_with('+')) return 0;
  std::string_view rest = text.substr(1);
  const std::optional<std::uint64_t> hours = take_digits(rest);
  if (!hours || rest.size() + 1 == text.size() || *hours > 23) return 0;
  return text.size() - rest.size();
}

// Length of what looks like a zone's abbreviation at the front: three capitals, four or five that end in T, and some exceptions; 0 for none.
std::size_t abbreviation_size(std::string_view text) {
  if (text.size() < 3) return 0;
  if (text.starts_with("ChST") || text.starts_with("MeST")) return 4;
  if (text.starts_with("GMT")) return 3 + signed_hours_size(text.substr(3));
  if (text[0] == '+' || text[0] == '-') return signed_hours_size(text);
  std::size_t capitals = 0;
  while (capitals < 6 && capitals < text.size() && text[capitals] >= 'A' && text[capitals] <= 'Z') ++capitals;
  if (capitals == 5) return text[4] == 'T' ? 5 : 0;
  if (capitals == 4) return text[3] == 'T' || text.starts_with("WITA") ? 4 : 0;
  return capitals == 3 ? 3 : 0;
}

class TimeReader {
 public:
  TimeReader(std::string_view layout, std::string_view text) : layout_(layout), text_(text), left_(text), layout_left_(layout) {}

  Result<Instant, std::string> read() {
    for (;;) {
      const Chunk chunk = next_chunk(layout_left_);
      if (!skip(chunk.prefix)) return cannot_parse(left_, chunk.prefix);
      if (chunk.part == Part::None) {
        if (!left_.empty()) return message(": extra text: " + quoted(left_));
        break;
      }
      layout_left_ = chunk.rest;
      const std::string_view before = left_;
      const bool is_read = take(chunk);
      if (!out_of_range_.empty()) return message(fmt::format(": {} out of range", out_of_range_));
      if (!is_read) return cannot_parse(before, chunk.text);
    }
    return finish();
  }

 private:
  std::string message(std::string_view what) const { return fmt::format("parsing time {}{}", quoted(text_), what); }
  std::string cannot_parse(std::string_view text, std::string_view element) const {
    return fmt::format("parsing time {} as {}: cannot parse {} as {}", quoted(text_), quoted(layout_), quoted(text), quoted(element));
  }

  // Literal text, in which any number of blanks stands for any other.
  bool skip(std::string_view literal) {
    const auto cut_blanks = [](std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(' '), text.size())); };
    while (!literal.empty()) {
      if (literal[0] == ' ') {
        if (!left_.empty() && left_[0] != ' ') return false;
        cut_blanks(literal);
        cut_blanks(left_);
        continue;
      }
      if (left_.empty() || left_[0] != literal[0]) return false;
      literal.remove_prefix(1);
      left_.remove_prefix(1);
    }
    return true;
  }

  std::string_view cut(std::size_t size) {
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(taken.size());
    return taken;
  }

  // One or two digits; `fixed` wants both.
  bool take_two(int& number, bool fixed) {
    number = 0;
    if (!has_digit_at(left_, 0) || (fixed && !has_digit_at(left_, 1))) return false;
    for (const char c : cut(has_digit_at(left_, 1) ? 2 : 1)) number = number * 10 + (c - '0');
    return true;
  }

  bool take_two_within(int& number, bool fixed, int low, int high, std::string_view what) {
    const bool is_read = take_two(number, fixed);
    if (number < low || number > high) out_of_range_ = what;
    return is_read;
  }

  bool take_year_day(bool fixed) {
    std::size_t digits = 0;
    year_day_ = 0;
    while (digits < 3 && has_digit_at(left_, digits)) year_day_ = year_day_ * 10 + (left_[digits++] - '0');
    if (digits == 0 || (fixed && digits != 3)) return false;
    left_.remove_prefix(digits);
    return true;
  }

  // The position in the list of the name at the front, shortened to `size` letters; -1 for none.
  int take_name(std::span<const std::string_view> names, std::size_t size) {
    for (std::size_t index = 0; index < names.size(); ++index) {
      const std::string_view name = names[index].substr(0, size);
      if (!starts_with_ignoring_case(left_, name)) continue;
      left_.remove_prefix(name.size());
      return static_cast<int>(index);
    }
    return -1;
  }

  bool take_year() {
    if (left_.size() < 2) return false;
    const std::optional<int> year = to_number(cut(2));
    if (!year) return false;
    year_ = *year >= 69 ? *year + 1900 : *year + 2000;
    return true;
  }

  bool take_long_year() {
    if (left_.size() < 4 || !has_digit_at(left_, 0)) return false;
    const std::optional<int> year = to_number(cut(4));
    if (year) year_ = *year;
    return year.has_value();
  }

  // A mark and digits; what goes beyond nanoseconds is dropped.
  bool read_fraction(std::string_view text) {
    if (text[0] != '.' && text[0] != ',') return false;
    text = text.substr(1, 9);
    const std::optional<int> number = to_number(text);
    if (!number) return false;
    nanosecond_ = *number;
    if (nanosecond_ < 0) out_of_range_ = "fractional second";
    for (std::size_t digits = text.size(); digits < 9; ++digits) nanosecond_ *= 10;
    return true;
  }

  std::size_t fraction_size() const {
    if (left_.size() < 2 || (left_[0] != '.' && left_[0] != ',') || !is_digit(left_[1])) return 0;
    std::size_t size = 2;
    while (has_digit_at(left_, size)) ++size;
    return size;
  }

  // A fraction may follow the seconds though the layout has none.
  bool take_second(bool fixed) {
    if (!take_two(second_, fixed)) return false;
    if (second_ > 59) {
      out_of_range_ = "second";
      return true;
    }
    const std::size_t size = fraction_size();
    if (size == 0) return true;
    const Part next = next_chunk(layout_left_).part;
    if (next == Part::FractionZeros || next == Part::FractionNines) return true;
    return read_fraction(cut(size));
  }

  bool take_half_day(std::string_view am, std::string_view pm) {
    if (left_.size() < 2) return false;
    const std::string_view half = cut(2);
    is_pm_ = is_pm_ || half == pm;
    is_am_ = is_am_ || half == am;
    return half == am || half == pm;
  }

  bool take_zone(const ZoneStyle& style) {
    if (style.is_iso && left_.starts_with('Z')) {
      left_.remove_prefix(1);
      is_utc_ = true;
      return true;
    }
    const std::size_t colon = style.has_colons ? 1 : 0;
    const std::size_t size = 3 + (style.has_minutes ? 2 + colon : 0) + (style.has_seconds ? 2 + colon : 0);
    if (left_.size() < size) return false;
    if (style.has_colons && (left_[3] != ':' || (style.has_seconds && left_[6] != ':'))) return false;
    const std::string_view zone = cut(size);
    std::array<int, 3> fields{};
    const std::size_t count = style.has_seconds ? 3 : (style.has_minutes ? 2 : 1);
    bool is_read = true;
    for (std::size_t field = 0; field < count && is_read; ++field) {
      const std::string_view digits = zone.substr(1 + field * (2 + colon), 2);
      is_read = is_digit(digits[0]) && is_digit(digits[1]);
      if (is_read) fields[field] = (digits[0] - '0') * 10 + (digits[1] - '0');
    }
    if (fields[0] > 24) out_of_range_ = "time zone offset hour";
    if (fields[1] > 60) out_of_range_ = "time zone offset minute";
    if (fields[2] > 60) out_of_range_ = "time zone offset second";
    const int offset = (fields[0] * 60 + fields[1]) * 60 + fields[2];
    zone_offset_ = zone[0] == '-' ? -offset : offset;
    return is_read && (zone[0] == '+' || zone[0] == '-');
  }

  bool take_zone_name() {
    if (left_.starts_with("UTC")) {
      left_.remove_prefix(3);
      is_utc_ = true;
      return true;
    }
    const std::size_t size = abbreviation_size(left_);
    if (size == 0) return false;
    left_.remove_prefix(size);
    return true;
  }

  bool take_fraction_zeros(std::size_t size) {
    if (left_.size() < size) return false;
    return read_fraction(cut(size));
  }

  bool take_fraction_nines() {
    const std::size_t size = fraction_size();
    return size == 0 || read_fraction(cut(size));
  }

  bool take_day(bool is_padded, bool fixed) {
    if (is_padded && left_.starts_with(' ')) left_.remove_prefix(1);
    return take_two(day_, fixed);
  }

  bool take(const Chunk& chunk) {
    switch (chunk.part) {
      case Part::None:
        return true;
      case Part::LongMonth:
        month_ = take_name(kMonths, std::string_view::npos) + 1;
        return month_ > 0;
      case Part::Month:
        month_ = take_name(kMonths, 3) + 1;
        return month_ > 0;
      case Part::NumMonth:
      case Part::ZeroMonth: {
        const bool is_read = take_two(month_, chunk.part == Part::ZeroMonth);
        if (is_read && (month_ < 1 || month_ > 12)) out_of_range_ = "month";
        return is_read;
      }
      case Part::LongWeekday:
        return take_name(kWeekdays, std::string_view::npos) >= 0;
      case Part::Weekday:
        return take_name(kWeekdays, 3) >= 0;
      case Part::Day:
        return take_day(false, false);
      case Part::UnderDay:
        return take_day(true, false);
      case Part::ZeroDay:
        return take_day(false, true);
      case Part::UnderYearDay:
        for (int blank = 0; blank < 2 && left_.starts_with(' '); ++blank) left_.remove_prefix(1);
        return take_year_day(false);
      case Part::ZeroYearDay:
        return take_year_day(true);
      case Part::Hour:
        return take_two_within(hour_, false, 0, 23, "hour");
      case Part::Hour12:
      case Part::ZeroHour12:
        return take_two_within(hour_, chunk.part == Part::ZeroHour12, 0, 12, "hour");
      case Part::Minute:
      case Part::ZeroMinute:
        return take_two_within(minute_, chunk.part == Part::ZeroMinute, 0, 59, "minute");
      case Part::Second:
      case Part::ZeroSecond:
        return take_second(chunk.part == Part::ZeroSecond);
      case Part::LongYear:
        return take_long_year();
      case Part::Year:
        return take_year();
      case Part::UpperPm:
        return take_half_day("AM", "PM");
      case Part::LowerPm:
        return take_half_day("am", "pm");
      case Part::ZoneName:
        return take_zone_name();
      case Part::Zone:
        return take_zone(chunk.zone);
      case Part::FractionZeros:
        return take_fraction_zeros(chunk.text.size());
      case Part::FractionNines:
        return take_fraction_nines();
    }
    return false;
  }

  // Month and day from a day of the year. What is wrong, or empty.
  std::string_view resolve_year_day() {
    int month = 0;
    int day = 0;
    int year_day = year_day_;
    if (is_leap_year(year_)) {
      if (year_day == 31 + 29) {
        month = 2;
        day = 29;
      } else if (year_day > 31 + 29) {
        --year_day;
      }
    }
    if (year_day < 1 || year_day > 365) return ": day-of-year out of range";
    if (month == 0) {
      month = (year_day - 1) / 31 + 1;
      if (kDaysBefore[month] < year_day) ++month;
      day = year_day - kDaysBefore[month - 1];
    }
    if (month_ >= 0 && month_ != month) return ": day-of-year does not match month";
    if (day_ >= 0 && day_ != day) return ": day-of-year does not match day";
    month_ = month;
    day_ = day;
    return {};
  }

  Result<Instant, std::string> finish() {
    if (is_pm_ && hour_ < 12) {
      hour_ += 12;
    } else if (is_am_ && hour_ == 12) {
      hour_ = 0;
    }
    if (year_day_ >= 0) {
      const std::string_view wrong = resolve_year_day();
      if (!wrong.empty()) return message(wrong);
    }
    if (month_ < 0) month_ = 1;
    if (day_ < 0) day_ = 1;
    if (day_ < 1 || day_ > days_in_month(year_, month_)) return message(": day out of range");

    Instant instant{days_from_civil({year_, month_, day_}) * kSecondsPerDay + (hour_ * 60 + minute_) * 60 + second_, nanosecond_};
    if (is_utc_) return instant;
    // An abbreviation counts for nothing, GMT with hours neither: Go gives the time its name and leaves the instant as it is.
    if (zone_offset_ != kNoOffset) instant.seconds -= zone_offset_;
    return instant;
  }

  // Go's own mark for "none": an offset of one second west counts as absent there too.
  static constexpr int kNoOffset = -1;

  std::string_view layout_;
  std::string_view text_;
  std::string_view left_;
  std::string_view layout_left_;
  std::string_view out_of_range_;
  int year_ = 0;
  int month_ = -1;
  int day_ = -1;
  int year_day_ = -1;
  int hour_ = 0;
  int minute_ = 0;
  int second_ = 0;
  int nanosecond_ = 0;
  bool is_am_ = false;
  bool is_pm_ = false;
  bool is_utc_ = false;
  int zone_offset_ = kNoOffset;
};

}  // namespace

bool is_leap_year(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in_month(std::int64_t year, int month) {
  if (month == 2 && is_leap_year(year)) return 29;
  return kDaysBefore[month] - kDaysBefore[month - 1];
}

// Years are counted from March, so that the leap day is the last of its year; 400 years have 146,097 days.
std::int64_t days_from_civil(const CivilDate& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  constexpr std::int64_t kDaysTo1970 = 719'468;  // from 0000-03-01
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - kDaysTo1970;
}

CivilDate civil_from_days(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = floor_divide(days, 146'097);
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

WallTime wall_time(std::int64_t unix_ns, std::string_view zone_name, int offset_s) {
  const std::int64_t unix_s = floor_divide(unix_ns, kNsPerSecond);
  const std::int64_t wall_s = unix_s + offset_s;
  const std::int64_t days = floor_divide(wall_s, kSecondsPerDay);
  const auto second_of_day = static_cast<int>(wall_s - days * kSecondsPerDay);
  WallTime time;
  time.date = civil_from_days(days);
  time.year_day = static_cast<int>(days - days_from_civil({time.date.year, 1, 1})) + 1;
  time.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  time.hour = second_of_day / 3600;
  time.minute = second_of_day / 60 % 60;
  time.second = second_of_day % 60;
  time.nanosecond = static_cast<int>((unix_ns % kNsPerSecond + kNsPerSecond) % kNsPerSecond);
  time.zone_name = zone_name;
  time.offset_s = offset_s;
  return time;
}

std::string_view weekday_name(int weekday) { return kWeekdays[weekday]; }

std::string_view named_layout(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> layouts[] = {
      {"ANSIC", "Mon Jan _2 15:04:05 2006"},
      {"UnixDate", "Mon Jan _2 15:04:05 MST 2006"},
      {"RubyDate", "Mon Jan 02 15:04:05 -0700 2006"},
      {"RFC822", "02 Jan 06 15:04 MST"},
      {"RFC822Z", "02 Jan 06 15:04 -0700"},
      {"RFC850", "Monday, 02-Jan-06 15:04:05 MST"},
      {"RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"},
      {"RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"},
      {"RFC3339", kRfc3339},
      {"RFC3339Nano", kRfc3339Nano},
  };
  for (const auto& [known, layout] : layouts) {
    if (known == name) return layout;
  }
  return name;
}

void format_time(fmt::memory_buffer& out, std::string_view layout, const WallTime& time) {
  while (!layout.empty()) {
    const Chunk chunk = next_chunk(layout);
    append(out, chunk.prefix);
    append_part(out, chunk, time);
    layout = chunk.rest;
  }
}

Result<Instant, std::string> parse_time(std::string_view layout, std::string_view text) { return TimeReader(layout, text).read(); }

}  // namespace psdl
