// What Go's encoding/json says of a text that is no JSON. In: the text; out: the message, which builtins report under
// strict errors.
#pragma once

#include <string>
#include <string_view>

namespace psdl::codec {

// Empty where Go would find nothing wrong.
[[nodiscard]] std::string go_json_error(std::string_view text);

}  // namespace psdl::codec
