// What `gator verify` prints at its end, to the letter (SPEC 11.6).
#include <fmt/format.h>

#include <algorithm>

#include "psdl/tools/gator.hpp"

namespace psdl::tools {
namespace {

constexpr std::size_t kMostPrinted = 1024U * 1024;  // of one case

bool is_failure(SuiteStatus status) {
  return status == SuiteStatus::Failed || status == SuiteStatus::Broken;
}

std::string seconds(std::int64_t time_ns) {
  return fmt::format("{:.3f}s", static_cast<double>(time_ns) / 1e9);
}

// Every line indented by eight blanks.
void append_printed(std::string& out, std::string_view printed) {
  if (printed.empty()) return;
  out += "        === PRINT ===\n";
  const bool is_cut = printed.size() > kMostPrinted;
  printed = printed.substr(0, kMostPrinted);
  while (!printed.empty()) {
    const std::size_t end = std::min(printed.find('\n'), printed.size());
    out += fmt::format("        {}\n", printed.substr(0, end));
    printed.remove_prefix(std::min(end + 1, printed.size()));
  }
  if (is_cut) out += "        ... additional print output truncated ...\n";
}

// With -v at the level of the case's own lines.
void append_trace(std::string& out, const CaseOutcome& one, bool is_verbose) {
  const std::string_view prefix = is_verbose ? "    --- " : "";
  std::string_view lines = one.trace;
  out += fmt::format("{}TRACE: {}\t", prefix, one.name);
  for (std::size_t end = lines.find('\n'); end != std::string_view::npos; end = lines.find('\n')) {
    out += fmt::format("{}\n{}", lines.substr(0, end), prefix);
    lines.remove_prefix(end + 1);
  }
  out += fmt::format("{}\n", lines);
}

void append_case(std::string& out, const CaseOutcome& one, bool is_verbose) {
  if (one.status == SuiteStatus::Skipped) {
    if (is_verbose) out += fmt::format("    === SKIP  {}\n", one.name);
    return;
  }
  if (is_verbose) {
    out += fmt::format("    === RUN   {}\n", one.name);
    append_printed(out, one.printed);
  }
  if (is_failure(one.status)) {
    out += fmt::format("    --- FAIL: {}\t({})\n        {}\n", one.name, seconds(one.time_ns), one.error);
  } else if (is_verbose) {
    out += fmt::format("    --- PASS: {}\t({})\n", one.name, seconds(one.time_ns));
  }
  if (!one.trace.empty()) append_trace(out, one, is_verbose);
}

void append_test(std::string& out, const TestOutcome& test, bool is_verbose) {
  if (test.status == SuiteStatus::Skipped) {
    if (is_verbose) out += fmt::format("=== SKIP  {}\n", test.name);
    return;
  }
  if (is_verbose) out += fmt::format("=== RUN   {}\n", test.name);
  for (const CaseOutcome& one : test.cases) append_case(out, one, is_verbose);
  if (is_failure(test.status)) {
    out += fmt::format("--- FAIL: {}\t({})\n", test.name, seconds(test.time_ns));
    if (!test.error.empty()) out += fmt::format("  {}\n", test.error);
  } else if (is_verbose) {
    out += fmt::format("--- PASS: {}\t({})\n", test.name, seconds(test.time_ns));
  }
}

}  // namespace

std::string gator_verify_text(std::span<const SuiteOutcome> suites, bool is_verbose) {
  std::string out;
  bool any_failure = false;
  for (const SuiteOutcome& suite : suites) {
    for (const TestOutcome& test : suite.tests) append_test(out, test, is_verbose);
    any_failure = any_failure || is_failure(suite.status);
    out += fmt::format("{}\t{}\t{}\n", is_failure(suite.status) ? "FAIL" : "ok", suite.name, seconds(suite.time_ns));
  }
  out += any_failure ? "FAIL\n\n" : "PASS\n\n";
  return out;
}

}  // namespace psdl::tools
