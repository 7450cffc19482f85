// The laws of order, equality, hashing and copying, tried on random values.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <random>

#include "value/builders.hpp"
#include "value/number.hpp"
#include "value/text.hpp"

using namespace psdl;

namespace {

// Values from a stream of random numbers: small, so that equal ones meet often.
class Maker {
 public:
  Maker(Arena& arena, std::uint32_t seed) : arena_(arena), random_(seed) {}

  Value make(int depth) {
    switch (pick(depth > 0 ? 9 : 6)) {
      case 0: return Value::null();
      case 1: return Value::boolean(pick(2) == 1);
      case 2: return Value::integer(static_cast<std::int64_t>(pick(5)) - 2).with_origin(pick(100));
      case 3: return number_from_text(arena_, kNumbers[pick(std::size(kNumbers))]).with_origin(pick(100));
      case 4:
      case 5: return Value::string(kTexts[pick(std::size(kTexts))]).with_origin(pick(100));
      case 6: {
        ArrayBuilder builder(arena_);
        for (std::uint32_t i = pick(4); i > 0; --i) builder.add(make(depth - 1));
        return builder.finish();
      }
      case 7: {
        ObjectBuilder builder(arena_);
        for (std::uint32_t i = pick(4); i > 0; --i) {
          const Value key = make(depth - 1);
          builder.add(key, make(depth - 1));
        }
        return builder.finish();
      }
      default: {
        SetBuilder builder(arena_, pick(2) == 0);
        for (std::uint32_t i = pick(5); i > 0; --i) builder.add(make(depth - 1));
        return builder.finish();
      }
    }
  }

 private:
  static constexpr const char* kNumbers[] = {"1.0", "1e0", "0.1", "1e-1", "-0", "0.5", "1e30", "9223372036854775808", "9223372036854775807.5"};
  static constexpr const char* kTexts[] = {"", "a", "b", "ab", "abcdefgh", "abcdefgi", "abcdefghi", "\xC3\xA9"};

  std::uint32_t pick(std::size_t below) { return static_cast<std::uint32_t>(random_() % below); }

  Arena& arena_;
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("compare is a total order that equality and hashes agree with") {
  CHECK(rc::check("order laws", [](std::uint32_t seed) {
    Arena arena;
    Maker maker(arena, seed);
    const Value a = maker.make(3);
    const Value b = maker.make(3);
    const Value c = maker.make(3);
    RC_ASSERT(compare(a, a) == 0);
    RC_ASSERT(compare(a, b) == -compare(b, a));
    if (compare(a, b) <= 0 && compare(b, c) <= 0) RC_ASSERT(compare(a, c) <= 0);
    RC_ASSERT((compare(a, b) == 0) == equal(a, b));
    if (equal(a, b)) RC_ASSERT(hash(a) == hash(b));
    if (equal(a, b)) RC_ASSERT(compare(a, c) == compare(b, c));
  }));
}

TEST_CASE("a collection does not show the order it was built in") {
  CHECK(rc::check("build order", [](std::uint32_t seed) {
    Arena arena;
    Maker maker(arena, seed);
    std::mt19937 random(seed);
    std::vector<Value> items;
    for (int i = 0; i < 12; ++i) items.push_back(maker.make(2));
    SetBuilder forward(arena);
    for (const Value& item : items) forward.add(item);
    std::shuffle(items.begin(), items.end(), random);
    SetBuilder shuffled(arena);
    for (const Value& item : items) shuffled.add(item);
    const Value one = forward.finish();
    const Value other = shuffled.finish();
    RC_ASSERT(equal(one, other));
    RC_ASSERT(hash(one) == hash(other));
    const std::span<const Value> sorted = one.as_set().items();
    for (std::size_t i = 1; i < sorted.size(); ++i) RC_ASSERT(compare(sorted[i - 1], sorted[i]) < 0);
    for (const Value& item : items) RC_ASSERT(one.as_set().contains(item));

    ObjectBuilder object(arena);
    for (const Value& item : items) object.add(item, Value::integer(1));
    std::shuffle(items.begin(), items.end(), random);
    ObjectBuilder again(arena);
    for (const Value& item : items) again.add(item, Value::integer(1));
    const Value first = object.finish();
    RC_ASSERT(equal(first, again.finish()));
    for (const Value& item : items) RC_ASSERT(first.as_object().find(item) != nullptr);
  }));
}

TEST_CASE("a copy is equal, prints alike, keeps origins and needs nothing of the first arena") {
  CHECK(rc::check("copies", [](std::uint32_t seed) {
    Arena kept;
    Value copy;
    std::string text;
    std::string json;
    std::uint64_t hashed = 0;
    std::uint32_t origin = 0;
    {
      Arena first;
      const Value value = Maker(first, seed).make(4);
      copy = copy_into(kept, value);
      RC_ASSERT(equal(copy, value));
      text = to_rego(value);
      json = to_json(value);
      hashed = hash(value);
      origin = value.origin();
    }
    RC_ASSERT(to_rego(copy) == text);
    RC_ASSERT(to_json(copy) == json);
    RC_ASSERT(hash(copy) == hashed);
    RC_ASSERT(copy.origin() == origin);
  }));
}
