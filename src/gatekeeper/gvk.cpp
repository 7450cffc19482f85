// With the slash that an empty group leaves.
#include "gatekeeper/gvk.hpp"

#include <fmt/format.h>

namespace psdl::gatekeeper {

std::string gvk_text(std::string_view group, std::string_view version, std::string_view kind) {
  return fmt::format("{}/{}, Kind={}", group, version, kind);
}
std::string gvk_text(const Object& object) {
  return gvk_text(object.group(), object.version(), known_kind(object.root()));
}

}  // namespace psdl::gatekeeper
