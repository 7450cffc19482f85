// What a rule says that can never be what its author meant. In: a policy that compiles; out: diagnostics beyond OPA's.
//
// A policy is read once with outlines in place of values (outline.hpp): what is known of the input's types by the kinds
// that the rules test for. Nothing is said of what may be anything; a place that several callers reach is wrong only if
// it is wrong for all of them.
#pragma once

#include <cstdint>
#include <span>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "compiler/compiler.hpp"

namespace psdl {

// `sources` of which the first `own` are the user's: places in the others (the stdlib) are not told.
// has_data: documents stand beside the rules, so that a name without a rule may be theirs.
void advise(const CheckedPolicy& policy, std::span<const Source* const> sources, std::size_t own, bool has_data,
            Diagnostics& diagnostics);

}  // namespace psdl
