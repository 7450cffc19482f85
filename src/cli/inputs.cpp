// Walks over directories and reads files; no other file of this layer opens one for reading.
#include "cli/inputs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <system_error>

#include "cli/output.hpp"
#include "cli/template_inputs.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::cli {
namespace {

namespace fs = std::filesystem;

bool has_extension(const std::string& path, std::initializer_list<std::string_view> extensions) {
  return std::any_of(extensions.begin(), extensions.end(),
                     [&](std::string_view extension) { return path.ends_with(extension); });
}

bool is_rule_file(const std::string& path) { return has_extension(path, {".psdl", ".rego"}); }
bool is_data_file(const std::string& path) { return has_extension(path, {".json", ".yaml", ".yml"}); }
bool is_test_file(const std::string& path) { return has_extension(path, {"_test.psdl", "_test.rego"}); }

// All files below that `takes`, sorted; hidden names and the folders that `enter` refuses are left out. Symbolic links
// to directories are not followed.
template <class Enter, class Takes>
bool walk(const std::string& directory, std::vector<std::string>& files, Enter enter, Takes takes) {
  std::error_code failure;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(directory, failure), end; !failure && it != end; it.increment(failure))
    entries.push_back(*it);
  if (failure) {
    complain(fmt::format("cannot read directory {}: {}", directory, failure.message()));
    return false;
  }
  // Of one folder: their texts have the order of their names.
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.path().native() < b.path().native(); });
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.')) continue;
    std::error_code ignored;
    if (entry.is_directory(ignored)) {
      if (entry.is_symlink(ignored)) continue;
      if (enter(entry.path()) && !walk(entry.path().string(), files, enter, takes)) return false;
    } else if (takes(entry.path())) {
      // A link to nothing is passed on: who reads it tells. Reading a pipe or a device might never end.
      if (!entry.is_regular_file(ignored) && entry.exists(ignored)) {
        complain(fmt::format("cannot read {}: it is no regular file", entry.path().string()));
        return false;
      }
      files.push_back(entry.path().string());
    }
  }
  return true;
}

template <class Enter>
bool walk(const std::string& directory, std::vector<std::string>& files, Enter enter) {
  return walk(directory, files, enter, [](const fs::path&) { return true; });
}

