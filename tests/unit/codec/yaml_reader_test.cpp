// The YAML reader: scalars by each table, keys, merges, aliases.
#include <catch2/catch.hpp>

#include "codec/yaml_scalars.hpp"
#include "helpers.hpp"

using namespace psdl;
using namespace psdl::test;

TEST_CASE("yaml: Kubernetes resolves scalars as YAML 1.1 does") {
  struct Row {
    const char* text;
    const char* value;
  };
  const Row rows[] = {
      {"yes", "true"},
      {"Yes", "true"},
      {"YES", "true"},
      {"on", "true"},
      {"On", "true"},
      {"ON", "true"},
      {"y", "true"},
      {"Y", "true"},
      {"true", "true"},
      {"True", "true"},
      {"TRUE", "true"},
      {"no", "false"},
      {"off", "false"},
      {"n", "false"},
      {"FALSE", "false"},
      {"~", "null"},
      {"null", "null"},
      {"Null", "null"},
      {"", "null"},
      {"tRuE", "\"tRuE\""},
      {"oN", "\"oN\""},
      {"010", "8"},
      {"0o17", "15"},
      {"0x1F", "31"},
      {"-0x1F", "-31"},
      {"0b11", "3"},
      {"1_000", "1000"},
      {"+5", "5"},
      {"08", "8"},
      {"1e3", "1e3"},
      {".0e00000014398345228558984691", "0"},  // a zero whose exponent no number keeps
      {".5", "0.5"},
      {"1.", "1"},
      {"-.5", "-0.5"},
      {"+1.5", "1.5"},
      {"00.5", "0.5"},
      {"1:30", "\"1:30\""},
      {"2001-01-01", "\"2001-01-01\""},
      {"1.2.3", "\"1.2.3\""},
      {"0x", "\"0x\""},
      {"1e", "\"1e\""},
      {".", "\".\""},
      {"-x", "\"-x\""},
      {"'yes'", "\"yes\""},
      {"\"1\"", "\"1\""},
      {"!!str true", "\"true\""},
      {"!!int \"5\"", "5"},
      {"!!bool yes", "true"},
      {"!!float 1", "1"},
      {"18446744073709551615", "18446744073709551615"},
      {"18446744073709551616", "18446744073709551616"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"nullx", "\"nullx\""},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(yaml(std::string("a: ") + row.text) == std::string("{\"a\":") + row.value + "}");
  }
  CHECK(yaml("a: .inf") == "!bad_number");
  CHECK(yaml("a: -.INF") == "!bad_number");
  CHECK(yaml("a: .nan") == "!bad_number");
  CHECK(yaml("a: 1e999") == "!bad_number");
  CHECK(yaml("a: !!int abc") == "!yaml_tag");
}

TEST_CASE("yaml: OPA resolves 1.1's numbers and 1.2's booleans") {
  CHECK(opa_yaml("[yes, no, on, off, y, n, true, False]") == R"(["yes","no","on","off","y","n",true,false])");
  CHECK(opa_yaml("[012, 0o14, 1_000, 0b11, 0x1f, 1.0, 1e3, 1e21, 0.1, 1.50]") ==
        "[10,12,1000,3,31,1,1000,1e+21,0.1,1.5]");
  CHECK(opa_yaml("[2001-12-14, 2001-12-14T10:00:00Z]") == R"(["2001-12-14","2001-12-14T10:00:00Z"])");
  CHECK(opa_yaml("a: 1\na: 2") == R"({"a":2})");
  CHECK(opa_yaml("1: a\n'1': b") == R"({"1":"b"})");
  CHECK(opa_yaml("a: !!binary aGk=") == R"({"a":"hi"})");
  CHECK(opa_yaml("a: !custom 5") == R"({"a":"5"})");
  CHECK(opa_yaml("18446744073709551615") == "18446744073709551615");
  CHECK(opa_yaml("18446744073709551616") == "18446744073709552000");
  CHECK(opa_yaml("1e999") == "\"1e999\"");
  CHECK(opa_yaml("") == "null");
  CHECK(opa_yaml("a: 1\n---\nb: 2\n") == R"({"a":1})");
  CHECK(opa_yaml("a: 1\n---\n\tb: 2\n") == "!yaml_syntax");
  CHECK(opa_yaml("  a:\nb: 1") == "!yaml_syntax");
}

