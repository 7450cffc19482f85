// JUnit XML: a suite a file, a case for each rule and object, at most one failure a case.
#include <fmt/format.h>

#include "report/cases.hpp"
#include "report/escape.hpp"
#include "report/words.hpp"

namespace psdl::report {
namespace {

struct Suite {
  std::string file;
  std::string cases;
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
};

// A line of our own: where, then what. Line breaks between findings are ours; those of messages are escapes.
std::string failure_lines(const std::vector<const Finding*>& findings) {
  std::string text;
  for (const Finding* finding : findings) {
    if (!text.empty()) text += '\n';
    text += fmt::format("line {}, column {}: {}", finding->location.line, finding->location.column,
                        xml_text(finding->message));
  }
  return text;
}

// The messages on one line.
std::string joined(const std::vector<const Finding*>& findings) {
  std::string text;
  for (const Finding* finding : findings) text += (text.empty() ? "" : "; ") + xml_text(finding->message);
  return text;
}

void append_case(Suite& suite, const Case& one, const std::string& file) {
  ++suite.tests;
  std::string place = fmt::format(" file=\"{}\"", xml_text(file));
  if (!one.findings.empty() && one.findings.front()->location.line > 0)
    place += fmt::format(" line=\"{}\"", one.findings.front()->location.line);
  suite.cases +=
      fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"{}", xml_text(file), xml_text(one.name), place);
  switch (one.outcome) {
    case Case::Outcome::Passed: suite.cases += "/>\n"; return;
    case Case::Outcome::Failed:
      ++suite.failures;
      suite.cases += fmt::format(">\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n", joined(one.findings),
                                 severity_word(one.findings.front()->severity), failure_lines(one.findings));
      break;
    case Case::Outcome::Skipped:
      ++suite.skipped;
      suite.cases += fmt::format(">\n      <skipped message=\"{}\"/>\n", xml_text(one.reason));
      break;
    case Case::Outcome::Error:
      ++suite.errors;
      suite.cases += fmt::format(">\n      <error message=\"{}\" type=\"error\"/>\n", xml_text(one.reason));
      break;
  }
  suite.cases += "    </testcase>\n";
}

std::string counts_text(const Suite& suite) {
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"", suite.tests, suite.failures, suite.errors);
}

}  // namespace

std::string write_junit(const Run& run) {
  std::vector<Suite> suites;
  for (const Case& one : cases_of(run)) {
    if (suites.empty() || suites.back().file != one.document->file) suites.emplace_back().file = one.document->file;
    append_case(suites.back(), one, run.repository_path(one.document->file));
  }
  Suite total;
  std::string body;
  const std::string timestamp =
      run.facts.time.empty() ? "" : fmt::format(" timestamp=\"{}\"", xml_text(run.facts.time));
  for (const Suite& suite : suites) {
    total.tests += suite.tests;
    total.failures += suite.failures;
    total.errors += suite.errors;
    body += fmt::format("  <testsuite name=\"{}\" {} skipped=\"{}\" time=\"0\"{}>\n{}  </testsuite>\n",
                        xml_text(run.repository_path(suite.file)), counts_text(suite), suite.skipped, timestamp,
                        suite.cases);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"psdl\" {} time=\"0\">\n{}</testsuites>\n",
      counts_text(total), body);
}

}  // namespace psdl::report
