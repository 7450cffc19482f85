// Queries: the body as it is planned, and what results show of it.
#include <catch2/catch.hpp>

#include <optional>

#include "support.hpp"

using namespace psdl;
using psdl::test::compile;

namespace {

struct Asked {
  Source source;
  Diagnostics diagnostics;
  std::unique_ptr<ast::Query> query;
  std::optional<CheckedQuery> checked;

  [[nodiscard]] std::string body() const { return ast::to_string(query->body); }
  // "x=__localq0__ y=y"
  [[nodiscard]] std::string bindings() const {
    std::string out;
    for (const QueryBinding& each : checked->bindings) out += (out.empty() ? "" : " ") + std::string(each.name) + "=" + std::string(each.var);
    return out;
  }
  // "text -> var" of each expression
  [[nodiscard]] std::string expressions() const {
    std::string out;
    for (const QueryExpression& each : checked->expressions) {
      out += (out.empty() ? "" : "; ") + std::string(source.text().substr(each.span.begin, each.span.end - each.span.begin)) + " -> " +
             (each.var.empty() ? "true" : std::string(each.var));
    }
    return out;
  }
};

std::unique_ptr<Asked> ask(const CheckedPolicy& policy, std::string text, const QueryOptions& options = {}) {
  auto asked = std::make_unique<Asked>();
  asked->source = Source("query", std::move(text));
  asked->query = parse_body(asked->source, 0, ParseOptions{}, Limits{}, asked->diagnostics);
  REQUIRE(asked->query != nullptr);
  asked->checked = compile_query(policy, *asked->query, options, asked->diagnostics);
  return asked;
}

}  // namespace

TEST_CASE("a query's values and bindings") {
  const auto made = compile("package a\nf(x) := x + 1\np contains 1\n");
  REQUIRE(made.policy != nullptr);

  const auto single = ask(*made.policy, "data.a.p");
  REQUIRE(single->checked);
  CHECK(single->body() == "data.a.p = _");
  CHECK(single->checked->bindings.empty());
  CHECK(single->expressions() == "data.a.p -> $term1");

  // Several expressions: each value must not be false.
  const auto several = ask(*made.policy, "x := data.a.f(1); x > 1");
  REQUIRE(several->checked);
  CHECK(several->bindings() == "x=__localq0__");
  CHECK(several->expressions() == "x := data.a.f(1) -> true; x > 1 -> $term1");
  CHECK(several->query->body.back()->generated);

  const auto walked = ask(*made.policy, "data.a.p[x]");
  REQUIRE(walked->checked);
  CHECK(walked->bindings() == "x=x");

  const auto wild = ask(*made.policy, "data.a.p[_] = y");
  REQUIRE(wild->checked);
  CHECK(wild->bindings() == "y=y");
  CHECK(wild->expressions() == "data.a.p[_] = y -> true");

  const auto declared = ask(*made.policy, "some k, v in {\"a\": 1}");
  REQUIRE(declared->checked);
  CHECK(declared->checked->bindings.size() == 2);
  CHECK(declared->checked->bindings[0].name == "k");
}

TEST_CASE("a query sees the names of its package") {
  const auto made = compile("package a\nf(x) := x + 1\np contains 1\n");
  REQUIRE(made.policy != nullptr);
  QueryOptions options;
  options.package = made.policy->modules()[0]->package;
  const auto inside = ask(*made.policy, "f(1)", options);
  REQUIRE(inside->checked);
  CHECK(inside->body() == "data.a.f(1, _)");

  const auto outside = ask(*made.policy, "f(1)");
  CHECK_FALSE(outside->checked);
  REQUIRE(outside->diagnostics.error_count() == 1);
  CHECK(outside->diagnostics.all()[0].message == "undefined function f");
}

TEST_CASE("a query's errors") {
  const auto made = compile("package a\np contains 1\n");
  REQUIRE(made.policy != nullptr);
  const auto message = [&](const char* text) {
    const auto asked = ask(*made.policy, text);
    CHECK_FALSE(asked->checked);
    return asked->diagnostics.all().empty() ? std::string() : asked->diagnostics.all()[0].message;
  };
  CHECK(message("x > 1") == "var x is unsafe");
  CHECK(message("x := 1; x := 2") == "var x assigned above");
  CHECK(message("1 + \"a\"") == "plus: invalid argument(s)");
  CHECK(message("data.a.p.x.y") == "undefined ref: data.a.p.x.y");
  CHECK(message("http.send({})").find("builtin `http.send` is not available") == 0);
}
