// What makes two findings the same mistake. In: rule, object, container, path; out: 16 hex digits.
#pragma once

#include <string>
#include <string_view>

#include "psdl/findings.hpp"

namespace psdl {

// Over the rule's id, the object's group, kind, namespace and name, the container's name and the path with list items named: never line numbers or the
// message, so that it stays when a file is reformatted or a message reworded. `stable_path` is stable_pointer()'s.
[[nodiscard]] std::string fingerprint(std::string_view rule, const ObjectIdentity& object, std::string_view container,
                                      std::string_view stable_path);
void put_fingerprint(std::string& out, std::string_view rule, const ObjectIdentity& object, std::string_view container,
                     std::string_view stable_path);

}  // namespace psdl
