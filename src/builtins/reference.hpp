// What the registry says of itself. In: all rows; out: a page for people, and OPA's capabilities document.
#pragma once

#include <string>

namespace psdl {

// Markdown: a table for each family (name and signature, what it does, an example), then what OPA has and PSDL leaves out, with the reason.
[[nodiscard]] std::string builtins_reference();

// JSON in the layout of `opa capabilities`: builtins with their types, keywords, features.
[[nodiscard]] std::string capabilities_json();

}  // namespace psdl
