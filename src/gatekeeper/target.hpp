// The one target there is.
#pragma once

#include <string_view>

namespace psdl::gatekeeper {

inline constexpr std::string_view kTarget = "admission.k8s.gatekeeper.sh";

}  // namespace psdl::gatekeeper
