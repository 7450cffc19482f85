// Workflow commands of GitHub Actions: an annotation a finding, the gravest first.
#include <fmt/format.h>

#include <algorithm>

#include "psdl/psdl.hpp"
#include "report/escape.hpp"
#include "report/words.hpp"
#include "report/writer.hpp"

namespace psdl::report {
namespace {

// A step keeps ten annotations of each kind; more are dropped without a word.
constexpr std::size_t kMostOfAKind = 10;

std::string_view command_word(FindingSeverity severity) {
  switch (severity) {
    case FindingSeverity::Error: return "error";
    case FindingSeverity::Warning: return "warning";
    case FindingSeverity::Note: return "notice";
  }
  return "error";
}

void append_command(std::string& out, const Run& run, const Row& row) {
  const Finding& finding = *row.finding;
  const Location& place = finding.location;
  std::string properties = "file=" + github_property(run.repository_path(place.file));
  if (place.line > 0) {
    properties += fmt::format(",line={},endLine={}", place.line, place.line);
    properties += fmt::format(",col={}", place.column);
    if (place.end_line == place.line) properties += fmt::format(",endColumn={}", place.end_column);
  }
  properties += ",title=" + github_property(finding.rule);
  const std::string object = object_text(finding.object);
  out += fmt::format("::{} {}::{}{}\n", command_word(finding.severity), properties, github_message(finding.message),
                     object.empty() ? "" : github_message(" (" + object + ")"));
}

void append_problems(std::string& out, const Run& run, const Document& document) {
  if (document.errors == nullptr) return;
  for (std::size_t i = 0; i < document.errors->size(); ++i) {
    const DiagnosticView problem = (*document.errors)[i];
    std::string properties = "file=" + github_property(run.repository_path(document.file));
    if (problem.line > 0) properties += fmt::format(",line={},col={}", problem.line, problem.column);
    out += fmt::format("::error {},title={}::{}\n", properties, github_property(problem.code),
                       github_message(problem.message));
  }
}

}  // namespace

std::string write_github(const Run& run) {
  std::vector<Row> rows = run.shown_rows();
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.finding->severity < b.finding->severity; });
  std::string out;
  for (const Document& document : run.documents) append_problems(out, run, document);
  std::size_t written[3] = {0, 0, 0};
  for (const Row& row : rows) {
    if (++written[static_cast<std::size_t>(row.finding->severity)] <= kMostOfAKind) append_command(out, run, row);
  }
  std::size_t hidden = 0;
  for (const std::size_t count : written) hidden += count > kMostOfAKind ? count - kMostOfAKind : 0;
  out +=
      fmt::format("{}: {}, {}, {}\n", plural(run.counts.total(), "finding"), plural(run.counts.by_severity[0], "error"),
                  plural(run.counts.by_severity[1], "warning"), plural(run.counts.by_severity[2], "note"));
  if (hidden > 0)
    out += fmt::format("{} without an annotation: GitHub keeps {} of a kind; the job summary has all\n",
                       plural(hidden, "finding"), kMostOfAKind);
  return out;
}

}  // namespace psdl::report
