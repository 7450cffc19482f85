// What the user named, as files. In: paths, directories, globs, `-`; out: files to read, in order, with what was passed
// over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/psdl.hpp"
#include "psdl/triage.hpp"

namespace psdl::cli {

struct InputFile {
  std::string path;           // "-" is standard input
  bool from_directory = false;
};

struct InputSet {
  std::vector<InputFile> files;
  std::vector<std::string> remarks;  // what was passed over, a line each
  std::size_t ignored = 0;           // files and folders that patterns took out
};

// What is passed over in directories; what is named on the command line never is.
struct InputRules {
  const triage::IgnorePatterns* exclude = nullptr;  // for absolute paths
  bool reads_ignore_files = false;  // .psdlignore: of the working directory, and of each folder for what is in it
  std::string_view command = "psdl eval RULE -";    // what reads rendered manifests, for the remark
};

// Directories give their *.yaml, *.yml and *.json, sorted by path; below a Chart.yaml the folder templates/ is passed
// over with a remark. False, with a message, where something named does not exist or a pattern matches nothing.
[[nodiscard]] bool find_inputs(const std::vector<std::string>& names, InputSet& inputs, const InputRules& rules = {});
// Every file below a directory, sorted, hidden names left out; a file alone. False, with a message, where there is none
// of that name.
[[nodiscard]] bool find_all_files(const std::string& path, std::vector<std::string>& files);
// Without `.` and `..` steps, from the root.
[[nodiscard]] std::string absolute_path(const std::string& path);

// A whole file (or "-"). False with `problem` set: "cannot read x: No such file or directory".
[[nodiscard]] bool read_file(const std::string& path, std::string& text, std::string& problem);

// The same; `problem` is the system's word alone: "no such file or directory".
[[nodiscard]] bool read_plain_file(const std::string& path, std::string& text, std::string& problem);

// Reads a file in pieces, and can go back in it: where it is a pipe, by way of a temporary file without a name that
// holds what may be asked for again.
class FileReader {
 public:
  explicit FileReader(const std::string& path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] ReadFunction function();
  [[nodiscard]] InputStream stream();

 private:
  std::ptrdiff_t read(char* buffer, std::size_t capacity);
  bool keep(std::uint64_t offset, std::string_view recent);
  bool go_back(std::uint64_t offset);
  bool append_to_spool(std::string_view bytes);

  int descriptor_ = -1;
  bool owns_ = false;
  std::string problem_;
  std::uint64_t given_ = 0;  // bytes read from the descriptor
  // A regular file: where the stream begins in it.
  bool is_regular_ = false;
  std::int64_t file_begin_ = 0;
  // Otherwise: bytes [spool_begin_, spool_end_) of the stream are in the temporary file.
  int spool_ = -1;
  std::uint64_t spool_begin_ = 0;
  std::uint64_t spool_end_ = 0;
  std::uint64_t replay_at_ = 0;  // the next byte to give, where it is in the spool
  bool is_spooling_ = false;
};

enum class FileKind { Rules, Data, Directory, Missing, Other };
// By its extension: `.psdl` and `.rego` are rules, `.json`, `.yaml`, `.yml` data. A file that begins as a program image
// is rules, whatever its name.
[[nodiscard]] FileKind kind_of(const std::string& path);

// Adds a rule file, a program image, or all rule files below a directory (tests, *_test.*, left out), as one name.
// False, with a message, where nothing is there.
[[nodiscard]] bool add_rules(PolicyBuilder& builder, const std::string& path);
[[nodiscard]] bool add_all_rules(PolicyBuilder& builder, const std::vector<std::string>& paths);
// As `opa eval -d`: rules as libraries, data rooted at the folder names below a directory; "prefix:path" puts a file at
// data.prefix.
[[nodiscard]] bool add_data_path(PolicyBuilder& builder, const std::string& path, bool rules_are_named);

// What --bind names: documents that are known before any manifest is seen. Each is placed as -d places data;
// "input.NAME:FILE" is a part of the input.
class KnownFiles {
 public:
  // False, with a message, where nothing can be read.
  [[nodiscard]] bool add(const std::string& argument);
  [[nodiscard]] bool add_all(const std::vector<std::string>& arguments);
  // The policy with them bound; as it was where there are none, empty, with `problems`, where they do not go together.
  [[nodiscard]] Policy bind(const Policy& policy, DiagnosticList& problems) const;
  // For a verb that takes them: the option, and what it says.
  static constexpr const char* kOption = "--bind";
  static constexpr const char* kHelp =
      "data that is known early, placed as --data does: the rules are made for it; input.NAME:FILE binds a part of the "
      "input";

 private:
  struct File {
    std::string name;
    std::string text;
    std::vector<std::string> path;
  };
  [[nodiscard]] bool add_file(const std::string& name, std::vector<std::string> path);

  std::vector<File> files_;
};

}  // namespace psdl::cli
