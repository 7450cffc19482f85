// Objects that came of others, as a file. In: their roots; out: YAML documents, or JSON (SPEC 13.6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "value/value.hpp"

namespace psdl::gatekeeper {

// Descending by name, apiVersion and kind.
void sort_expanded(std::vector<Value>& roots);
// `format` is "yaml" or "json". A line end behind all of it.
[[nodiscard]] std::string expanded_text(const std::vector<Value>& roots, std::string_view format);

}  // namespace psdl::gatekeeper
