// Passes over plans; each rewrites in place and leaves results, conflicts and errors as they were.
#pragma once

#include "plan/plan.hpp"

namespace psdl::plan {

// Calls of builtins whose operands are all constants become their result.
void fold_constants(Plan& plan);

}  // namespace psdl::plan
