// What a rule reads, and what that is called in a template. In: modules with full paths; out: the rules needed, then
// their references renamed.
//
//   data.psdl.parameters.RULE.x   input.parameters.x          input      input.review.object
//   data.OWN.x                    x                           data.inventory  as it is
//   data.OTHER.x                  other.x, with `import data.lib.OTHER as other`
//
// By imports, since gator moves the names of libraries inside other terms only where an import brings them.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "builtins/registry.hpp"
#include "gatekeeper/render.hpp"
#include "syntax/print.hpp"
#include "syntax/visit.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

const PackagePath kConstants = {"constants"};
constexpr std::string_view kAbsent = "absent";

// The steps behind the head that are texts.
std::vector<std::string> steps_of(const ast::Ref& ref) {
  std::vector<std::string> steps;
  for (std::size_t i = 1; i < ref.size(); ++i) {
    const auto* text = ref[i]->as<ast::String>();
    if (text == nullptr) break;
    steps.emplace_back(text->text);
  }
  return steps;
}

bool begins(const std::vector<std::string>& steps, std::initializer_list<std::string_view> with) {
  return steps.size() >= with.size() && std::equal(with.begin(), with.end(), steps.begin());
}

enum class Kind { None, Rule, Parameters, Inventory, Constant, Unsayable };

struct Meaning {
  Kind kind = Kind::None;
  const PackagePath* package = nullptr;  // of a rule
  std::string name;                      // of a rule
  std::size_t known = 0;                 // steps that were looked at, the head among them
  std::string problem;
};

bool has_rule(const std::vector<ast::Module*>& modules, std::string_view name) {
  return std::any_of(modules.begin(), modules.end(), [&](const ast::Module* module) {
    return std::any_of(module->rules.begin(), module->rules.end(),
                       [&](const ast::Rule* rule) { return ast::is_var(rule->head->reference[0], name); });
  });
}

Meaning meaning_of(const RuleSources& from, const ast::Ref& ref) {
  Meaning found;
  if (ref.empty() || !ast::is_var(ref[0], "data")) return found;
  const std::vector<std::string> steps = steps_of(ref);
  if (begins(steps, {"inventory"})) {
    found.kind = Kind::Inventory;
    return found;
  }
  if (begins(steps, {"psdl", "parameters"})) {
    found.kind = Kind::Parameters;
    if (steps.size() < 3) {
      found.kind = Kind::Unsayable;
      found.problem = "a template has the parameters of one rule: name the rule behind `data.psdl.parameters`";
    }
    found.known = 4;
    return found;
  }
  for (std::size_t length = steps.size() + 1; length-- > 0;) {
    const auto package =
        from.packages.find(PackagePath(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(length)));
    if (package == from.packages.end()) continue;
    if (length == steps.size()) {
      found.kind = Kind::Unsayable;
      found.problem = "a template can read rules of a package, not the package as a whole or by a computed name";
      return found;
    }
    if (!has_rule(package->second, steps[length])) continue;
    found.kind = Kind::Rule;
    found.package = &package->first;
    found.name = steps[length];
    found.known = length + 2;
    return found;
  }
  const bool reaches_rules = std::any_of(from.packages.begin(), from.packages.end(), [&](const auto& package) {
    return steps.size() < package.first.size() && std::equal(steps.begin(), steps.end(), package.first.begin());
  });
  found.kind = reaches_rules || steps.empty() ? Kind::Unsayable : Kind::Constant;
  found.known = steps.size() + 1;
  if (found.kind == Kind::Unsayable) found.problem = "a template cannot read `data` by a computed name";
  return found;
}

const Value* constant_at(const RuleSources& from, const std::vector<std::string>& steps) {
  const Value* at = from.data != nullptr ? &from.data->root : nullptr;
  for (const std::string& step : steps) {
    if (at == nullptr || !at->is_object()) return nullptr;
    at = at->as_object().find_text(step);
  }
  return at;
}

