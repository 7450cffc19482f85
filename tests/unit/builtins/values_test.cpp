// Builtins over values that no policy text can make, or that text shows badly: shared parts, order, whole operands handed back.
#include <catch2/catch.hpp>

#include "builtins/runes.hpp"
#include "calling.hpp"

using psdl::Value;
using psdl::test::Caller;

TEST_CASE("operands of the wrong kind are named by position") {
  Caller caller;
  CHECK(caller.shown("startswith", {Value::integer(7), caller.text("a")}) == "undefined");
  CHECK(caller.error == "startswith: operand 1 must be string but got number");
  CHECK(caller.code == "eval_type_error");
  CHECK_FALSE(caller.halted);
  CHECK(caller.shown("object.get", {caller.object({}), Value::null(), Value::null()}) == "null");
  CHECK(caller.error.empty());
  CHECK(caller.shown("to_number", {caller.array({})}) == "undefined");
  CHECK(caller.error == "to_number: operand 1 must be one of {null, boolean, number, string} but got array");
}

TEST_CASE("pieces of a string share its bytes") {
  Caller caller;
  const Value whole = caller.text("registry/image:tag");
  const Value pieces = caller.call("split", {whole, caller.text("/")});
  REQUIRE(pieces.length() == 2);
  CHECK(pieces.as_array()[1].as_string().data() == whole.as_string().data() + 9);
  CHECK(caller.call("trim_prefix", {whole, caller.text("x")}).as_string().data() == whole.as_string().data());
  CHECK(caller.call("substring", {whole, Value::integer(0), Value::integer(-1)}).as_string().data() == whole.as_string().data());
}

TEST_CASE("texts that are no UTF-8") {
  Caller caller;
  const Value broken = caller.text("a\xFF\xC3z");
  CHECK(caller.shown("count", {broken}) == "4");
  CHECK(caller.call("strings.reverse", {broken}).as_string() == "z\xC3\xFF" "a");
  CHECK(caller.call("upper", {broken}).as_string() == "A\xEF\xBF\xBD\xEF\xBF\xBDZ");
  CHECK(caller.call("split", {broken, caller.text("")}).length() == 4);
}

TEST_CASE("runes are read and written as Go does it") {
  using psdl::decode_rune;
  CHECK(decode_rune("é", 0).value == 0xE9);
  CHECK(decode_rune("\xED\xA0\x80", 0).size == 1);  // a surrogate
  CHECK(decode_rune("\xF4\x90\x80\x80", 0).value == psdl::kRuneError);
  CHECK(decode_rune("\xF0\x9F\x98\x80", 0).value == 0x1F600);
  CHECK(decode_rune("\xC0\x80", 0).size == 1);  // longer than it need be
  CHECK(psdl::count_runes("日本") == 2);
  char bytes[4];
  CHECK(psdl::encode_rune(bytes, 0xD800) == 3);
}

TEST_CASE("set algebra keeps order whatever the sizes") {
  Caller caller;
  std::vector<Value> many;
  for (int i = 0; i < 1000; ++i) many.push_back(Value::integer((i * 7919) % 1000));
  psdl::SetBuilder builder(caller.arena);
  for (const Value& item : many) builder.add(item);
  const Value large = builder.finish();
  const Value small = caller.set({Value::integer(5), Value::integer(-1), Value::integer(999)});
  CHECK(caller.shown("and", {large, small}) == "{5, 999}");
  CHECK(caller.shown("and", {small, large}) == "{5, 999}");
  CHECK(caller.shown("minus", {small, large}) == "{-1}");
  CHECK(caller.call("minus", {large, small}).as_set().size() == 998);
  CHECK(caller.call("or", {small, large}).as_set().size() == 1001);
  CHECK(caller.shown("min", {caller.call("or", {large, small})}) == "-1");
}

TEST_CASE("sums and products of mixed numbers") {
  Caller caller;
  CHECK(caller.shown("sum", {caller.array({caller.number("18446744073709551617"), Value::integer(1), caller.number("0.5")})}) == "18446744073709551616");
  CHECK(caller.shown("product", {caller.array({caller.number("1.1"), caller.number("1.1")})}) == "1.2100000000000002");
  CHECK(caller.shown("sum", {caller.set({caller.number("1.0"), Value::integer(2)})}) == "3");
}

TEST_CASE("a random number depends on seed, name and bound alone") {
  Caller caller;
  caller.facts.seed = 42;
  const std::string first = caller.shown("rand.intn", {caller.text("a"), Value::integer(1'000'000)});
  CHECK(caller.shown("rand.intn", {caller.text("a"), Value::integer(1'000'000)}) == first);
  CHECK(caller.shown("rand.intn", {caller.text("b"), Value::integer(1'000'000)}) != first);
  caller.facts.seed = 43;
  CHECK(caller.shown("rand.intn", {caller.text("a"), Value::integer(1'000'000)}) != first);
  CHECK(caller.shown("rand.intn", {caller.text("a"), Value::integer(INT64_MIN)}) != "undefined");
}

TEST_CASE("to_number brings Go's spellings into JSON's") {
  Caller caller;
  const std::pair<const char*, const char*> spellings[] = {{"+5", "5"},   {"007", "7"},   {"1.", "1"},      {".5", "0.5"},   {"-.5", "-0.5"}, {"1_000", "1000"},
                                                           {"-0", "-0"},  {"00", "0"},    {"1.50", "1.50"}, {"1E+2", "1E+2"}, {"0x1p4", "16"}};
  for (const auto& [text, number] : spellings) {
    INFO(text);
    CHECK(caller.shown("to_number", {caller.text(text)}) == number);
  }
  for (const char* text : {"", "+", ".", "1e", "1__0", "_1", "0x", "1 ", "--1"}) {
    INFO(text);
    CHECK(caller.shown("to_number", {caller.text(text)}) == "undefined");
    CHECK(caller.code == "eval_builtin_error");
  }
}
