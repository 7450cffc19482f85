// A run of tests for people: file by file, each test a line, each failure with the values that decided it.
#include <fmt/format.h>

#include "report/display.hpp"
#include "report/escape.hpp"
#include "report/snippet.hpp"
#include "report/test_parts.hpp"
#include "report/words.hpp"

namespace psdl::report {
namespace {

using tools::TestFailure;
using tools::TestStatus;
using tools::TestResult;
using tools::TestRun;

constexpr std::size_t kTitleWidth = 45;

std::string milliseconds(std::uint64_t time_ns) {
  const double ms = static_cast<double>(time_ns) / 1e6;
  return ms < 10 ? fmt::format("{:.2f} ms", ms) : fmt::format("{:.0f} ms", ms);
}

class TextWriter {
 public:
  explicit TextWriter(const tools::TextStyle& style) : style_(style) {}

  std::string write(const TestRun& run) {
    const std::string* file = nullptr;
    for (const TestResult& test : run.tests) {
      if (file == nullptr || *file != test.file) begin_file(test, run);
      file = &test.file;
      // Of a suite those that pass are told by their number.
      if (!test.is_of_suite || test.outcome == TestStatus::Failed || test.outcome == TestStatus::Error) one(test);
    }
    if (!run.tests.empty()) out_ += "\n";
    summary(run);
    return std::move(out_);
  }

 private:
  void begin_file(const TestResult& first, const TestRun& run) {
    out_ += visible(first.file);
    if (first.is_of_suite) suite(first, run);
    out_ += "\n";
  }

  // " (gator Suite)  ok 7/7"
  void suite(const TestResult& first, const TestRun& run) {
    std::size_t counts[4] = {};
    const TestResult* const end = run.tests.data() + run.tests.size();
    for (const TestResult* test = &first; test != end && test->file == first.file; ++test) ++counts[static_cast<std::size_t>(test->outcome)];
    const auto of = [&](TestStatus outcome) { return counts[static_cast<std::size_t>(outcome)]; };
    const std::size_t run_at_all = of(TestStatus::Passed) + of(TestStatus::Failed) + of(TestStatus::Error);
    TestStatus worst = run_at_all == 0 ? TestStatus::Skipped : TestStatus::Passed;
    if (of(TestStatus::Failed) > 0) worst = TestStatus::Failed;
    if (of(TestStatus::Error) > 0) worst = TestStatus::Error;
    out_ += " (gator Suite)  ";
    append_painted(out_, outcome_word(worst), paint(worst), style_);
    if (run_at_all > 0) out_ += fmt::format(" {}/{}", of(TestStatus::Passed), run_at_all);
    if (run_at_all > 0 && of(TestStatus::Skipped) > 0) out_ += fmt::format(", {} skipped", of(TestStatus::Skipped));
  }

  void one(const TestResult& test) {
    std::string line;
    append_painted(line, fmt::format("{:<5}", outcome_word(test.outcome)), paint(test.outcome), style_);
    line.insert(0, "  ");
    out_ += line + " " + fmt::format("{:<{}} ", visible(test.title), kTitleWidth - 1);
    if (test.outcome != TestStatus::Skipped) out_ += milliseconds(test.time_ns);
    cases_summary(test);
    if (test.bench) out_ += fmt::format("   {} runs, {:.0f} ns and {:.0f} instructions each", test.bench->runs, test.bench->ns_per_run, test.bench->instructions_per_run);
    while (out_.ends_with(' ')) out_.pop_back();
    out_ += "\n";
    if (test.outcome == TestStatus::Failed && !test.cases.empty()) cases(test.cases, 8);
    if (test.outcome != TestStatus::Passed) details(test);
    if (!test.printed.empty() && test.outcome != TestStatus::Passed) printed(test.printed);
  }

