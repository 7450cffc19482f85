// Terms: how they read, print and become JSON.
#include <catch2/catch.hpp>

#include "parsing.hpp"

using namespace psdl;
using namespace psdl::testing;

TEST_CASE("operators bind by their level and to the left") {
  CHECK(body_text("1 + 2 * 3 - 4") == "minus(plus(1, mul(2, 3)), 4)");
  CHECK(body_text("a | b & c == d") == "equal(or(a, and(b, c)), d)");
  CHECK(body_text("(1 + 2) * 3") == "mul(plus(1, 2), 3)");
  CHECK(body_text("x := -y.z") == "assign(x, minus(0, y.z))");
  CHECK(body_text("- 1") == "-1");
}

TEST_CASE("number literals keep their text") {
  CHECK(body_json("1e3") == R"([{"index":0,"terms":{"type":"number","value":1e3}}])");
  CHECK(body_json(".5") == R"([{"index":0,"terms":{"type":"number","value":0.5}}])");
  CHECK(body_text("01") == "error 1:1 unexpected number token: expected number without leading zero");
  CHECK(body_text("1e100000000") == "error 1:1 number too big");
  CHECK(body_text("1.") == "error 1:1 expected fraction");
  CHECK(body_text("0a2b") == "error 1:1 illegal number format");
}

TEST_CASE("strings resolve JSON's escapes and print Go's") {
  CHECK(body_text(R"("\u00e9\t\"\\")") == R"("é\t\"\\")");
  CHECK(body_text(R"("\uD834\uDD1E\uD834")") == "\"\xF0\x9D\x84\x9E\xEF\xBF\xBD\"");
  CHECK(body_text("`a\\n\nb`") == R"("a\\n\nb")");
  CHECK(body_text("\"a\tb\"") == R"("a\tb")");
  CHECK(body_text(R"("\x")") == "error 1:1 illegal escape sequence");
  CHECK(body_text("\"abc") == "error 1:1 non-terminated string");
}

TEST_CASE("a blank ends a ref, a keyword may stand in one") {
  CHECK(body_text("input.not.x[\"a b\"][y]") == "input[\"not\"].x[\"a b\"][y]");
  CHECK(body_text("f(x).y[0]") == "f(x).y[0]");
  CHECK(body_text("[1, 2][0]") == "[1, 2][0]");
  CHECK(body_text("foo [x]") == "foo; [x]");
  CHECK(body_text("\"a\".b") == "error 1:1 illegal ref (head cannot be string)");
  CHECK(body_text("x.") == "error 1:2 unexpected eof token: expected identifier");
}

TEST_CASE("braces are sets, objects or comprehensions") {
  CHECK(body_text("{3, 1, 1.0}") == "{1, 3}");
  CHECK(body_text("{}") == "{}");
  CHECK(body_text("set()") == "set()");
  CHECK(body_text("{\"b\": 1, \"a\": 2,}") == "{\"a\": 2, \"b\": 1}");
  CHECK(body_text("{x | x := xs[_]}") == "{x | assign(x, xs[_])}");
  CHECK(body_text("{k: v | some k, v in xs}") == "{k: v | some k, v in xs}");
  CHECK(body_text("{1} | {2}") == "or({1}, {2})");
  CHECK(body_text("[a | b, c]") == "[or(a, b), c]");
  CHECK(body_text("[, 1, 2]") == "[1, 2]");
  CHECK(body_text("{a + 1") == "error 1:6 unexpected eof token: non-terminated set");
}

TEST_CASE("in takes a key where a comma does not end the term") {
  CHECK(body_text("x in xs") == "internal.member_2(x, xs)");
  CHECK(body_text("k, v in xs") == "internal.member_3(k, v, xs)");
  CHECK(body_text("[1, 2 in xs]") == "[1, internal.member_2(2, xs)]");
  CHECK(body_text("[(1, 2 in xs)]") == "[internal.member_3(1, 2, xs)]");
  CHECK(body_text("a in b in c") == "internal.member_2(internal.member_2(a, b), c)");
}

TEST_CASE("template strings mix text and expressions") {
  CHECK(body_text(R"($"a {x} \{ {1}")") == R"($"a {x} \{ 1")");
  CHECK(body_text("$`a\n{f(x)}`") == "$\"a\\n{f(x)}\"");
  CHECK(body_text(R"($"{$"{x}"}")") == R"($"{$"{x}"}")");
  CHECK(body_text(R"($"{x = 1}")") == "error 1:4 unexpected unification ('=') in template-string expression");
  CHECK(body_text(R"($"{not x}")") == "error 1:4 unexpected negation ('not') in template-string expression");
  CHECK(body_text(R"($"{x}")", v0()) == "error 1:1 template strings are not supported by current capabilities");
}

TEST_CASE("spans name the bytes of a term") {
  const Parsed parsed = parse("package p\nx := foo.bar[1] + f(2)");
  REQUIRE(parsed.module != nullptr);
  const ast::Call* sum = parsed.module->rules[0]->head->value->as<ast::Call>();
  REQUIRE(sum != nullptr);
  CHECK((*sum)[1]->span.begin == 15);
  CHECK((*sum)[1]->span.end == 25);
  CHECK((*sum)[2]->span.begin == 28);
  CHECK((*sum)[2]->span.end == 32);
}

TEST_CASE("each underscore is a variable of its own") {
  CHECK(body_json("[_, _]") ==
        R"([{"index":0,"terms":{"type":"array","value":[{"type":"var","value":"$0"},{"type":"var","value":"$1"}]}}])");
}
