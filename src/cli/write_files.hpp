// Files that a verb makes. In: their texts; out: all of them, or none.
#pragma once

#include <string>
#include <vector>

#include "psdl/tools/render.hpp"

namespace psdl::cli {

// Below a directory, which is made. False, with a message, where one cannot be written; nothing is written where one is
// there already, unless `overwrites`.
[[nodiscard]] bool write_files(const std::string& directory, const std::vector<tools::RenderedFile>& files,
                               bool overwrites);

}  // namespace psdl::cli
