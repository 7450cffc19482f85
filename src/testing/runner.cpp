// Test rules found and run. In: a policy; out: results, file by file.
//
// A test runs on the optimised program. Where it does not hold it runs once more on the marked one, which tells why; table tests, whose cases only the
// marked program tells, and tests under coverage run there alone.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <unordered_map>

#include "builtins/patterns.hpp"
#include "compiler/plan_rules.hpp"
#include "compiler/test_rules.hpp"
#include "debug/why_words.hpp"
#include "engine/policy.hpp"
#include "psdl/tools/tests.hpp"
#include "runtime/findings.hpp"
#include "testing/assertion.hpp"
#include "testing/cover.hpp"
#include "testing/misses.hpp"
#include "value/text.hpp"

namespace psdl::tools {
namespace {

using Clock = std::chrono::steady_clock;

struct Test {
  TestResult shown;      // place and names
  std::string path;      // of the function: "data.pods_test.test_caps"
  bool is_todo = false;
  bool is_table = false; // a partial object: its keys are cases
};

struct TestFile {
  std::string name;
  std::vector<Test> tests;
};

// As OPA writes a name in a ref.
std::string ref_text(std::span<ast::Term* const> parts) { return function_path(parts); }

bool is_table(const ast::Rule& rule) {
  if (rule.is_function() || rule.head->is_multi_value()) return false;
  return (rule.head->key != nullptr && rule.head->value != nullptr) || rule.head->has_dynamic_ref();
}

// "test_caps[tc.note]" as the source has it.
std::string title_of(const Source& source, Span head, const std::string& name) {
  const std::string_view text = source.text().substr(head.begin, head.end - head.begin);
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos) return name;
  int depth = 0;
  std::size_t end = open;
  for (; end < text.size() && text[end] != '\n'; ++end) {
    depth += text[end] == '[' ? 1 : text[end] == ']' ? -1 : 0;
    if (depth == 0 && (end + 1 == text.size() || text[end + 1] != '[')) break;
  }
  return name + std::string(text.substr(open, end + 1 - open));
}

Test make_test(const ast::Rule& rule, const ast::Ref& path, const Policy::Impl& policy) {
  Test made;
  const std::size_t package = rule.module->package->path.size();
  const std::size_t size = test_name_size(rule.head->reference);
  const Source& source = *policy.sources[rule.span.source];
  const LineColumn place = source.line_column(rule.span.begin);
  made.shown.file = source.name();
  made.shown.line = place.line;
  made.shown.column = place.column;
  made.shown.package = ref_text(path.slice(0, package));
  made.path = ref_text(path.slice(0, package + size));
  const auto* first = rule.head->reference[0]->as<ast::Var>();
  made.shown.name = first != nullptr ? std::string(first->name) : std::string();
  made.shown.name += ref_text(path.slice(package, size)).substr(std::string_view("data").size());
  made.is_todo = test_name(rule.head->reference).starts_with(kTodoPrefix);
  made.is_table = is_table(rule);
  made.shown.title = made.is_table ? title_of(source, rule.head->span, made.shown.name) : made.shown.name;
  return made;
}

// Where in `cases` the names lead to, made on the way.
TestCase& case_at(std::vector<TestCase>& cases, std::span<const std::string> names) {
  auto found = std::find_if(cases.begin(), cases.end(), [&](const TestCase& one) { return one.name == names[0]; });
  if (found == cases.end()) {
    cases.push_back({std::string(names[0]), false, {}, std::nullopt});
    found = cases.end() - 1;
  }
  return names.size() == 1 ? *found : case_at(found->cases, names.subspan(1));
}

// Of the table's value; false where some case of it is.
bool take_values(const Value& value, std::vector<TestCase>& cases) {
  bool passed = true;
  for (std::size_t i = 0; i < value.as_object().size(); ++i) {
    const Value& held = value.as_object().values()[i];
    const std::string name = testing::case_name(value.as_object().keys()[i]);
    TestCase& made = case_at(cases, std::span(&name, 1));
    made.passed = held.is_object() ? take_values(held, made.cases) : held.is_true();
    passed = passed && made.passed;
  }
  return passed;
}

// A case with cases fails where one of them does, or where it never was.
bool settle(std::vector<TestCase>& cases) {
  bool passed = true;
  for (TestCase& one : cases) {
    if (!one.cases.empty()) one.passed = settle(one.cases);
    passed = passed && one.passed;
  }
  return passed;
}

void count_cases(const std::vector<TestCase>& cases, TestCounts& counts) {
  for (const TestCase& one : cases) {
    if (!one.cases.empty()) {
      count_cases(one.cases, counts);
    } else {
      ++(one.passed ? counts.passed : counts.failed);
    }
  }
}

}  // namespace

