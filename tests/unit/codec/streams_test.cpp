// Streams: documents, JSON beside JSON, lists to any depth, places in the whole file.
#include <catch2/catch.hpp>

#include "helpers.hpp"

using namespace psdl;
using namespace psdl::test;

namespace {
using Names = std::vector<std::string>;
}

TEST_CASE("stream: documents are named by their number where there are several") {
  CHECK(read_stream("a: 1\n").names == Names{"pod.yaml"});
  CHECK(read_stream("---\na: 1\n---\n\n---\n# only a comment\n---\nb: 2\n").names == Names{"pod.yaml#0", "pod.yaml#1"});
  CHECK(read_stream("a: 1\n--- # note\nb: 2\n...\n---\nc: 3\n").values ==
        Names{R"({"a":1})", R"({"b":2})", R"({"c":3})"});
}

TEST_CASE("stream: the same documents come out of pieces of any size") {
  const std::string text =
      "# h\xC3\xA9\na: \"x\xE2\x82\xAC\"\n---\n{\"b\": \"\\\"}{\"}\n{\"c\":[1,2]}\n---\nkind: List\nitems:\n- kind: "
      "Pod\n  metadata: {name: n}\n- kind: Pod\n--- # z\nd: |\n  --- no\n  end\n";
  const Outcome whole = read_stream(text);
  REQUIRE(whole.codes().empty());
  REQUIRE(whole.values.size() == 7);
  for (std::size_t piece = 1; piece <= 40; ++piece) {
    INFO(piece);
    const Outcome cut = read_stream(text, "pod.yaml", piece);
    CHECK(cut.values == whole.values);
    CHECK(cut.names == whole.names);
    CHECK(cut.codes().empty());
  }
}

TEST_CASE("stream: brackets and quotes in strings end nothing, wherever they stand in a block of bytes") {
  for (std::size_t width = 0; width <= 40; ++width) {
    INFO(width);
    const std::string name(width, 'x');
    const std::string first = "{\"" + name + "\":\"]}\\\\\\\"{[\xC3\xA9\"}";
    const std::string text = first + " [{\"b\":[]}] {\"c\":1,\"c\":2}";
    for (const std::size_t piece : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
      const Outcome cut = piece == 0 ? read_stream(text, "x.json") : read_stream(text, "x.json", piece);
      CHECK(cut.values == Names{first, R"([{"b":[]}])"});
      CHECK(cut.codes() == "duplicate_key");
      // A column for each character: the first document has a byte more than characters.
      const std::size_t begin = first.size() - 1 + std::string_view(R"( [{"b":[]}] {)").size();
      CHECK(cut.at() == "1:" + std::to_string(begin + 7) + ",1:" + std::to_string(begin + 1));
    }
  }
}

TEST_CASE("stream: an error does not take the documents after it along") {
  const Outcome outcome = read_stream("a: [\n---\nb: 2\n---\nc: }\n---\nd: 4\n");
  CHECK(outcome.codes() == "yaml_syntax yaml_syntax");
  CHECK(outcome.values == Names{R"({"b":2})", R"({"d":4})"});
  CHECK(outcome.errors[1].range.begin.line == 5);
}

TEST_CASE("stream: errors count lines and columns in the whole stream") {
  const Outcome outcome = read_stream("a: 1\n---\n# c\n\nb:\n  k: 1\n  k: 2\n");
  REQUIRE(outcome.codes() == "duplicate_key");
  CHECK(outcome.at() == "7:3,6:3");
  CHECK(outcome.errors[0].line_text == "  k: 2");
  CHECK(outcome.errors[0].range.begin.offset == 26);
  const Outcome second = read_stream("{\"a\":1} {\"b\":1,\"b\":2}", "x.json");
  CHECK(second.at() == "1:16,1:10");
}

TEST_CASE("stream: memory does not grow with the number of documents") {
  // Counted by the arena of a document, which is lent anew to each.
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "---\nkind: Pod\nmetadata: {name: pod-" + std::to_string(i) + "}\n";
  const Outcome outcome = read_stream(text, "pod.yaml", 4096);
  CHECK(outcome.objects == 20000);
  CHECK(outcome.names.back() == "pod.yaml#19999");
}

