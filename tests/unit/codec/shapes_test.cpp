// Objects read by the keys that earlier ones had. In: texts read by one reader after another text, and by a reader that
// remembers nothing; out: the same values and the same errors.
#include <catch2/catch.hpp>

#include <random>

#include "helpers.hpp"

using namespace psdl;
using namespace psdl::test;

namespace {

constexpr std::string_view kPod =
    R"({"kind":"Pod","metadata":{"name":"web","labels":{"app.kubernetes.io/name":"a","app.kubernetes.io/version":"b"},)"
    R"("managedFields":[{"fieldsV1":{"f:metadata":{"f:labels":{".":{},"k:{\"type\":\"Ready\"}":{".":{}}}}}}]},)"
    R"("spec":{"containers":[{"name":"one","image":"x","terminationMessagePath":"/a","terminationGracePeriodSeconds":3},)"
    R"({"name":"two","ports":[{"containerPort":80,"name":"http"},{"name":"x","containerPort":-1}]},{"image":"y","name":""}],)"
    R"("hostNetwork":true,"":0}})";

const auto kTable = std::make_shared<const KeyTable>(
    std::vector<std::string_view>{"kind", "name", "spec", "image", "containers", "terminationMessagePath", "a/b"});

// Everything that a reader says of a value: keys with their numbers, in order.
void describe(std::string& out, const Value& value, const KeyTable& table) {
  if (value.is_array()) {
    out += '[';
    for (const Value& item : value.as_array()) describe(out, item, table);
    out += ']';
  } else if (value.is_object()) {
    const Object& object = value.as_object();
    out += '{';
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const std::string_view key = object.keys()[i].as_string();
      const KeyNumber number = table.number(key);
      const Value* const found = number == kNoKey ? object.find_text(key) : object.find_name(number, key);
      out += to_json(object.keys()[i]) + (found == &object.values()[i] ? ":" : " is not found:");
      describe(out, object.values()[i], table);
    }
    out += '}';
  } else {
    out += to_json(value) + ",";
  }
}

std::string remembered(Reader& reader, std::string_view text, const std::shared_ptr<const KeyTable>& table = kTable) {
  Arena arena;
  ReadOptions options;
  options.key_table = table;
  const auto document = reader.read(arena, text, Format::Json, options);
  if (!document) return document.error().one_line();
  std::string out;
  describe(out, document->root(), *table);
  return out;
}

std::string forgotten(std::string_view text, const std::shared_ptr<const KeyTable>& table = kTable) {
  Reader reader;
  Arena arena;
  const auto value = reader.read_value(arena, text, Format::Json, ReadRules::kubernetes(), Limits(), table.get());
  if (!value) return value.error().one_line();
  std::string out;
  describe(out, *value, *table);
  return out;
}

// Each text twice, so that the second time its own keys are remembered.
void check_alike(Reader& reader, std::string_view text) {
  const std::string wanted = forgotten(text);
  CHECK(remembered(reader, text) == wanted);
  CHECK(remembered(reader, text) == wanted);
}

}  // namespace

TEST_CASE("shapes: another text's keys change nothing") {
  Reader reader;
  REQUIRE(remembered(reader, kPod) == forgotten(kPod));
  for (const std::string_view text : {
           R"({"kind":"Pod","kind":"Pod"})",                     // known, and there twice
           R"({"kind":"Pod","k\u0069nd":"Pod"})",                // the same behind an escape
           R"({"k\u0069nd":"Pod"})",
           R"({"kin":1,"kinds":2,"metadata" : 3})",              // beginnings, and blanks
           R"({"metadata":1,"kind":2})",                         // another sequence
           R"({"kind":{"kind":{"metadata":1}}})",
           R"({"kind":"Pod","metadata":{"name":"web","labels":{"app.kubernetes.io/nama":1,"app.kubernetes.io/name":2}}})",
           R"({"kind":"Pod","metadata":{"name":"web","labels":{"app.kubernetes.io/name":1,"app.kubernetes.io/name":2}}})",
           R"({"kind" "Pod"})",
           R"({"kind"})",
           R"({"kind",1})",
           R"({"kind:"Pod"})",
           R"({"kind)",
           R"({"kind":)",
           R"({"kind":1,})",
           R"({kind":1})",
           R"({"k\:{":1})",
           R"({"a\\b":1,"a\b":2,"a\/b":3,"a/b":4})",
           R"({"a\/b":3})",
           R"({"a\"b":1,"a":{"b":2}})",
           R"({"":1,"":2})",
           R"({"":1})",
           R"([{"kind":1},{"kind":2,"spec":3},{"spec":4}])",
           R"([[{"kind":1}],[{"kind":1,"kind":2}]])",
       }) {
    INFO(text);
    check_alike(reader, text);
    check_alike(reader, kPod);
  }
}

