// The embedded rule files, and their metadata as they were read when PSDL was built.
#include "standards/rule_files.hpp"

#include <algorithm>
#include <charconv>

#include "embedded/rule_files.hpp"
#include "psdl/standards.hpp"

namespace psdl {

std::span<const RuleFile> rule_files() {
  static const std::vector<RuleFile> files = [] {
    std::vector<RuleFile> made;
    for (const auto& [name, text] : embedded::rule_files()) made.push_back({name, text, {}});
    std::sort(made.begin(), made.end(), [](const RuleFile& a, const RuleFile& b) { return a.name < b.name; });
    for (RuleRow& row : rule_index()) {
      const auto file = std::lower_bound(made.begin(), made.end(), row.file, [](const RuleFile& a, std::string_view name) { return a.name < name; });
      file->rules.push_back(std::move(row.rule));
    }
    return made;
  }();
  return files;
}

std::uint32_t minor_of(std::string_view version) {
  constexpr std::string_view kPrefix = "v1.";
  if (!version.starts_with(kPrefix)) return 0;
  std::uint32_t minor = 0;
  std::from_chars(version.data() + kPrefix.size(), version.data() + version.size(), minor);
  return minor;
}

std::span<const RuleInfo> shipped_rules() {
  static const std::vector<RuleInfo> rules = [] {
    std::vector<RuleInfo> all;
    for (const RuleFile& file : rule_files()) all.insert(all.end(), file.rules.begin(), file.rules.end());
    std::sort(all.begin(), all.end(), [](const RuleInfo& a, const RuleInfo& b) { return a.id < b.id; });
    return all;
  }();
  return rules;
}

}  // namespace psdl
