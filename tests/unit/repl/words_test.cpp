// Where typed text falls apart: statements, lines that go on, definitions, paths.
#include <catch2/catch.hpp>

#include "repl/words.hpp"

using namespace psdl::repl;
using Texts = std::vector<std::string>;

TEST_CASE("a line goes on where a bracket, a raw string or a body is open") {
  CHECK(goes_on("p if {"));
  CHECK(goes_on("x := [1,\n2,"));
  CHECK(goes_on("x := `raw"));
  CHECK(goes_on("deny contains msg if"));
  CHECK(goes_on("a := 1;"));
  CHECK(goes_on("p if { # }"));
  CHECK(goes_on("1 +"));
  CHECK(goes_on("x > 1 and"));
  CHECK(goes_on("`a\n`, `b"));
  CHECK_FALSE(goes_on("`a\nb`"));
  CHECK_FALSE(goes_on("data.x.some"));
  CHECK_FALSE(goes_on(":break r.psdl:5 if x >"));
  CHECK_FALSE(goes_on("p if { x }"));
  CHECK_FALSE(goes_on("\"{\""));
  CHECK_FALSE(goes_on("x == 1 # {"));
  CHECK(goes_on("a if {# }"));
  CHECK_FALSE(goes_on("x == 1# {"));
  CHECK_FALSE(goes_on(""));
  CHECK_FALSE(goes_on("]]]"));
}

TEST_CASE("lines are kept up to a size, and then are a statement, whatever they say") {
  StatementLines lines;
  CHECK_FALSE(lines.add("["));
  CHECK(lines.has_open_bracket());
  CHECK(lines.add(std::string(StatementLines::kMostBytes, '[')));
  CHECK(lines.take().size() == StatementLines::kMostBytes);
  CHECK(lines.is_empty());
  CHECK(lines.add("x"));
  CHECK(lines.take() == "x");
}

TEST_CASE("lines of a text by their number") {
  CHECK(find_line("a\r\nbc", 1)->end == 1);
  CHECK(find_line("a\r\nbc", 2)->begin == 3);
  CHECK_FALSE(find_line("a\n", 2).has_value());
  CHECK_FALSE(find_line("a", 0).has_value());
  CHECK(is_number("12"));
  CHECK_FALSE(is_number("1234567890"));
  CHECK_FALSE(is_number(""));
}

TEST_CASE("statements end at a semicolon or a line end outside of brackets and strings") {
  CHECK(split_statements("a; b") == Texts{"a", "b"});
  CHECK(split_statements(" [x | x := 1; true] ;; \"a;b\" ") == Texts{"[x | x := 1; true]", "\"a;b\""});
  CHECK(split_statements("some x in [1]; x > 0; y") == Texts{"some x in [1]; x > 0", "y"});
  CHECK(split_statements("p if {\n a\n}\nq") == Texts{"p if {\n a\n}", "q"});
  CHECK(split_statements(":break a if b == \"c\"\n:input a.yaml#1; d # e; f") == Texts{":break a if b == \"c\"", ":input a.yaml#1", "d # e; f"});
  CHECK(split_statements("").empty());
  CHECK(split_statements("a if {# }\n true\n}; b") == Texts{"a if {# }\n true\n}", "b"});
  CHECK(split_statements(":watch nope(\n5") == Texts{":watch nope(", "5"});
  CHECK(split_statements(":watch f(a; b); c") == Texts{":watch f(a; b)", "c"});
  CHECK(split_statements("x :=\n\n 1\ny") == Texts{"x :=\n\n 1", "y"});
}

TEST_CASE("an assignment is one only outside of brackets, and alone") {
  CHECK(is_assignment("x := 1"));
  CHECK(is_assignment("f(x) := x + 1"));
  CHECK_FALSE(is_assignment("x := 1; x > 0"));
  CHECK_FALSE(is_assignment("[y | y := 1]"));
  CHECK_FALSE(is_assignment("\":=\""));
}

TEST_CASE("names, paths and their steps") {
  CHECK(defined_name("deny contains x if true") == "deny");
  CHECK(defined_name("default allow := false") == "allow");
  CHECK(defined_name("[1]").empty());
  CHECK(defined_name("p.q := 1") == "p.q");
  CHECK(defined_name("p[x] := 1") == "p");
  CHECK(names("x == pod.spec", "pod"));
  CHECK_FALSE(names("x.pod == \"pod\" # pod", "pod"));
  CHECK_FALSE(names("podium", "pod"));
  CHECK(is_rule_path("data.a.b"));
  CHECK_FALSE(is_rule_path("data.a["));
  CHECK_FALSE(is_rule_path("data."));
  CHECK_FALSE(is_rule_path("data.a..b"));
  CHECK_FALSE(is_rule_path("data.7"));
  CHECK(is_rule_path("data.a7"));
  CHECK(path_steps("pod.containers[_].ports[0][\"a.b\"]") == Texts{"pod", "containers", "_", "ports", "0", "a.b"});
  CHECK_FALSE(path_steps("a.b + 1").has_value());
  CHECK_FALSE(path_steps("a[").has_value());
  CHECK_FALSE(path_steps("").has_value());
}

TEST_CASE("did you mean") {
  CHECK(nearest("wath", {"why", "watch"}) == "watch");
  CHECK(nearest("xyzzy", {"why", "watch"}).empty());
}
