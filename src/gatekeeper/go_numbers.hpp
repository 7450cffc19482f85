// Numbers as they come out of gator's round trip through doubles (SPEC 9.2). In: a value; out: the same with other
// numbers.
#pragma once

#include <cstdint>

#include "base/arena.hpp"
#include "value/value.hpp"

namespace psdl::gatekeeper {

// Rounded: what a double cannot hold is rounded, 9007199254740993 is 9007199254740992. Printed: the text is Go's
// shortest too, 1000000 is 1e+06.
enum class GoNumbers : std::uint8_t { Rounded, Printed };

// Origins are kept.
[[nodiscard]] Value with_go_numbers(Arena& arena, const Value& value, GoNumbers how);

}  // namespace psdl::gatekeeper
