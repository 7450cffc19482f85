// The value layout and who owns its bytes, in one small program. In: a pod as JSON and as YAML, a data document, a
// computed string. Out: one set of all of them, five builtins over it, and a verdict that is read after everything it
// was made from is gone. AddressSanitizer sees a byte that someone did not own; without it the arenas are overwritten
// before they go, so that a stale pointer reads nonsense.
#include <catch2/catch.hpp>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "builtins/patterns.hpp"
#include "builtins/registry.hpp"
#include "codec/reader.hpp"
#include "value/builders.hpp"
#include "value/text.hpp"

using namespace psdl;

namespace {

constexpr std::string_view kPodJson =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","labels":{"team":"shop"}},)"
    R"("spec":{"containers":[{"name":"app","image":"registry.example/shop/app:1.4","ports":[80,443],"limit":1.5},)"
    R"({"name":"proxy","image":"registry.example/proxy:2","big":123456789012345678901234567890,"tty":true,"args":null}]}})";

constexpr std::string_view kPodYaml = R"(apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {team: shop}
spec:
  containers:
  - name: app
    image: "registry.example/shop/app:1.4"
    ports: [80, 443]
    limit: 1.5
  - name: proxy
    image: registry.example/proxy:2
    big: 123456789012345678901234567890
    tty: yes
    args: ~
)";

constexpr std::string_view kData = R"({"config":{"registries":["registry.example","mirror.example"],"owner":{"team":"shop"}}})";

std::shared_ptr<const KeyTable> new_keys() {
  const std::vector<std::string_view> names = {"spec", "containers", "name", "image", "config", "registries", "owner"};
  return std::make_shared<const KeyTable>(names);
}

// The text lives in a buffer of its own that is overwritten and freed before this returns.
Document read(Reader& reader, Arena& arena, std::string_view text, Format format, std::shared_ptr<const KeyTable> keys,
              std::uint32_t first_origin = 1) {
  auto buffer = std::make_unique<char[]>(text.size());
  std::memcpy(buffer.get(), text.data(), text.size());
  ReadOptions options;
  options.key_table = std::move(keys);
  options.first_origin = first_origin;
  Result<Document, ReadError> document = reader.read(arena, {buffer.get(), text.size()}, format, options);
  std::memset(buffer.get(), '#', text.size());
  INFO((document ? std::string() : document.error().one_line()));
  REQUIRE(document.has_value());
  return std::move(document).value();
}

Value under(Value at, std::initializer_list<std::string_view> path) {
  for (const std::string_view name : path) {
    REQUIRE(at.is_object());
    const Value* found = at.as_object().find_text(name);
    REQUIRE(found != nullptr);
    at = *found;
  }
  return at;
}

Value call(CallContext& context, std::string_view name, std::initializer_list<Value> operands) {
  const Builtin* builtin = find_builtin(name);
  INFO(name);
  REQUIRE(builtin != nullptr);
  const Value result = call_builtin(*builtin, context, operands.begin(), operands.size());
  INFO((context.error != nullptr ? context.error->message : std::string()));
  REQUIRE(result.is_defined());
  return result;
}

Value array(Arena& arena, std::initializer_list<Value> items) {
  ArrayBuilder made(arena);
  for (const Value& item : items) made.add(item);
  return made.finish();
}

// Gives the arena back and writes over what it held.
void scribble(Arena& arena) {
  const std::size_t used = arena.used_bytes();
  arena.reset();
  while (arena.used_bytes() + 64 < used) std::memset(arena.allocate(64, 1), 0xA5, 64);
  arena.reset();
}

// Everything one evaluation stands on, so that a test can take it away piece by piece.
struct World {
  std::shared_ptr<const KeyTable> keys = new_keys();
  Reader reader;
  std::unique_ptr<Arena> data_arena = std::make_unique<Arena>();
  std::unique_ptr<Arena> json_arena = std::make_unique<Arena>();
  std::unique_ptr<Arena> yaml_arena = std::make_unique<Arena>();
  std::unique_ptr<Arena> evaluation = std::make_unique<Arena>();
  Document data = read(reader, *data_arena, kData, Format::Json, keys, Value::kFirstDataOrigin);
  Document json = read(reader, *json_arena, kPodJson, Format::Json, keys);
  Document yaml = read(reader, *yaml_arena, kPodYaml, Format::Yaml, keys);

