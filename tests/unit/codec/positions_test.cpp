// Where nodes stand: the same pod in every notation gives the same paths, each at its own place; both readers give the
// same values (D31).
#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "helpers.hpp"

using namespace psdl;
using namespace psdl::test;

namespace {

std::string show(const TextRange& range) {
  return std::to_string(range.begin.line) + ":" + std::to_string(range.begin.column) + "-" +
         std::to_string(range.end.line) + ":" + std::to_string(range.end.column);
}

void collect_origins(const Value& value, std::vector<std::uint32_t>& out) {
  out.push_back(value.origin());
  if (value.is_array()) {
    for (const Value& item : value.as_array()) collect_origins(item, out);
  } else if (value.is_object()) {
    for (const Value& member : value.as_object().values()) collect_origins(member, out);
  }
}

// The place of the node at a pointer, in the `ordinal`-th thing that the stream gives.
NodePlace place_of(std::string_view text, std::string_view pointer, std::string name = "pod.yaml", int which = 0) {
  StreamOptions options;
  options.name = std::move(name);
  MemoryInput input(text);
  DocumentStream stream(input, options);
  for (int i = 0;; ++i) {
    const DocumentStream::Step step = stream.next();
    if (step.document == nullptr) return {};
    if (i < which) continue;
    const PathTarget target = find_path(step.document->root(), pointer);
    NodePlace place = locate(*step.document, target.origin);
    if (target.is_exact) CHECK(place.pointer == pointer);
    return place;
  }
}

constexpr std::string_view kBlock =
    "apiVersion: v1\n"
    "kind: Pod\n"
    "spec:\n"
    "  # a comment\n"
    "  containers:\n"
    "  - name: app   # why\n"
    "    image: \"n\xC3\xA9\"\n"
    "\n"
    "    securityContext:\n"
    "      privileged: true\n"
    "\n"
    "  - name: log\n"
    "    command:\n"
    "    - |\n"
    "      a\n"
    "      b\n"
    "\n"
    "    empty:\n"
    "  hostPID: true\n";

constexpr std::string_view kFlow =
    "{apiVersion: v1, kind: Pod, spec: {hostPID: true, containers: [\n"
    "  {name: app, image: \"n\xC3\xA9\", securityContext: {privileged: true}},\n"
    "  {name: log, command: [\"a\\nb\\n\"], empty: }]}}\n";

constexpr std::string_view kJson =
    "{\"spec\": {\"hostPID\": true, \"containers\": [\n"
    "  {\"name\": \"app\", \"image\": \"n\xC3\xA9\", \"securityContext\": {\"privileged\": true}},\n"
    "  {\"empty\": null, \"command\": [\"a\\nb\\n\"], \"name\": \"log\"}]},\n"
    " \"kind\": \"Pod\", \"apiVersion\": \"v1\"}\n";

}  // namespace

TEST_CASE("positions: a field runs from its key to its value's end, an item is the item") {
  const auto whole = [](std::string_view pointer) { return show(place_of(kBlock, pointer).whole); };
  CHECK(whole("/kind") == "2:1-2:10");
  CHECK(whole("/spec/containers/0/securityContext/privileged") == "10:7-10:23");
  CHECK(whole("/spec/containers/0/securityContext") == "9:5-10:23");
  CHECK(whole("/spec/containers/0/name") == "6:5-6:14");
  CHECK(whole("/spec/containers/0") == "6:5-10:23");
  CHECK(whole("/spec/containers/0/image") == "7:5-7:16");
  CHECK(whole("/spec/containers/1/command/0") == "14:7-16:8");
  CHECK(whole("/spec/containers/1/empty") == "18:5-18:11");
  CHECK(whole("/spec/containers") == "5:3-18:11");
  CHECK(whole("/spec/hostPID") == "19:3-19:16");
  CHECK(whole("") == "1:1-19:16");
  const NodePlace place = place_of(kBlock, "/spec/containers/0/name");
  CHECK(show(place.key) == "6:5-6:9");
  CHECK(show(place.value) == "6:11-6:14");
  CHECK(place.whole.begin.offset == kBlock.find("name: app"));
}

