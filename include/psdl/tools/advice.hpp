// Rules checked beyond what their language asks for (docs/checking.md). In: a builder with sources; out: its errors, or
// advice on what compiles.
#pragma once

#include "psdl/psdl.hpp"

namespace psdl::tools {

// As PolicyBuilder::check; where that finds no errors, what can never be what was meant: fields that a Kubernetes type
// does not have, comparisons that are always false, rules that never fire. False where there are errors of either sort.
// The builder can be used once.
[[nodiscard]] bool check_with_advice(PolicyBuilder& builder, DiagnosticList& problems);

}  // namespace psdl::tools
