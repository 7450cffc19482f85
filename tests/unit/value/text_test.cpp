// Values printed as JSON and in Rego's notation.
#include <catch2/catch.hpp>

#include "value/builders.hpp"
#include "value/number.hpp"
#include "value/text.hpp"

using namespace psdl;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string json(std::string_view text, bool html_safe = false) {
  std::string out;
  append_json_string(out, text, html_safe);
  return out;
}

Value array_of(Arena& arena, std::initializer_list<Value> items) {
  ArrayBuilder builder(arena);
  for (const Value& item : items) builder.add(item);
  return builder.finish();
}

Value set_of(Arena& arena, std::initializer_list<Value> items) {
  SetBuilder builder(arena);
  for (const Value& item : items) builder.add(item);
  return builder.finish();
}

}  // namespace

TEST_CASE("strings are quoted by Go's rules in Rego's notation") {
  CHECK(quoted("plain") == R"("plain")");
  CHECK(quoted("a\"b\\c") == R"("a\"b\\c")");
  CHECK(quoted(std::string_view("\a\b\f\n\r\t\v\0\x7f", 9)) == R"("\a\b\f\n\r\t\v\x00\x7f")");
  CHECK(quoted("h\xC3\xA9 \xE6\x97\xA5") == "\"h\xC3\xA9 \xE6\x97\xA5\"");
  CHECK(quoted("\xC2\xA0\xE2\x80\xA8") == R"("\u00a0\u2028")");
  CHECK(quoted("\xF3\xA0\x80\x81") == R"("\U000e0001")");
  CHECK(quoted("\xFF\xED\xA0\x80") == R"("\xff\xed\xa0\x80")");
  CHECK(quoted("<&>") == R"("<&>")");
}

TEST_CASE("strings are escaped as Go's JSON encoder does") {
  CHECK(json("a\"b\\c") == R"("a\"b\\c")");
  CHECK(json(std::string_view("\b\f\n\r\t\0\x1f\x7f", 8)) == "\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\"");
  CHECK(json("\xE2\x80\xA8\xE2\x80\xA9") == R"("\u2028\u2029")");
  CHECK(json("\xFF!\xE6\x97") == R"("\ufffd!\ufffd\ufffd")");
  CHECK(json("<&>") == R"("<&>")");
  CHECK(json("<&>", true) == R"("\u003c\u0026\u003e")");
}

TEST_CASE("collections print in term order in both notations") {
  Arena arena;
  const Value set = set_of(arena, {Value::string("b"), Value::integer(2), Value::null(), Value::string("a")});
  CHECK(to_rego(set) == R"({null, 2, "a", "b"})");
  CHECK(to_json(set) == R"([null,2,"a","b"])");
  CHECK(to_rego(empty_set()) == "set()");
  CHECK(to_json(empty_set()) == "[]");
  CHECK(to_rego(empty_object()) == "{}");
  CHECK(to_rego(empty_array()) == "[]");
  ObjectBuilder builder(arena);
  builder.add(Value::string("z"), Value::boolean(true));
  builder.add(Value::integer(1), set);
  CHECK(to_rego(builder.finish()) == R"({1: {null, 2, "a", "b"}, "z": true})");
}

TEST_CASE("keys that are no strings become their JSON text, sorted as texts") {
  Arena arena;
  ObjectBuilder builder(arena);
  builder.add(Value::integer(2), Value::integer(1));
  builder.add(Value::integer(10), Value::integer(2));
  builder.add(Value::boolean(true), Value::integer(3));
  builder.add(array_of(arena, {Value::integer(1), Value::string("<")}), Value::integer(4));
  CHECK(to_json(builder.finish()) == R"({"10":2,"2":1,"[1,\"\\u003c\"]":4,"true":3})");
}

TEST_CASE("of keys with one JSON text the last in term order wins") {
  Arena arena;
  ObjectBuilder builder(arena);
  builder.add(set_of(arena, {Value::integer(1), Value::integer(2)}), Value::string("set"));
  builder.add(array_of(arena, {Value::integer(1), Value::integer(2)}), Value::string("array"));
  builder.add(Value::string("1"), Value::string("text"));
  builder.add(Value::integer(1), Value::string("number"));
  CHECK(to_json(builder.finish()) == R"({"1":"text","[1,2]":"set"})");
}

TEST_CASE("indented JSON is laid out as Go's") {
  Arena arena;
  ObjectBuilder builder(arena);
  builder.add(Value::string("a"), array_of(arena, {Value::integer(1), empty_object()}));
  builder.add(Value::string("b"), empty_array());
  CHECK(to_json(builder.finish(), {.indent = 2}) == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
}

TEST_CASE("a number prints the text it was read with") {
  Arena arena;
  const Value numbers = array_of(arena, {number_from_text(arena, "1e6"), number_from_text(arena, "1.10"), number_from_text(arena, "-0")});
  CHECK(to_json(numbers) == "[1e6,1.10,-0]");
  CHECK(to_rego(numbers) == "[1e6, 1.10, -0]");
}
