// Outcomes of suites in PSDL's own words: text for people, JSON for machines. The same run gives the same bytes: no
// times.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "gatekeeper/json_members.hpp"
#include "psdl/tools/gator.hpp"
#include "runtime/problem.hpp"

namespace psdl::tools {
namespace {

using gatekeeper::json_list;
using gatekeeper::json_quoted;
using gatekeeper::JsonMembers;

constexpr SuiteStatus kStatuses[] = {SuiteStatus::Passed, SuiteStatus::Failed, SuiteStatus::Broken,
                                     SuiteStatus::Skipped};

std::string_view word(SuiteStatus status) {
  switch (status) {
    case SuiteStatus::Passed: return "ok";
    case SuiteStatus::Failed: return "FAIL";
    case SuiteStatus::Broken: return "ERROR";
    case SuiteStatus::Skipped: return "skip";
  }
  return {};
}

std::string_view name_of(SuiteStatus status) {
  switch (status) {
    case SuiteStatus::Passed: return "passed";
    case SuiteStatus::Failed: return "failed";
    case SuiteStatus::Broken: return "error";
    case SuiteStatus::Skipped: return "skipped";
  }
  return {};
}

bool is_bad(SuiteStatus status) {
  return status == SuiteStatus::Failed || status == SuiteStatus::Broken;
}

struct Totals {
  std::size_t by_status[4] = {};
  std::size_t suites = 0;
  std::size_t tests = 0;

  explicit Totals(std::span<const SuiteOutcome> all) : suites(all.size()) {
    for (const SuiteOutcome& suite : all) {
      tests += suite.tests.size();
      for (const SuiteStatus status : kStatuses) by_status[static_cast<std::size_t>(status)] += suite.count(status);
    }
  }
  [[nodiscard]] std::size_t of(SuiteStatus status) const { return by_status[static_cast<std::size_t>(status)]; }
  [[nodiscard]] std::size_t cases() const { return by_status[0] + by_status[1] + by_status[2] + by_status[3]; }
};

// --- text

class TextWriter {
 public:
  TextWriter(const TextStyle& style, bool is_verbose) : style_(style), is_verbose_(is_verbose) {}

  void suite(const SuiteOutcome& suite) {
    const std::size_t passed = suite.count(SuiteStatus::Passed);
    const std::size_t all = passed + suite.count(SuiteStatus::Failed) + suite.count(SuiteStatus::Broken);
    out_ += fmt::format("{}  {}", escaped(suite.name), painted(suite.status));
    if (suite.status != SuiteStatus::Skipped) out_ += fmt::format(" {}/{}", passed, all);
    out_ += '\n';
    problems(suite.problems);
    for (const TestOutcome& test : suite.tests) this->test(test);
  }

