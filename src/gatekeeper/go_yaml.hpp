// What Go's YAML readers say of texts that they refuse, and what they refuse beyond ours.
// In: texts, our errors; out: their words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gatekeeper/object.hpp"

namespace psdl::gatekeeper {

// `text` is what gator parsed, in which it counts lines; `error` is ours for the same document.
[[nodiscard]] std::string go_yaml_error(std::string_view text, const ReadError& error, Reading reading);

// A text that was taken for JSON, is none, and is no YAML either.
[[nodiscard]] std::string go_json_stream_error(std::string_view text, const ReadError& error);

// A document that is a text, a number or a list where an object is wanted, as `gator verify` says it.
[[nodiscard]] std::string go_not_a_map(std::string_view text, const Value& root);

// The value under the first key that is a number, a truth or null and stands below the root: Go cannot turn such a map
// into JSON. 0 where there is none. Only `gator verify` asks.
[[nodiscard]] std::uint32_t key_that_is_no_text(const Object& object);

}  // namespace psdl::gatekeeper
