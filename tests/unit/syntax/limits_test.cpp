// What hostile texts meet, and what is said beyond OPA's first errors.
#include <catch2/catch.hpp>

#include <set>

#include "parsing.hpp"
#include "syntax/visit.hpp"

using namespace psdl;
using namespace psdl::testing;

namespace {

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::string code_of(const std::string& text, ParseOptions options = {}) {
  const Parsed parsed = parse(text, options);
  return parsed.all.empty() ? "" : parsed.all[0].code;
}

}  // namespace

TEST_CASE("nesting is limited") {
  CHECK(code_of("package p\nx := " + repeated("[", 128) + repeated("]", 128)).empty());
  CHECK(code_of("package p\nx := " + repeated("[", 130) + repeated("]", 130)) == "limit_policy_nesting");
  CHECK(code_of("package p\nx := " + repeated("(", 10'000)) == "limit_policy_nesting");
  CHECK(code_of("package p\np if { " + repeated("not {", 200), v2()) == "limit_policy_nesting");
  CHECK(code_of("package p\nx := 1" + repeated("\n+ 1", 5'000)) == "limit_policy_nesting");
  CHECK(code_of("package p\nx := f()" + repeated(".g()", 200)) == "limit_policy_nesting");
}

TEST_CASE("size is limited") {
  CHECK(code_of("package p\nx := \"" + repeated("a", 20'000) + "\"") == "limit_line_bytes");
  CHECK(code_of("package p\n" + repeated("#\n", 20'001)) == "limit_module_lines");
  CHECK(code_of("package p\n" + repeated("x := 12345\n", 100'000)) == "limit_module_bytes");
  Limits few;
  few.parse_attempts_base = 10;
  few.parse_attempts_per_byte = 0;
  const Parsed parsed = parse("package p\nx := [1, 2, 3, 4, 5, 6, 7, 8, 9]", {}, few);
  REQUIRE(parsed.all.size() == 1);
  CHECK(parsed.all[0].code == "limit_parse_attempts_base");
}

TEST_CASE("guesses at braces and parentheses do not multiply") {
  CHECK(code_of("package p\np if " + repeated("{", 100), v2()) == "rego_parse_error");
  CHECK(code_of("package p\np if { " + repeated("(", 25) + "1" + repeated(")", 25) + " == 1 }", v2()).empty());
  CHECK(code_of("package p\np if { " + repeated("({", 60) + "a" + repeated("})", 60) + " }", v2()).empty());
}

TEST_CASE("characters that no policy holds") {
  CHECK(parse(std::string("package p\nx := 1\0", 17)).errors[0] == "2:6 illegal null character");
  CHECK(parse("package p\nx := \xFF").errors[0] == "2:5 illegal utf-8 character");
  CHECK(parse("\xEF\xBB\xBFpackage p\nx := 1").errors.empty());
  CHECK(parse("\xEF\xBB\xBF").errors[0] == "0:0 empty module");
}

TEST_CASE("after the first errors the next rules are read on") {
  const Parsed parsed = parse("package p\n\nx := \n\ny := [1, 2\n\nz if { a b }\n\nok := 1\n");
  CHECK(parsed.module == nullptr);
  std::set<std::uint32_t> lines;
  std::size_t beyond = 0;
  for (const Diagnostic& one : parsed.all) {
    lines.insert(one.span.begin);
    beyond += one.beyond_opa ? 1 : 0;
    CHECK_FALSE(one.label.empty());
  }
  CHECK(beyond >= 1);
  CHECK(lines.size() >= 2);
}

TEST_CASE("walks offer each kind of node to what takes it") {
  const Parsed parsed = parse("package p\nf(a) := b if { b := {x | x := data.q[a]; not x == 1}; c.d[e] }");
  REQUIRE(parsed.module != nullptr);
  std::set<std::string_view> names;
  int refs = 0;
  ast::walk(*parsed.module, ast::Overloads{[&](ast::Var& var) {
                                             names.insert(var.name);
                                             return false;
                                           },
                                           [&](ast::Ref& ref) {
                                             refs += ref.size() > 1 ? 1 : 0;
                                             return false;
                                           }});
  CHECK(names.contains("e"));
  CHECK(names.contains("x"));
  CHECK(refs == 2);  // data.q[a], c.d[e]
  const ast::VarSet open = ast::vars(parsed.module->rules[0]->body, {.skip_ref_head = true, .skip_closures = true});
  CHECK(open.contains("b"));
  CHECK_FALSE(open.contains("x"));
  CHECK_FALSE(open.contains("c"));
}

TEST_CASE("copies are deep and equal") {
  const Parsed parsed = parse("package p\nf(a) := $\"{a}\" if { every k, v in {\"a\": [1, {2}]} { k == v with input as {x: 1 | x := 2} } } else := 3");
  REQUIRE(parsed.module != nullptr);
  const ast::Rule* rule = parsed.module->rules[0];
  ast::Rule* copy = parsed.module->nodes.copy(rule);
  CHECK(ast::compare(rule, copy) == 0);
  CHECK(copy->body[0] != rule->body[0]);
  copy->else_rule->head->value->value = ast::Number{"4"};
  CHECK(ast::compare(rule, copy) < 0);
}

TEST_CASE("numbers are ordered by value") {
  CHECK(ast::compare_number_texts("1", "1.0") == 0);
  CHECK(ast::compare_number_texts("1e3", "1000") == 0);
  CHECK(ast::compare_number_texts("-2", "1e-9") < 0);
  CHECK(ast::compare_number_texts("100.0", "1") > 0);
  CHECK(ast::compare_number_texts("18446744073709551617", "18446744073709551616") > 0);
  CHECK(ast::compare_number_texts("-0", "0") == 0);
}
