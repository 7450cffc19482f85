// The words of go-yaml v2 and v3, made from our errors and a second look at the text.
#include "gatekeeper/go_yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "codec/go_json.hpp"
#include "codec/reader.hpp"
#include "codec/yaml_tree.hpp"
#include "gatekeeper/field_error.hpp"
#include "value/number.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

ReadRules rules_of(Reading reading) {
  return reading == Reading::Test ? ReadRules::gator_test() : ReadRules::gator_verify();
}

// Of `text`, which counts its own lines.
Result<Document, ReadError> read_again(std::string_view text, Reading reading) {
  ReadOptions options;
  options.rules = rules_of(reading);
  Reader reader;
  return reader.read(text, Format::Yaml, options);
}

std::string_view line_at(std::string_view text, std::uint32_t line) {
  for (; line > 1; --line) text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  return text.substr(0, text.find('\n'));
}

std::string go_duplicate(std::string_view text, const ReadError& error) {
  const std::size_t begin = std::min<std::size_t>(error.range.begin.offset, text.size());
  const std::size_t end =
      std::min<std::size_t>(std::max(error.range.begin.offset, error.range.end.offset), text.size());
  std::string_view key = text.substr(begin, end - begin);
  if (key.size() >= 2 && (key.front() == '"' || key.front() == '\'') && key.back() == key.front())
    key = key.substr(1, key.size() - 2);
  const std::uint32_t first = error.notes.empty() ? 0 : error.notes.front().range.begin.line;
  return fmt::format("yaml: unmarshal errors:\n  line {}: mapping key {} already defined at line {}",
                     error.range.begin.line, go_quote(key), first);
}

// A key or a value as Go prints it with %#v.
std::string go_syntax(const Value& value) {
  if (value.is_null()) return "<nil>";
  if (value.is_string()) return go_quote(value.as_string());
  if (value.is_array()) {
    std::string items;
    for (const Value& item : value.as_array()) items.append(items.empty() ? "" : ", ").append(go_syntax(item));
    return fmt::format("[]interface {{}}{{{}}}", items);
  }
  if (!value.is_object()) return to_json(value);
  std::string members;
  const psdl::Object& object = value.as_object();
  for (std::uint32_t i = 0; i < object.size(); ++i)
    members.append(members.empty() ? "" : ", ")
        .append(go_syntax(object.keys()[i]))
        .append(":")
        .append(go_syntax(object.values()[i]));
  return fmt::format("map[interface {{}}]interface {{}}{{{}}}", members);
}

std::string go_syntax(std::string_view word) {
  Arena arena;
  const Limits limits;
  const Result<Value> value = read_value_yaml(arena, word, ReadRules::gator_test(), limits);
  return value ? go_syntax(*value) : go_quote(word);
}

// `null: 1` has no text to be a key, and `{[a]: 1}` no key that Go has.
std::string go_bad_key(std::string_view text, const ReadError& error, Reading reading) {
  const std::size_t begin = std::min<std::size_t>(error.range.begin.offset, text.size());
  const std::size_t end =
      std::min<std::size_t>(std::max(error.range.begin.offset, error.range.end.offset), text.size());
  const std::string_view key = text.substr(begin, end - begin);
  if (key.starts_with('[') || key.starts_with('{')) return "yaml: invalid map key: " + go_syntax(key);
  if (reading != Reading::Test) return "json: unsupported type: map[interface {}]interface {}";
  const std::string_view line = line_at(text, error.range.begin.line);
  const std::size_t from = std::min<std::size_t>(error.range.begin.column - 1, line.size());
  const std::size_t colon = line.find(':', from);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  value = value.substr(0, value.find_first_of(",}"));
  return fmt::format("unsupported map key of type: %!s(<nil>), key: <nil>, value: {}", go_syntax(value));
}

// go-yaml v3 counts from where what is broken begins, v2 from where it broke; both are one line short where the parser,
// not the scanner, found it.
std::string with_line_of_v2(const std::string& message, const ReadError& error) {
  constexpr std::string_view kLine = "yaml: line ";
  std::uint32_t line = 0;
  std::string_view problem =
      std::string_view(message).substr(std::min<std::size_t>(std::string_view("yaml: ").size(), message.size()));
  if (message.starts_with(kLine)) {
    const char* first = message.data() + kLine.size();
    const char* last = std::from_chars(first, message.data() + message.size(), line).ptr;
    problem = std::string_view(last + 2, static_cast<std::size_t>(message.data() + message.size() - last - 2));
  }
  const std::uint32_t broken = error.range.begin.line - 1;
  const std::uint32_t begun = error.notes.empty() ? 0 : error.notes.front().range.begin.line - 1;
  const std::uint32_t counted = begun != 0 ? begun : broken;
  const bool is_scanner = line != 0 ? line > counted : error.message.find(" while scanning") != std::string::npos;
  const std::uint32_t shown = broken != 0 ? broken + (is_scanner ? 1 : 0) : begun;
  return shown == 0 ? fmt::format("yaml: {}", problem) : fmt::format("{}{}: {}", kLine, shown, problem);
}

// `%YAML 1.2`: a version that Go's readers do not take.
bool has_other_version(std::string_view text) {
  constexpr std::string_view kDirective = "%YAML ";
  return text.starts_with(kDirective) && !text.substr(kDirective.size()).starts_with("1.1");
}

