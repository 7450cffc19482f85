// A template and its constraint as YAML. In: their parts; out: documents as people write them, Rego in block scalars.
#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/render.hpp"
#include "report/yaml_text.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

// Tabs at the start of lines as two blanks each: in YAML a tab is easily lost.
std::string without_tabs(std::string_view text) {
  std::string made;
  bool is_leading = true;
  for (const char c : text) {
    if (c == '\t' && is_leading) {
      made += "  ";
      continue;
    }
    is_leading = c == '\n';
    made += c;
  }
  return made;
}

std::string block(std::string_view rego, std::size_t blanks) {
  return "|\n" + indented(without_tabs(rego), blanks);
}

std::string flow_text(std::string_view text) {
  std::string line(text.substr(0, text.find_last_not_of(" \n") + 1));
  std::replace(line.begin(), line.end(), '\n', ' ');
  return yaml_text(line);
}

}  // namespace

std::string indented(std::string_view text, std::size_t blanks) {
  std::string made;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) made += std::string(blanks, ' ') + std::string(text.substr(0, end));
    made += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return made;
}

std::string yaml_text(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  std::string made = report::yaml_of_json(json);
  while (!made.empty() && made.back() == '\n') made.pop_back();
  return made;
}

std::string template_yaml(const TemplateParts& parts) {
  std::string lower = parts.kind;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::string made = fmt::format(
      "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata:\n  name: {}\n", yaml_text(lower));
  if (!parts.title.empty() || !parts.description.empty() || !parts.sync.empty()) made += "  annotations:\n";
  if (!parts.title.empty())
    made += fmt::format("    metadata.gatekeeper.sh/title: {}\n    metadata.gatekeeper.sh/version: 1.0.0\n",
                        flow_text(parts.title));
  if (!parts.sync.empty())
    made += fmt::format("    metadata.gatekeeper.sh/requires-sync-data: |\n      {}\n", parts.sync);
  if (!parts.description.empty()) made += fmt::format("    description: {}\n", flow_text(parts.description));
  made += fmt::format("spec:\n  crd:\n    spec:\n      names:\n        kind: {}\n", yaml_text(parts.kind));
  if (!parts.schema.empty())
    made += "      validation:\n        openAPIV3Schema:\n" + indented(report::yaml_of_json(parts.schema), 10);
  made +=
      "  targets:\n    - target: admission.k8s.gatekeeper.sh\n      code:\n        - engine: Rego\n          source:\n "
      "           version: v1\n";
  made += "            rego: " + block(parts.rego, 14);
  if (!parts.libs.empty()) made += "            libs:\n";
  for (const std::string& lib : parts.libs) made += "              - " + block(lib, 18);
  return made;
}

std::string constraint_yaml(std::string_view kind, std::string_view name, std::string_view parameters,
                            std::string_view action) {
  std::string made = fmt::format("apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: {}\nmetadata:\n  name: {}\n",
                                 yaml_text(kind), yaml_text(name));
  if (action.empty() && parameters.empty()) return made;
  made += "spec:\n";
  if (!action.empty()) made += fmt::format("  enforcementAction: {}\n", action);
  if (!parameters.empty()) {
    const std::string yaml = report::yaml_of_json(parameters);
    made += yaml.starts_with('{') ? "  parameters: " + yaml : "  parameters:\n" + indented(yaml, 4);
    if (made.back() != '\n') made += '\n';
  }
  return made;
}

std::string constraint_yaml(const TemplateParts& parts) {
  return constraint_yaml(parts.kind, parts.constraint_name, parts.parameters, parts.action);
}

}  // namespace psdl::gatekeeper
