// Columns count code points; a tab takes four columns, for the line and for what stands under it.
#include "report/test_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/display.hpp"
#include "report/escape.hpp"

namespace psdl::report {
namespace {

using tools::TestFailure;
using tools::TestStatus;
using tools::TestPart;

std::size_t width_of(std::string_view text, bool ascii) {
  std::size_t width = 0;
  for (const Cell& cell : cells(text, ascii)) width += cell.width;
  return width;
}

// A line under construction: texts at columns, from right to left.
struct DrawnRow {
  std::size_t leftmost = SIZE_MAX;
  std::vector<std::pair<std::size_t, std::string>> texts;

  void put(std::size_t column, std::string text) {
    leftmost = column;
    texts.emplace_back(column, std::move(text));
  }
  [[nodiscard]] std::string line(bool ascii) const {
    std::string made;
    std::size_t at = 0;
    for (auto text = texts.rbegin(); text != texts.rend(); ++text) {
      made.append(text->first - at, ' ');
      made += text->second;
      at = text->first + width_of(text->second, ascii);
    }
    return made;
  }
};

// Values of one line, each in its column where there is room, else a row further down.
std::vector<std::string> drawn_values(const std::vector<std::pair<std::size_t, std::string>>& values, bool ascii) {
  std::vector<DrawnRow> rows(1);
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    rows[0].put(value->first, "|");
    std::size_t row = 1;
    for (; row < rows.size(); ++row) {
      if (value->first + width_of(value->second, ascii) < rows[row].leftmost) break;
      rows[row].put(value->first, "|");
    }
    if (row == rows.size()) rows.emplace_back();
    rows[row].put(value->first, value->second);
  }
  std::vector<std::string> lines;
  for (const DrawnRow& row : rows) lines.push_back(row.line(ascii));
  return lines;
}

}  // namespace

std::vector<std::string> drawn_failure(const TestFailure& failure, bool ascii) {
  std::vector<std::string> lines;
  const std::string last = std::to_string(failure.line + std::max<std::size_t>(failure.lines.size(), 1) - 1);
  const std::string blank(last.size(), ' ');
  const auto add = [&](const std::string& number, const std::string& text) { lines.push_back(fmt::format("{:>{}} |{}{}", number, last.size(), text.empty() ? "" : " ", text)); };
  add("", "");
  for (std::size_t i = 0; i < failure.lines.size(); ++i) {
    std::string shown;
    std::vector<std::size_t> columns{0};
    for (const Cell& cell : cells(failure.lines[i], ascii)) {
      shown += cell.shown;
      columns.push_back(columns.back() + cell.width);
    }
    add(std::to_string(failure.line + i), shown);
    std::vector<std::pair<std::size_t, std::string>> values;
    for (const TestPart& part : failure.parts) {
      if (part.line != i || part.column == 0 || part.column > columns.size()) continue;
      std::string value;
      append_escaped(value, part.value, ascii);
      values.emplace_back(columns[part.column - 1], std::move(value));
    }
    if (values.empty()) continue;
    for (const std::string& line : drawn_values(values, ascii)) add("", line);
  }
  add("", "");
  const auto note = [&](std::string_view kind, std::string_view text) {
    std::string shown;
    append_escaped(shown, text, ascii);
    lines.push_back(fmt::format("{} = {}{}", blank, kind, shown));
  };
  if (!failure.reason.empty()) note("", failure.reason);
  for (const std::string& line : failure.diff) note("  ", line);
  for (const std::string& line : failure.why) note("why: ", line);
  return lines;
}

std::string failure_line(const TestFailure& failure) {
  std::string text = failure.reason;
  if (text.empty() && !failure.lines.empty()) {
    const std::string& line = failure.lines.front();
    text = "does not hold: " + line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
  }
  return fmt::format("{}:{}:{}: {}", failure.file, failure.line, failure.column, text);
}

std::string_view outcome_word(TestStatus outcome) {
  switch (outcome) {
    case TestStatus::Passed: return "ok";
    case TestStatus::Failed: return "FAIL";
    case TestStatus::Skipped: return "skip";
    case TestStatus::Error: return "ERROR";
  }
  return "";
}

std::string line_ranges(const std::vector<std::uint32_t>& lines) {
  std::string text;
  for (std::size_t begin = 0; begin < lines.size();) {
    std::size_t end = begin + 1;
    while (end < lines.size() && lines[end] == lines[end - 1] + 1) ++end;
    if (!text.empty()) text += ", ";
    text += end - begin == 1 ? std::to_string(lines[begin]) : fmt::format("{}-{}", lines[begin], lines[end - 1]);
    begin = end;
  }
  return text;
}

std::vector<LeafCase> leaves(const std::vector<tools::TestCase>& cases) {
  std::vector<LeafCase> found;
  const auto add = [&](const auto& self, const std::vector<tools::TestCase>& all, const std::string& above, std::size_t depth) -> void {
    for (const tools::TestCase& one : all) {
      const std::string name = above.empty() ? one.name : above + " / " + one.name;
      if (one.cases.empty()) {
        found.push_back({name, &one, depth});
      } else {
        self(self, one.cases, name, depth + 1);
      }
    }
  };
  add(add, cases, "", 0);
  return found;
}

}  // namespace psdl::report

namespace psdl::tools {

std::string render_tests(const TestRun& run, TestFormat format, const TextStyle& style) {
  switch (format) {
    case TestFormat::Text: return report::tests_as_text(run, style);
    case TestFormat::Json: return report::tests_as_json(run);
    case TestFormat::Junit: return report::tests_as_junit(run);
    case TestFormat::Tap: return report::tests_as_tap(run);
    case TestFormat::Github: return report::tests_as_github(run);
    case TestFormat::OpaPretty: return report::tests_as_opa_text(run);
    case TestFormat::OpaJson: return report::tests_as_opa_json(run);
    case TestFormat::OpaBench: return report::tests_as_opa_bench(run);
  }
  return {};
}

}  // namespace psdl::tools