// Parameters are no constants.
std::string document_text(const Value& value, bool without_parameters) {
  if (!without_parameters || !value.is_object()) return to_json(value);
  const Object& object = value.as_object();
  std::string made = "{";
  for (std::uint32_t i = 0; i < object.size(); ++i) {
    if (object.keys()[i].as_string() == "parameters") continue;
    if (made.size() > 1) made += ", ";
    made += fmt::format("{}: {}", to_json(object.keys()[i]), to_json(object.values()[i]));
  }
  return made + "}";
}

Span place_of(const ast::Ref& ref) {
  return join(ref[0]->span, ref.back()->span);
}

class Finder {
 public:
  Finder(const RuleSources& from, Needs& needs, Diagnostics& diagnostics)
      : from_(from), needs_(needs), diagnostics_(diagnostics) {}

  void want(const PackagePath& package, const std::string& name) {
    if (!wanted_.insert({package, name}).second) return;
    for (ast::Module* module : from_.packages.at(package)) {
      for (ast::Rule* rule : module->rules) {
        if (ast::is_var(rule->head->reference[0], name)) look(package, *rule);
      }
    }
  }

  void finish() {
    for (const auto& [package, modules] : from_.packages) {
      for (ast::Module* module : modules) {
        for (ast::Rule* rule : module->rules) {
          const auto* name = rule->head->reference[0]->as<ast::Var>();
          if (name != nullptr && wanted_.contains({package, std::string(name->name)}))
            needs_.rules[package].emplace_back(module, rule);
        }
      }
    }
  }

 private:
  void look(const PackagePath& package, ast::Rule& rule) {
    std::set<std::string_view> locals;
    ast::walk(rule, [&](ast::Var& var) {
      locals.insert(var.name);
      return false;
    });
    each_ref(rule, [&](ast::Ref& ref) {
      read(ref);
      const Meaning meaning = meaning_of(from_, ref);
      if (meaning.kind == Kind::Rule && *meaning.package == package && locals.contains(meaning.name)) {
        fail(ref,
             fmt::format("a variable of this rule hides the rule `{}`, which has no longer name in a template",
                         meaning.name),
             "rename the variable");
      }
    });
  }

  void fail(const ast::Ref& ref, std::string message, std::string help) {
    Diagnostic& added = diagnostics_.error(kRenderError, place_of(ref), std::move(message));
    added.beyond_opa = true;
    if (!help.empty()) added.help.push_back(std::move(help));
  }

  void read(const ast::Ref& ref) {
    if (ast::is_var(ref[0], "input")) return read_input(ref);
    if (const std::string name = ast::ref_to_string(ref.items()); name == "strings.split_n") {
      return fail(ref, fmt::format("Gatekeeper does not have the builtin `{}`", name), "");
    }
    const Meaning meaning = meaning_of(from_, ref);
    switch (meaning.kind) {
      case Kind::None: return;
      case Kind::Rule: return want(*meaning.package, meaning.name);
      case Kind::Parameters: return read_parameter(ref);
      case Kind::Inventory: return read_inventory(ref);
      case Kind::Constant: return read_constant(ref);
      case Kind::Unsayable: return fail(ref, meaning.problem, "");
    }
  }

  void read_input(const ast::Ref& ref) {
    const std::vector<std::string> steps = steps_of(ref);
    if (from_.is_gatekeepers) {
      if (begins(steps, {"review"}) || begins(steps, {"parameters"})) return;
      fail(ref, "a rule that reads `input.review` is given that and `input.parameters`, nothing else of `input`", "");
    }
  }

  void read_parameter(const ast::Ref& ref) {
    const std::vector<std::string> steps = steps_of(ref);
    if (needs_.parameters_key.empty()) needs_.parameters_key = steps[2];
    if (needs_.parameters_key != steps[2]) {
      return fail(ref,
                  fmt::format("parameters of `{}` and of `{}`: a template has those of one rule", needs_.parameters_key,
                              steps[2]),
                  "");
    }
    if (steps.size() == 3) {
      needs_.reads_all_parameters = true;
      return;
    }
    const bool is_new = std::none_of(needs_.parameters.begin(), needs_.parameters.end(),
                                     [&](const Parameter& known) { return known.name == steps[3]; });
    if (is_new) needs_.parameters.push_back({steps[3], place_of(ref)});
  }

