// Values as YAML in the layout of yaml.marshal. In: a value; out: the text that OPA's YAML library makes of it.
#pragma once

#include <cstdint>
#include <string>

#include "value/value.hpp"

namespace psdl {

// What yaml.marshal could not write.
enum class YamlProblem : std::uint8_t {
  None,
  Control,  // a character that YAML has no plain bytes for (DEL, U+0080 to U+009F but U+0085, U+FFFE, U+FFFF), in a key or a text
  LongKey,  // a key of more than 1,024 characters as JSON
  TooDeep,  // more than `max_depth` collections inside each other
  TooLong   // the text has more than `most` bytes
};

// What the libraries that write YAML do differently.
struct YamlLayout {
  int step = 2;                 // blanks a level
  bool has_flat_items = false;  // the items of a list stand under their key, not further in
  int width = 0;                // texts without line breaks go on in a new line at the first blank behind this column; 0: never
  bool has_doubles = false;     // integers are written as the doubles that they are: 1e+06
};

// Two blanks a level, sequences indented under their key, keys in natural order ("a2" before "a10"), texts plain where they read back as the
// same text, in quotes or as `|` blocks otherwise. Numbers go through YAML's own reading: 1e3 is written as 1000, 1e6 as 1e+06.
[[nodiscard]] YamlProblem append_yaml(std::string& out, const Value& value, std::uint32_t max_depth, std::size_t most = SIZE_MAX,
                                      const YamlLayout& layout = {});
// A value as it stands behind `key:` of a map that is indented by `indent`: from the blank or line break behind the colon to that at its end.
[[nodiscard]] YamlProblem append_yaml_member(std::string& out, const Value& value, int indent, std::uint32_t max_depth, const YamlLayout& layout = {});
// A value on one line, in brackets and braces.
[[nodiscard]] YamlProblem append_yaml_flow(std::string& out, const Value& value, std::uint32_t max_depth, const YamlLayout& layout = {});

}  // namespace psdl
