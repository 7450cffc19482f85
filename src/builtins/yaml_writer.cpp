// The block layout of go-yaml's third version, which yaml.marshal shows.
#include "builtins/yaml_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <utf8proc.h>

#include "builtins/runes.hpp"
#include "codec/yaml_scalars.hpp"
#include "value/number.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

enum class Style : std::uint8_t { Plain, Single, Double, Literal };

constexpr char32_t kNextLine = 0x85;
constexpr char32_t kByteOrderMark = 0xFEFF;

bool is_break(char32_t rune) { return rune == '\r' || rune == '\n' || rune == kNextLine || rune == 0x2028 || rune == 0x2029; }
bool is_blank(char32_t rune) { return rune == ' ' || rune == '\t'; }

// What may stand in a text without an escape: nothing beyond the first plane, as go-yaml has it.
bool is_printable(char32_t rune) {
  if (rune < 0x80) return rune == '\n' || (rune >= 0x20 && rune <= 0x7E);
  return rune >= 0xA0 && rune <= 0xFFFD && rune != kByteOrderMark;
}

// --- which style a text can have

struct Analysis {
  bool is_multiline = false;
  bool may_be_plain = true;
  bool may_be_plain_in_flow = true;
  bool may_be_single = true;
  bool may_be_block = true;
};

// Whether a character at this place means something to YAML in block context.
bool is_indicator(char32_t rune, bool is_first, bool after_blank, bool before_blank) {
  constexpr std::string_view kAlwaysFirst = "#,[]{}&*!|>'\"%@`";
  if (is_first) {
    if (rune < 0x80 && kAlwaysFirst.find(static_cast<char>(rune)) != std::string_view::npos) return true;
    return (rune == '?' || rune == ':' || rune == '-') && before_blank;
  }
  return (rune == ':' && before_blank) || (rune == '#' && after_blank);
}

// The same between brackets and braces.
bool is_flow_indicator(char32_t rune, bool is_first) {
  return rune == ':' || rune == '?' || (!is_first && rune < 0x80 && std::string_view(",[]{}").find(static_cast<char>(rune)) != std::string_view::npos);
}

Analysis analyze(std::string_view text) {
  if (text.empty()) return {false, true, false, true, false};
  bool has_indicator = text.starts_with("---") || text.starts_with("...");
  bool has_flow_indicator = false;
  bool has_tab = false;
  bool has_special = false;
  bool has_edge = false;  // a blank or break at either end
  bool ends_in_space = false;
  bool has_break_space = false;
  bool has_space_break = false;
  bool has_break = false;
  bool after_space = false;
  bool after_break = false;
  bool after_blank = true;
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = decode_rune(text, at);
    const std::size_t next = at + rune.size;
    const bool is_last = next >= text.size();
    const bool before_blank = is_last || is_blank(static_cast<unsigned char>(text[next]));
    has_indicator = has_indicator || is_indicator(rune.value, at == 0, after_blank, before_blank);
    has_flow_indicator = has_flow_indicator || is_flow_indicator(rune.value, at == 0);
    if (rune.value == '\t') {
      has_tab = true;
    } else if (!is_printable(rune.value)) {
      has_special = true;
    }
    const bool is_space = rune.value == ' ';
    const bool breaks = is_break(rune.value);
    if (is_space || breaks) {
      has_edge = has_edge || at == 0 || is_last;
      ends_in_space = ends_in_space || (is_space && is_last);
      has_break_space = has_break_space || (is_space && after_break);
      has_space_break = has_space_break || (breaks && after_space);
      has_break = has_break || breaks;
    }
    after_space = is_space;
    after_break = breaks;
    after_blank = is_blank(rune.value) || breaks || rune.value == 0;
    at = next;
  }
  Analysis analysis;
  analysis.is_multiline = has_break;
  analysis.may_be_single = !(has_break_space || has_space_break || has_tab || has_special);
  analysis.may_be_plain = analysis.may_be_single && !has_edge && !has_break && !has_indicator;
  analysis.may_be_plain_in_flow = analysis.may_be_plain && !has_flow_indicator;
  analysis.may_be_block = !(ends_in_space || has_space_break || has_special);
  return analysis;
}

