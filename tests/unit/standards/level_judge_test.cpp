// Levels asked about documents: the two ways of asking say the same, and documents have the names that they are known by.
#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

#include "psdl/standards.hpp"

using namespace psdl;

namespace {

struct Row {
  std::string document;
  std::string name;
  Status status = Status::Error;
  std::vector<LevelAnswer> answers;
};

std::vector<Row> ask(LevelJudge& judge, std::string_view text) {
  std::vector<Row> rows;
  judge.evaluate(text, DocumentFormat::Yaml, "all.yaml", [&](const LevelVerdict& verdict) {
    rows.push_back({verdict.document, verdict.name, verdict.verdict.status, {verdict.answers.begin(), verdict.answers.end()}});
    return true;
  });
  return rows;
}

constexpr std::string_view kPods = R"(
{apiVersion: v1, kind: Pod, metadata: {name: plain}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: loud}, spec: {hostNetwork: true, hostPID: true, hostUsers: false, os: {name: windows},
  securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: "1"}, {name: kernel.x, value: "1"}], seccompProfile: {type: Unconfined}},
  volumes: [{name: v}, {name: w, hostPath: {path: /}}],
  containers: [{name: a, ports: [{containerPort: 1}], securityContext: {privileged: true, procMount: Unmasked, runAsUser: 0, capabilities: {add: [ALL]},
    seLinuxOptions: {type: container_engine_t}}}, {name: b, livenessProbe: {httpGet: {host: x, port: 1}}}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: good}, spec: {template: {metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: unconfined}},
  spec: {securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}},
  containers: [{name: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: empty}, spec: {}}
)";

}  // namespace

TEST_CASE("all revisions in one evaluation are what each says alone") {
  DiagnosticList problems;
  for (const bool admission : {true, false}) {
    LevelJudge all(admission, {}, problems);
    REQUIRE(all.is_ready());
    const std::vector<Row> rows = ask(all, kPods);
    REQUIRE(rows.size() == 4);
    const std::size_t revisions = standard_revisions().size();
    std::size_t refused = 0;
    for (std::size_t at = 0; at < 2 * revisions; ++at) {
      const Level level = at < revisions ? Level::Baseline : Level::Restricted;
      const std::uint32_t minor = standard_revisions()[at % revisions];
      LevelJudge one(level, StandardVersion::of_minor(minor), admission, {}, problems);
      REQUIRE(one.is_ready());
      const std::vector<Row> alone = ask(one, kPods);
      REQUIRE(alone.size() == rows.size());
      for (std::size_t row = 0; row < rows.size(); ++row) {
        CAPTURE(row, minor, level_name(level));
        REQUIRE(rows[row].answers.size() == 2 * revisions);
        REQUIRE(alone[row].answers.size() == 1);
        const LevelAnswer& a = rows[row].answers[at];
        const LevelAnswer& b = alone[row].answers[0];
        CHECK(a.level == level);
        CHECK(b.level == level);
        CHECK(a.minor == minor);
        CHECK(b.minor == minor);
        CHECK(a.is_allowed == b.is_allowed);
        CHECK(a.reason == b.reason);
        CHECK(a.detail == b.detail);
        CHECK(a.is_allowed == a.detail.empty());
        if (!a.is_allowed) ++refused;
      }
    }
    CHECK(refused > 0);
    CHECK(refused < 8 * revisions);
  }
  CHECK(problems.empty());
}

TEST_CASE("documents are numbered, and those without answers say why") {
  DiagnosticList problems;
  LevelJudge judge(Level::Privileged, StandardVersion(), true, {}, problems);
  REQUIRE(judge.is_ready());
  std::vector<Row> rows = ask(judge, "{apiVersion: v1, kind: Pod, metadata: {generateName: a-}, spec: {containers: []}}");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].document == "all.yaml#0");
  CHECK(rows[0].name.empty());
  REQUIRE(rows[0].answers.size() == 1);
  CHECK(rows[0].answers[0].is_allowed);
  CHECK(rows[0].answers[0].level == Level::Privileged);

  rows = ask(judge, "{kind: Service, apiVersion: v1}\n---\n{kind: pod, apiVersion: v1}\n---\n{kind: [}");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].answers.empty());
  CHECK(rows[0].status == Status::Allow);
  CHECK(rows[1].answers.empty());
  CHECK(rows[1].status == Status::Error);
  CHECK(rows[1].document == "all.yaml#1");
  CHECK(rows[2].status == Status::Error);
  CHECK(rows[2].document == "all.yaml#2");
}
