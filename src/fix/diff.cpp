// Two texts as a unified diff. In: texts; out: hunks of lines.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/fixes.hpp"

namespace psdl {
namespace {

constexpr std::size_t kContext = 3;
// Beyond so many differing lines between the first and the last the texts are shown as replaced: the table below is
// quadratic.
constexpr std::size_t kMostLines = 4000;

// With their line ends.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

struct Line {
  char mark;  // ' ', '-', '+'
  std::string_view text;
};

// The longest common subsequence of what lies between the common start and the common end.
std::vector<Line> marked(const std::vector<std::string_view>& before, const std::vector<std::string_view>& after) {
  std::size_t start = 0;
  while (start < before.size() && start < after.size() && before[start] == after[start]) ++start;
  std::size_t tail = 0;
  while (tail < before.size() - start && tail < after.size() - start &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  const std::size_t rows = before.size() - start - tail;
  const std::size_t columns = after.size() - start - tail;
  std::vector<Line> lines;
  for (std::size_t i = 0; i < start; ++i) lines.push_back({' ', before[i]});
  const bool is_small = rows <= kMostLines && columns <= kMostLines;
  std::vector<std::vector<std::uint16_t>> common(is_small ? rows + 1 : 0,
                                                 std::vector<std::uint16_t>(is_small ? columns + 1 : 0));
  for (std::size_t i = is_small ? rows : 0; i-- > 0;) {
    for (std::size_t j = columns; j-- > 0;) {
      common[i][j] = before[start + i] == after[start + j] ? static_cast<std::uint16_t>(common[i + 1][j + 1] + 1)
                                                           : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < rows || j < columns) {
    if (is_small && i < rows && j < columns && before[start + i] == after[start + j]) {
      lines.push_back({' ', before[start + i]});
      ++i, ++j;
    } else if (i < rows && (j == columns || !is_small || common[i + 1][j] >= common[i][j + 1])) {
      lines.push_back({'-', before[start + i++]});
    } else {
      lines.push_back({'+', after[start + j++]});
    }
  }
  for (std::size_t k = before.size() - tail; k < before.size(); ++k) lines.push_back({' ', before[k]});
  return lines;
}

// "3", "3,2", and what stands before an empty side.
std::string range(std::size_t first, std::size_t count) {
  return count == 1 ? fmt::format("{}", first) : fmt::format("{},{}", count == 0 ? first - 1 : first, count);
}

// A name as git writes it where it holds what would end the line or the quotes; patch reads that too.
std::string quoted(std::string_view name) {
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F && c != '"' && c != '\\'; };
  if (std::all_of(name.begin(), name.end(), is_plain)) return std::string(name);
  std::string out = "\"";
  for (const char c : name) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      case '"':
      case '\\': out.append({'\\', c}); break;
      default: out += is_plain(c) ? std::string(1, c) : fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
  }
  return out + '"';
}

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after) {
  if (before == after) return {};
  const std::vector<std::string_view> old_lines = lines_of(before);
  const std::vector<std::string_view> new_lines = lines_of(after);
  const std::vector<Line> lines = marked(old_lines, new_lines);
  std::string out = fmt::format("--- {}\n+++ {}\n", quoted(fmt::format("a/{}", name)), quoted(fmt::format("b/{}", name)));
  std::size_t old_at = 1;
  std::size_t new_at = 1;
  for (std::size_t i = 0; i < lines.size();) {
    if (lines[i].mark == ' ') {
      ++i, ++old_at, ++new_at;
      continue;
    }
    // A hunk goes on while less than twice the context lies between two changes.
    std::size_t last = i;
    for (std::size_t k = i; k < lines.size() && k <= last + 2 * kContext; ++k) {
      if (lines[k].mark != ' ') last = k;
    }
    const std::size_t lead = std::min(kContext, i);
    const std::size_t first = i - lead;
    const std::size_t end = std::min(lines.size(), last + 1 + kContext);
    const auto count = [&](char without) {
      return static_cast<std::size_t>(std::count_if(lines.begin() + static_cast<std::ptrdiff_t>(first),
                                                    lines.begin() + static_cast<std::ptrdiff_t>(end),
                                                    [&](const Line& line) { return line.mark != without; }));
    };
    out += fmt::format("@@ -{} +{} @@\n", range(old_at - lead, count('+')), range(new_at - lead, count('-')));
    for (std::size_t k = first; k < end; ++k) {
      out += lines[k].mark;
      out += lines[k].text;
      if (!lines[k].text.ends_with('\n')) out += "\n\\ No newline at end of file\n";
      if (k < i) continue;
      old_at += lines[k].mark != '+' ? 1 : 0;
      new_at += lines[k].mark != '-' ? 1 : 0;
    }
    i = end;
  }
  return out;
}

}  // namespace psdl
