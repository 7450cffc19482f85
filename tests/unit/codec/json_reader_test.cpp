// The JSON reader: values, numbers, escapes, and the place of everything that is wrong.
#include <catch2/catch.hpp>

#include "helpers.hpp"
#include "value/number.hpp"

using namespace psdl;
using namespace psdl::test;

TEST_CASE("json: values come out with their keys in order") {
  CHECK(json(R"({"b":1,"a":[true,false,null,{"x":"y"}],"aa":{},"c":[]})") ==
        R"({"a":[true,false,null,{"x":"y"}],"aa":{},"b":1,"c":[]})");
  CHECK(json(" [ ] ") == "[]");
  CHECK(json("\"text\"\n") == "\"text\"");
  CHECK(json("0") == "0");
  CHECK(json("\xEF\xBB\xBF{}") == "{}");
}

TEST_CASE("json: objects with more keys than one sort pass takes") {
  std::string text = "{";
  for (int i = 99; i >= 0; --i) text += "\"key" + std::to_string(i) + "\":" + std::to_string(i) + (i > 0 ? "," : "}");
  Reader reader;
  Arena arena;
  const auto document = reader.read(arena, text, Format::Json, {});
  REQUIRE(document);
  const Object& object = document->root().as_object();
  REQUIRE(object.size() == 100);
  for (std::uint32_t i = 1; i < 100; ++i) CHECK(object.keys()[i - 1].as_string() < object.keys()[i].as_string());
  CHECK(object.find_text("key42")->as_int() == 42);
}

TEST_CASE("json: keys that the table knows use its text and its numbers") {
  const auto table = std::make_shared<const KeyTable>(std::vector<std::string_view>{"kind", "spec", "a"});
  Reader reader;
  Arena arena;
  ReadOptions options;
  options.key_table = table;
  const auto document = reader.read(arena, R"({"spec":{"kind":1,"unknown":2},"kind":"Pod"})", Format::Json, options);
  REQUIRE(document);
  const Object& object = document->root().as_object();
  CHECK(object.keys()[0].as_string().data() == table->name(table->number("kind")).data());
  CHECK(object.find_name(table->number("spec"), "spec") != nullptr);
  CHECK(object.find_name(table->number("a"), "a") == nullptr);
  CHECK(object.find_text("spec")->as_object().find_name(kNoKey, "unknown")->as_int() == 2);
}

TEST_CASE("json: nothing points into the text that was read") {
  auto text = std::make_unique<std::string>(R"({"name":"some text","list":["plain","esc\u0061ped"],"n":1.25})");
  Reader reader;
  const auto document = reader.read(*text, Format::Json, {});
  std::fill(text->begin(), text->end(), 'x');
  text.reset();
  REQUIRE(document);
  CHECK(to_json(document->root()) == R"({"list":["plain","escaped"],"n":1.25,"name":"some text"})");
}

TEST_CASE("json: numbers are exact and keep their text") {
  CHECK(json("[1, -5, 9223372036854775807, -9223372036854775808]") ==
        "[1,-5,9223372036854775807,-9223372036854775808]");
  CHECK(json("[9223372036854775808, 123456789012345678901234567890]") ==
        "[9223372036854775808,123456789012345678901234567890]");
  CHECK(json("[1.0, 1e3, 0.1, 1.50]") == "[1.0,1e3,0.1,1.50]");
  for (const char* bad : {"01", "+1", ".5", "1.", "1e", "-", "NaN", "Infinity", "0x1", "1_000", "--1", "1.2.3"}) {
    INFO(bad);
    CHECK(json(bad) == "!json_syntax");
  }
  CHECK(json(std::string(65, '1')) == "!limit_number_bytes");
  CHECK(json(std::string(64, '1')) == std::string(64, '1'));
  CHECK(json("1e999999999") == "!bad_number");
}

TEST_CASE("json: every spelling of zero is zero, underflow included") {
  Reader reader;
  for (const char* zero : {"0", "-0", "0.0", "0e5", "-0.0e-3", "1e-999", "-1e-400"}) {
    INFO(zero);
    Arena arena;
    const auto document = reader.read(arena, zero, Format::Json, {});
    REQUIRE(document);
    CHECK(equal(document->root(), Value::integer(0)));
  }
}

