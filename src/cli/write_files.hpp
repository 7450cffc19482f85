// Files that a verb makes. In: their texts; out: all of them, or none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "psdl/tools/render.hpp"

namespace psdl::cli {

// Below a directory, which is made. False, with a message, where one cannot be written; nothing is written where one is
// there already, unless `overwrites`.
[[nodiscard]] bool write_files(const std::string& directory, const std::vector<tools::RenderedFile>& files,
                               bool overwrites);

// The whole text into a file, on standard output where the path is empty. False, with a message, where something was
// lost.
[[nodiscard]] bool write_text(const std::string& path, std::string_view text);

}  // namespace psdl::cli
