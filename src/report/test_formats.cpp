// A run of tests for machines: JSON, JUnit, TAP, GitHub's workflow commands.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/escape.hpp"
#include "report/test_parts.hpp"
#include "report/words.hpp"
#include "report/yaml_text.hpp"

namespace psdl::report {
namespace {

using nlohmann::ordered_json;
using tools::TestCase;
using tools::TestFailure;
using tools::TestStatus;
using tools::TestResult;
using tools::TestRun;

ordered_json failure_tree(const TestFailure& failure) {
  ordered_json tree = {{"file", failure.file}, {"line", failure.line}, {"column", failure.column}, {"text", failure.lines}};
  if (!failure.reason.empty()) tree["reason"] = failure.reason;
  ordered_json values = ordered_json::array();
  for (const tools::TestPart& part : failure.parts) values.push_back({{"line", failure.line + part.line}, {"column", part.column}, {"value", part.value}});
  tree["values"] = std::move(values);
  if (!failure.diff.empty()) tree["diff"] = failure.diff;
  if (!failure.why.empty()) tree["why"] = failure.why;
  return tree;
}

ordered_json cases_tree(const std::vector<TestCase>& cases) {
  ordered_json all = ordered_json::array();
  for (const TestCase& one : cases) {
    ordered_json tree = {{"name", one.name}, {"passed", one.passed}};
    if (!one.cases.empty()) tree["cases"] = cases_tree(one.cases);
    if (one.failure) tree["failure"] = failure_tree(*one.failure);
    all.push_back(std::move(tree));
  }
  return all;
}

std::string_view outcome_name(TestStatus outcome) {
  switch (outcome) {
    case TestStatus::Passed: return "passed";
    case TestStatus::Failed: return "failed";
    case TestStatus::Skipped: return "skipped";
    case TestStatus::Error: return "error";
  }
  return "";
}

ordered_json test_tree(const TestResult& test) {
  ordered_json tree = {{"file", test.file}, {"line", test.line}, {"package", test.package}, {"name", test.name}, {"outcome", outcome_name(test.outcome)}};
  if (test.is_of_suite) tree["suite"] = "gator";
  if (test.outcome != TestStatus::Skipped) tree["timeNs"] = test.time_ns;
  if (!test.cases.empty()) tree["cases"] = cases_tree(test.cases);
  if (test.failure) tree["failure"] = failure_tree(*test.failure);
  if (test.outcome == TestStatus::Error) {
    tree["error"] = {{"code", test.error_code}, {"message", test.error}};
    if (test.error_line > 0) tree["error"]["location"] = {{"file", test.error_file}, {"line", test.error_line}, {"column", test.error_column}};
  }
  if (!test.printed.empty()) tree["printed"] = test.printed;
  if (test.bench) tree["bench"] = {{"runs", test.bench->runs}, {"nsPerRun", test.bench->ns_per_run}, {"instructionsPerRun", test.bench->instructions_per_run}};
  return tree;
}

// One line of why a test did not pass; of a table test all of them.
std::string why(const TestResult& test) {
  if (test.outcome == TestStatus::Error) return test.error;
  if (test.failure) return failure_line(*test.failure);
  std::string text;
  for (const LeafCase& one : leaves(test.cases)) {
    if (one.held->passed) continue;
    text += (text.empty() ? "" : "; ") + fmt::format("case \"{}\"", one.name);
    if (one.held->failure) text += ": " + failure_line(*one.held->failure);
  }
  return text.empty() ? "the test has no value" : text;
}

std::string drawn(const TestResult& test) {
  std::string text;
  const auto add = [&](const TestFailure& failure) {
    for (const std::string& line : drawn_failure(failure, true)) text += line + "\n";
  };
  if (test.failure) add(*test.failure);
  for (const LeafCase& one : leaves(test.cases)) {
    if (one.held->failure) add(*one.held->failure);
  }
  return text;
}

std::string seconds(std::uint64_t time_ns) { return fmt::format("{:.6f}", static_cast<double>(time_ns) / 1e9); }

}  // namespace

std::string tests_as_json(const TestRun& run) {
  ordered_json tree = {{"schema", "psdl/tests/v1"}, {"tool", {{"name", "psdl"}, {"version", version()}}}};
  ordered_json tests = ordered_json::array();
  for (const TestResult& test : run.tests) tests.push_back(test_tree(test));
  tree["tests"] = std::move(tests);
  const tools::TestCounts counts = run.counts();
  tree["summary"] = {{"tests", counts.all()}, {"passed", counts.passed}, {"failed", counts.failed}, {"errors", counts.errors}, {"skipped", counts.skipped}, {"timeNs", run.time_ns}};
  if (run.coverage) {
    tree["coverage"] = ordered_json::parse(render_coverage(*run.coverage, tools::CoverageFormat::Json), nullptr, false);
  }
  return json_visible(tree.dump(2, ' ', false, ordered_json::error_handler_t::replace)) + "\n";
}

std::string tests_as_junit(const TestRun& run) {
  struct Suite {
    std::string file;
    std::string cases;
    std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
    std::uint64_t time_ns = 0;
  };
  std::vector<Suite> suites;
  for (const TestResult& test : run.tests) {
    if (suites.empty() || suites.back().file != test.file) suites.emplace_back().file = test.file;
    Suite& suite = suites.back();
    ++suite.tests;
    suite.time_ns += test.time_ns;
    suite.cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{}\" file=\"{}\" line=\"{}\"", xml_text(test.file), xml_text(test.name), seconds(test.time_ns),
                               xml_text(test.file), test.line);
    switch (test.outcome) {
      case TestStatus::Passed: suite.cases += "/>\n"; continue;
      case TestStatus::Skipped:
        ++suite.skipped;
        suite.cases += ">\n      <skipped message=\"todo\"/>\n";
        break;
      case TestStatus::Failed: {
        ++suite.failures;
        std::string text;
        const std::string lines = drawn(test);
        for (std::size_t at = 0; at < lines.size();) {
          const std::size_t end = lines.find('\n', at);
          text += xml_code(std::string_view(lines).substr(at, end - at)) + "\n";
          at = end + 1;
        }
        suite.cases += fmt::format(">\n      <failure message=\"{}\" type=\"failure\">{}</failure>\n", xml_text(why(test)), text);
        break;
      }
      case TestStatus::Error:
        ++suite.errors;
        suite.cases += fmt::format(">\n      <error message=\"{}\" type=\"{}\"/>\n", xml_text(why(test)), xml_text(test.error_code));
        break;
    }
    suite.cases += "    </testcase>\n";
  }
  std::string body;
  Suite all;
  for (const Suite& suite : suites) {
    all.tests += suite.tests;
    all.failures += suite.failures;
    all.errors += suite.errors;
    body += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">\n{}  </testsuite>\n", xml_text(suite.file), suite.tests,
                        suite.failures, suite.errors, suite.skipped, seconds(suite.time_ns), suite.cases);
  }
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"psdl\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">\n{}</testsuites>\n", all.tests,
                     all.failures, all.errors, seconds(run.time_ns), body);
}

