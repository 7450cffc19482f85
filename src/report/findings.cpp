// Findings of a run: routes verdicts to the text or JSON writer and counts them.
#include "report/findings.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace psdl::tools {

namespace {

std::string plural(std::size_t count, std::string_view one) { return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s"); }

}  // namespace

struct FindingsReport::Impl {
  ReportFormat format = ReportFormat::Text;
  TextStyle style;
  std::size_t by_severity[3] = {0, 0, 0};
  std::size_t documents = 0;
  std::size_t denied_documents = 0;
  std::size_t failed_documents = 0;
  std::size_t hidden = 0;
  std::set<std::string> files_with_findings;
  report::JsonReport json;

  [[nodiscard]] std::size_t total() const { return by_severity[0] + by_severity[1] + by_severity[2]; }
};

FindingsReport::FindingsReport(ReportFormat format, TextStyle style) : impl_(std::make_unique<Impl>()) {
  impl_->format = format;
  impl_->style = style;
}
FindingsReport::~FindingsReport() = default;

std::size_t FindingsReport::count(FindingSeverity severity) const { return impl_->by_severity[static_cast<std::size_t>(severity)]; }
std::size_t FindingsReport::documents() const { return impl_->documents; }

std::string FindingsReport::add(const Verdict& verdict) {
  std::string out;
  if (verdict.status == Status::Error) {
    ++impl_->failed_documents;
  } else {
    ++impl_->documents;
  }
  if (!verdict.findings.empty()) ++impl_->denied_documents;
  for (const Finding& finding : verdict.findings) {
    ++impl_->by_severity[static_cast<std::size_t>(finding.severity)];
    impl_->files_with_findings.insert(finding.location.file);
    switch (impl_->format) {
      case ReportFormat::Text:
        if (impl_->style.most_findings > 0 && impl_->total() > impl_->style.most_findings) {
          ++impl_->hidden;
        } else if (impl_->style.short_form) {
          report::append_finding_short(out, finding, impl_->style);
        } else {
          report::append_finding(out, finding, impl_->style);
        }
        break;
      case ReportFormat::Json: impl_->json.add(finding); break;
      case ReportFormat::JsonLines: out += report::finding_json(finding) + '\n'; break;
    }
  }
  if (impl_->format == ReportFormat::Json && verdict.errors != nullptr) impl_->json.add(*verdict.errors);
  if (impl_->format == ReportFormat::Json && verdict.warnings != nullptr) impl_->json.add_warnings(*verdict.warnings);
  return out;
}

std::string FindingsReport::finish(const RunFacts& facts) {
  const std::size_t errors = impl_->by_severity[0];
  const std::size_t warnings = impl_->by_severity[1];
  const std::size_t notes = impl_->by_severity[2];
  if (impl_->format == ReportFormat::Json) {
    report::Summary summary;
    summary.files = facts.files;
    summary.documents = impl_->documents + impl_->failed_documents;
    summary.objects = impl_->documents;
    summary.not_manifests = facts.files_not_manifests;
    summary.failed = impl_->failed_documents;
    summary.errors = errors;
    summary.warnings = warnings;
    summary.notes = notes;
    summary.exit_code = facts.exit_code;
    return impl_->json.finish(summary);
  }
  // Said in every form: nobody may take a hundred findings for all of them.
  std::string out;
  if (impl_->hidden > 0) out += fmt::format("... {} more not shown\n", plural(impl_->hidden, "finding"));
  if (impl_->format == ReportFormat::JsonLines || impl_->style.quiet || impl_->style.short_form) return out;

  if (impl_->hidden > 0) out += '\n';
  if (impl_->total() == 0 && impl_->documents == 0) {
    out += "nothing was checked";
  } else if (impl_->total() == 0) {
    out += fmt::format("no findings in {} of {}", plural(impl_->documents, "object"), plural(facts.files, "file"));
  } else {
    std::string kinds;
    const auto add_kind = [&](std::size_t count, std::string_view word) {
      if (count > 0) kinds += fmt::format("{}{}", kinds.empty() ? "" : ", ", plural(count, word));
    };
    add_kind(errors, "error");
    add_kind(warnings, "warning");
    add_kind(notes, "note");
    out += fmt::format("{}: {} in {} of {}", plural(impl_->total(), "finding"), kinds, plural(impl_->denied_documents, "object"),
                       plural(impl_->files_with_findings.size(), "file"));
    if (impl_->documents > impl_->denied_documents) out += fmt::format(" ({} checked)", plural(impl_->documents, "object"));
  }
  if (impl_->failed_documents > 0) out += fmt::format("; {} could not be checked", plural(impl_->failed_documents, "document"));
  if (facts.files_not_manifests > 0) out += fmt::format("; {} passed over: not manifests", plural(facts.files_not_manifests, "file"));
  out += '\n';
  return out;
}

}  // namespace psdl::tools
