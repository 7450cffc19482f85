// Which code points a quoted text shows as they are.
#pragma once

#include <cstdint>

namespace psdl {

// As Go's strconv.IsPrint, which decides what Rego's notation escapes: letters, marks, numbers, punctuation, symbols and the ASCII space.
[[nodiscard]] bool is_printable(std::uint32_t point);

}  // namespace psdl