TEST_CASE("shapes: texts of which some bytes are others") {
  std::mt19937 random(7);
  Reader reader;
  constexpr std::string_view kBytes = "\"\\{}[]:,abknu0 1\n";
  for (int round = 0; round < 3'000; ++round) {
    std::string text(kPod);
    for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at, 1 + random() % 12);
      } else {
        text[at] = kBytes[random() % kBytes.size()];
      }
    }
    INFO(text);
    REQUIRE(remembered(reader, text) == forgotten(text));
  }
}

TEST_CASE("shapes: more keys than are remembered") {
  Reader reader;
  std::string longest = R"({"kind":1,")" + std::string(200, 'k') + R"(":2,"spec":3})";
  check_alike(reader, longest);
  for (int size : {31, 32, 33, 65, 400}) {
    std::string text = "{";
    for (int i = size; i-- > 0;) text += "\"key" + std::to_string(i) + "\":" + std::to_string(i) + (i > 0 ? "," : "}");
    check_alike(reader, text);
    text.insert(text.size() - 1, R"(,"key1":0)");
    check_alike(reader, text);
  }
  // Until there is no room left, and until room is made again.
  for (int round = 0; round < 600; ++round) {
    std::string text = "[";
    for (int i = 0; i < 10; ++i) {
      const std::string key = std::to_string(round * 10 + i);
      text += "{\"z" + key + "\":1,\"spec\":2,\"a" + key + "\":{\"kind\":3}},";
    }
    text += "1]";
    REQUIRE(remembered(reader, text) == forgotten(text));
  }
  check_alike(reader, kPod);
}

TEST_CASE("shapes: what a table knows is forgotten with it") {
  Reader reader;
  for (const std::string_view name : {"kind", "spec", "name", "kind"}) {
    const auto table = std::make_shared<const KeyTable>(std::vector<std::string_view>{"containers", name});
    CHECK(remembered(reader, kPod, table) == forgotten(kPod, table));
    CHECK(remembered(reader, kPod, table) == forgotten(kPod, table));
  }
  CHECK(remembered(reader, kPod) == forgotten(kPod));
  // A value that is read with nothing remembered by a reader that remembers.
  Arena arena;
  const KeyTable other({"labels", "metadata"});
  const auto value = reader.read_value(arena, kPod, Format::Json, ReadRules::kubernetes(), Limits(), &other);
  REQUIRE(value);
  const Value* const metadata = value->as_object().find_name(other.number("metadata"), "metadata");
  REQUIRE(metadata != nullptr);
  CHECK(metadata->as_object().find_name(other.number("labels"), "labels") != nullptr);
}

TEST_CASE("shapes: a document keeps its keys when they are forgotten") {
  Reader reader;
  const std::string_view text = R"({"a\u0062c":{"k:{\"x\":1}":2,"plain":3}})";
  std::vector<Document> documents;
  for (int i = 0; i < 2; ++i) {
    auto document = reader.read(text, Format::Json, {});
    REQUIRE(document);
    documents.push_back(std::move(document).value());
  }
  (void)remembered(reader, kPod);
  for (const Document& document : documents) CHECK(to_json(document.root()) == R"({"abc":{"k:{\"x\":1}":2,"plain":3}})");
}

TEST_CASE("shapes: keys stand where their values do") {
  Reader reader;
  for (int i = 0; i < 2; ++i) {
    Arena arena;
    const std::string_view text = R"({"b":{"y":1,"x":[2]},"a":3})";
    const auto document = reader.read(arena, text, Format::Json, {});
    REQUIRE(document);
    const Object& object = document->root().as_object();
    CHECK(object.keys()[0].origin() == object.values()[0].origin());
    CHECK(document->node_start(object.keys()[0].origin()) == text.find('3'));
    const Object& inner = object.values()[1].as_object();
    CHECK(inner.keys()[0].as_string() == "x");
    CHECK(document->node_start(inner.keys()[0].origin()) == text.find('['));
  }
}
