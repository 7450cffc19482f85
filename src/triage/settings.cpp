// The rows of psdl.yaml, and the file read by them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "triage/config_text.hpp"
#include "triage/exceptions.hpp"
#include "value/text.hpp"

namespace psdl::triage {
namespace {

using Kind = SettingInfo::Kind;

constexpr std::string_view kSeverities[] = {"error", "warning", "note", "off"};

constexpr SettingInfo kSettings[] = {
    {"level", Kind::Text, "--level", "", "privileged, baseline, restricted, or a level file"},
    {"kubeVersion", Kind::Text, "--kube-version", "", "the version of the standards: latest, v1.34"},
    {"extra", Kind::List, "--extra", "", "extra rules that come with psdl, by id"},
    {"packs", Kind::List, "--pack", "", "rules of one's own: files or directories"},
    {"parameters", Kind::Tree, "", "", "a map by rule, for data.psdl.parameters"},
    {"rules", Kind::Tree, "", "", "severities by rule id; off takes a rule out"},
    {"failOn", Kind::Text, "--fail-on", "error|warning|note|never", "findings that make the exit status 1"},
    {"minSeverity", Kind::Text, "--min-severity", "error|warning|note", "findings below it are not shown"},
    {"maxFindings", Kind::Number, "--max-findings", "", "findings that are shown"},
    {"output", Kind::List, "--output", "", "formats, each perhaps with =PATH"},
    {"exclude", Kind::List, "--exclude", "", "patterns of files that are passed over in directories"},
    {"baseline", Kind::Text, "--baseline", "", "a file of findings that do not count"},
    {"exceptions", Kind::Tree, "--exceptions", "", "findings that do not count, with reason and owner"},
    {"inlineIgnores", Kind::Switch, "--no-inline-ignore", "", "whether `# psdl:ignore` is honoured"},
    {"expectPods", Kind::Switch, "--expect-pods", "", "whether a run without any pod is an error"},
    {"raw", Kind::Switch, "--raw", "", "whether API defaulting is left out"},
    {"jobs", Kind::Number, "--jobs", "", "threads"},
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

class SettingsReader {
 public:
  SettingsReader(ConfigText& config, Settings& settings, DiagnosticList& problems)
      : config_(config), settings_(settings), problems_(problems) {}

  void run() {
    if (config_.root().is_null()) return;
    const Object* object = config_.object(config_.root(), "the configuration");
    if (object == nullptr) return;
    std::vector<std::string_view> keys;
    for (const SettingInfo& info : kSettings) keys.push_back(info.key);
    config_.check_keys(*object, keys, "the configuration");
    for (const SettingInfo& info : kSettings) {
      const Value* value = object->find_text(info.key);
      if (value != nullptr) take(info, *value);
    }
  }

 private:
  void take(const SettingInfo& info, const Value& value) {
    switch (info.kind) {
      case Kind::List:
        if (auto list = config_.scalars(value, info.key)) settings_.values.emplace(info.key, std::move(*list));
        return;
      case Kind::Tree: take_tree(info.key, value); return;
      case Kind::Switch:
        if (!value.is_boolean()) {
          config_.error("bad_setting", fmt::format("`{}` is true or false", info.key), value);
          return;
        }
        break;
      case Kind::Number:
        if (!value.is_int() || value.as_int() < 0) {
          config_.error("bad_setting", fmt::format("`{}` is a number", info.key), value);
          return;
        }
        break;
      case Kind::Text:
        // 1.30 without quotes is the number 1.3.
        if (!value.is_number()) break;
        config_.error("bad_setting", fmt::format("`{}` is a text, and this is a number", info.key), value,
                      "put it in quotes");
        return;
    }
    std::optional<Written> one = config_.scalar(value, info.key);
    if (!one) return;
    const std::vector<std::string_view> allowed = split(info.allowed, '|');
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), one->value) == allowed.end()) {
      config_.error("bad_setting",
                    fmt::format("`{}` takes {}, not `{}`{}", info.key, fmt::join(allowed, ", "), one->value,
                                did_you_mean(likely(one->value, allowed))),
                    value);
      return;
    }
    settings_.values[std::string(info.key)].push_back(std::move(*one));
  }

  void take_tree(std::string_view key, const Value& value) {
    if (key == "exceptions") {
      take_exceptions(config_, value, settings_.exceptions, problems_);
      return;
    }
    const Object* object = config_.object(value, fmt::format("`{}`", key));
    if (object == nullptr) return;
    if (key == "parameters") {
      settings_.parameters = config_.parameters(*object);
      settings_.parameters_json = to_json(value);
      settings_.parameters_place = config_.place_of_field(value);
      return;
    }
    for (std::uint32_t i = 0; i < object->size(); ++i) {
      const Value& severity = object->values()[i];
      std::optional<Written> word = config_.scalar(severity, object->keys()[i].as_string());
      if (!word) continue;
      if (severity.is_false()) word->value = "off";  // YAML's `off`
      if (std::find(std::begin(kSeverities), std::end(kSeverities), word->value) == std::end(kSeverities)) {
        config_.error("bad_setting",
                      fmt::format("a rule is of severity error, warning or note, or off, not `{}`{}", word->value,
                                  did_you_mean(likely(word->value, kSeverities))),
                      severity);
        continue;
      }
      settings_.rules.push_back(
          {std::string(object->keys()[i].as_string()), word->value, config_.place_of_field(severity)});
    }
  }

  ConfigText& config_;
  Settings& settings_;
  DiagnosticList& problems_;
};

void check_id(std::string_view id, const Place& place, std::span<const std::string> known,
              std::span<const std::string_view> views, DiagnosticList& problems) {
  if (std::any_of(known.begin(), known.end(), [&](const std::string& one) { return matches(id, one); })) return;
  add_problem(problems, true, "unknown_rule",
              fmt::format("no rule has the id `{}`{}", id, did_you_mean(likely(id, views))), place);
}

}  // namespace

std::span<const SettingInfo> setting_infos() {
  return kSettings;
}

bool read_settings(std::string_view file, std::string_view text, Settings& settings, DiagnosticList& problems) {
  const std::size_t before = problems.error_count();
  ConfigText config(file, text, problems);
  if (config.is_read()) SettingsReader(config, settings, problems).run();
  return problems.error_count() == before;
}

bool check_rule_ids(const Settings& settings, std::span<const std::string> known, DiagnosticList& problems) {
  const std::size_t before = problems.error_count();
  const std::vector<std::string_view> views(known.begin(), known.end());
  for (const RuleSetting& rule : settings.rules) check_id(rule.rule, rule.place, known, views, problems);
  for (const Exception& exception : settings.exceptions)
    check_id(exception.rule, exception.place, known, views, problems);
  return problems.error_count() == before;
}

}  // namespace psdl::triage
