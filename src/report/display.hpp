// Text as a terminal shows it. In: UTF-8 from anywhere; out: cells with their width, everything dangerous as escapes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace psdl::report {

// One code point of a text: what is printed for it, and the columns that takes. Combining marks take none.
struct Cell {
  std::string shown;
  std::uint32_t width = 0;
};

// The first code point of a text that is not empty: how many bytes it has, and whether it must not be shown as it is. A
// byte that starts none is hidden.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 1;
  bool is_hidden = true;
};
[[nodiscard]] CodePoint code_point(std::string_view text);

// Build logs act on `##vso[..]` (Azure) and `##[..]` wherever in a line they stand: the first `#` is shown as an
// escape.
[[nodiscard]] bool starts_log_command(std::string_view text);

// Tabs become spaces up to the next multiple of four columns.
[[nodiscard]] std::vector<Cell> cells(std::string_view text, bool ascii);
// Appends the text with control characters, bidi controls and broken UTF-8 as escapes; tabs and line breaks too.
void append_escaped(std::string& out, std::string_view text, bool ascii);
// Cuts at a code point so that at most `bytes` stay, and says how much is missing.
[[nodiscard]] std::string cut(std::string_view text, std::size_t bytes);

}  // namespace psdl::report
