// Which rules make findings: by name, with what their metadata says.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/nearest.hpp"
#include "engine/policy.hpp"
#include "syntax/ast.hpp"
#include "syntax/print.hpp"
#include "syntax/to_json.hpp"

namespace psdl {
namespace {

constexpr std::string_view kDenying[] = {"deny", "violation"};
constexpr std::string_view kWarning = "warn";

bool is_named(std::string_view name, std::string_view base) { return name == base || (name.starts_with(base) && name.size() > base.size() && name[base.size()] == '_'); }

bool is_entry_name(std::string_view name) {
  return std::any_of(std::begin(kDenying), std::end(kDenying), [&](std::string_view base) { return is_named(name, base); }) || is_named(name, kWarning);
}

// `denny`, `Deny`, `violations`, `warning`: one or two letters away, or the same word in other case.
bool is_near_entry_name(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (lower == "allow") return false;
  for (std::string_view base : {std::string_view("deny"), std::string_view("violation"), kWarning}) {
    if (lower == base) return true;
    const std::size_t most = base.size() <= 4 ? 1 : 2;
    if (edit_distance(lower, base) <= most) return true;
    if (lower == "warning" || lower == "warnings" || lower == "denies" || lower == "denied") return true;
  }
  return false;
}

std::string package_path(const ast::Module& module) { return ast::ref_to_string(module.package->path.items()); }

const ast::Term* member(const ast::Term* object, std::string_view key) {
  if (object == nullptr) return nullptr;
  const auto* pairs = object->as<ast::Object>();
  if (pairs == nullptr) return nullptr;
  for (const ast::Pair& pair : *pairs) {
    const auto* name = pair.key->as<ast::String>();
    if (name != nullptr && name->text == key) return pair.value;
  }
  return nullptr;
}

void take_text(const ast::Term* custom, std::string_view key, std::string& text) {
  const ast::Term* value = member(custom, key);
  if (value != nullptr && value->is<ast::String>()) text = value->as<ast::String>()->text;
}

void take_texts(const ast::Term* custom, std::string_view key, std::vector<std::string>& texts) {
  const ast::Term* value = member(custom, key);
  const auto* list = value != nullptr ? value->as<ast::Array>() : nullptr;
  if (list == nullptr) return;
  texts.clear();
  for (const ast::Term* item : *list) {
    if (item->is<ast::String>()) texts.emplace_back(item->as<ast::String>()->text);
  }
}

void apply(const ast::Annotations& annotations, RuleInfo& info) {
  if (!annotations.title.empty()) info.title = annotations.title;
  if (!annotations.description.empty()) info.description = annotations.description;
  const ast::Term* custom = annotations.custom;
  take_text(custom, "id", info.id);
  take_text(custom, "name", info.name);
  take_text(custom, "remediation", info.remediation);
  take_text(custom, "check", info.check);
  take_text(custom, "level", info.level);
  take_text(custom, "since", info.since);
  take_text(custom, "security_severity", info.security_severity);
  take_texts(custom, "revisions", info.revisions);
  take_texts(custom, "overrides", info.overrides);
  std::string severity;
  take_text(custom, "severity", severity);
  if (const auto named = severity_named(severity)) info.severity = *named;
}

// Of the package first, then of the document that all rules of a name make, then of the rule itself.
void apply_all(const ast::Module& module, const ast::Rule& rule, RuleInfo& entry) {
  for (const ast::AnnotationScope scope : {ast::AnnotationScope::Subpackages, ast::AnnotationScope::Package}) {
    for (const ast::Annotations* annotations : module.annotations) {
      if (annotations->scope == scope) apply(*annotations, entry);
    }
  }
  for (const ast::AnnotationScope scope : {ast::AnnotationScope::Document, ast::AnnotationScope::Rule}) {
    for (const ast::Annotations* annotations : rule.annotations) {
      if (annotations->scope == scope) apply(*annotations, entry);
    }
  }
}

// As apply_all: the nearest word counts.
std::string fix_json(const ast::Module& module, const ast::Rule& rule) {
  std::string json;
  const auto take = [&](const auto& all, ast::AnnotationScope scope) {
    for (const ast::Annotations* annotations : all) {
      const ast::Term* fix = annotations->scope == scope ? member(annotations->custom, "fix") : nullptr;
      if (fix == nullptr) continue;
      json.clear();
      ast::ground_to_json(*fix, json);
    }
  };
  take(module.annotations, ast::AnnotationScope::Package);
  take(rule.annotations, ast::AnnotationScope::Document);
  take(rule.annotations, ast::AnnotationScope::Rule);
  return json == "null" ? std::string() : json;
}

std::string_view rule_name(const ast::Rule& rule) {
  const auto* var = rule.head->reference.empty() ? nullptr : rule.head->reference.front()->as<ast::Var>();
  return var != nullptr ? var->name : rule.head->name;
}

}  // namespace

EntryPoints find_entry_points(std::span<const std::unique_ptr<ast::Module>> modules, std::span<const std::string> named_as, const SourceList& sources) {
  EntryPoints found;
  std::map<std::string, FoundEntry> entries;
  std::map<std::string, std::vector<std::pair<FoundEntry, std::size_t>>> allows;  // by package
  std::map<std::string, bool> package_has_entry;
  std::map<std::string, RuleInfo> infos;  // by id
  std::map<std::string, std::vector<RuleInfo>> allow_infos;  // by package
  const auto group_of = [&](const std::string& name) -> std::size_t {
    const auto at = std::find_if(found.groups.begin(), found.groups.end(), [&](const NamedGroup& group) { return group.name == name; });
    if (at != found.groups.end()) return static_cast<std::size_t>(at - found.groups.begin());
    found.groups.push_back({name, {}, {}, false});
    return found.groups.size() - 1;
  };

  for (std::size_t i = 0; i < modules.size(); ++i) {
    if (i >= named_as.size() || named_as[i].empty()) continue;
    const ast::Module& module = *modules[i];
    const std::string package = package_path(module);
    const std::size_t group = group_of(named_as[i]);
    std::vector<std::string>& packages = found.groups[group].packages;
    if (std::find(packages.begin(), packages.end(), package) == packages.end()) packages.push_back(package);
    for (const ast::Rule* rule : module.rules) {
      const std::string_view name = rule_name(*rule);
      if (rule->is_function() || name.empty()) continue;
      const LineColumn at = sources[rule->span.source]->line_column(rule->span.begin);
      RuleInfo info;
      FoundEntry entry;
      entry.shown.path = package + "." + std::string(name);
      info.id = entry.shown.path.starts_with("data.") ? entry.shown.path.substr(5) : entry.shown.path;
      info.severity = is_named(name, kWarning) ? FindingSeverity::Warning : FindingSeverity::Error;
      info.package = package;
      info.file = sources[rule->span.source]->name();
      info.line = at.line;
      apply_all(module, *rule, info);
      entry.shown.id = info.id;
      entry.shown.title = info.title;
      entry.shown.severity = info.severity;
      entry.shown.file = info.file;
      entry.shown.line = info.line;
      const RuleText text{info.id, info.title, info.severity, info.file, info.line, fix_json(module, *rule)};
      if (is_entry_name(name)) {
        found.groups[group].has_entry = true;
        package_has_entry[package] = true;
        infos.try_emplace(info.id, info);
        const auto [known, is_new] = entries.emplace(entry.shown.path, entry);
        // The first rule of a name that has metadata speaks for all of them.
        if (!is_new && known->second.shown.title.empty() && !entry.shown.title.empty()) known->second.shown = entry.shown;
        known->second.rules.push_back(text);
      } else if (name == "allow") {
        entry.is_allow = true;
        allows[package].emplace_back(entry, group);
        allow_infos[package].push_back(info);
      } else if (is_near_entry_name(name)) {
        std::string miss = fmt::format("`{}` at {}:{}", name, entry.shown.file, at.line);
        std::vector<std::string>& misses = found.groups[group].near_misses;
        if (std::find(misses.begin(), misses.end(), miss) == misses.end()) misses.push_back(std::move(miss));
      }
    }
  }
  for (const auto& [package, rules] : allows) {
    if (package_has_entry[package]) continue;
    for (const auto& [entry, group] : rules) {
      found.groups[group].has_entry = true;
      entries.emplace(entry.shown.path, entry);
    }
    for (const RuleInfo& info : allow_infos[package]) infos.try_emplace(info.id, info);
  }
  for (auto& [path, entry] : entries) found.entries.push_back(std::move(entry));
  for (auto& [id, info] : infos) found.infos.push_back(std::move(info));
  return found;
}

std::vector<EntryPoint> Policy::entry_points() const {
  std::vector<EntryPoint> shown;
  for (const FoundEntry& entry : impl_->entry_points.entries) shown.push_back(entry.shown);
  return shown;
}

std::vector<RuleInfo> Policy::rule_infos() const { return impl_->entry_points.infos; }

bool Policy::check_entry_points(DiagnosticList& problems) const {
  bool is_fine = true;
  for (const NamedGroup& group : impl_->entry_points.groups) {
    std::string packages;
    for (const std::string& package : group.packages) packages += fmt::format("{}`{}`", packages.empty() ? "" : ", ", package);
    if (!group.has_entry) {
      is_fine = false;
      std::string help = "name a rule deny, violation or warn, or ask for other rules by a query";
      if (!group.near_misses.empty()) help = fmt::format("{} looks like an entry point: is it `deny`, `violation` or `warn`?", fmt::join(group.near_misses, ", "));
      problems.add_error("no_entry_point", fmt::format("no rule of {} is named deny, violation or warn: it could never find anything", packages), group.name, help);
      continue;
    }
    for (const std::string& miss : group.near_misses) {
      Problem warning;
      warning.code = "near_entry_point";
      warning.message = fmt::format("rule {} is no entry point and makes no findings", miss);
      warning.severity = Severity::Warning;
      warning.beyond_opa = true;
      warning.help.push_back("entry points are named deny, violation and warn, or begin with deny_, violation_ and warn_");
      problems.impl().items.push_back(std::move(warning));
    }
  }
  if (impl_->entry_points.groups.empty()) {
    is_fine = false;
    problems.add_error("no_entry_point", "there are no rules to ask");
  }
  return is_fine;
}

std::vector<EntryRule> Policy::Impl::entry_rules() const {
  std::vector<EntryRule> rules;
  const Program& made = *program();
  for (const FoundEntry& entry : entry_points.entries) {
    EntryRule rule;
    rule.path = entry.shown.path;
    rule.id = entry.shown.id;
    rule.title = entry.shown.title;
    rule.severity = entry.shown.severity;
    rule.file = entry.shown.file;
    rule.line = entry.shown.line;
    rule.is_allow = entry.is_allow;
    rule.rules = entry.rules;
    // `deny.container contains msg` has no function of the bare name: each that is below it counts.
    const std::string below = rule.path + ".";
    for (std::uint32_t i = 0; i < made.functions.size(); ++i) {
      const Function& function = made.functions[i];
      if (function.path != rule.path && !function.path.starts_with(below)) continue;
      if (function.kind != FunctionKind::Complete && function.kind != FunctionKind::Set && function.kind != FunctionKind::Object) continue;
      rule.function = i;
      rule.kind = function.kind;
      rules.push_back(rule);
      rules.back().path = function.path;
    }
  }
  return rules;
}

}  // namespace psdl
