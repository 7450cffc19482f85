// Reference pages by name, from the layers whose rows they show.
#include "psdl/tools/reference.hpp"

#include "builtins/reference.hpp"
#include "builtins/registry.hpp"
#include "bytecode/program.hpp"
#include "engine/policy.hpp"

namespace psdl::tools {
namespace {
constexpr std::string_view kPages[] = {"opcodes", "builtins", "limits", "capabilities"};
}

std::span<const std::string_view> reference_pages() { return kPages; }

std::string reference_page(std::string_view name) {
  if (name == "opcodes") return opcode_reference();
  if (name == "builtins") return builtins_reference();
  if (name == "limits") return limits_reference();
  if (name == "capabilities") return capabilities_json();
  return {};
}

std::vector<BuiltinInfo> builtin_infos() {
  std::vector<BuiltinInfo> made;
  for (const Builtin* one : all_builtins()) {
    if (!one->name.starts_with("internal.")) made.push_back({one->name, one->signature.text, one->doc, one->example});
  }
  return made;
}

}  // namespace psdl::tools
