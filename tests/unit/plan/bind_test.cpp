// Constant propagation and binding, on plans small enough to read: what goes, what must stay, and what a `with` may change.
#include <catch2/catch.hpp>

#include "builtins/registry.hpp"
#include "plan/plan.hpp"
#include "value/builders.hpp"

using namespace psdl;
using plan::Expr;
using plan::ExprKind;
using plan::Known;
using plan::Step;
using plan::StepKind;
using plan::Steps;

namespace {

Expr constant(const Value& value) {
  Expr made;
  made.constant = value;
  return made;
}
Expr text(std::string_view value) { return constant(Value::string(value)); }
Expr number(std::int64_t value) { return constant(Value::integer(value)); }
Expr of(ExprKind kind) {
  Expr made;
  made.kind = kind;
  return made;
}
Expr slot(plan::SlotNumber number) {
  Expr made = of(ExprKind::Slot);
  made.slot = number;
  return made;
}
Expr dot(Expr container, std::string_view name) {
  Expr made = of(ExprKind::Dot);
  made.operands = {std::move(container), text(name)};
  return made;
}
Expr call(std::string_view builtin, plan::Exprs operands) {
  Expr made = of(ExprKind::Builtin);
  made.builtin = find_builtin(builtin);
  REQUIRE(made.builtin != nullptr);
  made.operands = std::move(operands);
  return made;
}
Expr rule_value(std::uint32_t function) {
  Expr made = of(ExprKind::Rule);
  made.function = function;
  return made;
}
Step step(StepKind kind, Expr a, Expr b = {}) {
  Step made;
  made.kind = kind;
  made.a = std::move(a);
  made.b = std::move(b);
  return made;
}
Step bind_slot(plan::SlotNumber slot, Expr a) {
  Step made = step(StepKind::Bind, std::move(a));
  made.value = slot;
  return made;
}
Step scan(Expr a, plan::SlotNumber value) {
  Step made = step(StepKind::Scan, std::move(a));
  made.value = value;
  return made;
}
Step closed(StepKind kind, std::vector<Steps> bodies) {
  Step made;
  made.kind = kind;
  made.bodies = std::move(bodies);
  return made;
}

plan::Function function(FunctionKind kind, std::vector<Steps> bodies, const Expr& value) {
  plan::Function made;
  made.kind = kind;
  made.path = "data.t.p";
  made.slots = 8;
  for (Steps& steps : bodies) {
    plan::RuleBody body;
    body.steps = std::move(steps);
    body.value = value;
    made.bodies.push_back(std::move(body));
  }
  return made;
}
// The rule of interest is the last function.
plan::Plan plan_of(std::vector<plan::Function> functions) {
  plan::Plan made;
  made.sources.push_back(std::make_shared<const Source>("test.psdl", "p\n"));
  for (std::size_t i = 0; i + 1 < functions.size(); ++i) functions[i].path += std::to_string(i);
  made.functions = std::move(functions);
  return made;
}
plan::Plan rule(Steps steps, const Expr& value = text("found")) { return plan_of({function(FunctionKind::Set, {std::move(steps)}, value)}); }

std::string propagated(plan::Plan made) {
  plan::propagate_constants(made);
  plan::Plan copy = made.fork();
  CHECK(verify(*plan::lower(std::move(copy))).empty());
  return plan::print(made);
}
std::size_t instructions(plan::Plan made) { return plan::lower(std::move(made))->code.size(); }

const std::string kEmpty = "set data.t.p\n";

struct Sample {
  std::shared_ptr<Arena> arena = std::make_shared<Arena>();

  Value object(std::initializer_list<std::pair<std::string_view, Value>> pairs) const {
    ObjectBuilder made(*arena);
    for (const auto& [key, value] : pairs) made.add(Value::string(key), value);
    const Value value = made.finish();
    freeze(*arena, value);
    return value;
  }
  Known data(std::vector<std::string> path, const Value& value) const { return {Known::Root::Data, std::move(path), value, arena}; }
  Known input(std::vector<std::string> path, const Value& value) const { return {Known::Root::Input, std::move(path), value, arena}; }
};

std::string bound(plan::Plan made, const Known& known, bool& reads_known) {
  reads_known = plan::bind(made, {&known, 1});
  return propagated(std::move(made));
}
std::string bound(plan::Plan made, const Known& known) {
  bool ignored = false;
  return bound(std::move(made), known, ignored);
}

Step with(OverlayTarget::Kind kind, std::vector<Value> path, Steps body) {
  Step made = closed(StepKind::With, {std::move(body)});
  OverlayTarget target;
  target.kind = kind;
  target.path = std::move(path);
  made.overlay.spec.targets.push_back(std::move(target));
  made.overlay.values.push_back(number(1));
  return made;
}

}  // namespace

