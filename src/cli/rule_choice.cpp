#include "cli/rule_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "psdl/parameters.hpp"

namespace psdl::cli {
namespace {

// Ids of rules that come with psdl, of a level or extra, that some pattern takes.
std::vector<std::string> shipped_ids(const Words& patterns, bool of_levels) {
  std::vector<std::string> ids;
  for (const RuleInfo& rule : shipped_rules()) {
    if (rule.level.empty() != of_levels && is_any_of(patterns, rule.id)) ids.push_back(rule.id);
  }
  return ids;
}

// The level that --level names, by its name or by a file of one's own. False, told, where it is none.
bool settle_level(RuleChoice& choice, std::optional<Level>& level, DiagnosticList& problems) {
  if (!names_level_file(choice.level)) {
    level = parse_level(choice.level, problems);
    return level.has_value();
  }
  choice.own = open_level_file(choice.level, problems);
  if (!choice.own) return false;
  level = choice.own->extends;
  if (choice.own->version) choice.standard.version = *choice.own->version;
  choice.extra.insert(choice.extra.end(), choice.own->extra.begin(), choice.own->extra.end());
  return true;
}

// Without a level and without rules of anybody's own the strictest level is meant.
bool settle_standard(RuleChoice& choice) {
  if (choice.level.empty() && choice.packs.empty() && choice.extra.empty()) choice.level = "restricted";
  DiagnosticList problems;
  const std::optional<StandardVersion> version =
      StandardVersion::parse(choice.kube_version.empty() ? "latest" : choice.kube_version, problems);
  if (version) choice.standard.version = *version;
  std::optional<Level> level;
  const bool is_level = choice.level.empty() || settle_level(choice, level, problems);
  show(problems, choice.globals);
  if (!version || !is_level) return false;
  choice.has_standard = level.has_value();
  choice.standard.level = level.value_or(Level::Restricted);
  choice.standard.admission = !choice.raw;
  choice.standard.only = shipped_ids(choice.rules, true);
  // An extra rule that is named by its whole id is asked for.
  for (const RuleInfo& rule : shipped_rules()) {
    if (rule.level.empty() && std::find(choice.rules.begin(), choice.rules.end(), rule.id) != choice.rules.end())
      choice.extra.push_back(rule.id);
  }
  choice.standard.without = shipped_ids(choice.skipped_rules, true);
  if (choice.own) {
    const std::vector<std::string> off = choice.own->without();
    choice.standard.without.insert(choice.standard.without.end(), off.begin(), off.end());
  }
  // Only rules of one's own are asked for.
  if (!choice.rules.empty() && choice.standard.only.empty()) choice.has_standard = false;
  return true;
}

void fill(RuleChoice& choice, const Configuration& configuration) {
  if (choice.level.empty()) {
    configuration.fill("level", choice.level);
    if (names_level_file(choice.level) && !choice.level.starts_with('/'))
      choice.level.insert(0, configuration.file_of("level")->folder);
  }
  if (choice.kube_version.empty()) {
    configuration.fill("kubeVersion", choice.kube_version);
    // People know their cluster as 1.34; on the command line and in labels it is v1.34.
    if (!choice.kube_version.empty() && choice.kube_version.front() >= '0' && choice.kube_version.front() <= '9')
      choice.kube_version.insert(0, "v");
  }
  configuration.fill("extra", choice.extra);
  configuration.fill_paths("packs", choice.packs);
  if (choice.baseline.empty()) {
    Words baseline;
    configuration.fill_paths("baseline", baseline);
    if (!baseline.empty()) choice.baseline = baseline.front();
  }
  bool inline_ignores = true;
  configuration.fill_switch("inlineIgnores", inline_ignores);
  choice.no_inline_ignore = choice.no_inline_ignore || !inline_ignores;
  if (!choice.raw) configuration.fill_switch("raw", choice.raw);
}

// Of the rules that run and of all that come with psdl: an exception for a rule of another level is no mistake.
std::vector<std::string> known_ids(const std::vector<std::string>& of_run) {
  std::vector<std::string> ids = of_run;
  for (const RuleInfo& rule : shipped_rules()) ids.push_back(rule.id);
  return ids;
}

// Misspelt ids of flags and of configuration. False, told, where there is one.
bool check_rule_names(const RuleChoice& choice, const triage::Options& triage, const std::vector<std::string>& known) {
  if (!check_ids("--rule", choice.rules, known) || !check_ids("--skip-rule", choice.skipped_rules, known)) return false;
  triage::Settings named;
  named.rules = triage.rules;
  named.exceptions = triage.exceptions;
  DiagnosticList problems;
  const bool are_known = triage::check_rule_ids(named, known, problems);
  show(problems, choice.globals);
  return are_known;
}

// A flag may have put other rules in place of those that psdl.yaml was written for.
RulesHere rules_here(const RuleChoice& choice, const Configuration& configuration) {
  Words packs;
  configuration.fill_paths("packs", packs);
  std::string level;
  configuration.fill("level", level);
  const bool has_packs = std::all_of(packs.begin(), packs.end(), [&](const std::string& pack) {
    return std::find(choice.packs.begin(), choice.packs.end(), pack) != choice.packs.end();
  });
  const bool has_level = !names_level_file(level) || choice.level.ends_with(level);
  return has_packs && has_level ? RulesHere::All : RulesHere::Some;
}

// Parameters that no rule reads. False, told, where there is one.
bool check_all_parameters(const RuleChoice& choice, const Configuration& configuration, const Policy& policy) {
  DiagnosticList problems;
  bool are_known = true;
  if (const Configuration::File* file = configuration.file_of("parameters"))
    are_known = check_parameters(policy, file->settings.parameters, rules_here(choice, configuration), problems);
  if (choice.own) are_known = check_parameters(policy, choice.own->parameters, RulesHere::All, problems) && are_known;
  show(problems, choice.globals);
  return are_known;
}

}  // namespace

void declare_rule_choice(Arguments& arguments, RuleChoice& choice) {
  arguments.value(
      "--level", choice.level,
      "a level of the standards, or a level file (default restricted, or none where packs are named)",
      "privileged|baseline|restricted|FILE");
  arguments.value("--kube-version", choice.kube_version, "version of the standards: latest (default), v1.34",
                  "VERSION");
  arguments.list("-p,--pack", choice.packs, "rules of your own: a file or a directory", "PATH");
  arguments.list("--extra", choice.extra,
                 "an extra rule that comes with psdl, by its id; `*` stands for any characters", "ID");
  arguments.list("--exceptions", choice.exception_files, "a file of exceptions, besides those of psdl.yaml", "FILE");
  arguments.value("--baseline", choice.baseline, "findings of this file do not count", "FILE");
  arguments.flag("--no-inline-ignore", choice.no_inline_ignore,
                 "`# psdl:ignore` and the annotation psdl.dev/ignore mean nothing");
  arguments.flag("--raw", choice.raw, "judge what is written, without what the API server would fill in");
  arguments.value("--now", choice.now,
                  "the time, for exceptions that expire and for time.now_ns: 2027-03-31T10:00:00Z", "TIME");
  arguments.value("--config", choice.config, "this file in place of psdl.yaml", "FILE");
}

bool settle_rule_choice(RuleChoice& choice, const Configuration& configuration) {
  fill(choice, configuration);
  if (!choice.now.empty()) {
    choice.now_ns = time_of_flag(choice.now);
    if (!choice.now_ns) return false;
  }
  return settle_standard(choice);
}

Policy build_policy(const RuleChoice& choice, const Configuration& configuration, const EngineOptions& engine,
                    const triage::Options& triage, const std::string& inventory) {
  const std::vector<std::string> shipped = known_ids({});
  if (!check_ids("--extra", choice.extra, shipped)) return {};
  const bool has_own_rules = !choice.packs.empty() || (choice.own && !choice.own->packs.empty());
  if (!has_own_rules && !check_rule_names(choice, triage, shipped)) return {};
  PolicyBuilder builder(engine);
  DiagnosticList problems;
  const bool is_added = (!choice.has_standard || add_standard(builder, choice.standard, problems)) &&
                        add_extra(builder, shipped_ids(choice.extra, false), problems);
  if (!is_added) {
    show(problems, choice.globals);
    return {};
  }
  if (!add_all_rules(builder, choice.packs)) return {};
  if (const Configuration::File* file = configuration.file_of("parameters")) {
    builder.add_data(file->path, file->settings.parameters_json, DocumentFormat::Json, {"psdl", "parameters"});
  }
  if (choice.own && !add_of_level_file(builder, *choice.own)) return {};
  if (!inventory.empty()) builder.add_data("inventory", inventory, DocumentFormat::Json, {"inventory"});
  Policy policy = builder.build(problems);
  show(problems, choice.globals);
  if (policy && has_own_rules && !check_rule_names(choice, triage, known_ids(rule_ids(policy)))) return {};
  if (policy && !check_all_parameters(choice, configuration, policy)) return {};
  return policy;
}

bool read_triage(const RuleChoice& choice, const Configuration& configuration, triage::Options& triage) {
  const std::optional<std::int64_t> now = choice.now_ns ? choice.now_ns : time_of_flag({});
  DiagnosticList problems;
  triage.now_ns = *now;
  triage.inline_marks = !choice.no_inline_ignore;
  triage.only_rules = choice.rules;
  triage.skipped_rules = choice.skipped_rules;
  // The later word counts: what psdl.yaml says of a rule of the level file.
  if (choice.own) {
    triage.rules = choice.own->rules;
    triage.exceptions = choice.own->exceptions;
  }
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  if (const Configuration::File* file = configuration.file_of("rules")) append(triage.rules, file->settings.rules);
  if (const Configuration::File* file = configuration.file_of("exceptions"))
    append(triage.exceptions, file->settings.exceptions);
  std::string text;
  std::string problem;
  for (const std::string& path : choice.exception_files) {
    if (!read_file(path, text, problem)) {
      complain(problem);
      return false;
    }
    (void)triage::read_exceptions(path, text, triage.exceptions, problems);
  }
  if (!choice.baseline.empty()) {
    triage.baseline_file = choice.baseline;
    if (!read_file(choice.baseline, text, problem)) {
      complain(problem);
      return false;
    }
    (void)triage::read_baseline(choice.baseline, text, triage.baseline, problems);
  }
  show(problems, choice.globals);
  return !problems.has_errors();
}

bool check_entry_points(const RuleChoice& choice, const Policy& policy) {
  // Privileged alone asks for nothing, and that is what it is for.
  const bool is_privileged = choice.has_standard && choice.standard.level == Level::Privileged;
  const bool has_own_rules = !choice.packs.empty() || (choice.own && !choice.own->packs.empty());
  if (is_privileged && !has_own_rules && choice.extra.empty()) return true;
  DiagnosticList problems;
  const bool is_fine = policy.check_entry_points(problems);
  show(problems, choice.globals);
  return is_fine;
}

bool is_any_of(const Words& patterns, std::string_view id) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return triage::matches(pattern, id); });
}

