// Parses the embedded rule files for their metadata, once.
#include "standards/rule_files.hpp"

#include <algorithm>
#include <charconv>

#include "base/assert.hpp"
#include "embedded/rule_files.hpp"
#include "engine/policy.hpp"
#include "psdl/standards.hpp"
#include "syntax/parse.hpp"

namespace psdl {
namespace {

std::vector<RuleInfo> rules_in(std::string_view name, std::string_view text) {
  const SourceList sources{std::make_shared<const Source>(std::string(name), std::string(text))};
  ParseOptions options;
  options.implies_v2 = true;
  Diagnostics diagnostics;
  std::vector<std::unique_ptr<ast::Module>> modules;
  modules.push_back(parse_module(*sources[0], 0, options, Limits(), diagnostics));
  PSDL_ASSERT(modules[0] != nullptr);  // a rule file that does not parse never gets through the tests
  const std::string named_as[] = {std::string(name)};
  return find_entry_points(modules, named_as, sources).infos;
}

}  // namespace

std::span<const RuleFile> rule_files() {
  static const std::vector<RuleFile> files = [] {
    std::vector<RuleFile> made;
    for (const auto& [name, text] : embedded::rule_files()) made.push_back({name, text, rules_in(name, text)});
    std::sort(made.begin(), made.end(), [](const RuleFile& a, const RuleFile& b) { return a.name < b.name; });
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
