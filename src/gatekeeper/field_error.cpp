// The texts of field errors and of the values in them.
#include "gatekeeper/field_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "value/number.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

std::string with_detail(std::string text, std::string_view detail) {
  if (!detail.empty()) text.append(": ").append(detail);
  return text;
}

}  // namespace

FieldError required(std::string_view path, std::string_view detail, std::uint32_t origin) {
  return {with_detail(fmt::format("{}: Required value", path), detail), origin};
}

FieldError forbidden(std::string_view path, std::string_view detail, std::uint32_t origin) {
  return {with_detail(fmt::format("{}: Forbidden", path), detail), origin};
}

FieldError invalid(std::string_view path, const Value& value, std::string_view detail) {
  return {with_detail(fmt::format("{}: Invalid value: {}", path, go_value(value)), detail), value.origin()};
}

FieldError invalid_text(std::string_view path, std::string_view value, std::string_view detail, std::uint32_t origin) {
  return {with_detail(fmt::format("{}: Invalid value: {}", path, go_quote(value)), detail), origin};
}

FieldError unsupported(std::string_view path, const Value& value, const std::vector<std::string>& supported) {
  std::string detail;
  for (const std::string& one : supported)
    detail.append(detail.empty() ? "supported values: " : ", ").append(go_quote(one));
  return {with_detail(fmt::format("{}: Unsupported value: {}", path, go_value(value)), detail), value.origin()};
}

std::string go_quote(std::string_view text) {
  std::string quoted;
  append_quoted(quoted, text);
  return quoted;
}

std::string go_float(double number) {
  if (number == 0) return std::signbit(number) ? "-0" : "0";
  char digits[40];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number, std::chars_format::scientific);
  std::string text(digits, end);
  const std::size_t mark = text.find('e');
  const int exponent = std::stoi(text.substr(mark + 1));
  // 'g' with the shortest digits: an exponent below -4 and from 6 on.
  if (exponent < -4 || exponent >= 6) return text;
  const auto [fixed_end, fixed_error] = std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed);
  return {digits, fixed_end};
}

std::string go_value(const Value& value) {
  if (value.is_string()) return go_quote(value.as_string());
  if (value.is_number()) {
    NumberBuffer buffer;
    return value.tag() == Tag::Int ? std::string(number_text(value, buffer)) : go_float(to_double(value));
  }
  return to_json(value, {.html_safe = true});
}

std::string join_errors(const FieldErrors& errors) {
  std::vector<std::string_view> texts;
  for (const FieldError& error : errors) {
    if (std::find(texts.begin(), texts.end(), error.text) == texts.end()) texts.push_back(error.text);
  }
  if (texts.size() == 1) return std::string(texts.front());
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

}  // namespace psdl::gatekeeper
