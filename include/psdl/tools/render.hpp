// Rules as Gatekeeper's templates, and back. Made for our own tools: no promise of stability.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/psdl.hpp"

namespace psdl::tools {

struct RenderOptions {
  std::string kind;  // of the constraints; empty: the metadata's name, else made of the package's name
  std::string name;  // of the constraint; empty: made of the kind
};

// A file of what was made, its path below the folder that it is for.
struct RenderedFile {
  std::string path;
  std::string text;
};

// A rule with metadata as Gatekeeper takes it (docs/rendering.md).
struct RenderedTemplate {
  std::string kind;
  std::string constraint_name;
  std::string package;              // of the rule, as written
  std::string action;               // enforcementAction of its constraints, by the rule's severity
  std::string parameters_key;       // what its parameters stand under, below data.psdl.parameters; empty: it has none
  bool asks_for_inventory = false;  // whether there is one at all
  std::string template_yaml;
  std::string constraint_yaml;
  std::vector<std::string> notes;  // what is another thing in the cluster, a line each
};

// The builder's named sources are the rule, the others what it imports; its data documents are constants of the
// template, but for data.psdl.parameters, which go into the constraint. Empty, with errors where they stand, for what a
// template cannot say. The builder is used up.
[[nodiscard]] std::optional<RenderedTemplate> render_template(PolicyBuilder& builder, const RenderOptions& options,
                                                              DiagnosticList& problems);

// template.yaml, suite.yaml and samples/ made of the cases.yaml beside a rule: objects, constraints with their
// parameters, what they must give. `name` is the file's, for messages. Empty, with errors, where it cannot be read.
[[nodiscard]] std::vector<RenderedFile> render_suite(const RenderedTemplate& made, std::string_view cases,
                                                     std::string_view name, DiagnosticList& problems);

// A template as a rule.
struct RenderedRule {
  std::string name;   // of its folder and package: k8s_required_labels
  std::string rule;   // rule.psdl, with metadata
  std::string cases;  // cases.yaml: one case, with what the rule finds in it
  std::vector<std::string> notes;
};
// Empty, with errors at their lines of the YAML, for what is no template or has no Rego.
[[nodiscard]] std::optional<RenderedRule> render_rule(std::string_view text, std::string_view file,
                                                      DiagnosticList& problems);

}  // namespace psdl::tools
