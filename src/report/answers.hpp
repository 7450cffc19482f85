// JSON text that is passed on as it is. In: compact JSON; out: the same, escaped or indented; numbers keep their text.
#pragma once

#include <string>
#include <string_view>

namespace psdl::report {

// `<`, `>` and `&` as \u003c and its like, as Go's encoder writes them. They stand inside strings only.
[[nodiscard]] std::string html_safe(std::string_view json);

}  // namespace psdl::report
