// The steps from a rule to a template. In: a rule's modules; out: Rego below `template` and `lib`, a schema, texts.
// Seen by render*.cpp alone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "engine/policy.hpp"
#include "psdl/tools/render.hpp"
#include "syntax/ast.hpp"
#include "syntax/visit.hpp"

namespace psdl::gatekeeper {

inline constexpr std::string_view kRenderError = "bad_template";

// Names of a package, `data` left out: {"psdl", "kubernetes"}.
using PackagePath = std::vector<std::string>;

// Modules whose names are full paths (compiler: resolve), by package.
struct RuleSources {
  SourceList sources;
  std::vector<std::unique_ptr<ast::Module>> modules;
  std::map<PackagePath, std::vector<ast::Module*>> packages;
  PackagePath entry;                     // the package that becomes the template
  bool reads_request = false;            // input is an AdmissionReview
  bool is_template = false;              // of a template: what it names was checked
  bool is_gatekeepers = false;           // it reads input.review: written for Gatekeeper already
  std::shared_ptr<const Snapshot> data;  // null: none was given
};

[[nodiscard]] PackagePath package_path(const ast::Package& package);
// No node may stand in two places of trees that are edited in place.
void unshare_heads(std::span<const std::unique_ptr<ast::Module>> modules);

// The comment lines right above a rule; of metadata only the description.
[[nodiscard]] std::string comment_above(const RuleSources& from, const ast::Module& module, const ast::Rule& rule);
[[nodiscard]] std::string as_comment(std::string_view text);

// ---- render_names.cpp: what is read, and what it is called in a template.

struct Parameter {
  std::string name;
  Span span;
};

struct Needs {
  // In order of packages and of their rules.
  std::map<PackagePath, std::vector<std::pair<ast::Module*, ast::Rule*>>> rules;
  std::string parameters_key;
  std::vector<Parameter> parameters;  // each name once
  bool reads_all_parameters = false;  // or some that are named by a var
  std::vector<std::string> sync;      // what of the inventory is read, as JSON objects {"groups", "versions", "kinds"}
  bool reads_inventory = false;
  bool asks_for_inventory = false;  // `data.inventory` by itself
  // What of `data` is constant: its path, and whether it has a value.
  std::map<std::vector<std::string>, bool> constants;
  // What the rule's own `violation` is called where it stays beside the template's; empty: it does not.
  std::string kept_violation;
};

// The rule that a reference reads: how many of its terms name it. Nothing where it reads something else.
struct RuleRead {
  const PackagePath* package = nullptr;
  std::string name;
  std::size_t known = 0;
};
[[nodiscard]] std::optional<RuleRead> rule_read(const RuleSources& from, const ast::Ref& ref);

// Calls `each` with every reference of a rule, its else branches and the path in its head among it.
template <class Each>
void each_ref(ast::Rule& top, Each each) {
  const auto visit = [&](ast::Ref& ref) {
    each(ref);
    return false;
  };
  ast::walk(top, visit);
  for (ast::Rule* rule = &top; rule != nullptr; rule = rule->else_rule) {
    for (std::size_t i = 1; i < rule->head->reference.size(); ++i) ast::walk(*rule->head->reference[i], visit);
  }
}

// The rules that `roots` (names of rules of from.entry) lead to. False, with errors, where they read what a template
// cannot.
[[nodiscard]] bool find_needs(const RuleSources& from, const std::vector<std::string>& roots, Needs& needs,
                              Diagnostics& diagnostics);
// Renames everything in `needs` in place.
class Names {
 public:
  Names(const RuleSources& from, const Needs& needs);
  void rename(ast::Module& module, const PackagePath& package, ast::Rule& rule);
  // The imports that the package's text needs, in order, after its rules were renamed.
  [[nodiscard]] std::vector<std::string> imports(const PackagePath& package) const;
  // "lib.psdl.kubernetes".
  [[nodiscard]] static std::string library(const PackagePath& package);
  // The rule that stands for an AdmissionReview in the package's text; empty: nothing reads it.
  [[nodiscard]] std::string review_text(const PackagePath& package) const;
  // The text of the library that holds constants; empty: there are none.
  [[nodiscard]] std::string constants_text() const;
  // A name that nothing has yet.
  [[nodiscard]] std::string fresh(std::string_view wanted) const;

 private:
  [[nodiscard]] std::string_view own_name(const PackagePath& package, std::string_view name) const;
  void rename_ref(ast::Module& module, const PackagePath& package, ast::Ref& ref);
  [[nodiscard]] std::string alias(const PackagePath& package, const PackagePath& of);

  const RuleSources& from_;
  const Needs& needs_;
  std::map<PackagePath, std::string> aliases_;
  std::map<PackagePath, std::vector<PackagePath>> used_;  // by the package that imports
  std::vector<std::string> taken_;
  std::string admission_review_;
  std::set<PackagePath> reads_whole_review_;
};

// ---- render_entries.cpp: entry points become `violation`.

struct EntryTexts {
  std::string wrappers;  // rules that bring what could not be made heads of `violation`
  std::string action;    // enforcementAction of the constraint
};
// Edits heads of entry rules in place, before names are changed.
[[nodiscard]] EntryTexts rewrite_entries(const RuleSources& from, Needs& needs, const EntryPoints& entries,
                                         const Names& names);

// ---- render_schema.cpp.

// openAPIV3Schema as JSON; empty: no parameters.
[[nodiscard]] std::string parameters_schema(const Needs& needs);

// ---- render_yaml.cpp.

struct TemplateParts {
  std::string kind;
  std::string constraint_name;
  std::string title;
  std::string description;
  std::string id;
  std::string action;
  std::string schema;  // JSON
  std::string sync;    // JSON; empty: nothing is to be synced
  std::string rego;
  std::vector<std::string> libs;
  std::string parameters;  // JSON; empty: none
};
[[nodiscard]] std::string template_yaml(const TemplateParts& parts);
[[nodiscard]] std::string constraint_yaml(const TemplateParts& parts);
// A constraint of the kind: JSON of its parameters and an action, both may be empty.
[[nodiscard]] std::string constraint_yaml(std::string_view kind, std::string_view name, std::string_view parameters,
                                          std::string_view action);
// Each line behind `blanks` blanks; empty ones stay empty.
[[nodiscard]] std::string indented(std::string_view text, std::size_t blanks);
// One line of YAML: in double quotes where it is more than a word.
[[nodiscard]] std::string yaml_text(std::string_view text);

}  // namespace psdl::gatekeeper
