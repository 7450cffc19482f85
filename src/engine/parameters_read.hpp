// The parameters that rules read. In: a policy that compiles; out: the names below data.psdl.parameters.RULE.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "compiler/compiler.hpp"

namespace psdl {

struct ParametersRead {
  std::set<std::string> names;
  bool all = false;  // or some by a computed name
};

// RULE of the first reference to data.psdl.parameters.RULE; empty where there is none.
[[nodiscard]] std::string parameters_rule(const CheckedPolicy& policy);
[[nodiscard]] ParametersRead parameters_read(const CheckedPolicy& policy, std::string_view rule);
// Every RULE of such a reference.
[[nodiscard]] std::set<std::string> parameters_rules(const CheckedPolicy& policy);

}  // namespace psdl
