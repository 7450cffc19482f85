// The Pod Security Standards and the extra rules that come with PSDL. In: a level and a version of Kubernetes as people write them; out: the rules of
// the level, added to a policy.
//
//   psdl::StandardOptions options;
//   options.level = *psdl::parse_level("restricted", problems);
//   options.version = *psdl::StandardVersion::parse("v1.34", problems);
//   psdl::PolicyBuilder builder;
//   psdl::add_standard(builder, options, problems);
//   psdl::Evaluator evaluator(builder.build(problems), {.judges_pods = true});
//
// A document with PodProof::Absent is one that the standards do not judge: it has no findings of theirs, and is to be counted and shown as skipped.
// source: docs/standards.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/findings.hpp"
#include "psdl/psdl.hpp"

namespace psdl {

// In order of strictness.
enum class Level : std::uint8_t { Privileged, Baseline, Restricted };

[[nodiscard]] std::string_view level_name(Level level);
// Empty, with an error (`bad_level`, and what may be meant), where the text is none of the three names.
[[nodiscard]] std::optional<Level> parse_level(std::string_view text, DiagnosticList& problems);

// "latest" or "v1.N": which version of the standards counts.
class StandardVersion {
 public:
  StandardVersion() = default;  // latest
  // Empty, with an error (`bad_version`), where the text is neither. A version that is newer than all that is known gives a warning and is the newest known.
  [[nodiscard]] static std::optional<StandardVersion> parse(std::string_view text, DiagnosticList& problems);
  [[nodiscard]] static StandardVersion of_minor(std::uint32_t minor);

  // As it was asked for: what messages and labels say.
  [[nodiscard]] std::string text() const;
  // The minor number whose rules count; of latest and of later versions the newest known.
  [[nodiscard]] std::uint32_t evaluated_minor() const;
  [[nodiscard]] bool is_latest() const { return !minor_.has_value(); }

 private:
  std::optional<std::uint64_t> minor_;
};

// The newest minor version that changes a rule.
[[nodiscard]] std::uint32_t newest_standard_minor();
// Minor versions at which some rule of a level begins or asks for something else, ascending, from 0. In between nothing changes.
[[nodiscard]] std::span<const std::uint32_t> standard_revisions();

// Every rule that comes with PSDL, of the levels and extra, in order of ids. Read from the rule files at the first call.
[[nodiscard]] std::span<const RuleInfo> shipped_rules();
// The rules that a level has at a version, in order of ids: those that exist then and are not overridden.
[[nodiscard]] std::vector<const RuleInfo*> rules_of(Level level, const StandardVersion& version);

struct StandardOptions {
  Level level = Level::Restricted;
  StandardVersion version;
  bool admission = true;              // what the API server fills in and a check can see counts
  std::vector<std::string> only;      // ids; empty: all
  std::vector<std::string> without;   // ids
};

// Adds the rules of the level, named by their files ("rules/pss/privileged/rule.psdl"), and binds level, version and admission as
// data.psdl.settings.pod_security. Ids of `only` and `without` that the level does not have choose nothing. Privileged has no rules.
// errors: `bad_rule_id`, with what may be meant, for an id that no rule of the standards has. False then, and nothing is added.
[[nodiscard]] bool add_standard(PolicyBuilder& builder, const StandardOptions& options, DiagnosticList& problems);

// Adds extra rules by id ("EXT001"). errors: `bad_rule_id`. False then, and nothing is added.
[[nodiscard]] bool add_extra(PolicyBuilder& builder, std::span<const std::string> ids, DiagnosticList& problems);

}  // namespace psdl