bool exists(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// The names that a run is given, found one after the other.
class InputFinder {
 public:
  InputFinder(InputSet& inputs, const InputRules& rules) : inputs_(inputs), rules_(rules) {
    if (rules_.reads_ignore_files) add_ignore_file(".");
  }

  bool add(const std::string& name) {
    if (name != "-" && is_directory(name)) return add_directory(name);
    if (name != "-" && !exists(name) && name.find_first_of("*?[") != std::string::npos) return add_pattern(name);
    inputs_.files.push_back({name, false});
    return true;
  }

 private:
  bool add_directory(const std::string& directory) {
    std::vector<std::string> files;
    const std::size_t ignored_before = inputs_.ignored;
    if (rules_.reads_ignore_files && absolute_path(directory) != absolute_path(".")) add_ignore_file(directory);
    const auto takes = [&](const fs::path& file) {
      return is_data_file(file.string()) && !is_ignored(file, false) && !is_chart_values(file);
    };
    if (!walk(directory, files, [&](const fs::path& folder) { return enters(folder); }, takes)) return false;
    for (std::string& file : files) inputs_.files.push_back({std::move(file), true});
    if (files.empty() && inputs_.remarks.empty()) {
      const std::size_t ignored = inputs_.ignored - ignored_before;
      const std::string_view why = ignored == 0
                                       ? "nothing there is named *.yaml, *.yml or *.json"
                                       : "all of it is excluded (--no-ignore reads what .psdlignore takes out)";
      complain(fmt::format("no manifests in {}: {}", directory, why));
      return false;
    }
    return true;
  }

  bool add_pattern(const std::string& pattern) {
    glob_t found{};
    const int result = ::glob(pattern.c_str(), 0, nullptr, &found);
    bool is_fine = result == 0;
    if (!is_fine) complain(fmt::format("`{}` matches no file", pattern));
    for (std::size_t i = 0; is_fine && i < found.gl_pathc; ++i) {
      const std::string path = found.gl_pathv[i];
      if (is_directory(path)) {
        is_fine = add_directory(path);
      } else {
        inputs_.files.push_back({path, false});
      }
    }
    ::globfree(&found);
    return is_fine;
  }

  bool enters(const fs::path& folder) {
    if (is_ignored(folder, true)) return false;
    if (folder.filename() == "templates" && exists((folder.parent_path() / "Chart.yaml").string())) {
      inputs_.remarks.push_back(
          fmt::format("{}: templates of a Helm chart are no manifests; render them: helm template {} | {}",
                      folder.string(), folder.parent_path().string(), rules_.command));
      return false;
    }
    if (rules_.reads_ignore_files) add_ignore_file(folder.string());
    return true;
  }

  // A chart's values may have any key, `kind` too; one with an `apiVersion` beside it is judged all the same.
  bool is_chart_values(const fs::path& file) {
    if (file.filename() != "values.yaml" || !exists((file.parent_path() / "Chart.yaml").string())) return false;
    std::string text;
    std::string problem;
    if (!read_file(file.string(), text, problem) || text.find("apiVersion") != std::string::npos) return false;
    inputs_.remarks.push_back(fmt::format("{}: the values of a Helm chart are no manifest", file.string()));
    return true;
  }

  void add_ignore_file(const std::string& folder) {
    const std::string path = (fs::path(folder) / ".psdlignore").string();
    std::string text;
    std::string problem;
    if (exists(path) && read_file(path, text, problem)) ignore_files_.add(text, absolute_path(folder) + "/");
  }

  bool is_ignored(const fs::path& path, bool is_folder) {
    const bool has_excludes = rules_.exclude != nullptr && !rules_.exclude->empty();
    if (!has_excludes && ignore_files_.empty()) return false;
    const std::string whole = absolute_path(path.string());
    const bool is_out =
        (has_excludes && rules_.exclude->is_ignored(whole, is_folder)) || ignore_files_.is_ignored(whole, is_folder);
    if (is_out) ++inputs_.ignored;
    return is_out;
  }

  InputSet& inputs_;
  const InputRules& rules_;
  triage::IgnorePatterns ignore_files_;
};

// What is named twice, by itself or in its folder, is one file.
void keep_first_of_each(std::vector<InputFile>& files) {
  std::map<std::string, std::size_t> places;
  std::vector<InputFile> kept;
  for (InputFile& file : files) {
    const auto [at, is_new] = places.emplace(file.path == "-" ? file.path : absolute_path(file.path), kept.size());
    if (is_new) {
      kept.push_back(std::move(file));
    } else if (!file.from_directory) {
      kept[at->second].from_directory = false;
    }
  }
  files = std::move(kept);
}

bool add_source_file(PolicyBuilder& builder, const std::string& path, std::string_view named_as) {
  std::string text;
  std::string problem;
  if (!read_file(path, text, problem)) {
    complain(problem);
    return false;
  }
  if (is_program_image(text)) {
    builder.add_image(path, text);
  } else {
    builder.add_source(path, text, named_as);
  }
  return true;
}

// A program image is known by its first bytes, whatever its name.
bool begins_as_image(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  FileReader reader(path);
  char first[16];
  const std::ptrdiff_t got = reader.is_open() ? reader.function()(first, sizeof(first)) : 0;
  return got > 0 && is_program_image({first, static_cast<std::size_t>(got)});
}

bool add_data_file(PolicyBuilder& builder, const std::string& path, std::vector<std::string> root) {
  std::string text;
  std::string problem;
  if (!read_file(path, text, problem)) {
    complain(problem);
    return false;
  }
  builder.add_data(path, text, DocumentFormat::Auto, std::move(root));
  return true;
}

// "a.b" or "a/b" as steps.
std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(separators);
    if (end != 0) parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

}  // namespace