TEST_CASE("positions: flow style and JSON") {
  CHECK(show(place_of(kFlow, "/spec/containers/0/securityContext/privileged").whole) == "2:46-2:62");
  CHECK(show(place_of(kFlow, "/spec/containers/1").whole) == "3:3-3:44");
  CHECK(show(place_of(kFlow, "/spec/hostPID").whole) == "1:36-1:49");
  CHECK(show(place_of(kJson, "/spec/containers/0/securityContext/privileged", "pod.json").whole) == "2:54-2:72");
  CHECK(show(place_of(kJson, "/spec/containers/1/name", "pod.json").whole) == "3:42-3:55");
  CHECK(show(place_of(kJson, "/kind", "pod.json").whole) == "4:2-4:15");
}

TEST_CASE("positions: in a list and in a later document lines count from the file's start") {
  const std::string list = "kind: List\nitems:\n- kind: Pod\n  spec:\n    hostPID: true\n";
  CHECK(show(place_of(list, "/spec/hostPID", "l.yaml", 1).whole) == "5:5-5:18");
  CHECK(show(place_of(list, "", "l.yaml", 1).whole) == "3:3-5:18");
  const std::string third = "a: 1\n---\nb: 2\n---\n# c\n" + std::string(kBlock);
  CHECK(show(place_of(third, "/spec/containers/0/securityContext/privileged", "t.yaml", 2).whole) == "15:7-15:23");
  const std::string json = "{\"a\":1} {\"b\":{\"c\":2}}";
  CHECK(show(place_of(json, "/b/c", "t.json", 1).whole) == "1:15-1:20");
}

TEST_CASE("positions: aliases stand where they are used, what is below where it is written") {
  const std::string text = "x: &c\n  privileged: true\nlist:\n- *c\nmap:\n  key: *c\n  <<: {merged: 1}\n";
  CHECK(show(place_of(text, "/list/0").whole) == "4:3-4:5");
  CHECK(show(place_of(text, "/list/0/privileged").whole) == "2:3-2:19");
  CHECK(show(place_of(text, "/map/key").whole) == "6:3-6:10");
  CHECK(show(place_of(text, "/map/key/privileged").whole) == "2:3-2:19");
  CHECK(show(place_of(text, "/map/merged").whole) == "7:8-7:17");
  CHECK(show(place_of("spec: &s\n  a: 1\nb: !!str 5\n", "/spec").whole) == "1:1-2:7");
}

