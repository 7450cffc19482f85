// What a constraint's rules did in a review, step by step. In: a constraint, what was reviewed; out: lines as `psdl
// eval --trace=full` has them.
#pragma once

#include <string>

#include "gatekeeper/client_parts.hpp"

namespace psdl::gatekeeper {

// Added to `trace`, which grows to about 1 MiB and ends with a line that says so. Lines have the numbers of the Rego
// text.
void trace_constraint(const LoadedTemplate& of, const LoadedConstraint& constraint, Arena& arena, RunRequest run,
                      std::string& trace);

}  // namespace psdl::gatekeeper
