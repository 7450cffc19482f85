// Who owns a value's bytes: several arenas meet in one collection, and a copy outlives them all. Worth most under ASan.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "value/builders.hpp"
#include "value/number.hpp"
#include "value/text.hpp"

using namespace psdl;

TEST_CASE("a set of values from input, data and computation survives its sources as a copy") {
  Arena verdict;
  Value kept;
  {
    Arena input;
    Arena data;
    Arena computed;
    auto text = std::make_unique<std::string>("from the input, long enough for a heap of its own");
    ObjectBuilder document(data);
    document.add(Value::string(data, "key"), Value::string(data, "from the data"));
    document.add(Value::string(data, "big"), number_from_text(data, "123456789012345678901234567890"));
    const Value frozen = document.finish();
    freeze(data, frozen);

    SetBuilder set(computed);
    set.add(Value::string(input, *text).with_origin(7));
    set.add(frozen.as_object().find_text("key")->with_origin(Value::kFirstDataOrigin));
    set.add(Value::string(computed, *text + "!"));
    set.add(*frozen.as_object().find_text("big"));
    set.add(frozen);
    text.reset();
    kept = copy_into(verdict, set.finish());
  }
  CHECK(to_rego(kept) ==
        R"({123456789012345678901234567890, "from the data", "from the input, long enough for a heap of its own", )"
        R"("from the input, long enough for a heap of its own!", {"big": 123456789012345678901234567890, "key": "from the data"}})");
  CHECK(kept.as_set().items()[1].origin() == Value::kFirstDataOrigin);
  CHECK(kept.as_set().items()[2].origin() == 7);
}

TEST_CASE("a copied bag still tells its places") {
  Arena verdict;
  Value kept;
  {
    Arena arena;
    SetBuilder set(arena, true);
    set.add(Value::string(arena, "x").with_origin(4));
    set.add(Value::string(arena, "x").with_origin(2));
    kept = copy_into(verdict, set.finish());
  }
  REQUIRE(kept.as_set().bag().size() == 2);
  CHECK(kept.as_set().bag()[1].origin() == 2);
  CHECK(kept.as_set().size() == 1);
}

TEST_CASE("a copy of a numbered object is found by number, and a large one by its index") {
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) names.push_back("n" + std::to_string(i));
  const KeyTable table(std::vector<std::string_view>(names.begin(), names.end()));
  Arena kept;
  Value copy;
  {
    Arena arena;
    ObjectBuilder builder(arena, &table);
    for (const std::string& name : names) builder.add(Value::string(arena, name), Value::string(arena, name));
    copy = copy_into(kept, builder.finish());
  }
  for (const std::string& name : names) {
    CHECK(copy.as_object().find_name(table.number(name), name)->as_string() == name);
    CHECK(copy.as_object().find_text(name)->as_string() == name);
  }
}

TEST_CASE("a frozen value is read from many threads") {
  Arena arena;
  SetBuilder outer(arena);
  for (int i = 50; i > 0; --i) {
    SetBuilder inner(arena);
    inner.add(Value::integer(i));
    inner.add(Value::integer(i - 1));
    ArrayBuilder wrapped(arena);
    wrapped.add(inner.finish());
    outer.add(wrapped.finish());
  }
  const Value value = outer.finish();
  freeze(arena, value);
  std::vector<std::string> texts(4);
  std::vector<std::thread> threads;
  for (std::string& text : texts) threads.emplace_back([&text, &value] { text = to_rego(value); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : texts) CHECK(text == texts[0]);
}
