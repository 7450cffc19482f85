// What a listener hears of an evaluation: expressions, values, failures with their cause, vars by the user's names, and that it can end the run.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "codec/reader.hpp"
#include "debug/observe.hpp"
#include "engine/policy.hpp"
#include "value/text.hpp"

using namespace psdl;
using debug::Event;
using debug::EventKind;
using debug::Failure;

namespace {

constexpr std::string_view kFailures[] = {"", "false", "undefined", "error", "no collection", "exhausted", "inner"};

class Recorder final : public debug::Listener {
 public:
  explicit Recorder(bool with_values = false) : with_values_(with_values) {}
  bool on_event(const Event& event, const debug::Inspector& at) override {
    if (on_each) on_each(event, at);
    const std::string text(text_of(event.span, at));
    const std::string function = at.program().functions[event.function].path;
    switch (event.kind) {
      case EventKind::Call: add(event, "call " + function); break;
      case EventKind::Body: break;
      case EventKind::Yield: add(event, fmt::format("yield {}", to_rego(event.value))); break;
      case EventKind::Return: add(event, fmt::format("return {}", event.value.is_defined() ? to_rego(event.value) : "undefined")); break;
      case EventKind::Enter: add(event, "enter " + text); break;
      case EventKind::Redo: add(event, "redo " + text); break;
      case EventKind::Element: add(event, "element " + to_rego(event.value)); break;
      case EventKind::Value:
        if (with_values_) add(event, fmt::format("value {} is {}", text, to_rego(event.value)));
        break;
      case EventKind::Held: add(event, "held " + text); break;
      case EventKind::Failed: add(event, failed(event, text)); break;
      case EventKind::Case: add(event, "case " + to_rego(event.value)); break;
      case EventKind::Missed: break;
    }
    return lines.size() < most;
  }

  std::vector<std::string> lines;
  std::size_t most = SIZE_MAX;
  std::function<void(const Event&, const debug::Inspector&)> on_each;

 private:
  static std::string_view text_of(Span span, const debug::Inspector& at) {
    return at.program().sources[span.source]->text().substr(span.begin, span.end - span.begin);
  }
  static std::string failed(const Event& event, std::string_view text) {
    std::string made = fmt::format("failed {}: {}", text, kFailures[static_cast<std::size_t>(event.failure)]);
    if (event.missing.is_defined()) made += fmt::format(", {} is not in {}", to_rego(event.missing), to_rego(event.container));
    if (event.value.is_defined()) made += ", " + to_rego(event.value);
    if (event.other.is_defined()) made += " against " + to_rego(event.other);
    if (!event.error.empty()) made += fmt::format(", {}", event.error);
    if (event.failure == Failure::Exhausted) made += fmt::format(" after {}", event.count);
    return made;
  }
  void add(const Event& event, const std::string& text) { lines.push_back(std::string((event.depth - 1) * 2, ' ') + text); }

