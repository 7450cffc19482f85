// The table of formats.
#include <array>

#include "report/writer.hpp"

namespace psdl::report {
namespace {

template <WholeRunWriter::Write write>
std::unique_ptr<ReportWriter> whole_run(const Setting& setting) {
  return std::make_unique<WholeRunWriter>(setting, write);
}

constexpr std::array<FormatRow, 15> kFormats{{
    {{"text", "findings with the lines of the manifest, for people", true}, make_text},
    {{"short", "one line a finding, for grep and editors", true}, make_text},
    {{"json", "everything, schema psdl/findings/v1", false}, whole_run<write_json>},
    {{"jsonl", "one finding a line, as they are found", true}, make_json_lines},
    {{"yaml", "as json, in YAML", false}, whole_run<write_yaml>},
    {{"sarif", "SARIF 2.1.0, for code scanning", false}, whole_run<write_sarif>},
    {{"junit", "JUnit XML, a case for each rule and object", false}, whole_run<write_junit>},
    {{"github", "workflow commands of GitHub Actions: annotations", false}, whole_run<write_github>},
    {{"gitlab", "GitLab Code Quality", false}, whole_run<write_gitlab>},
    {{"azure", "logging commands of Azure Pipelines", false}, whole_run<write_azure>},
    {{"tap", "TAP 14, a test for each rule and object", false}, whole_run<write_tap>},
    {{"table", "one line an object: how many findings of which level", false}, whole_run<write_table>},
    {{"markdown", "a table of findings for comments and job summaries", false}, whole_run<write_markdown>},
    {{"policyreport", "PolicyReport objects (wgpolicyk8s.io)", false}, whole_run<write_policy_report>},
    {{"html", "one page with filters, for a browser", false}, whole_run<write_html>},
}};

constexpr auto kInfos = [] {
  std::array<tools::ReportFormatInfo, kFormats.size()> infos;
  for (std::size_t i = 0; i < kFormats.size(); ++i) infos[i] = kFormats[i].info;
  return infos;
}();

}  // namespace

const FormatRow& format_row(std::string_view name) {
  for (const FormatRow& row : kFormats) {
    if (row.info.name == name) return row;
  }
  return kFormats.front();
}

}  // namespace psdl::report

namespace psdl::tools {

std::span<const ReportFormatInfo> report_formats() {
  return report::kInfos;
}

const ReportFormatInfo* find_report_format(std::string_view name) {
  for (const ReportFormatInfo& info : report::kInfos) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace psdl::tools
