// How messages call a limit. In: its name in `Limits`; out: "the limit `object_bytes`", or, in a program that has such flags, `--limit-object-bytes`.
#pragma once

#include <string>
#include <string_view>

namespace psdl {

// From now on limits are called by the flags that set them. For a program's main, before it starts threads.
void name_limits_by_flags();

// "the limit `object_bytes`" or "--limit-object-bytes".
[[nodiscard]] std::string limit_name(std::string_view name);
// "raise the limit `object_bytes`" or "raise the limit with --limit-object-bytes VALUE".
[[nodiscard]] std::string how_to_raise_limit(std::string_view name);

}  // namespace psdl