  void cases_summary(const TestResult& test) {
    if (test.cases.empty()) return;
    std::size_t passed = 0;
    const std::vector<LeafCase> all = leaves(test.cases);
    for (const LeafCase& one : all) passed += one.held->passed ? 1 : 0;
    out_ += passed == all.size() ? fmt::format("   {}", plural(all.size(), "case")) : fmt::format("   {} of {} passed", passed, plural(all.size(), "case"));
  }

  void cases(const std::vector<tools::TestCase>& all, std::size_t indent) {
    for (const tools::TestCase& one : all) {
      const TestStatus outcome = one.passed ? TestStatus::Passed : TestStatus::Failed;
      out_ += std::string(indent, ' ');
      append_painted(out_, fmt::format("{:<4}", outcome_word(outcome)), paint(outcome), style_);
      out_ += fmt::format(" \"{}\"\n", visible(one.name));
      if (!one.cases.empty()) cases(one.cases, indent + 2);
    }
  }

  void details(const TestResult& test) {
    if (test.outcome == TestStatus::Error) {
      if (test.error_line > 0) out_ += fmt::format("    {}:{}:{}: ", visible(test.error_file), test.error_line, test.error_column);
      std::string indent = test.error_line > 0 ? "" : "    ";
      for (std::size_t at = 0; at <= test.error.size();) {
        const std::size_t end = std::min(test.error.find('\n', at), test.error.size());
        out_ += indent + visible(std::string_view(test.error).substr(at, end - at)) + "\n";
        indent = "    ";
        at = end + 1;
      }
      return;
    }
    if (test.failure) failure(*test.failure, "");
    for (const LeafCase& one : leaves(test.cases)) {
      if (one.held->failure) failure(*one.held->failure, test.cases.size() > 1 ? one.name : "");
    }
  }

  void failure(const TestFailure& failure, const std::string& of_case) {
    out_ += fmt::format("    {}:{}:{}", visible(failure.file), failure.line, failure.column);
    if (!of_case.empty()) out_ += fmt::format("   case \"{}\"", visible(of_case));
    out_ += "\n";
    for (const std::string& line : drawn_failure(failure, style_.ascii)) out_ += "    " + line + "\n";
  }

  void printed(const std::string& text) {
    out_ += "    printed:\n";
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      out_ += "      " + visible(std::string_view(text).substr(at, end - at)) + "\n";
      at = end + 1;
    }
  }

  void summary(const TestRun& run) {
    const tools::TestCounts counts = run.counts();
    out_ += fmt::format("{}: {} passed", plural(counts.all(), "test"), counts.passed);
    if (counts.failed > 0) out_ += fmt::format(", {} failed", counts.failed);
    if (counts.errors > 0) out_ += fmt::format(", {}", plural(counts.errors, "error"));
    if (counts.skipped > 0) out_ += fmt::format(", {} skipped", counts.skipped);
    if (run.coverage) coverage(*run.coverage);
    out_ += "   " + milliseconds(run.time_ns) + "\n";
  }

  void coverage(const tools::Coverage& covered) {
    out_ += fmt::format("   coverage {:.1f} % ({}/{} expressions", covered.percent(), covered.covered_expressions(), covered.expressions());
    for (const tools::FileCoverage& file : covered.files) {
      if (!file.not_covered_lines.empty()) out_ += fmt::format("; {}: {}", visible(file.file), line_ranges(file.not_covered_lines));
    }
    out_ += ")";
  }

  static Paint paint(TestStatus outcome) {
    switch (outcome) {
      case TestStatus::Passed: return Paint::Green;
      case TestStatus::Skipped: return Paint::Yellow;
      case TestStatus::Failed:
      case TestStatus::Error: return Paint::Red;
    }
    return Paint::None;
  }

  const tools::TextStyle& style_;
  std::string out_;
};

}  // namespace

std::string tests_as_text(const TestRun& run, const tools::TextStyle& style) { return TextWriter(style).write(run); }

}  // namespace psdl::report
