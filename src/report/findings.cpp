// A report of a run: hands verdicts to the writer of its format, and counts.
#include <map>
#include <set>

#include "psdl/tools/report.hpp"
#include "report/writer.hpp"

namespace psdl::tools {

struct FindingsReport::Impl {
  explicit Impl(ReportOptions given) : setting{std::move(given), report::RuleTable({})} {
    setting.rules = report::RuleTable(std::move(setting.options.rules));
    setting.options.rules.clear();
    if (setting.options.format == "short") setting.options.style.short_form = true;
    writer = report::format_row(setting.options.format).make(setting);
  }

  void count(const Finding& finding) {
    if (finding.suppressed) {
      ++counts.suppressed;
      return;
    }
    ++counts.by_severity[static_cast<std::size_t>(finding.severity)];
    files_with_findings.insert(finding.location.file);
    const RuleInfo* rule = setting.rules.find(finding.rule);
    if (rule != nullptr && !rule->level.empty()) levels_failed.insert(rule->id);
  }

  report::Setting setting;
  std::unique_ptr<report::ReportWriter> writer;
  report::Counts counts;
  std::set<std::string> files_with_findings;
  std::set<std::string> levels_failed;
};

FindingsReport::FindingsReport(ReportOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
FindingsReport::~FindingsReport() = default;

std::size_t FindingsReport::count(FindingSeverity severity) const {
  return impl_->counts.by_severity[static_cast<std::size_t>(severity)];
}
std::size_t FindingsReport::suppressed() const {
  return impl_->counts.suppressed;
}
std::size_t FindingsReport::documents() const {
  return impl_->counts.documents;
}

std::string FindingsReport::add(const Verdict& verdict, const DocumentFacts& facts) {
  report::Counts& counts = impl_->counts;
  switch (verdict.status) {
    case Status::Error: ++counts.failed; break;
    case Status::Skipped: ++counts.skipped; break;
    case Status::Allow:
    case Status::Deny:
      ++counts.documents;
      if (const report::RuleTable& rules = impl_->setting.rules; verdict.pod_proof == PodProof::Absent) {
        counts.no_pod += rules.has_levels() ? 1 : 0;
        counts.judged += rules.has_levels_alone() ? 0 : 1;
      } else {
        ++counts.judged;
      }
      break;
  }
  const std::size_t before = counts.total();
  for (const Finding& finding : verdict.findings) impl_->count(finding);
  if (counts.total() > before) ++counts.denied;
  return impl_->writer->add(verdict, facts);
}

std::string FindingsReport::finish(const RunFacts& facts) {
  impl_->counts.files_with_findings = impl_->files_with_findings.size();
  impl_->counts.levels_failed = impl_->levels_failed.size();
  return impl_->writer->finish(facts, impl_->counts);
}

}  // namespace psdl::tools
