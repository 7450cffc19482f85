// Streams through the library: large lists from inputs that can go back and that cannot, and evaluations inside evaluations.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "psdl/psdl.hpp"

using namespace psdl;

namespace {

Policy host_network() {
  PolicyBuilder builder;
  builder.add_source("rule.psdl", "package example\n\ndeny contains \"host network\" if input.spec.hostNetwork == true\n", "rule.psdl");
  DiagnosticList problems;
  return builder.build(problems);
}

// 4,000 pods, the last of them bad, and text behind them.
std::string large_list(std::string_view tail) {
  std::string text = "apiVersion: v1\nitems:\n";
  for (int i = 0; i < 4000; ++i) text += "- kind: Own\n  metadata: {name: web-" + std::to_string(i) + "}\n  spec: {hostNetwork: " + (i == 3999 ? "true" : "false") + "}\n";
  return text.append(tail);
}

struct Outcome {
  std::size_t evaluated = 0;
  std::size_t errors = 0;
  std::vector<std::string> findings;  // "line:column"
};

void note(Outcome& outcome, const Verdict& verdict) {
  if (verdict.status == Status::Error) ++outcome.errors;
  for (const Finding& finding : verdict.findings) outcome.findings.push_back(std::to_string(finding.location.line) + ":" + std::to_string(finding.location.column));
}

Outcome run(const InputStream& stream) {
  Evaluator evaluator(host_network());
  Outcome outcome;
  outcome.evaluated = evaluator.evaluate(stream, DocumentFormat::Auto, "list.yaml", [&](const Verdict& verdict) {
    note(outcome, verdict);
    return true;
  });
  return outcome;
}

// A pipe, or a file that can be read again.
struct Source {
  std::string text;
  std::size_t at = 0;
  std::size_t went_back = 0;

  InputStream stream(bool can_go_back) {
    InputStream made;
    made.read = [this](char* bytes, std::size_t size) {
      const std::size_t taken = text.copy(bytes, size, at);
      at += taken;
      return static_cast<std::ptrdiff_t>(taken);
    };
    if (!can_go_back) return made;
    made.keep = [](std::uint64_t, std::string_view) { return true; };
    made.go_back = [this](std::uint64_t offset) {
      at = static_cast<std::size_t>(offset);
      ++went_back;
      return true;
    };
    return made;
  }
};

}  // namespace

TEST_CASE("a large list is judged item by item, with its place in the whole stream") {
  const std::vector<std::string> wanted = {"12002:10"};
  for (const bool can_go_back : {false, true}) {
    Source source{large_list("kind: List\n---\nkind: Own\n")};
    const Outcome outcome = run(source.stream(can_go_back));
    CHECK(outcome.evaluated == 4002);  // the list itself and the pod behind it
    CHECK(outcome.errors == 0);
    CHECK(outcome.findings == wanted);
    CHECK(source.went_back == (can_go_back ? 1 : 0));
  }
}

TEST_CASE("of a large list that is not well nothing is judged") {
  for (const bool can_go_back : {false, true}) {
    Source source{large_list("kind: List\nkind: List\n")};
    const Outcome outcome = run(source.stream(can_go_back));
    CHECK(outcome.evaluated == 0);
    CHECK(outcome.errors == 1);
    CHECK(outcome.findings.empty());
  }
}

TEST_CASE("a list that changes between its two readings is an error") {
  Source source{large_list("kind: List\n")};
  InputStream stream = source.stream(true);
  const auto go_back = stream.go_back;
  stream.go_back = [&](std::uint64_t offset) {
    source.text.resize(source.text.size() / 2);
    return go_back(offset);
  };
  const Outcome outcome = run(stream);
  CHECK(outcome.errors == 1);
}

TEST_CASE("each verdict may be the occasion to evaluate something else") {
  Evaluator evaluator(host_network());
  Outcome outer;
  Outcome inner;
  evaluator.evaluate("kind: Own\n---\nkind: Own\nspec: {hostNetwork: true}\n", DocumentFormat::Auto, "outer.yaml", [&](const Verdict& verdict) {
    note(outer, verdict);
    evaluator.evaluate("spec:\n  hostNetwork: true\n", DocumentFormat::Auto, "inner.yaml", [&](const Verdict& other) {
      note(inner, other);
      return true;
    });
    return true;
  });
  CHECK(outer.findings == std::vector<std::string>{"4:8"});
  CHECK(inner.findings == std::vector<std::string>{"2:3", "2:3"});
}
