// JSON as YAML. In: compact JSON; out: a document in block style, keys in the order given, numbers with their text.
#pragma once

#include <string>
#include <string_view>

namespace psdl::report {

// Strings are plain where every YAML reader takes them for that string, else in double quotes on one line, with JSON's
// escapes.
[[nodiscard]] std::string yaml_of_json(std::string_view json);
// The same as TAP 14 has it behind a test: between `---` and `...`, indented by two.
[[nodiscard]] std::string tap_block(std::string_view json);

}  // namespace psdl::report
