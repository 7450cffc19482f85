// Walks in the order of Go's library: the names of a directory sorted, each directory's files where its name stands.
#include "cli/gator_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/inputs.hpp"
#include "cli/output.hpp"

namespace psdl::cli {
namespace {

namespace fs = std::filesystem;

enum class Depth : std::uint8_t { Flat, Whole };

// 0, or errno.
int look_at(const std::string& path, struct stat& status) {
  return ::stat(path.c_str(), &status) == 0 ? 0 : errno;
}

// Go's filepath.Ext.
std::string extension_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos || (slash != std::string::npos && dot < slash) ? std::string() : path.substr(dot);
}

bool is_yaml(const std::string& path) {
  const std::string extension = extension_of(path);
  return extension == ".yaml" || extension == ".yml";
}
bool is_object_file(const std::string& path) {
  return is_yaml(path) || extension_of(path) == ".json";
}

bool walk(const std::string& directory, Depth depth, bool (*takes)(const std::string&),
          std::vector<std::string>& files) {
  std::error_code failure;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(directory, failure), end; !failure && it != end; it.increment(failure))
    entries.push_back(*it);
  if (failure) return false;
  std::sort(entries.begin(), entries.end());
  for (const fs::directory_entry& entry : entries) {
    const std::string path = entry.path().lexically_normal().string();
    std::error_code ignored;
    if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) {
      if (depth == Depth::Whole && !walk(path, depth, takes, files)) return false;
    } else if (takes(path)) {
      files.push_back(path);
    }
  }
  return true;
}

std::string without_slash(const std::string& path) {
  return path.starts_with('/') ? path.substr(1) : path;
}

// What gator shows for a file: the argument, and what follows the first place in the path where its text occurs, less
// leading `/` and `./`. False where it does not occur.
bool name_as_gator(const std::string& argument, const std::string& path, std::string& shown) {
  std::string cut = argument;
  if (cut.starts_with('/')) cut.erase(0, 1);
  while (cut.starts_with("./") || cut.starts_with("../")) cut.erase(0, cut.find('/') + 1);
  const std::string whole = without_slash(path);
  const std::size_t at = whole.find(cut);
  if (at == std::string::npos) {
    shown = fmt::format("could not find {} in {}", cut, whole);
    return false;
  }
  shown = argument + whole.substr(at + cut.size());
  return true;
}

}  // namespace

std::string system_word(int failure) {
  std::string word = std::strerror(failure);
  word.front() = static_cast<char>(word.front() | 0x20);
  return word;
}

bool DiskFiles::read(const std::string& path, std::string& text, std::string& problem) const {
  return read_plain_file(path, text, problem);
}

bool find_gator_suites(const std::string& argument, std::vector<tools::SuiteFile>& files, std::string& error) {
  constexpr std::string_view kAll = "/...";
  const bool is_whole = argument.ends_with(kAll) || argument == "...";
  const std::string target = is_whole ? argument.substr(0, argument.size() - 3) : argument;
  const std::string path = absolute_path(target.empty() ? "." : target);
  struct stat status {};
  if (const int failure = look_at(path, status); failure != 0) {
    error = fmt::format("stat {}: {}", without_slash(path), system_word(failure));
    return false;
  }
  std::vector<std::string> found;
  if (!S_ISDIR(status.st_mode)) {
    if (is_whole) {
      error = fmt::format("can only recursively traverse directories, not a directory: \"{}\"", without_slash(path));
      return false;
    }
    if (!is_yaml(path)) {
      error = fmt::format("unsupported extension: \"{}\"", extension_of(path));
      return false;
    }
    found.push_back(path);
  } else if (!walk(path, is_whole ? Depth::Whole : Depth::Flat, is_yaml, found)) {
    error = fmt::format("open {}: {}", without_slash(path), system_word(EACCES));
    return false;
  }
  for (const std::string& file : found) {
    tools::SuiteFile& made = files.emplace_back();
    made.path = file;
    if (!name_as_gator(target, file, made.shown)) made.problem = made.shown;
  }
  return true;
}

bool read_gator_files(const std::vector<std::string>& names, std::vector<tools::NamedText>& files, std::string& error) {
  for (const std::string& name : names) {
    struct stat status {};
    if (const int failure = look_at(name, status); failure != 0) {
      error = fmt::format("reading: reading from filenames: stat on path \"{}\": stat {}: {}", name, name,
                          system_word(failure));
      return false;
    }
    std::vector<std::string> found;
    if (S_ISDIR(status.st_mode)) {
      if (!walk(name, Depth::Whole, is_object_file, found)) {
        error = fmt::format("reading: reading from filenames: normalizing filenames: filename \"{}\": walking: {}",
                            name, system_word(EACCES));
        return false;
      }
    } else if (is_object_file(name)) {
      found.push_back(name);
    } else {
      error =
          fmt::format("reading: reading from filenames: path \"{}\" must be of extensions: [.yaml .yml .json]", name);
      return false;
    }
    for (const std::string& path : found) {
      tools::NamedText& file = files.emplace_back();
      file.name = path;
      std::string problem;
      if (read_plain_file(path, file.text, problem)) continue;
      error = fmt::format("reading: reading from filenames: opening file \"{}\": open {}: {}", path, path, problem);
      return false;
    }
  }
  struct stat status {};
  if (::fstat(0, &status) != 0 || S_ISCHR(status.st_mode)) return true;
  tools::NamedText& file = files.emplace_back();
  std::string problem;
  if (read_file("-", file.text, problem)) return true;
  error = fmt::format("reading: reading from stdin: reading: {}", problem);
  return false;
}

bool find_suites(const std::vector<std::string>& names, std::vector<tools::SuiteFile>& files) {
  constexpr std::string_view kAll = "/...";
  std::vector<std::string> plain;
  for (const std::string& name : names)
    plain.push_back(name.ends_with(kAll) ? name.substr(0, name.size() - kAll.size()) : name);
  InputSet inputs;
  if (!find_inputs(plain, inputs)) return false;
  for (const InputFile& input : inputs.files) {
    struct stat status {};
    if (const int failure = look_at(input.path, status); failure != 0) {
      complain(fmt::format("cannot read {}: {}", tools::escape_for_terminal(input.path), system_word(failure)));
      return false;
    }
    if (!input.from_directory || is_yaml(input.path)) files.push_back({absolute_path(input.path), input.path, {}});
  }
  return true;
}

bool read_files(const std::vector<std::string>& names, std::vector<tools::NamedText>& files) {
  InputSet inputs;
  if (!find_inputs(names, inputs)) return false;
  for (const std::string& remark : inputs.remarks) tell("note: " + tools::escape_for_terminal(remark) + "\n");
  for (const InputFile& input : inputs.files) {
    tools::NamedText& file = files.emplace_back();
    file.name = input.path;
    std::string problem;
    if (read_file(input.path, file.text, problem)) continue;
    complain(problem);
    return false;
  }
  return true;
}

}  // namespace psdl::cli