struct TestRunner::Impl {
  std::shared_ptr<const Policy::Impl> policy;
  TestOptions options;
  std::int64_t now_ns = 0;
  std::vector<TestFile> files;
  std::unordered_map<std::string_view, std::uint32_t> functions;  // of the program
  std::unordered_map<std::string_view, std::uint32_t> marked;     // of the marked one
  std::unique_ptr<const testing::OpaIndex> index;                 // under coverage
  mutable std::mutex query_mutex;  // one query at a time may be compiled against a policy
  mutable std::mutex covered_mutex;
  mutable testing::CoveredPlaces covered;

  void find_tests(DiagnosticList& problems);
  void index_functions();
};

void TestRunner::Impl::find_tests(DiagnosticList& problems) {
  std::unique_ptr<Regex> wanted;
  if (!options.run.empty()) {
    std::string error;
    std::string_view limit;
    wanted = Regex::compile(options.run, policy->limits, error, limit);
    if (wanted == nullptr) {
      problems.add_error("bad_pattern", fmt::format("`{}` is no regular expression: {}", options.run, error.empty() ? std::string(limit) : error), {}, "-r takes what Go and RE2 take");
      return;
    }
  }
  const std::vector<ast::Ref> paths = policy->checked->rule_paths();
  std::size_t at = 0;
  for (const auto& module : policy->checked->modules()) {
    for (const ast::Rule* rule : module->rules) {
      const ast::Ref& path = paths[at++];
      const std::string_view name = test_name(rule->head->reference);
      // What OPA skips is named todo_test_.. : a .rego file has the same tests here.
      const bool is_rego = policy->sources[rule->span.source]->name().ends_with(".rego");
      if (!name.starts_with(kTestPrefix) && !name.starts_with(is_rego ? kOpaTodoPrefix : kTodoPrefix)) continue;
      Test test = make_test(*rule, path, *policy);
      if (wanted != nullptr && !wanted->matches(test.path)) continue;
      const auto is_same = [&](const TestFile& file) { return file.name == test.shown.file; };
      auto file = std::find_if(files.begin(), files.end(), is_same);
      if (file == files.end()) file = files.insert(files.end(), TestFile{test.shown.file, {}});
      file->tests.push_back(std::move(test));
    }
  }
  std::sort(files.begin(), files.end(), [](const TestFile& a, const TestFile& b) { return a.name < b.name; });
}

void TestRunner::Impl::index_functions() {
  const auto add = [](const Program& program, auto& into) {
    for (std::uint32_t i = 0; i < program.functions.size(); ++i) into.emplace(program.functions[i].path, i);
  };
  add(*policy->program(), functions);
  add(*policy->marked_program().program, marked);
  static_cast<void>(policy->snapshot());
  if (options.coverage) index = std::make_unique<const testing::OpaIndex>(*policy->checked);
}

namespace {

// Runs the tests of one file: what one thread has.
class FileRun {
 public:
  explicit FileRun(const TestRunner::Impl& runner)
      : runner_(runner), machine_(runner.policy->program(), runner.policy->limits), marked_(runner.policy->marked_program().program, runner.policy->limits) {
    arena_.set_limit(runner.policy->limits.memory_bytes);
  }

  TestResult run(const Test& test) {
    TestResult result = test.shown;
    if (test.is_todo) {
      result.outcome = TestStatus::Skipped;
      return result;
    }
    const Clock::time_point begin = Clock::now();
    for (std::size_t i = 0; i < runner_.options.count; ++i) {
      result = test.shown;
      run_once(test, result);
      if (result.outcome != TestStatus::Passed) break;
    }
    result.time_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(Clock::now() - begin).count());
    if (runner_.options.bench && result.outcome == TestStatus::Passed) result.bench = bench(test);
    return result;
  }

  testing::CoveredPlaces covered;

 private:
  void run_once(const Test& test, TestResult& result) {
    const auto function = runner_.functions.find(test.path);
    const auto marked = runner_.marked.find(test.path);
    if (function == runner_.functions.end() || marked == runner_.marked.end()) {
      run_document(test, result);
      return;
    }
    if (runner_.policy->program()->functions[function->second].kind == FunctionKind::Function) {
      result.outcome = TestStatus::Error;
      result.error_code = "rego_type_error";
      result.error = fmt::format("function {} used as reference, not called", test.path);
      result.error_file = result.file;
      result.error_line = result.line;
      result.error_column = result.column;
      return;
    }
    if (!test.is_table && !runner_.options.coverage) {
      arena_.reset();
      const Outcome outcome = machine_.run(arena_, request(function->second, &result.printed));
      if (outcome.value.is_true() && !error_of(outcome)) return;
    }
    run_marked(test, marked->second, result);
  }

