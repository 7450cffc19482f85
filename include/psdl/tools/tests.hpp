// Tests of rules. In: a policy built with EngineOptions::test_rules, whose rules `test_..` are its tests, or a rule and
// its cases.yaml; out: which pass, which fail and why, and which expressions were evaluated. For tools, without a
// promise.
//
//   psdl::tools::TestRunner runner(policy, options, problems);
//   psdl::tools::TestRun run;
//   for (std::size_t file = 0; file < runner.files(); ++file) {
//     for (psdl::tools::TestResult& test : runner.run(file)) run.tests.push_back(std::move(test));
//   }
//   run.coverage = runner.coverage();
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/psdl.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::tools {

enum class TestStatus : std::uint8_t { Passed, Failed, Skipped, Error };

// A part of a statement and its value, as text; columns count code points from 1. `line` counts from 0 in
// TestFailure::lines.
struct TestPart {
  std::size_t line = 0;
  std::uint32_t column = 0;
  std::string value;
};

// The statement that decided that a test failed.
struct TestFailure {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::vector<std::string> lines;  // its text
  std::vector<TestPart> parts;     // by place
  std::string reason;              // "the comparison is false", "`x` is not in {..}"; may be empty
  // Of an equality of collections: "- .spec.a: 1"; of a suite's case what constraints said.
  std::vector<std::string> diff;
  std::vector<std::string> why;    // what the rules that it asked failed at, the likeliest first; one, or all
};

// A case of a table test, `test_x[note]`; cases may have cases.
struct TestCase {
  std::string name;
  bool passed = false;
  std::vector<TestCase> cases;  // in the order in which they were begun
  std::optional<TestFailure> failure;
};

struct TestBench {
  std::uint64_t runs = 0;
  double ns_per_run = 0;
  double instructions_per_run = 0;
};

struct TestResult {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool is_of_suite = false;  // of a suite of gator; its file is the suite
  std::string package;  // "data.pods_test"; of cases.yaml the rule's; of suites empty
  std::string name;     // "test_caps"; of cases.yaml the note; of suites "TEST//CASE"
  std::string title;    // as it is shown: "test_caps[note]"
  TestStatus outcome = TestStatus::Passed;
  std::vector<TestCase> cases;
  std::optional<TestFailure> failure;
  std::string error;        // Error: what went wrong, one line or more
  std::string error_code;   // OPA's
  std::uint32_t error_line = 0;
  std::uint32_t error_column = 0;
  std::string error_file;
  std::string printed;      // lines of print()
  std::uint64_t time_ns = 0;
  std::optional<TestBench> bench;
};

struct TestCounts {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::size_t errors = 0;
  [[nodiscard]] std::size_t all() const { return passed + failed + skipped + errors; }
};

// From line and column up to, but not with, the end's column; columns count bytes, as OPA's do.
struct CoveredRange {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t end_line = 0;
  std::uint32_t end_column = 0;
  friend auto operator<=>(const CoveredRange&, const CoveredRange&) = default;
};

// Of one file: what `opa test --coverage` lists, and, of the expressions and heads that the file has, how many were
// evaluated.
struct FileCoverage {
  std::string file;
  std::vector<CoveredRange> covered;      // sorted
  std::vector<CoveredRange> not_covered;  // sorted
  std::size_t expressions = 0;
  std::size_t covered_expressions = 0;
  std::vector<std::uint32_t> covered_lines;
  std::vector<std::uint32_t> not_covered_lines;
};

struct Coverage {
  std::vector<FileCoverage> files;  // sorted by name
  [[nodiscard]] std::size_t expressions() const;
  [[nodiscard]] std::size_t covered_expressions() const;
  // 100 where there is nothing to cover.
  [[nodiscard]] double percent() const;
  [[nodiscard]] double line_percent() const;  // OPA's
};

// Files of both; of a file that both have, all that one of them covers.
void merge_coverage(Coverage& into, const Coverage& other);

struct TestRun {
  std::vector<TestResult> tests;
  std::optional<Coverage> coverage;
  std::uint64_t time_ns = 0;
  // A table test counts as its cases.
  [[nodiscard]] TestCounts counts() const;
};

struct TestOptions {
  std::string run;                 // a regular expression over "data.pkg.test_x"; empty: all
  bool coverage = false;
  bool bench = false;
  std::size_t count = 1;           // times that each test is run
  bool full_values = false;        // values are shown whole
  bool all_misses = false;         // TestFailure::why has all of them
  // An error of a builtin is one of the test; else it is undefined, as in `opa test`.
  bool strict_builtin_errors = false;
  std::optional<std::int64_t> now_ns = {};
  std::uint64_t seed = 0;
};

class TestRunner {
 public:
  // Problems: a regular expression that is none. Then there are no files.
  TestRunner(const Policy& policy, TestOptions options, DiagnosticList& problems);
  ~TestRunner();
  TestRunner(const TestRunner&) = delete;
  TestRunner& operator=(const TestRunner&) = delete;

  // Files that have tests that are wanted, by name. 0: nothing to run.
  [[nodiscard]] std::size_t files() const;
  // The tests of the file, in its order.
  [[nodiscard]] std::vector<TestResult> run(std::size_t file) const;
  // What all runs so far evaluated.
  [[nodiscard]] Coverage coverage() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// Whether the text is a list of cases for the rule beside it: a map with `cases`, each with a note.
[[nodiscard]] bool is_cases_file(std::string_view name, std::string_view text);
struct CasesFile {
  std::string name;  // "rules/extra/host_aliases/cases.yaml"
  std::string text;
  // The rule file beside it; of a level's cases every rule file of the pack, level.psdl first.
  std::vector<std::pair<std::string, std::string>> rules;
  bool is_level = false;
};
// Every case against the rule, compiled alone. `coverage` and `updated` may be null; `updated` becomes the text with
// the findings that the rule gives now wherever a case differs in nothing else.
[[nodiscard]] std::vector<TestResult> run_cases(const CasesFile& file, const EngineOptions& engine,
                                                const TestOptions& options, Coverage* coverage, std::string* updated);

// Reports; `style` is for Text alone.
enum class TestFormat : std::uint8_t { Text, Json, Junit, Tap, Github, OpaPretty, OpaJson, OpaBench };
[[nodiscard]] std::string render_tests(const TestRun& run, TestFormat format, const TextStyle& style = {});
enum class CoverageFormat : std::uint8_t { Text, Json, Lcov, Cobertura, OpaJson };
[[nodiscard]] std::string render_coverage(const Coverage& coverage, CoverageFormat format);

}  // namespace psdl::tools
