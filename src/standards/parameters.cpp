// Names first of rules, then of their parameters.
#include "psdl/parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/parameters_read.hpp"
#include "engine/policy.hpp"
#include "psdl/standards.hpp"
#include "psdl/tools/rule_pages.hpp"
#include "triage/config_text.hpp"

namespace psdl {
namespace {

using Names = std::set<std::string>;

// The ids of extra rules by what their parameters stand under, which is their folder: "rules/extra/NAME/rule.psdl".
std::map<std::string, std::vector<std::string>> extra_rules() {
  std::map<std::string, std::vector<std::string>> ids;
  for (const RuleInfo& rule : shipped_rules()) {
    if (!rule.level.empty()) continue;
    const std::string folder = rule.file.substr(0, rule.file.rfind('/'));
    ids[folder.substr(folder.rfind('/') + 1)].push_back(rule.id);
  }
  return ids;
}

std::string_view nearest(std::string_view name, const Names& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  return triage::likely(name, views);
}

void refuse(const triage::Place& place, std::string message, std::string_view near, std::string_view help,
            DiagnosticList& problems) {
  triage::add_problem(problems, true, "unknown_setting", std::move(message) + triage::did_you_mean(near), place, help);
}

}  // namespace

bool check_parameters(const Policy& policy, std::span<const triage::ParameterSetting> settings, RulesHere rules,
                      DiagnosticList& problems) {
  const Policy::Impl* impl = policy.impl().get();
  while (impl->checked == nullptr && impl->base != nullptr) impl = impl->base.get();
  if (impl->checked == nullptr || settings.empty()) return true;
  const std::size_t before = problems.error_count();
  const auto extra = extra_rules();
  Names known = parameters_rules(*impl->checked);
  for (const auto& [name, ids] : extra) known.insert(name);
  for (const triage::ParameterSetting& setting : settings) {
    const ParametersRead read = parameters_read(*impl->checked, setting.rule);
    if (read.all) continue;
    if (!known.contains(setting.rule)) {
      const std::string_view near = nearest(setting.rule, known);
      if (rules == RulesHere::All || !near.empty())
        refuse(setting.place, fmt::format("no rule has parameters under `{}`", setting.rule), near,
               "they stand under the folder of an extra rule, or what a rule reads below data.psdl.parameters",
               problems);
      continue;
    }
    Names names = read.names;
    if (const auto found = extra.find(setting.rule); found != extra.end()) {
      for (const std::string& id : found->second) {
        for (const tools::RuleParameter& one : tools::rule_parameters(id)) names.insert(one.name);
      }
    }
    for (const triage::Written& name : setting.names) {
      if (names.contains(name.value)) continue;
      const std::string help =
          names.empty() ? std::string("it has none") : fmt::format("they are {}", fmt::join(names, ", "));
      refuse(name.place, fmt::format("`{}` has no parameter `{}`", setting.rule, name.value),
             nearest(name.value, names), help, problems);
    }
  }
  return problems.error_count() == before;
}

}  // namespace psdl
