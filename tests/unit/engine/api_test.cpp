// The public C++ API as a host uses it.
#include <catch2/catch.hpp>

#include <string>
#include <thread>
#include <vector>

#include "psdl/psdl.hpp"

using namespace psdl;

namespace {

constexpr std::string_view kRule = R"(package example

deny contains msg if {
  some c in input.spec.containers
  c.privileged == true
  msg := sprintf("%s is privileged", [c.name])
}
)";

Policy build(std::string_view text) {
  PolicyBuilder builder;
  builder.add_source("rule.psdl", text, "rule.psdl");
  DiagnosticList problems;
  Policy policy = builder.build(problems);
  for (std::size_t i = 0; i < problems.size(); ++i) UNSCOPED_INFO(problems[i].message);
  REQUIRE(policy);
  return policy;
}

}  // namespace

TEST_CASE("a verdict owns what it shows") {
  const Policy policy = build(kRule);
  Evaluator evaluator(policy);
  std::vector<Verdict> verdicts;
  {
    std::string text = "kind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - {name: app, privileged: true}\n";
    CHECK(evaluator.evaluate(text, DocumentFormat::Yaml, "pod.yaml", [&](const Verdict& verdict) {
      verdicts.push_back(verdict);
      return true;
    }) == 1);
    text.assign(text.size(), '#');
  }
  evaluator.evaluate("{}", DocumentFormat::Json, "other.json", [](const Verdict&) { return true; });
  REQUIRE(verdicts.size() == 1);
  CHECK(verdicts[0].status == Status::Deny);
  CHECK(verdicts[0].object.name == "web");
  REQUIRE(verdicts[0].findings.size() == 1);
  const Finding& finding = verdicts[0].findings[0];
  CHECK(finding.message == "app is privileged");
  CHECK(finding.path == "/spec/containers/0/privileged");
  CHECK(finding.location.line == 5);
  CHECK(finding.location.column == 19);
  CHECK(finding.location.precision == Precision::Exact);
  CHECK(finding.value_json == "true");
}

TEST_CASE("no document is not clean") {
  const Policy policy = build(kRule);
  Evaluator evaluator(policy);
  CHECK(evaluator.evaluate("# nothing\n", DocumentFormat::Yaml, "x.yaml", [](const Verdict&) { return true; }) == 0);
  std::size_t errors = 0;
  CHECK(evaluator.evaluate("[1]", DocumentFormat::Json, "x.json", [&](const Verdict& verdict) {
    errors += verdict.status == Status::Error && verdict.errors != nullptr && verdict.errors->has_errors();
    return true;
  }) == 0);
  CHECK(errors == 1);
}

TEST_CASE("one policy serves several threads") {
  const Policy policy = build(kRule);
  std::vector<std::thread> threads;
  std::vector<int> denied(4, 0);
  for (std::size_t t = 0; t < denied.size(); ++t) {
    threads.emplace_back([&, t] {
      Evaluator evaluator(policy);
      for (int i = 0; i < 50; ++i) {
        evaluator.evaluate(R"({"spec": {"containers": [{"name": "a", "privileged": true}]}})", DocumentFormat::Json, "p.json", [&](const Verdict& verdict) {
          denied[t] += verdict.status == Status::Deny;
          return true;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(denied == std::vector<int>(4, 50));
}

TEST_CASE("a cancelled evaluation is an error") {
  const Policy policy = build("package example\n\ndeny contains \"x\" if { some i in numbers.range(1, 5000); some j in numbers.range(1, 5000); i + j == 0 }\n");
  Evaluator evaluator(policy);
  evaluator.cancel();
  Status status = Status::Allow;
  evaluator.evaluate("{}", DocumentFormat::Json, "p.json", [&](const Verdict& verdict) {
    status = verdict.status;
    return true;
  });
  CHECK(status == Status::Error);
}

TEST_CASE("queries, with data") {
  PolicyBuilder builder;
  builder.add_source("r.rego", "package r\n\nx := data.given.n + input.n\n", {});
  builder.add_data("d.json", R"({"n": 2})", DocumentFormat::Json, {"given"});
  DiagnosticList problems;
  const Policy policy = builder.build(problems);
  REQUIRE(policy);
  const Query query = prepare_query(policy, "data.r.x", problems);
  REQUIRE(query);
  Evaluator evaluator(policy);
  CHECK_FALSE(evaluator.query(query).is_defined);
  bool given = false;
  const ReadFunction read = [&](char* buffer, std::size_t) -> std::ptrdiff_t {
    if (given) return 0;
    given = true;
    return static_cast<std::ptrdiff_t>(std::string("{\"n\": 1}").copy(buffer, 8));
  };
  CHECK(evaluator.query(query, read, DocumentFormat::Json, "i.json", [](const QueryAnswer& answer) {
    CHECK(answer.is_defined);
    CHECK(answer.result_json.find("\"value\":3,") != std::string::npos);
    return true;
  }) == 1);
}

TEST_CASE("a policy is bound to what is known, and stays as it was") {
  const Policy policy = build(R"(package example

deny contains msg if {
  some c in input.spec.containers
  not c.name in input.parameters.names
  msg := sprintf("%s: %s", [c.name, data.text])
}
)");
  const std::string pod = R"({"kind": "Pod", "spec": {"containers": [{"name": "a"}, {"name": "b"}]}})";
  const auto found = [&](const Policy& asked) {
    std::string all;
    Evaluator(asked).evaluate(pod, DocumentFormat::Json, "pod.json", [&](const Verdict& verdict) {
      for (const Finding& finding : verdict.findings) all += finding.message + " at " + finding.path + "; ";
      return true;
    });
    return all;
  };
  const auto bind = [](const Policy& base, std::string_view text, std::vector<std::string> path) {
    const KnownDocument documents[] = {{"known.json", text, DocumentFormat::Json, std::move(path)}};
    DiagnosticList problems;
    Policy made = base.bind(documents, problems);
    CHECK(problems.has_errors() == !made);
    return made;
  };
  CHECK(found(policy).empty());
  const Policy with_text = bind(policy, R"({"text": "no"})", {"data"});
  CHECK(found(with_text) == "a: no at ; b: no at ; ");  // there are no parameters: that is where it stands
  const Policy first = bind(with_text, R"({"names": ["a"]})", {"input", "parameters"});
  const Policy second = bind(first, R"(["b"])", {"input", "parameters", "names"});
  CHECK(!second);  // lies below what is bound
  const Policy third = bind(first, R"({"names": ["b"]})", {"input", "parameters"});
  CHECK(found(first) == "b: no at /spec/containers/1/name; ");
  CHECK(found(third) == "a: no at /spec/containers/0/name; ");
  CHECK(found(bind(third, R"("later")", {"data", "other"})) == "a: no at /spec/containers/0/name; ");
  CHECK(!bind(third, R"("other")", {"data", "text"}));  // data that conflicts with data
  CHECK(!bind(policy, "{}", {"elsewhere"}));
  CHECK(!bind(policy, "{", {"input", "parameters"}));
  CHECK(found(policy).empty());
  CHECK(first.entry_points().size() == 1);
}

TEST_CASE("limits go by their names") {
  CHECK(limits().size() >= 30);
  PolicyBuilder builder({.limits = {{"no_such_limit", 1}}});
  DiagnosticList problems;
  CHECK_FALSE(builder.build(problems));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].message == "there is no limit `no_such_limit`");
}
