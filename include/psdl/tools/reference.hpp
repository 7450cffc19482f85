// The engine's own reference pages, made from the rows that the engine runs on. In: a page's name; out: its text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace psdl::tools {

// "opcodes", "builtins" (Markdown, as committed under docs/reference/), "capabilities" (OPA's capabilities.json).
[[nodiscard]] std::span<const std::string_view> reference_pages();
// Empty for a name that is none of them.
[[nodiscard]] std::string reference_page(std::string_view name);

// A builtin's row.
struct BuiltinInfo {
  std::string_view name;
  std::string_view signature;  // "(string, string) -> boolean"
  std::string_view doc;
  std::string_view example;
};
// By name; those with names that nobody writes are left out.
[[nodiscard]] std::vector<BuiltinInfo> builtin_infos();

}  // namespace psdl::tools
