// Words of a constraint that Gatekeeper takes whatever they are, and that then mean nothing. In: a constraint; out:
// those that it does not know.
#pragma once

#include <vector>

#include "gatekeeper/object.hpp"
#include "runtime/problem.hpp"

namespace psdl::gatekeeper {

// Of spec.match.scope, actions and enforcement points; each an error at its place, with the word that was perhaps
// meant.
[[nodiscard]] std::vector<Problem> unknown_words(const Object& constraint);

}  // namespace psdl::gatekeeper
