// The table of all builtins: sorted, complete, and described in every row.
#include <catch2/catch.hpp>

#include <set>

#include "builtins/reference.hpp"
#include "builtins/registry.hpp"

using namespace psdl;

TEST_CASE("names are sorted, each once, and found again") {
  std::string_view last;
  for (const Builtin* row : all_builtins()) {
    INFO(row->name);
    CHECK(last < row->name);
    CHECK(find_builtin(row->name) == row);
    last = row->name;
  }
  CHECK(find_builtin("startswit") == nullptr);
  CHECK(find_builtin("") == nullptr);
}

TEST_CASE("every row says what it does and has a function") {
  for (const Builtin* row : all_builtins()) {
    INFO(row->name);
    CHECK(row->fn != nullptr);
    CHECK_FALSE(row->doc.empty());
    CHECK((row->is_internal || row->name == "assign" || !row->example.empty()));
    CHECK(row->doc.back() == '.');
  }
}

TEST_CASE("what is missing has a reason, and no row") {
  std::string_view last;
  for (const MissingBuiltin& row : missing_builtins()) {
    INFO(row.name);
    CHECK(last < row.name);
    last = row.name;
    CHECK_FALSE(row.reason.empty());
    if (find_builtin(row.name) == nullptr) CHECK(find_missing_builtin(row.name) == &row);
  }
  REQUIRE(find_missing_builtin("http.send") != nullptr);
  CHECK(find_missing_builtin("http.send")->signature.arity == 1);
  CHECK(find_missing_builtin("startswith") == nullptr);
  CHECK(find_missing_builtin("nothing.at.all") == nullptr);
}

TEST_CASE("signatures are read at compile time") {
  constexpr Signature plain = signature("(x: number|set[any], array<string, object<a: any>[string: any]>) -> null|array[string]");
  STATIC_REQUIRE(plain.arity == 2);
  STATIC_REQUIRE(plain.operands[0] == (kind_bit(Kind::Number) | kind_bit(Kind::Set)));
  STATIC_REQUIRE(plain.operands[1] == kind_bit(Kind::Array));
  STATIC_REQUIRE(plain.result == (kind_bit(Kind::Null) | kind_bit(Kind::Array)));
  constexpr Signature variadic = signature("(any...) -> void");
  STATIC_REQUIRE(variadic.is_variadic);
  STATIC_REQUIRE(variadic.arity == 0);
  STATIC_REQUIRE_FALSE(variadic.has_result);
}

TEST_CASE("alternatives are named in OPA's order") {
  CHECK(wanted_kinds(kind_bit(Kind::String)) == "string");
  CHECK(wanted_kinds(static_cast<KindMask>(kind_bit(Kind::Array) | kind_bit(Kind::Set))) == "one of {set, array}");
  CHECK(wanted_kinds(static_cast<KindMask>(kind_bit(Kind::Array) | kind_bit(Kind::Object) | kind_bit(Kind::Set))) == "one of {object, set, array}");
}

TEST_CASE("the reference and the capabilities name every builtin") {
  const std::string page = builtins_reference();
  const std::string capabilities = capabilities_json();
  for (const Builtin* row : all_builtins()) {
    INFO(row->name);
    CHECK(capabilities.find("\"name\": \"" + std::string(row->name) + "\"") != std::string::npos);
    CHECK((page.find("`" + std::string(row->name) + "(") != std::string::npos) == !row->is_internal);
  }
  CHECK(page.find("`http.send(") > page.find("## Left out"));
  CHECK(capabilities.find(R"("name": "glob.match", "description")") != std::string::npos);
  CHECK(capabilities.find(R"({"args": [{"name": "pattern", "type": "string"}, {"name": "delimiters", "of": [{"type": "null"}, {"dynamic": {"type": "string"}, )"
                          R"("type": "array"}], "type": "any"}, {"name": "match", "type": "string"}], "result": {"type": "boolean"}, "type": "function"})") !=
        std::string::npos);
}
