// The gutter, the source lines, the carets under them.
#include "report/snippet.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/display.hpp"

namespace psdl::report {
namespace {

constexpr std::uint32_t kWidestLine = 160;    // where no terminal says otherwise
constexpr std::uint32_t kNarrowestLine = 40;
constexpr std::uint32_t kRoomBefore = 30;     // columns shown before a mark on a line that is cut

std::string_view code_of(Paint paint) {
  switch (paint) {
    case Paint::None: return "";
    case Paint::Bold: return "\x1b[1m";
    case Paint::Red: return "\x1b[1;31m";
    case Paint::Yellow: return "\x1b[1;33m";
    case Paint::Blue: return "\x1b[1;34m";
    case Paint::Green: return "\x1b[1;32m";
    case Paint::Cyan: return "\x1b[1;36m";
  }
  return "";
}

// A line as it is shown: perhaps a window of it.
struct ShownLine {
  std::string text;
  std::vector<std::uint32_t> columns;  // the screen column of each code point from `from` on, and of the end
  std::uint32_t from = 1;

  [[nodiscard]] std::uint32_t screen(std::uint32_t column) const {
    if (column <= from) return columns.front();
    const std::size_t index = std::min<std::size_t>(column - from, columns.size() - 1);
    return columns[index];
  }
};

ShownLine show(const Mark& mark, std::uint32_t room, bool ascii) {
  std::vector<Cell> line = cells(mark.line_text, ascii);
  std::uint32_t total = 0;
  for (const Cell& cell : line) total += cell.width;
  std::size_t begin = 0;
  if (total > room) {
    const std::uint32_t index = mark.column > mark.line_text_from ? mark.column - mark.line_text_from : 0;
    begin = std::min<std::size_t>(index, line.size());
    for (std::uint32_t before = 0; begin > 0 && before < kRoomBefore;) before += line[--begin].width;
  }
  ShownLine shown;
  shown.from = mark.line_text_from + static_cast<std::uint32_t>(begin);
  std::uint32_t at = 0;
  if (begin > 0 || mark.line_text_from > 1) {
    shown.text = "...";
    at = 3;
  }
  std::size_t index = begin;
  for (; index < line.size(); ++index) {
    if (total > room && at + line[index].width + 3 > room) break;
    shown.columns.push_back(at);
    shown.text += line[index].shown;
    at += line[index].width;
  }
  shown.columns.push_back(at);
  if (index < line.size()) shown.text += "...";
  while (!shown.text.empty() && shown.text.back() == ' ') shown.text.pop_back();
  return shown;
}

void append_carets(std::string& out, const ShownLine& line, const Mark& mark, Paint primary, const tools::TextStyle& style) {
  const std::uint32_t begin = line.screen(mark.column);
  const bool to_line_end = mark.end_column <= mark.column;
  const std::uint32_t last = to_line_end ? line.columns.back() : line.screen(mark.end_column);
  const std::uint32_t length = std::max<std::uint32_t>(1, last > begin ? last - begin : 1);
  out.append(begin, ' ');
  std::string marked(length, mark.is_primary ? '^' : '-');
  if (!mark.label.empty()) {
    marked += ' ';
    append_escaped(marked, mark.label, style.ascii);
  }
  append_painted(out, marked, mark.is_primary ? primary : Paint::Blue, style);
}

}  // namespace

void append_painted(std::string& out, std::string_view text, Paint paint, const tools::TextStyle& style) {
  if (!style.color || paint == Paint::None) {
    out += text;
    return;
  }
  out += code_of(paint);
  out += text;
  out += "\x1b[0m";
}

std::size_t append_snippet(std::string& out, std::string_view place, std::string_view remark, std::vector<Mark> marks, Paint primary, const tools::TextStyle& style) {
  std::stable_sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) {
    if (a.line != b.line) return a.line < b.line;
    return a.is_primary && !b.is_primary;
  });
  const std::uint32_t last_line = marks.empty() ? 1 : marks.back().line;
  const std::size_t gutter = fmt::formatted_size("{}", last_line);
  const std::string blank(gutter, ' ');

  out += blank;
  append_painted(out, "-->", Paint::Blue, style);
  out += ' ';
  out += place;
  if (!remark.empty()) {
    out += "   ";
    out += remark;
  }
  out += '\n';
  if (marks.empty()) return gutter;

  const auto bar = [&](bool with_text) {
    out += blank;
    out += ' ';
    append_painted(out, "|", Paint::Blue, style);
    if (with_text) out += ' ';
  };
  std::uint32_t room = style.width == 0 ? kWidestLine : style.width;
  room = room > gutter + 3 + kNarrowestLine ? room - static_cast<std::uint32_t>(gutter) - 3 : kNarrowestLine;
  bar(false);
  out += '\n';
  for (std::size_t i = 0; i < marks.size();) {
    if (i > 0 && marks[i].line > marks[i - 1].line + 1) {
      out.append(gutter - 1, ' ');
      append_painted(out, "...", Paint::Blue, style);
      out += '\n';
    }
    const ShownLine line = show(marks[i], room, style.ascii);
    append_painted(out, fmt::format("{:>{}} |", marks[i].line, gutter), Paint::Blue, style);
    if (!line.text.empty()) {
      out += ' ';
      out += line.text;
    }
    out += '\n';
    const std::uint32_t number = marks[i].line;
    for (; i < marks.size() && marks[i].line == number; ++i) {
      bar(true);
      append_carets(out, line, marks[i], primary, style);
      out += '\n';
    }
  }
  return gutter;
}

void append_note(std::string& out, std::size_t gutter, std::string_view kind, std::string_view text, const tools::TextStyle& style) {
  out.append(gutter + 1, ' ');
  append_painted(out, "=", Paint::Blue, style);
  out += ' ';
  append_painted(out, fmt::format("{}:", kind), Paint::Bold, style);
  out += ' ';
  append_escaped(out, text, style.ascii);
  out += '\n';
}

}  // namespace psdl::report