  World() { freeze(*data_arena, data.root()); }

  void forget() {
    scribble(*evaluation);
    scribble(*json_arena);
    scribble(*yaml_arena);
    scribble(*data_arena);
    json = Document();
    yaml = Document();
    data = Document();
    evaluation.reset();
    json_arena.reset();
    yaml_arena.reset();
    data_arena.reset();
    reader = Reader();
    keys.reset();
  }
};

constexpr std::string_view kVerdict =
    R"({"first":"registry.example","kept":[{"big":123456789012345678901234567890,"image":"registry.example/proxy:2",)"
    R"("name":"proxy","tty":true,"args":null},{"image":"registry.example/shop/app:1.4","limit":1.5,"name":"app",)"
    R"("ports":[80,443]}],"message":"5 of web: [\"mirror.example\", \"registry.example\"]","owned":true})";

// One set of values from four owners, and what five builtins make of it.
Value evaluate(World& world, CallContext& context) {
  Arena& arena = *world.evaluation;
  const Value json_containers = under(world.json.root(), {"spec", "containers"});
  const Value yaml_containers = under(world.yaml.root(), {"spec", "containers"});
  const Value registries = under(world.data.root(), {"config", "registries"});

  const Value dotted = call(context, "concat", {Value::string("."), array(arena, {Value::string("registry"), Value::string("example")})});
  REQUIRE(dotted.origin() == 0);

  SetBuilder all(arena, true);
  for (const Value& container : json_containers.as_array()) all.add(container);
  for (const Value& container : yaml_containers.as_array()) all.add(container);
  for (const Value& registry : registries.as_array()) all.add(registry);
  all.add(under(world.data.root(), {"config", "owner"}));
  all.add(dotted);
  const Value set = all.finish();

  // Two containers read twice, a registry computed once more: each is one member, and the bag remembers every place.
  CHECK(set.as_set().bag().size() == 8);
  const Value count = call(context, "count", {set});
  CHECK(count.as_int() == 5);
  CHECK(set.as_set().contains(dotted));
  CHECK(set.as_set().contains(under(world.json.root(), {"metadata", "labels"})));

  const Value ordered = call(context, "sort", {registries});
  const Value message = call(context, "sprintf", {Value::string("%d of %s: %v"),
                                                  array(arena, {count, under(world.yaml.root(), {"metadata", "name"}), ordered})});
  const Value owned = call(context, "startswith", {under(json_containers.as_array()[0], {"image"}), dotted});

  ArrayBuilder kept(arena);
  for (const Value& member : set.as_set().items()) {
    if (member.is_object() && member.as_object().find_text("image") != nullptr) kept.add(member);
  }
  ObjectBuilder verdict(arena);
  verdict.add(Value::string("message"), message);
  verdict.add(Value::string("kept"), kept.finish());
  verdict.add(Value::string("first"), dotted);
  verdict.add(Value::string("owned"), owned);
  return verdict.finish();
}

}  // namespace

TEST_CASE("a verdict outlives the documents, the data and the evaluation it was made from") {
  const Limits limits;
  PatternCache patterns;
  auto verdict_arena = std::make_unique<Arena>();
  Value verdict;
  std::uint32_t image_origin = 0;
  {
    World world;
    const EvaluationFacts facts;
    CallContext context(*world.evaluation, limits, facts, patterns);
    const Value result = evaluate(world, context);
    verdict = copy_into(*verdict_arena, result);
    image_origin = under(under(world.json.root(), {"spec", "containers"}).as_array()[0], {"image"}).origin();
    world.forget();
  }

  // Written and read back: the expected text is in another order of keys.
  Arena arena;
  const Result<Value> wanted = read_value_json(arena, kVerdict, ReadRules::opa(), limits);
  REQUIRE(wanted.has_value());
  INFO(to_json(verdict));
  CHECK(equal(verdict, *wanted));
  CHECK(hash(verdict) == hash(*wanted));

  // Origins came along: the finding can still be located.
  const Value kept = under(verdict, {"kept"});
  REQUIRE(kept.length() == 2);
  CHECK(image_origin != 0);
  CHECK(under(kept.as_array()[1], {"image"}).origin() == image_origin);
  CHECK(under(verdict, {"message"}).origin() == 0);
}

