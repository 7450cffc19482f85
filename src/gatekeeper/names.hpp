// The names that Kubernetes allows. In: a text; out: what is wrong with it, in Kubernetes' words; nothing where it is
// good.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace psdl::gatekeeper {

using NameErrors = std::vector<std::string>;

[[nodiscard]] NameErrors check_dns1123_subdomain(std::string_view name);
[[nodiscard]] NameErrors check_dns1035_label(std::string_view name);
// `prefix.example/name`.
[[nodiscard]] NameErrors check_label_key(std::string_view key);
[[nodiscard]] NameErrors check_label_value(std::string_view value);

}  // namespace psdl::gatekeeper
