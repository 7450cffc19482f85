#include "cli/template_inputs.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <set>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "psdl/tools/tests.hpp"

namespace psdl::cli {

bool read_judged_files(const std::vector<std::string>& names, bool is_quiet,
                       std::vector<tools::NamedText>& files) {
  InputSet inputs;
  if (!find_inputs(names, inputs)) return false;
  for (const std::string& remark : inputs.remarks) tell("note: " + tools::escape_for_terminal(remark) + "\n");
  std::vector<tools::NamedText> read;
  std::set<std::string> cases;  // absolute
  std::string example;
  for (const InputFile& input : inputs.files) {
    tools::NamedText& file = read.emplace_back();
    file.name = input.path;
    std::string problem;
    if (!read_file(input.path, file.text, problem)) {
      complain(problem);
      return false;
    }
    if (!input.from_directory) continue;
    const std::optional<std::vector<std::string>> objects = tools::suite_objects(file);
    if (!objects && !tools::is_cases_file(file.name, file.text)) continue;
    cases.insert(absolute_path(file.name));
    example = file.name;
    // What a suite borrows from elsewhere, such as the manifests it guards, is no case of its own.
    const std::filesystem::path folder = std::filesystem::path(absolute_path(file.name)).parent_path();
    for (const std::string& object : objects ? *objects : std::vector<std::string>()) {
      const std::string path = absolute_path((folder / object).string());
      if (path.starts_with(folder.string() + "/")) cases.insert(path);
    }
  }
  std::size_t passed_over = 0;
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (inputs.files[i].from_directory && cases.contains(absolute_path(read[i].name))) {
      ++passed_over;
    } else {
      files.push_back(std::move(read[i]));
    }
  }
  if (passed_over > 0 && !is_quiet) {
    tell(fmt::format("note: {} passed over: cases of tests, as {} lists them; psdl test runs those\n",
                     tools::plural(passed_over, "file"), tools::escape_for_terminal(example)));
  }
  return true;
}

std::string template_hint(const std::string& path) {
  const bool is_directory = kind_of(path) == FileKind::Directory;
  std::vector<std::string> files;
  if (path == "-" || !find_all_files(path, files)) return {};
  for (const std::string& file : files) {
    std::string text;
    std::string problem;
    if (kind_of(file) != FileKind::Data || !read_file(file, text, problem)) continue;
    const auto has = [&](std::string_view word) { return text.find(word) != std::string::npos; };
    if (!has("ConstraintTemplate") || !has("templates.gatekeeper.sh")) continue;
    return fmt::format("; {} is a ConstraintTemplate: psdl template test {} MANIFEST.. judges by it",
                       is_directory ? file : "it", path);
  }
  return {};
}

}  // namespace psdl::cli
