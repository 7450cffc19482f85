// Texts that Go's libraries make: YAML of two kinds, indented JSON, numbers.
#include <catch2/catch.hpp>

#include "builtins/yaml_writer.hpp"
#include "codec/reader.hpp"
#include "gatekeeper/expanded_text.hpp"
#include "gatekeeper/go_numbers.hpp"
#include "gatekeeper/json_members.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

Value value_of(Arena& arena, std::string_view json) {
  const Result<Value> read = read_value_json(arena, json, ReadRules::opa(), Limits());
  INFO(json);
  REQUIRE(read);
  return *read;
}

constexpr std::string_view kObject =
    R"({"kinds": [{"apiGroups": ["", "apps"], "kinds": ["Pod"]}], "n": 1000000, "on": "yes", "text": "one\ntwo\n", "void": [], "z": {"a": null}})";

}  // namespace

TEST_CASE(
    "a member of a map in four-blank YAML: lists further in than their key, what stands in them behind the dash") {
  Arena arena;
  YamlLayout layout;
  layout.step = 4;
  layout.has_doubles = true;
  std::string out = "    spec:";
  REQUIRE(append_yaml_member(out, value_of(arena, kObject), 4, 100, layout) == YamlProblem::None);
  CHECK(out ==
        "    spec:\n"
        "        kinds:\n"
        "            - apiGroups:\n"
        "                - \"\"\n"
        "                - apps\n"
        "              kinds:\n"
        "                - Pod\n"
        "        \"n\": 1e+06\n"
        "        \"on\": \"yes\"\n"
        "        text: |\n"
        "            one\n"
        "            two\n"
        "        void: []\n"
        "        z:\n"
        "            a: null\n");
}

TEST_CASE("a value on one line of YAML") {
  Arena arena;
  std::string out;
  REQUIRE(append_yaml_flow(out, value_of(arena, kObject), 100) == YamlProblem::None);
  CHECK(
      out ==
      R"({kinds: [{apiGroups: ["", apps], kinds: [Pod]}], "n": 1000000, "on": "yes", text: "one\ntwo\n", void: [], z: {a: null}})");
  out.clear();
  REQUIRE(append_yaml_flow(out, value_of(arena, R"(["a: b", "a,b", "a:b", "[x", "*"])"), 100) == YamlProblem::None);
  CHECK(out == "['a: b', 'a,b', 'a:b', '[x', '*']");
}

TEST_CASE("expanded objects: lists under their keys, long texts in several lines") {
  Arena arena;
  const std::string words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen";
  const Value one = value_of(arena, R"({"kind": "Pod", "metadata": {"name": "b", "note": ")" + words +
                                        R"("}, "spec": {"containers": [{"name": "a"}, {"name": "b"}]}})");
  const Value other = value_of(arena, R"({"kind": "Pod", "metadata": {"name": "c"}})");
  std::vector<Value> roots{one, other};
  sort_expanded(roots);
  CHECK(expanded_text(roots, "yaml") ==
        "kind: Pod\n"
        "metadata:\n"
        "  name: c\n"
        "---\n"
        "kind: Pod\n"
        "metadata:\n"
        "  name: b\n"
        "  note: one two three four five six seven eight nine ten eleven twelve thirteen fourteen\n"
        "    fifteen\n"
        "spec:\n"
        "  containers:\n"
        "  - name: a\n"
        "  - name: b\n"
        "\n");
  CHECK(expanded_text({other}, "json") ==
        "{\n    \"kind\": \"Pod\",\n    \"metadata\": {\n        \"name\": \"c\"\n    }\n}\n");
}

TEST_CASE("JSON is indented as Go does it") {
  CHECK(indent_as_go(R"({"a":[],"b":{},"c":[1,{"d":"x,{}:\"]"}]})", 4) ==
        "{\n    \"a\": [],\n    \"b\": {},\n    \"c\": [\n        1,\n        {\n            \"d\": \"x,{}:\\\"]\"\n   "
        "     }\n    ]\n}");
}

TEST_CASE("numbers that went through doubles") {
  Arena arena;
  const Value value = value_of(
      arena,
      R"({"a": 999999, "b": 1000000, "c": [9007199254740993, -12345678], "d": 100000000000000000000, "e": 0.5, "f": "1000000"})");
  CHECK(to_json(with_go_numbers(arena, value, GoNumbers::Printed)) ==
        R"({"a":999999,"b":1e+06,"c":[9.007199254740992e+15,-1.2345678e+07],"d":1e+20,"e":0.5,"f":"1000000"})");
  CHECK(to_json(with_go_numbers(arena, value, GoNumbers::Rounded)) ==
        R"({"a":999999,"b":1000000,"c":[9007199254740992,-12345678],"d":100000000000000000000,"e":0.5,"f":"1000000"})");
}

}  // namespace psdl::gatekeeper
