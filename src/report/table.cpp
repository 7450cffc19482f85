// A line an object: how much was found, by level where the run had one, by severity where it had none.
#include <fmt/format.h>

#include <algorithm>

#include "report/display.hpp"
#include "report/words.hpp"
#include "report/writer.hpp"

namespace psdl::report {
namespace {

constexpr std::size_t kNotApplicable = SIZE_MAX;
constexpr std::size_t kWidest = 80;

struct Line {
  std::string object;
  std::string file;
  std::vector<std::size_t> numbers;
};

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const Cell& cell : cells(text, false)) width += cell.width;
  return width;
}

// No wider than a column may be; what is beyond is left out.
std::string escaped(std::string_view text, bool ascii) {
  std::string out;
  std::size_t width = 0;
  for (const Cell& cell : cells(text, ascii)) {
    width += cell.width;
    if (width > kWidest) return out + "...";
    out += cell.shown;
  }
  return out;
}

// The object opens the line, and its kind is the manifest's own text: what is no letter there could be a build log's
// command.
std::string opening(std::string_view text, bool ascii) {
  const char first = text.empty() ? 'x' : text.front();
  const bool is_word =
      (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || (first >= '0' && first <= '9');
  if (is_word || static_cast<unsigned char>(first) >= 0x80 || static_cast<unsigned char>(first) < 0x20)
    return escaped(text, ascii);
  return fmt::format("\\x{:02x}", static_cast<unsigned>(first)) + escaped(text.substr(1), ascii);
}

std::string number_text(std::size_t number) {
  return number == kNotApplicable ? "-" : std::to_string(number);
}

// What a column counts, for one finding.
struct Column {
  std::string_view title;
  std::string_view level;  // whose rules are counted; empty: of any
  bool (*counts)(const Finding& finding, const RuleInfo* rule);
};

bool is_level(const RuleInfo* rule, std::string_view level) {
  return rule != nullptr && rule->level == level;
}

constexpr Column kSuppressed{"SUPPRESSED", "",
                             [](const Finding& finding, const RuleInfo*) { return finding.suppressed.has_value(); }};
constexpr Column kByLevel[] = {
    {"BASELINE", "baseline",
     [](const Finding& f, const RuleInfo* rule) { return !f.suppressed && is_level(rule, "baseline"); }},
    {"RESTRICTED", "restricted",
     [](const Finding& f, const RuleInfo* rule) { return !f.suppressed && is_level(rule, "restricted"); }},
    {"OWN RULES", "",
     [](const Finding& f, const RuleInfo* rule) {
       return !f.suppressed && !is_level(rule, "baseline") && !is_level(rule, "restricted");
     }},
    kSuppressed};
constexpr Column kBySeverity[] = {
    {"ERRORS", "",
     [](const Finding& f, const RuleInfo*) { return !f.suppressed && f.severity == FindingSeverity::Error; }},
    {"WARNINGS", "",
     [](const Finding& f, const RuleInfo*) { return !f.suppressed && f.severity == FindingSeverity::Warning; }},
    {"NOTES", "",
     [](const Finding& f, const RuleInfo*) { return !f.suppressed && f.severity == FindingSeverity::Note; }},
    kSuppressed};

bool has_level(const Run& run, std::string_view level) {
  const std::vector<RuleInfo>& rules = run.setting.rules.all();
  return std::any_of(rules.begin(), rules.end(), [&](const RuleInfo& rule) { return rule.level == level; });
}

std::span<const Column> columns_of(const Run& run) {
  return run.setting.rules.has_levels() || !run.facts.level.empty() ? std::span<const Column>(kByLevel)
                                                                    : std::span<const Column>(kBySeverity);
}

Line line_of(const Run& run, const Document& document, std::span<const Column> columns) {
  const bool ascii = run.setting.options.style.ascii;
  Line line{opening(document.title(), ascii), escaped(document.name, ascii), {}};
  for (const Column& column : columns) {
    bool applies = document.status != Status::Error && document.status != Status::Skipped;
    if (!document.standards_apply) applies = applies && column.level.empty() && column.title != kSuppressed.title;
    if (!column.level.empty()) applies = applies && has_level(run, column.level);
    std::size_t number = 0;
    for (const Finding& finding : document.findings)
      number += column.counts(finding, run.setting.rules.find(finding.rule)) ? 1 : 0;
    line.numbers.push_back(applies || number > 0 ? number : kNotApplicable);
  }
  if (document.status == Status::Error) line.object += " (error)";
  return line;
}

std::string exceptions_text(const std::vector<tools::ExceptionUse>& uses) {
  if (uses.empty()) return {};
  std::size_t counts[3] = {0, 0, 0};
  for (const tools::ExceptionUse& use : uses) ++counts[static_cast<std::size_t>(use.state)];
  return fmt::format("   exceptions: {} used, {} unused, {} expired", counts[0], counts[1], counts[2]);
}

void append_text(std::string& out, const std::string& text, std::size_t width) {
  out += text;
  out.append(width - std::min(width, width_of(text)), ' ');
}

}  // namespace

std::string write_table(const Run& run) {
  const std::span<const Column> columns = columns_of(run);
  std::vector<Line> lines;
  std::vector<std::size_t> totals(columns.size(), 0);
  bool any_not_applicable = false;
  for (const Document& document : run.documents) {
    const Line& line = lines.emplace_back(line_of(run, document, columns));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (line.numbers[i] != kNotApplicable) totals[i] += line.numbers[i];
      any_not_applicable = any_not_applicable || line.numbers[i] == kNotApplicable;
    }
  }
  const std::string total =
      fmt::format("total {}, {}{}", plural(lines.size(), "object"), plural(run.facts.files, "file"),
                  any_not_applicable ? "  (- not applicable)" : "");
  std::size_t object_width = 6;
  std::size_t file_width = 4;
  for (const Line& line : lines) {
    object_width = std::max(object_width, width_of(line.object));
    file_width = std::max(file_width, width_of(line.file));
  }
  const std::size_t left = std::max(object_width + 2 + file_width, width_of(total));
  std::string out;
  const auto append_line = [&](const std::string& object, const std::string& file, const auto& number) {
    std::string start;
    append_text(start, object, object_width);
    append_text(out, start + "  " + file, left);
    for (std::size_t i = 0; i < columns.size(); ++i) out += fmt::format("  {:>{}}", number(i), columns[i].title.size());
    out += '\n';
  };
  append_line("OBJECT", "FILE", [&](std::size_t i) { return std::string(columns[i].title); });
  for (const Line& line : lines)
    append_line(line.object, line.file, [&](std::size_t i) { return number_text(line.numbers[i]); });
  append_text(out, total, left);
  for (std::size_t i = 0; i < columns.size(); ++i) out += fmt::format("  {:>{}}", totals[i], columns[i].title.size());
  return out + exceptions_text(run.facts.exceptions) + '\n';
}

}  // namespace psdl::report
