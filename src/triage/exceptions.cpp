// Reading is strict: an exception that is not fully understood is none. Matching is by the whole text of each part.
#include "triage/exceptions.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace psdl::triage {
namespace {

constexpr std::string_view kKeys[] = {"rule", "object", "container", "labels", "reason", "owner", "expires"};
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 24 * 3'600 * kSecond;

bool take_number(std::string_view& text, std::size_t digits, int& number) {
  if (text.size() < digits) return false;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + digits, number);
  if (failure != std::errc() || end != text.data() + digits || text.front() == '-') return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// Days since 1970-01-01 of a date in the Gregorian calendar, by counting years from March.
std::int64_t days_from_civil(int year, int month, int day) {
  const int shifted = month <= 2 ? year - 1 : year;
  const int era = (shifted >= 0 ? shifted : shifted - 399) / 400;
  const int year_of_era = shifted - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146'097 + day_of_era - 719'468;
}

bool is_date(int year, int month, int day) {
  if (year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1) return false;
  constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= days[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap ? 1 : 0);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::vector<std::string_view> parts_of(std::string_view object) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t slash = object.find('/');
    parts.push_back(object.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    object.remove_prefix(slash + 1);
  }
}

// "apps/v1" is of group apps, "v1" of none.
std::string_view group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

bool kind_matches(std::string_view pattern, const ObjectIdentity& object) {
  if (matches(pattern, object.kind)) return true;
  const std::size_t dot = pattern.find('.');
  return dot != std::string_view::npos && matches(pattern.substr(0, dot), object.kind) &&
         matches(pattern.substr(dot + 1), group_of(object.api_version));
}

class ExceptionReader {
 public:
  ExceptionReader(ConfigText& config, DiagnosticList& problems) : config_(config), problems_(problems) {}

  // False, told, where it is not one.
  bool read(const Value& item, Exception& exception) {
    const Object* object = config_.object(item, "an exception");
    if (object == nullptr) return false;
    exception.place = config_.place_of(item);
    bool is_fine = config_.check_keys(*object, kKeys, "an exception");
    is_fine = text(*object, "rule", exception.rule) && is_fine;
    is_fine = text(*object, "object", exception.object) && is_fine;
    is_fine = text(*object, "container", exception.container) && is_fine;
    is_fine = text(*object, "reason", exception.reason) && is_fine;
    is_fine = text(*object, "owner", exception.owner) && is_fine;
    is_fine = text(*object, "expires", exception.expires) && is_fine;
    is_fine = labels(*object, exception) && is_fine;
    return is_fine && check(*object, exception);
  }

 private:
  bool text(const Object& object, std::string_view key, std::string& out) {
    const Value* value = object.find_text(key);
    if (value == nullptr) return true;
    std::optional<Written> one = config_.scalar(*value, key);
    if (!one) return false;
    out = std::move(one->value);
    return true;
  }

  bool labels(const Object& object, Exception& exception) {
    const Value* value = object.find_text("labels");
    if (value == nullptr) return true;
    const Object* map = config_.object(*value, "`labels`");
    if (map == nullptr) return false;
    for (std::uint32_t i = 0; i < map->size(); ++i) {
      const std::string_view key = map->keys()[i].as_string();
      std::optional<Written> one = config_.scalar(map->values()[i], key);
      if (!one) return false;
      exception.labels.emplace_back(key, std::move(one->value));
    }
    if (!exception.labels.empty()) return true;
    config_.error("bad_exception", "`labels` of an exception is empty: it would be any object", *value);
    return false;
  }

  bool check(const Object& object, const Exception& exception) {
    bool is_fine = true;
    const auto missing = [&](std::string_view code, std::string_view message, std::string_view help) {
      add_problem(problems_, true, code, message, exception.place, help);
      is_fine = false;
    };
    if (exception.rule.empty()) missing("bad_exception", "an exception names no rule", "add `rule: ID`");
    if (exception.object.empty() && exception.labels.empty()) {
      missing("bad_exception", "an exception names no object",
              "add `object: Kind/namespace/name`, or `labels`; `object: \"*\"` is every object");
    }
    if (is_blank(exception.reason))
      missing("exception_without_reason", "an exception has no reason", "add `reason: why this is acceptable`");
    if (is_blank(exception.owner))
      missing("exception_without_owner", "an exception has no owner", "add `owner: who answers for it`");
    const auto at = [&](std::string_view key) -> const Value& { return *object.find_text(key); };
    if (!exception.expires.empty() && (!parse_time(exception.expires) || exception.expires.size() != 10)) {
      config_.error("bad_exception", fmt::format("`expires` is a day such as 2027-03-31, not `{}`", exception.expires),
                    at("expires"));
      is_fine = false;
    }
    if (!exception.object.empty()) {
      const std::vector<std::string_view> parts = parts_of(exception.object);
      bool is_object = parts.size() == 2 || parts.size() == 3 || exception.object == "*";
      for (const std::string_view part : parts) is_object = is_object && !part.empty();
      if (!is_object) {
        config_.error("bad_exception",
                      fmt::format("`object` is Kind/namespace/name, Kind/name or `*`, not `{}`", exception.object),
                      at("object"));
        is_fine = false;
      }
    }
    return is_fine;
  }