TEST_CASE("the same pod as JSON and as YAML is one value, whose nodes have the same numbers") {
  World world;
  CHECK(equal(world.json.root(), world.yaml.root()));
  CHECK(hash(world.json.root()) == hash(world.yaml.root()));
  CHECK(world.json.node_count() == world.yaml.node_count());
  for (const auto& path : {std::initializer_list<std::string_view>{"metadata", "name"}, {"metadata", "labels", "team"}, {"spec"}}) {
    CHECK(under(world.json.root(), path).origin() == under(world.yaml.root(), path).origin());
  }
  // A document's text is its own copy: node starts point into it.
  const Value name = under(world.yaml.root(), {"metadata", "name"});
  CHECK(world.yaml.text().substr(world.yaml.node_start(name.origin()), 3) == "web");
  const Value registries = under(world.data.root(), {"config", "registries"});
  CHECK(registries.origin() >= Value::kFirstDataOrigin);
}

TEST_CASE("frozen data stays as it is while evaluations come and go") {
  const Limits limits;
  PatternCache patterns;
  World world;
  const std::string before = to_json(world.data.root());
  const std::size_t used = world.data_arena->used_bytes();
  for (int round = 0; round < 3; ++round) {
    const EvaluationFacts facts;
    CallContext context(*world.evaluation, limits, facts, patterns);
    const Value result = evaluate(world, context);
    CHECK(under(result, {"first"}).as_string() == "registry.example");
    scribble(*world.evaluation);
    scribble(*world.json_arena);
    scribble(*world.yaml_arena);
    world.json = read(world.reader, *world.json_arena, kPodJson, Format::Json, world.keys);
    world.yaml = read(world.reader, *world.yaml_arena, kPodYaml, Format::Yaml, world.keys);
  }
  CHECK(to_json(world.data.root()) == before);
  CHECK(world.data_arena->used_bytes() == used);
}

TEST_CASE("copies hold no pointer into what they were copied from") {
  auto source = std::make_unique<Arena>();
  Arena target;
  const auto keys = new_keys();
  ObjectBuilder wide(*source, keys.get());
  for (int i = 0; i < 40; ++i) wide.add(Value::string(*source, "key" + std::to_string(i)), Value::integer(i));
  wide.add(Value::string("image"), Value::string(*source, std::string(300, 'x')));
  SetBuilder members(*source, true);
  for (const std::string_view text : {"b", "a", "b"}) members.add(Value::string(*source, text));
  ObjectBuilder all(*source);
  all.add(Value::string(*source, "wide"), wide.finish());
  all.add(Value::string(*source, "set"), members.finish());
  all.add(Value::string(*source, "decimal"), number_from_text(*source, "0.1"));
  all.add(Value::string(*source, "big"), number_from_text(*source, "-99999999999999999999"));
  const Value copy = copy_into(target, all.finish());
  const std::string text = to_json(copy);
  scribble(*source);
  source.reset();
  CHECK(to_json(copy) == text);
  CHECK(under(copy, {"wide", "key17"}).as_int() == 17);
  CHECK(under(copy, {"set"}).as_set().size() == 2);
  const std::span<const Value> bag = under(copy, {"set"}).as_set().bag();
  REQUIRE(bag.size() == 3);  // every place of a member came along
  CHECK(bag[1].as_string() == "a");
  const Value* by_number = under(copy, {"wide"}).as_object().find_name(keys->number("image"), "image");
  REQUIRE(by_number != nullptr);
  CHECK(by_number->length() == 300);
}
