// The Pod Security Standards and the extra rules that come with PSDL. In: a level and a version of Kubernetes as people
// write them; out: the rules of the level, added to a policy.
//
//   psdl::StandardOptions options;
//   options.level = *psdl::parse_level("restricted", problems);
//   options.version = *psdl::StandardVersion::parse("v1.34", problems);
//   psdl::PolicyBuilder builder;
//   if (!psdl::add_standard(builder, options, problems)) ..
//   psdl::Policy policy = builder.build(problems);              // false where there are errors
//   psdl::Evaluator evaluator(policy, {.judges_pods = true});
//
// A document with PodProof::Absent is one that the standards do not judge: it has no findings of theirs, and is to be
// counted and shown as skipped.
// source: docs/standards.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
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
  // Empty, with an error (`bad_version`), where the text is neither. A version that is newer than all that is known
  // gives a warning and is the newest known.
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
// Minor versions at which some rule of a level begins or asks for something else, ascending, from 0. In between nothing
// changes.
[[nodiscard]] std::span<const std::uint32_t> standard_revisions();

// Every rule that comes with PSDL, of the levels and extra, in order of ids. Read from the rule files at the first
// call.
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

// Adds the rules of the level, named by their files ("rules/pss/privileged/rule.psdl"), and binds level, version and
// admission as data.psdl.settings.pod_security. Ids of `only` and `without` that the level does not have choose
// nothing. Privileged has no rules.
// errors: `bad_rule_id`, with what may be meant, for an id that no rule of the standards has. False then, and nothing
// is added.
[[nodiscard]] bool add_standard(PolicyBuilder& builder, const StandardOptions& options, DiagnosticList& problems);

// Adds the rules of baseline and of restricted, so that one evaluation finds what either level objects to: a finding
// counts for each level whose rules_of() have its rule.
void add_levels(PolicyBuilder& builder, const StandardVersion& version, bool admission);

// Adds extra rules by id ("EXT001"). errors: `bad_rule_id`. False then, and nothing is added.
[[nodiscard]] bool add_extra(PolicyBuilder& builder, std::span<const std::string> ids, DiagnosticList& problems);

// What a level at a version says of an object, in the words of Kubernetes' own admission: the reasons, and the reasons
// with their details. Both are empty where it is allowed.
struct LevelAnswer {
  Level level = Level::Restricted;
  std::uint32_t minor = 0;
  bool is_allowed = false;
  std::string reason;
  std::string detail;
};

// About one document. `answers` is empty where there are none: it could not be read (Status::Error) or holds no pod
// spec (PodProof::Absent).
struct LevelVerdict {
  const Verdict& verdict;               // its findings mean nothing, and Status::Allow is only that it was evaluated
  std::string document;                 // always with its number: "pod.yaml#0", "all.yaml#2.items[0]"
  std::string name;                     // metadata.name as it is; empty where there is none
  std::span<const LevelAnswer> answers;
};

// Asks levels about documents. Belongs to one thread at a time, like Evaluator.
class LevelJudge {
 public:
  // Baseline, then restricted, each at every one of standard_revisions(), in one evaluation.
  LevelJudge(bool admission, const EngineOptions& options, DiagnosticList& problems);
  // One level at one version, bound into the program.
  LevelJudge(Level level, const StandardVersion& version, bool admission, const EngineOptions& options,
             DiagnosticList& problems);
  ~LevelJudge();
  LevelJudge(LevelJudge&&) noexcept;

  // False after errors (of the options).
  [[nodiscard]] bool is_ready() const { return impl_ != nullptr; }
  // The fields that matter are skip_non_manifests and strict_fields.
  void set_options(const EvaluateOptions& options);

  // As Evaluator::evaluate().
  using Each = std::function<bool(const LevelVerdict&)>;
  std::size_t evaluate(const InputStream& input, DocumentFormat format, std::string_view name, const Each& each);
  std::size_t evaluate(std::string_view bytes, DocumentFormat format, std::string_view name, const Each& each);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace psdl
