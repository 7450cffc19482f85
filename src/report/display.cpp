// Escapes and widths; the only file that sees utf8proc.
#include "report/display.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

#include "psdl/tools/report.hpp"

namespace psdl::report {
namespace {

constexpr std::uint32_t kTabStop = 4;

// What Unicode lets a renderer leave out (Default_Ignorable_Code_Point: directional marks and isolates, joiners, soft
// hyphens, fillers, variation selectors) could make two names look alike, or what is read another order than what is
// there; U+2028/9 break lines; U+FFF9..B hide annotations; noncharacters are not allowed in XML. U+FE0F is none of the
// exceptions: an emoji is shown with its selector in letters behind it, as one of several parts is with its joiners.
bool is_deceptive(utf8proc_int32_t c) {
  return utf8proc_get_property(c)->ignorable != 0 || c == 0x2028 || c == 0x2029 || (c >= 0xFFF9 && c <= 0xFFFB) ||
         (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

std::string escape_code_point(utf8proc_int32_t c) {
  switch (c) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
  }
  if (c < 0x100) return fmt::format("\\x{:02x}", static_cast<unsigned>(c));
  if (c < 0x10000) return fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  return fmt::format("\\U{:08x}", static_cast<unsigned>(c));
}

// Reads one code point; a byte that starts none is shown by its value.
std::size_t next_cell(std::string_view text, bool ascii, Cell& cell) {
  const CodePoint point = code_point(text);
  if (point.is_hidden || starts_log_command(text) || (ascii && point.value > 0x7E)) {
    cell.shown = escape_code_point(static_cast<utf8proc_int32_t>(point.value));
    cell.width = static_cast<std::uint32_t>(cell.shown.size());
  } else {
    cell.shown.assign(text.substr(0, point.bytes));
    const int width = point.value < 0x7F ? 1 : utf8proc_charwidth(static_cast<utf8proc_int32_t>(point.value));
    cell.width = width < 0 ? 0 : static_cast<std::uint32_t>(width);
  }
  return point.bytes;
}

}  // namespace

CodePoint code_point(std::string_view text) {
  utf8proc_int32_t c = 0;
  const utf8proc_ssize_t taken = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                  static_cast<utf8proc_ssize_t>(text.size()), &c);
  if (taken <= 0) return {static_cast<unsigned char>(text.front()), 1, true};
  const bool is_control = c < 0x20 || (c >= 0x7F && c < 0xA0);
  return {static_cast<std::uint32_t>(c), static_cast<std::size_t>(taken), is_control || is_deceptive(c)};
}

bool starts_log_command(std::string_view text) {
  if (!text.starts_with("##")) return false;
  text.remove_prefix(2);
  if (text.starts_with('[')) return true;
  const auto is = [&](std::size_t at, char lower) { return text[at] == lower || text[at] == lower - 'a' + 'A'; };
  return text.size() > 3 && is(0, 'v') && is(1, 's') && is(2, 'o') && text[3] == '[';
}

std::vector<Cell> cells(std::string_view text, bool ascii) {
  std::vector<Cell> made;
  made.reserve(text.size());
  std::uint32_t column = 0;
  while (!text.empty()) {
    Cell& cell = made.emplace_back();
    if (text.front() == '\t') {
      cell.width = kTabStop - column % kTabStop;
      cell.shown.assign(cell.width, ' ');
      text.remove_prefix(1);
    } else {
      text.remove_prefix(next_cell(text, ascii, cell));
    }
    column += cell.width;
  }
  return made;
}

void append_escaped(std::string& out, std::string_view text, bool ascii) {
  Cell cell;
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    if (c >= 0x20 && c < 0x7F && !starts_log_command(text)) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(next_cell(text, ascii, cell));
    out += cell.shown;
  }
}

std::string cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return fmt::format("{}... ({} bytes more)", text.substr(0, end), text.size() - end);
}

}  // namespace psdl::report

namespace psdl::tools {

std::string escape_for_terminal(std::string_view text, bool ascii) {
  std::string out;
  report::append_escaped(out, text, ascii);
  return out;
}

}  // namespace psdl::tools
