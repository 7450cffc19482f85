// A piece of source text with its marks, in rustc's layout. In: places of one file; out: lines of text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/tools/report.hpp"

namespace psdl::report {

enum class Paint : std::uint8_t { None, Bold, Red, Yellow, Blue, Green, Cyan };
void append_painted(std::string& out, std::string_view text, Paint paint, const tools::TextStyle& style);

// An underlined range. Columns count code points from 1; an end before the start or on a later line means to the end of the line.
struct Mark {
  std::uint32_t line = 0;
  std::uint32_t column = 1;
  std::uint32_t end_column = 0;
  std::string label;
  bool is_primary = false;
  std::string_view line_text;
  std::uint32_t line_text_from = 1;
};

// `place` is "file:line:column", `remark` stands behind it (an object's name); both must be escaped already. Marks may be in any order.
// Returns the width of the gutter, for notes that follow.
std::size_t append_snippet(std::string& out, std::string_view place, std::string_view remark, std::vector<Mark> marks, Paint primary, const tools::TextStyle& style);
// "   = note: text"
void append_note(std::string& out, std::size_t gutter, std::string_view kind, std::string_view text, const tools::TextStyle& style);

}  // namespace psdl::report
