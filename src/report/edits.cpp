// Lines that an edit keeps, removes, adds.
#include "report/edits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "report/display.hpp"

namespace psdl::report {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (;;) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

// The byte at a column of a line; its end where it is shorter.
std::size_t byte_at(std::string_view line, std::uint32_t column) {
  std::size_t at = 0;
  for (std::uint32_t i = 1; i < column && at < line.size(); ++i) at += code_point(line.substr(at)).bytes;
  return at;
}

// The lines with the edit applied.
std::string edited(const TextEdit& edit) {
  const std::string_view old = edit.old_lines;
  const std::size_t first_end = std::min(old.find('\n'), old.size());
  const std::size_t last_line = old.rfind('\n') == std::string_view::npos ? 0 : old.rfind('\n') + 1;
  const std::uint32_t before = edit.old_column - 1;
  const std::size_t begin = byte_at(old.substr(0, first_end), edit.column - before);
  const std::size_t end = last_line + byte_at(old.substr(last_line), edit.end_column - (last_line == 0 ? before : 0));
  return std::string(old.substr(0, begin)) + edit.text + std::string(old.substr(std::max(begin, end)));
}

bool is_insertion(const TextEdit& edit) {
  return edit.begin == edit.end;
}
// Whole lines that come after the line's end, or before its start.
bool inserts_after(const TextEdit& edit) {
  return is_insertion(edit) && (edit.text.starts_with('\n') || edit.text.starts_with("\r\n"));
}
bool inserts_before(const TextEdit& edit) {
  return is_insertion(edit) && edit.column == 1 && edit.text.ends_with('\n');
}

}  // namespace

bool shows_lines(const Fix& fix) {
  if (fix.edits.empty() ||
      std::any_of(fix.edits.begin(), fix.edits.end(), [](const TextEdit& edit) { return edit.line == 0; }))
    return false;
  if (fix.edits.size() > 1) return true;
  const TextEdit& edit = fix.edits.front();
  return is_insertion(edit) || edit.line != edit.end_line || edit.text.find('\n') != std::string::npos;
}

std::string edit_title(const TextEdit& edit) {
  if (inserts_after(edit)) return fmt::format("insert after line {}", edit.line);
  if (inserts_before(edit)) return fmt::format("insert before line {}", edit.line);
  const std::string lines = edit.line == edit.end_line ? fmt::format("line {}", edit.line)
                                                       : fmt::format("lines {} to {}", edit.line, edit.end_line);
  return "change " + lines;
}

std::vector<ChangedLine> changed_lines(const TextEdit& edit) {
  if (edit.line == 0) return {};
  const std::string after_text = edited(edit);
  std::vector<std::string_view> before = lines_of(edit.old_lines);
  std::vector<std::string_view> after = lines_of(after_text);
  std::vector<ChangedLine> lines;
  std::size_t same = 0;
  while (same < before.size() && same < after.size() && before[same] == after[same]) ++same;
  std::size_t tail = 0;
  while (tail < before.size() - same && tail < after.size() - same &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  const auto add = [&](ChangedLine::Kind kind, std::size_t index, std::string_view text) {
    std::string shown(index == 0 && edit.old_column > 1 ? "..." : "");
    shown += text;
    if (edit.is_cut && index + 1 == (kind == ChangedLine::Kind::Added ? after : before).size()) shown += "...";
    lines.push_back({kind, edit.line + static_cast<std::uint32_t>(index), std::move(shown)});
  };
  for (std::size_t i = 0; i < same; ++i) add(ChangedLine::Kind::Kept, i, before[i]);
  for (std::size_t i = same; i < before.size() - tail; ++i) add(ChangedLine::Kind::Removed, i, before[i]);
  for (std::size_t i = same; i < after.size() - tail; ++i) add(ChangedLine::Kind::Added, i, after[i]);
  for (std::size_t i = before.size() - tail; i < before.size(); ++i) add(ChangedLine::Kind::Kept, i, before[i]);
  return lines;
}

}  // namespace psdl::report
