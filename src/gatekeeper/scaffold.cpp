// What `psdl new` writes. In: a name; out: files that pass their own tests as they are, to be made one's own.
#include "psdl/tools/scaffold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace psdl::tools {
namespace {

// {0}: package, {1}: rule, {2}: id, {3}: kind.
constexpr std::string_view kLabelRule = R"(# METADATA
# title: Objects say whose they are
# description: |
#   What the rule asks for, and why; all of it is shown by `psdl explain`. This one asks every object for each of
#   `labels`, so that it is known whom to ask.
# custom:
#   id: {2}
#   name: {3}
#   severity: error
#   remediation: |
#     Add the label under `metadata.labels`.
package {0}

import rego.v2

# METADATA
# description: "Labels that every object must have."
# custom: {{schema: {{type: array, items: {{type: string}}}}}}
default labels := ["team"]

labels := data.psdl.parameters.{1}.labels

deny contains {{"msg": msg}} if {{
	some label in labels
	not input.metadata.labels[label]
	msg := sprintf("%s must have the label %q", [noun, label])
}}

deny contains {{"msg": "parameter `labels` must be a list of labels"}} if not is_array(labels)

noun := object.get(input, "kind", "object")
)";

constexpr std::string_view kLabelCases =
    R"(# Objects, and what the rule must find in them. The first case that finds something and the first that finds nothing are the examples of `psdl explain`.
cases:
  - note: nobody's
    input:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings}
    findings:
      - {rule: ID, message: 'ConfigMap must have the label "team"', path: /metadata, missing: labels, severity: error}

  - note: somebody's
    input:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings, labels: {team: shop}}
    findings: []

  - note: labels as asked for
    parameters: {labels: [team, cost-center]}
    input:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings, labels: {team: shop}}
    findings:
      - {message: 'ConfigMap must have the label "cost-center"', path: /metadata/labels, missing: cost-center}
)";

constexpr std::string_view kContainerRule = R"(# METADATA
# title: Containers are not privileged
# description: |
#   No container of a workload, init and ephemeral ones too, sets securityContext.privileged.
# custom:
#   id: {2}
#   name: {3}
#   severity: error
#   remediation: |
#     Remove `privileged: true`, and add the capability that the program needs.
package {0}

import rego.v2

import data.psdl.kubernetes

deny contains {{"msg": msg, "container": name}} if {{
	some container in kubernetes.containers(input)
	name := kubernetes.container_name(container)
	container.securityContext.privileged == true
	msg := sprintf("container %q must not be privileged", [name])
}}
)";

constexpr std::string_view kContainerCases = R"(cases:
  - note: privileged
    input:
      apiVersion: v1
      kind: Pod
      metadata: {name: web}
      spec:
        containers:
          - {name: app, image: nginx, securityContext: {privileged: true}}
    findings:
      - {rule: ID, message: 'container "app" must not be privileged', path: /spec/containers/0/securityContext/privileged, container: app, severity: error}

  - note: not privileged
    input:
      apiVersion: v1
      kind: Pod
      metadata: {name: web}
      spec:
        initContainers:
          - {name: setup, image: busybox, securityContext: {privileged: false}}
        containers:
          - {name: app, image: nginx}
    findings: []
)";

constexpr std::string_view kReadme = R"(# {0}

Rules for Kubernetes manifests. Each folder is a rule, `rule.psdl`, with what it must find in `cases.yaml`.

| rule | asks |
|---|---|
| [owners](owners/rule.psdl) | every object for labels that say whose it is |
| [privileged](privileged/rule.psdl) | that no container is privileged |

    psdl test .                          the cases of every rule
    psdl check .                         what is wrong with the rules
    psdl eval . manifests/               findings in manifests
    psdl template render owners          the rule as a ConstraintTemplate for Gatekeeper

To add one: `psdl new rule NAME --dir .`, then write its cases first.
)";

// The words that no package may be called.
constexpr std::array kWords = {"and",   "as",      "contains", "data", "default", "else", "every",
                               "false", "if",      "import",   "in",   "input",   "not",  "null",
                               "or",    "package", "some",     "true", "with"};

std::string snake_case(std::string_view name) {
  std::string made(name);
  std::replace(made.begin(), made.end(), '-', '_');
  return made;
}

// "required-labels" to "RequiredLabels".
std::string kind_of(std::string_view name) {
  std::string kind;
  bool begins = true;
  for (const char c : name) {
    const bool is_gap = c == '-' || c == '_';
    if (!is_gap) kind += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    begins = is_gap;
  }
  return kind;
}

std::string with_id(std::string_view cases, std::string_view id) {
  std::string made(cases);
  const std::size_t at = made.find("rule: ID");
  return made.replace(at, 8, fmt::format("rule: {}", id));
}

// A rule in a folder, of a package that ends with the folder's name.
std::vector<RenderedFile> rule_files(std::string_view folder, std::string_view package, std::string_view name,
                                     std::string_view rule, std::string_view cases) {
  const std::string id = fmt::format("{}", name);
  return {{fmt::format("{}/rule.psdl", folder),
           fmt::format(fmt::runtime(rule), package, snake_case(folder), id, kind_of(name))},
          {fmt::format("{}/cases.yaml", folder), with_id(cases, id)}};
}

}  // namespace

bool is_scaffold_name(std::string_view name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (name.empty() || name.size() > 63 || !is_letter(name[0]) || name.back() == '-') return false;
  if (std::find(kWords.begin(), kWords.end(), name) != kWords.end()) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

std::vector<RenderedFile> scaffold_rule(std::string_view name) {
  const std::string folder = snake_case(name);
  return rule_files(folder, folder, name, kLabelRule, kLabelCases);
}

std::vector<RenderedFile> scaffold_template(std::string_view name, DiagnosticList& problems) {
  std::vector<RenderedFile> files = scaffold_rule(name);
  const std::string folder = snake_case(name);
  PolicyBuilder builder;
  builder.add_source(files[0].path, files[0].text, files[0].path);
  const std::optional<RenderedTemplate> made = render_template(builder, {}, problems);
  if (!made) return {};
  std::vector<RenderedFile> suite = render_suite(*made, files[1].text, files[1].path, problems);
  for (RenderedFile& file : suite) files.push_back({fmt::format("{}/{}", folder, file.path), std::move(file.text)});
  return files;
}

std::vector<RenderedFile> scaffold_pack(std::string_view name) {
  const std::string folder = snake_case(name);
  std::vector<RenderedFile> files = {{"README.md", fmt::format(fmt::runtime(kReadme), name)}};
  const auto add = [&](std::string_view rule, std::string_view text, std::string_view cases) {
    for (RenderedFile& file :
         rule_files(rule, fmt::format("{}.{}", folder, rule), fmt::format("{}-{}", name, rule), text, cases))
      files.push_back(std::move(file));
  };
  add("owners", kLabelRule, kLabelCases);
  add("privileged", kContainerRule, kContainerCases);
  for (RenderedFile& file : files) file.path = fmt::format("{}/{}", folder, file.path);
  return files;
}

}  // namespace psdl::tools
