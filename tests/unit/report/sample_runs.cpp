// The manifest of docs/reports.md's first example, and friends.
#include "sample_runs.hpp"

#include "psdl/psdl.hpp"

namespace psdl::sample {
namespace {

RuleInfo control(std::string id, std::string name, std::string check, std::string level, std::string title,
                 std::string score) {
  RuleInfo rule;
  rule.id = std::move(id);
  rule.name = std::move(name);
  rule.title = std::move(title);
  rule.description = "What the control " + check + " asks of a pod.";
  rule.remediation = "Remove the field, or set it to what the control allows.";
  rule.check = std::move(check);
  rule.level = std::move(level);
  rule.since = "v1.0";
  rule.security_severity = std::move(score);
  rule.package = "data.pss." + rule.check;
  rule.file = "rules/pss/" + rule.check + "/rule.psdl";
  rule.line = 20;
  return rule;
}

std::vector<RuleInfo> rules() {
  RuleInfo own;
  own.id = "team.no_latest";
  own.title = "images have a tag";
  own.severity = FindingSeverity::Warning;
  own.package = "data.team";
  own.file = "rules/team/rule.psdl";
  own.line = 4;
  return {
      control("PSS102", "HostNamespaces", "hostNamespaces", "baseline", "Host namespaces are forbidden", "7.5"),
      control("PSS103", "PrivilegedContainers", "privileged", "baseline", "Privileged containers are forbidden", "8.8"),
      control("PSS205", "SeccompProfile", "seccompProfile_restricted", "restricted", "A seccomp profile is required",
              "5.0"),
      control("PSS206", "Capabilities", "capabilities_restricted", "restricted", "All capabilities must be dropped",
              "5.5"),
      own};
}

ObjectIdentity object(std::string api_version, std::string kind, std::string namespace_name, std::string name,
                      std::uint32_t document = 0) {
  return {std::move(api_version), std::move(kind), std::move(namespace_name), std::move(name), document, false, {}};
}

// A place on one line; offsets are not the file's, which nobody reads here.
Location place(std::string file, std::uint32_t line, std::uint32_t column, std::string text,
               Precision precision = Precision::Exact) {
  Location made;
  made.file = std::move(file);
  made.line = made.end_line = line;
  made.column = column;
  made.end_column = static_cast<std::uint32_t>(text.size()) + 1;
  made.offset = line * 20;
  made.end_offset = made.offset + text.size() - column + 1;
  made.precision = precision;
  made.line_text = std::move(text);
  return made;
}

Finding finding(const RuleInfo& rule, const ObjectIdentity& of, Location where, std::string message, std::string path,
                std::string fingerprint) {
  Finding made;
  made.rule = rule.id;
  made.entry_point = rule.package + ".deny";
  made.title = rule.title;
  made.severity = rule.severity;
  made.message = std::move(message);
  made.object = of;
  made.path = std::move(path);
  made.location = std::move(where);
  made.source_file = rule.file;
  made.source_line = rule.line;
  made.fingerprint = std::move(fingerprint);
  return made;
}

TextEdit insertion(std::uint32_t line, std::string old_line, std::string text, std::uint64_t offset) {
  TextEdit edit;
  edit.begin = edit.end = offset;
  edit.text = std::move(text);
  edit.line = edit.end_line = line;
  edit.column = edit.end_column = static_cast<std::uint32_t>(old_line.size()) + 1;
  edit.old_lines = std::move(old_line);
  return edit;
}

std::vector<Finding> web_findings(const ObjectIdentity& web) {
  const std::vector<RuleInfo> all = rules();
  const std::string file = "k8s/web.yaml";
  const std::string pod = "/spec/template/spec";
  Finding host = finding(all[0], web, place(file, 14, 7, "      hostNetwork: true"),
                         "pod must not set hostNetwork=true", pod + "/hostNetwork", "0d6f2b6d7a2b9f10");
  host.value_json = "true";
  host.psa = "host namespaces (hostNetwork=true)";

  Finding drop = finding(all[3], web, place(file, 18, 11, "          securityContext:", Precision::Parent),
                         "container \"app\" must set securityContext.capabilities.drop=[\"ALL\"]",
                         pod + "/containers/0/securityContext", "5f0c9f1c8ad1b2e3");
  drop.container = "app";
  drop.missing = "capabilities";
  drop.location.end_line = 20;
  drop.location.end_column = 32;
  drop.fix =
      Fix{"drop all capabilities",
          {insertion(20, "            runAsNonRoot: true", "\n            capabilities: {drop: [\"ALL\"]}", 375)}};

  Finding privileged = finding(all[1], web, place(file, 19, 13, "            privileged: true"),
                               "container \"app\" must not set securityContext.privileged=true",
                               pod + "/containers/0/securityContext/privileged", "b1946ac92492d234");
  privileged.container = "app";
  privileged.value_json = "true";
  privileged.details_json = R"({"field":"privileged","limit":1.50})";
  privileged.related.push_back(
      {place(file, 16, 17, "        - name: app"), pod + "/containers/0/name", "this container"});
  TextEdit edit;
  edit.begin = 339;
  edit.end = 343;
  edit.text = "false";
  edit.line = edit.end_line = 19;
  edit.column = 25;
  edit.end_column = 29;
  edit.old_lines = "            privileged: true";
  privileged.fix = Fix{"remove it, or set it to `false`", {edit}};

  Finding tail = finding(all[3], web, place(file, 21, 11, "        - name: log-tail", Precision::Parent),
                         "container \"log-tail\" must set securityContext.capabilities.drop=[\"ALL\"]",
                         pod + "/containers/1", "aa12bb34cc56dd78");
  tail.container = "log-tail";
  tail.missing = "securityContext";
  tail.fix = Fix{"drop all capabilities",
                 {insertion(22, "          image: busybox",
                            "\n          securityContext:\n            capabilities: {drop: [\"ALL\"]}", 412)}};
  return {host, drop, privileged, tail};
}

std::shared_ptr<const DiagnosticList> problem(std::string_view code, std::string_view message, std::string_view file) {
  auto list = std::make_shared<DiagnosticList>();
  list->add_error(code, message, file);
  return list;
}

Judged judged(std::string document, Status status, ObjectIdentity of, std::vector<Finding> findings = {}) {
  Judged made;
  made.verdict.document = std::move(document);
  made.verdict.status = status;
  made.verdict.object = std::move(of);
  made.verdict.findings = std::move(findings);
  return made;
}

std::vector<tools::ExceptionUse> exceptions() {
  tools::ExceptionUse used{tools::ExceptionUse::State::Used,
                           "PSS205",
                           "Deployment/shop/api",
                           "",
                           "the runtime sets it",
                           "sre",
                           "2027-03-31",
                           "psdl.yaml",
                           12};
  tools::ExceptionUse unused{tools::ExceptionUse::State::Unused,
                             "PSS103",
                             "DaemonSet/logging/agent",
                             "agent",
                             "loads an eBPF program",
                             "sre",
                             "",
                             "psdl.yaml",
                             13};
  tools::ExceptionUse expired{tools::ExceptionUse::State::Expired,
                              "PSS102",
                              "Pod/*/debug",
                              "",
                              "for the move",
                              "",
                              "2026-01-31",
                              "psdl.yaml",
                              14};
  return {used, unused, expired};
}

}  // namespace

SampleRun usual_run() {
  const std::vector<RuleInfo> all = rules();
  SampleRun run;
  run.name = "usual";
  run.options.rules = all;

  const ObjectIdentity web = object("apps/v1", "Deployment", "shop", "web");
  run.documents.push_back(judged("k8s/web.yaml", Status::Deny, web, web_findings(web)));

  const ObjectIdentity api = object("apps/v1", "Deployment", "shop", "api");
  Finding seccomp =
      finding(all[2], api, place("k8s/api.yaml", 12, 5, "    spec:", Precision::Parent),
              "pod or containers must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
              "/spec/template/spec", "77aa77aa77aa77aa");
  seccomp.missing = "securityContext";
  seccomp.suppressed =
      Suppression{Suppression::Kind::Exception, "the runtime sets it", "sre", "2027-03-31", "psdl.yaml", 12};
  run.documents.push_back(judged("k8s/api.yaml", Status::Allow, api, {seccomp}));

  const ObjectIdentity job = object("batch/v1", "CronJob", "shop", "report", 10);
  Finding latest = finding(all[4], job, place("k8s/jobs.yaml", 112, 15, "              image: report:latest"),
                           "image \"report:latest\" has no fixed tag",
                           "/spec/jobTemplate/spec/template/spec/containers/0/image", "1234123412341234");
  latest.container = "main";
  Finding owner = latest;
  owner.rule = "team.owner";
  owner.title = "";
  owner.severity = FindingSeverity::Note;
  owner.message = "nobody owns this";
  owner.container = "";
  owner.path = "/metadata";
  owner.location = place("k8s/jobs.yaml", 103, 1, "metadata:", Precision::Parent);
  owner.missing = "annotations";
  owner.fingerprint = "9999888877776666";
  run.documents.push_back(judged("k8s/jobs.yaml#10", Status::Allow, job, {owner, latest}));
  run.documents.push_back(judged("k8s/jobs.yaml#2", Status::Allow, object("batch/v1", "Job", "shop", "once", 2)));

  Judged settings = judged("k8s/cm.yaml", Status::Allow, object("v1", "ConfigMap", "shop", "settings"));
  settings.verdict.pod_proof = PodProof::Absent;
  run.documents.push_back(settings);
  run.documents.push_back(judged("k8s/list.yaml#0.items[1]", Status::Allow, object("v1", "Pod", "", "alone")));
  Judged rendered = judged("<stdin>#3", Status::Skipped, object("v1", "Service", "", "front", 3));
  rendered.facts.file = "chart/templates/service.yaml";
  run.documents.push_back(rendered);
  Judged broken = judged("k8s/broken.yaml", Status::Error, {});
  broken.verdict.errors = problem("yaml_syntax", "did not find expected key", "k8s/broken.yaml");
  run.documents.push_back(broken);

  run.facts.files = 7;
  run.facts.files_not_manifests = 1;
  run.facts.exit_code = 2;
  run.facts.level = "restricted";
  run.facts.kube_version = "1.34";
  run.facts.time = "2026-11-26T02:40:00Z";
  run.facts.exceptions = exceptions();
  return run;
}

SampleRun hostile_run() {
  SampleRun run;
  run.name = "hostile";
  const std::string acts =
      "x\n::error file=a::pwned\r\n##vso[task.setvariable variable=a]b ##[error]c ]]> <script>alert(1)</script> <!-- "
      "-- \x1b[31m \xE2\x80\xAE \xFF \x01 \x7F \xC2\x85 "
      "\xEF\xBF\xBE | `a` *b* _c_ [d](http://e.example) www.f.example @g #1 $h$ %0A %25 ; , \\ \" ' {0} # "
      "SKIP\n...\n---\n- k: v\tend";
  RuleInfo own;
  own.id = "team.bad]|,;:`<b>";
  own.title = "title " + acts;
  own.description = "description " + acts;
  own.remediation = "remediation " + acts;
  own.package = "data.team";
  own.file = "rules/a b.psdl";
  own.line = 1;
  run.options.rules = {own};

  ObjectIdentity of = object("v1\n", "::error::Kind " + acts, "##vso[a]" + acts, "name " + acts);
  Finding bad = finding(own, of,
                        place("dir, x/a:b]%;|<i>.yaml", 3, 3,
                              "  ##[error]\t<script>alert(2)</script> | ::error:: \x1b[2J \xE2\x80\xAE \xFF"),
                        "message " + acts, "/a~1b\n/<c>", "00112233aabbccdd");
  bad.container = "container " + acts;
  bad.missing = "missing " + acts;
  bad.location.precision = Precision::Parent;
  bad.value_json = R"("\u0001<script>\u202e")";
  bad.details_json = R"({"a\n::b":["]]>",1e3,"\ud83d\ude00"]})";
  bad.related.push_back({place("dir, x/a:b]%;|<i>.yaml", 5, 1, "::error::related"), "/x", "label " + acts});
  bad.psa = "psa " + acts;
  bad.fix = Fix{"fix " + acts, {insertion(4, "::error:: <b>old</b>", "\n##vso[a]b <script>new</script>", 9)}};
  Finding quiet = bad;
  quiet.location.line = quiet.location.end_line = 9;
  quiet.suppressed =
      Suppression{Suppression::Kind::InlineMark, "reason " + acts, "owner " + acts, "2027-01-01", "f\n.yaml", 2};
  Judged both = judged("dir, x/a:b]%;|<i>.yaml", Status::Deny, of, {bad, quiet});
  run.documents.push_back(both);
  Judged broken = judged("b\n::error::.yaml", Status::Error, {});
  broken.verdict.errors = problem("yaml_syntax", "error " + acts, "b\n::error::.yaml");
  run.documents.push_back(broken);
  run.options.show_suppressed = true;
  run.options.show_passed = true;
  run.facts.files = 2;
  run.facts.exit_code = 2;
  run.facts.exceptions.push_back({tools::ExceptionUse::State::Unused, "rule " + acts, "object " + acts, "c",
                                  "reason " + acts, "o", "", "f " + acts, 1});
  return run;
}

std::string report_of(const SampleRun& run, const std::string& format, const std::vector<std::size_t>& order) {
  tools::ReportOptions options = run.options;
  options.format = format;
  tools::FindingsReport report(options);
  std::string out;
  for (const std::size_t index : order) out += report.add(run.documents[index].verdict, run.documents[index].facts);
  return out + report.finish(run.facts);
}

}  // namespace psdl::sample
