// The header for hosts: texts in, results with places out.
#include "psdl/gatekeeper.hpp"

#include <catch2/catch.hpp>

namespace psdl {
namespace {

constexpr std::string_view kTemplate = R"(apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: notty}
spec:
  crd: {spec: {names: {kind: NoTty}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package notty
      violation[{"msg": msg, "details": {"name": c.name}}] {
        c := input.review.object.spec.containers[_]
        c.tty
        msg := sprintf("terminal: %v", [c.name])
      }
)";
constexpr std::string_view kConstraints = R"(apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NoTty
metadata: {name: all}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NoTty
metadata: {name: soft}
spec: {enforcementAction: warn, match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}}
)";

TEST_CASE("a host reviews what it has loaded") {
  Gatekeeper gatekeeper;
  DiagnosticList problems;
  REQUIRE(gatekeeper.add_templates(kTemplate, "template.yaml", problems));
  REQUIRE(gatekeeper.add_constraints(kConstraints, "constraints.yaml", problems));
  REQUIRE(problems.empty());
  const GatekeeperReview review = gatekeeper.review("kind: Pod\napiVersion: v1\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: a, tty: true}\n", "pod.yaml");
  REQUIRE(review.errors == nullptr);
  CHECK(!review.is_allowed());
  REQUIRE(review.results.size() == 2);
  const GatekeeperResult& first = review.results[0];
  CHECK(first.message == "terminal: a");
  CHECK(first.details_json == "{\"name\":\"a\"}");
  CHECK(first.kind + "/" + first.constraint + " " + first.action == "NoTty/all deny");
  CHECK(first.finding.rule == "NoTty/all");
  CHECK(first.finding.path == "/spec/containers/0/tty");
  CHECK(first.finding.location.line == 6);
  CHECK(first.finding.source_line == 10);
  CHECK(review.results[1].action == "warn");
  CHECK(gatekeeper.review("kind: Pod\napiVersion: v1\nmetadata: {name: p}\n", "pod.yaml").is_allowed());
}

TEST_CASE("a host reads views of results") {
  Gatekeeper gatekeeper;
  DiagnosticList problems;
  REQUIRE(gatekeeper.add_templates(kTemplate, "template.yaml", problems));
  REQUIRE(gatekeeper.add_constraints(kConstraints, "constraints.yaml", problems));
  std::string read;
  const std::string json =
      R"({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "tty": true}]}}}})";
  CHECK(gatekeeper.review_json(json, [&](const GatekeeperResultView& result) {
          read.append(result.constraint).append(" ").append(result.message).append(";");
          return true;
        }).empty());
  CHECK(read == "all terminal: a;soft terminal: a;");
  CHECK(gatekeeper.review_json("{", [](const GatekeeperResultView&) { return true; }) != "");
  CHECK(gatekeeper.review_json(R"({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"})", [](const GatekeeperResultView&) { return true; }) ==
        "missing an AdmissionRequest object: request did not actually pass in an AdmissionRequest");
}

TEST_CASE("a host is told what is wrong, and where") {
  Gatekeeper gatekeeper;
  DiagnosticList problems;
  std::string bad(kTemplate);
  bad.replace(bad.find("c.tty"), 5, "c.tty(");
  CHECK(!gatekeeper.add_templates(bad, "template.yaml", problems));
  REQUIRE(problems.has_errors());
  CHECK(problems[0].file == "template.yaml");
  CHECK(problems[0].line >= 12);
  const GatekeeperReview review = gatekeeper.review("a: [", "pod.yaml");
  REQUIRE(review.errors != nullptr);
  CHECK(!review.is_allowed());
  CHECK(gatekeeper.review("{kind: A}\n---\n{kind: B}\n", "two.yaml").errors != nullptr);
}

}  // namespace
}  // namespace psdl
