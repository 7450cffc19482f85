// Group, version and kind as Go shows them.
#pragma once

#include <string>
#include <string_view>

#include "gatekeeper/object.hpp"

namespace psdl::gatekeeper {

// "apps/v1, Kind=Deployment"; of the core group "/v1, Kind=Pod".
[[nodiscard]] std::string gvk_text(std::string_view group, std::string_view version, std::string_view kind);
[[nodiscard]] std::string gvk_text(const Object& object);

}  // namespace psdl::gatekeeper
