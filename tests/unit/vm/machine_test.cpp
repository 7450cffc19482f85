// The VM on plans made by hand: loops, labels, scopes, memory of rules, limits, and what the tracing twin notes.
#include <catch2/catch.hpp>

#include "builtins/registry.hpp"
#include "plan/plan.hpp"
#include "value/text.hpp"
#include "vm/machine.hpp"

using namespace psdl;
using plan::ExprKind;
using plan::StepKind;

namespace {

plan::Expr constant(const Value& value) {
  plan::Expr made;
  made.constant = value;
  return made;
}
plan::Expr slot(plan::SlotNumber number) {
  plan::Expr made;
  made.kind = ExprKind::Slot;
  made.slot = number;
  return made;
}
plan::Expr input() {
  plan::Expr made;
  made.kind = ExprKind::Input;
  return made;
}
plan::Expr rule(std::uint32_t function) {
  plan::Expr made;
  made.kind = ExprKind::Rule;
  made.function = function;
  return made;
}
plan::Expr dot(plan::Expr container, std::string_view name) {
  plan::Expr made;
  made.kind = ExprKind::Dot;
  made.operands = {std::move(container), constant(Value::string(name))};
  return made;
}
plan::Step step(StepKind kind, plan::Expr a) {
  plan::Step made;
  made.kind = kind;
  made.a = std::move(a);
  return made;
}
plan::Step scan(plan::Expr collection, plan::SlotNumber value) {
  plan::Step made = step(StepKind::Scan, std::move(collection));
  made.value = value;
  return made;
}
plan::Step equals(plan::Expr a, plan::Expr b) {
  plan::Step made = step(StepKind::Equal, std::move(a));
  made.b = std::move(b);
  return made;
}
plan::Step negation(plan::Steps body) {
  plan::Step made;
  made.kind = StepKind::Not;
  made.bodies.push_back(std::move(body));
  return made;
}
plan::Function function(FunctionKind kind, std::string path, std::uint32_t slots) {
  plan::Function made;
  made.kind = kind;
  made.path = std::move(path);
  made.slots = slots;
  return made;
}
plan::RuleBody yields(plan::Steps steps, plan::Expr value) {
  plan::RuleBody made;
  made.steps = std::move(steps);
  made.value = std::move(value);
  return made;
}

plan::Plan new_plan() {
  plan::Plan made;
  made.sources.push_back(std::make_shared<const Source>("test.psdl", "deny\n"));
  return made;
}

Value object(Arena& arena, std::initializer_list<std::pair<std::string_view, Value>> pairs) {
  ObjectBuilder made(arena);
  for (const auto& [key, value] : pairs) made.add(Value::string(key), value);
  return made.finish();
}
Value array(Arena& arena, std::initializer_list<Value> items) {
  ArrayBuilder made(arena);
  for (const Value& item : items) made.add(item);
  return made.finish();
}

std::shared_ptr<const Program> lowered(plan::Plan made) {
  std::shared_ptr<const Program> program = plan::lower(std::move(made), {});
  INFO(disassemble(*program));
  REQUIRE(verify(*program) == "");
  return program;
}

// deny contains c.name if { some c in input.containers; c.privileged == true }
std::shared_ptr<const Program> privileged_names() {
  plan::Plan made = new_plan();
  plan::Function deny = function(FunctionKind::Set, "data.t.deny", 1);
  deny.bodies.push_back(yields({scan(dot(input(), "containers"), 0), equals(dot(slot(0), "privileged"), constant(Value::boolean(true)))}, dot(slot(0), "name")));
  made.functions.push_back(std::move(deny));
  return lowered(std::move(made));
}

}  // namespace

TEST_CASE("a rule with a loop and a test gives the elements that hold") {
  Machine machine(privileged_names(), Limits{});
  Arena arena;
  const Value pod = object(arena, {{"containers", array(arena, {object(arena, {{"name", Value::string("a")}, {"privileged", Value::boolean(true)}}),
                                                               object(arena, {{"name", Value::string("b")}}),
                                                               object(arena, {{"name", Value::string("c")}, {"privileged", Value::boolean(false)}})})}});
  RunRequest request;
  request.input = pod;
  const Outcome outcome = machine.run(arena, request);
  REQUIRE(!outcome.halt.has_value());
  CHECK(to_rego(outcome.value) == R"({"a"})");
  // Without input the loop is never entered: an empty set, not undefined.
  CHECK(to_rego(machine.run(arena, RunRequest{}).value) == "set()");
}