  // What is to be synced can be told where version and kind are written out.
  void read_inventory(const ast::Ref& ref) {
    needs_.reads_inventory = true;
    needs_.asks_for_inventory = needs_.asks_for_inventory || ref.size() == 2;
    const auto text = [&](std::size_t at) {
      const auto* found = at < ref.size() ? ref[at]->as<ast::String>() : nullptr;
      return found != nullptr ? found->text : std::string_view();
    };
    const std::size_t at = text(2) == "cluster" ? 3 : text(2) == "namespace" ? 4 : 0;
    if (at == 0 || text(at).empty() || text(at + 1).empty()) return;
    const std::string_view version = text(at);
    const std::size_t slash = version.find('/');
    const std::string_view group = slash == std::string_view::npos ? std::string_view() : version.substr(0, slash);
    std::string json = fmt::format("{{\"groups\":[\"{}\"],\"versions\":[\"{}\"],\"kinds\":[\"{}\"]}}", group,
                                   slash == std::string_view::npos ? version : version.substr(slash + 1), text(at + 1));
    if (std::find(needs_.sync.begin(), needs_.sync.end(), json) == needs_.sync.end())
      needs_.sync.push_back(std::move(json));
  }

  void read_constant(const ast::Ref& ref) {
    const std::vector<std::string> steps = steps_of(ref);
    const bool has_value = constant_at(from_, steps) != nullptr;
    // Settings are there or not; of any other document nobody would know that it was forgotten.
    const bool may_be_absent =
        begins(steps, {"psdl", "settings"}) || (from_.data != nullptr && constant_at(from_, {steps[0]}) != nullptr);
    if (!has_value && !may_be_absent) {
      return fail(ref,
                  fmt::format("a template cannot read `{}`: there is no such document in the cluster",
                              ast::ref_to_string(ref.items())),
                  "give the document with --data, and it becomes part of the template");
    }
    needs_.constants[steps] = has_value;
  }

  const RuleSources& from_;
  Needs& needs_;
  Diagnostics& diagnostics_;
  std::set<std::pair<PackagePath, std::string>> wanted_;
};

}  // namespace

std::optional<RuleRead> rule_read(const RuleSources& from, const ast::Ref& ref) {
  Meaning found = meaning_of(from, ref);
  if (found.kind != Kind::Rule) return std::nullopt;
  return RuleRead{found.package, std::move(found.name), found.known};
}

bool find_needs(const RuleSources& from, const std::vector<std::string>& roots, Needs& needs,
                Diagnostics& diagnostics) {
  Finder finder(from, needs, diagnostics);
  for (const std::string& root : roots) finder.want(from.entry, root);
  finder.finish();
  return !diagnostics.has_errors();
}

Names::Names(const RuleSources& from, const Needs& needs) : from_(from), needs_(needs) {
  std::set<std::string> taken;
  const auto visit = [&](ast::Var& var) {
    taken.emplace(var.name);
    return false;
  };
  for (const auto& [package, rules] : needs.rules) {
    for (const auto& [module, rule] : rules) {
      ast::walk(*rule, visit);
      for (ast::Term* part : rule->head->reference) ast::walk(*part, visit);
    }
  }
  for (const Builtin* builtin : all_builtins()) taken.emplace(builtin->name.substr(0, builtin->name.find('.')));
  taken_.assign(taken.begin(), taken.end());
  admission_review_ = fresh("admission_review");
}

std::string Names::review_text(const PackagePath& package) const {
  if (!reads_whole_review_.contains(package)) return {};
  // By object.union, so that reading what it does not have is undefined and no type error.
  return fmt::format(
      "\n# The AdmissionReview that the rule reads.\n{} := object.union({{\"apiVersion\": \"admission.k8s.io/v1\", "
      "\"kind\": \"AdmissionReview\"}}, {{\"request\": input.review}})\n",
      admission_review_);
}

std::string Names::fresh(std::string_view wanted) const {
  std::string made(wanted);
  while (std::find(taken_.begin(), taken_.end(), made) != taken_.end()) made += '_';
  return made;
}