TEST_CASE("json: escapes") {
  CHECK(json(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00")") ==
        "\"\\\"\\\\/\\b\\f\\n\\r\\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  CHECK(json(R"("\x41")") == "!json_syntax");
  CHECK(json(R"("\u12g4")") == "!json_syntax");
  CHECK(json(R"("\ud800")") == "!bad_encoding");
  CHECK(json(R"("\udc00\ud800")") == "!bad_encoding");
  CHECK(opa_json(R"("\ud800x")") == "\"\xEF\xBF\xBDx\"");
}

TEST_CASE("json: what is wrong is named with its place") {
  struct Row {
    const char* text;
    const char* code;
    const char* at;
    const char* message;
  };
  const Row rows[] = {
      {"{\"a\": 1,}", "json_syntax", "1:8", "comma before the end of an object"},
      {"[1,\n 2,]", "json_syntax", "2:3", "comma before the end of an array"},
      {"{\"a\" 1}", "json_syntax", "1:6", "expected `:` after the key, but found `1`"},
      {"{\"a\": 1 \"b\": 2}", "json_syntax", "1:9", "expected `,` or `}`, but found `\"`"},
      {"[1 2]", "json_syntax", "1:4", "expected `,` or `]`, but found `2`"},
      {"[1, 2", "json_syntax", "1:6,1:1", "the text ends inside an array"},
      {"{\n  \"a\": tru\n}", "json_syntax", "2:8", "expected a value, but found `tru`"},
      {"{a: 1}", "json_syntax", "1:2", "expected a key in double quotes, but found `a`"},
      {"[1] // c", "json_syntax", "1:5", "JSON has no comments"},
      {"{} x", "json_syntax", "1:4", "text after the end of the document: found `x`"},
      {"[\"a\nb\"]", "json_syntax", "1:2", "string is not closed on its line"},
      {"[\"a\tb\"]", "bad_character", "1:4", "control character 0x09 in a string: write it as \\u0009"},
      {"[\"abc", "json_syntax", "1:2", "string is not closed"},
      {"[NaN]", "json_syntax", "1:2", "expected a value, but found `NaN`"},
      {"['a']", "json_syntax", "1:2", "JSON's strings stand in double quotes"},
      {"[\"\xC3\xA9\", \"\xC1\xA8\"]", "bad_encoding", "1:8", "byte 0xC1 is not UTF-8"},
      {"", "json_syntax", "1:1", "expected a value, but the text is empty"},
      {"{\"a\":1]", "json_syntax", "1:7", "expected `,` or `}`, but found `]`"},
      {"]", "json_syntax", "1:1", "expected a value, but found `]`"},
      {"[1,,2]", "json_syntax", "1:4", "expected a value, but found `,`"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    Reader reader;
    const auto document = reader.read(row.text, Format::Json, {});
    REQUIRE_FALSE(document.has_value());
    Outcome outcome;
    outcome.errors.push_back(document.error());
    CHECK(document.error().code == row.code);
    CHECK(outcome.at() == row.at);
    CHECK(document.error().message == row.message);
  }
}

TEST_CASE("json: OPA's rules take the last of two keys") {
  CHECK(opa_json(R"({"a":1,"b":2,"a":3})") == R"({"a":3,"b":2})");
  CHECK(opa_json(R"({"a":1,"\u0061":2})") == R"({"a":2})");
}

TEST_CASE("json: a builtin's error says what Go says") {
  Arena arena;
  const auto message = [&](std::string_view text) {
    return read_value_json(arena, text, ReadRules::opa(), {}).error().message;
  };
  CHECK(message("") == "EOF");
  CHECK(message("{") == "unexpected EOF");
  CHECK(message("plainstring") == "invalid character 'p' looking for beginning of value");
  CHECK(message("[1,]") == "invalid character ']' looking for beginning of value");
  CHECK(message("{\"a\":1,}") == "invalid character '}' looking for beginning of object key string");
  CHECK(message("{} {}") == "error: invalid character '{' after top-level value");
  CHECK(message("[tru]") == "invalid character ']' in literal true (expecting 'e')");
  CHECK(message("[01]") == "invalid character '1' after array element");
}

TEST_CASE("json: a warm reader asks for no heap memory in its arena") {
  Reader reader;
  Arena arena;
  const std::string text = R"({"kind":"Pod","spec":{"containers":[{"name":"a","image":"b"}]}})";
  REQUIRE(reader.read(arena, text, Format::Json, {}));
  const std::size_t used = arena.used_bytes();
  arena.reset();
  REQUIRE(reader.read(arena, text, Format::Json, {}));
  CHECK(arena.used_bytes() == used);
}
