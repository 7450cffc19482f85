// Parse errors in words. In: a diagnostic with OPA's message; out: what was expected there and what to do, beside the message.
#pragma once

#include "base/diagnostic.hpp"

namespace psdl::parsing {

// Fills `label` and `help` where the message is one that a newcomer would not understand.
void explain(Diagnostic& diagnostic);

}  // namespace psdl::parsing
