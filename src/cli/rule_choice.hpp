// Which rules judge, and which of their findings count: what `scan` and `fix` share. In: flags, psdl.yaml, files of
// levels, exceptions and baselines; out: a policy, and what triage asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/settings.hpp"
#include "cli/verbs.hpp"
#include "psdl/level_file.hpp"
#include "psdl/standards.hpp"

namespace psdl::cli {

struct RuleChoice {
  Globals globals;
  Words packs;
  Words extra;
  Words rules;  // patterns: these alone; empty: all
  Words skipped_rules;
  Words exception_files;
  std::string level;
  std::string kube_version;
  std::string baseline;
  std::string config;
  std::string now;
  bool raw = false;
  bool no_inline_ignore = false;

  // What they mean, found out by settle_rule_choice().
  std::optional<std::int64_t> now_ns;
  bool has_standard = false;
  StandardOptions standard;
  std::optional<LevelFile> own;  // where --level names a file

  [[nodiscard]] bool judges_pods() const { return has_standard && standard.level != Level::Privileged; }
};

// The flags of all that but `rules` and `skipped_rules`, which mean something of their own to each verb.
void declare_rule_choice(Arguments& arguments, RuleChoice& choice);

// What psdl.yaml says, where no flag does, and what all of it means. False, told, where it makes no sense.
[[nodiscard]] bool settle_rule_choice(RuleChoice& choice, const Configuration& configuration);

// Checks the names of extra rules, makes the policy and checks `choice.rules`, `choice.skipped_rules` and every id that
// `triage` has. `inventory`: JSON for data.inventory; empty: none. Empty, told, where something is wrong.
[[nodiscard]] Policy build_policy(const RuleChoice& choice, const Configuration& configuration,
                                  const EngineOptions& engine, const triage::Options& triage,
                                  const std::string& inventory = {});

// False, told, where a file of exceptions or a baseline is wrong.
[[nodiscard]] bool read_triage(const RuleChoice& choice, const Configuration& configuration, triage::Options& triage);

// False, told, where a pack could never find anything.
[[nodiscard]] bool check_entry_points(const RuleChoice& choice, const Policy& policy);

// Whether some pattern takes the id; `*` stands for any characters.
[[nodiscard]] bool is_any_of(const Words& patterns, std::string_view id);
// False, told with what may be meant, where a pattern takes none of the ids.
[[nodiscard]] bool check_ids(std::string_view flag, const Words& patterns, const std::vector<std::string>& ids);
// Of the policy's rules.
[[nodiscard]] std::vector<std::string> rule_ids(const Policy& policy);

// The time of --now as nanoseconds since 1970, or the clock's where it is empty. Nothing, told, where it is no time.
[[nodiscard]] std::optional<std::int64_t> time_of_flag(const std::string& now);
// The level file at `path`; nothing, told, where it cannot be read.
[[nodiscard]] std::optional<LevelFile> open_level_file(const std::string& path, DiagnosticList& problems);
// Adds what a level file names besides its level: packs, relative to it, and parameters. False, told, where a pack is
// wrong.
[[nodiscard]] bool add_of_level_file(PolicyBuilder& builder, const LevelFile& own);

}  // namespace psdl::cli
