// Manifests made to be read wrongly, by the number of the case in the threat model's list ("D6" and on).
#include <catch2/catch.hpp>

#include <chrono>

#include "helpers.hpp"
#include "value/number.hpp"

using namespace psdl;
using namespace psdl::test;

namespace {

using Names = std::vector<std::string>;

double seconds(const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

TEST_CASE("D6 a YAML key twice is an error that names both lines") {
  CHECK(read_stream("spec:\n  privileged: false\n  privileged: true\n").codes() == "duplicate_key");
  CHECK(read_stream("spec:\n  privileged: false\n  privileged: true\n").at() == "3:3,2:3");
  CHECK(read_stream("spec:\n  privileged: true\n  privileged: false\n").at() == "3:3,2:3");
  CHECK(read_stream("spec: {privileged: true, a: 1,\n privileged: true}").at() == "2:2,1:8");
}

TEST_CASE("D7 a JSON key twice is an error") {
  const Outcome outcome = read_stream("{\"spec\":{\"hostNetwork\":true},\n \"spec\":{}}", "pod.json");
  CHECK(outcome.codes() == "duplicate_key");
  CHECK(outcome.at() == "2:2,1:2");
  CHECK(read_stream("{\"spec\":{\"a\":1},\"spec\":{\"a\":1}}").codes() == "duplicate_key");
}

TEST_CASE("D8 keys are compared after their escapes") {
  CHECK(read_stream("\"hostPID\": false\n\"\\x68ostPID\": true\n").at() == "2:1,1:1");
  CHECK(read_stream("{\"hostPID\":false,\"\\u0068ostPID\":true}", "pod.json").codes() == "duplicate_key");
}

TEST_CASE("D9 a head that differs only in case is an error") {
  CHECK(read_stream("kind: ConfigMap\nKind: Pod\n").codes() == "key_case");
  CHECK(read_stream("kind: ConfigMap\nKind: Pod\n").at() == "2:7");
  CHECK(read_stream("KIND: Pod\n").codes() == "key_case");
  CHECK(read_stream("\xE2\x84\xAAind: Pod\n").codes() == "key_case");
  CHECK(read_stream("\xC5\xBFpec: {}\n").codes() == "key_case");
  CHECK(read_stream("kind: List\nitems: [{kind: Pod, Spec: {}}]\n").codes() == "key_case");
  CHECK(read_stream("kind: Pod\nspec: {HostNetwork: true}\n").codes().empty());
}

TEST_CASE("D10 merges bring fields, a quoted << is a key") {
  CHECK(read_stream("base: &base {hostIPC: true}\nspec:\n  <<: *base\n  x: 1\n").value() ==
        R"({"base":{"hostIPC":true},"spec":{"hostIPC":true,"x":1}})");
  CHECK(read_stream("spec:\n  <<: {hostIPC: true}\n").value() == R"({"spec":{"hostIPC":true}})");
  CHECK(read_stream("spec:\n  \"<<\": {hostIPC: true}\n").value() == R"({"spec":{"<<":{"hostIPC":true}}})");
  CHECK(read_stream("spec:\n  <<: 5\n").codes() == "yaml_merge");
}

TEST_CASE("D11 an explicit key after << wins, before it is an error") {
  CHECK(read_stream("b: &b {hostIPC: true}\nspec:\n  <<: *b\n  hostIPC: false\n").value() ==
        R"({"b":{"hostIPC":true},"spec":{"hostIPC":false}})");
  const Outcome before = read_stream("b: &b {hostIPC: true}\nspec:\n  hostIPC: false\n  <<: *b\n");
  CHECK(before.codes() == "merge_conflict");
  CHECK(before.at() == "4:3,3:3");
  const Outcome two = read_stream("a: &a {x: 1}\nb: &b {y: 1}\nspec:\n  <<: *a\n  <<: *b\n");
  CHECK(two.codes() == "merge_conflict");
  CHECK(two.at() == "5:3,4:3");
  CHECK(read_stream("t: &t {hostIPC: true}\nf: &f {hostIPC: false, k: 1}\nspec: {<<: [*t, *f]}\n").value() ==
        R"({"f":{"hostIPC":false,"k":1},"spec":{"hostIPC":true,"k":1},"t":{"hostIPC":true}})");
  CHECK(read_stream("b: &b {x: 1}\nspec: {k: 2, <<: *b}\n").value() == R"({"b":{"x":1},"spec":{"k":2,"x":1}})");
}

TEST_CASE("D12 aliases are values, the later anchor counts") {
  CHECK(read_stream("a: &c {privileged: true}\nlist: [x1, *c]\n").value() ==
        R"({"a":{"privileged":true},"list":["x1",{"privileged":true}]})");
  CHECK(read_stream("a: &c 1\nb: &c 2\nd: *c\n").value() == R"({"a":1,"b":2,"d":2})");
  CHECK(read_stream("a: &k key\n*k : 1\n").value() == R"({"a":"key","key":1})");
  CHECK(read_stream("a: *none\n").codes() == "yaml_alias");
}

TEST_CASE("D13 cycles and bombs end at once") {
  CHECK(seconds([] { CHECK(read_stream("spec: &s {x: *s}\n").codes() == "yaml_alias"); }) < 0.5);
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += std::string(k == 0 ? "*a" : ",*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  CHECK(seconds([&] { CHECK(read_stream(bomb).codes() == "limit_yaml_nodes"); }) < 0.5);
  // The same by merges of merges.
  std::string merges = "m0: &m0 {k: 1}\n";
  for (int i = 1; i < 400; ++i)
    merges += "m" + std::to_string(i) + ": &m" + std::to_string(i) + " {<<: *m" + std::to_string(i - 1) + "}\n";
  CHECK(read_stream(merges).codes() == "limit_data_nesting");
}

TEST_CASE("D14 a lone carriage return is an error, CRLF is not") {
  const Outcome outcome = read_stream("spec: # c\r  hostNetwork: true\n");
  CHECK(outcome.codes() == "bad_character");
  CHECK(outcome.at() == "1:10");
  CHECK(read_stream("a: 1\r\nb: |\r\n  x\r\n  y\r\n---\r\nc: 1\r\n").values ==
        Names{"{\"a\":1,\"b\":\"x\\ny\\n\"}", R"({"c":1})"});
}

TEST_CASE("D15 control characters are errors wherever they stand") {
  for (const char c : {'\0', '\x0B', '\x1A', '\x7F'}) {
    for (const std::string& text :
         {std::string("a: x") + c + "y\n", std::string("a: 1 # ") + c + "\n", std::string("a: 1\n") + c,
          std::string("# ") + c + "\na: 1\n", std::string("a: 1\n---\n# ") + c + "\n"}) {
      INFO(text);
      const Outcome outcome = read_stream(text);
      CHECK(outcome.codes() == "bad_character");
      const Outcome as_json = read_stream("{\"a\": 1}" + std::string(1, c), "p.json");
      CHECK_FALSE(as_json.errors.empty());
    }
  }
  for (const char* mark : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xEF\xBB\xBF", "\xC2\x9B"}) {
    INFO(mark);
    CHECK(read_stream(std::string("a: 1 # ") + mark + "\nb: 2\n").codes() == "bad_character");
  }
  CHECK(read_stream("a:\n\tb: 1\n").codes() == "yaml_syntax");
  CHECK(read_stream("a:\tb\n").codes().empty());
}

TEST_CASE("D16 UTF-8 with a BOM is read, other encodings are named") {
  CHECK(read_stream("\xEF\xBB\xBF"
                    "a: 1\n")
            .value() == R"({"a":1})");
  CHECK(read_stream("\xEF\xBB\xBF{\"a\":1}", "p.json").value() == R"({"a":1})");
  CHECK(read_stream("\xEF\xBB\xBF\xEF\xBB\xBF"
                    "a: 1\n")
            .codes() == "bad_character");
  const std::string little(
      "\xFF\xFE"
      "a\0:\0 \0"
      "1\0",
      10);
  const std::string big(
      "\xFE\xFF\0a\0:\0 \0"
      "1",
      10);
  REQUIRE(read_stream(little).codes() == "bad_encoding");
  CHECK(read_stream(little).errors[0].message == "the text is UTF-16LE: only UTF-8 is read");
  CHECK(read_stream(big, "p.json").errors[0].message == "the text is UTF-16BE: only UTF-8 is read");
  CHECK(read_stream("a: \xFF\n").codes() == "bad_encoding");
  CHECK(read_stream("a: 1 # \xFF\n").codes() == "bad_encoding");
  CHECK(read_stream("a: \xC1\xA8\n").codes() == "bad_encoding");
  CHECK(read_stream("{\"a\":\"\\ud800\"}", "p.json").codes() == "bad_encoding");
  CHECK(read_stream("{\"a\":\"\xC1\xA8\"}", "p.json").codes() == "bad_encoding");
}

TEST_CASE("D17 documents are parted by --- alone on its line") {
  CHECK(read_stream("a: good\n---\na: bad\n").names == Names{"pod.yaml#0", "pod.yaml#1"});
  CHECK(read_stream("a: 1\n--- # note\nb: 1\n").names.size() == 2);
  CHECK(read_stream("a: 1\n--- {kind: Pod}\n").codes() == "yaml_syntax");
  CHECK(read_stream("a: 1\n----\nb: 1\n").codes() == "yaml_syntax");
  CHECK(read_stream("a: 1\n...\nkind: Pod\n").codes() == "yaml_syntax");
  CHECK(read_stream("a: 1\n...\n# end\n").value() == R"({"a":1})");
  CHECK(read_stream("a: 1\n---b: 2\n").codes() == "yaml_syntax");
}

TEST_CASE("D18 JSON texts one after the other, and what is not JSON") {
  for (const char* text :
       {"{\"a\":1}{\"b\":2}", "{\"a\":1}\n{\"b\":2}\n", "{\"a\":1}\n---\n{\"b\":2}", "{\"a\":1} {\"b\":2}"}) {
    INFO(text);
    CHECK(read_stream(text, "two.json").values == Names{R"({"a":1})", R"({"b":2})"});
    CHECK(read_stream(text, "-").values == Names{R"({"a":1})", R"({"b":2})"});
  }
  for (const char* text : {"{\"a\":1,}", "{\"a\":1} // c", "{\"a\":NaN}", "{\"a\":1} x", "{\"a\":1}]", "// c\n{}"}) {
    INFO(text);
    const Outcome outcome = read_stream(text, "bad.json");
    CHECK(outcome.codes() == "json_syntax");
  }
}

TEST_CASE("D19 lists to any depth give each item with its index") {
  const Outcome outcome = read_stream(
      "kind: List\napiVersion: v1\nitems:\n- kind: Pod\n  k: 1\n- kind: List\n  items:\n  - kind: Pod\n    k: 2\n- "
      "kind: PodList\n  apiVersion: v1\n  items:\n  - k: 3\n");
  REQUIRE(outcome.codes().empty());
  CHECK(outcome.names == Names{"pod.yaml", "pod.yaml#0.items[0]", "pod.yaml#0.items[1]", "pod.yaml#0.items[1].items[0]",
                               "pod.yaml#0.items[2]", "pod.yaml#0.items[2].items[0]"});
  CHECK(outcome.values[3] == R"({"k":2,"kind":"Pod"})");
  CHECK(outcome.values[5] == R"({"apiVersion":"v1","k":3,"kind":"Pod"})");
  CHECK(read_stream("kind: List\nitems: {}\n").codes() == "bad_list");
  CHECK(read_stream("kind: List\nitems: \"x\"\n").codes() == "bad_list");
  CHECK(read_stream("kind: List\nitems: [{kind: Pod}, 5]\n").codes() == "bad_list");
  CHECK(read_stream("kind: List\nitems: []\n").names == Names{"pod.yaml"});
}

TEST_CASE("D20 any kind with items is a list") {
  const Outcome outcome = read_stream("kind: ConfigMap\nitems:\n- kind: Pod\n  spec: {hostPID: true}\n");
  CHECK(outcome.names == Names{"pod.yaml", "pod.yaml#0.items[0]"});
  CHECK(outcome.values[1] == R"({"kind":"Pod","spec":{"hostPID":true}})");
}

TEST_CASE("D21 nothing to check is counted as nothing") {
  for (const char* text : {"", "# c\n", "---\n", "---\n---\n# x\n", "null\n", "[]\n", "\"text\"\n", "   \n\n", "~\n"}) {
    INFO(text);
    const Outcome outcome = read_stream(text);
    CHECK(outcome.objects == 0);
    CHECK(outcome.codes().empty());
  }
  CHECK(read_stream("", "x.json").objects == 0);
  CHECK(read_stream("[]", "x.json").objects == 0);
}

TEST_CASE("D22 objects of odd kinds and versions are given like any other") {
  for (const char* text :
       {"kind: pod\n", "spec: {containers: []}\n", "apiVersion: \"\"\nspec: {}\n", "apiVersion: /v1\nkind: Pod\n"}) {
    INFO(text);
    CHECK(read_stream(text).objects == 1);
  }
}

TEST_CASE("D25 keys that are not text") {
  CHECK(yaml("1: a\ntrue: b\n1.5: c") == R"({"1":"a","1.5":"c","true":"b"})");
  CHECK(yaml("yes: a\n\"true\": b\n") == "!duplicate_key");
  CHECK(yaml("~: a\n") == "!bad_key");
  CHECK(yaml("[x]: a\n") == "!bad_key");
  CHECK(yaml("{x: y}: a\n") == "!bad_key");
  CHECK(yaml("? - x\n: a\n") == "!bad_key");
}

TEST_CASE("D27 depth is limited, and freeing what is deep is safe") {
  const auto nested = [](int depth, const std::string& open, const std::string& close) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += open;
    text += "1";
    for (int i = 0; i < depth; ++i) text += close;
    return text;
  };
  CHECK(json(nested(128, "{\"a\":", "}")) != "!limit_data_nesting");
  CHECK(json(nested(129, "{\"a\":", "}")) == "!limit_data_nesting");
  CHECK(yaml(nested(128, "{a: ", "}")) != "!limit_data_nesting");
  CHECK(yaml(nested(129, "{a: ", "}")) == "!limit_data_nesting");
  CHECK(yaml(nested(200, "[", "]")) == "!limit_data_nesting");
  std::string block;
  for (int i = 0; i < 200; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(yaml(block) == "!limit_data_nesting");
  std::string open;
  for (int i = 0; i < 400'000; ++i) open += "{\"a\":";
  CHECK(seconds([&] { CHECK(read_stream(open, "x.json").codes() == "limit_data_nesting"); }) < 5);
  CHECK(seconds([&] { CHECK(read_stream(open + open + open, "x.json").codes() == "limit_object_bytes"); }) < 5);
  CHECK(seconds([&] { CHECK_FALSE(read_stream(std::string(1'000'000, '['), "x.yaml").errors.empty()); }) < 5);
}

TEST_CASE("D29 large keys, texts and maps take time in proportion") {
  const std::string large(1'000'000, 'k');
  CHECK(json("{\"" + large + "\":1}") == "{\"" + large + "\":1}");
  CHECK(json("{\"a\":\"" + large + "\"}") == "{\"a\":\"" + large + "\"}");
  CHECK(yaml("a: " + large) == "{\"a\":\"" + large + "\"}");
  CHECK(yaml(large + ": 1") == "!yaml_syntax");
  const auto keys = [](int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i * 7919 % count) + "\":0";
    return text + "}";
  };
  const std::string many = keys(100'000);
  CHECK(seconds([&] { CHECK(json(many)[0] == '{'); }) < 4);
  CHECK(seconds([&] { CHECK(yaml(many)[0] == '{'); }) < 8);
}

TEST_CASE("D30 directives and tags beyond the core are errors") {
  CHECK(read_stream("%YAML 1.1\n---\na: 1\n").errors.at(0).code == "yaml_directive");
  CHECK(read_stream("%TAG ! tag:x,2000:\n---\na: 1\n").errors.at(0).code == "yaml_directive");
  CHECK(read_stream("a: !custom {b: 1}\n").codes() == "yaml_tag");
  CHECK(read_stream("a: !!binary aGk=\n").codes() == "yaml_tag");
  CHECK(read_stream("a: !!set {x}\n").codes() == "yaml_tag");
  CHECK(read_stream("a: !!omap [x: 1]\n").codes() == "yaml_tag");
  CHECK(read_stream("a: !!binary aGk=\n").errors[0].message == "tag `!!binary` has no meaning in a manifest");
  CHECK(read_stream("a: !!map {b: !!str 1, c: !!seq [!!int 2]}\n").value() == R"({"a":{"b":"1","c":[2]}})");
}
