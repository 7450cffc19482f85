// The passes in the order that each needs. What a pass keeps is said at the top of its file.
#include "plan/plan.hpp"

namespace psdl::plan {

void optimise(Plan& plan) {
  fold_constants(plan);
  inline_functions(plan);
  forward_bindings(plan);
  unroll_scans(plan);
  fold_constants(plan);
  constant_sets(plan);
  filter_scans(plan);
  dispatch_groups(plan);
  plan.is_optimised = true;
}

}  // namespace psdl::plan
