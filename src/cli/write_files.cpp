// Files below a directory.
#include "cli/write_files.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "cli/output.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::cli {

namespace fs = std::filesystem;

bool write_files(const std::string& directory, const std::vector<tools::RenderedFile>& files, bool overwrites) {
  std::error_code failed;
  for (const tools::RenderedFile& file : files) {
    const fs::path path = (fs::path(directory) / file.path).lexically_normal();
    std::error_code unseen;  // what is not there is none
    // A link that leads nowhere is there too: it would be written through.
    if (overwrites || !fs::exists(fs::symlink_status(path, unseen))) continue;
    complain(fmt::format("{} is there already; nothing was written", tools::escape_for_terminal(path.string())));
    return false;
  }
  for (const tools::RenderedFile& file : files) {
    const fs::path path = (fs::path(directory) / file.path).lexically_normal();
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), failed);
    if (failed) {
      complain(
          fmt::format("cannot make {}: {}", tools::escape_for_terminal(path.parent_path().string()), failed.message()));
      return false;
    }
    Output out(path.string());
    out.write(file.text);
    if (!out.finish()) return false;
  }
  return true;
}

bool write_text(const std::string& path, std::string_view text) {
  const auto write = [text](Output& out) {
    out.write(text);
    return out.finish();
  };
  if (!path.empty()) {
    Output file(path);
    return write(file);
  }
  Output out;
  return write(out);
}

}  // namespace psdl::cli
