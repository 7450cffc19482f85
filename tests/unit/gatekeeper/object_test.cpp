// Texts to objects. In: texts.yaml; out: the objects of each reader, or its refusal.
#include "gatekeeper/object.hpp"
#include "cases.hpp"
#include "value/text.hpp"

using namespace psdl;
using namespace psdl::gatekeeper;
using namespace psdl::gatekeeper::test;

namespace {

std::string read(const std::string& text, Reading reading) {
  const Result<std::vector<ObjectPtr>, Refusal> objects = read_all(text, "o.yaml", reading);
  if (!objects) {
    CHECK(objects.error().problems.front().place.file == "o.yaml");
    CHECK(objects.error().problems.front().place.line > 0);
    return objects.error().text;
  }
  std::string shown;
  for (const ObjectPtr& object : *objects) shown.append(shown.empty() ? "" : "\n").append(to_json(object->root()));
  return shown;
}

}  // namespace

TEST_CASE("texts as each reader takes them") {
  const CaseFile file("texts.yaml");
  for (const Value& test : file.cases()) {
    const std::string text = text_of(test, "text");
    CAPTURE(text);
    if (member(test, "verify") != nullptr) CHECK(read(text, Reading::Verify) == text_of(test, "verify"));
    if (member(test, "test") != nullptr) CHECK(read(text, Reading::Test) == text_of(test, "test"));
    if (member(test, "native") != nullptr) CHECK(read(text, Reading::Native) == text_of(test, "native"));
  }
}

TEST_CASE("the parts of an object's head") {
  const auto head = [](const char* text) {
    const Result<ObjectPtr, Refusal> object = read_first(text, "o.yaml", Reading::Native);
    REQUIRE(object.has_value());
    return std::string((*object)->group()) + "|" + std::string((*object)->version()) + "|" +
           std::string((*object)->kind()) + "|" + std::string((*object)->name()) + "|" +
           std::string((*object)->namespace_name());
  };
  CHECK(head("{apiVersion: apps/v1, kind: A, metadata: {name: web, namespace: shop}}") == "apps|v1|A|web|shop");
  CHECK(head("{apiVersion: v1, kind: A}") == "|v1|A||");
  CHECK(head("{apiVersion: a/b/c, kind: A}") == "||A||");
  CHECK(head("{kind: 5, metadata: text}") == "||||");
}

TEST_CASE("a suite's own file needs no kind") {
  CHECK(read_first("a: 1\n", "s.yaml", Reading::Verify, KindCheck::Optional).has_value());
  CHECK_FALSE(read_first("a: 1\n", "s.yaml", Reading::Verify).has_value());
  CHECK(read_first("kind: A\n---\nb: [\n", "s.yaml", Reading::Verify).has_value());
}

TEST_CASE("the items of a list outlive it") {
  std::vector<ObjectPtr> items;
  {
    const Result<ObjectPtr, Refusal> list =
        read_first("kind: List\nitems:\n- kind: A\n  metadata: {name: one}\n- {kind: B}\n", "o.yaml", Reading::Test);
    REQUIRE(list.has_value());
    items = items_of_list(*list);
  }
  REQUIRE(items.size() == 2);
  CHECK(items[0]->name() == "one");
  CHECK(items[1]->kind() == "B");
  CHECK(items[1]->shown_name(false) == "o.yaml#0.items[1]");
  CHECK(items_of_list(items[0]).empty());
}

TEST_CASE("lines that gator drops are told of where they matter") {
  const auto warning = [](const char* text) {
    const Result<ObjectPtr, Refusal> object = read_first(text, "o.yaml", Reading::Verify);
    REQUIRE(object.has_value());
    const std::optional<Problem> problem = warn_of_dropped_lines(**object);
    return problem.has_value() ? static_cast<int>(problem->place.line) : 0;
  };
  CHECK(warning("kind: A\n\n# words\nb: |\n  one\n") == 0);
  CHECK(warning("kind: A\nb: |\n  one\n  # two\n") == 2);
  CHECK(warning("kind: A\nb:\n- x\n- |\n  one\n\n  two\n") == 4);
}
