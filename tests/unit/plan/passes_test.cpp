// Each optimiser pass on a plan where it has something to do, and on one where it must keep its hands off.
#include <catch2/catch.hpp>

#include "builtins/registry.hpp"
#include "plan/plan.hpp"

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
plan::Expr dot(plan::Expr container, std::string_view name) {
  plan::Expr made;
  made.kind = ExprKind::Dot;
  made.operands = {std::move(container), constant(Value::string(name))};
  return made;
}
plan::Expr call(std::string_view builtin, plan::Exprs operands) {
  plan::Expr made;
  made.kind = ExprKind::Builtin;
  made.builtin = find_builtin(builtin);
  REQUIRE(made.builtin != nullptr);
  made.operands = std::move(operands);
  return made;
}
plan::Expr input() {
  plan::Expr made;
  made.kind = ExprKind::Input;
  return made;
}

// A set rule of one body.
plan::Plan rule(plan::Steps steps, plan::Expr value) {
  plan::Plan made;
  made.sources.push_back(std::make_shared<const Source>("test.psdl", "p\n"));
  plan::Function function;
  function.kind = FunctionKind::Set;
  function.path = "data.t.p";
  function.slots = 4;
  plan::RuleBody body;
  body.steps = std::move(steps);
  body.value = std::move(value);
  function.bodies.push_back(std::move(body));
  made.functions.push_back(std::move(function));
  return made;
}

plan::Steps scan_and_test(plan::Expr left, plan::Expr right) {
  plan::Step scan;
  scan.kind = StepKind::Scan;
  scan.a = input();
  scan.value = 0;
  plan::Step test;
  test.kind = StepKind::Equal;
  test.a = std::move(left);
  test.b = std::move(right);
  return {scan, test};
}

std::string after(plan::Plan made, void (*pass)(plan::Plan&)) {
  pass(made);
  return plan::print(made);
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("fold: a call of constants becomes its value") {
  const auto made = [] { return rule({}, call("plus", {constant(Value::integer(2)), call("count", {constant(Value::string("abc"))})})); };
  CHECK(holds(plan::print(made()), "yield plus(2, count(\"abc\"))"));
  CHECK(holds(after(made(), plan::propagate_constants), "yield 5"));
}

TEST_CASE("fold: a call that fails, or that may give another value next time, stays") {
  CHECK(holds(after(rule({}, call("div", {constant(Value::integer(1)), constant(Value::integer(0))})), plan::propagate_constants), "div(1, 0)"));
  CHECK(holds(after(rule({}, call("rand.intn", {constant(Value::string("k")), constant(Value::integer(9))})), plan::propagate_constants), "rand.intn"));
  CHECK(holds(after(rule({}, call("numbers.range", {constant(Value::integer(1)), constant(Value::integer(1000))})), plan::propagate_constants), "numbers.range"));
}

TEST_CASE("filter_scans: a scan and the test behind it become one, in fewer instructions") {
  const auto made = [] { return rule(scan_and_test(dot(dot(slot(0), "a"), "b"), constant(Value::string("x"))), slot(0)); };
  CHECK(holds(after(made(), plan::filter_scans), "scan input: s0 where s0.a.b == \"x\""));
  plan::Plan optimised = made();
  plan::filter_scans(optimised);
  const auto plain = plan::lower(made(), {});
  const auto shorter = plan::lower(std::move(optimised), {});
  CHECK(verify(*shorter).empty());
  CHECK(shorter->code.size() + 3 == plain->code.size());
  CHECK(holds(disassemble(*shorter), "NextWhere"));
  // The other way round too.
  CHECK(holds(after(rule(scan_and_test(constant(Value::integer(1)), slot(0)), slot(0)), plan::filter_scans), "where s0 == 1"));
}

TEST_CASE("filter_scans: what changes in the loop is no filter") {
  CHECK(!holds(after(rule(scan_and_test(dot(slot(0), "a"), dot(slot(0), "b")), slot(0)), plan::filter_scans), "where"));
  CHECK(!holds(after(rule(scan_and_test(dot(slot(0), "a"), slot(0)), slot(0)), plan::filter_scans), "where"));
  CHECK(!holds(after(rule(scan_and_test(dot(slot(0), "a"), call("count", {slot(1)})), slot(0)), plan::filter_scans), "where"));
}
