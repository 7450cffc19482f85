// What a template's Rego says that can never be what its author meant (docs/checking.md). In: a template and its
// program; out: problems in its YAML.
#pragma once

#include <vector>

#include "gatekeeper/module.hpp"

namespace psdl::gatekeeper {

[[nodiscard]] std::vector<Problem> advice_on(const Template& of, const RegoModule& module);

}  // namespace psdl::gatekeeper