std::string Names::library(const PackagePath& package) {
  return fmt::format("lib.{}", fmt::join(package, "."));
}

std::string Names::alias(const PackagePath& package, const PackagePath& of) {
  std::string& name = aliases_[of];
  if (name.empty()) {
    name = fresh(ast::is_var_compatible(of.back()) ? std::string_view(of.back()) : "library");
    taken_.push_back(name);
  }
  std::vector<PackagePath>& used = used_[package];
  if (std::find(used.begin(), used.end(), of) == used.end()) used.push_back(of);
  return name;
}

std::vector<std::string> Names::imports(const PackagePath& package) const {
  std::vector<std::string> made;
  const auto used = used_.find(package);
  if (used == used_.end()) return made;
  for (const PackagePath& of : used->second) {
    const std::string& name = aliases_.at(of);
    std::string path = "data.lib";
    for (const std::string& step : of)
      path += ast::is_var_compatible(step) ? "." + step : fmt::format("[\"{}\"]", step);
    made.push_back(fmt::format("import {}{}\n", path, name == of.back() ? std::string() : " as " + name));
  }
  std::sort(made.begin(), made.end());
  return made;
}

std::string_view Names::own_name(const PackagePath& package, std::string_view name) const {
  return package == from_.entry && name == "violation" && !needs_.kept_violation.empty()
             ? std::string_view(needs_.kept_violation)
             : name;
}

void Names::rename(ast::Module& module, const PackagePath& package, ast::Rule& rule) {
  each_ref(rule, [&](ast::Ref& ref) { rename_ref(module, package, ref); });
}

void Names::rename_ref(ast::Module& module, const PackagePath& package, ast::Ref& ref) {
  const ast::Nodes& nodes = module.nodes;
  const Span at = ref[0]->span;
  const auto replace = [&](std::size_t known, std::initializer_list<ast::Term*> with) {
    ast::Ref made(nodes.arena(), with);
    made.append(ref.slice(known));
    ref = std::move(made);
  };
  const auto text = [&](std::string_view step) { return nodes.string(step, at); };
  if (ast::is_var(ref[0], "input")) {
    if (from_.is_gatekeepers) return;
    const auto* step = ref.size() > 1 ? ref[1]->as<ast::String>() : nullptr;
    if (step != nullptr && step->text == "request") return replace(2, {ref[0], text("review")});
    if (from_.reads_request) {
      reads_whole_review_.insert(package);
      return replace(1, {nodes.var(admission_review_, at)});
    }
    return replace(1, {ref[0], text("review"), text("object")});
  }
  const Meaning meaning = meaning_of(from_, ref);
  switch (meaning.kind) {
    case Kind::None:
    case Kind::Inventory:
    case Kind::Unsayable: return;
    case Kind::Parameters: return replace(4, {nodes.var("input", at), text("parameters")});
    case Kind::Constant: {
      const std::vector<std::string> steps = steps_of(ref);
      ast::Term* head = nodes.var(alias(package, kConstants), at);
      if (needs_.constants.at(steps)) return replace(1, {head});
      return replace(meaning.known, {head, text(kAbsent)});
    }
    case Kind::Rule:
      if (*meaning.package == package) return replace(meaning.known, {nodes.var(own_name(package, meaning.name), at)});
      return replace(meaning.known, {nodes.var(alias(package, *meaning.package), at), text(meaning.name)});
  }
}

std::string Names::constants_text() const {
  if (needs_.constants.empty()) return {};
  std::string made =
      fmt::format("# Documents that were given when the template was made.\npackage {}\n", library(kConstants));
  std::set<std::string> documents;
  bool is_absent = false;
  for (const auto& [steps, has_value] : needs_.constants) {
    is_absent = is_absent || !has_value;
    if (has_value) documents.insert(steps[0]);
  }
  for (const std::string& name : documents)
    made += fmt::format("\n{} := {}\n", name, document_text(*constant_at(from_, {name}), name == "psdl"));
  if (is_absent) made += fmt::format("\n# What was not given has no value.\n{} := input.review[null]\n", kAbsent);
  return made;
}

}  // namespace psdl::gatekeeper
