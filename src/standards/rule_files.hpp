// The embedded rule files. In: nothing; out: each with its text and what its rules say of themselves.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/findings.hpp"
#include "psdl/standards.hpp"

namespace psdl {

struct RuleFile {
  std::string_view name;  // "rules/pss/privileged/rule.psdl"
  std::string_view text;
  std::vector<RuleInfo> rules;
};

// A rule and the file that it stands in; made from the files when PSDL is built (index/index_rules.cpp).
struct RuleRow {
  std::string_view file;
  RuleInfo rule;
};
[[nodiscard]] std::vector<RuleRow> rule_index();

// In order of names; made at the first call, from any thread.
[[nodiscard]] std::span<const RuleFile> rule_files();

// What rules read as data.psdl.settings.pod_security.
[[nodiscard]] std::string settings_json(Level level, std::uint32_t minor, bool admission);

// "v1.25" as 25; 0 where it is nothing of the kind.
[[nodiscard]] std::uint32_t minor_of(std::string_view version);

}  // namespace psdl
