// A run of tests in the words of `opa test`: its text, its JSON, Go's benchmark lines.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "report/escape.hpp"
#include "report/test_parts.hpp"

namespace psdl::report {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using tools::TestCase;
using tools::TestStatus;
using tools::TestResult;
using tools::TestRun;

std::string_view word(TestStatus outcome) {
  switch (outcome) {
    case TestStatus::Passed: return "PASS";
    case TestStatus::Failed: return "FAIL";
    case TestStatus::Skipped: return "SKIPPED";
    case TestStatus::Error: return "ERROR";
  }
  return "";
}

// As Go writes a duration.
std::string duration(std::uint64_t ns) {
  if (ns < 1'000) return fmt::format("{}ns", ns);
  if (ns < 1'000'000) return fmt::format("{:.6g}µs", static_cast<double>(ns) / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{:.9g}ms", static_cast<double>(ns) / 1e6);
  return fmt::format("{:.12g}s", static_cast<double>(ns) / 1e9);
}

void append_cases(std::string& out, const std::vector<TestCase>& cases, std::size_t depth) {
  std::vector<const TestCase*> sorted;
  for (const TestCase& one : cases) sorted.push_back(&one);
  std::sort(sorted.begin(), sorted.end(), [](const TestCase* a, const TestCase* b) { return a->name < b->name; });
  for (const TestCase* one : sorted) {
    if (!one->passed) out += fmt::format("{}{}: FAIL\n", std::string(depth, ' '), visible(one->name));
    append_cases(out, one->cases, depth + 2);
  }
}

// Indented line by line, with an empty line around.
std::string printed(std::string_view text) {
  std::string out = "\n";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += "  " + visible(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out + "\n";
}

json sub_results(const std::vector<TestCase>& cases) {
  json all = json::object();
  for (const TestCase& one : cases) {
    json tree = {{"name", one.name}};
    if (!one.passed) tree["fail"] = true;
    if (!one.cases.empty()) tree["sub_results"] = sub_results(one.cases);
    all[one.name] = std::move(tree);
  }
  return all;
}

}  // namespace

std::string tests_as_opa_text(const TestRun& run) {
  std::string out;
  const std::string line(80, '-');
  for (const TestResult& test : run.tests) {
    if (test.outcome == TestStatus::Passed) continue;
    const std::string name = test.package.empty() ? visible(test.name) : fmt::format("{}.{}", test.package, test.name);
    out += fmt::format("{}:{}:\n{}: {}", visible(test.file), test.line, name, word(test.outcome));
    out += test.outcome == TestStatus::Skipped ? "\n" : fmt::format(" ({})\n", duration(test.time_ns));
    append_cases(out, test.cases, 2);
    if (!test.printed.empty()) out += printed(test.printed);
    if (test.outcome == TestStatus::Error) {
      out += test.error_line > 0 ? fmt::format("  {}:{}: {}: {}\n", test.error_file, test.error_line, test.error_code, test.error) : fmt::format("  {}\n", test.error);
    }
  }
  if (!out.empty()) out += line + "\n";
  const tools::TestCounts counts = run.counts();
  const auto add = [&](std::string_view name, std::size_t count) {
    if (count > 0) out += fmt::format("{}: {}/{}\n", name, count, counts.all());
  };
  add("PASS", counts.passed);
  add("FAIL", counts.failed);
  add("SKIPPED", counts.skipped);
  add("ERROR", counts.errors);
  return out;
}

std::string tests_as_opa_json(const TestRun& run) {
  ordered_json all = ordered_json::array();
  for (const TestResult& test : run.tests) {
    ordered_json tree = {{"location", {{"file", test.file}, {"row", test.line}, {"col", test.column}}}, {"package", test.package}, {"name", test.name}};
    if (test.outcome == TestStatus::Failed) tree["fail"] = true;
    if (test.outcome == TestStatus::Error) {
      tree["error"] = {{"code", test.error_code}, {"message", test.error}};
      if (test.error_line > 0) tree["error"]["location"] = {{"file", test.error_file}, {"row", test.error_line}, {"col", test.error_column}};
    }
    if (test.outcome == TestStatus::Skipped) tree["skip"] = true;
    tree["duration"] = test.time_ns;
    if (!test.cases.empty()) tree["sub_results"] = sub_results(test.cases);
    all.push_back(std::move(tree));
  }
  return json_visible(all.dump(2, ' ', false, ordered_json::error_handler_t::replace)) + "\n";
}

std::string tests_as_opa_bench(const TestRun& run) {
  std::string out;
  for (const TestResult& test : run.tests) {
    if (!test.bench) continue;
    std::string name = "Benchmark";
    bool is_first = true;
    for (const char c : test.package + "." + test.name) {
      if (c == '.' || c == '_') {
        is_first = true;
        continue;
      }
      name += is_first ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
      is_first = false;
    }
    out += fmt::format("{}\t{:8}\t{:10.0f} ns/op\n", name, test.bench->runs, test.bench->ns_per_run);
  }
  return out;
}

}  // namespace psdl::report