TEST_CASE("the twin notes the node that the last test read, and forgets iterations that failed") {
  Machine machine(privileged_names(), Limits{});
  Arena arena;
  const Value bad = object(arena, {{"name", Value::string("a").with_origin(11)}, {"privileged", Value::boolean(true).with_origin(12)}}).with_origin(10);
  const Value good = object(arena, {{"name", Value::string("b").with_origin(21)}, {"privileged", Value::boolean(false).with_origin(22)}}).with_origin(20);
  RunRequest request;
  request.input = object(arena, {{"containers", array(arena, {good, bad}).with_origin(2)}}).with_origin(1);
  Trace trace;
  request.trace = &trace;
  const Outcome outcome = machine.run(arena, request);
  REQUIRE(!outcome.halt);
  REQUIRE(trace.yields.size() == 1);
  CHECK(to_rego(trace.yields[0].value) == R"("a")");
  std::vector<std::uint32_t> tests;
  for (std::uint32_t i = trace.yields[0].notes_begin; i < trace.yields[0].notes_end; ++i) {
    if (trace.notes[i].kind == Note::Kind::Test) tests.push_back(trace.notes[i].origin);
  }
  CHECK(tests == std::vector<std::uint32_t>{12});
}

// deny contains named(c.name) if { some c in input.containers; is_privileged(c) }
// named(name) := name if name != ""; is_privileged(c) if c.privileged == true
TEST_CASE("the twin stands where the tests of a function do, and forgets what the head reads") {
  plan::Plan made = new_plan();
  plan::Function named = function(FunctionKind::Function, "data.t.named", 1);
  named.arity = 1;
  plan::Step is_named = step(StepKind::Compare, slot(0));
  is_named.compare = Compare::NotEqual;
  is_named.b = constant(Value::string(""));
  named.bodies.push_back(yields({is_named}, slot(0)));
  plan::Function is_privileged = function(FunctionKind::Function, "data.t.is_privileged", 1);
  is_privileged.arity = 1;
  is_privileged.bodies.push_back(yields({equals(dot(slot(0), "privileged"), constant(Value::boolean(true)))}, constant(Value::boolean(true))));
  const auto call = [](std::uint32_t number, plan::Expr argument) {
    plan::Expr called;
    called.kind = plan::ExprKind::Function;
    called.function = number;
    called.operands.push_back(std::move(argument));
    return called;
  };
  plan::Function deny = function(FunctionKind::Set, "data.t.deny", 2);
  plan::Step in_head = step(StepKind::Bind, call(0, dot(slot(0), "name")));
  in_head.value = 1;
  in_head.span = {0, 2, 4};
  deny.bodies.push_back(yields({scan(dot(input(), "containers"), 0), step(StepKind::Test, call(1, slot(0))), in_head}, slot(1)));
  deny.bodies.back().span = {0, 0, 4};  // the head, in which the second call stands
  made.functions.push_back(std::move(named));
  made.functions.push_back(std::move(is_privileged));
  made.functions.push_back(std::move(deny));
  Machine machine(lowered(std::move(made)), Limits{});
  Arena arena;
  const Value one = object(arena, {{"name", Value::string("a").with_origin(11)}, {"privileged", Value::boolean(true).with_origin(12)}}).with_origin(10);
  RunRequest request;
  request.function = 2;
  request.input = object(arena, {{"containers", array(arena, {one}).with_origin(2)}}).with_origin(1);
  Trace trace;
  request.trace = &trace;
  CHECK(to_rego(machine.run(arena, request).value) == R"({"a"})");
  REQUIRE(trace.yields.size() == 1);
  REQUIRE(trace.notes.size() == 2);
  CHECK(trace.notes[0].kind == Note::Kind::Element);
  CHECK(trace.notes[1].kind == Note::Kind::Test);
  CHECK(trace.notes[1].origin == 12);
}

TEST_CASE("a not that holds notes where the read ended and what was missing there") {
  plan::Plan made = new_plan();
  plan::Function deny = function(FunctionKind::Set, "data.t.deny", 0);
  deny.bodies.push_back(yields({negation({step(StepKind::Test, dot(dot(input(), "spec"), "runAsNonRoot"))})}, constant(Value::string("m"))));
  made.functions.push_back(std::move(deny));
  Machine machine(lowered(std::move(made)), Limits{});
  Arena arena;
  RunRequest request;
  request.input = object(arena, {{"spec", object(arena, {}).with_origin(2)}}).with_origin(1);
  Trace trace;
  request.trace = &trace;
  CHECK(to_rego(machine.run(arena, request).value) == R"({"m"})");
  REQUIRE(trace.yields.size() == 1);
  REQUIRE(trace.yields[0].notes_end == trace.yields[0].notes_begin + 1);
  const Note& note = trace.notes[trace.yields[0].notes_begin];
  CHECK(note.kind == Note::Kind::Miss);
  CHECK(note.negated);
  CHECK(note.origin == 2);
  CHECK(note.missing == "runAsNonRoot");
}

