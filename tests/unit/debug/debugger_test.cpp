// Where an evaluation stops, and what is told of the way there: breakpoints by line and by rule, steps into calls, over them and out of them.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <functional>
#include <memory>

#include "codec/reader.hpp"
#include "debug/debugger.hpp"
#include "engine/policy.hpp"
#include "psdl/tools/debugger.hpp"
#include "value/text.hpp"

using namespace psdl;
using debug::Resume;

namespace {

using Lines = std::vector<std::string>;

std::string text_of(Span span, const debug::Inspector& at) {
  return std::string(at.program().sources[span.source]->text().substr(span.begin, span.end - span.begin));
}

class Recorder final : public debug::Host {
 public:
  explicit Recorder(std::vector<Resume> answers) : answers_(std::move(answers)) {}
  Resume on_stop(const debug::Stop& stop, const debug::Inspector& at) override {
    constexpr std::string_view kKinds[] = {"failed", "redone", "exhausted", "gave", "returned"};
    for (const debug::Happening& one : *stop.since) {
      std::string line = fmt::format("  {}", kKinds[static_cast<std::size_t>(one.kind)]);
      for (const debug::Variable& var : one.vars) line += fmt::format(" {}{}", var.name, var.value.is_defined() ? "=" + to_rego(var.value) : "");
      lines.push_back(line);
    }
    std::string line = text_of(stop.span, at) + (stop.is_behind ? " (behind)" : "");
    if (stop.cause == debug::Stop::Cause::Breakpoint) line = fmt::format("{}: {}", stop.breakpoint, line);
    for (const debug::Variable& var : at.vars(0)) line += fmt::format(" {}={}", var.name, to_rego(var.value));
    lines.push_back(line);
    return next_ < answers_.size() ? answers_[next_++] : Resume::Continue;
  }
  bool holds(std::uint32_t /*breakpoint*/, const debug::Inspector& at) override { return condition(at); }

  Lines lines;
  std::vector<std::shared_ptr<const void>> kept;  // what values of the outcome stand in
  std::function<bool(const debug::Inspector&)> condition = [](const debug::Inspector&) { return true; };

 private:
  std::vector<Resume> answers_;
  std::size_t next_ = 0;
};

Policy policy_of(std::string_view rules) {
  PolicyBuilder builder;
  builder.add_source("t.rego", rules, "t.rego");
  DiagnosticList problems;
  Policy policy = builder.build(problems);
  for (std::size_t i = 0; i < problems.size(); ++i) UNSCOPED_INFO(problems[i].message);
  REQUIRE(policy);
  return policy;
}

using Place = std::function<bool(const MarkedProgram& marked, debug::Breakpoint& made)>;

Outcome run(std::string_view rules, std::string_view rule, const std::vector<Place>& places, Recorder& recorder, Resume first, bool is_conditional = false) {
  const Policy policy = policy_of(rules);
  const MarkedProgram& marked = policy.impl()->marked_program();
  std::vector<debug::Breakpoint> breakpoints;
  for (const Place& place : places) {
    debug::Breakpoint made;
    made.number = static_cast<std::uint32_t>(breakpoints.size() + 1);
    made.is_conditional = is_conditional;
    REQUIRE(place(marked, made));
    breakpoints.push_back(made);
  }
  debug::Debugger debugger(marked.info, breakpoints, recorder, first);
  const auto arena = std::make_shared<Arena>();
  recorder.kept = {policy.impl(), arena};
  Machine machine(marked.program, Limits());
  RunRequest request;
  request.function = marked.program->find_function(rule);
  REQUIRE(request.function != kNoIndex);
  return debug::observe(machine, marked.info, *arena, request, debugger);
}

Place line(std::uint32_t number) {
  return [number](const MarkedProgram& marked, debug::Breakpoint& made) { return debug::place_on_line(*marked.program, marked.info, 0, number, made); };
}
Place rule(std::string path) {
  return [path](const MarkedProgram& marked, debug::Breakpoint& made) { return debug::place_on_rule(*marked.program, path, made); };
}

constexpr std::string_view kLoop = "package p\ns contains x if {\n  some x in [1, 2]\n  x > 1\n}";
constexpr std::string_view kCall = "package p\nok if {\n  x := 2\n  even(x)\n  x > 1\n}\neven(n) if {\n  r := n % 2\n  r == 0\n}";

}  // namespace

TEST_CASE("a breakpoint on a line stops each time that its statement begins") {
  Recorder recorder({});
  const Outcome outcome = run(kLoop, "data.p.s", {line(4)}, recorder, Resume::Continue);
  CHECK(recorder.lines == Lines{"1: x > 1 x=1", "1: x > 1 x=2"});
  CHECK(to_rego(outcome.value) == "{2}");
}

TEST_CASE("a condition is asked each time, and only what it holds for stops") {
  Recorder recorder({});
  recorder.condition = [](const debug::Inspector& at) { return to_rego(at.vars(0).at(0).value) == "2"; };
  static_cast<void>(run(kLoop, "data.p.s", {line(4)}, recorder, Resume::Continue, true));
  CHECK(recorder.lines == Lines{"1: x > 1 x=2"});
}

