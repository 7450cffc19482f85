// A file that gets another text at once. In: a path, the text it was read as, the new one; out: the file, whole as it
// was or whole as it is to be.
#pragma once

#include <string>
#include <string_view>

namespace psdl::repl {

// Writes beside the file that the path leads to (links followed), gives it that file's mode and owner, and renames it
// over it. False with `problem` set, and the file as it was, where that fails, or where the file has not the text
// `before` any more.
[[nodiscard]] bool replace_file(const std::string& path, std::string_view before, std::string_view after,
                                std::string& problem);

}  // namespace psdl::repl
