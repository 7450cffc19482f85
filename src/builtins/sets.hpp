// Set algebra. In: sets; out: sets in term order, their members shared with the operands.
#pragma once

#include "value/builders.hpp"
#include "value/value.hpp"

namespace psdl {

[[nodiscard]] Value set_intersection(Arena& arena, const Set& left, const Set& right);
[[nodiscard]] Value set_difference(Arena& arena, const Set& left, const Set& right);
// Where both have a member, the left one's is kept.
[[nodiscard]] Value set_union(Arena& arena, const Set& left, const Set& right);

}  // namespace psdl
