// The `not` of OPA before `import rego.v2`, written out. In: a rule that was read with it; out: the same for readers
// with the improved one.
//
//   not f(x.y)     y := x.y; not f(y)     what is undefined there fails the body, as it always did
#pragma once

#include "gatekeeper/plain_rego.hpp"

namespace psdl::gatekeeper {

// Edits the rule and all below it; new nodes live in the module's arena.
void write_out_not(ast::Module& module, ast::Rule& rule, const FreshName& fresh);

}  // namespace psdl::gatekeeper