TEST_CASE("propagate: a slot bound to a constant is that constant, and what it decides goes, in fewer instructions") {
  const Sample sample;
  const auto made = [&] {
    return rule({bind_slot(0, dot(constant(sample.object({{"level", Value::string("high")}})), "level")), step(StepKind::Equal, slot(0), text("high")),
                 bind_slot(1, call("concat", {text("-"), constant(Value::array({}))})), step(StepKind::Test, of(ExprKind::Input))},
                slot(0));
  };
  CHECK(propagated(made()) == "set data.t.p\n  body\n    test input\n    yield \"high\"\n");
  plan::Plan shorter = made();
  plan::propagate_constants(shorter);
  CHECK(instructions(std::move(shorter)) + 8 < instructions(made()));
}

TEST_CASE("propagate: bodies that can never hold go") {
  const Sample sample;
  const auto is_gone = [](Steps steps) { return propagated(rule(std::move(steps))) == kEmpty; };
  CHECK(is_gone({step(StepKind::Test, of(ExprKind::Input)), step(StepKind::Equal, number(1), number(2))}));
  CHECK(is_gone({scan(of(ExprKind::Input), 0), scan(constant(Value::array({})), 1)}));
  CHECK(is_gone({step(StepKind::Test, dot(constant(sample.object({})), "missing"))}));
  CHECK(is_gone({closed(StepKind::Not, {{}})}));
  CHECK(is_gone({closed(StepKind::Any, {{step(StepKind::Compare, number(2), number(1))}, {step(StepKind::Test, constant(Value::boolean(false)))}})}));
  CHECK(is_gone({step(StepKind::ArrayLength, number(1))}));
  CHECK(!is_gone({closed(StepKind::Not, {{step(StepKind::Test, constant(Value::boolean(false)))}})}));
  // An alternative that always holds makes later ones needless; a sole one stands for itself.
  CHECK(propagated(rule({closed(StepKind::Any, {{step(StepKind::Equal, number(1), number(2))}, {step(StepKind::Test, of(ExprKind::Input))}})})) ==
        "set data.t.p\n  body\n    test input\n    yield \"found\"\n");
}

TEST_CASE("propagate: what may record an error before a dead step stays, and is ended by a test that never holds") {
  const std::string shown = propagated(rule({step(StepKind::Test, of(ExprKind::Input)), bind_slot(0, call("to_number", {of(ExprKind::Input)})),
                                             scan(of(ExprKind::Input), 1), step(StepKind::Equal, number(1), number(2)), step(StepKind::Test, slot(1))},
                                            slot(1)));
  CHECK(shown == "set data.t.p\n  body\n    test input\n    s0 = to_number(input)\n    test false\n    yield null\n");
  // The same in the step itself, and in one of several bodies whose slot is read behind them.
  CHECK(propagated(rule({step(StepKind::Equal, call("to_number", {of(ExprKind::Input)}), dot(constant(empty_object()), "x"))})).find("to_number(input)") != std::string::npos);
  const Steps ends = {step(StepKind::Test, call("to_number", {of(ExprKind::Input)})), step(StepKind::Equal, number(1), number(2)), bind_slot(2, number(1))};
  CHECK(propagated(rule({closed(StepKind::Any, {ends, {step(StepKind::Test, of(ExprKind::Input)), bind_slot(2, number(2))}})}, slot(2))).find("yield s2") != std::string::npos);
}

TEST_CASE("propagate: a slot that several bodies write is known in none but its own") {
  const auto branch = [](std::int64_t value) { return Steps{step(StepKind::Test, dot(of(ExprKind::Input), value == 1 ? "a" : "b")), bind_slot(0, number(value)), step(StepKind::Compare, slot(0), dot(of(ExprKind::Input), "n"))}; };
  const std::string shown = propagated(rule({closed(StepKind::Any, {branch(1), branch(2)})}, slot(0)));
  CHECK(shown.find("yield s0") != std::string::npos);
  CHECK(shown.find("test 1 < input.n") != std::string::npos);
  CHECK(shown.find("test 2 < input.n") != std::string::npos);
}

