// JSON pointers and fingerprints: what must stay the same when a file changes, and what must not.
#include "runtime/pointer.hpp"

#include <catch2/catch.hpp>

#include "runtime/fingerprint.hpp"
#include "value/builders.hpp"

using namespace psdl;

namespace {

Value object(Arena& arena, std::initializer_list<std::pair<std::string_view, Value>> pairs) {
  ObjectBuilder made(arena);
  for (const auto& [key, value] : pairs) made.add(Value::string(arena, key), value);
  return made.finish();
}

Value array(Arena& arena, std::initializer_list<Value> items) {
  ArrayBuilder made(arena);
  for (const Value& item : items) made.add(item);
  return made.finish();
}

}  // namespace

TEST_CASE("steps of a pointer undo its escapes") {
  CHECK(pointer_steps("").empty());
  CHECK(pointer_steps("/a~1b/0/~0") == std::vector<std::string>{"a/b", "0", "~"});
  CHECK(pointer_steps("/") == std::vector<std::string>{""});
}

TEST_CASE("values are found by pointer") {
  Arena arena;
  const Value root = object(arena, {{"list", array(arena, {Value::integer(1), Value::integer(2)})}});
  REQUIRE(value_at(root, "/list/1") != nullptr);
  CHECK(value_at(root, "/list/1")->as_int() == 2);
  CHECK(value_at(root, "/list/2") == nullptr);
  CHECK(value_at(root, "/list/x") == nullptr);
  CHECK(value_at(root, "/list/-1") == nullptr);
  CHECK(value_at(root, "/none") == nullptr);
}

TEST_CASE("list items are named where they have a name") {
  Arena arena;
  const Value app = object(arena, {{"name", Value::string("app")}});
  const Value port = object(arena, {{"containerPort", Value::integer(80)}});
  const Value root = object(arena, {{"c", array(arena, {app, port, array(arena, {})})}});
  CHECK(stable_pointer(root, "/c/0/image") == "/c/app/image");
  CHECK(stable_pointer(root, "/c/1") == "/c/80");
  CHECK(stable_pointer(root, "/c/2") == "/c/2");
  CHECK(stable_pointer(root, "/c/7/x") == "/c/7/x");
}

TEST_CASE("a fingerprint tells mistakes apart by what they are, not where they stand") {
  ObjectIdentity web;
  web.api_version = "apps/v1";
  web.kind = "Deployment";
  web.namespace_name = "shop";
  web.name = "web";
  ObjectIdentity moved = web;
  moved.document = 5;
  moved.api_version = "apps/v1beta2";
  const std::string mark = fingerprint("R1", web, "app", "/spec/x");
  CHECK(mark.size() == 16);
  CHECK(fingerprint("R1", moved, "app", "/spec/x") == mark);
  CHECK(fingerprint("R2", web, "app", "/spec/x") != mark);
  CHECK(fingerprint("R1", web, "app2", "/spec/x") != mark);
  CHECK(fingerprint("R1", web, "app", "/spec/y") != mark);
  ObjectIdentity other = web;
  other.namespace_name = "shopweb";
  other.name = "";
  CHECK(fingerprint("R1", other, "app", "/spec/x") != mark);
}
