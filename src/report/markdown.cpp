// A table of findings in GitHub's Markdown: job summaries, comments.
#include <fmt/format.h>

#include "psdl/psdl.hpp"
#include "report/escape.hpp"
#include "report/words.hpp"
#include "report/writer.hpp"

namespace psdl::report {
namespace {

std::string place_text(const Run& run, const Location& place) {
  std::string text = markdown_text(run.repository_path(place.file));
  if (place.line > 0) text += fmt::format("\\:{}", place.line);
  return text;
}

std::string rule_text(const Finding& finding, const RuleInfo* rule) {
  std::string text = markdown_text(finding.rule);
  if (rule != nullptr && !rule->name.empty()) text += " " + markdown_text(rule->name);
  return text;
}

void append_problems(std::string& out, const Run& run) {
  bool any = false;
  for (const Document& document : run.documents) {
    if (document.errors == nullptr) continue;
    for (std::size_t i = 0; i < document.errors->size(); ++i) {
      const DiagnosticView problem = (*document.errors)[i];
      if (!any) out += "\nNot checked:\n\n";
      any = true;
      std::string place = markdown_text(run.repository_path(document.file));
      if (problem.line > 0) place += fmt::format("\\:{}", problem.line);
      out += fmt::format("- {}\\: {}\n", place, markdown_text(problem.message));
    }
  }
}

}  // namespace

std::string write_markdown(const Run& run) {
  const Counts& counts = run.counts;
  std::string out = "### psdl: ";
  out += counts.total() == 0 ? "no findings" : plural(counts.total(), "finding");
  out += fmt::format(" in {} of {}\n", plural(counts.judged, "object"), plural(run.facts.files, "file"));
  const std::vector<Row> rows = run.shown_rows();
  if (!rows.empty()) out += "\n| severity | rule | place | object | message |\n|---|---|---|---|---|\n";
  for (const Row& row : rows) {
    const Finding& finding = *row.finding;
    std::string message = markdown_text(finding.message);
    if (finding.suppressed) message += " (" + markdown_text(suppression_text(*finding.suppressed)) + ")";
    out += fmt::format("| {} | {} | {} | {} | {} |\n", severity_word(finding.severity),
                       rule_text(finding, run.setting.rules.find(finding.rule)), place_text(run, finding.location),
                       markdown_text(row.document->title()), message);
  }
  append_problems(out, run);
  if (counts.suppressed > 0) out += fmt::format("\n{} suppressed.\n", plural(counts.suppressed, "finding"));
  return out;
}

}  // namespace psdl::report
