// GitLab Code Quality: an array of findings.
#include <nlohmann/json.hpp>

#include <map>

#include "report/escape.hpp"
#include "report/words.hpp"
#include "report/writer.hpp"

namespace psdl::report {
namespace {

using nlohmann::ordered_json;

std::string_view quality_severity(const Finding& finding, const RuleInfo* rule) {
  switch (finding.severity) {
    case FindingSeverity::Error: break;
    case FindingSeverity::Warning: return "minor";
    case FindingSeverity::Note: return "info";
  }
  const double score = security_score(rule).value_or(0);
  return score >= 9 ? "blocker" : score >= 7 ? "critical" : "major";
}

}  // namespace

std::string write_gitlab(const Run& run) {
  ordered_json list = ordered_json::array();
  // GitLab takes two entries with one fingerprint for one: the same object in two files has one of ours.
  std::map<std::string, std::size_t> seen;
  for (const Row& row : run.shown_rows()) {
    const Finding& finding = *row.finding;
    const std::size_t number = ++seen[finding.fingerprint];
    const std::string object = object_text(finding.object);
    ordered_json one;
    one["description"] = visible(finding.message) + (object.empty() ? "" : visible(" (" + object + ")"));
    one["check_name"] = visible(finding.rule);
    one["fingerprint"] = number == 1 ? finding.fingerprint : finding.fingerprint + "-" + std::to_string(number);
    one["severity"] = quality_severity(finding, run.setting.rules.find(finding.rule));
    one["location"] = {{"path", run.repository_path(finding.location.file)},
                       {"lines", {{"begin", std::max<std::uint32_t>(1, finding.location.line)}}}};
    list.push_back(std::move(one));
  }
  return json_visible(list.dump(2, ' ', false, ordered_json::error_handler_t::replace)) + '\n';
}

}  // namespace psdl::report
