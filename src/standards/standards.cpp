// Rule files into policies. In: a level and a version, or ids of extra rules; out: their sources, and what is bound to them.
#include "psdl/standards.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "standards/rule_files.hpp"

namespace psdl {
namespace {

// False, with an error for each id that none of the rules has.
bool are_known(std::span<const std::string> ids, bool of_levels, DiagnosticList& problems) {
  bool are_all = true;
  for (const std::string& id : ids) {
    std::string_view nearest;
    std::size_t least = 3;
    bool is_known = false;
    for (const RuleInfo& rule : shipped_rules()) {
      if (rule.level.empty() == of_levels) continue;
      is_known = is_known || rule.id == id;
      const std::size_t distance = edit_distance(id, rule.id);
      if (distance < least) {
        least = distance;
        nearest = rule.id;
      }
    }
    if (is_known) continue;
    are_all = false;
    problems.add_error("bad_rule_id", fmt::format("there is no {} `{}`", of_levels ? "rule of the standards" : "extra rule", id), {},
                       nearest.empty() ? std::string() : fmt::format("did you mean `{}`?", nearest));
  }
  return are_all;
}

bool holds(const std::vector<std::string>& ids, const std::string& id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

void bind_settings(PolicyBuilder& builder, Level level, const StandardVersion& version, bool admission) {
  builder.add_known("settings", settings_json(level, version.evaluated_minor(), admission), DocumentFormat::Json, {"data", "psdl", "settings", "pod_security"});
}

template <class Wanted>
void add_files(PolicyBuilder& builder, std::string_view named_as, Wanted is_wanted) {
  for (const RuleFile& file : rule_files()) {
    if (std::any_of(file.rules.begin(), file.rules.end(), is_wanted)) builder.add_source(file.name, file.text, named_as, Dialect::Psdl);
  }
}

}  // namespace

bool add_standard(PolicyBuilder& builder, const StandardOptions& options, DiagnosticList& problems) {
  if (!are_known(options.only, true, problems) || !are_known(options.without, true, problems)) return false;
  const std::vector<const RuleInfo*> rules = rules_of(options.level, options.version);
  add_files(builder, level_name(options.level), [&](const RuleInfo& rule) {
    const bool is_of_level = std::any_of(rules.begin(), rules.end(), [&](const RuleInfo* one) { return one->id == rule.id; });
    return is_of_level && (options.only.empty() || holds(options.only, rule.id)) && !holds(options.without, rule.id);
  });
  bind_settings(builder, options.level, options.version, options.admission);
  return true;
}

void add_levels(PolicyBuilder& builder, const StandardVersion& version, bool admission) {
  std::vector<const RuleInfo*> rules = rules_of(Level::Baseline, version);
  const std::vector<const RuleInfo*> of_restricted = rules_of(Level::Restricted, version);
  rules.insert(rules.end(), of_restricted.begin(), of_restricted.end());
  add_files(builder, level_name(Level::Restricted), [&](const RuleInfo& rule) {
    return std::any_of(rules.begin(), rules.end(), [&](const RuleInfo* one) { return one->id == rule.id; });
  });
  bind_settings(builder, Level::Restricted, version, admission);
}

std::string settings_json(Level level, std::uint32_t minor, bool admission) {
  return fmt::format(R"({{"level":"{}","version":{},"admission":{}}})", level_name(level), minor, admission);
}

bool add_extra(PolicyBuilder& builder, std::span<const std::string> ids, DiagnosticList& problems) {
  if (!are_known(ids, false, problems)) return false;
  add_files(builder, "extra", [&](const RuleInfo& rule) { return rule.level.empty() && std::find(ids.begin(), ids.end(), rule.id) != ids.end(); });
  return true;
}

}  // namespace psdl
