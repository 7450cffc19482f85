// What a policy gets of the stdlib when it asks for the rules alone that its sources read.
#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/psdl.hpp"

using namespace psdl;

namespace {

using Names = std::set<std::string>;

// Names of the stdlib's rules in the policy of one source; the problem's message where there is none.
Names stdlib_rules(std::string_view text, bool is_whole = false) {
  EngineOptions options;
  options.whole_stdlib = is_whole;
  PolicyBuilder builder(options);
  builder.add_source("rule.psdl", text, "rule.psdl");
  DiagnosticList problems;
  const Policy policy = builder.build(problems);
  if (!policy) return {std::string(problems[0].message)};
  Names names;
  for (const std::string& rule : policy.rules()) {
    constexpr std::string_view kPackage = "data.psdl.kubernetes.";
    if (rule.starts_with(kPackage)) names.insert(rule.substr(kPackage.size(), rule.find(' ') - kPackage.size()));
  }
  return names;
}

std::string importing(std::string_view rule, std::string_view import = "data.psdl.kubernetes") {
  return "package test\nimport " + std::string(import) + "\n" + std::string(rule) + "\n";
}

const Names& whole() {
  static const Names names = stdlib_rules(importing("p := kubernetes.container_lists"), true);
  return names;
}

}  // namespace

TEST_CASE("of the stdlib a policy gets what it reads") {
  const Names containers = {"container_lists", "containers", "guessed_pod", "is_unknown", "known_kinds", "pod", "pod_spec", "template_kinds"};
  const Names registry = {"is_registry"};
  CHECK(stdlib_rules(importing("p := kubernetes.containers(input)")) == containers);
  CHECK(stdlib_rules(importing("p := kubernetes.quantity(input)")) == Names{"quantity", "quantity_divisors", "quantity_suffixes", "scale"});
  CHECK(stdlib_rules(importing("p if k.is_registry(input)", "data.psdl.kubernetes as k")) == registry);
  CHECK(stdlib_rules(importing("p if is_registry(input)", "data.psdl.kubernetes.is_registry")) == registry);
  CHECK(stdlib_rules(importing("p if psdl.kubernetes.is_registry(input)", "data.psdl # data.psdl.kubernetes")) == registry);
  CHECK(stdlib_rules("package test\np if data.psdl.kubernetes.is_registry(input)\n") == registry);
  CHECK(stdlib_rules("package test\np := data.psdl[\"kubernetes\"].quantity_suffixes # data.psdl.kubernetes\n") == Names{"quantity_suffixes"});
  CHECK(stdlib_rules(importing("p := $\"{kubernetes.is_registry(input)}\"")) == registry);
  CHECK(stdlib_rules(importing("p := [x | some x in input; not kubernetes.is_registry(x)]")) == registry);
  CHECK(stdlib_rules(importing("p if every x in input { kubernetes.is_registry(x) }")) == registry);
  CHECK(stdlib_rules(importing("p[kubernetes.quantity_suffixes.k] := 1")) == Names{"quantity_suffixes"});
  CHECK(stdlib_rules(importing("p if q with data.psdl.kubernetes.is_registry as true\nq := 1")) == registry);
}

TEST_CASE("what reads the stdlib in a computed way gets all of it") {
  REQUIRE(whole().size() > 10);
  for (const std::string_view rule : {
           "p := kubernetes[input.name]",
           "p contains name if some name, _ in kubernetes",
           "p := x if { x := kubernetes }",
           "p := data.psdl[input.name]",
           "p := data[input.name]",
           "p contains path if walk(data, [path, _])",
           "p := [k | data[_][_][k]]",
       }) {
    INFO(rule);
    const Names found = stdlib_rules(importing(rule));
    if (found.size() == 1) {
      // Refused by the compiler, as reading all of data is recursion here: no rule can have been missed.
      CHECK(found.begin()->find("recursive") != std::string::npos);
    } else {
      CHECK(found == whole());
    }
  }
  CHECK(stdlib_rules("package psdl.kubernetes\n# data.psdl.kubernetes\np if is_registry(input)\n") == [] {
    Names names = whole();
    names.insert("p");
    return names;
  }());
}

TEST_CASE("each rule of the stdlib brings what it needs") {
  for (const std::string& name : whole()) {
    INFO(name);
    CHECK(stdlib_rules("package test\np if q with data.psdl.kubernetes." + name + " as 1\nq := 1\n").contains(name));
  }
}
