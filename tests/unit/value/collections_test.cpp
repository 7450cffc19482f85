// Objects and sets: finding, sorting, duplicates, bags.
#include <catch2/catch.hpp>
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "value/builders.hpp"
#include "value/number.hpp"
#include "value/text.hpp"

using namespace psdl;

namespace {

std::vector<std::string> some_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back("name" + std::to_string(i * 7919 % 10007));
  return names;
}

}  // namespace

TEST_CASE("a key is found by number, by text and by value in objects of every size") {
  const std::vector<std::string> names = some_names(300);
  const std::vector<std::string_view> views(names.begin(), names.end());
  const KeyTable table(views);
  const std::size_t size = GENERATE(1U, 7U, 8U, 9U, 16U, 17U, 40U, 129U, 250U);
  const bool with_table = GENERATE(true, false);
  const bool with_index = GENERATE(true, false);
  Arena arena;
  ObjectBuilder builder(arena, with_table ? &table : nullptr);
  for (std::size_t i = 0; i < size; ++i) builder.add(Value::string(names[i]), Value::integer(static_cast<std::int64_t>(i)));
  const Value made = builder.finish();
  const Object& object = made.as_object();
  if (with_index) object.make_index(arena);
  REQUIRE(object.size() == size);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Value* by_number = object.find_name(table.number(names[i]), names[i]);
    const Value* by_text = object.find_text(names[i]);
    const Value* by_value = object.find(Value::string(names[i]));
    if (i < size) {
      REQUIRE(by_number != nullptr);
      CHECK(by_number->as_int() == static_cast<std::int64_t>(i));
      CHECK(by_text == by_number);
      CHECK(by_value == by_number);
      CHECK(object.keys()[object.position_text(names[i])].as_string() == names[i]);
    } else {
      CHECK(by_number == nullptr);
      CHECK(by_text == nullptr);
      CHECK(by_value == nullptr);
      CHECK(object.position_text(names[i]) == Object::kNowhere);
    }
  }
  CHECK(object.find_name(kNoKey, names[0]) != nullptr);
  CHECK(object.find_name(kNoKey, "outside") == nullptr);
}

TEST_CASE("keys that are no strings are found beside strings") {
  const KeyTable table({"a", "b"});
  Arena arena;
  ObjectBuilder builder(arena, &table);
  builder.add(Value::string("b"), Value::integer(1));
  builder.add(Value::integer(1), Value::integer(2));
  builder.add(Value::boolean(false), Value::integer(3));
  const Value made = builder.finish();
  const Object& object = made.as_object();
  CHECK(object.find(number_from_text(arena, "1.0"))->as_int() == 2);
  CHECK(object.find(Value::boolean(false))->as_int() == 3);
  CHECK(object.find(Value::boolean(true)) == nullptr);
  CHECK(object.find_name(table.number("b"), "b")->as_int() == 1);
  CHECK(object.find_name(table.number("a"), "a") == nullptr);
}

TEST_CASE("a key that comes twice: the last value wins under the first key's text") {
  Arena arena;
  ObjectBuilder builder(arena);
  builder.add(Value::integer(1), Value::string("first").with_origin(4));
  builder.add(Value::string("x"), Value::null());
  builder.add(number_from_text(arena, "1.0").with_origin(9), Value::string("last").with_origin(9));
  const Value made = builder.finish(Duplicates::LastWins);
  CHECK(to_rego(made) == R"({1: "last", "x": null})");
  CHECK(made.as_object().keys()[0].origin() == 9);
}

TEST_CASE("a key with two values that differ is a conflict, with equal ones it is none") {
  Arena arena;
  ObjectBuilder agrees(arena);
  agrees.add(Value::string("k"), Value::integer(1));
  agrees.add(Value::string("k"), number_from_text(arena, "1.0"));
  CHECK(to_rego(agrees.finish(Duplicates::Report)) == R"({"k": 1})");
  ObjectBuilder differs(arena);
  differs.add(Value::string("k"), Value::integer(1));
  differs.add(Value::string("a"), Value::integer(1));
  differs.add(Value::string("k"), Value::integer(2));
  CHECK_FALSE(differs.finish(Duplicates::Report).is_defined());
  CHECK(differs.conflict_key().as_string() == "k");
}

TEST_CASE("of equal members the first added survives") {
  Arena arena;
  SetBuilder builder(arena);
  builder.add(number_from_text(arena, "1.0").with_origin(3));
  builder.add(Value::integer(0));
  builder.add(Value::integer(1).with_origin(5));
  const Value made = builder.finish();
  CHECK(to_rego(made) == "{0, 1.0}");
  CHECK(made.as_set().items()[1].origin() == 3);
}

TEST_CASE("a kept bag shows each place, the set each member once") {
  Arena arena;
  SetBuilder builder(arena, true);
  for (std::uint32_t origin : {8U, 2U, 5U}) builder.add(Value::string("same").with_origin(origin));
  const Value made = builder.finish();
  REQUIRE(made.as_set().bag().size() == 3);
  CHECK(made.as_set().size() == 1);
  CHECK(made.as_set().items()[0].origin() == 8);
  REQUIRE(made.as_set().bag().size() == 3);
  CHECK(made.as_set().bag()[1].origin() == 2);
}

TEST_CASE("a large set is sorted and free of repetitions, whatever the order it was built in") {
  const int size = GENERATE(2, 15, 16, 17, 100, 255, 256, 257, 3000, 20000);
  const int order = GENERATE(0, 1, 2);
  std::vector<int> numbers;
  for (int i = 0; i < size; ++i) numbers.push_back(i / 2);
  std::mt19937 random(7);
  if (order == 1) std::reverse(numbers.begin(), numbers.end());
  if (order == 2) std::shuffle(numbers.begin(), numbers.end(), random);
  Arena arena;
  SetBuilder builder(arena);
  std::uint32_t place = 0;
  std::vector<std::uint32_t> first(static_cast<std::size_t>(size), 0);
  for (const int number : numbers) {
    builder.add(Value::integer(number).with_origin(++place));
    if (first[static_cast<std::size_t>(number)] == 0) first[static_cast<std::size_t>(number)] = place;
  }
  const Value made = builder.finish();
  const std::span<const Value> items = made.as_set().items();
  REQUIRE(items.size() == static_cast<std::size_t>((size + 1) / 2));
  bool is_right = true;
  for (std::size_t i = 0; i < items.size(); ++i) {
    is_right = is_right && items[i].as_int() == static_cast<std::int64_t>(i) && items[i].origin() == first[i];
  }
  CHECK(is_right);
  CHECK(made.as_set().contains(Value::integer(size / 3)));
  CHECK_FALSE(made.as_set().contains(Value::integer(size)));
}

TEST_CASE("a key table numbers names in byte order and keeps the first ones when there are too many") {
  const KeyTable table({"b", "a", "b", "Z"});
  CHECK(table.size() == 3);
  CHECK(table.number("Z") == 0);
  CHECK(table.number("a") == 1);
  CHECK(table.name(2) == "b");
  CHECK(table.number("c") == kNoKey);
  std::vector<std::string> many;
  for (std::size_t i = 0; i < KeyTable::kMaxNames + 10; ++i) many.push_back(std::to_string(i));
  const KeyTable full(std::vector<std::string_view>(many.begin(), many.end()));
  CHECK(full.size() == KeyTable::kMaxNames);
  CHECK(full.number(many.front()) != kNoKey);
  CHECK(full.number(many.back()) == kNoKey);
}
