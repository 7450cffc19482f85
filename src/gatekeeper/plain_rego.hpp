// Rego as OPA's releases before 1.20 read it. In: a rule with what `import rego.v2` brings; out: the same without it,
// and functions that it needs.
//
//   not f(x.y)     not f_1(x), with f_1(x) if f(x.y)       the parts stay within: an undefined one makes the test hold
//   a or b         holds_1(x), with one rule for each
//   a and b        a; b, or functions where these bind something
//
// Functions, not comprehensions: a finding stands where the tests in a function do.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "syntax/ast.hpp"

namespace psdl::gatekeeper {

// A name made of the wanted one that nothing else has, nor will get.
using FreshName = std::function<std::string(std::string_view wanted)>;

// Edits the rule and all below it; returns the functions, in the order in which they are read. New nodes live in the
// module's arena.
[[nodiscard]] std::vector<ast::Rule*> make_plain(ast::Module& module, ast::Rule& rule, const FreshName& fresh);

}  // namespace psdl::gatekeeper
