// psdl version, and where each setting comes from.
#include <fmt/format.h>

#include "cli/output.hpp"
#include "cli/settings.hpp"
#include "cli/verbs.hpp"

namespace psdl::cli {
namespace {

using triage::SettingInfo;

// What counts where nobody says anything.
std::string_view default_of(std::string_view key) {
  struct Row {
    std::string_view key;
    std::string_view value;
  };
  constexpr Row rows[] = {
      {"kubeVersion", "latest"}, {"failOn", "error"},     {"minSeverity", "note"}, {"output", "[text]"},
      {"inlineIgnores", "true"}, {"expectPods", "false"}, {"raw", "false"},        {"jobs", "1"}};
  for (const Row& row : rows) {
    if (row.key == key) return row.value;
  }
  return "-";
}

std::string tree_text(const Configuration::File& file, std::string_view key, std::uint32_t& line) {
  if (key == "parameters") {
    line = file.settings.parameters_place.line;
    return file.settings.parameters_json;
  }
  if (key == "exceptions") {
    line = file.settings.exceptions.front().place.line;
    return std::to_string(file.settings.exceptions.size());
  }
  line = file.settings.rules.front().place.line;
  std::string text;
  for (const triage::RuleSetting& rule : file.settings.rules)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", rule.rule, rule.severity);
  return "{" + text + "}";
}

// "failOn: never  # psdl.yaml:1"
std::string setting_line(const Configuration& configuration, const SettingInfo& info) {
  const char* given = info.flag.empty() ? nullptr : environment_value(info.flag);
  // The flag of the switch that is on turns it off.
  const bool is_turned = info.flag.starts_with("--no-");
  if (given != nullptr)
    return fmt::format("{}: {}{}  # {}", info.key, is_turned ? "not " : "", given, environment_name(info.flag));
  const Configuration::File* file = configuration.file_of(info.key);
  if (file == nullptr) return fmt::format("{}: {}  # default", info.key, default_of(info.key));
  std::uint32_t line = 0;
  std::string text;
  if (info.kind == SettingInfo::Kind::Tree) {
    text = tree_text(*file, info.key, line);
  } else {
    const std::vector<triage::Written>& values = file->settings.values.find(info.key)->second;
    if (!values.empty()) line = values.front().place.line;
    for (const triage::Written& one : values) text += (text.empty() ? "" : ", ") + one.value;
    if (info.kind == SettingInfo::Kind::List) text = "[" + text + "]";
  }
  return fmt::format("{}: {}  # {}:{}", info.key, text, file->path, line);
}

}  // namespace

int run_version(const Words& words) {
  Arguments arguments(
      "version", "",
      "Prints the version; with --config every setting of psdl.yaml, its value, and where that comes from.", "");
  Globals globals;
  bool shows_settings = false;
  arguments.flag("--config", shows_settings,
                 "print all settings with their origins: environment, psdl.yaml, the user's file, default");
  arguments.globals(globals, "text|json");
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  Output out;
  if (shows_settings) {
    Configuration configuration;
    const bool is_fine = configuration.load({}, globals);
    for (const SettingInfo& info : triage::setting_infos())
      out.write(tools::escape_for_terminal(setting_line(configuration, info)) + "\n");
    return out.finish() && is_fine ? kClean : kError;
  }
  if (globals.format() == "json") {
    out.write(fmt::format(
        "{{\"name\":\"psdl\",\"version\":\"{}\",\"language\":\"rego.v2\",\"compatible\":\"OPA 1.22\"}}\n", version()));
  } else {
    out.write(fmt::format("psdl {} (Rego as OPA 1.22 defines it, with rego.v2)\n", version()));
  }
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