TEST_CASE("two values of a complete rule that differ are a conflict that names both") {
  plan::Plan made = new_plan();
  plan::Function value = function(FunctionKind::Complete, "data.t.p", 0);
  value.bodies.push_back(yields({}, constant(Value::integer(1))));
  value.bodies.push_back(yields({}, constant(Value::integer(2))));
  made.functions.push_back(std::move(value));
  Machine machine(lowered(std::move(made)), Limits{});
  Arena arena;
  const Outcome outcome = machine.run(arena, RunRequest{});
  REQUIRE(outcome.halt.has_value());
  CHECK(outcome.halt->code == EvalCode::Conflict);
  CHECK(outcome.halt->message == "rule data.t.p produced conflicting values:\n  1 at test.psdl:1\n  2 at test.psdl:1");
  CHECK(!outcome.value.is_defined());
}

TEST_CASE("an overlay replaces input for its expression alone, and rules are remembered apart") {
  plan::Plan made = new_plan();
  plan::Function kind = function(FunctionKind::Complete, "data.t.kind", 0);
  kind.bodies.push_back(yields({}, dot(input(), "kind")));
  made.functions.push_back(std::move(kind));
  plan::Function all = function(FunctionKind::Complete, "data.t.all", 3);
  const auto read = [](plan::SlotNumber into) {
    plan::Step bind = step(StepKind::Bind, rule(0));
    bind.value = into;
    return bind;
  };
  plan::Step with;
  with.kind = StepKind::With;
  with.overlay.spec.targets.push_back({.kind = OverlayTarget::Kind::Input, .path = {Value::string("kind")}});
  with.overlay.values.push_back(constant(Value::string("Job")));
  with.bodies.push_back({read(1)});
  with.carried = {1};
  plan::Expr triple;
  triple.kind = ExprKind::Array;
  triple.operands = {slot(0), slot(1), slot(2)};
  all.bodies.push_back(yields({read(0), with, read(2)}, std::move(triple)));
  made.functions.push_back(std::move(all));
  Machine machine(lowered(std::move(made)), Limits{});
  Arena arena;
  RunRequest request;
  request.function = 1;
  request.input = object(arena, {{"kind", Value::string("Pod")}});
  CHECK(to_rego(machine.run(arena, request).value) == R"(["Pod", "Job", "Pod"])");
}

TEST_CASE("an endless product of loops ends at the limit of instructions, with no value") {
  plan::Plan made = new_plan();
  plan::Function pairs = function(FunctionKind::Set, "data.t.p", 6);
  plan::Steps loops;
  for (plan::SlotNumber i = 0; i < 6; ++i) loops.push_back(scan(input(), i));
  pairs.bodies.push_back(yields(std::move(loops), slot(0)));
  made.functions.push_back(std::move(pairs));
  Limits limits;
  limits.instructions = 100'000;
  Machine machine(lowered(std::move(made)), limits);
  Arena arena;
  ArrayBuilder many(arena);
  for (int i = 0; i < 1000; ++i) many.add(Value::integer(i));
  RunRequest request;
  request.input = many.finish();
  const Outcome outcome = machine.run(arena, request);
  REQUIRE(outcome.halt.has_value());
  CHECK(outcome.halt->code == EvalCode::Limit);
  CHECK(outcome.halt->message.find("limit_instructions") != std::string::npos);
  CHECK(!outcome.value.is_defined());
}

TEST_CASE("a cancel from outside ends the evaluation") {
  plan::Plan made = new_plan();
  plan::Function pairs = function(FunctionKind::Set, "data.t.p", 2);
  pairs.bodies.push_back(yields({scan(input(), 0), scan(input(), 1)}, slot(0)));
  made.functions.push_back(std::move(pairs));
  Machine machine(lowered(std::move(made)), Limits{});
  Arena arena;
  ArrayBuilder many(arena);
  for (int i = 0; i < 1000; ++i) many.add(Value::integer(i));
  const std::atomic<bool> cancel{true};
  RunRequest request;
  request.input = many.finish();
  request.cancel = &cancel;
  const Outcome outcome = machine.run(arena, request);
  REQUIRE(outcome.halt.has_value());
  CHECK(outcome.halt->code == EvalCode::Cancelled);
}

TEST_CASE("a limit below the interval of checks holds, in code without a loop too") {
  plan::Plan made = new_plan();
  plan::Function value = function(FunctionKind::Complete, "data.t.p", 0);
  value.bodies.push_back(yields({}, constant(Value::integer(1))));
  made.functions.push_back(std::move(value));
  const auto program = lowered(std::move(made));
  Arena arena;
  Limits limits;
  limits.instructions = 2;
  CHECK(Machine(program, limits).run(arena, RunRequest{}).halt.has_value());
  limits.instructions = 100;
  CHECK(!Machine(program, limits).run(arena, RunRequest{}).halt.has_value());
}
