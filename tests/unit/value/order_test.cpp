// Rego's order of types and of values of one type.
#include <catch2/catch.hpp>
#include <vector>

#include "value/builders.hpp"
#include "value/number.hpp"
#include "value/text.hpp"

using namespace psdl;

namespace {

Value array_of(Arena& arena, std::initializer_list<Value> items) {
  ArrayBuilder builder(arena);
  for (const Value& item : items) builder.add(item);
  return builder.finish();
}

Value set_of(Arena& arena, std::initializer_list<Value> items) {
  SetBuilder builder(arena);
  for (const Value& item : items) builder.add(item);
  return builder.finish();
}

Value object_of(Arena& arena, std::initializer_list<std::pair<Value, Value>> pairs) {
  ObjectBuilder builder(arena);
  for (const auto& [key, value] : pairs) builder.add(key, value);
  return builder.finish();
}

Value number(std::int64_t value) { return Value::integer(value); }

}  // namespace

TEST_CASE("values of all types stand in Rego's order") {
  Arena arena;
  const std::vector<Value> ascending = {
      Value(),
      Value::null(),
      Value::boolean(false),
      Value::boolean(true),
      number_from_text(arena, "-1e30"),
      number(-1),
      number_from_text(arena, "0.5"),
      number(1),
      number_from_text(arena, "9223372036854775808"),
      Value::string(""),
      Value::string("A"),
      Value::string("a"),
      Value::string("abcdefgh"),
      Value::string("abcdefghz"),
      Value::string("abcdefgi"),
      Value::string("b"),
      Value::string("\xC3\xA9"),
      empty_array(),
      array_of(arena, {number(1)}),
      array_of(arena, {number(1), number(0)}),
      array_of(arena, {number(2)}),
      empty_object(),
      // Pair by pair, the value of a key before the next key.
      object_of(arena, {{Value::string("a"), number(1)}}),
      object_of(arena, {{Value::string("a"), number(1)}, {Value::string("z"), number(0)}}),
      object_of(arena, {{Value::string("a"), number(2)}, {Value::string("b"), number(0)}}),
      object_of(arena, {{Value::string("b"), number(0)}}),
      empty_set(),
      set_of(arena, {number(1)}),
      set_of(arena, {number(2), number(1)}),
      set_of(arena, {number(2)}),
  };
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t k = 0; k < ascending.size(); ++k) {
      INFO(to_rego(ascending[i]) << " and " << to_rego(ascending[k]));
      CHECK(compare(ascending[i], ascending[k]) == (i < k ? -1 : (i > k ? 1 : 0)));
      CHECK(equal(ascending[i], ascending[k]) == (i == k));
    }
  }
}

TEST_CASE("text is compared by bytes, embedded zeros too") {
  const std::string_view with_zero("ab\0c", 4);
  CHECK(compare(Value::string(with_zero), Value::string("ab")) > 0);
  CHECK(compare(Value::string(with_zero), Value::string("abc")) < 0);
  CHECK(compare_text("\xFF", "a") > 0);
  CHECK(compare_text("aaaaaaaa\xFF", "aaaaaaaaa") > 0);
  CHECK(compare_text("aaaaaaa\xFF", "aaaaaaaaa") > 0);
}

TEST_CASE("bags in bags are frozen and copied in time that grows with their number") {
  Arena arena;
  Value value = number(0);
  for (int i = 0; i < 60; ++i) {
    SetBuilder builder(arena, true);
    builder.add(number(i));
    builder.add(value);
    builder.add(number(i).with_origin(3));
    value = builder.finish();
  }
  freeze(arena, value);
  Arena other;
  const Value copy = copy_into(other, value);
  CHECK(copy.as_set().bag().size() == 3);
  CHECK(copy.as_set().bag()[2].origin() == 3);
  CHECK(to_rego(copy) == to_rego(value));
}

TEST_CASE("values nested deeper than any stack are compared, hashed, copied and printed") {
  Arena arena;
  constexpr int kDepth = 300'000;
  const auto nest = [&](const Value& inside) {
    Value value = inside;
    for (int i = 0; i < kDepth; ++i) {
      if (i % 3 == 0) value = array_of(arena, {value});
      if (i % 3 == 1) value = set_of(arena, {value, number(0)});
      if (i % 3 == 2) value = object_of(arena, {{Value::string("k"), value}});
    }
    return value;
  };
  const Value one = nest(number(1));
  const Value same = nest(number_from_text(arena, "1.0"));
  const Value two = nest(number(2));
  CHECK(compare(one, two) < 0);
  CHECK(compare(two, one) > 0);
  CHECK(equal(one, same));
  CHECK(hash(one) == hash(same));
  Arena other;
  const Value copy = copy_into(other, one);
  CHECK(equal(copy, one));
  CHECK(to_rego(copy) == to_rego(one));
  CHECK(to_json(copy).size() > kDepth);
  freeze(other, copy);
}
