// Looks upward for psdl.yaml; no other file of this layer looks for configuration.
#include "cli/settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"

namespace psdl::cli {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// The working directory's, or one above it as far as the root of its git repository; outside of one the directories
// above belong to others.
std::string project_file() {
  std::error_code failure;
  const fs::path start = fs::current_path(failure);
  if (failure) return {};
  fs::path root;
  for (fs::path at = start;; at = at.parent_path()) {
    if (is_there(at / ".git")) root = at;
    if (!root.empty() || at == at.parent_path()) break;
  }
  for (fs::path at = start, shown;; at = at.parent_path(), shown = ".." / shown) {
    if (is_there(at / "psdl.yaml")) return (shown / "psdl.yaml").string();
    if (root.empty() || at == root) return {};
  }
}

std::string user_file() {
  const char* base = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  fs::path path;
  if (base != nullptr && *base != '\0') {
    path = base;
  } else if (home != nullptr && *home != '\0') {
    path = fs::path(home) / ".config";
  } else {
    return {};
  }
  path /= "psdl/config.yaml";
  return is_there(path) ? path.string() : std::string();
}

}  // namespace

std::string environment_name(std::string_view flag) {
  std::string name = "PSDL_";
  for (const char c : flag.substr(std::min(flag.find_first_not_of('-'), flag.size())))
    name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return name;
}

const char* environment_value(std::string_view flag) {
  const char* value = std::getenv(environment_name(flag).c_str());
  return value != nullptr && *value != '\0' ? value : nullptr;
}

bool Configuration::load(const std::string& named, const Globals& globals) {
  if (!named.empty()) return add(named, "project", globals);
  const std::string project = project_file();
  const std::string user = user_file();
  const bool is_fine = project.empty() || add(project, "project", globals);
  return (user.empty() || add(user, "user", globals)) && is_fine;
}

bool Configuration::add(const std::string& path, std::string_view what, const Globals& globals) {
  std::string text;
  std::string problem;
  if (!read_file(path, text, problem)) {
    complain(problem);
    return false;
  }
  File file;
  file.path = path;
  file.folder = path.substr(0, path.rfind('/') + 1);
  file.what = what;
  DiagnosticList problems;
  const bool is_fine = triage::read_settings(path, text, file.settings, problems);
  show(problems, globals);
  files_.push_back(std::move(file));
  return is_fine;
}

const Configuration::File* Configuration::file_of(std::string_view key) const {
  const auto has = [&](const File& file) {
    if (key == "rules") return !file.settings.rules.empty();
    if (key == "exceptions") return !file.settings.exceptions.empty();
    if (key == "parameters") return !file.settings.parameters_json.empty();
    return file.settings.values.find(key) != file.settings.values.end();
  };
  const auto at = std::find_if(files_.begin(), files_.end(), has);
  return at == files_.end() ? nullptr : &*at;
}

void Configuration::fill(std::string_view key, std::string& variable) const {
  const File* file = variable.empty() ? file_of(key) : nullptr;
  if (file != nullptr) variable = file->settings.values.find(key)->second.front().value;
}

void Configuration::fill(std::string_view key, std::vector<std::string>& variable) const {
  const File* file = variable.empty() ? file_of(key) : nullptr;
  if (file == nullptr) return;
  for (const triage::Written& one : file->settings.values.find(key)->second) variable.push_back(one.value);
}

void Configuration::fill_switch(std::string_view key, bool& variable) const {
  const File* file = file_of(key);
  if (file != nullptr) variable = file->settings.values.find(key)->second.front().value == "true";
}

void Configuration::fill_paths(std::string_view key, std::vector<std::string>& variable) const {
  const File* file = variable.empty() ? file_of(key) : nullptr;
  if (file == nullptr) return;
  for (const triage::Written& one : file->settings.values.find(key)->second) {
    const bool is_elsewhere = one.value.starts_with('/') || one.value.find("://") != std::string::npos;
    variable.push_back(is_elsewhere ? one.value : file->folder + one.value);
  }
}

}  // namespace psdl::cli
