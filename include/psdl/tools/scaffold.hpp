// Files to begin with. Made for our own tools: no promise of stability.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "psdl/psdl.hpp"
#include "psdl/tools/render.hpp"

namespace psdl::tools {

// Whether the name can be that of a folder, a package and, in its way, of a kind: small letters, digits, `-` and `_`, a
// letter first; no word of the language.
[[nodiscard]] bool is_scaffold_name(std::string_view name);

// A rule with metadata, a parameter, and cases that it passes.
[[nodiscard]] std::vector<RenderedFile> scaffold_rule(std::string_view name);
// The same as Gatekeeper takes it, with template, sample constraint and suite.
[[nodiscard]] std::vector<RenderedFile> scaffold_template(std::string_view name, DiagnosticList& problems);
// A README and two rules.
[[nodiscard]] std::vector<RenderedFile> scaffold_pack(std::string_view name);

}  // namespace psdl::tools
