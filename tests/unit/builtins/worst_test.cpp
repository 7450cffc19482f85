// Every builtin with the worst operands that its kinds allow, on little fuel: it answers from little, or ends at a limit before it has done much.
#include <catch2/catch.hpp>

#include <array>

#include "calling.hpp"

using namespace psdl;
using psdl::test::Caller;

namespace {

constexpr std::size_t kManyItems = 1'000'000;
constexpr std::size_t kManyKeys = 100'000;
constexpr std::uint64_t kFuel = 1'000;
// What a call may take before it ends: less than the text of one long operand.
constexpr std::size_t kMostMade = 2U << 20U;

struct World {
  Arena arena;
  std::vector<Value> of_kind[8];  // by Kind

  World() {
    const std::string letters(4'000'000, 'a');
    add(Value::null());
    add(Value::boolean(true));
    for (const char* number : {"0", "1", "-1", "1000000000", "9223372036854775807", "1e4000", "1e-4000", "0.1"}) add(number_from_text(arena, number));
    add(number_from_text(arena, std::string(1'000, '7')));
    for (const std::string& text : {letters, std::string(4'000'000, '1'), std::string(2'000'000, '[') + std::string(2'000'000, ']'), std::string("(a?){200}"), std::string("a")}) {
      add(Value::string(arena, text));
    }
    ArrayBuilder numbers(arena);
    ArrayBuilder texts(arena);
    SetBuilder members(arena);
    for (std::size_t i = 0; i < kManyItems; ++i) {
      numbers.add(Value::integer(static_cast<std::int64_t>(i)));
      texts.add(of(Kind::String).front());
      members.add(Value::integer(static_cast<std::int64_t>(i)));
    }
    add(numbers.finish());
    add(texts.finish());
    add(shared(40, false));
    add(members.finish());
    ObjectBuilder fields(arena);
    for (std::size_t i = 0; i < kManyKeys; ++i) fields.add(Value::string(arena, "k" + std::to_string(i)), numbers.finish());
    add(fields.finish());
    add(shared(40, true));
  }

  std::vector<Value>& of(Kind kind) { return of_kind[static_cast<std::size_t>(kind)]; }

 private:
  void add(const Value& value) { of(value.kind()).push_back(value); }

  // 2^levels items out of as many collections as there are levels.
  Value shared(int levels, bool as_objects) {
    Value made = as_objects ? object(Value::integer(1), Value::integer(1)) : array(Value::integer(1), Value::integer(1));
    for (int i = 0; i < levels; ++i) made = as_objects ? object(made, made) : array(made, made);
    return made;
  }
  Value array(const Value& first, const Value& second) {
    ArrayBuilder items(arena);
    items.add(first);
    items.add(second);
    return items.finish();
  }
  Value object(const Value& first, const Value& second) {
    ObjectBuilder fields(arena);
    fields.add(Value::string("a"), first);
    fields.add(Value::string("b"), second);
    return fields.finish();
  }
};

// The values that an operand may be, the worst of each kind.
std::vector<Value> choices(World& world, KindMask mask) {
  std::vector<Value> all;
  for (std::size_t kind = 0; kind < 8; ++kind) {
    if ((mask & kind_bit(static_cast<Kind>(kind))) == 0) continue;
    all.insert(all.end(), world.of_kind[kind].begin(), world.of_kind[kind].end());
  }
  return all;
}

bool is_long(const Value& value) {
  return value.length() > 100'000 || (value.is_set() && value.as_set().size() > 100'000) || (value.is_object() && value.as_object().size() >= kManyKeys);
}

void call(Caller& caller, const Builtin& row, const std::vector<Value>& operands) {
  caller.arena.reset();
  caller.printed.clear();
  (void)caller.call(row.name, operands);
  INFO(row.name << ": " << caller.error);
  CHECK(caller.arena.used_bytes() < kMostMade);
  CHECK(caller.printed.size() < kMostMade);
  // A look at the budget comes after what was charged last: no single charge is for more than a few long operands' work.
  CHECK((caller.work <= kFuel || caller.halted));
  if (!row.is_brief && std::any_of(operands.begin(), operands.end(), is_long)) CHECK(caller.halted);
}

void call_all(Caller& caller, World& world, const Builtin& row) {
  const std::size_t arity = row.signature.is_variadic ? 2 : row.signature.arity;
  std::vector<std::vector<Value>> operands;
  for (std::size_t i = 0; i < arity; ++i) operands.push_back(choices(world, row.signature.is_variadic ? kind_bit(Kind::Array) | kind_bit(Kind::String) : row.signature.operands[i]));
  if (arity == 0) return call(caller, row, {});
  // Each operand with each value while the others keep their first and their last; for two operands that is nearly all pairs.
  for (std::size_t i = 0; i < arity; ++i) {
    for (const Value& value : operands[i]) {
      for (const bool first : {true, false}) {
        std::vector<Value> given;
        for (const std::vector<Value>& choice : operands) given.push_back(first ? choice.front() : choice.back());
        given[i] = value;
        call(caller, row, given);
      }
    }
  }
}

}  // namespace

TEST_CASE("every builtin with its worst operands ends soon on little fuel") {
  World world;
  Caller caller;
  caller.limits.instructions = kFuel;
  for (const Builtin* row : all_builtins()) call_all(caller, world, *row);
}

TEST_CASE("what is quadratic or worse in small operands is charged for") {
  World world;
  Caller caller;
  caller.limits.instructions = 100'000;
  const auto ends = [&](std::string_view name, const std::vector<Value>& operands) {
    INFO(name << ": " << caller.error);
    const std::size_t before = caller.arena.used_bytes();
    CHECK(caller.shown(name, operands) == "undefined");
    INFO(caller.error);
    CHECK(caller.halted);
    CHECK(caller.arena.used_bytes() - before < 64U << 20U);
  };
  const Value deep_array = world.of(Kind::Array).back();
  const Value deep_object = world.of(Kind::Object).back();
  const auto range = [&](std::int64_t size) { return caller.call("numbers.range", {Value::integer(1), Value::integer(size)}); };
  const auto complete_graph = [&](std::int64_t size) {
    const Value nodes = range(size);
    ObjectBuilder graph(caller.arena);
    for (const Value& node : nodes.as_array()) graph.add(node, nodes);
    return graph.finish();
  };
  ends("walk", {deep_array});
  ends("json.marshal", {deep_array});
  ends("yaml.marshal", {deep_array});
  ends("sprintf", {caller.text("%v"), caller.array({deep_array})});
  ends("internal.print", {caller.array({caller.set({deep_array})})});
  ends("graph.reachable", {complete_graph(3'000), caller.array({Value::integer(1)})});
  ends("graph.reachable_paths", {complete_graph(12), caller.array({Value::integer(1)})});
  ends("urlquery.encode_object", {caller.object({{deep_array, caller.text("a")}})});
  ends("regex.find_n", {caller.text("a.*b|a"), caller.text(std::string(500'000, 'a')), Value::integer(-1)});
  ends("strings.replace_n", {caller.object({{caller.text(std::string(100'000, 'a') + "b"), caller.text("")}}), caller.text(std::string(100'000, 'a'))});
  ends("trim", {caller.text(std::string(100'000, 'a')), caller.text(std::string(50'000, 'b') + "a")});
  ends("net.cidr_contains_matches", {Value::array(std::vector<Value>(3'000, caller.text("::/0"))), Value::array(std::vector<Value>(3'000, caller.text("::1")))});
  // The answer is found sooner than the budget ends.
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += "a*b*";
  CHECK(caller.shown("regex.globs_match", {caller.text(stars + "x"), caller.text(stars + "y")}) == "false");
  // Two of them, as one would be the other.
  World other;
  ends("object.union", {deep_object, other.of(Kind::Object).back()});
}

TEST_CASE("two values that stand for more items than there is time for are compared all the same") {
  World one;
  World two;
  for (const Kind kind : {Kind::Array, Kind::Object}) {
    CHECK(equal(one.of(kind).back(), two.of(kind).back()));
    CHECK(compare(one.of(kind).back(), two.of(kind).back()) == 0);
    CHECK(hash(one.of(kind).back()) == hash(two.of(kind).back()));
  }
}
