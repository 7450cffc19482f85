// Every format of two runs made up by hand, against tests/report/<run>/<format>.out. PSDL_UPDATE_GOLDEN=1 writes them
// anew; tests/report/check_reports.py judges what they hold.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "sample_runs.hpp"

using namespace psdl;

namespace {

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::size_t> usual_order(const sample::SampleRun& run) {
  std::vector<std::size_t> order(run.documents.size());
  std::iota(order.begin(), order.end(), 0);
  return order;
}

void compare(const sample::SampleRun& run) {
  const char* update = std::getenv("PSDL_UPDATE_GOLDEN");
  for (const tools::ReportFormatInfo& format : tools::report_formats()) {
    const std::string path =
        std::string(PSDL_SOURCE_DIR "/tests/report/") + run.name + "/" + std::string(format.name) + ".out";
    const std::string text = sample::report_of(run, std::string(format.name), usual_order(run));
    if (update != nullptr && std::string_view(update) == "1") std::ofstream(path, std::ios::binary) << text;
    INFO(path);
    CHECK(text == file_text(path));
  }
}

}  // namespace

TEST_CASE("every format of a usual run") {
  compare(sample::usual_run());
}
TEST_CASE("every format of a run with hostile texts") {
  compare(sample::hostile_run());
}

TEST_CASE("what is sorted does not depend on the order of evaluation") {
  const sample::SampleRun run = sample::usual_run();
  std::vector<std::size_t> order = usual_order(run);
  std::vector<std::size_t> turned = order;
  std::reverse(turned.begin(), turned.end());
  std::vector<std::size_t> rotated = order;
  std::rotate(rotated.begin(), rotated.begin() + 3, rotated.end());
  for (const tools::ReportFormatInfo& format : tools::report_formats()) {
    if (format.is_streamed) continue;
    INFO(format.name);
    const std::string text = sample::report_of(run, std::string(format.name), order);
    CHECK(sample::report_of(run, std::string(format.name), turned) == text);
    CHECK(sample::report_of(run, std::string(format.name), rotated) == text);
  }
}

TEST_CASE("findings that do not count are left out but where reports are for machines") {
  const sample::SampleRun run = sample::usual_run();
  for (const tools::ReportFormatInfo& format : tools::report_formats()) {
    const std::string text = sample::report_of(run, std::string(format.name), usual_order(run));
    const bool has_it = text.find("RuntimeDefault") != std::string::npos;
    const bool is_for_machines =
        format.name == "json" || format.name == "jsonl" || format.name == "yaml" || format.name == "sarif";
    INFO(format.name);
    CHECK(has_it == is_for_machines);
  }
}

TEST_CASE("counts leave out what is suppressed") {
  const sample::SampleRun run = sample::usual_run();
  tools::FindingsReport report(run.options);
  for (const sample::Judged& one : run.documents) {
    [[maybe_unused]] const std::string text = report.add(one.verdict, one.facts);
  }
  CHECK(report.count(FindingSeverity::Error) == 4);
  CHECK(report.count(FindingSeverity::Warning) == 1);
  CHECK(report.count(FindingSeverity::Note) == 1);
  CHECK(report.suppressed() == 1);
  CHECK(report.documents() == 6);
}

TEST_CASE("SARIF keeps the gravest findings where there are too many, and says so") {
  sample::SampleRun run = sample::usual_run();
  Verdict& verdict = run.documents.front().verdict;
  Finding note = verdict.findings.front();
  note.severity = FindingSeverity::Note;
  note.rule = "many";
  verdict.findings.insert(verdict.findings.begin(), 25'000, note);
  const std::string text = sample::report_of(run, "sarif", usual_order(run));
  CHECK(text.find("7 findings are left out: a run may have 25000 results") != std::string::npos);
  CHECK(text.find("\"ruleId\": \"PSS206\"") != std::string::npos);
  std::size_t results = 0;
  for (std::size_t at = text.find("\"ruleIndex\""); at != std::string::npos; at = text.find("\"ruleIndex\"", at + 1))
    ++results;
  CHECK(results == 25'000);
}

TEST_CASE("GitHub keeps ten annotations of a kind: the rest is counted") {
  sample::SampleRun run = sample::usual_run();
  Verdict& verdict = run.documents.front().verdict;
  verdict.findings.insert(verdict.findings.end(), 20, verdict.findings.front());
  const std::string text = sample::report_of(run, "github", usual_order(run));
  std::size_t errors = 0;
  for (std::size_t at = text.find("::error file=k8s/web.yaml"); at != std::string::npos;
       at = text.find("::error file=k8s/web.yaml", at + 1))
    ++errors;
  CHECK(errors == 10);
  CHECK(text.find("14 findings without an annotation") != std::string::npos);
}

TEST_CASE("a table says nothing of a level that did not run") {
  sample::SampleRun run = sample::usual_run();
  std::erase_if(run.options.rules, [](const RuleInfo& rule) { return rule.level == "restricted"; });
  run.documents.resize(1);
  run.documents.front().verdict.findings.resize(1);
  std::istringstream lines(sample::report_of(run, "table", {0}));
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  std::istringstream words(line);
  std::vector<std::string> cells;
  for (std::string word; words >> word;) cells.push_back(word);
  CHECK(cells == std::vector<std::string>{"Deployment", "shop/web", "k8s/web.yaml", "1", "-", "0", "0"});
}