TEST_CASE("propagate: rules that became constants are constants where they are read, unless a `with` may put data in their place") {
  const auto made = [](bool is_shadowable) {
    plan::Function level = function(FunctionKind::Complete, {{step(StepKind::Equal, number(1), number(1))}}, text("low"));
    level.is_shadowable = is_shadowable;
    return plan_of({level, function(FunctionKind::Set, {{step(StepKind::Equal, rule_value(0), of(ExprKind::Input))}}, rule_value(0))});
  };
  CHECK(propagated(made(false)).find("test \"low\" == input\n    yield \"low\"") != std::string::npos);
  CHECK(propagated(made(true)).find("test data.t.p0 == input\n    yield data.t.p0") != std::string::npos);
  // All bodies of a set, and none of a complete rule.
  CHECK(propagated(plan_of({function(FunctionKind::Set, {{}, {}}, text("a")), function(FunctionKind::Set, {{}}, rule_value(0))})).find("yield {\"a\"}") != std::string::npos);
  CHECK(propagated(plan_of({function(FunctionKind::Complete, {}, {}), function(FunctionKind::Set, {{}}, rule_value(0))})).ends_with("\n" + kEmpty));
}

TEST_CASE("bind: reads of known data and input are constants, and others are not touched") {
  const Sample sample;
  const Value params = sample.object({{"names", Value::boolean(true)}, {"deep", sample.object({{"x", Value::integer(1)}})}});
  const auto read = [](ExprKind root, std::initializer_list<std::string_view> names) {
    Expr e = of(root);
    for (const std::string_view name : names) e = dot(std::move(e), name);
    return e;
  };
  CHECK(bound(rule({}, read(ExprKind::Data, {"p", "deep", "x"})), sample.data({"p"}, params)).find("yield 1") != std::string::npos);
  CHECK(bound(rule({}, read(ExprKind::Data, {"p", "nothing"})), sample.data({"p"}, params)) == kEmpty);
  CHECK(bound(rule({}, read(ExprKind::Data, {"other"})), sample.data({"p"}, params)).find("yield data.other") != std::string::npos);
  CHECK(bound(rule({}, read(ExprKind::Data, {"other"})), sample.data({}, sample.object({{"p", params}}))) == kEmpty);

  bool reads_known = false;
  CHECK(bound(rule({}, read(ExprKind::Input, {"parameters", "names"})), sample.input({"parameters"}, params), reads_known).find("yield true") != std::string::npos);
  CHECK(!reads_known);
  CHECK(bound(rule({}, read(ExprKind::Input, {"kind"})), sample.input({"parameters"}, params), reads_known).find("yield input.kind") != std::string::npos);
  CHECK(!reads_known);
  static_cast<void>(bound(rule({}, of(ExprKind::Input)), sample.input({"parameters"}, params), reads_known));
  CHECK(reads_known);
  static_cast<void>(bound(rule({}, read(ExprKind::Input, {"a"})), sample.input({"a", "b"}, params), reads_known));
  CHECK(reads_known);
}

TEST_CASE("bind: what a `with` may change is read at evaluation") {
  const Sample sample;
  const Value params = sample.object({{"a", sample.object({{"x", Value::integer(7)}})}, {"n", Value::integer(3)}});
  const auto shown = [&](OverlayTarget::Kind kind, std::vector<Value> target, Expr read) {
    const ExprKind root = kind == OverlayTarget::Kind::Data ? ExprKind::Data : ExprKind::Input;
    Expr whole = dot(of(root), "p");
    if (read.kind == ExprKind::Const) whole = dot(std::move(whole), read.constant.as_string());
    const Known known{kind == OverlayTarget::Kind::Data ? Known::Root::Data : Known::Root::Input, {"p"}, params, sample.arena};
    return bound(rule({with(kind, std::move(target), {step(StepKind::Test, of(ExprKind::Input))})}, whole), known);
  };
  for (const auto kind : {OverlayTarget::Kind::Data, OverlayTarget::Kind::Input}) {
    const std::string root = kind == OverlayTarget::Kind::Data ? "data" : "input";
    CHECK(shown(kind, {}, text("n")).find("yield " + root + ".p.n") != std::string::npos);
    CHECK(shown(kind, {Value::string("p")}, text("n")).find("yield " + root + ".p.n") != std::string::npos);
    CHECK(shown(kind, {Value::string("p"), Value::string("n")}, text("n")).find("yield " + root + ".p.n") != std::string::npos);
    CHECK(shown(kind, {Value::string("p"), Value::string("n"), Value::string("x")}, text("n")).find("yield " + root + ".p.n") != std::string::npos);
    CHECK(shown(kind, {Value::string("p"), Value::string("a")}, text("n")).find("yield 3") != std::string::npos);
    CHECK(shown(kind, {Value::string("q")}, text("n")).find("yield 3") != std::string::npos);
    CHECK(shown(kind, {Value::string("p"), Value::integer(0)}, text("n")).find("yield " + root + ".p.n") != std::string::npos);
  }
}
