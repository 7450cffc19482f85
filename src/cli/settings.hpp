// psdl.yaml: which files count, and what they say where neither a flag nor the environment does. In: the working
// directory, --config; out: values with their origin.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "psdl/triage.hpp"

namespace psdl::cli {

class Configuration {
 public:
  struct File {
    std::string path;
    std::string folder;     // what relative paths in it are relative to; "" or with a `/` at the end
    std::string_view what;  // "project" or "user"
    triage::Settings settings;
  };

  // `named` by --config, alone; else the project's (psdl.yaml in the working directory or above it, up to the root of
  // the git repository) and then the user's
  // ($XDG_CONFIG_HOME/psdl/config.yaml). False, told, where one cannot be read.
  [[nodiscard]] bool load(const std::string& named, const Globals& globals);
  [[nodiscard]] const std::vector<File>& files() const { return files_; }

  // The first file that has the key; null where none has.
  [[nodiscard]] const File* file_of(std::string_view key) const;
  // Fill in what is empty.
  void fill(std::string_view key, std::string& variable) const;
  void fill(std::string_view key, std::vector<std::string>& variable) const;
  void fill_switch(std::string_view key, bool& variable) const;
  // The same for names of files; `oci://..` and such stay as they are.
  void fill_paths(std::string_view key, std::vector<std::string>& variable) const;

 private:
  [[nodiscard]] bool add(const std::string& path, std::string_view what, const Globals& globals);

  std::vector<File> files_;
};

// "--fail-on" as the environment has it: "PSDL_FAIL_ON".
[[nodiscard]] std::string environment_name(std::string_view flag);
// The value, where it is set and not empty.
[[nodiscard]] const char* environment_value(std::string_view flag);

}  // namespace psdl::cli
