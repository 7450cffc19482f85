// The engine's own reference pages, made from the rows that the engine runs on. In: a page's name; out: its text.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace psdl::tools {

// "opcodes", "builtins" (Markdown, as committed under docs/reference/), "capabilities" (OPA's capabilities.json).
[[nodiscard]] std::span<const std::string_view> reference_pages();
// Empty for a name that is none of them.
[[nodiscard]] std::string reference_page(std::string_view name);

}  // namespace psdl::tools