std::string absolute_path(const std::string& path) {
  std::error_code failure;
  std::string whole = fs::absolute(path, failure).lexically_normal().string();
  while (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
  return whole;
}

bool find_inputs(const std::vector<std::string>& names, InputSet& inputs, const InputRules& rules) {
  InputFinder finder(inputs, rules);
  if (!std::all_of(names.begin(), names.end(), [&](const std::string& name) { return finder.add(name); })) return false;
  if (names.size() > 1) keep_first_of_each(inputs.files);
  return true;
}

bool find_all_files(const std::string& path, std::vector<std::string>& files) {
  if (!exists(path)) {
    complain(fmt::format("cannot read {}: no such file or directory", tools::escape_for_terminal(path)));
    return false;
  }
  if (is_directory(path)) return walk(path, files, [](const fs::path&) { return true; });
  files.push_back(path);
  return true;
}

bool read_file(const std::string& path, std::string& text, std::string& problem) {
  FileReader reader(path);
  if (!reader.is_open()) {
    problem = reader.problem();
    return false;
  }
  const ReadFunction read = reader.function();
  // Through a buffer: growing the text by a piece first would write zeros to pages that a small file never needs.
  char piece[16 * 1024];
  text.clear();
  for (;;) {
    const std::ptrdiff_t got = read(piece, sizeof piece);
    if (got < 0) {
      problem = reader.problem();
      return false;
    }
    if (got == 0) return true;
    text.append(piece, static_cast<std::size_t>(got));
  }
}

bool read_plain_file(const std::string& path, std::string& text, std::string& problem) {
  struct stat status{};
  int failure = ::stat(path.c_str(), &status) != 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
  if (failure == 0) {
    if (read_file(path, text, problem)) return true;
    failure = errno != 0 ? errno : EIO;
  }
  problem = std::strerror(failure);
  problem.front() = static_cast<char>(problem.front() | 0x20);
  return false;
}

FileReader::FileReader(const std::string& path) {
  if (path == "-") {
    descriptor_ = 0;
    return;
  }
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  owns_ = true;
  if (descriptor_ < 0) problem_ = fmt::format("cannot read {}: {}", path, std::strerror(errno));
  struct stat status{};
  if (descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(descriptor_);
    descriptor_ = -1;
    problem_ = fmt::format("cannot read {}: it is a directory", path);
  }
}

FileReader::~FileReader() {
  if (owns_ && descriptor_ >= 0) ::close(descriptor_);
  if (spool_ >= 0) ::close(spool_);
}

ReadFunction FileReader::function() {
  return [this](char* buffer, std::size_t capacity) { return read(buffer, capacity); };
}

InputStream FileReader::stream() {
  return {function(), [this](std::uint64_t offset, std::string_view recent) { return keep(offset, recent); },
          [this](std::uint64_t offset) { return go_back(offset); }};
}

std::ptrdiff_t FileReader::read(char* buffer, std::size_t capacity) {
  const bool is_replay = spool_ >= 0 && replay_at_ < spool_end_;
  for (;;) {
    const ssize_t got = is_replay ? ::pread(spool_, buffer, std::min<std::uint64_t>(capacity, spool_end_ - replay_at_),
                                            static_cast<off_t>(replay_at_ - spool_begin_))
                                  : ::read(descriptor_, buffer, capacity);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || (got == 0 && is_replay)) {
      problem_ = std::strerror(errno);
      return -1;
    }
    if (is_replay) {
      replay_at_ += static_cast<std::uint64_t>(got);
      return got;
    }
    given_ += static_cast<std::uint64_t>(got);
    if (is_spooling_ && !append_to_spool({buffer, static_cast<std::size_t>(got)})) return -1;
    return got;
  }
}

bool FileReader::append_to_spool(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(spool_, bytes.data(), bytes.size(), static_cast<off_t>(spool_end_ - spool_begin_));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      problem_ = fmt::format("cannot write a temporary file: {}", std::strerror(errno));
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
    spool_end_ += static_cast<std::uint64_t>(put);
  }
  replay_at_ = spool_end_;
  return true;
}

bool FileReader::keep(std::uint64_t offset, std::string_view recent) {
  const off_t here = ::lseek(descriptor_, 0, SEEK_CUR);
  if (here >= 0) {
    is_regular_ = true;
    file_begin_ = static_cast<std::int64_t>(here) - static_cast<std::int64_t>(offset + recent.size());
    return true;
  }
  if (spool_ < 0) {
    const char* folder = std::getenv("TMPDIR");
    spool_ = ::open(folder == nullptr ? "/tmp" : folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool_ < 0) return false;
  }
  // Bytes that were given out of the spool are in it still, and what follows is joined to them.
  const bool is_joined = spool_end_ == given_ && spool_begin_ <= offset && spool_end_ > spool_begin_;
  is_spooling_ = true;
  if (is_joined) return true;
  spool_begin_ = offset;
  spool_end_ = offset;
  return ::ftruncate(spool_, 0) == 0 && append_to_spool(recent);
}

bool FileReader::go_back(std::uint64_t offset) {
  if (is_regular_) {
    if (::lseek(descriptor_, file_begin_ + static_cast<std::int64_t>(offset), SEEK_SET) >= 0) return true;
    problem_ = std::strerror(errno);
    return false;
  }
  is_spooling_ = false;
  replay_at_ = offset;
  return offset >= spool_begin_ && offset <= spool_end_;
}

FileKind kind_of(const std::string& path) {
  if (path == "-") return FileKind::Data;
  if (!exists(path)) return FileKind::Missing;
  if (is_directory(path)) return FileKind::Directory;
  if (is_rule_file(path) || begins_as_image(path)) return FileKind::Rules;
  if (is_data_file(path)) return FileKind::Data;
  return FileKind::Other;
}

