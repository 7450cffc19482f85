// Values in failed tests: short texts, and differences path by path.
#include <catch2/catch.hpp>

#include "codec/reader.hpp"
#include "testing/show_value.hpp"

using namespace psdl;
using testing::differences;
using testing::show_value;

namespace {

// Values live as long as the arena.
Value value_of(Arena& arena, std::string_view json) { return *read_value_json(arena, json, ReadRules::opa(), Limits()); }

}  // namespace

TEST_CASE("a value that fits is shown whole, a longer one by its first entries") {
  Arena arena;
  CHECK(show_value(value_of(arena, R"({"a": [1, "x"]})"), false) == R"({"a": [1, "x"]})");
  CHECK(show_value(value_of(arena, "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]"), false) ==
        "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, … 22 items]");
  const Value pod = value_of(arena, R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"app": "some-name-that-is-long"}}})");
  CHECK(show_value(pod, false) == R"({"apiVersion": "v1", "kind": "Pod", … 3 keys})");
  CHECK(show_value(pod, true) == R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"app": "some-name-that-is-long"}, "name": "web"}})");
  const std::string long_text = show_value(value_of(arena, "\"" + std::string(200, 'x') + "\""), false);
  CHECK(long_text.size() < 70);
  CHECK(long_text.ends_with("…"));
}

TEST_CASE("differences name the path, and what stands on each side") {
  Arena arena;
  const Value left = value_of(arena, R"({"a": [1, {"b": "c"}], "only": 1, "same": 2})");
  const Value right = value_of(arena, R"({"a": [1, {"b": "d"}, 3], "same": 2, "x y": null})");
  CHECK(differences(left, right) == std::vector<std::string>{R"(- .a[1].b: "c")", R"(+ .a[1].b: "d")", "+ .a[2]: 3", "- .only: 1", "+ .x y: null"});
  CHECK(differences(value_of(arena, "1"), value_of(arena, "2")).empty());
  CHECK(differences(value_of(arena, "{}"), value_of(arena, "2")) == std::vector<std::string>{"- {}", "+ 2"});
  std::string many = "[";
  for (int i = 0; i < 50; ++i) many += (i > 0 ? "," : "") + std::to_string(i);
  const std::vector<std::string> lines = differences(value_of(arena, many + "]"), value_of(arena, "[]"));
  CHECK(lines.size() == 21);
  CHECK(lines.back() == "… 30 more");
}
