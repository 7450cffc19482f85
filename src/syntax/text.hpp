// Characters of policy text. In: UTF-8; out: code points, unescaped strings, OPA's rows and columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.hpp"

namespace psdl::text {

struct Decoded {
  char32_t rune = 0xFFFD;
  std::uint32_t size = 1;
  bool valid = false;
};

// The code point at an offset within the text. Bytes that are no UTF-8 are taken one by one.
[[nodiscard]] Decoded decode(std::string_view characters, std::size_t at);
void append_utf8(std::string& out, char32_t rune);
// Whether Unicode calls it a decimal digit (category Nd).
[[nodiscard]] bool is_decimal_digit(char32_t rune);

// The inside of a JSON string literal (without quotes), escapes resolved as Go's encoding/json does: lone surrogates become U+FFFD. False where
// JSON refuses it: a bad escape, a bare control character.
[[nodiscard]] bool unescape_json(std::string_view inside, std::string& out);

// Where OPA reports an error without a place: row and column 0.
inline constexpr std::uint32_t kNowhere = UINT32_MAX;

// OPA's row and column of an offset: columns count code points from 1; a line end belongs to column 0 of the line after it; the end of the
// text has the place of the last character.
[[nodiscard]] LineColumn opa_position(std::string_view characters, std::uint32_t offset);

// Rows of offsets, for many questions about one text.
class Lines {
 public:
  explicit Lines(std::string_view characters);
  // The row (from 1) that the offset is in, a line end counting to its own line.
  [[nodiscard]] std::uint32_t row(std::uint32_t offset) const;
  [[nodiscard]] bool starts_line(std::uint32_t offset) const;

 private:
  std::vector<std::uint32_t> starts_;
};

}  // namespace psdl::text
