// What an unquoted YAML scalar means. In: its text, its tag and the table; out: null, a truth, a number or text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/read_rules.hpp"

namespace psdl::codec {

// The tags that YAML itself defines; Other is every tag that a user made up.
enum class YamlTag : std::uint8_t {
  None,
  Null,
  Bool,
  Int,
  Float,
  Str,
  Map,
  Seq,
  Timestamp,
  Binary,
  Merge,
  Set,
  Omap,
  Other
};
[[nodiscard]] YamlTag yaml_tag(std::string_view tag);

struct Scalar {
  enum class Kind : std::uint8_t {
    Null,
    Bool,
    Int,
    Unsigned,
    Float,
    Infinity,
    NegativeInfinity,
    NotANumber,
    Text,
    Merge,
    Timestamp
  };
  Kind kind = Kind::Text;
  bool truth = false;
  std::int64_t integer = 0;            // Int
  std::uint64_t unsigned_integer = 0;  // Unsigned: beyond int64
  double number = 0;                   // Float
  // Float: the literal as JSON writes numbers (no sign +, no _, digits on both sides of the point); empty where it is
  // longer than this.
  char literal[80] = {};
  std::uint32_t literal_size = 0;
  [[nodiscard]] std::string_view literal_text() const { return {literal, literal_size}; }
};

// Resolves the text of a plain scalar; what looks like nothing else is Text. `is_too_big` tells of a number that a
// double cannot hold: go-yaml reads it as text.
[[nodiscard]] Scalar resolve_plain(std::string_view text, ScalarTable table, bool& is_too_big);

// Go's strconv.FormatFloat(number, 'g', -1, 32): how Kubernetes turns a key that is a float into text.
[[nodiscard]] std::string format_float_key(double number);

// Go's encoding/json for a float64.
[[nodiscard]] std::string format_json_double(double number);

// Whether the text is a date or a time by go-yaml's four formats; `rfc3339` is what Go's encoder makes of it.
[[nodiscard]] bool parse_timestamp(std::string_view text, std::string& rfc3339);

}  // namespace psdl::codec