  void summary(const Totals& totals) {
    if (style_.quiet) return;
    std::string parts;
    for (const SuiteStatus status : kStatuses) {
      if (totals.of(status) == 0 && status != SuiteStatus::Passed) continue;
      const std::string count = status == SuiteStatus::Broken
                                    ? plural(totals.of(status), "error")
                                    : fmt::format("{} {}", totals.of(status), name_of(status));
      parts += fmt::format("{}{}", parts.empty() ? "" : ", ", count);
    }
    out_ += fmt::format("{}, {}, {}: {}\n", plural(totals.suites, "suite"), plural(totals.tests, "test"),
                        plural(totals.cases(), "case"), parts);
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void test(const TestOutcome& test) {
    const bool has_trace = std::any_of(test.cases.begin(), test.cases.end(), [](const CaseOutcome& one) { return !one.trace.empty(); });
    if (!is_verbose_ && !has_trace && !is_bad(test.status)) return problems(test.problems);
    out_ += fmt::format("  {} {}\n", painted(test.status), escaped(test.name));
    problems(test.problems);
    for (const CaseOutcome& one : test.cases) {
      if (is_verbose_ || is_bad(one.status) || !one.trace.empty()) {
        out_ += fmt::format("    {} {}\n", painted(one.status), escaped(one.name));
        lines("print", one.printed);
        lines("trace", one.trace);
      }
      problems(one.problems);
    }
  }

  void lines(std::string_view of, std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      out_ += fmt::format("      {}: {}\n", of, escaped(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  void problems(const DiagnosticList& list) {
    if (!list.empty()) out_ += render_diagnostics(list, style_);
  }

  [[nodiscard]] std::string escaped(std::string_view text) const { return escape_for_terminal(text, style_.ascii); }

  [[nodiscard]] std::string painted(SuiteStatus status) const {
    if (!style_.color || status == SuiteStatus::Skipped) return std::string(word(status));
    return fmt::format("\x1b[{}m{}\x1b[0m", is_bad(status) ? 31 : 32, word(status));
  }

  const TextStyle& style_;
  bool is_verbose_;
  std::string out_;
};

// --- JSON

std::string problems_json(const DiagnosticList& list) {
  std::string out = "[";
  for (std::size_t i = 0; i < list.size(); ++i) {
    const DiagnosticView one = list[i];
    JsonMembers json;
    json.text("code", one.code)
        .text("severity", one.is_error ? "error" : "warning")
        .text("message", one.message)
        .text_if("file", one.file);
    if (one.line > 0) json.number("line", one.line).number("column", one.column);
    out += (i > 0 ? "," : "") + json.done();
  }
  return out + "]";
}

std::string result_json(const GatekeeperResult& result) {
  JsonMembers json;
  json.text("constraint", result.constraint).text("action", result.action);
  if (!result.scoped_actions.empty())
    json.raw("scopedActions",
             json_list(result.scoped_actions, [](const std::string& action) { return json_quoted(action); }));
  json.text("message", result.message).raw("details", result.details_json.empty() ? "{}" : result.details_json);
  const Finding& finding = result.finding;
  json.text("path", finding.path);
  JsonMembers location;
  location.text("file", finding.location.file);
  if (finding.location.line > 0)
    location.number("line", finding.location.line).number("column", finding.location.column);
  json.raw("location", location.done());
  JsonMembers source;
  source.text("file", finding.source_file);
  if (finding.source_line > 0) source.number("line", finding.source_line);
  return json.raw("source", source.done()).done();
}

void add_outcome(JsonMembers& json, SuiteStatus status, const std::string& error, const DiagnosticList& problems) {
  json.text("status", name_of(status)).text_if("error", error);
  if (!problems.empty()) json.raw("problems", problems_json(problems));
}

std::string case_json(const CaseOutcome& one) {
  JsonMembers json;
  json.text("name", one.name).text("object", one.object);
  if (!one.inventory.empty())
    json.raw("inventory", json_list(one.inventory, [](const std::string& path) { return json_quoted(path); }));
  add_outcome(json, one.status, one.error, one.problems);
  return json.text_if("printed", one.printed).text_if("trace", one.trace).raw("results", json_list(one.results, result_json)).done();
}

std::string test_json(const TestOutcome& test) {
  JsonMembers json;
  json.text("name", test.name);
  add_outcome(json, test.status, test.error, test.problems);
  return json.raw("cases", json_list(test.cases, case_json)).done();
}

std::string suite_json(const SuiteOutcome& suite) {
  JsonMembers json;
  json.text("file", suite.name);
  add_outcome(json, suite.status, {}, suite.problems);
  return json.raw("tests", json_list(suite.tests, test_json)).done();
}

}  // namespace

std::string verify_text(std::span<const SuiteOutcome> suites, const TextStyle& style, bool is_verbose) {
  TextWriter writer(style, is_verbose);
  for (const SuiteOutcome& suite : suites) writer.suite(suite);
  writer.summary(Totals(suites));
  return writer.take();
}

DiagnosticList verify_notes(std::span<const SuiteOutcome> suites) {
  DiagnosticList notes;
  std::set<std::tuple<std::string, std::string, std::uint32_t>> seen;
  for (const SuiteOutcome& suite : suites) {
    for (const TestOutcome& test : suite.tests) {
      for (const Problem& note : test.notes.impl().items) {
        // What is true of many templates is said at the first.
        const bool is_of_all = note.code == "gatekeeper_cel";
        const auto [at, is_new] = seen.emplace(note.message, is_of_all ? std::string() : note.place.file, is_of_all ? 0 : note.place.line);
        if (is_new) notes.impl().items.push_back(note);
      }
    }
  }
  return notes;
}

std::string verify_json(std::span<const SuiteOutcome> suites, int exit_code) {
  const Totals totals(suites);
  JsonMembers summary;
  summary.number("suites", totals.suites).number("tests", totals.tests).number("cases", totals.cases());
  for (const SuiteStatus status : kStatuses) summary.number(name_of(status), totals.of(status));
  JsonMembers json;
  json.text("schema", "psdl/verify/v1")
      .raw("suites", json_list(suites, suite_json))
      .raw("summary", summary.number("exit", static_cast<std::uint64_t>(exit_code)).done());
  return json.done() + "\n";
}

}  // namespace psdl::tools