  ConfigText& config_;
  DiagnosticList& problems_;
};

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  // The last `*` is tried at every place behind the one before; no more is ever gone back.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!take_number(text, 4, year) || !take(text, "-") || !take_number(text, 2, month) || !take(text, "-") ||
      !take_number(text, 2, day))
    return std::nullopt;
  if (!is_date(year, month, day)) return std::nullopt;
  const std::int64_t midnight = days_from_civil(year, month, day) * kDay;
  if (text.empty()) return midnight;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!take(text, "T") || !take_number(text, 2, hour) || !take(text, ":") || !take_number(text, 2, minute) ||
      !take(text, ":") || !take_number(text, 2, second))
    return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  std::int64_t fraction = 0;
  if (take(text, ".")) {
    std::int64_t unit = kSecond;
    std::size_t digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits) {
      unit /= 10;
      fraction += unit * (text.front() - '0');
    }
    if (digits == 0) return std::nullopt;
  }
  std::int64_t offset = 0;
  if (!take(text, "Z")) {
    int hours = 0;
    int minutes = 0;
    const bool is_east = take(text, "+");
    if (!is_east && !take(text, "-")) return std::nullopt;
    if (!take_number(text, 2, hours) || !take(text, ":") || !take_number(text, 2, minutes) || hours > 23 ||
        minutes > 59)
      return std::nullopt;
    offset = (hours * 3'600 + minutes * 60) * kSecond * (is_east ? 1 : -1);
  }
  if (!text.empty()) return std::nullopt;
  return midnight + (hour * 3'600 + minute * 60 + second) * kSecond + fraction - offset;
}

bool read_exceptions(std::string_view file, std::string_view text, std::vector<Exception>& exceptions,
                     DiagnosticList& problems) {
  const std::size_t before = problems.error_count();
  ConfigText config(file, text, problems);
  if (!config.is_read()) return false;
  const Value* list = &config.root();
  if (list->is_object()) {
    constexpr std::string_view kOnly[] = {"exceptions"};
    config.check_keys(list->as_object(), kOnly, "a file of exceptions");
    list = list->as_object().find_text("exceptions");
  }
  if (list != nullptr && !list->is_null()) take_exceptions(config, *list, exceptions, problems);
  return problems.error_count() == before;
}

void take_exceptions(ConfigText& config, const Value& list, std::vector<Exception>& exceptions,
                     DiagnosticList& problems) {
  if (!list.is_array()) {
    config.error("bad_setting", "exceptions are a list", list);
    return;
  }
  ExceptionReader reader(config, problems);
  for (const Value& item : list.as_array()) {
    Exception exception;
    if (reader.read(item, exception)) exceptions.push_back(std::move(exception));
  }
}

bool speaks_of(const Exception& exception, const Finding& finding,
               const std::vector<std::pair<std::string, std::string>>& labels) {
  if (!matches(exception.rule, finding.rule)) return false;
  if (!exception.container.empty() && (finding.container.empty() || !matches(exception.container, finding.container)))
    return false;
  if (!exception.object.empty() && exception.object != "*") {
    const std::vector<std::string_view> parts = parts_of(exception.object);
    if (!kind_matches(parts.front(), finding.object) || !matches(parts.back(), finding.object.name)) return false;
    if (parts.size() == 3 && !matches(parts[1], finding.object.namespace_name)) return false;
  }
  for (const auto& [key, value] : exception.labels) {
    bool has = false;
    for (const auto& [name, is] : labels) has = has || (name == key && matches(value, is));
    if (!has) return false;
  }
  return true;
}

bool has_expired(const Exception& exception, std::int64_t now_ns) {
  if (exception.expires.empty()) return false;
  const std::optional<std::int64_t> last = parse_time(exception.expires);
  return !last || now_ns >= *last + kDay;
}

std::string object_text(const ObjectIdentity& object) {
  std::string text = object.kind;
  for (const std::string& part : {object.namespace_name, object.name}) {
    if (!part.empty()) text += (text.empty() ? "" : "/") + part;
  }
  return text;
}

}  // namespace psdl::triage
