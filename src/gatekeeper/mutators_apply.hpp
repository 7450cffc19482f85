// One mutator applied to one object. In: the rule, a value; out: the value as the rule leaves it, sharing all that is
// not changed.
#pragma once

#include <cstddef>
#include <string>

#include "base/arena.hpp"
#include "base/result.hpp"
#include "gatekeeper/mutators_rule.hpp"

namespace psdl::gatekeeper {

// How much may still be looked at while one object is mutated: what mutators put into lists of lists multiplies.
struct MutationBudget {
  std::size_t steps = 10'000'000;
  // False: it is used up.
  [[nodiscard]] bool take(std::size_t count = 1) {
    if (steps < count) return false;
    steps -= count;
    return true;
  }
};
inline constexpr std::string_view kNoBudget = "more has to be looked at than PSDL does for one object";

struct MutatedValue {
  Value value;
  bool is_mutated = false;  // it was set, be it to what it was
};
// Parts that stay keep their places, and so does what is set anew in the place of something; the rest has none. The
// error is Gatekeeper's, what stands in front of it left out.
[[nodiscard]] Result<MutatedValue, std::string> apply_mutator(Arena& arena, const MutatorRule& rule, const Value& root,
                                                              MutationBudget& budget);

}  // namespace psdl::gatekeeper
