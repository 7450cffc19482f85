// Reference pages by name, from the layers whose rows they show.
#include "psdl/tools/reference.hpp"

#include "builtins/reference.hpp"
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

}  // namespace psdl::tools
