// The codec's reader and positions behind it.
#include "triage/config_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "codec/positions.hpp"
#include "runtime/problem.hpp"
#include "value/text.hpp"

namespace psdl::triage {

void add_problem(DiagnosticList& problems, bool is_error, std::string_view code, std::string_view message,
                 const Place& place, std::string_view help) {
  Problem problem;
  problem.code = code;
  problem.message = message;
  problem.severity = is_error ? Severity::Error : Severity::Warning;
  problem.place = {place.file, place.line,   place.column,    place.end_column,
                   place.line, place.column, place.line_text, place.line_text_from};
  if (!help.empty()) problem.help.emplace_back(help);
  problems.impl().items.push_back(std::move(problem));
}

std::string_view likely(std::string_view word, std::span<const std::string_view> words) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : words) {
    const bool begins = word.size() >= 3 && candidate.starts_with(word);
    const std::size_t distance = begins ? 1 : edit_distance(word, candidate);
    if (distance >= best_distance || distance >= candidate.size()) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view likely_word) {
  return likely_word.empty() ? std::string() : fmt::format("; did you mean `{}`?", likely_word);
}

ConfigText::ConfigText(std::string_view file, std::string_view text, DiagnosticList& problems)
    : file_(file), problems_(problems) {
  ReadOptions options;
  options.place.stream = file;
  Result<Document, ReadError> read = reader_.read(text, file.ends_with(".json") ? Format::Json : Format::Yaml, options);
  if (!read) {
    problems_.impl().add(read.error());
    return;
  }
  document_ = std::move(read).value();
  is_read_ = true;
}

Place ConfigText::place(const TextRange& range) const {
  Place place;
  place.file = file_;
  place.line = range.begin.line;
  place.column = range.begin.column;
  place.end_column = range.end.line == range.begin.line ? range.end.column : 0;
  if (place.line > 0)
    place.line_text = line_window(line_of(document_, range.begin.offset), place.column, place.line_text_from);
  return place;
}

Place ConfigText::place_of(const Value& value) const {
  return place(locate(document_, value.origin()).value);
}
Place ConfigText::place_of_field(const Value& value) const {
  return place(locate(document_, value.origin()).whole);
}

void ConfigText::error(std::string_view code, std::string_view message, const Value& at, std::string_view help) {
  add_problem(problems_, true, code, message, place_of_field(at), help);
}

bool ConfigText::check_keys(const Object& object, std::span<const std::string_view> known, std::string_view what) {
  bool is_fine = true;
  for (std::uint32_t i = 0; i < object.size(); ++i) {
    const std::string_view key = object.keys()[i].as_string();
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    is_fine = false;
    error("unknown_setting", fmt::format("unknown key `{}` of {}{}", key, what, did_you_mean(likely(key, known))),
          object.values()[i], fmt::format("its keys are {}", fmt::join(known, ", ")));
  }
  return is_fine;
}

std::vector<ParameterSetting> ConfigText::parameters(const Object& object) {
  std::vector<ParameterSetting> settings;
  for (std::uint32_t i = 0; i < object.size(); ++i) {
    const std::string_view rule = object.keys()[i].as_string();
    const Value& value = object.values()[i];
    const Object* names = this->object(value, fmt::format("what `{}` of `parameters` takes", rule));
    if (names == nullptr) continue;
    ParameterSetting& setting = settings.emplace_back();
    setting.rule = rule;
    setting.place = place_of_field(value);
    for (std::uint32_t j = 0; j < names->size(); ++j)
      setting.names.push_back({std::string(names->keys()[j].as_string()), place_of_field(names->values()[j])});
  }
  return settings;
}

std::optional<Written> ConfigText::scalar(const Value& value, std::string_view what) {
  if (value.is_string()) return Written{std::string(value.as_string()), place_of(value)};
  if (value.is_boolean() || value.is_number()) return Written{to_json(value), place_of(value)};
  error("bad_setting",
        fmt::format("`{}` takes one value, not {}", what,
                    value.is_null()    ? "null"
                    : value.is_array() ? "a list"
                                       : "a map"),
        value);
  return std::nullopt;
}

std::optional<std::vector<Written>> ConfigText::scalars(const Value& value, std::string_view what) {
  std::vector<Written> list;
  if (!value.is_array()) {
    std::optional<Written> one = scalar(value, what);
    if (!one) return std::nullopt;
    list.push_back(std::move(*one));
    return list;
  }
  bool is_fine = true;
  for (const Value& item : value.as_array()) {
    std::optional<Written> one = scalar(item, what);
    is_fine = is_fine && one.has_value();
    if (one) list.push_back(std::move(*one));
  }
  if (!is_fine) return std::nullopt;
  return list;
}

const Object* ConfigText::object(const Value& value, std::string_view what) {
  if (value.is_object()) return &value.as_object();
  error("bad_setting", fmt::format("{} is a map", what), value);
  return nullptr;
}

}  // namespace psdl::triage