TEST_CASE("stream: a stream beyond its limits is an error that names them") {
  Limits limits;
  limits.stream_bytes = 100;
  CHECK(
      read_stream(std::string(50, '#') + "\na: 1\n---\n" + std::string(60, '#') + "\n", "p.yaml", 10, limits).codes() ==
      "limit_stream_bytes");
  limits = {};
  limits.stream_objects = 2;
  CHECK(read_stream("a: 1\n---\nb: 1\n---\nc: 1\n", "p.yaml", SIZE_MAX, limits).codes() == "limit_stream_objects");
  limits = {};
  limits.object_bytes = 1000;
  CHECK(read_stream("a: " + std::string(998, 'x'), "p.yaml", SIZE_MAX, limits).codes() == "limit_object_bytes");
  CHECK(read_stream("a: " + std::string(997, 'x'), "p.yaml", SIZE_MAX, limits).codes().empty());
  CHECK(read_stream("{\"a\": \"" + std::string(998, 'x') + "\"}", "p.json", SIZE_MAX, limits).codes() ==
        "limit_object_bytes");
  limits = {};
  limits.yaml_nodes = 100;
  std::string many = "a: [0";
  for (int i = 0; i < 120; ++i) many += ",0";
  CHECK(read_stream(many + "]", "p.yaml", SIZE_MAX, limits).codes() == "limit_yaml_nodes");
}

TEST_CASE("stream: a list larger than one object is measured item by item") {
  Limits limits;
  limits.object_bytes = 1000;
  std::string list = "{\"kind\":\"List\",\"items\":[";
  for (int i = 0; i < 10; ++i)
    list += std::string(i == 0 ? "" : ",") + "{\"kind\":\"Pod\",\"x\":\"" + std::string(300, 'x') + "\"}";
  CHECK(read_stream(list + "]}", "p.json", SIZE_MAX, limits).names.size() == 11);
  list += ",{\"kind\":\"Pod\",\"x\":\"" + std::string(1000, 'x') + "\"}]}";
  CHECK(read_stream(list, "p.json", SIZE_MAX, limits).codes() == "limit_object_bytes");
}

TEST_CASE("stream: one that is used again knows nothing of the stream before") {
  MemoryInput first("a: [\n");
  DocumentStream stream(first, {});
  CHECK(stream.next().error != nullptr);
  MemoryInput second("{\"kind\":\"List\",\"items\":[{\"kind\":\"Pod\"}]}");
  stream.restart(second, "b.json");
  CHECK(stream.next().document->name(false) == "b.json");
  MemoryInput third("kind: Pod\n");
  stream.restart(third, "c.yaml");
  const DocumentStream::Step step = stream.next();
  REQUIRE(step.document != nullptr);
  CHECK(step.document->name(stream.has_several()) == "c.yaml");
  CHECK(to_json(step.document->root()) == R"({"kind":"Pod"})");
  CHECK(stream.next().document == nullptr);
  CHECK(stream.error_count() == 0);
}

TEST_CASE("stream: a file that cannot be read says why") {
  FileInput input("no/such/file.yaml");
  DocumentStream stream(input, {});
  const DocumentStream::Step step = stream.next();
  REQUIRE(step.error != nullptr);
  CHECK(step.error->code == "read_failed");
  CHECK(step.error->message == "cannot read: No such file or directory");
  CHECK(stream.next().error == nullptr);
}

TEST_CASE("stream: null is an empty document among manifests, and a value elsewhere") {
  const std::string text = "kind: A\n---\nnull\n---\n# c\n---\n~\n---\nkind: B\n";
  const Outcome outcome = read_stream(text);
  CHECK(outcome.names == Names{"pod.yaml#0", "pod.yaml#1"});
  MemoryInput input(text);
  StreamOptions values;
  values.manifests = false;
  DocumentStream stream(input, values);
  std::size_t count = 0;
  while (stream.next().document != nullptr) ++count;
  CHECK(count == 4);
}

TEST_CASE("stream: an item that is no object is named") {
  MemoryInput input("kind: A\n---\nkind: List\nitems: [{kind: B}, x]\n");
  StreamOptions options;
  options.name = "pod.yaml";
  DocumentStream stream(input, options);
  DocumentStream::Step step = stream.next();
  while (step.error == nullptr) step = stream.next();
  REQUIRE(step.wrong != nullptr);
  CHECK(step.wrong->name(true) == "pod.yaml#1.items[1]");
  CHECK(step.error->range.begin.line == 4);
}

TEST_CASE("stream: items of a typed list get its kind and version") {
  const Outcome outcome = read_stream("kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: a}\n- kind: Other\n");
  REQUIRE(outcome.codes().empty());
  CHECK(outcome.names == Names{"pod.yaml", "pod.yaml#0.items[0]", "pod.yaml#0.items[1]"});
  CHECK(outcome.values[1] == R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}})");
  CHECK(outcome.values[2] == R"({"kind":"Other"})");
}
