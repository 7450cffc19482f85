// Values as text. In: a value; out: JSON, or Rego's own notation, appended to a string.
#pragma once

#include <string>
#include <string_view>

#include "value/value.hpp"

namespace psdl {

// Compact JSON as OPA's json.marshal and its result sets have it: sets as arrays in term order, keys that are no strings as their compact JSON
// text, `<`, `>` and `&` escaped as \u003c only where html_safe (Go's default encoder, json.marshal).
struct JsonStyle {
  bool html_safe = false;
  // 0 is compact; otherwise newline and this many spaces a level.
  int indent = 0;
};
void append_json(std::string& out, const Value& value, JsonStyle style = {});
[[nodiscard]] std::string to_json(const Value& value, JsonStyle style = {});
void append_json_string(std::string& out, std::string_view text, bool html_safe = false);

// The same up to `most` bytes or a little more; false where the text is longer. A value may hold one collection many times over and so stand for a text
// without end: whoever writes what a policy made writes it with this.
[[nodiscard]] bool append_json_within(std::string& out, std::size_t most, const Value& value, JsonStyle style = {});

// Rego's notation, as OPA's Value.String(): {1, 2}, set(), {"a": 1}, strings quoted by Go's rules. What %v of a composite and messages print.
void append_rego(std::string& out, const Value& value);
[[nodiscard]] std::string to_rego(const Value& value);
[[nodiscard]] bool append_rego_within(std::string& out, std::size_t most, const Value& value);
// For messages: cut with "..." where it is longer than any reader would look at.
[[nodiscard]] std::string to_short_rego(const Value& value);
// Quotes as Go's strconv.Quote does.
void append_quoted(std::string& out, std::string_view text);

// "null", "boolean", "number", "string", "array", "object", "set".
[[nodiscard]] std::string_view kind_name(Kind kind);

}  // namespace psdl