TEST_CASE("yaml: merges by OPA's reader give way to what stands in the map") {
  CHECK(opa_yaml("x: &a {k: 1, m: 2}\ny: {k: 9, <<: *a}") == R"({"x":{"k":1,"m":2},"y":{"k":9,"m":2}})");
  CHECK(opa_yaml("x: &a {k: 1}\nz: &b {k: 2, n: 3}\ny: {<<: *a, <<: *b}") ==
        R"({"x":{"k":1},"y":{"k":1,"n":3},"z":{"k":2,"n":3}})");
}

TEST_CASE("yaml: a builtin's error says what go-yaml says") {
  Arena arena;
  const auto message = [&](std::string_view text) {
    return read_value_yaml(arena, text, ReadRules::opa(), {}).error().message;
  };
  CHECK(message("[1,2,3") == "yaml: line 1: did not find expected ',' or ']'");
  CHECK(message("a: *x") == "yaml: unknown anchor 'x' referenced");
  CHECK(message("a: .inf") == "json: unsupported value: +Inf");
}

TEST_CASE("yaml: gator verify reads dates as timestamps, gator test numbers as doubles") {
  CHECK(read_as("a: 2001-12-14", Format::Yaml, ReadRules::gator_verify()) == R"({"a":"2001-12-14T00:00:00Z"})");
  CHECK(read_as("a: yes", Format::Yaml, ReadRules::gator_verify()) == R"({"a":"yes"})");
  CHECK(read_as("a: yes\na: no", Format::Yaml, ReadRules::gator_test()) == R"({"a":false})");
  CHECK(read_as("a: 9007199254740993", Format::Yaml, ReadRules::gator_test()) == R"({"a":9007199254740992})");
}

TEST_CASE("yaml: styles of scalars") {
  CHECK(yaml("a: |\n  one\n  two\nb: >-\n  three\n  four\nc: 'it''s'\nd: \"x\\ty\\u00e9\"\ne: one\n  two") ==
        "{\"a\":\"one\\ntwo\\n\",\"b\":\"three four\",\"c\":\"it's\",\"d\":\"x\\ty\xC3\xA9\",\"e\":\"one two\"}");
  CHECK(yaml("a:\tb") == R"({"a":"b"})");
  CHECK(yaml("? a\n: b\n") == R"({"a":"b"})");
}

TEST_CASE("yaml: keys that are floats are written as Kubernetes writes them") {
  CHECK(codec::format_float_key(1.5) == "1.5");
  CHECK(codec::format_float_key(1000000) == "1e+06");
  CHECK(codec::format_float_key(123456789) == "1.2345679e+08");
  CHECK(codec::format_float_key(0.00001) == "1e-05");
  CHECK(codec::format_json_double(1e21) == "1e+21");
  CHECK(codec::format_json_double(1e20) == "100000000000000000000");
  CHECK(codec::format_json_double(1e-7) == "1e-7");
  CHECK(codec::format_json_double(0.000001) == "0.000001");
}

TEST_CASE("yaml: what Kubernetes refuses is refused") {
  CHECK(yaml("a: \"x\\/y\"") == "!yaml_syntax");
  CHECK(yaml("{x: a?b}") == "!yaml_syntax");
  CHECK(yaml("x: a?b") == R"({"x":"a?b"})");
  CHECK(yaml("a: ! \"5\"") == "!yaml_tag");
}

TEST_CASE("yaml: a Helm template says what to do") {
  for (const char* text : {"name: {{ .Values.name }}\n", "a: 1\n{{- if .Values.x }}\nb: 2\n{{- end }}\n",
                           "labels:\n{{ include \"x\" . | indent 2 }}\n"}) {
    INFO(text);
    const Outcome outcome = read_stream(text);
    REQUIRE(outcome.codes() == "helm_template");
    CHECK(outcome.errors[0].help[0] == "render it first: helm template CHART | psdl scan -");
  }
  CHECK(read_stream("a: '{{ .x }}'").codes().empty());
}