TEST_CASE("a breakpoint on a rule stops at each of its bodies, one on the line of a head at that") {
  const std::string_view rules = "package p\nr := 1 if {\n  false\n} else := 2 if {\n  true\n}";
  Recorder on_rule({});
  static_cast<void>(run(rules, "data.p.r", {rule("data.p.r")}, on_rule, Resume::Continue));
  REQUIRE(on_rule.lines.size() == 2);
  Recorder on_line({});
  static_cast<void>(run(rules, "data.p.r", {line(2)}, on_line, Resume::Continue));
  CHECK(on_line.lines.size() == 1);
  const Policy policy = policy_of(rules);
  const MarkedProgram& marked = policy.impl()->marked_program();
  debug::Breakpoint nowhere;
  CHECK_FALSE(debug::place_on_line(*marked.program, marked.info, 0, 99, nowhere));
  CHECK_FALSE(debug::place_on_rule(*marked.program, "data.p.other", nowhere));
}

TEST_CASE("steps tell what failed, what was gone back to, and that it has nothing more") {
  Recorder recorder({Resume::Into, Resume::Into, Resume::Into, Resume::Into});
  static_cast<void>(run(kLoop, "data.p.s", {}, recorder, Resume::Into));
  CHECK(recorder.lines == Lines{"some x in [1, 2]", "x > 1 x=1", "  failed", "  redone x=2", "x > 1 x=2", "  gave", "  exhausted x", "some x in [1, 2] (behind)"});
}

TEST_CASE("into a call, over it, out of it") {
  Recorder into({Resume::Into, Resume::Into, Resume::Out, Resume::Over});
  static_cast<void>(run(kCall, "data.p.ok", {}, into, Resume::Into));
  CHECK(into.lines == Lines{"x := 2", "even(x) x=2", "r := n % 2 n=2", "  gave", "  returned", "even(x) x=2", "x > 1 x=2"});
  Recorder over({Resume::Over, Resume::Over, Resume::Over});
  static_cast<void>(run(kCall, "data.p.ok", {}, over, Resume::Into));
  CHECK(over.lines == Lines{"x := 2", "even(x) x=2", "  gave", "  returned", "x > 1 x=2"});
}

TEST_CASE("over a statement that holds others inside") {
  const std::string_view rules = "package p\nr if {\n  xs := [y | some y in [1, 2]; y > 1]\n  count(xs) == 1\n}";
  Recorder over({Resume::Over});
  static_cast<void>(run(rules, "data.p.r", {}, over, Resume::Into));
  CHECK(over.lines == Lines{"xs := [y | some y in [1, 2]; y > 1]", "count(xs) == 1 xs=[2]"});
}

TEST_CASE("a stop ends the evaluation") {
  Recorder recorder({Resume::End});
  const Outcome outcome = run(kLoop, "data.p.s", {line(4)}, recorder, Resume::Continue);
  REQUIRE(outcome.halt.has_value());
  CHECK(outcome.halt->code == EvalCode::Cancelled);
  CHECK(recorder.lines.size() == 1);
}

TEST_CASE("the seam for hosts: queries, frames, expressions where the rule stands, the input") {
  const Policy policy = policy_of(std::string(kCall) + "\nt if { some c in input.cs; c.on == true }\nhelper := 7");
  tools::Debugger debugger(policy);
  DiagnosticList problems;
  const std::string text = R"({"cs": [{"name": "a"}, {"name": "b"}]})";
  const auto input = tools::LoadedInput::load(policy, text, DocumentFormat::Json, "in.json", problems);
  REQUIRE(input);
  debugger.set_input(input);
  std::string problem;
  CHECK(debugger.add_breakpoint("t.rego:99", "", problem) == 0);
  CHECK(problem == "no expression begins at t.rego:99");
  REQUIRE(debugger.add_breakpoint("t.rego:11", "c.name == \"b\"", problem) == 1);
  Lines seen;
  const Query query = prepare_query(policy, "data.p.t", problems);
  REQUIRE(query);
  const tools::DebugAnswer answer = debugger.run(query, [&](tools::DebugStop& stop) {
    seen.push_back(fmt::format("{}:{} {}", stop.frames.front().place.file, stop.frames.front().place.line, stop.frames.front().rule));
    for (const tools::DebugVariable& var : stop.locals(0, 100)) seen.push_back(fmt::format("{}={}", var.name, var.value));
    seen.push_back(stop.evaluate(0, "{c.name, helper}").text);
    seen.push_back(stop.evaluate(0, "c.off").is_defined ? "defined" : "undefined");
    seen.push_back(stop.evaluate(0, "count(input.cs)").text);
    seen.push_back(stop.evaluate(0, "nothing(").errors.empty() ? "no error" : "error");
    return tools::DebugResume::Continue;
  });
  CHECK(seen == Lines{"t.rego:11 data.p.t", "c={\"name\": \"b\"}", "{7, \"b\"}", "undefined", "2", "error"});
  CHECK(answer.rows.empty());
  CHECK(answer.errors.empty());
  CHECK(input.keys("cs[1]") == Lines{"name"});
  CHECK_FALSE(tools::LoadedInput::load(policy, "{", DocumentFormat::Json, "bad.json", problems));
  CHECK(input.document_name() == "in.json");
  debugger.remove_breakpoint(1);
  CHECK(debugger.run(query, [&](tools::DebugStop&) { return tools::DebugResume::End; }).is_ended == false);
}
