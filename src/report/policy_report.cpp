// PolicyReport objects of wgpolicyk8s.io/v1alpha2, one for each namespace that the manifests name and one for those
// that name none.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <chrono>
#include <map>
#include <optional>

#include "report/cases.hpp"
#include "report/escape.hpp"
#include "report/words.hpp"
#include "report/yaml_text.hpp"

namespace psdl::report {
namespace {

using nlohmann::ordered_json;

std::string_view report_severity(FindingSeverity severity, const RuleInfo* rule) {
  switch (severity) {
    case FindingSeverity::Error: break;
    case FindingSeverity::Warning: return "low";
    case FindingSeverity::Note: return "info";
  }
  const double score = security_score(rule).value_or(5);
  return score >= 9 ? "critical" : score >= 7 ? "high" : "medium";
}

ordered_json resource_tree(const ObjectIdentity& object) {
  ordered_json tree = ordered_json::object();
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) tree[key] = visible(text);
  };
  add("apiVersion", object.api_version);
  add("kind", object.kind);
  add("namespace", object.namespace_name);
  add("name", object.name);
  return tree;
}

// Of "2026-11-26T02:40:00Z"; nothing for other texts.
std::optional<std::int64_t> unix_seconds(const std::string& time) {
  if (time.size() != 20 || time.back() != 'Z') return std::nullopt;
  int parts[6] = {};
  constexpr std::pair<std::size_t, std::size_t> kPlaces[6] = {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}};
  for (std::size_t i = 0; i < 6; ++i) {
    const char* begin = time.data() + kPlaces[i].first;
    const char* end = begin + kPlaces[i].second;
    if (std::from_chars(begin, end, parts[i]).ptr != end) return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(parts[0]),
                                         std::chrono::month(static_cast<unsigned>(parts[1])),
                                         std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + parts[3]) * 60 + parts[4]) * 60 + parts[5];
}

struct Report {
  ordered_json results = ordered_json::array();
  std::size_t pass = 0;
  std::size_t fail = 0;
  std::size_t warn = 0;
  std::size_t error = 0;
  std::size_t skip = 0;
};

ordered_json result_head(const Case& one, std::string_view id) {
  ordered_json tree = {{"source", "psdl"}};
  const RuleInfo* rule = one.rule;
  tree["policy"] = rule != nullptr && !rule->level.empty()     ? "pod-security-" + visible(rule->level)
                   : rule != nullptr && !rule->package.empty() ? visible(rule->package)
                                                               : "psdl";
  if (!id.empty()) tree["rule"] = visible(id);
  if (rule != nullptr && !rule->level.empty())
    tree["category"] = fmt::format("Pod Security Standards ({})", visible(rule->level));
  return tree;
}

void complete(ordered_json& tree, const Case& one, std::string_view result, std::string_view message,
              const ordered_json& properties, const std::string& time) {
  tree["result"] = result;
  tree["scored"] = result != "warn";
  if (ordered_json resource = resource_tree(one.document->object); !resource.empty())
    tree["resources"] = ordered_json::array({std::move(resource)});
  tree["message"] = visible(message);
  if (!properties.empty()) tree["properties"] = properties;
  if (const std::optional<std::int64_t> seconds = unix_seconds(time))
    tree["timestamp"] = {{"seconds", *seconds}, {"nanos", 0}};
}

void add_finding(Report& report, const Case& one, const Finding& finding, const std::string& time) {
  const bool is_failure = finding.severity == FindingSeverity::Error;
  ++(finding.suppressed ? report.skip : is_failure ? report.fail : report.warn);
  ordered_json tree = result_head(one, finding.rule);
  tree["severity"] = report_severity(finding.severity, one.rule);
  ordered_json properties = {{"file", visible(finding.location.file)}};
  if (finding.location.line > 0) {
    properties["line"] = std::to_string(finding.location.line);
    properties["column"] = std::to_string(finding.location.column);
  }
  properties["path"] = visible(finding.path);
  if (!finding.container.empty()) properties["container"] = visible(finding.container);
  properties["fingerprint"] = finding.fingerprint;
  const std::string message =
      finding.suppressed ? finding.message + " (" + suppression_text(*finding.suppressed) + ")" : finding.message;
  complete(tree, one, finding.suppressed ? "skip" : is_failure ? "fail" : "warn", message, properties, time);
  report.results.push_back(std::move(tree));
}

void add_case(Report& report, const Case& one, const Run& run) {
  for (const Finding* finding : one.findings) {
    if (!finding->suppressed || run.setting.options.show_suppressed) add_finding(report, one, *finding, run.facts.time);
  }
  if (!one.findings.empty()) return;
  std::string_view result = "pass";
  switch (one.outcome) {
    case Case::Outcome::Passed: ++report.pass; break;
    case Case::Outcome::Failed: return;
    case Case::Outcome::Skipped: ++report.skip, result = "skip"; break;
    case Case::Outcome::Error: ++report.error, result = "error"; break;
  }
  // What is well is counted; it has a result of its own only where it was asked for.
  if (one.outcome != Case::Outcome::Error && !run.setting.options.show_passed) return;
  ordered_json tree = result_head(one, one.rule == nullptr ? "" : one.rule->id);
  complete(tree, one, result, one.reason.empty() ? "passed" : one.reason, {{"file", visible(one.document->file)}},
           run.facts.time);
  report.results.push_back(std::move(tree));
}

}  // namespace

std::string write_policy_report(const Run& run) {
  std::map<std::string, Report> reports;
  for (const Case& one : cases_of(run)) add_case(reports[one.document->object.namespace_name], one, run);
  if (reports.empty()) reports[""];
  std::string out;
  for (auto& [name, report] : reports) {
    ordered_json tree = {{"apiVersion", "wgpolicyk8s.io/v1alpha2"}, {"kind", "PolicyReport"}};
    tree["metadata"] = {{"name", "psdl"}};
    if (!name.empty()) tree["metadata"]["namespace"] = visible(name);
    tree["metadata"]["labels"] = {{"app.kubernetes.io/managed-by", "psdl"}};
    tree["summary"] = {{"pass", report.pass},
                       {"fail", report.fail},
                       {"warn", report.warn},
                       {"error", report.error},
                       {"skip", report.skip}};
    tree["results"] = std::move(report.results);
    if (!out.empty()) out += "---\n";
    out += yaml_of_json(tree.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  }
  return out;
}

}  // namespace psdl::report
