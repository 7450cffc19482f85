#include "cli/test_suites.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/gator.hpp"
#include "cli/gator_files.hpp"
#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "psdl/tools/gator.hpp"

namespace psdl::cli {
namespace {

using tools::SuiteOutcome;
using tools::SuiteStatus;
using tools::TestResult;
using tools::TestStatus;

TestStatus status_of(SuiteStatus status) {
  switch (status) {
    case SuiteStatus::Passed: return TestStatus::Passed;
    case SuiteStatus::Failed: return TestStatus::Failed;
    case SuiteStatus::Broken: return TestStatus::Error;
    case SuiteStatus::Skipped: return TestStatus::Skipped;
  }
  return TestStatus::Error;
}

std::string line_of(const std::string& text, std::uint32_t number) {
  std::size_t begin = 0;
  for (; number > 1 && begin != std::string::npos; --number) {
    const std::size_t newline = text.find('\n', begin);
    begin = newline == std::string::npos ? newline : newline + 1;
  }
  if (begin == std::string::npos) return {};
  std::string line = text.substr(begin, text.find('\n', begin) - begin);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

// What constraints said of a case's object, and where.
std::vector<std::string> said(const std::vector<tools::GatekeeperResult>& results) {
  std::vector<std::string> lines;
  for (const tools::GatekeeperResult& result : results) {
    const Location& at = result.finding.location;
    lines.push_back(fmt::format("{} says: {}", result.constraint, result.message));
    if (at.line > 0) lines.back() += fmt::format(" ({}:{}:{})", at.file, at.line, at.column);
  }
  if (lines.empty()) lines.emplace_back("no constraint says anything of the object");
  return lines;
}

// Outcomes of one suite to results of a run.
class Results {
 public:
  Results(const SuiteOutcome& suite, const std::string& text, bool is_filtered, std::vector<TestResult>& results,
          DiagnosticList& warnings)
      : suite_(suite), text_(text), is_filtered_(is_filtered), results_(results), warnings_(warnings) {}

  void add_all() {
    // A suite that is skipped has no names for a filter to take.
    if (suite_.status == SuiteStatus::Skipped && !is_filtered_) add("suite", suite_.status, 0);
    if (suite_.problems.has_errors()) tell_problems(add("suite", SuiteStatus::Broken, suite_.time_ns), suite_.problems);
    if (!suite_.problems.has_errors()) warnings_.append(suite_.problems);
    for (const tools::TestOutcome& test : suite_.tests) {
      if (test.is_chosen) add_test(test);
    }
  }

 private:
  void add_test(const tools::TestOutcome& test) {
    if (test.cases.empty()) {
      tell(add(test.name, test.status, test.time_ns), test.problems, test.error, {});
      return;
    }
    warnings_.append(test.problems);
    for (const tools::CaseOutcome& one : test.cases) {
      if (!one.is_chosen) continue;
      TestResult& result = add(fmt::format("{}//{}", test.name, one.name), one.status, one.time_ns);
      result.printed = one.printed;
      tell(result, one.problems, one.error, said(one.results));
    }
  }

  TestResult& add(const std::string& name, SuiteStatus status, std::int64_t time_ns) {
    TestResult& made = results_.emplace_back();
    made.is_of_suite = true;
    made.file = suite_.name;
    made.line = made.column = 1;
    made.name = made.title = name;
    made.outcome = status_of(status);
    made.time_ns = static_cast<std::uint64_t>(time_ns);
    return made;
  }

  // `error`: gator's words, for what has no place.
  void tell(TestResult& result, const DiagnosticList& problems, const std::string& error,
            std::vector<std::string> details) {
    if (result.outcome == TestStatus::Passed || result.outcome == TestStatus::Skipped) {
      warnings_.append(problems);
      return;
    }
    if (result.outcome == TestStatus::Error) {
      result.error = error;
      tell_problems(result, problems);
      return;
    }
    tools::TestFailure& failure = result.failure.emplace();
    failure.file = result.file;
    failure.line = failure.column = 1;
    failure.reason = error;
    failure.diff = std::move(details);
    for (std::size_t i = problems.size(); i-- > 0;) {
      const DiagnosticView problem = problems[i];
      if (!problem.is_error) continue;
      failure.reason = problem.message;
      if (problem.line > 0 && problem.file == suite_.name) {
        result.line = failure.line = problem.line;
        result.column = failure.column = problem.column;
      }
    }
    failure.lines = {line_of(text_, failure.line)};
  }

  // The first error has its place beside the message; the others follow with theirs.
  static void tell_problems(TestResult& result, const DiagnosticList& problems) {
    bool is_first = true;
    for (std::size_t i = 0; i < problems.size(); ++i) {
      const DiagnosticView problem = problems[i];
      if (!problem.is_error) continue;
      if (!is_first) {
        result.error += fmt::format("\n{}:{}:{}: {}", problem.file, problem.line, problem.column, problem.message);
        continue;
      }
      is_first = false;
      result.error = problem.message;
      result.error_code = problem.code;
      result.error_file = problem.file;
      result.error_line = problem.line;
      result.error_column = problem.column;
      if (problem.file == result.file && problem.line > 0) {
        result.line = problem.line;
        result.column = problem.column;
      }
    }
    if (is_first) result.error_code = "gatekeeper_suite";
  }

  const SuiteOutcome& suite_;
  const std::string& text_;
  bool is_filtered_;
  std::vector<TestResult>& results_;
  DiagnosticList& warnings_;
};

}  // namespace

bool run_suites(const SuiteRequest& request, const Globals& globals, std::vector<TestResult>& results) {
  if (request.files.empty()) return true;
  tools::VerifyOptions options;
  options.how.engine = request.engine;
  options.how.now_ns = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  options.how.prints = true;
  options.keeps_findings = false;  // of cases that fail they are there all the same
  options.filter = request.filter;
  std::vector<tools::SuiteFile> files;
  for (const auto& [name, text] : request.files) files.push_back({absolute_path(name), name, {}});
  const DiskFiles disk;
  tools::SuiteRunner runner(disk, options);
  DiagnosticList problems;
  const bool is_well = runner.read(files, problems);
  show(problems, globals);
  if (!is_well) return false;
  std::vector<SuiteOutcome> outcomes(runner.size());
  for_each_index(runner.size(), request.threads, [&](std::size_t i) { outcomes[i] = runner.run(i); });
  DiagnosticList warnings;
  for (const SuiteOutcome& outcome : outcomes) {
    const auto file = std::find_if(request.files.begin(), request.files.end(),
                                   [&](const auto& one) { return one.first == outcome.name; });
    Results(outcome, file->second, !request.filter.empty(), results, warnings).add_all();
  }
  warnings.append(tools::verify_notes(outcomes));
  if (!globals.quiet) show(warnings, globals);
  return true;
}

}  // namespace psdl::cli
