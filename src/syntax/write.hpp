// Trees as Rego text for people: a statement a line, operators between their operands. In: a rule; out: Rego that is
// read back as the same rule (v1, or v2 where the tree holds what only v2 has). print.hpp writes OPA's one-line form.
#pragma once

#include <string>
#include <string_view>

#include "syntax/ast.hpp"

namespace psdl::ast {

inline constexpr std::size_t kWrittenWidth = 120;  // lines are broken beyond it where there is a place to

// With its line end.
[[nodiscard]] std::string write_rule(const Rule& rule);

}  // namespace psdl::ast
