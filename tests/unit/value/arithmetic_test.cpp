// Arithmetic and comparison beside OPA's own answers, and the cases a reader should know by name.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "value/number.hpp"
#include "value/text.hpp"

using namespace psdl;

namespace {

std::string compute(const std::string& operation, const std::string& left, const std::string& right) {
  Arena arena;
  const Value a = number_from_text(arena, left);
  const Value b = right.empty() ? Value() : number_from_text(arena, right);
  std::string_view error;
  Value result;
  if (operation == "cmp") return std::to_string(compare(a, b));
  if (operation == "plus") result = add(arena, a, b);
  if (operation == "minus") result = subtract(arena, a, b);
  if (operation == "mul") result = multiply(arena, a, b);
  if (operation == "div") result = divide(arena, a, b, error);
  if (operation == "rem") result = remainder(arena, a, b, error);
  if (operation == "abs") result = absolute(arena, a);
  if (operation == "round") result = round_number(arena, a);
  if (operation == "ceil") result = ceiling(arena, a);
  if (operation == "floor") result = floor_number(arena, a);
  return error.empty() ? to_rego(result) : "error " + std::string(error);
}

}  // namespace

TEST_CASE("arithmetic gives OPA's text for every line of the grid") {
  std::ifstream file(PSDL_SOURCE_DIR "/tests/unit/value/arithmetic_opa.txt");
  std::string line;
  std::size_t lines = 0;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t equals = line.find(" = ");
    REQUIRE(equals != std::string::npos);
    std::istringstream words(line.substr(0, equals));
    std::string operation;
    std::string left;
    std::string right;
    words >> operation >> left >> right;
    INFO(line);
    CHECK(compute(operation, left, right) == line.substr(equals + 3));
    ++lines;
  }
  CHECK(lines == 1600);
}

TEST_CASE("integers are exact at any size, and leave int64 and come back") {
  CHECK(compute("plus", "9223372036854775807", "1") == "9223372036854775808");
  CHECK(compute("minus", "9223372036854775808", "1") == "9223372036854775807");
  CHECK(compute("mul", "18446744073709551617", "2") == "36893488147419103234");
  CHECK(compute("mul", "-4611686018427387904", "2") == "-9223372036854775808");
  CHECK(compute("rem", "10", "18446744073709551616") == "10");
  Arena arena;
  CHECK(subtract(arena, number_from_text(arena, "9223372036854775808"), Value::integer(1)).is_int());
  CHECK(add(arena, Value::integer(INT64_MAX), Value::integer(1)).tag() == Tag::BigInt);
}

TEST_CASE("decimals compute with 64 bits of mantissa, not with a double") {
  CHECK(compute("plus", "0.1", "0.2") == "0.3");
  CHECK(compute("plus", "1.1", "2.2") == "3.3000000000000000002");
  CHECK(compute("div", "1", "3") == "0.33333333333333333334");
  CHECK(compute("mul", "1234567.8", "1") == "1.2345678e+06");
  CHECK(compute("mul", "1.5", "2") == "3");
  // A quotient goes through a float even where both operands are exact.
  CHECK(compute("div", "18446744073709551617", "1") == "18446744073709551616");
}

TEST_CASE("the corners of OPA's arithmetic are kept") {
  CHECK(compute("div", "0", "-5") == "-0");
  CHECK(compute("ceil", "-0.5", "") == "1");
  CHECK(compute("floor", "-0.5", "") == "0");
  CHECK(compute("round", "-0.5", "") == "-1");
  CHECK(compute("round", "2.5", "") == "3");
  // abs prints the shortest text, round all digits of the same float.
  CHECK(compute("abs", "1e30", "") == "1000000000000000000000000000000");
  CHECK(compute("round", "1e30", "") == "1000000000000000000024696061952");
  CHECK(compute("rem", "-5", "3") == "-2");
  CHECK(compute("rem", "7", "4.0") == "3");
}

TEST_CASE("what has no result says why") {
  CHECK(compute("div", "1", "0e5") == "error divide by zero");
  CHECK(compute("rem", "1", "-0") == "error modulo by zero");
  CHECK(compute("rem", "5", "2.5") == "error modulo on floating-point number");
  CHECK(compute("rem", "5.5", "0") == "error modulo on floating-point number");
}

TEST_CASE("the smallest integer survives what overflows in C++") {
  CHECK(compute("div", "-9223372036854775808", "-1") == "9223372036854775808");
  CHECK(compute("rem", "-9223372036854775808", "-1") == "0");
  CHECK(compute("abs", "-9223372036854775808", "") == "9223372036854775808");
}