std::string tests_as_tap(const TestRun& run) {
  std::string out = fmt::format("TAP version 14\n1..{}{}\n", run.tests.size(), run.tests.empty() ? " # SKIP no tests" : "");
  std::size_t number = 0;
  for (const TestResult& test : run.tests) {
    const bool is_ok = test.outcome == TestStatus::Passed || test.outcome == TestStatus::Skipped;
    out += fmt::format("{} {} - {}", is_ok ? "ok" : "not ok", ++number, tap_description(test.file + " " + test.name));
    if (test.outcome == TestStatus::Skipped) out += " # SKIP todo";
    out += "\n";
    if (is_ok) continue;
    ordered_json tree = {{"message", visible(why(test))}, {"severity", test.outcome == TestStatus::Error ? "error" : "fail"}, {"file", visible(test.file)}, {"line", test.line}};
    out += tap_block(tree.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  }
  return out;
}

std::string tests_as_github(const TestRun& run) {
  std::string out;
  for (const TestResult& test : run.tests) {
    if (test.outcome == TestStatus::Passed || test.outcome == TestStatus::Skipped) continue;
    std::string file = test.file;
    std::uint32_t line = test.line;
    const TestFailure* failure = test.failure ? &*test.failure : nullptr;
    for (const LeafCase& one : leaves(test.cases)) {
      if (failure == nullptr && one.held->failure) failure = &*one.held->failure;
    }
    if (failure != nullptr) {
      file = failure->file;
      line = failure->line;
    }
    out += fmt::format("::error file={},line={},title={}::{}\n", github_property(file), line, github_property(test.name), github_message(why(test)));
  }
  const tools::TestCounts counts = run.counts();
  return out + fmt::format("{}: {} passed, {} failed, {}, {} skipped\n", plural(counts.all(), "test"), counts.passed, counts.failed, plural(counts.errors, "error"), counts.skipped);
}

}  // namespace psdl::report
