// The passes in the order that each needs. What a pass keeps is said at the top of its file.
#include "plan/plan.hpp"

namespace psdl::plan {
namespace {

// Constants are looked for again where a pass has put some: arguments of functions that were inlined, elements of loops that were unrolled.
constexpr NamedPass kPasses[] = {
    {"propagate_constants", propagate_constants},
    {"inline_functions", inline_functions},
    {"propagate_constants", propagate_constants},
    {"unroll_scans", unroll_scans},
    {"propagate_constants", propagate_constants},
    {"forward_bindings", forward_bindings},
    {"flatten_scans", flatten_scans},
    {"read_first", read_first},
    {"ask_existence", ask_existence},
    {"ask_first", ask_first},
    {"gather", gather},
    {"inline_rules", inline_rules},
    {"forward_bindings", forward_bindings},
    {"constant_sets", constant_sets},
    {"filter_scans", filter_scans},
    {"dispatch_groups", dispatch_groups},
    {"share_reads", share_reads},
};

}  // namespace

std::span<const NamedPass> passes() { return kPasses; }

void optimise(Plan& plan, std::string_view without) {
  for (const NamedPass& pass : kPasses) {
    if (pass.name != without) pass.run(plan);
  }
  plan.is_optimised = without != "fuse_instructions";
}

}  // namespace psdl::plan