// Keys that a reader of YAML might take for something other than text.
bool is_suspicious(std::string_view key) {
  if (key.empty()) return false;
  const char first = key.front();
  if ((first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.') return true;
  std::string lower(key.substr(0, 6));
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower == "true" || lower == "false" || lower == "null" || lower == "~";
}

bool has_suspicious_key(const Value& value) {
  if (value.is_array()) return std::any_of(value.as_array().begin(), value.as_array().end(), has_suspicious_key);
  if (!value.is_object()) return false;
  const psdl::Object& object = value.as_object();
  return std::any_of(object.keys().begin(), object.keys().end(),
                     [](const Value& key) { return is_suspicious(key.as_string()); }) ||
         std::any_of(object.values().begin(), object.values().end(), has_suspicious_key);
}

// The value whose node begins at `byte`.
std::uint32_t origin_at(const Document& document, std::uint32_t byte) {
  for (std::uint32_t i = 0; i < document.node_count(); ++i) {
    if (document.node_start(document.first_origin() + i) == byte) return document.first_origin() + i;
  }
  return document.first_origin();
}

// go-yaml's words for bytes that are no UTF-8. Under Test it is given whole lines.
std::string_view go_bad_encoding(std::string_view text, std::size_t at, Reading reading) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(at);
  const std::size_t width = lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
  if (width == 0) return "yaml: invalid leading UTF-8 octet";
  if (at + width > text.size() && reading != Reading::Test) return "yaml: incomplete UTF-8 octet sequence";
  std::uint32_t code = lead & (0xFFU >> (width + 1));
  for (std::size_t i = 1; i < width; ++i) {
    if (at + i == text.size() || (byte(at + i) & 0xC0U) != 0x80U) return "yaml: invalid trailing UTF-8 octet";
    code = (code << 6U) | (byte(at + i) & 0x3FU);
  }
  const std::uint32_t least = width == 2 ? 0x80 : width == 3 ? 0x800 : 0x10000;
  return code < least ? "yaml: invalid length of a UTF-8 sequence" : "yaml: invalid Unicode character";
}

}  // namespace

std::string go_yaml_error(std::string_view text, const ReadError& error, Reading reading) {
  const Result<Document, ReadError> again = read_again(text, reading);
  const ReadError& shown = again ? error : again.error();
  if (!again && shown.code == "duplicate_key") return go_duplicate(text, shown);
  if (!again && shown.code == "bad_key") return go_bad_key(text, shown, reading);
  if (!again && shown.code == "bad_encoding" && shown.message.ends_with("is not UTF-8"))
    return std::string(go_bad_encoding(text, shown.range.begin.offset, reading));
  if (has_other_version(text)) return "yaml: found incompatible YAML document";
  Arena arena;
  const Limits limits;
  const Result<Value> value = read_value_yaml(arena, text, rules_of(reading), limits);
  if (value) return "yaml: " + error.message;
  const bool is_syntax = reading == Reading::Test && !again && shown.code == "yaml_syntax";
  return is_syntax ? with_line_of_v2(value.error().message, shown) : value.error().message;
}

std::string go_json_stream_error(std::string_view text, const ReadError& error) {
  const std::string message = codec::go_json_error(text);
  if (message.empty() || message == "unexpected end of JSON input" || message == "unexpected EOF")
    return "unexpected EOF";
  return fmt::format("json: offset {}: {}", error.range.begin.offset + 1, message);
}

std::string go_not_a_map(std::string_view text, const Value& root) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(first, text.size())), '\n');
  std::string_view tag = "!!str";
  std::string shown;
  if (root.is_array()) {
    tag = "!!seq";
  } else {
    if (root.is_boolean()) tag = "!!bool";
    if (root.is_number()) tag = is_integral(root) ? "!!int" : "!!float";
    const std::string value = root.is_string() ? std::string(root.as_string()) : to_json(root);
    constexpr std::size_t kLong = 10;
    shown = value.size() > kLong ? fmt::format(" `{}...`", value.substr(0, 7)) : fmt::format(" `{}`", value);
  }
  return fmt::format("yaml: unmarshal errors:\n  line {}: cannot unmarshal {}{} into map[string]interface {{}}", line,
                     tag, shown);
}

std::uint32_t key_that_is_no_text(const Object& object) {
  const Document& document = object.document();
  if (!has_suspicious_key(document.root())) return 0;
  Arena arena;
  const Limits limits;
  const codec::ReadContext context{arena, document.rules(), limits, nullptr, document.first_origin()};
  const std::string_view text = document.text();
  const bool is_ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  codec::YamlTree tree;
  codec::RawError error;
  if (!codec::parse_yaml(context, text, is_ascii, tree, error)) return 0;
  for (std::uint32_t map = 1; map < tree.nodes.size(); ++map) {
    if (tree.nodes[map].kind != codec::NodeKind::Map) continue;
    for (std::uint32_t key = map + 1; key < tree.nodes[map].next;) {
      const codec::YamlNode& node = tree.nodes[codec::resolve_alias(tree, key)];
      const std::uint32_t value = tree.nodes[key].next;
      bool is_too_big = false;
      const codec::Scalar::Kind kind = codec::resolve_plain(node.as_text(), document.rules().scalars, is_too_big).kind;
      const bool is_text =
          codec::is_text_scalar(node) || kind == codec::Scalar::Kind::Text || kind == codec::Scalar::Kind::Merge;
      if (!is_text) return origin_at(document, tree.nodes[value].begin);
      key = tree.nodes[value].next;
    }
  }
  return 0;
}

}  // namespace psdl::gatekeeper