  bool with_values_;
};

Outcome observe(std::string_view rules, std::string_view rule, std::string_view input, Recorder& recorder) {
  PolicyBuilder builder;
  builder.add_source("t.rego", rules, "t.rego");
  DiagnosticList problems;
  const Policy policy = builder.build(problems);
  for (std::size_t i = 0; i < problems.size(); ++i) UNSCOPED_INFO(problems[i].message);
  REQUIRE(policy);
  const MarkedProgram& marked = policy.impl()->marked_program();
  const Limits limits;
  Arena arena;
  Machine machine(marked.program, limits);
  RunRequest request;
  request.function = marked.program->find_function(rule);
  REQUIRE(request.function != kNoIndex);
  ReadOptions how;
  how.key_table = marked.program->keys;
  Reader reader;
  const Result<Document, ReadError> read = reader.read(input, Format::Json, how);
  REQUIRE(read);
  request.input = read->root();
  return debug::observe(machine, marked.info, arena, request, recorder);
}

std::vector<std::string> lines_of(std::string_view rules, std::string_view rule, std::string_view input, bool with_values = false) {
  Recorder recorder(with_values);
  static_cast<void>(observe(rules, rule, input, recorder));
  return recorder.lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a comparison of values, and the element that it failed for") {
  const Lines lines = lines_of("package p\nr if { not input.a; every x in input.l { x > 1 } }", "data.p.r", R"({"l": [2, 1]})");
  CHECK(lines == Lines{"call data.p.r", "enter not input.a", "held not input.a", "enter input.l", "held input.l", "enter every x in input.l { x > 1 }", "element 2",
                       "enter x > 1", "held x > 1", "element 1", "enter x > 1", "failed x > 1: false, 1 against 1", "failed every x in input.l { x > 1 }: inner",
                       "return undefined"});
}

TEST_CASE("a read that finds nothing tells the key and where it was looked for") {
  const Lines lines = lines_of("package p\ns contains c.name if { some c in input.cs; c.on == true }", "data.p.s", R"({"cs": [{"off": 1}, {"on": true, "name": "b"}]})");
  CHECK(lines == Lines{"call data.p.s", "enter some c in input.cs", "element {\"off\": 1}", "held some c in input.cs", "enter c.on == true",
                       "failed c.on: undefined, \"on\" is not in {\"off\": 1}", "redo some c in input.cs", "element {\"name\": \"b\", \"on\": true}",
                       "held some c in input.cs", "enter c.on == true", "held c.on == true", "enter c.name", "held c.name", "yield \"b\"", "redo some c in input.cs",
                       "failed input.cs: exhausted after 2", "return {\"b\"}"});
}

TEST_CASE("else branches are tried one after the other") {
  const Lines lines = lines_of("package p\nr := 1 if { input.a == 1 } else := 2 if { input.b[0] == input.c } else := 3", "data.p.r", R"({"a": 2, "b": [5], "c": 6})");
  CHECK(lines == Lines{"call data.p.r", "enter input.a == 1", "failed input.a == 1: false, 2 against 1", "enter input.b[0] == input.c",
                       "failed input.b[0] == input.c: false, 5 against 6", "enter else", "held else", "yield 3", "return 3"});
}

TEST_CASE("rules are called under what `with` puts there, and one that is remembered is not called again") {
  CHECK(lines_of("package p\nr if q == 3 with input.x as 3\nq := input.x", "data.p.r", R"({"x": 2})") ==
        Lines{"call data.p.r", "enter q == 3 with input.x as 3", "  call data.p.q", "  enter input.x", "  held input.x", "  yield 3", "  return 3",
              "held q == 3 with input.x as 3", "yield true", "return true"});
  CHECK(lines_of("package p\nr if { q; q }\nq if not input.b", "data.p.r", "{}") == Lines{"call data.p.r", "enter q", "  call data.p.q", "  enter not input.b", "  held not input.b",
                                                                                        "  yield true", "  return true", "held q", "enter q", "held q", "yield true", "return true"});
}

TEST_CASE("a builtin's error, what is no collection, and what decided inside") {
  CHECK(lines_of("package p\nr if to_number(input.a) > 1", "data.p.r", R"({"a": "z"})")[4] ==
        "failed to_number(input.a): error, to_number: strconv.ParseFloat: parsing \"z\": invalid syntax");
  CHECK(lines_of("package p\nr if some x in input.a", "data.p.r", R"({"a": "z"})")[2] == "failed input.a: no collection, \"z\"");
  const std::string_view rule = "package p\nimport rego.v2\nr if { not { x := input.a; x > 1 } }\nr if { input.a == 1 or input.a == 3 }";
  CHECK(lines_of(rule, "data.p.r", R"({"a": 2})") ==
        Lines{"call data.p.r", "enter not { x := input.a; x > 1 }", "enter x := input.a", "held x := input.a", "enter x > 1", "held x > 1",
              "failed not { x := input.a; x > 1 }: inner", "enter input.a == 1 or input.a == 3", "enter input.a == 1", "failed input.a == 1: false, 2 against 1",
              "enter input.a == 3", "failed input.a == 3: false, 2 against 3", "failed input.a == 1 or input.a == 3: inner", "return undefined"});
}

TEST_CASE("parts have values, those of comprehensions too") {
  const Lines lines = lines_of("package p\nr if count([x | some x in input.l; x > 1]) == f(1)\nf(n) := n + 0", "data.p.r", R"({"l": [1, 2]})", true);
  const auto has = [&](std::string_view line) { return std::find(lines.begin(), lines.end(), line) != lines.end(); };
  CHECK(has("value [x | some x in input.l; x > 1] is [2]"));
  CHECK(has("value count([x | some x in input.l; x > 1]) is 1"));
  CHECK(has("value f(1) is 1"));
  CHECK(has("  value n + 0 is 1"));
}

TEST_CASE("vars are shown under the user's names, while they have a value") {
  Recorder recorder;
  Lines seen;
  recorder.on_each = [&](const Event& event, const debug::Inspector& at) {
    if (event.kind != EventKind::Enter || at.depth() == 0) return;
    std::string line;
    for (const debug::Variable& var : at.vars(0)) line += fmt::format("{}={} ", var.name, to_rego(var.value));
    seen.push_back(line);
  };
  static_cast<void>(observe("package p\nr if { some i, c in input.l; y := [z | z := c + 1; z > 0]; g(y, i) }\ng(a, b) if a[0] > b", "data.p.r", R"({"l": [7]})", recorder));
  CHECK(seen == Lines{"", "i=0 c=7 ", "i=0 c=7 ", "i=0 c=7 z=8 ", "i=0 c=7 z=8 ", "i=0 c=7 y=[8] ", "a=[8] b=0 ", "a=[8] b=0 "});
}

TEST_CASE("a listener ends the evaluation") {
  Recorder recorder;
  recorder.most = 3;
  const Outcome outcome = observe("package p\nr if { some x in input; x > 5 }", "data.p.r", "[1, 2, 3]", recorder);
  REQUIRE(outcome.halt.has_value());
  CHECK(outcome.halt->code == EvalCode::Cancelled);
  CHECK(recorder.lines.size() == 3);
}

TEST_CASE("a query is watched like a rule, with the rules that it reads") {
  PolicyBuilder builder;
  builder.add_source("t.rego", "package p\nq := 2", "t.rego");
  DiagnosticList problems;
  const Policy policy = builder.build(problems);
  const Query query = prepare_query(policy, "x := data.p.q; x > 1", problems);
  REQUIRE(query);
  const MarkedProgram& marked = query.impl()->marked_program();
  Machine machine(marked.program, Limits());
  Arena arena;
  RunRequest request;
  request.function = marked.program->find_function("query");
  Recorder recorder;
  const Outcome outcome = debug::observe(machine, marked.info, arena, request, recorder);
  CHECK(recorder.lines.at(1) == "enter x := data.p.q");
  CHECK(recorder.lines.at(2) == "  call data.p.q");
  CHECK(to_rego(outcome.value) == "[[{\"x\": 2}, [true, true]]]");
}
