// Values as text in the manner of what stands around them. In: a value and a style; out: flow text, appended.
#pragma once

#include <string>
#include <string_view>

#include "value/value.hpp"

namespace psdl::fix {

// kBare: without quotes where YAML reads the text as that text, else in double ones.
inline constexpr char kBare = '\0';

struct Style {
  bool is_json = false;
  std::string colon = ": ";  // between a key and its value
  std::string comma = ", ";  // between entries that share a line
  char key_quote = kBare;
  char text_quote = kBare;  // of texts in maps ..
  char item_quote = '"';    // .. and in lists
  // JSON with an entry a line.
  bool is_on_lines = false;
  std::string_view newline = "\n";
  std::string indent;       // of the entry that is being written
  std::string unit = "  ";  // what each level adds to it
};

void append_text(std::string& out, std::string_view text, char quote, const Style& style);
void append_key(std::string& out, std::string_view key, const Style& style);
// Maps as `{a: b}`, lists as `[a, b]`; `quote` is that of a text which is no part of either.
void append_flow(std::string& out, const Value& value, char quote, const Style& style);

}  // namespace psdl::fix
