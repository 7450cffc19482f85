// How far two names are apart, for "did you mean".
#pragma once

#include <cstddef>
#include <string_view>

namespace psdl {

// Bytes to insert, remove or replace to make one of the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace psdl
