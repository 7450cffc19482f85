// The files that gator's commands look at. In: what stands on the command line; out: files in gator's order, or its
// words for what is wrong (SPEC 2, 11.1).
#pragma once

#include <string>
#include <vector>

#include "psdl/tools/gator.hpp"

namespace psdl::cli {

// Files that suites name, from the disk.
class DiskFiles final : public tools::FileSource {
 public:
  [[nodiscard]] bool read(const std::string& path, std::string& text, std::string& problem) const override;
};

// A file, the files directly in a directory, or with `/...` all below. False with `error`: `stat DIR/nowhere: no such
// file or directory`.
[[nodiscard]] bool find_gator_suites(const std::string& argument, std::vector<tools::SuiteFile>& files,
                                     std::string& error);
// Files (*.yaml, *.yml, *.json) and all such below directories, then standard input where it is no terminal. False with
// `error`: `reading: ..`.
[[nodiscard]] bool read_gator_files(const std::vector<std::string>& names, std::vector<tools::NamedText>& files,
                                    std::string& error);

// What Go calls an errno: "no such file or directory".
[[nodiscard]] std::string system_word(int failure);

// As psdl's other verbs look for files: directories with all below them, `/...` or not. False, with a message, where
// something named is not there.
[[nodiscard]] bool find_suites(const std::vector<std::string>& names, std::vector<tools::SuiteFile>& files);
[[nodiscard]] bool read_files(const std::vector<std::string>& names, std::vector<tools::NamedText>& files);

}  // namespace psdl::cli