bool check_ids(std::string_view flag, const Words& patterns, const std::vector<std::string>& ids) {
  for (const std::string& pattern : patterns) {
    if (std::any_of(ids.begin(), ids.end(), [&](const std::string& id) { return triage::matches(pattern, id); }))
      continue;
    complain(fmt::format("{}: no rule has the id `{}`{}", flag, tools::escape_for_terminal(pattern),
                         did_you_mean(pattern, ids)));
    return false;
  }
  return true;
}

std::vector<std::string> rule_ids(const Policy& policy) {
  std::vector<std::string> ids;
  for (const RuleInfo& rule : policy.rule_infos()) ids.push_back(rule.id);
  return ids;
}

std::optional<std::int64_t> time_of_flag(const std::string& now) {
  if (now.empty()) {
    const auto clock = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(clock).count();
  }
  const std::optional<std::int64_t> time = triage::parse_time(now);
  if (!time)
    complain(fmt::format("--now takes a time such as 2027-03-31T10:00:00Z, not `{}`", tools::escape_for_terminal(now)));
  return time;
}

std::optional<LevelFile> open_level_file(const std::string& path, DiagnosticList& problems) {
  std::string text;
  std::string problem;
  if (!read_file(path, text, problem)) {
    complain(problem);
    return std::nullopt;
  }
  return read_level_file(path, text, problems);
}

bool add_of_level_file(PolicyBuilder& builder, const LevelFile& own) {
  const std::string folder = own.file.substr(0, own.file.rfind('/') + 1);
  for (const triage::Written& pack : own.packs) {
    if (!add_rules(builder, pack.value.starts_with('/') ? pack.value : folder + pack.value)) return false;
  }
  if (!own.parameters_json.empty())
    builder.add_data(own.file, own.parameters_json, DocumentFormat::Json, {"psdl", "parameters"});
  return true;
}

}  // namespace psdl::cli
