// The passes in the order that each needs. What a pass keeps is said at the top of its file.
#include "plan/plan.hpp"

namespace psdl::plan {

void optimise(Plan& plan) {
  propagate_constants(plan);
  inline_functions(plan);
  propagate_constants(plan);  // arguments
  unroll_scans(plan);
  propagate_constants(plan);  // elements
  forward_bindings(plan);
  constant_sets(plan);
  filter_scans(plan);
  dispatch_groups(plan);
  plan.is_optimised = true;
}

}  // namespace psdl::plan
