// Rules, modules and their errors.
#include <catch2/catch.hpp>

#include "parsing.hpp"

using namespace psdl;
using namespace psdl::testing;

using Errors = std::vector<std::string>;

TEST_CASE("rule heads come in many forms") {
  CHECK(rule_text("x := 1") == "x := 1 if { true }");
  CHECK(rule_text("f(a, [b]) := a") == "f(a, [b]) := a if { true }");
  CHECK(rule_text("p contains x if some x in xs") == "p contains x if { some x in xs }");
  CHECK(rule_text("a.b[c].d := 1 if c := 2") == "a.b[c].d := 1 if { assign(c, 2) }");
  CHECK(rule_text("a.b.contains.not contains 1") == "a.b[\"contains\"][\"not\"] contains 1 if { true }");
  CHECK(rule_text("default f(_) := 3") == "default f(_) := 3");
  CHECK(rule_text("p := 1 if { a } else := 2 if b else := 3") == "p := 1 if { a } else = 2 if { b } else = 3 if { true }");
  CHECK(rule_text("p[x] { x = 1 }", v0()) == "p[x] { x = 1 }");
  CHECK(rule_text("f(1) = 2", v0()) == "f(1) = 2 { true }");
}

TEST_CASE("several bodies under one head are several rules") {
  const Parsed parsed = parse("package p\nf(_) { a } { b }", v0());
  REQUIRE(parsed.module != nullptr);
  REQUIRE(parsed.module->rules.size() == 2);
  CHECK(parsed.module->rules[0]->head->args[0]->as<ast::Var>()->name == "$0");
  CHECK(parsed.module->rules[1]->head->args[0]->as<ast::Var>()->name == "$1");
  CHECK(parsed.module->rules[1]->span.begin == 21);
}

TEST_CASE("v1 asks for if and contains") {
  CHECK(parse("package p\np { true }").errors == Errors{"2:1 `if` keyword is required before rule body"});
  CHECK(parse("package p\np[x] { x = 1 }").errors ==
        Errors{"2:1 `if` keyword is required before rule body", "2:1 `contains` keyword is required for partial set rules"});
  CHECK(parse("package p\np.q").errors == Errors{"2:1 `contains` keyword is required for partial set rules"});
  CHECK(parse("package p\nimport rego.v1\np { true }", v0()).errors == Errors{"3:1 `if` keyword is required before rule body"});
}

TEST_CASE("a missing import in v0 is hinted at") {
  CHECK(parse("package p\np if { true }", v0()).errors ==
        Errors{"2:1 var cannot be used for rule name (hint: `import future.keywords.if` for `p if { ... }` rules)"});
  CHECK(parse("package p\np { some x in xs }", v0()).errors ==
        Errors{"2:12 unexpected identifier token: expected \\n or ; or } (hint: `import future.keywords.in` for `some x in xs` expressions)"});
}

TEST_CASE("modules begin with a package and import what there is") {
  CHECK(parse("").errors == Errors{"0:0 empty module"});
  CHECK(parse("x := 1").errors == Errors{"1:1 package expected"});
  CHECK(parse("package p\nimport foo.bar").errors ==
        Errors{"2:8 unexpected import path, must begin with one of: {data, future, input, rego}, got: foo (hint: if this is unexpected, try updating OPA)"});
  CHECK(parse("package p\nimport future.keywords.foo").errors == Errors{"2:8 unexpected keyword, must be one of [and contains every if in not or]"});
  CHECK(parse("package p\nimport data.a as b\nimport input").module->imports[0]->name() == "b");
  CHECK(parse("package p\nimport data.if").errors ==
        Errors{"2:13 unexpected import path, must not end with a keyword, got: if (hint: import a different path or use an alias)"});
}

TEST_CASE("defaults are constants") {
  CHECK(parse("package p\ndefault x := y").errors == Errors{"2:1 illegal default rule (value cannot contain var)"});
  CHECK(parse("package p\ndefault x := [y | y := 1]").errors.empty());
  CHECK(parse("package p\ndefault f(x, x) := 1").errors == Errors{"2:1 illegal default rule (arguments cannot be repeated x)"});
}

TEST_CASE("columns count characters, and the end of a text is its last one") {
  CHECK(parse("package p\nx := \"é\" !").errors == Errors{"2:10 illegal ! character"});
  CHECK(parse("package p\nx :=").errors == Errors{"2:4 unexpected eof token", "2:4 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })"});
  CHECK(parse("package p\nx :=\n").errors == Errors{"3:0 unexpected eof token", "3:0 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })"});
}

TEST_CASE("metadata goes to what stands below it") {
  const Parsed parsed = parse("# METADATA\n# title: T\npackage p\n\n# METADATA\n# description: d\n# custom:\n#   n: 1.5\nx := 1\n\nx := 1");
  REQUIRE(parsed.module != nullptr);
  REQUIRE(parsed.module->annotations.size() == 2);
  CHECK(parsed.module->annotations[0]->package == parsed.module->package);
  CHECK(parsed.module->rules[0]->annotations.size() == 1);
  CHECK(parsed.module->rules[1]->annotations.empty());
  std::string json;
  ast::annotations_to_json(*parsed.module->annotations[1], json);
  CHECK(json == R"({"scope":"rule","description":"d","custom":{"n":1.5}})");
  CHECK(parse("# METADATA\n# scope: rule\npackage p").errors == Errors{"1:1 annotation scope 'rule' must be applied to rule (have package)"});
  CHECK(parse("package p\n# METADATA\n# entrypoint: x\ny := 1").errors == Errors{"3:1 yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `x` into bool"});
}

TEST_CASE("and, or and the improved not") {
  const auto body = [](const std::string& text) { return rule_text("p if { " + text + " }", v2()); };
  CHECK(body("a or b and c") == "p = true if { a or b and c }");
  CHECK(body("(a or b) and not c") == "p = true if { (a or b) and not c }");
  CHECK(body("not { a; b }") == "p = true if { not {a; b} }");
  CHECK(body("{ a; b } or c with input as 1") == "p = true if { { a; b } or c with input as 1 }");
  CHECK(body("a with input as 1 and b") ==
        "error 2:10 `with` modifier is not allowed on operand of `and` (hint: Wrap the operand in `(...)` or `{...}` to scope, or move `with` after the "
        "`and` expression to apply it to the whole expression)");
  CHECK(body("{1, 2} or a").starts_with("error 2:8 operand of `or` cannot begin with `{` unless the braces hold a body"));
  CHECK(rule_text("p if { x := or(a, b) }", v2()) == "p = true if { assign(x, or(a, b)) }");
}
