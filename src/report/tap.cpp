// TAP 14: a test for each rule and object, with YAML diagnostics where it is not ok.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/cases.hpp"
#include "report/escape.hpp"
#include "report/words.hpp"
#include "report/yaml_text.hpp"

namespace psdl::report {
namespace {

using nlohmann::ordered_json;

ordered_json finding_tree(const Finding& finding) {
  ordered_json tree = {{"message", visible(finding.message)}, {"severity", severity_word(finding.severity)}};
  if (!finding.container.empty()) tree["container"] = visible(finding.container);
  tree["file"] = visible(finding.location.file);
  if (finding.location.line > 0) {
    tree["line"] = finding.location.line;
    tree["column"] = finding.location.column;
  }
  return tree;
}

std::string block(const ordered_json& tree) {
  return tap_block(tree.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

}  // namespace

std::string write_tap(const Run& run) {
  const std::vector<Case> cases = cases_of(run);
  std::string out =
      fmt::format("TAP version 14\n1..{}{}\n", cases.size(), cases.empty() ? " # SKIP nothing was checked" : "");
  std::size_t number = 0;
  for (const Case& one : cases) {
    const bool is_ok = one.outcome == Case::Outcome::Passed || one.outcome == Case::Outcome::Skipped;
    out += fmt::format("{} {} - {}", is_ok ? "ok" : "not ok", ++number, tap_description(one.name));
    if (one.outcome == Case::Outcome::Skipped) out += " # SKIP " + tap_description(one.reason);
    out += '\n';
    if (one.outcome == Case::Outcome::Error)
      out += block({{"message", visible(one.reason)}, {"severity", "error"}, {"file", visible(one.document->file)}});
    if (one.outcome != Case::Outcome::Failed) continue;
    ordered_json findings = ordered_json::array();
    for (const Finding* finding : one.findings) findings.push_back(finding_tree(*finding));
    out += block({{"findings", std::move(findings)}});
  }
  return out;
}

}  // namespace psdl::report