// 1:30, 12:30:45.5: a number to older readers, so it is written in quotes.
bool is_base_60(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  const auto digits = [&](std::string_view set) { return std::min(text.find_first_not_of(set), text.size()); };
  if (text.empty() || text[0] < '0' || text[0] > '9') return false;
  text.remove_prefix(digits("0123456789_"));
  if (!text.starts_with(':')) return false;
  while (text.starts_with(':')) {
    text.remove_prefix(1);
    const std::size_t size = digits("0123456789");
    if (size == 0 || size > 2 || (size == 2 && text[0] > '5')) return false;
    text.remove_prefix(size);
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    text.remove_prefix(digits("0123456789_"));
  }
  return text.empty();
}

bool is_old_boolean(std::string_view text) {
  constexpr std::string_view words[] = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"};
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

// Whether the text without quotes would be read as this text.
bool reads_back(std::string_view text) {
  bool is_too_big = false;
  const codec::Scalar scalar = codec::resolve_plain(text, ScalarTable::Opa, is_too_big);
  if (scalar.kind != codec::Scalar::Kind::Text && scalar.kind != codec::Scalar::Kind::Merge) return false;
  std::string timestamp;
  return !codec::parse_timestamp(text, timestamp) && !is_base_60(text) && !is_old_boolean(text);
}

// --- the order of keys

// Letters after what is no letter, runs of digits by their number, all else by code point.
bool comes_before(std::string_view left, std::string_view right) {
  const auto category = [](char32_t rune) { return utf8proc_category(static_cast<utf8proc_int32_t>(rune)); };
  const auto is_letter = [&](char32_t rune) {
    const utf8proc_category_t found = category(rune);
    return found == UTF8PROC_CATEGORY_LU || found == UTF8PROC_CATEGORY_LL || found == UTF8PROC_CATEGORY_LT || found == UTF8PROC_CATEGORY_LM ||
           found == UTF8PROC_CATEGORY_LO;
  };
  const auto is_digit = [&](char32_t rune) { return category(rune) == UTF8PROC_CATEGORY_ND; };
  std::size_t at = 0;  // both texts are equal up to here, so that one place serves both
  bool after_digit = false;
  bool after_number = false;  // the digits just before `at` hold one that is not 0
  while (at < left.size() && at < right.size()) {
    const Rune a = decode_rune(left, at);
    const Rune b = decode_rune(right, at);
    if (a.value == b.value && a.size == b.size) {
      after_digit = is_digit(a.value);
      after_number = after_digit && (after_number || a.value != '0');
      at += a.size;
      continue;
    }
    const bool a_is_letter = is_letter(a.value);
    const bool b_is_letter = is_letter(b.value);
    if (a_is_letter && b_is_letter) return a.value < b.value;
    if (a_is_letter || b_is_letter) return after_digit ? a_is_letter : b_is_letter;
    // A 0 after the beginning of a number is one of its digits; leading zeros count for nothing.
    const std::int64_t start = (a.value == '0' || b.value == '0') && after_number ? 1 : 0;
    const auto number = [&](std::string_view text, std::size_t& digits) {
      std::uint64_t value = static_cast<std::uint64_t>(start);
      std::size_t place = at;
      for (digits = 0; place < text.size(); ++digits) {
        const Rune rune = decode_rune(text, place);
        if (!is_digit(rune.value)) break;
        value = value * 10 + (static_cast<std::uint64_t>(rune.value) - '0');
        place += rune.size;
      }
      return static_cast<std::int64_t>(value);
    };
    std::size_t a_digits = 0;
    std::size_t b_digits = 0;
    const std::int64_t a_number = number(left, a_digits);
    const std::int64_t b_number = number(right, b_digits);
    if (a_number != b_number) return a_number < b_number;
    if (a_digits != b_digits) return a_digits < b_digits;
    return a.value < b.value;
  }
  return left.size() < right.size();
}

// --- numbers

// Go's FormatFloat(number, 'g', -1, 64): the shortest digits, with an exponent below 1e-4 and from 1e+06 on.
std::string format_float(double number) {
  std::array<char, 40> buffer{};
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific);
  const std::string_view scientific(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::string_view power = scientific.substr(scientific.find('e') + 1);
  int exponent = 0;
  std::from_chars(power.data() + (power[0] == '+' ? 1 : 0), power.data() + power.size(), exponent);
  if (exponent >= -4 && exponent < 6) end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
  return {buffer.data(), end.ptr};
}

// --- the writer

class YamlWriter {
 public:
  YamlWriter(std::string& out, std::uint32_t max_depth, std::size_t most, const YamlLayout& layout)
      : out_(&out), max_depth_(max_depth), most_(most), layout_(layout) {}

  YamlProblem document(const Value& value) {
    write_value(value, false);
    indent_ = 0;
    write_indent();
    return problem_;
  }

  YamlProblem member(const Value& value, int indent) {
    indent_ = indent;
    context_ = Context::Pair;
    column_ = indent + 1;  // behind the colon, wherever that is
    after_blank_ = false;
    at_indention_ = false;
    write_value(value, false);
    indent_ = 0;
    write_indent();
    return problem_;
  }

  YamlProblem flow(const Value& value) {
    is_flow_ = true;
    write_value(value, false);
    return problem_;
  }

 private:
  // What a value is part of.
  enum class Context : std::uint8_t { Root, Item, Pair };

  static constexpr std::string_view kDigits = "0123456789";
  static constexpr std::size_t kLongestSimpleKey = 128;
  static constexpr std::size_t kLongestReadKey = 1024;  // as JSON, with quotes; an escape has six characters at most

  struct Pair {
    std::string_view key;
    const Value* value;
  };

  // --- characters and places

  void put(char c) {
    out_->push_back(c);
    ++column_;
  }
  void put_text(std::string_view text) {
    *out_ += text;
    column_ += static_cast<int>(text.size());  // bytes do as well as characters: only 0 and small columns are compared
  }
  void put_break() {
    out_->push_back('\n');
    column_ = 0;
    at_indention_ = true;
  }
  // A break character of the text itself; one that is no line feed is written as it is.
  void put_break_of(std::string_view bytes) {
    if (bytes == "\n") return put_break();
    *out_ += bytes;
    column_ = 0;
    at_indention_ = true;
  }
  // Begins a line at the present indention, unless that is where we are.
  void write_indent() {
    if (!at_indention_ || column_ > indent_ || (column_ == indent_ && !after_blank_)) put_break();
    while (column_ < indent_) put(' ');
    after_blank_ = true;
  }
  void write_indicator(std::string_view text, bool needs_blank, bool keeps_indention) {
    if (needs_blank && !after_blank_) put(' ');
    put_text(text);
    after_blank_ = false;
    at_indention_ = at_indention_ && keeps_indention;
  }

  // --- collections

  void write_value(const Value& value, bool is_key) {
    // Indention makes the text longer than any count of the value's parts tells.
    if (problem_ == YamlProblem::None && out_->size() > most_) problem_ = YamlProblem::TooLong;
    if (problem_ != YamlProblem::None) return;
    switch (value.kind()) {
      case Kind::Undefined:
      case Kind::Null:
        return write_plain("null");
      case Kind::Boolean:
        return write_plain(value.is_true() ? "true" : "false");
      case Kind::Number:
        return write_number(value);
      case Kind::String:
        return write_text(value.as_string(), is_key);
      case Kind::Array:
        return write_items(value.as_array());
      case Kind::Set:
        return write_items(value.as_set().items());
      case Kind::Object:
        return write_pairs(value.as_object());
    }
  }

  // Within an item the first level stands behind its `- `, all others at the next multiple of the step.
  [[nodiscard]] int deeper() const {
    if (context_ == Context::Item && !layout_.has_flat_items) return indent_ + 2;
    return layout_.has_flat_items ? indent_ + layout_.step : layout_.step * ((indent_ + layout_.step) / layout_.step);
  }

  bool enter(bool is_list) {
    if (++depth_ > max_depth_) problem_ = YamlProblem::TooDeep;
    indents_.push_back(indent_);
    const bool is_flat = layout_.has_flat_items && is_list && context_ == Context::Pair;
    if (indent_ < 0) {
      indent_ = 0;
    } else if (!is_flat) {
      indent_ = deeper();
    }
    return problem_ == YamlProblem::None;
  }
  void leave() {
    --depth_;
    indent_ = indents_.back();
    indents_.pop_back();
  }

  void write_items(std::span<const Value> items) {
    if (items.empty()) return write_indicator("[]", true, false);
    if (is_flow_) return write_flow_items(items);
    if (enter(true)) {
      for (const Value& item : items) {
        if (problem_ != YamlProblem::None) break;
        write_indent();
        write_indicator("-", true, true);
        context_ = Context::Item;
        write_value(item, false);
      }
    }
    leave();
  }

  void open_flow(std::string_view bracket) {
    if (++depth_ > max_depth_) problem_ = YamlProblem::TooDeep;
    write_indicator(bracket, true, false);
    after_blank_ = true;
  }

  void close_flow(std::string_view bracket) {
    write_indicator(bracket, false, false);
    --depth_;
  }

  void write_flow_items(std::span<const Value> items) {
    open_flow("[");
    bool is_first = true;
    for (const Value& item : items) {
      if (problem_ != YamlProblem::None) break;
      if (!is_first) write_indicator(",", false, false);
      is_first = false;
      write_value(item, false);
    }
    close_flow("]");
  }

  void write_flow_pairs(const Object& object) {
    std::vector<std::string> texts;
    open_flow("{");
    bool is_first = true;
    for (const Pair& pair : sorted_pairs(object, texts)) {
      if (problem_ != YamlProblem::None) break;
      if (!is_first) write_indicator(",", false, false);
      is_first = false;
      write_key(pair.key);
      write_value(*pair.value, false);
    }
    close_flow("}");
  }

  // Of pairs with one text the last stays, in the place of the first.
  static void keep_last(std::vector<Pair>& pairs) {
    std::unordered_map<std::string_view, std::size_t> places;
    std::size_t kept = 0;
    for (const Pair& pair : pairs) {
      const auto [at, is_new] = places.try_emplace(pair.key, kept);
      if (is_new) ++kept;
      pairs[at->second] = pair;
    }
    pairs.resize(kept);
  }

  // Keys that are no strings are the JSON text of themselves; of two keys with one text the last wins.
  std::vector<Pair> sorted_pairs(const Object& object, std::vector<std::string>& texts) {
    std::vector<Pair> pairs;
    texts.reserve(object.size());
    for (std::uint32_t at = 0; at < object.size(); ++at) {
      const Value& key = object.keys()[at];
      std::string_view text;
      if (key.is_string()) {
        text = key.as_string();
      } else {
        texts.push_back(to_json(key, {.html_safe = true}));
        text = texts.back();
      }
      pairs.push_back({text, &object.values()[at]});
    }
    if (!texts.empty()) keep_last(pairs);
    std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& left, const Pair& right) { return comes_before(left.key, right.key); });
    return pairs;
  }

  void write_pairs(const Object& object) {
    if (object.size() == 0) return write_indicator("{}", true, false);
    if (is_flow_) return write_flow_pairs(object);
    std::vector<std::string> texts;
    if (enter(false)) {
      for (const Pair& pair : sorted_pairs(object, texts)) {
        if (problem_ != YamlProblem::None) break;
        write_indent();
        context_ = Context::Pair;
        write_key(pair.key);
        write_value(*pair.value, false);
      }
    }
    leave();
  }

  // A key that has more than one line or is long stands after a `?`, its value after a `:` on a line of its own.
  void write_key(std::string_view key) {
    if (key.size() > kLongestReadKey / 6) {
      std::string quoted;
      append_json_string(quoted, key, true);
      if (count_runes(quoted) > kLongestReadKey) {
        problem_ = YamlProblem::LongKey;
        return;
      }
    }
    const bool is_simple = key.size() <= kLongestSimpleKey && !analyze(key).is_multiline;
    if (is_simple) {
      write_text(key, true);
      write_indicator(":", false, false);
      return;
    }
    write_indicator("?", true, true);
    write_text(key, false);
    write_indent();
    write_indicator(":", true, true);
  }

  // --- scalars

  void write_number(const Value& number) {
    NumberBuffer buffer;
    const std::string_view text = number_text(number, buffer);
    bool is_too_big = false;
    const codec::Scalar scalar = codec::resolve_plain(text, ScalarTable::Opa, is_too_big);
    switch (scalar.kind) {
      case codec::Scalar::Kind::Int:
        return write_plain(layout_.has_doubles ? format_float(static_cast<double>(scalar.integer)) : fmt::format("{}", scalar.integer));
      case codec::Scalar::Kind::Unsigned:
        return write_plain(layout_.has_doubles ? format_float(static_cast<double>(scalar.unsigned_integer)) : fmt::format("{}", scalar.unsigned_integer));
      case codec::Scalar::Kind::Float:
        return write_plain(format_float(scalar.number));
      case codec::Scalar::Kind::Null:
      case codec::Scalar::Kind::Bool:
      case codec::Scalar::Kind::Infinity:
      case codec::Scalar::Kind::NegativeInfinity:
      case codec::Scalar::Kind::NotANumber:
      case codec::Scalar::Kind::Text:
      case codec::Scalar::Kind::Merge:
      case codec::Scalar::Kind::Timestamp:
        return write_text(text, false);
    }
  }

  Style style_of(std::string_view text, bool is_key) const {
    const Analysis analysis = analyze(text);
    Style style = Style::Double;
    if (text.find('\n') != std::string_view::npos) {
      style = Style::Literal;
    } else if (reads_back(text)) {
      style = Style::Plain;
    }
    if (is_key && analysis.is_multiline) style = Style::Double;
    const bool may_be_plain = is_flow_ ? analysis.may_be_plain_in_flow : analysis.may_be_plain;
    if (style == Style::Plain && (!may_be_plain || (text.empty() && is_key))) style = Style::Single;
    if (style == Style::Single && !analysis.may_be_single) style = Style::Double;
    if (style == Style::Literal && (!analysis.may_be_block || is_key || is_flow_)) style = Style::Double;
    return style;
  }

  // Bytes that are no UTF-8 are U+FFFD by now, as the text went through JSON.
  static std::string cleaned(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
      const Rune rune = decode_rune(text, at);
      char bytes[4];
      out.append(bytes, encode_rune(bytes, rune.value));
      at += rune.size;
    }
    return out;
  }

  void write_text(std::string_view given, bool is_key) {
    std::string clean;
    std::string_view text = given;
    if (!is_ascii(given)) {
      clean = cleaned(given);
      text = clean;
    }
    for (std::size_t at = 0; at < text.size();) {
      const Rune rune = decode_rune(text, at);
      const bool is_c1 = rune.value >= 0x7F && rune.value < 0xA0 && rune.value != kNextLine;
      if (is_c1 || rune.value == 0xFFFE || rune.value == 0xFFFF) {
        problem_ = YamlProblem::Control;
        return;
      }
      at += rune.size;
    }
    const Style style = style_of(text, is_key);
    indents_.push_back(indent_);
    indent_ = indent_ < 0 ? layout_.step : deeper();
    switch (style) {
      case Style::Plain:
        write_plain(text, is_key);
        break;
      case Style::Single:
        write_single(text, is_key);
        break;
      case Style::Double:
        write_double(text, is_key);
        break;
      case Style::Literal:
        write_literal(text);
        break;
    }
    indent_ = indents_.back();
    indents_.pop_back();
  }

  // Whether the line is long enough to be broken at the blank that stands at `at`.
  bool breaks_at(std::string_view text, std::size_t at, bool is_key) const {
    if (layout_.width <= 0 || column_ <= layout_.width || is_key || text[at] != ' ') return false;
    const bool after_space = at > 0 && text[at - 1] == ' ';
    return !after_space;
  }
  static bool has_space_at(std::string_view text, std::size_t at) { return at < text.size() && text[at] == ' '; }

  void write_plain(std::string_view text, bool is_key = true) {
    if (!text.empty() && !after_blank_) put(' ');
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (breaks_at(text, at, is_key) && !has_space_at(text, at + 1)) {
        write_indent();
      } else {
        put(text[at]);
        at_indention_ = false;
        after_blank_ = false;
      }
    }
    if (!text.empty()) after_blank_ = false;
    at_indention_ = false;
  }

  // Breaks here are those that are no line feed: with one the text would be a block.
  void write_single(std::string_view text, bool is_key) {
    write_indicator("'", true, false);
    bool after_break = false;
    for (std::size_t at = 0; at < text.size();) {
      const Rune rune = decode_rune(text, at);
      if (is_break(rune.value)) {
        put_break_of(text.substr(at, rune.size));
        after_break = true;
      } else if (at > 0 && at + 1 < text.size() && breaks_at(text, at, is_key) && !has_space_at(text, at + 1)) {
        write_indent();
      } else {
        if (after_break) write_indent();
        if (rune.value == '\'') put('\'');
        put_text(text.substr(at, rune.size));
        at_indention_ = false;
        after_break = false;
      }
      at += rune.size;
    }
    write_indicator("'", false, false);
  }

  void put_escape(char32_t rune) {
    constexpr std::pair<char32_t, char> names[] = {{0x00, '0'}, {0x07, 'a'}, {0x08, 'b'},  {0x09, 't'},  {0x0A, 'n'}, {0x0B, 'v'},   {0x0C, 'f'},  {0x0D, 'r'},
                                                   {0x1B, 'e'}, {'"', '"'},  {'\\', '\\'}, {0x85, 'N'}, {0xA0, '_'}, {0x2028, 'L'}, {0x2029, 'P'}};
    put('\\');
    for (const auto& [known, name] : names) {
      if (known == rune) return put(name);
    }
    const auto number = static_cast<std::uint32_t>(rune);
    put_text(number <= 0xFF ? fmt::format("x{:02X}", number) : (number <= 0xFFFF ? fmt::format("u{:04X}", number) : fmt::format("U{:08X}", number)));
  }

  void write_double(std::string_view text, bool is_key) {
    // go-yaml looks for the mark at the beginning whenever it asks, so a text that begins with one is escaped throughout.
    const bool escapes_all = text.starts_with("\xEF\xBB\xBF");
    write_indicator("\"", true, false);
    for (std::size_t at = 0; at < text.size();) {
      const Rune rune = decode_rune(text, at);
      if (escapes_all || !is_printable(rune.value) || is_break(rune.value) || rune.value == '"' || rune.value == '\\') {
        put_escape(rune.value);
      } else if (at > 0 && at + 1 < text.size() && breaks_at(text, at, is_key)) {
        write_indent();
        if (has_space_at(text, at + 1)) put('\\');
      } else {
        put_text(text.substr(at, rune.size));
      }
      at += rune.size;
    }
    write_indicator("\"", false, false);
  }

  // `|`, the indention where the text begins with a blank or a break, `-` for no final break, `+` for several.
  void write_literal(std::string_view text) {
    write_indicator("|", true, false);
    const Rune first = decode_rune(text, 0);
    if (first.value == ' ' || is_break(first.value)) write_indicator(kDigits.substr(static_cast<std::size_t>(layout_.step), 1), false, false);
    std::size_t breaks = 0;
    std::size_t end = text.size();
    while (breaks < 2 && end > 0) {
      std::size_t begin = end - 1;
      while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) --begin;
      if (!is_break(decode_rune(text, begin).value)) break;
      ++breaks;
      end = begin;
    }
    if (breaks == 0) {
      write_indicator("-", false, false);
    } else if (breaks == 2 || end == 0) {
      write_indicator("+", false, false);
    }
    put_break();
    after_blank_ = true;
    bool after_break = true;
    for (std::size_t at = 0; at < text.size();) {
      const Rune rune = decode_rune(text, at);
      if (is_break(rune.value)) {
        put_break_of(text.substr(at, rune.size));
        after_break = true;
      } else {
        if (after_break) write_indent();
        put_text(text.substr(at, rune.size));
        at_indention_ = false;
        after_break = false;
      }
      at += rune.size;
    }
  }

  std::string* out_;
  std::uint32_t max_depth_;
  std::size_t most_;
  YamlLayout layout_;
  bool is_flow_ = false;
  Context context_ = Context::Root;
  std::uint32_t depth_ = 0;
  YamlProblem problem_ = YamlProblem::None;
  int column_ = 0;
  int indent_ = -1;
  bool after_blank_ = true;
  bool at_indention_ = true;
  std::vector<int> indents_;
};

}  // namespace

YamlProblem append_yaml(std::string& out, const Value& value, std::uint32_t max_depth, std::size_t most, const YamlLayout& layout) {
  return YamlWriter(out, max_depth, most, layout).document(value);
}

YamlProblem append_yaml_member(std::string& out, const Value& value, int indent, std::uint32_t max_depth, const YamlLayout& layout) {
  return YamlWriter(out, max_depth, SIZE_MAX, layout).member(value, indent);
}

YamlProblem append_yaml_flow(std::string& out, const Value& value, std::uint32_t max_depth, const YamlLayout& layout) {
  return YamlWriter(out, max_depth, SIZE_MAX, layout).flow(value);
}

}  // namespace psdl
