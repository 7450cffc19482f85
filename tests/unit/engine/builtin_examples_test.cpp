// Every builtin's example is a query that holds: the reference page shows nothing that was not run.
#include <catch2/catch.hpp>

#include "builtins/registry.hpp"
#include "psdl/psdl.hpp"
#include "psdl/tools/report.hpp"

using namespace psdl;

TEST_CASE("the example of every builtin holds") {
  PolicyBuilder builder;
  builder.add_source("empty.rego", "package empty\n", "");
  DiagnosticList problems;
  const Policy policy = builder.build(problems);
  REQUIRE(policy);
  Evaluator evaluator(policy);
  std::size_t shown = 0;
  for (const Builtin* row : all_builtins()) {
    if (row->example.empty()) continue;
    INFO(row->name << ": " << row->example);
    DiagnosticList errors;
    const Query query = prepare_query(policy, row->example, errors);
    INFO(tools::render_diagnostics(errors, {}));
    REQUIRE(query);
    const QueryAnswer answer = evaluator.query(query);
    CHECK(answer.errors.empty());
    CHECK(answer.is_defined);
    CHECK(answer.result_json.find("\"value\":false") == std::string::npos);
    ++shown;
  }
  CHECK(shown > 150);
}

TEST_CASE("every builtin that people can name has words and an example") {
  for (const Builtin* row : all_builtins()) {
    if (row->is_internal || row->name == "assign") continue;
    INFO(row->name);
    CHECK(!row->doc.empty());
    CHECK((!row->example.empty() || row->is_deprecated));
  }
}
