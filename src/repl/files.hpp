// Files for the session. In: paths; out: texts, or why not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace psdl::repl {

struct TextFile {
  std::string path;
  std::string named_as;    // what the user named: the file, or the directory that it was found in
  std::string text;
  std::string saved_text;  // as the file has it; `text` differs where it was edited

  [[nodiscard]] bool is_changed() const { return text != saved_text; }
};

// False with `problem` set: "cannot read x: No such file or directory".
[[nodiscard]] bool read_text(const std::string& path, std::string& text, std::string& problem);
// There must be nothing of that name, not even a link.
[[nodiscard]] bool write_new(const std::string& path, std::string_view text, std::string& problem);
[[nodiscard]] bool is_there(const std::string& path);
[[nodiscard]] bool is_rule_file(std::string_view path);
[[nodiscard]] bool is_data_file(std::string_view path);
// A rule or data file, or of a directory all rule files, sorted, tests left out. They take the place of those that the
// list has already.
[[nodiscard]] bool find_files(const std::string& path, std::vector<TextFile>& files, std::string& problem);
// Files and folders (with a `/`) that a path may go on to, sorted.
[[nodiscard]] std::vector<std::string> paths_beginning_with(const std::string& path);

}  // namespace psdl::repl
