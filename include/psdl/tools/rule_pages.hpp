// Pages on the rules that come with PSDL, made from the rule files and the cases beside them. In: an id or a name; out:
// text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace psdl::tools {

// What a host may set for a rule, below `data.psdl.parameters.RULE`.
struct RuleParameter {
  std::string name;
  std::string default_text;  // as the rule has it: `["cpu", "memory"]`
  std::string description;
};
// RULE's parameters by the rule's id; none for an id that is not known.
[[nodiscard]] std::vector<RuleParameter> rule_parameters(std::string_view id);

// The fields that a rule reads, below the pod's spec: "containers[*].securityContext.privileged"; none for an id that
// is not known.
[[nodiscard]] std::vector<std::string> rule_reads(std::string_view id);

// A field of the pod's spec that, where it is true, takes from what the rule says of an object that it allows.
struct RuleCaution {
  std::string field;
  std::string text;  // "exposes every listening port anyway"
};
[[nodiscard]] std::vector<RuleCaution> rule_cautions(std::string_view id);

// The page of a rule by its id ("PSS103") or name ("PrivilegedContainers"), for a terminal; empty where there is none.
[[nodiscard]] std::string rule_page(std::string_view id_or_name);
// Every rule with its title, a line each.
[[nodiscard]] std::string rule_list();
// All pages as Markdown, as committed under docs/reference/.
[[nodiscard]] std::string rules_reference();

}  // namespace psdl::tools