bool add_rules(PolicyBuilder& builder, const std::string& path) {
  if (is_data_file(path)) {
    if (const std::string hint = template_hint(path); !hint.empty()) {
      complain(fmt::format("{} is no rule file (*.psdl, *.rego){}", path, hint));
      return false;
    }
  }
  if (!is_directory(path)) return add_source_file(builder, path, path);
  std::vector<std::string> files;
  if (!walk(path, files, [](const fs::path&) { return true; })) return false;
  bool any = false;
  for (const std::string& file : files) {
    if (!is_rule_file(file) || is_test_file(file)) continue;
    any = true;
    if (!add_source_file(builder, file, path)) return false;
  }
  if (!any)
    complain(fmt::format("no rules in {}: nothing there is named *.psdl or *.rego{}", path, template_hint(path)));
  return any;
}

namespace {

// "NAME:PATH" with the steps of NAME, or a path alone.
std::string split_prefix(const std::string& argument, std::vector<std::string>& steps) {
  const std::size_t colon = argument.find(':');
  if (exists(argument) || colon == std::string::npos || argument.substr(0, colon) == "file") return argument;
  steps = split(argument.substr(0, colon), "./");
  return argument.substr(colon + 1);
}

// Names of the folders between a directory and a file below it.
void add_folders(const std::string& directory, const std::string& file, std::vector<std::string>& steps) {
  for (const fs::path& step : fs::path(file).lexically_relative(directory).parent_path()) {
    if (step != ".") steps.push_back(step.string());
  }
}

}  // namespace

bool add_all_rules(PolicyBuilder& builder, const std::vector<std::string>& paths) {
  return std::all_of(paths.begin(), paths.end(), [&](const std::string& path) { return add_rules(builder, path); });
}

bool add_data_path(PolicyBuilder& builder, const std::string& argument, bool rules_are_named) {
  std::vector<std::string> root;
  const std::string path = split_prefix(argument, root);
  if (!is_directory(path)) {
    if (is_rule_file(path) || begins_as_image(path))
      return add_source_file(builder, path, rules_are_named ? std::string_view(path) : std::string_view());
    return add_data_file(builder, path, std::move(root));
  }
  std::vector<std::string> files;
  if (!walk(path, files, [](const fs::path&) { return true; })) return false;
  for (const std::string& file : files) {
    if (is_rule_file(file)) {
      if (!add_source_file(builder, file, rules_are_named ? std::string_view(path) : std::string_view())) return false;
    } else if (is_data_file(file)) {
      std::vector<std::string> place = root;
      add_folders(path, file, place);
      if (!add_data_file(builder, file, std::move(place))) return false;
    }
  }
  return true;
}

bool KnownFiles::add(const std::string& argument) {
  std::vector<std::string> root;
  const std::string path = split_prefix(argument, root);
  if (root.size() < 2 || root.front() != "input") root.insert(root.begin(), "data");
  const auto is_refused = [&](const std::string& file) {
    if (is_rule_file(file)) complain(fmt::format("--bind takes data, not rules: name {} with -d", file));
    return is_rule_file(file);
  };
  if (!is_directory(path)) return !is_refused(path) && add_file(path, std::move(root));
  std::vector<std::string> files;
  if (!walk(path, files, [](const fs::path&) { return true; })) return false;
  for (const std::string& file : files) {
    if (is_refused(file)) return false;
    if (!is_data_file(file)) continue;
    std::vector<std::string> place = root;
    add_folders(path, file, place);
    if (!add_file(file, std::move(place))) return false;
  }
  return true;
}

bool KnownFiles::add_all(const std::vector<std::string>& arguments) {
  return std::all_of(arguments.begin(), arguments.end(), [this](const std::string& argument) { return add(argument); });
}

bool KnownFiles::add_file(const std::string& name, std::vector<std::string> path) {
  std::string text;
  std::string problem;
  if (!read_file(name, text, problem)) {
    complain(problem);
    return false;
  }
  files_.push_back({name, std::move(text), std::move(path)});
  return true;
}

Policy KnownFiles::bind(const Policy& policy, DiagnosticList& problems) const {
  if (files_.empty() || !policy) return policy;
  std::vector<KnownDocument> documents;
  for (const File& file : files_) documents.push_back({file.name, file.text, DocumentFormat::Auto, file.path});
  return policy.bind(documents, problems);
}

}  // namespace psdl::cli
