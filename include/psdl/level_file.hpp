// A level of one's own: one of the standards with rules and exceptions of a team. In: YAML; out: what it says, and its
// rules in a policy.
//
//   extends: restricted
//   packs: [rules/]
//   extra: [EXT001]
//   rules: {PSS205: warning, PSS204: off}
//   exceptions:
//     - {rule: PSS103, object: DaemonSet/logging/agent, container: agent, reason: "loads an eBPF program",
//        owner: sre, expires: 2027-03-31}
//
// source: docs/standards.md, "Level files".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/standards.hpp"
#include "psdl/triage.hpp"

namespace psdl {

struct LevelFile {
  std::string file;
  std::string name;                               // `name`, else the file's without folder and ending
  Level extends = Level::Restricted;
  std::optional<StandardVersion> version;         // `kubeVersion`; nothing where it does not say
  // Files and folders of rules, from the file's folder on; the caller adds them.
  std::vector<triage::Written> packs;
  std::vector<std::string> extra;                 // ids of extra rules
  // Severities, or "off"; ids are checked by the caller, who knows the packs' (triage::check_rule_ids).
  std::vector<triage::RuleSetting> rules;
  std::vector<triage::Exception> exceptions;
  std::string parameters_json;                    // for data.psdl.parameters; empty where there are none
  std::vector<triage::ParameterSetting> parameters;

  // Ids of the level that are off.
  [[nodiscard]] std::vector<std::string> without() const;
};

// Whether the text that stands where a level is asked for names a file: it has a `.` or a `/`.
[[nodiscard]] bool names_level_file(std::string_view text);

// errors: at their line and column, with the likely spelling: `unknown_setting`, `bad_setting`, `bad_level`,
// `bad_version`, `bad_rule_id`, those of exceptions.
[[nodiscard]] std::optional<LevelFile> read_level_file(std::string_view file, std::string_view text,
                                                       DiagnosticList& problems);

// Adds the rules of the level that it extends, without those that are off, and its extra rules. `version` counts where
// the file has none.
[[nodiscard]] bool add_level_file(PolicyBuilder& builder, const LevelFile& level, const StandardVersion& version,
                                  bool admission, DiagnosticList& problems);

}  // namespace psdl
