// Limits are reached before memory is taken, and the error names them.
#include <catch2/catch.hpp>

#include <chrono>

#include "calling.hpp"

using psdl::Value;
using psdl::test::Caller;

namespace {

// The call ends the evaluation for that limit, soon, and takes little memory.
void check_limit(Caller& caller, std::string_view limit, std::string_view name, const std::vector<Value>& operands) {
  INFO(name);
  const std::size_t used = caller.arena.used_bytes();
  const auto begin = std::chrono::steady_clock::now();
  CHECK(caller.shown(name, operands) == "undefined");
  // What is cut off early takes far less, what is not would take minutes.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  CHECK(caller.error == std::string(name) + ": limit_" + std::string(limit) + " reached");
  CHECK(caller.code == "eval_limit_error");
  CHECK(caller.halted);
  CHECK(caller.arena.used_bytes() - used < caller.limits.string_bytes * 4);
}

}  // namespace

TEST_CASE("a text that would be too long is not made") {
  Caller caller;
  const Value kilobyte = caller.text(std::string(1024, 'x'));
  std::vector<Value> many(5000, kilobyte);
  check_limit(caller, "string_bytes", "concat", {caller.text(""), Value::array(many)});
  const Value as = caller.text(std::string(1000, 'a'));
  const Value big = caller.text(std::string(100'000, 'b'));
  check_limit(caller, "string_bytes", "replace", {as, caller.text("a"), big});
  check_limit(caller, "string_bytes", "replace", {as, caller.text(""), big});
  check_limit(caller, "string_bytes", "strings.replace_n", {caller.object({{caller.text("a"), big}}), as});
  check_limit(caller, "string_bytes", "regex.replace", {as, caller.text("a"), big});
  check_limit(caller, "string_bytes", "sprintf", {caller.text("%s%s%s%s%s%s"), Value::array(std::vector<Value>(6, caller.text(std::string(1'000'000, 'c'))))});
  check_limit(caller, "string_bytes", "internal.template_string", {Value::array(std::vector<Value>(50, big))});
}

TEST_CASE("widths and precisions of sprintf") {
  Caller caller;
  const Value one = caller.array({Value::integer(1)});
  for (const char* format : {"%99999999d", "%10001d", "%.10001d", "%999999999999999999999d"}) {
    check_limit(caller, "format_width", "sprintf", {caller.text(format), one});
  }
  check_limit(caller, "format_width", "sprintf", {caller.text("%*d"), caller.array({Value::integer(20'000), Value::integer(1)})});
  CHECK(caller.call("sprintf", {caller.text("%10000d"), one}).length() == 10'000);
}

TEST_CASE("ranges and shifts") {
  Caller caller;
  check_limit(caller, "range_items", "numbers.range", {Value::integer(1), Value::integer(1'000'000'000)});
  check_limit(caller, "range_items", "numbers.range", {Value::integer(INT64_MAX), Value::integer(INT64_MIN)});
  check_limit(caller, "range_items", "numbers.range", {caller.number("1e30"), Value::integer(0)});
  check_limit(caller, "range_items", "numbers.range_step", {Value::integer(0), Value::integer(10'000'000), Value::integer(2)});
  CHECK(caller.call("numbers.range", {Value::integer(1), Value::integer(1'000'000)}).length() == 1'000'000);
  check_limit(caller, "shift_bits", "bits.lsh", {Value::integer(1), Value::integer(1'000'000'000)});
  check_limit(caller, "shift_bits", "bits.lsh", {Value::integer(1), caller.number("1e30")});
  CHECK(caller.shown("bits.rsh", {Value::integer(-9), caller.number("1e30")}) == "-1");
}

TEST_CASE("numbers with too many digits") {
  Caller caller;
  check_limit(caller, "number_digits", "to_number", {caller.text(std::string(1'000'000, '9'))});
  const Value big = caller.number(std::string(900, '7'));
  check_limit(caller, "number_digits", "mul", {big, big});
  check_limit(caller, "number_digits", "product", {caller.array({big, big})});
  CHECK(caller.shown("to_number", {caller.text("1e999999999")}) == "undefined");
  CHECK(caller.error == R"(to_number: strconv.ParseFloat: parsing "1e999999999": value out of range)");
  check_limit(caller, "number_exponent", "to_number", {caller.text("1e-99999")});
  check_limit(caller, "number_digits", "format_int", {caller.number("1e20000"), Value::integer(16)});
}

TEST_CASE("collections with too many items") {
  Caller caller;
  const std::vector<Value> half(600'000, Value::integer(1));
  const Value array = Value::array(half);
  check_limit(caller, "collection_items", "array.concat", {array, array});
  check_limit(caller, "collection_items", "array.flatten", {caller.array({array, array})});
  caller.limits.collection_items = 100;
  check_limit(caller, "collection_items", "split", {caller.text(std::string(101, 'x')), caller.text("")});
  check_limit(caller, "collection_items", "split", {caller.text(std::string(100, ',')), caller.text(",")});
  check_limit(caller, "collection_items", "indexof_n", {caller.text(std::string(101, 'x')), caller.text("x")});
  check_limit(caller, "collection_items", "regex.find_n", {caller.text("x"), caller.text(std::string(101, 'x')), Value::integer(-1)});
}

TEST_CASE("patterns that are too long, too large, or too much work for the text") {
  Caller caller;
  const Value text = caller.text("a");
  check_limit(caller, "pattern_bytes", "regex.match", {caller.text(std::string(5000, 'a')), text});
  check_limit(caller, "pattern_bytes", "glob.match", {caller.text(std::string(5000, '?')), Value::null(), text});
  check_limit(caller, "pattern_bytes", "regex.globs_match", {caller.text(std::string(5000, 'a')), text});
  check_limit(caller, "regex_program", "regex.match", {caller.text("(\\pL{100}){10}"), text});
  const Value megabyte = caller.text(std::string(1 << 20, 'a'));
  check_limit(caller, "regex_work", "regex.match", {caller.text("(a?){100}b"), megabyte});
  CHECK(caller.shown("regex.match", {caller.text("(a+)+$"), megabyte}) == "true");
  CHECK(caller.shown("regex.match", {caller.text("(.*)*x"), megabyte}) == "false");
  CHECK(caller.shown("glob.match", {caller.text("*b"), Value::null(), megabyte}) == "false");
}

TEST_CASE("patterns built to explode answer or stop at once") {
  Caller caller;
  std::string alternatives;
  for (int i = 0; i < 40; ++i) alternatives += "{a,b}";
  std::string stars;
  for (int i = 0; i < 100; ++i) stars += "**";
  std::string plusses;
  for (int i = 0; i < 200; ++i) plusses += "a*b*";
  const auto begin = std::chrono::steady_clock::now();
  CHECK(caller.shown("glob.match", {caller.text(alternatives), Value::null(), caller.text(std::string(40, 'b'))}) == "true");
  CHECK(caller.shown("glob.match", {caller.text(stars + "x"), Value::null(), caller.text(std::string(100'000, 'a'))}) == "false");
  (void)caller.shown("regex.globs_match", {caller.text(plusses + "x"), caller.text(plusses + "y")});
  CHECK((caller.error.empty() || caller.error == "regex.globs_match: limit_regex_work reached"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}
