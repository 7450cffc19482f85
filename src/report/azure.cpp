// Logging commands of Azure Pipelines: an issue a finding.
#include <fmt/format.h>

#include "psdl/psdl.hpp"
#include "report/escape.hpp"
#include "report/words.hpp"
#include "report/writer.hpp"

namespace psdl::report {
namespace {

// Azure has errors and warnings only.
std::string_view issue_type(FindingSeverity severity) {
  return severity == FindingSeverity::Error ? "error" : "warning";
}

struct Issue {
  std::string_view type;
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string_view code;
  std::string message;
};

void append_issue(std::string& out, const Issue& issue) {
  out += fmt::format("##vso[task.logissue type={};sourcepath={}", issue.type, azure_property(issue.file));
  if (issue.line > 0) out += fmt::format(";linenumber={};columnnumber={}", issue.line, issue.column);
  out += fmt::format(";code={}]{}\n", azure_property(issue.code), azure_message(issue.message));
}

}  // namespace

std::string write_azure(const Run& run) {
  std::string out;
  for (const Document& document : run.documents) {
    if (document.errors == nullptr) continue;
    for (std::size_t i = 0; i < document.errors->size(); ++i) {
      const DiagnosticView problem = (*document.errors)[i];
      append_issue(out, {"error", run.repository_path(document.file), problem.line, problem.column, problem.code,
                         std::string(problem.message)});
    }
  }
  for (const Row& row : run.shown_rows()) {
    const Finding& finding = *row.finding;
    const std::string object = object_text(finding.object);
    append_issue(
        out, {issue_type(finding.severity), run.repository_path(finding.location.file), finding.location.line,
              finding.location.column, finding.rule, finding.message + (object.empty() ? "" : " (" + object + ")")});
  }
  out +=
      fmt::format("{}: {}, {}, {}\n", plural(run.counts.total(), "finding"), plural(run.counts.by_severity[0], "error"),
                  plural(run.counts.by_severity[1], "warning"), plural(run.counts.by_severity[2], "note"));
  return out;
}

}  // namespace psdl::report
