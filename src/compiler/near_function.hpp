// What a call of an unknown function perhaps meant. In: an error; out: "did you mean `startswith`?".
#pragma once

#include <string>
#include <vector>

#include "compiler/state.hpp"

namespace psdl::stages {

inline constexpr std::string_view kUndefinedFunction = "undefined function ";

// Lines of help; empty where the error is another, or no name is near.
[[nodiscard]] std::vector<std::string> help_of(CompilerState& state, const CompileError& error);

}  // namespace psdl::stages
