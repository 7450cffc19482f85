#include "repl/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace psdl::repl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{1} << 30U;  // of one file
constexpr std::size_t kMostEntries = 100'000;              // looked at in one directory: nobody means `/`

struct Close {
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};

std::string failure(std::string_view what, const std::string& path) {
  return fmt::format("cannot {} {}: {}", what, path, std::strerror(errno));
}

bool is_test(const fs::path& path) { return path.stem().string().ends_with("_test"); }

}  // namespace

bool read_text(const std::string& path, std::string& text, std::string& problem) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    problem = fmt::format("cannot read {}: it is a directory", path);
    return false;
  }
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    problem = failure("read", path);
    return false;
  }
  text.clear();
  char buffer[65536];
  while (const std::size_t got = std::fread(buffer, 1, sizeof(buffer), file.get())) {
    text.append(buffer, got);
    if (text.size() <= kMostBytes) continue;
    problem = fmt::format("cannot read {}: it is larger than 1 GiB", path);
    return false;
  }
  if (std::ferror(file.get()) == 0) return true;
  problem = failure("read", path);
  return false;
}

bool write_new(const std::string& path, std::string_view text, std::string& problem) {
  // "x": fails where something of that name is there, at the same moment as it is made.
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "wbex"));
  if (file == nullptr && errno == EEXIST) {
    problem = fmt::format("{} is there already; name another file", path);
    return false;
  }
  const bool is_written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() &&
                          std::fflush(file.get()) == 0;
  if (!is_written) problem = failure("write", path);
  return is_written;
}

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool is_rule_file(std::string_view path) { return path.ends_with(".psdl") || path.ends_with(".rego"); }
bool is_data_file(std::string_view path) {
  return path.ends_with(".json") || path.ends_with(".yaml") || path.ends_with(".yml");
}

bool find_files(const std::string& path, std::vector<TextFile>& files, std::string& problem) {
  std::vector<std::string> paths;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    std::size_t entries = 0;
    for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
      if (++entries > kMostEntries) {
        problem = fmt::format("{} holds more than {} files; name a folder of rules", path, kMostEntries);
        return false;
      }
      const std::string found = at->path().string();
      if (at->is_regular_file(error) && is_rule_file(found) && !is_test(at->path())) paths.push_back(found);
    }
    if (error) problem = fmt::format("cannot read {}: {}", path, error.message());
    if (!error && paths.empty()) problem = fmt::format("{} holds no rule file (*.psdl, *.rego)", path);
    if (!problem.empty()) return false;
  } else {
    paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& one : paths) {
    TextFile file{one, path, {}, {}};
    if (!read_text(one, file.text, problem)) return false;
    file.saved_text = file.text;
    std::erase_if(files, [&](const TextFile& other) { return other.path == one; });
    files.push_back(std::move(file));
  }
  return true;
}

std::vector<std::string> paths_beginning_with(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator at(folder.empty() ? "." : folder, error), end; !error && at != end; at.increment(error)) {
    const std::string file = at->path().filename().string();
    const std::string name = folder + file;
    std::error_code unread;
    if (!name.starts_with(path) || (file.starts_with('.') && !path.ends_with('.'))) continue;
    found.push_back(at->is_directory(unread) ? name + "/" : name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace psdl::repl
