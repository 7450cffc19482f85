// JSON and YAML texts: what no policy text can show, and what must not grow without end.
#include <catch2/catch.hpp>

#include "calling.hpp"

using psdl::Value;
using psdl::test::Caller;

TEST_CASE("a value whose parts are shared does not make a text without end") {
  Caller caller;
  Value value = caller.array({caller.text("pod")});
  for (int level = 0; level < 60; ++level) value = caller.array({value, value});  // 2^60 texts
  for (const char* name : {"json.marshal", "yaml.marshal"}) {
    INFO(name);
    CHECK(caller.shown(name, {value}) == "undefined");
    CHECK(caller.error == std::string(name) + ": limit_string_bytes reached");
    CHECK(caller.halted);
  }
}

TEST_CASE("a text longer than the limit is not made") {
  Caller caller;
  caller.limits.string_bytes = 100;
  const Value list = caller.array({caller.text(std::string(60, 'a')), caller.text("b"), caller.array({caller.array({Value::integer(1)})})});
  CHECK(caller.call("json.marshal", {list}).is_defined());
  const Value options = caller.object({{caller.text("indent"), caller.text(std::string(90, ' '))}});
  CHECK(caller.shown("json.marshal_with_options", {list, options}) == "undefined");
  CHECK(caller.error == "json.marshal_with_options: limit_string_bytes reached");
}

TEST_CASE("collections inside each other beyond the limit are refused, not followed") {
  Caller caller;
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  CHECK(caller.shown("json.unmarshal", {caller.text(deep)}) == "undefined");
  CHECK(caller.error == "json.unmarshal: limit_data_nesting reached");
  CHECK(caller.halted);
  CHECK(caller.shown("yaml.unmarshal", {caller.text(deep)}) == "undefined");
  CHECK(caller.error == "yaml.unmarshal: limit_data_nesting reached");
  CHECK(caller.shown("json.is_valid", {caller.text(deep)}) == "true");

  Value value = caller.array({});
  for (int level = 0; level < 100'000; ++level) value = caller.array({value});
  CHECK(caller.shown("yaml.marshal", {value}) == "undefined");
  CHECK(caller.error == "yaml.marshal: limit_data_nesting reached");
  CHECK(caller.halted);
  CHECK(caller.call("json.marshal", {value}).length() == 200'002);  // written without calls inside calls
}

TEST_CASE("bytes that are no UTF-8 are written as U+FFFD") {
  Caller caller;
  CHECK(caller.call("yaml.marshal", {caller.text("a\xFF")}).as_string() == "a\xEF\xBF\xBD\n");
  CHECK(caller.call("json.marshal", {caller.text("a\xFF")}).as_string() == "\"a\\ufffd\"");
}

TEST_CASE("one value, not two, is valid JSON") {
  Caller caller;
  CHECK(caller.shown("json.is_valid", {caller.text("1 null")}) == "false");
  CHECK(caller.shown("json.is_valid", {caller.text(" null ")}) == "true");
  CHECK(caller.shown("json.is_valid", {caller.text("[null]")}) == "true");
  CHECK(caller.shown("json.is_valid", {caller.text("1e999999999")}) == "true");
}
