// Whether two patterns of characters have a text in common. In: two of OPA's "globs" (characters, `.`, sets, with `+` or `*`); out: yes or no.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace psdl {

// False with `error` set where a pattern is malformed; with `too_much` set where the search would take more than `steps`.
[[nodiscard]] bool globs_overlap(std::string_view left, std::string_view right, std::uint64_t& steps, std::string& error, bool& too_much);

}  // namespace psdl
