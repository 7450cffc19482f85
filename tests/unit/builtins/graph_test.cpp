// walk and reachability: shared paths, limits, depth. Networks and UUIDs: limits and seeds.
#include <catch2/catch.hpp>

#include "calling.hpp"

using psdl::Value;
using psdl::test::Caller;

TEST_CASE("first children share the items of their parents' paths") {
  Caller caller;
  const Value leaf = caller.object({{caller.text("b"), caller.object({{caller.text("c"), Value::integer(1)}})}, {caller.text("d"), Value::null()}});
  const Value pairs = caller.call("walk", {caller.object({{caller.text("a"), leaf}})});
  REQUIRE(pairs.length() == 5);
  const auto path = [&](std::size_t index) { return pairs.as_array()[index].as_array()[0]; };
  CHECK(psdl::to_rego(path(3)) == R"(["a", "b", "c"])");
  CHECK(path(1).as_array().data() == path(2).as_array().data());
  CHECK(path(2).as_array().data() == path(3).as_array().data());
  // The second child has items of its own, and the first child's path is still what it was.
  CHECK(psdl::to_rego(path(4)) == R"(["a", "d"])");
  CHECK(psdl::to_rego(path(2)) == R"(["a", "b"])");
}

TEST_CASE("walk keeps the origins of values") {
  Caller caller;
  const Value item = Value::integer(7).with_origin(3);
  const Value pairs = caller.call("walk", {caller.array({item})});
  CHECK(pairs.as_array()[1].as_array()[1].origin() == 3);
}

TEST_CASE("walk ends at a limit, however deep or shared the value is") {
  Caller caller;
  Value shared = caller.array({Value::integer(1)});
  for (int level = 0; level < 60; ++level) shared = caller.array({shared, shared});
  caller.limits.collection_items = 100'000;
  CHECK(caller.shown("walk", {shared}) == "undefined");
  CHECK(caller.error == "walk: limit_collection_items reached");
  CHECK(caller.halted);

  Value deep = caller.array({});
  for (int level = 0; level < 2'000; ++level) deep = caller.array({deep});
  CHECK(caller.call("walk", {deep}).length() == 2'001);
}

TEST_CASE("ways through a graph end at a limit") {
  Caller caller;
  psdl::ObjectBuilder graph(caller.arena);
  std::vector<Value> nodes;
  for (int node = 0; node < 30; ++node) nodes.push_back(Value::integer(node));
  for (const Value& node : nodes) graph.add(node, Value::array(nodes));
  caller.limits.collection_items = 10'000;
  CHECK(caller.shown("graph.reachable_paths", {graph.finish(), caller.array({nodes[0]})}) == "undefined");
  CHECK(caller.error == "graph.reachable_paths: limit_collection_items reached");
  CHECK(caller.halted);
}

TEST_CASE("a block of too many addresses is not expanded") {
  Caller caller;
  CHECK(caller.call("net.cidr_expand", {caller.text("10.0.0.0/16")}).is_defined());
  for (const char* block : {"10.0.0.0/15", "0.0.0.0/0", "::/0", "fd00::/64"}) {
    INFO(block);
    CHECK(caller.shown("net.cidr_expand", {caller.text(block)}) == "undefined");
    CHECK(caller.error == "net.cidr_expand: limit_cidr_items reached");
    CHECK(caller.halted);
  }
}

TEST_CASE("amounts of too many digits are not computed") {
  Caller caller;
  CHECK(caller.shown("units.parse", {caller.text("1e999999K")}) == "undefined");
  CHECK(caller.error == "units.parse: limit_number_digits reached");
  CHECK(caller.shown("units.parse", {caller.text("1e-999999K")}) == "0.0000000000");
  CHECK(caller.shown("units.parse", {caller.text("0e999999K")}) == "0");
  CHECK(caller.shown("units.parse_bytes", {caller.text("1e999999K")}) == "undefined");
  CHECK(caller.halted);
}

TEST_CASE("a UUID depends on seed and key") {
  Caller caller;
  caller.facts.seed = 1;
  const std::string first = caller.shown("uuid.rfc4122", {caller.text("a")});
  CHECK(first == caller.shown("uuid.rfc4122", {caller.text("a")}));
  CHECK(first != caller.shown("uuid.rfc4122", {caller.text("b")}));
  caller.facts.seed = 2;
  CHECK(first != caller.shown("uuid.rfc4122", {caller.text("a")}));
}

TEST_CASE("versions that differ beyond what a number holds are equal") {
  Caller caller;
  CHECK(caller.shown("semver.compare", {caller.text("1.0.0-99999999999999999999"), caller.text("1.0.0-99999999999999999998")}) == "0");
}
