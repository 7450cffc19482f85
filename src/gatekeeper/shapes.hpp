// Constraints of one template whose parameters have one shape share a program. In: parameters; out: what of them differs, as values that a run is given.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "value/value.hpp"

namespace psdl::gatekeeper {

// Members and lengths of small collections; all else is a leaf, whose value the shape does not tell.
[[nodiscard]] std::string shape_of(const Value& parameters);
// Its leaves, in the order of the text.
void gather_leaves(const Value& parameters, std::vector<Value>& leaves);

// Parameters of one shape as the plan is bound to them: leaves that are the same everywhere are known, the others are open (plan/given.hpp).
struct Generalised {
  Value parameters;
  std::vector<std::uint32_t> open;  // numbers of leaves: the N-th given value is that of leaf open[N]
};
[[nodiscard]] Generalised generalise(Arena& arena, std::span<const Value> all);

}  // namespace psdl::gatekeeper
