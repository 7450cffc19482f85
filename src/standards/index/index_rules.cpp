// Runs when PSDL is built: what the metadata of the shipped rules say, so that no program that uses them reads all of them to learn it.
//
//   psdl_index_rules OUT BASE FILE..
//
// In: rule files. Out: a C++ source that defines rule_index(), a row for each rule, named as the files are below BASE. Exit status 1 where one of them cannot
// be read.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/policy.hpp"
#include "syntax/parse.hpp"

namespace psdl {
namespace {

std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    // Octal escapes end after three digits, whatever stands behind them.
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F) {
      out += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string literal(const std::vector<std::string>& texts) {
  std::string out = "{";
  for (const std::string& text : texts) out += literal(text) + ", ";
  return out + '}';
}

std::string row(std::string_view file, const RuleInfo& rule) {
  std::string out = fmt::format("      {{{}, {{", literal(file));
  for (const std::string* text : {&rule.id, &rule.name, &rule.title, &rule.description, &rule.remediation, &rule.check, &rule.level, &rule.since}) {
    out += literal(*text) + ", ";
  }
  out += fmt::format("{}, {}, static_cast<FindingSeverity>({}), ", literal(rule.revisions), literal(rule.overrides), static_cast<int>(rule.severity));
  out += fmt::format("{}, {}, {}, {}}}}},\n", literal(rule.security_severity), literal(rule.package), literal(rule.file), rule.line);
  return out;
}

// Empty where the file is wrong: its errors are on standard error.
std::vector<RuleInfo> rules_in(const std::string& name, std::string text) {
  const SourceList sources{std::make_shared<const Source>(name, std::move(text))};
  ParseOptions options;
  options.implies_v2 = true;
  Diagnostics diagnostics;
  std::vector<std::unique_ptr<ast::Module>> modules;
  modules.push_back(parse_module(*sources[0], 0, options, Limits(), diagnostics));
  if (modules[0] == nullptr) {
    DiagnosticList problems;
    problems.impl().add(diagnostics, raw(sources));
    for (std::size_t i = 0; i < problems.size(); ++i) {
      std::cerr << fmt::format("{}:{}:{}: {}\n", name, problems[i].line, problems[i].column, problems[i].message);
    }
    return {};
  }
  const std::string named_as[] = {name};
  return find_entry_points(modules, named_as, sources).infos;
}

int run(const std::string& out, const std::filesystem::path& base, std::span<char*> files) {
  std::string rows;
  for (const char* file : files) {
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::string name = std::filesystem::path(file).lexically_relative(base).generic_string();
    const std::vector<RuleInfo> rules = rules_in(name, std::move(text));
    if (rules.empty() && !name.ends_with("/level.psdl")) {
      std::cerr << name << ": no rule that makes findings\n";
      return 1;
    }
    for (const RuleInfo& rule : rules) rows += row(name, rule);
  }
  std::ofstream(out, std::ios::binary) << fmt::format(
      "// Made by psdl_index_rules.\n#include \"standards/rule_files.hpp\"\n\nnamespace psdl {{\n\nstd::vector<RuleRow> rule_index() {{\n  return {{\n{}  }};\n}}\n\n}}  // namespace psdl\n",
      rows);
  return 0;
}

}  // namespace
}  // namespace psdl

int main(int argc, char** argv) {
  if (argc < 4) return 1;
  return psdl::run(argv[1], argv[2], {argv + 3, argv + argc});
}
