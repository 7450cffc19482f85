// JSON documents as nlohmann::json, for C++ hosts that have them: to and from the texts that psdl.hpp reads and gives.
// Header alone, over psdl.hpp; nlohmann_json 3.11 is the host's.
//
//   psdl::DiagnosticList problems;
//   std::optional<std::string> text = psdl::to_json_text(document, problems, "pod.json");    // nlohmann::json in
//   if (text) evaluator.evaluate(*text, psdl::DocumentFormat::Json, "pod.json", each);
//   nlohmann::json rows;
//   if (psdl::from_json_text(evaluator.query(query).result_json, rows, problems)) ..         // and out
//
// Nothing is rounded and nothing made up: a value that the other side cannot hold is refused, with its path as a JSON
// pointer. That is a double that is no number, bytes (`binary`), a discarded value, a text that is no UTF-8, and of
// numbers in a text those that nlohmann::json would have to round, so that to_json_text() would write another number:
// "18446744073709551617" (the one before it is a double), "0.12345678901234567890", "1e400".
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "psdl/psdl.hpp"

namespace psdl {
namespace json_detail {

// As deep as any setting of the limit `data_nesting` lets a document be.
inline constexpr std::size_t kDeepest = 1000;

inline void append_step(std::string& path, std::string_view step) {
  path += '/';
  for (const char c : step) {
    if (c == '~') {
      path += "~0";
    } else if (c == '/') {
      path += "~1";
    } else {
      path += c;
    }
  }
}

// How many bytes the character at the beginning of the text has; 0 where it is no UTF-8. By the table of well-formed
// sequences in the Unicode standard: no overlong forms, no surrogates, nothing beyond U+10FFFF.
inline std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                             : (lead & 0xF0U) == 0xE0       ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

// The text as JSON writes it; false where it is no UTF-8.
inline bool append_text(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) return false;
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x20) {
      out.append("\\u00").append({kHex[first >> 4U], kHex[first & 0xFU]});
    } else {
      if (first == '"' || first == '\\') out += '\\';
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
  return true;
}

inline void refuse(DiagnosticList& problems, std::string_view name, std::string_view path, std::string_view what) {
  std::string message = "the value at `";
  message.append(path).append("` ").append(what);
  problems.add_error("bad_json_value", message, name);
}

// A number as its digits without zeros at either end, and the power of ten behind them.
struct Decimal {
  std::string digits;
  std::int64_t exponent = 0;
  bool is_negative = false;
  bool operator==(const Decimal&) const = default;
};

inline std::optional<Decimal> read_decimal(std::string_view text) {
  Decimal number;
  if (!text.empty() && text.front() == '-') {
    number.is_negative = true;
    text.remove_prefix(1);
  }
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view written = text.substr(e + 1);
    if (!written.empty() && written.front() == '+') written.remove_prefix(1);
    const auto [end, failure] = std::from_chars(written.data(), written.data() + written.size(), number.exponent);
    if (failure != std::errc() || end != written.data() + written.size()) return std::nullopt;
    text = text.substr(0, e);
  }
  const std::size_t dot = text.find('.');
  number.digits = text.substr(0, dot);
  if (dot != std::string_view::npos) {
    number.digits += text.substr(dot + 1);
    number.exponent -= static_cast<std::int64_t>(text.size() - dot - 1);
  }
  const std::size_t last = number.digits.find_last_not_of('0');
  if (last == std::string::npos) return Decimal{};  // zero, whatever its sign
  number.exponent += static_cast<std::int64_t>(number.digits.size() - last - 1);
  number.digits.erase(last + 1);
  number.digits.erase(0, number.digits.find_first_not_of('0'));
  return number;
}

// Whether the double, written again, is the number that stands in the text.
inline bool is_held(double number, std::string_view text) {
  if (!std::isfinite(number)) return false;
  char written[64];
  const auto [end, failure] = std::to_chars(written, written + sizeof written, number);
  if (failure != std::errc()) return false;
  const std::optional<Decimal> wanted = read_decimal(text);
  return wanted && wanted == read_decimal({written, static_cast<std::size_t>(end - written)});
}

template <class Json>
class Writer {
 public:
  Writer(DiagnosticList& problems, std::string_view name) : problems_(problems), name_(name) {}

  bool write(const Json& value, std::string& out) {
    switch (value.type()) {
      case Json::value_t::null: out += "null"; return true;
      case Json::value_t::boolean: out += value.template get<bool>() ? "true" : "false"; return true;
      case Json::value_t::number_integer: out += std::to_string(value.template get<std::int64_t>()); return true;
      case Json::value_t::number_unsigned: out += std::to_string(value.template get<std::uint64_t>()); return true;
      case Json::value_t::number_float: return write_double(value.template get<double>(), out);
      case Json::value_t::string:
        if (append_text(out, value.template get_ref<const typename Json::string_t&>())) return true;
        return fail("is a text that is no UTF-8");
      case Json::value_t::array: return write_array(value, out);
      case Json::value_t::object: return write_object(value, out);
      case Json::value_t::binary: return fail("is bytes, which JSON does not have");
      case Json::value_t::discarded: break;
    }
    return fail("is discarded");
  }

 private:
  bool fail(std::string_view what) {
    refuse(problems_, name_, path_, what);
    return false;
  }

