// Levels and versions as people write them, and what a level has at a version. In: texts; out: what they mean, or what is wrong with them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "base/nearest.hpp"
#include "psdl/standards.hpp"
#include "standards/rule_files.hpp"

namespace psdl {
namespace {

constexpr std::string_view kLevels[] = {"privileged", "baseline", "restricted"};
constexpr std::string_view kLatest = "latest";

// N of "v1.N", written without a leading zero and below 2^63.
std::optional<std::uint64_t> parse_minor(std::string_view text) {
  constexpr std::string_view kPrefix = "v1.";
  if (!text.starts_with(kPrefix)) return {};
  const std::string_view digits = text.substr(kPrefix.size());
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return {};
  std::uint64_t minor = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
  if (failure != std::errc() || end != digits.data() + digits.size()) return {};
  if (minor > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return {};
  return minor;
}

// `1.25`, `V1.25`, `v1.025`, ` v1.25`: what is left when the slip is undone; empty where that is no version either.
std::string meant_version(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (c != ' ' && c != '\t') kept += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  if (kept.starts_with('v') && edit_distance(kept.substr(1), kLatest) <= 1) return std::string(kLatest);
  if (edit_distance(kept, kLatest) <= 2) return std::string(kLatest);
  if (!kept.starts_with('v')) kept = "v" + kept;
  const std::size_t dot = kept.find('.');
  if (dot == std::string::npos) return {};
  while (kept.size() > dot + 2 && kept[dot + 1] == '0') kept.erase(dot + 1, 1);
  kept = kept.substr(0, kept.find('.', dot + 1));
  return parse_minor(kept) ? kept : std::string();
}

}  // namespace

std::string_view level_name(Level level) { return kLevels[static_cast<std::size_t>(level)]; }

std::optional<Level> parse_level(std::string_view text, DiagnosticList& problems) {
  const auto* found = std::find(std::begin(kLevels), std::end(kLevels), text);
  if (found != std::end(kLevels)) return static_cast<Level>(found - std::begin(kLevels));
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::string help;
  for (const std::string_view name : kLevels) {
    if (edit_distance(lower, name) <= 3) help = fmt::format("did you mean `{}`?", name);
  }
  problems.add_error("bad_level", fmt::format("there is no level `{}`: levels are privileged, baseline and restricted", text), {}, help);
  return {};
}

std::optional<StandardVersion> StandardVersion::parse(std::string_view text, DiagnosticList& problems) {
  StandardVersion version;
  if (text == kLatest) return version;
  version.minor_ = parse_minor(text);
  if (!version.minor_) {
    const std::string meant = meant_version(text);
    problems.add_error("bad_version", fmt::format("`{}` is no version of Kubernetes: write `latest`, or `v1.` and a number", text), {},
                       meant.empty() ? std::string() : fmt::format("did you mean `{}`?", meant));
    return {};
  }
  if (*version.minor_ > newest_standard_minor()) {
    problems.add_warning("new_version", fmt::format("{} is newer than all that is known: the rules of v1.{} count", text, newest_standard_minor()));
  }
  return version;
}

StandardVersion StandardVersion::of_minor(std::uint32_t minor) {
  StandardVersion version;
  version.minor_ = minor;
  return version;
}

std::string StandardVersion::text() const { return minor_ ? fmt::format("v1.{}", *minor_) : std::string(kLatest); }

std::uint32_t StandardVersion::evaluated_minor() const {
  const std::uint32_t newest = newest_standard_minor();
  return minor_ && *minor_ < newest ? static_cast<std::uint32_t>(*minor_) : newest;
}

std::span<const std::uint32_t> standard_revisions() {
  static const std::vector<std::uint32_t> revisions = [] {
    std::set<std::uint32_t> minors{0};
    for (const RuleInfo& rule : shipped_rules()) {
      if (rule.level.empty()) continue;
      minors.insert(minor_of(rule.since));
      for (const std::string& revision : rule.revisions) minors.insert(minor_of(revision));
    }
    return std::vector<std::uint32_t>(minors.begin(), minors.end());
  }();
  return revisions;
}

std::uint32_t newest_standard_minor() { return standard_revisions().back(); }

std::vector<const RuleInfo*> rules_of(Level level, const StandardVersion& version) {
  const std::uint32_t minor = version.evaluated_minor();
  std::vector<const RuleInfo*> there;
  std::set<std::string_view> overridden;
  for (const RuleInfo& rule : shipped_rules()) {
    const bool is_restricted = rule.level == level_name(Level::Restricted);
    if (!is_restricted && rule.level != level_name(Level::Baseline)) continue;
    if (level == Level::Privileged || (is_restricted && level != Level::Restricted) || minor_of(rule.since) > minor) continue;
    there.push_back(&rule);
    if (is_restricted) overridden.insert(rule.overrides.begin(), rule.overrides.end());
  }
  std::erase_if(there, [&](const RuleInfo* rule) { return overridden.contains(rule->check); });
  return there;
}

}  // namespace psdl
