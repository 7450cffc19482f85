// What sprintf, template strings and print make of values, where texts of policies do not reach.
#include <catch2/catch.hpp>

#include "calling.hpp"

using psdl::Value;
using psdl::test::Caller;

namespace {
std::string formatted(Caller& caller, std::string_view format, std::initializer_list<Value> values) {
  return std::string(caller.call("sprintf", {caller.text(format), caller.array(values)}).as_string());
}
}  // namespace

TEST_CASE("integers at the edges") {
  Caller caller;
  CHECK(formatted(caller, "%d %x %b", {Value::integer(INT64_MIN), Value::integer(INT64_MIN), Value::integer(-5)}) == "-9223372036854775808 -8000000000000000 -101");
  CHECK(formatted(caller, "%08.3d|%+08d|%-8d|", {Value::integer(7), Value::integer(7), Value::integer(-7)}) == "     007|+0000007|-7      |");
  CHECK(formatted(caller, "%c%c%c", {Value::integer(-1), Value::integer(0x110000), Value::integer(0xD800)}) == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(formatted(caller, "%O %#o %#O", {Value::integer(8), Value::integer(8), Value::integer(8)}) == "0o10 010 0o010");
}

TEST_CASE("floats in every form") {
  Caller caller;
  const Value half = caller.number("0.5");
  const Value minus = caller.number("-2.5");
  CHECK(formatted(caller, "%b %x %X %e %G", {half, half, half, half, half}) == "4503599627370496p-53 0x1p-01 0X1P-01 5.000000e-01 0.5");
  CHECK(formatted(caller, "%08.2f|%-8.1f|% f|%+.0f", {minus, minus, half, half}) == "-0002.50|-2.5    | 0.500000|+0");
  CHECK(formatted(caller, "%v %v %v", {caller.number("1e-5"), caller.number("100000.0"), caller.number("1e-400")}) == "1e-05 100000 0");
  CHECK(formatted(caller, "%.3x", {caller.number("1.99999999")}) == "0x1.000p+01");
}

TEST_CASE("operands that are texts of Go's types") {
  Caller caller;
  CHECK(formatted(caller, "%T %T %T %T", {Value::integer(1), caller.number("1.0"), caller.number("99999999999999999999"), Value::null()}) ==
        "int64 float64 *big.Int string");
  CHECK(formatted(caller, "%", {}) == "%!(NOVERB)");
  CHECK(formatted(caller, "%[2]d %[0]d %[1]", {Value::integer(4)}) == "%!d(BADINDEX) %!d(BADINDEX) %!(NOVERB)");
}

TEST_CASE("print shows one line for each choice of values") {
  Caller caller;
  (void)caller.call("internal.print", {caller.array({caller.set({caller.text("a")}), caller.set({}), caller.set({Value::integer(1), Value::integer(2)})})});
  CHECK(caller.printed == "a <undefined> 1\na <undefined> 2\n");
  (void)caller.call("internal.print", {caller.array({caller.array({})})});
  CHECK(caller.code == "eval_internal_error");
  CHECK(caller.error == "illegal argument type: array");
}

TEST_CASE("a template string takes one value a piece") {
  Caller caller;
  CHECK(caller.shown("internal.template_string", {caller.array({caller.text("x="), caller.set({}), caller.set({caller.set({Value::integer(1)})}), Value::null()})}) ==
        R"("x=<undefined>{1}null")");
  CHECK(caller.shown("internal.template_string", {caller.array({caller.set({Value::integer(1), Value::integer(2)})})}) == "undefined");
  CHECK(caller.error == "template-strings must not produce multiple outputs");
  CHECK(caller.code == "eval_conflict_error");
  CHECK(caller.halted);
}