  // With a dot where it is whole, as nlohmann has read it: "1.0" is no integer for Kubernetes.
  bool write_double(double number, std::string& out) {
    if (!std::isfinite(number)) return fail(std::isnan(number) ? "is no number" : "is infinite");
    char written[64];
    const std::string_view text(
        written, static_cast<std::size_t>(std::to_chars(written, written + sizeof written, number).ptr - written));
    out += text;
    if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
    return true;
  }

  bool write_array(const Json& value, std::string& out) {
    if (++depth_ > kDeepest) return fail("stands too deep");
    out += '[';
    std::size_t index = 0;
    for (const Json& item : value) {
      if (index > 0) out += ',';
      const std::size_t length = path_.size();
      append_step(path_, std::to_string(index++));
      if (!write(item, out)) return false;
      path_.resize(length);
    }
    out += ']';
    --depth_;
    return true;
  }

  bool write_object(const Json& value, std::string& out) {
    if (++depth_ > kDeepest) return fail("stands too deep");
    out += '{';
    bool is_first = true;
    for (auto member = value.begin(); member != value.end(); ++member) {
      if (!is_first) out += ',';
      is_first = false;
      if (!append_text(out, member.key())) return fail("has a key that is no UTF-8");
      out += ':';
      const std::size_t length = path_.size();
      append_step(path_, member.key());
      if (!write(member.value(), out)) return false;
      path_.resize(length);
    }
    out += '}';
    --depth_;
    return true;
  }

  DiagnosticList& problems_;
  std::string_view name_;
  std::string path_;
  std::size_t depth_ = 0;
};

// What nlohmann's parser calls. It has the text of each number that it would round.
template <class Json>
class Reader {
 public:
  using number_integer_t = typename Json::number_integer_t;
  using number_unsigned_t = typename Json::number_unsigned_t;
  using number_float_t = typename Json::number_float_t;
  using string_t = typename Json::string_t;
  using binary_t = typename Json::binary_t;

  Reader(Json& root, DiagnosticList& problems, std::string_view name) : root_(root), problems_(problems), name_(name) {}

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(number_integer_t value) { return put(value); }
  bool number_unsigned(number_unsigned_t value) { return put(value); }
  bool number_float(number_float_t value, const string_t& text) {
    return is_held(static_cast<double>(value), text) ? put(value) : fail_number(text);
  }
  bool string(string_t& value) { return put(std::move(value)); }
  bool binary(binary_t& value) { return put(std::move(value)); }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(string_t& name) {
    levels_.back().key = name;
    return true;
  }
  template <class Failure>
  bool parse_error(std::size_t at, const std::string& token, const Failure& failure) {
    if (failure.id == kNumberOverflow) return fail_number(token);
    problems_.add_error("json_syntax", "the text is no JSON at byte " + std::to_string(at), name_);
    return false;
  }

 private:
  // nlohmann's number for a text that is JSON, with a number beyond every double.
  static constexpr int kNumberOverflow = 406;

  bool fail_number(const std::string& text) {
    refuse(problems_, name_, path(), "is the number " + text + ", which a double cannot hold");
    return false;
  }

  struct Level {
    Json* value = nullptr;
    string_t key;
  };

  // Of the value that comes next, which no level holds yet; each level but the last holds the one below it.
  [[nodiscard]] std::string path() const {
    std::string path;
    for (const Level& level : levels_) {
      const std::size_t index = level.value->size() - (&level == &levels_.back() ? 0 : 1);
      append_step(path, level.value->is_array() ? std::to_string(index) : std::string(level.key));
    }
    return path;
  }

  Json& place() {
    if (levels_.empty()) return root_;
    Level& level = levels_.back();
    if (!level.value->is_array()) return (*level.value)[level.key];
    level.value->push_back(nullptr);
    return level.value->back();
  }
  template <class T>
  bool put(T&& value) {
    place() = std::forward<T>(value);
    return true;
  }
  bool open(Json&& empty) {
    Json& at = place();
    at = std::move(empty);
    levels_.push_back({&at, {}});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return true;
  }

  Json& root_;
  DiagnosticList& problems_;
  std::string_view name_;
  std::vector<Level> levels_;  // what is open; items of a level are not moved before it is closed
};

}  // namespace json_detail

// A JSON text of the value, compact, for Evaluator::evaluate() and PolicyBuilder::add_data(). Numbers are written as
// the shortest text that reads back as the same. `name` is shown in messages.
// errors: none, with a `bad_json_value` that names the path.
template <class Json>
[[nodiscard]] std::optional<std::string> to_json_text(const Json& value, DiagnosticList& problems,
                                                      std::string_view name = "input") {
  std::string text;
  if (!json_detail::Writer<Json>(problems, name).write(value, text)) return std::nullopt;
  return text;
}

// The value of a JSON text that the engine gave: QueryAnswer::result_json, Finding::value_json, ::details_json.
// errors: false, with `out` null: `bad_json_value` with the path of a number that would be rounded, `json_syntax`.
template <class Json>
[[nodiscard]] bool from_json_text(std::string_view text, Json& out, DiagnosticList& problems,
                                  std::string_view name = "answer") {
  out = nullptr;
  json_detail::Reader<Json> reader(out, problems, name);
  if (Json::sax_parse(text, &reader)) return true;
  out = nullptr;
  return false;
}

}  // namespace psdl
