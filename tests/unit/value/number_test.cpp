// Numbers read, told apart, compared and turned into machine types.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "value/number.hpp"
#include "value/text.hpp"

using namespace psdl;

namespace {

Arena& arena() {
  static Arena shared;
  return shared;
}

Value number(std::string_view text) { return number_from_text(arena(), text); }

}  // namespace

TEST_CASE("a number's text decides what it is") {
  CHECK(number("0").is_int());
  CHECK(number("-1").as_int() == -1);
  CHECK(number("9223372036854775807").as_int() == INT64_MAX);
  CHECK(number("-9223372036854775808").as_int() == INT64_MIN);
  CHECK(number("9223372036854775808").tag() == Tag::BigInt);
  CHECK(number("-9223372036854775809").tag() == Tag::BigInt);
  for (const char* text : {"-0", "1.0", "1e3", "0.1", "1E3", "0e0", "100000000000000000000.0"}) {
    INFO(text);
    CHECK(number(text).tag() == Tag::Decimal);
    CHECK(to_rego(number(text)) == text);
  }
}

TEST_CASE("JSON's number grammar is told from what is none") {
  for (const char* text : {"0", "-0", "10", "1.5", "0.0", "1e5", "1E+5", "-1.25e-10", "0e0"}) CHECK(is_number_text(text));
  for (const char* text : {"", "-", "01", "+1", ".5", "5.", "1e", "1e+", "0x10", "1_000", "1 ", " 1", "--1", "NaN", "1.2.3"}) CHECK_FALSE(is_number_text(text));
}

TEST_CASE("a number beyond OPA's reach is refused, a zero never is") {
  CHECK_FALSE(number("1e999999999").is_defined());
  CHECK_FALSE(number("1e30103").is_defined());
  CHECK_FALSE(number("1e-40000").is_defined());
  CHECK_FALSE(number("1e99999999999999999999").is_defined());
  CHECK(number("1e30102").is_defined());
  CHECK(number("0e999999999").is_defined());
  // So small that the float OPA checks it with is 0: accepted, and a zero.
  CHECK(compare(number("1e-1000000000"), Value::integer(0)) == 0);
}

TEST_CASE("equality is by value, whatever the text") {
  const char* const kinds_of_ten[] = {"10", "10.0", "1e1", "100e-1", "0.1e2", "1.0E+1"};
  for (const char* left : kinds_of_ten) {
    for (const char* right : kinds_of_ten) {
      CHECK(equal(number(left), number(right)));
      CHECK(hash(number(left)) == hash(number(right)));
    }
  }
  for (const char* zero : {"-0", "0.0", "-0.0", "0e5", "-0e-5"}) {
    CHECK(equal(number(zero), Value::integer(0)));
    CHECK(hash(number(zero)) == hash(Value::integer(0)));
  }
  CHECK(equal(number("1e20"), number("100000000000000000000")));
}

TEST_CASE("order is exact where doubles are not") {
  CHECK(compare(number("9007199254740992"), number("9007199254740993")) < 0);
  CHECK(compare(number("9223372036854775807"), number("9223372036854775807.5")) < 0);
  CHECK(compare(number("9223372036854775808"), number("9223372036854775807.5")) > 0);
  CHECK(compare(number("1e1000"), number("1e1001")) < 0);
  CHECK(compare(number("-1e1000"), number("-1e1001")) > 0);
  CHECK(compare(number("100.0"), number("1")) > 0);
  CHECK(compare(number("0.1000000000000000000000000000001"), number("0.1")) > 0);
  CHECK(compare(number("-0.1"), number("0")) < 0);
  CHECK(compare(number("1e-400"), number("0")) > 0);
}

TEST_CASE("two long decimals that end in 0 are compared as doubles, as OPA does") {
  CHECK(equal(number("0.10000000000000000550"), number("0.10000000000000000560")));
  CHECK(hash(number("0.10000000000000000550")) == hash(number("0.10000000000000000560")));
  CHECK_FALSE(equal(number("0.10000000000000000555"), number("0.10000000000000000560")));
}

TEST_CASE("an int64 is read from a text as OPA's Int64, or from the exact value") {
  CHECK(to_int64(number("10.00")) == 10);
  CHECK(to_int64(number("-0")) == 0);
  CHECK_FALSE(to_int64(number("1e1")).has_value());
  CHECK_FALSE(to_int64(number("1.5")).has_value());
  CHECK_FALSE(to_int64(number("1.000000000000000000")).has_value());
  CHECK_FALSE(to_int64(number("9223372036854775808")).has_value());
  CHECK(to_int64_exact(number("1e1")) == 10);
  CHECK(to_int64_exact(number("1.50e1")) == 15);
  CHECK(to_int64_exact(number("-9223372036854775808.0")) == INT64_MIN);
  CHECK_FALSE(to_int64_exact(number("9223372036854775808.0")).has_value());
  CHECK_FALSE(to_int64_exact(number("0.5")).has_value());
  CHECK_FALSE(to_int64_exact(number("1e19")).has_value());
}

TEST_CASE("whole numbers are told from fractions in any notation") {
  for (const char* text : {"5", "5.0", "1e30", "1.50e1", "0e-5", "100000000000000000000.000"}) {
    INFO(text);
    CHECK(is_integral(number(text)));
  }
  for (const char* text : {"5.5", "1e-1", "15e-1", "100000000000000000000.001"}) CHECK_FALSE(is_integral(number(text)));
}

TEST_CASE("doubles go in and out as Go prints them") {
  CHECK(to_rego(number_from_double(arena(), 0.1)) == "0.1");
  CHECK(to_rego(number_from_double(arena(), 1e6)) == "1e+06");
  CHECK(to_rego(number_from_double(arena(), 123456)) == "123456");
  CHECK(to_rego(number_from_double(arena(), 1234567.5)) == "1.2345675e+06");
  CHECK(to_rego(number_from_double(arena(), 0.0001)) == "0.0001");
  CHECK(to_rego(number_from_double(arena(), -0.00001)) == "-1e-05");
  CHECK(to_rego(number_from_double(arena(), 0.0)) == "0");
  CHECK_FALSE(number_from_double(arena(), std::nan("")).is_defined());
  CHECK_FALSE(number_from_double(arena(), std::numeric_limits<double>::infinity()).is_defined());
  CHECK(to_double(number("0.1")) == 0.1);
  CHECK(to_double(number("1e-400")) == 0.0);
  CHECK(std::isinf(to_double(number("-1e400"))));
  CHECK(to_rego(number_from_unsigned(arena(), UINT64_MAX)) == "18446744073709551615");
  CHECK(number_from_unsigned(arena(), 7).is_int());
}

TEST_CASE("a computed number is held against the limits") {
  Limits limits;
  CHECK(is_within_limits(Value::integer(INT64_MIN), limits));
  CHECK(is_within_limits(number("1e4096"), limits) == false);  // its first digit stands at 10^4096, so the point is at 4097
  CHECK(is_within_limits(number("1e4095"), limits));
  CHECK_FALSE(is_within_limits(number("1e-5000"), limits));
  CHECK_FALSE(is_within_limits(number(std::string(2000, '7')), limits));
}
