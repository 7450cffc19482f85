// Random policies. In: rapidcheck's choices; out: the text of a module that compiles.
#pragma once

#include <string>

namespace psdl::property {

// Every variable is bound before it is used, rules read only rules above them, and what a builtin is given comes from the input,
// so that no type is known to be wrong.
[[nodiscard]] std::string any_module();

}  // namespace psdl::property