  void run_marked(const Test& test, std::uint32_t function, TestResult& result) {
    arena_.reset();
    const DebugInfo& info = runner_.policy->marked_program().info;
    std::optional<testing::CoverageListener> coverage;
    if (runner_.options.coverage) coverage.emplace(info, *runner_.index, covered);
    testing::AssertionListener assertion(function, runner_.options.full_values, coverage ? &*coverage : nullptr);
    const bool is_first = test.is_table || runner_.options.coverage;
    const Outcome outcome = debug::observe(marked_, info, arena_, request(function, is_first ? &result.printed : nullptr), assertion);
    if (const EvalError* error = error_of(outcome)) {
      fail(*error, *runner_.policy->marked_program().program, result);
      return;
    }
    if (test.is_table) {
      take_table(outcome.value, assertion, result);
    } else if (!outcome.value.is_true()) {
      result.outcome = TestStatus::Failed;
      result.failure = assertion.failure();
      if (outcome.value.is_defined() && result.failure.has_value()) result.failure->reason = fmt::format("the test's value is {}", to_short_rego(outcome.value));
    }
    if (result.outcome == TestStatus::Failed) tell_misses(function, assertion, result);
  }

  // By a run of its own: tests that pass never pay for it.
  void tell_misses(std::uint32_t function, const testing::AssertionListener& assertion, TestResult& result) {
    arena_.reset();
    const MarkedProgram& marked = runner_.policy->marked_program();
    testing::MissListener misses(function);
    const Outcome outcome = debug::observe(marked_, marked.info, arena_, request(function, nullptr), misses);
    if (error_of(outcome) != nullptr) return;
    misses.finish();
    const auto tell = [&](const std::vector<std::string>& names, std::optional<TestFailure>& failure) {
      if (!failure.has_value()) return;
      const WhyAnswer answer = debug::describe(misses.of_case(names), *marked.program, marked.info, outcome.value, nullptr, {});
      failure->why = testing::miss_lines(answer, runner_.options.all_misses);
    };
    tell({}, result.failure);
    for (const auto& begun : assertion.cases()) tell(begun.names, case_at(result.cases, begun.names).failure);
  }

  // Cases in the order in which they were begun; those that never passed are missing in the value.
  static void take_table(const Value& value, const testing::AssertionListener& assertion, TestResult& result) {
    for (const auto& begun : assertion.cases()) case_at(result.cases, begun.names).failure = begun.failure;
    bool passed = value.is_defined();
    if (value.is_object()) passed = take_values(value, result.cases);
    passed = settle(result.cases) && passed;
    drop_reasons_of_passed(result.cases);
    result.outcome = passed ? TestStatus::Passed : TestStatus::Failed;
    if (!passed && result.cases.empty()) result.failure = assertion.failure();
  }
  static void drop_reasons_of_passed(std::vector<TestCase>& cases) {
    for (TestCase& one : cases) {
      if (one.passed) one.failure.reset();
      drop_reasons_of_passed(one.cases);
    }
  }

  // A name that is no rule but a document of several: `test_x.a if ..` and `test_x.b if ..`.
  void run_document(const Test& test, TestResult& result) {
    DiagnosticList problems;
    Query query;
    {
      const std::lock_guard<std::mutex> lock(runner_.query_mutex);
      query = prepare_query(Policy(runner_.policy), test.path, problems);
    }
    if (!query) {
      result.outcome = TestStatus::Error;
      result.error = problems.empty() ? std::string("the test cannot be asked") : std::string(problems[0].message);
      return;
    }
    Machine machine(query.impl()->program, runner_.policy->limits);
    arena_.reset();
    const Outcome outcome = machine.run(arena_, request(query.impl()->function, &result.printed));
    if (const EvalError* error = error_of(outcome)) {
      fail(*error, *query.impl()->program, result);
      return;
    }
    const bool has_row = outcome.value.is_array() && outcome.value.length() > 0;
    const Value value = has_row ? outcome.value.as_array()[0].as_array()[1].as_array()[0] : Value();
    if (test.is_table && value.is_object()) {
      result.outcome = take_values(value, result.cases) ? TestStatus::Passed : TestStatus::Failed;
    } else if (!value.is_true()) {
      result.outcome = TestStatus::Failed;
    }
  }

