// What a policy may see of a list's `items`. In: policies; out: whether the input must be there whole.
#include <catch2/catch.hpp>

#include <string>

#include "planned.hpp"

using namespace psdl;

namespace {

struct Case {
  bool may_read;
  const char* policy;
};

const Case kCases[] = {
    // Fields by name, wherever the input goes.
    {false, "deny contains 1 if input.kind == \"Pod\""},
    {false, "deny contains 1 if input[\"kind\"] == \"Pod\""},
    {false, "deny contains c if { some c in spec(input).containers }\nspec(resource) := resource.spec if resource.kind == \"Pod\""},
    {false, "deny contains 1 if { it := input; it.kind == \"Pod\" }"},
    {false, "deny contains 1 if whole.kind == \"Pod\"\nwhole := input"},
    {false, "deny contains 1 if the_object(input).kind == \"Pod\"\nthe_object(review) := review.object if review.object\nelse := review"},
    {false, "deny contains 1 if object.get(input, [\"metadata\", \"name\"], \"\") == \"\""},
    {false, "deny contains 1 if object.get(input, \"kind\", \"\") == \"\""},
    {false, "deny contains 1 if every c in spec(input) { is_good(c, input) }\nspec(x) := x.spec.containers\nis_good(c, x) if x.metadata.name == c.name"},
    {false, "deny contains 1 if input.spec.items"},
    {false, "deny contains 1 if data.items[_] == input.kind"},
    // `items` by name.
    {true, "deny contains 1 if input.items"},
    {true, "deny contains 1 if { it := input; it[\"items\"][_].kind == \"Pod\" }"},
    {true, "deny contains c if { some c in items(input) }\nitems(list) := list.items"},
    {true, "deny contains 1 if whole.items\nwhole := input"},
    {true, "deny contains 1 if object.get(input, \"items\", []) == []"},
    {true, "deny contains 1 if object.get(input, [\"items\", 0], 1) == 1"},
    {true, "deny contains 1 if f(input)\nf(x) if g(x)\ng(x) if x.items"},
    // All of it, in whatever way.
    {true, "deny contains 1 if { some key; input[key] == 1 }"},
    {true, "deny contains 1 if { key := concat(\"\", [\"it\", \"ems\"]); input[key] }"},
    {true, "deny contains 1 if { walk(input, [_, value]); value == 1 }"},
    {true, "deny contains 1 if count(input) == 1"},
    {true, "deny contains 1 if input == {}"},
    {true, "deny contains 1 if { some x in [input]; x.items }"},
    {true, "deny contains {\"all\": input} if true"},
    {true, "deny contains 1 if object.get(input, data.key, 1) == 1"},
    {true, "deny contains 1 if object.get(input, [], 1) == 1"},
    {true, "deny contains 1 if { every k, v in input { k != v } }"},
    {true, "deny contains 1 if data.t.box.whole.items\nbox := {\"whole\": input}"},
    {true, "deny contains 1 if { some name; data.t.sub[name].items }\nsub.whole := input"},
    {true, "deny contains 1 if { some x in box; x.items }\nbox contains input"},
    {true, "deny contains 1 if { {\"kind\": k, \"items\": _} = input; k == 1 }"},
    {true, "deny contains 1 if f(1) with input as {\"a\": input}\nf(_) if input.a.items"},
};

}  // namespace

TEST_CASE("whether items of the input may be read") {
  for (const Case& one : kCases) {
    INFO(one.policy);
    const plan::Plan made = planned(std::string("package t\nimport rego.v1\n") + one.policy + "\n");
    REQUIRE(made.errors.empty());
    CHECK(plan::may_read_input_field(made, "items") == one.may_read);
  }
}