TEST_CASE("positions: a path that ends early stands at its deepest node") {
  StreamOptions options;
  MemoryInput input(kBlock);
  DocumentStream stream(input, options);
  const DocumentStream::Step step = stream.next();
  REQUIRE(step.document != nullptr);
  const PathTarget target = find_path(step.document->root(), "/spec/containers/0/securityContext/capabilities/drop");
  CHECK_FALSE(target.is_exact);
  CHECK(target.missing == "capabilities");
  CHECK(show(locate(*step.document, target.origin).whole) == "9:5-10:23");
  CHECK(line_of(*step.document, locate(*step.document, target.origin).whole.begin.offset) == "    securityContext:");
  CHECK_FALSE(locate(*step.document, 10'000).is_found);
  std::string pointer;
  append_pointer_step(pointer, "a/b~c");
  CHECK(pointer == "/a~1b~0c");
  CHECK(find_path(step.document->root(), "/spec/containers/7").missing == "7");
}

TEST_CASE("D31 the same pod in every notation gives the same values and paths") {
  const std::string alias =
      "x: &pod "
      "\n  apiVersion: v1\n  kind: Pod\n  spec: {hostPID: true, containers: [&c {name: app, image: \"n\xC3\xA9\", "
      "securityContext: {privileged: true}}, "
      "{name: log, command: [\"a\\nb\\n\"], empty: }]}\nother: *pod\n";
  Reader reader;
  std::map<std::string, std::string> values;
  std::map<std::string, std::vector<std::string>> pointers;
  const auto add = [&](const std::string& name, std::string_view text, Format format, std::string_view below) {
    Arena arena;
    const auto document = reader.read(arena, text, format, {});
    REQUIRE(document);
    const Value* root = below.empty() ? &document->root() : document->root().as_object().find_text(below);
    values[name] = to_json(*root);
    std::vector<std::uint32_t> origins;
    collect_origins(*root, origins);
    for (const NodePlace& place : locate(*document, origins)) {
      REQUIRE(place.is_found);
      pointers[name].push_back(place.pointer.substr(below.empty() ? 0 : below.size() + 1));
    }
  };
  add("block", kBlock, Format::Yaml, "");
  add("flow", kFlow, Format::Yaml, "");
  add("json", kJson, Format::Json, "");
  add("json by the YAML reader", kJson, Format::Yaml, "");
  add("anchor", alias, Format::Yaml, "x");
  add("alias", alias, Format::Yaml, "other");
  for (const auto& [name, value] : values) {
    INFO(name);
    CHECK(value == values["json"]);
    CHECK(pointers[name] == pointers["json"]);
  }
}

namespace {

// Random documents as JSON text; strings that YAML could misread are among them.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  int below(int count) { return static_cast<int>(engine_() % static_cast<unsigned>(count)); }
  std::string text() {
    static const char* const kTexts[] = {"yes",
                                         "no",
                                         "~",
                                         "null",
                                         "1",
                                         "0x1F",
                                         "1e3",
                                         "",
                                         " x ",
                                         "a: b",
                                         "# c",
                                         "- x",
                                         "{}",
                                         "*a",
                                         "&b",
                                         "!!str",
                                         "\xC3\xA9\xE2\x82\xAC",
                                         "\xF0\x9F\x98\x80",
                                         "<<",
                                         "---",
                                         "true",
                                         "2001-01-01",
                                         "'q'",
                                         "a\\nb",
                                         "\\\"",
                                         "\\\\",
                                         "\\u0041\\t",
                                         "name",
                                         "image"};
    return std::string("\"") + kTexts[below(static_cast<int>(std::size(kTexts)))] + "\"";
  }
  std::string value(int depth) {
    const int kind = below(depth > 4 ? 5 : 8);
    switch (kind) {
      case 0: return std::to_string(below(2000) - 1000);
      case 1: return below(2) == 0 ? "true" : "null";
      case 2: return "1.5e" + std::to_string(below(20));
      case 3:
      case 4: return text();
      case 5: {
        std::string out = "[";
        for (int i = below(4); i > 0; --i) out += value(depth + 1) + (i > 1 ? ", " : "");
        return out + "]";
      }
      default: {
        std::string out = "{";
        for (int i = below(5); i > 0; --i)
          out += "\"k" + std::to_string(i) + (below(3) == 0 ? "\\u00e9" : "") + "\":" + (below(2) == 0 ? " " : "\n  ") +
                 value(depth + 1) + (i > 1 ? "," : "");
        return out + "}";
      }
    }
  }

 private:
  std::mt19937 engine_;
};

}  // namespace

TEST_CASE("property: both readers give the same values, origins and places for the same JSON") {
  Reader reader;
  Arena left_arena;
  Arena right_arena;
  for (unsigned seed = 1; seed <= 1500; ++seed) {
    const std::string text = Random(seed).value(0);
    left_arena.reset();
    right_arena.reset();
    const auto left = reader.read(left_arena, text, Format::Json, {});
    const auto right = reader.read(right_arena, text, Format::Yaml, {});
    INFO(text);
    REQUIRE(left);
    REQUIRE(right);
    REQUIRE(to_json(left->root()) == to_json(right->root()));
    REQUIRE(left->node_count() == right->node_count());
    std::vector<std::uint32_t> origins(left->node_count());
    for (std::uint32_t i = 0; i < left->node_count(); ++i) {
      origins[i] = i + 1;
      REQUIRE(left->node_start(i + 1) == right->node_start(i + 1));
    }
    const auto left_places = locate(*left, origins);
    const auto right_places = locate(*right, origins);
    for (std::size_t i = 0; i < origins.size(); ++i) {
      REQUIRE(left_places[i].pointer == right_places[i].pointer);
      REQUIRE(show(left_places[i].whole) == show(right_places[i].whole));
      const PathTarget target = find_path(left->root(), left_places[i].pointer);
      REQUIRE(target.is_exact);
      REQUIRE(target.origin == origins[i]);
    }
  }
}