  [[nodiscard]] RunRequest request(std::uint32_t function, std::string* printed) const {
    RunRequest made;
    made.function = function;
    made.data = runner_.policy->snapshot()->root;
    made.facts.now_ns = runner_.now_ns;
    made.facts.seed = runner_.options.seed;
    made.print_sink = printed;
    return made;
  }

  [[nodiscard]] const EvalError* error_of(const Outcome& outcome) const {
    if (outcome.halt.has_value()) return &*outcome.halt;
    return runner_.options.strict_builtin_errors && outcome.builtin_error.has_value() ? &*outcome.builtin_error : nullptr;
  }

  static void fail(const EvalError& error, const Program& program, TestResult& result) {
    const Problem problem = evaluation_problem(error, program, {});
    result.outcome = TestStatus::Error;
    result.error = problem.message;
    result.error_code = problem.code;
    result.error_file = problem.place.file;
    result.error_line = problem.place.line;
    result.error_column = problem.place.column;
  }

  TestBench bench(const Test& test) {
    const auto function = runner_.functions.find(test.path);
    TestBench made;
    if (function == runner_.functions.end()) return made;
    constexpr std::int64_t kLong = 200'000'000;
    std::uint64_t instructions = 0;
    const Clock::time_point begin = Clock::now();
    std::int64_t spent = 0;
    while (spent < kLong) {
      for (int i = 0; i < 16; ++i) {
        arena_.reset();
        instructions += machine_.run(arena_, request(function->second, nullptr)).instructions;
        ++made.runs;
      }
      spent = std::chrono::nanoseconds(Clock::now() - begin).count();
    }
    made.ns_per_run = static_cast<double>(spent) / static_cast<double>(made.runs);
    made.instructions_per_run = static_cast<double>(instructions) / static_cast<double>(made.runs);
    return made;
  }

  const TestRunner::Impl& runner_;
  Arena arena_;
  Machine machine_;
  Machine marked_;
};

}  // namespace

TestRunner::TestRunner(const Policy& policy, TestOptions options, DiagnosticList& problems) : impl_(std::make_unique<Impl>()) {
  impl_->policy = policy.impl();
  impl_->options = std::move(options);
  impl_->now_ns = impl_->options.now_ns.value_or(clock_ns());
  if (impl_->policy->checked == nullptr) {
    problems.add_error("image_tests", "a program image has no tests", {}, "test the sources that it was built from");
    return;
  }
  impl_->find_tests(problems);
  if (!impl_->files.empty()) impl_->index_functions();
}
TestRunner::~TestRunner() = default;

std::size_t TestRunner::files() const { return impl_->files.size(); }

std::vector<TestResult> TestRunner::run(std::size_t file) const {
  FileRun run(*impl_);
  std::vector<TestResult> results;
  for (const Test& test : impl_->files[file].tests) results.push_back(run.run(test));
  if (impl_->options.coverage) {
    const std::lock_guard<std::mutex> lock(impl_->covered_mutex);
    impl_->covered.add(run.covered);
  }
  return results;
}

Coverage TestRunner::coverage() const {
  const std::lock_guard<std::mutex> lock(impl_->covered_mutex);
  return testing::report_coverage(*impl_->policy, impl_->covered);
}

TestCounts TestRun::counts() const {
  TestCounts counts;
  for (const TestResult& test : tests) {
    switch (test.outcome) {
      case TestStatus::Skipped: ++counts.skipped; break;
      case TestStatus::Error: ++counts.errors; break;
      case TestStatus::Passed:
      case TestStatus::Failed:
        if (!test.cases.empty()) {
          count_cases(test.cases, counts);
        } else {
          ++(test.outcome == TestStatus::Passed ? counts.passed : counts.failed);
        }
        break;
    }
  }
  return counts;
}

std::size_t Coverage::expressions() const {
  std::size_t all = 0;
  for (const FileCoverage& file : files) all += file.expressions;
  return all;
}
std::size_t Coverage::covered_expressions() const {
  std::size_t all = 0;
  for (const FileCoverage& file : files) all += file.covered_expressions;
  return all;
}
double Coverage::percent() const {
  const std::size_t all = expressions();
  return all == 0 ? 100.0 : 100.0 * static_cast<double>(covered_expressions()) / static_cast<double>(all);
}
double Coverage::line_percent() const {
  std::size_t covered = 0;
  std::size_t all = 0;
  for (const FileCoverage& file : files) {
    covered += file.covered_lines.size();
    all += file.covered_lines.size() + file.not_covered_lines.size();
  }
  return all == 0 ? 0.0 : 100.0 * static_cast<double>(covered) / static_cast<double>(all);
}

}  // namespace psdl::tools
