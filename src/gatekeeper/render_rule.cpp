// A template as a rule. In: a ConstraintTemplate; out: one rule file with metadata, its libraries drawn in, and a first
// case.
//
//   input.review.object.x   input.x; where other parts of the review are read: review.object.x, and a rule `review`
//   input.parameters        parameters, a rule with the template's schema as its metadata
//   data.lib.util.f         f
//
// v0 is written as v1, and the old `not` so that it means the same under the improved one (old_not.hpp).
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "builtins/registry.hpp"
#include "compiler/state.hpp"
#include "gatekeeper/module.hpp"
#include "gatekeeper/object.hpp"
#include "gatekeeper/old_not.hpp"
#include "gatekeeper/render.hpp"
#include "psdl/psdl.hpp"
#include "report/yaml_text.hpp"
#include "syntax/parse.hpp"
#include "syntax/print.hpp"
#include "syntax/visit.hpp"
#include "syntax/write.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kTitle = "metadata.gatekeeper.sh/title";

// The request as Gatekeeper shows it, for templates that read more of it than the object.
constexpr std::string_view kReview = R"(
# What Gatekeeper shows of a request; of an object by itself it makes one.
{0} := object.union(empty_{0}, object.union(input.request, deleted_{0})) if input.request

{0} := object.union(empty_{0}, object.union(named_{0}, {{"object": input, "kind": kind_{0}}})) if not input.request

empty_{0} := {{
	"uid": "",
	"kind": {{"group": "", "version": "", "kind": ""}},
	"resource": {{"group": "", "version": "", "resource": ""}},
	"operation": "",
	"userInfo": {{}},
	"object": null,
	"oldObject": null,
	"options": null,
	"namespaceObject": {{}},
}}

# Of a deletion the old object is judged.
deleted_{0} := {{"object": input.request.oldObject}} if {{
	input.request.operation == "DELETE"
}} else := {{}}

named_{0} := {{key: value |
	some key in ["name", "namespace"]
	value := input.metadata[key]
}}

kind_{0} := {{"group": group, "version": version, "kind": input.kind}} if {{
	[group, version] := split(input.apiVersion, "/")
}} else := {{"group": "", "version": input.apiVersion, "kind": input.kind}} if {{
	input.apiVersion
}} else := {{"group": "", "version": "", "kind": input.kind}}
)";

// "K8sRequiredLabels" to "k8s_required_labels".
std::string snake_case(std::string_view kind) {
  const auto is_upper = [&](std::size_t i) { return i < kind.size() && kind[i] >= 'A' && kind[i] <= 'Z'; };
  std::string name;
  for (std::size_t i = 0; i < kind.size(); ++i) {
    const bool begins = is_upper(i) && i > 0 && (!is_upper(i - 1) || (i + 1 < kind.size() && !is_upper(i + 1)));
    if (begins) name += '_';
    const bool is_plain = is_upper(i) || (kind[i] >= 'a' && kind[i] <= 'z') || (kind[i] >= '0' && kind[i] <= '9');
    name += is_upper(i) ? static_cast<char>(kind[i] + 32) : is_plain ? kind[i] : '_';
  }
  return name;
}

bool is_new_keyword(std::string_view name) {
  return name == "if" || name == "contains" || name == "in" || name == "every" || name == "and" || name == "or";
}

class RuleWriter {
 public:
  explicit RuleWriter(DiagnosticList& problems) : problems_(problems) {}

  std::optional<tools::RenderedRule> run(std::string_view text, std::string_view file) {
    if (!read(text, file) || !parse()) return std::nullopt;
    Diagnostics diagnostics;
    if (!find_needs(from_, {"violation"}, needs_, diagnostics)) return refuse_all(diagnostics);
    choose_names();
    for (const auto& [package, rules] : needs_.rules) {
      for (const auto& [module, rule] : rules) rewrite(*module, package, *rule);
    }
    tools::RenderedRule made;
    made.name = key_;
    made.rule = rule_text();
    made.notes = std::move(notes_);
    if (!check(made, file)) return std::nullopt;
    return made;
  }

 private:
  // ---- Reading.
  bool read(std::string_view text, std::string_view file) {
    const Result<ObjectPtr, Refusal> object = read_first(text, file, Reading::Native);
    if (!object) return refuse(object.error());
    const auto found = read_template(*object);
    if (!found) return refuse(found.error());
    template_ = *found;
    if (!template_->rego) {
      problems_.add_error(kRenderError, "the template has no Rego", file, "rules are written in Rego");
      return false;
    }
    // What is wrong with the Rego is told at its lines of the YAML.
    const auto compiled = compile_rego(*template_->rego, {});
    if (!compiled) return refuse(refusal_in_template(*template_, compiled.error()));
    key_ = snake_case(template_->kind);
    if (template_->has_cel) notes_.push_back("the template has CEL beside its Rego: the rule is made of the Rego");
    return true;
  }

  bool refuse(const Refusal& refusal) {
    for (const Problem& problem : refusal.problems) problems_.impl().items.push_back(problem);
    return false;
  }

  std::optional<tools::RenderedRule> refuse_all(const Diagnostics& diagnostics) {
    for (const Diagnostic& one : diagnostics.all()) {
      problems_.impl().items.push_back(
          problem_in_template(*template_, {one.code, one.message, one.span, one.notes, one.help}, one.severity));
    }
    return std::nullopt;
  }

  bool parse() {
    const RegoCode& code = *template_->rego;
    std::vector<RegoText> texts = {code.entry};
    texts.insert(texts.end(), code.libs.begin(), code.libs.end());
    ParseOptions how;
    how.version = code.is_v1 ? ast::RegoVersion::V1 : ast::RegoVersion::V0;
    how.annotations = false;
    Diagnostics diagnostics;
    CompilerOptions compiling;
    for (std::size_t i = 0; i < texts.size(); ++i)
      from_.sources.push_back(std::make_shared<const Source>(fmt::format("lib_{}", i), std::string(texts[i].text)));
    const std::vector<const Source*> sources = raw(from_.sources);
    compiling.sources = sources;
    CompilerState state(compiling);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      state.modules.push_back(parse_module(*sources[i], static_cast<std::uint32_t>(i), how, Limits{}, diagnostics));
      if (state.modules.back() == nullptr) return refuse_all(diagnostics).has_value();
    }
    unshare_heads(state.modules);
    stages::resolve_refs(state);
    from_.modules = std::move(state.modules);
    for (const auto& module : from_.modules) from_.packages[package_path(*module->package)].push_back(module.get());
    from_.entry = package_path(*from_.modules[0]->package);
    from_.is_template = true;
    return true;
  }

  // ---- Names.
  void choose_names() {
    std::map<PackagePath, std::set<std::string>> vars;
    std::set<std::string> all;
    for (const auto& [package, rules] : needs_.rules) {
      for (const auto& [module, rule] : rules) {
        ast::walk(*rule, [&, &of = vars[package]](ast::Var& var) {
          of.emplace(var.name);
          all.emplace(var.name);
          return false;
        });
      }
    }
    for (const auto& [package, rules] : needs_.rules) {
      for (const auto& [module, rule] : rules) {
        std::string wanted(rule->head->reference[0]->as<ast::Var>()->name);
        if (names_.contains({package, wanted})) continue;
        // A var of another package's rules would be taken for the rule.
        const bool is_hidden = std::any_of(vars.begin(), vars.end(), [&](const auto& other) {
          return other.first != package && other.second.contains(wanted);
        });
        std::string name = wanted;
        const bool is_taken = used_.contains(name) || is_hidden || is_new_keyword(name);
        if (is_taken && wanted != "violation") name = free_name(fmt::format("{}_{}", package.back(), wanted), all);
        used_.insert(name);
        names_[{package, wanted}] = name;
      }
    }
    used_.insert(all.begin(), all.end());
    parameters_ = free_name("parameters", all);
    review_ = free_name("review", all);
    whole_ = free_name("gatekeeper", all);
    for (const auto& [package, rules] : needs_.rules) {
      for (const auto& [module, rule] : rules) {
        read_parameters_plainly(module->nodes, *rule);
        look_at_input(*rule);
      }
    }
    has_parameters_ = has_parameters_ || reads_whole_;
    reads_review_ = reads_review_ || reads_whole_;
  }

  std::string free_name(std::string wanted, const std::set<std::string>& vars) {
    while (used_.contains(wanted) || vars.contains(wanted)) wanted += '_';
    used_.insert(wanted);
    return wanted;
  }

  // Of a variable: that of a field, as it is or with a number.
  std::string local_name(std::string_view wanted) {
    const bool is_plain = !is_new_keyword(wanted) && wanted != "input" && wanted != "data";
    const std::string name(is_plain ? wanted : "value");
    std::string made = name;
    for (int number = 2; !used_.insert(made).second || find_builtin(made) != nullptr; ++number)
      made = fmt::format("{}_{}", name, number);
    return made;
  }

  static bool is_step(const ast::Ref& ref, std::size_t at, std::string_view name) {
    const auto* step = at < ref.size() ? ref[at]->as<ast::String>() : nullptr;
    return step != nullptr && step->text == name;
  }

  static bool is_whole_input(const ast::Term& term) {
    const auto* ref = term.as<ast::Ref>();
    return ref != nullptr && ref->size() == 1 && ast::is_var((*ref)[0], "input");
  }

  // `object.get(input, "parameters", {})`: there always are some.
  static void read_parameters_plainly(const ast::Nodes& nodes, ast::Rule& rule) {
    ast::walk(rule, [&](ast::Term& term) {
      const auto* call = term.as<ast::Call>();
      if (call == nullptr || call->size() != 4 || ast::to_string(*(*call)[0]) != "object.get" ||
          !is_whole_input(*(*call)[1]))
        return false;
      const auto* key = (*call)[2]->as<ast::String>();
      if (key == nullptr || key->text != "parameters") return false;
      term.value = nodes.ref({nodes.var("input", term.span), nodes.string("parameters", term.span)}, term.span)->value;
      return true;
    });
  }

  void look_at_input(ast::Rule& rule) {
    each_ref(rule, [&](ast::Ref& ref) {
      if (!ast::is_var(ref[0], "input")) return;
      reads_whole_ = reads_whole_ || !(is_step(ref, 1, "parameters") || is_step(ref, 1, "review"));
      has_parameters_ = has_parameters_ || is_step(ref, 1, "parameters");
      reads_review_ = reads_review_ || (is_step(ref, 1, "review") && !is_step(ref, 2, "object"));
    });
  }

  void rewrite(ast::Module& module, const PackagePath& package, ast::Rule& rule) {
    const ast::Nodes& nodes = module.nodes;
    write_out_not(module, rule, [&](std::string_view wanted) { return local_name(wanted); });
    each_ref(rule, [&](ast::Ref& ref) { rewrite_ref(nodes, ref); });
    rename_keywords(nodes, rule);
    for (ast::Rule* each = &rule; each != nullptr; each = each->else_rule) {
      ast::Head& head = *each->head;
      if (head.reference.empty()) continue;
      const auto found = names_.find({package, std::string(head.reference[0]->as<ast::Var>()->name)});
      if (found != names_.end()) head.reference[0] = nodes.var(found->second, head.span);
    }
  }

  // Variables that are called as v1 has keywords; builtins of these names are not meant.
  template <class Node>
  static void rename_keywords(const ast::Nodes& nodes, Node& node) {
    const auto rename = [&](ast::Var& var) {
      if (is_new_keyword(var.name)) var.name = nodes.text(fmt::format("{}_value", var.name));
    };
    ast::walk(node, ast::Overloads{
                        [&](ast::Ref& ref) {
                          auto* head = ref[0]->as<ast::Var>();
                          if (head != nullptr && ref.size() > 1) rename(*head);
                          if (head == nullptr) rename_keywords(nodes, *ref[0]);
                          for (ast::Term* part : ref.slice(1)) rename_keywords(nodes, *part);
                          return true;
                        },
                        [&](ast::Var& var) {
                          rename(var);
                          return false;
                        },
                    });
  }

  void rewrite_ref(const ast::Nodes& nodes, ast::Ref& ref) {
    const Span at = ref[0]->span;
    const auto replace = [&](std::size_t known, std::initializer_list<ast::Term*> with) {
      ast::Ref made(nodes.arena(), with);
      made.append(ref.slice(known));
      ref = std::move(made);
    };
    if (ast::is_var(ref[0], "input")) {
      if (is_step(ref, 1, "parameters")) return replace(2, {nodes.var(parameters_, at)});
      if (!is_step(ref, 1, "review")) return replace(1, {nodes.var(whole_, at)});
      if (reads_review_) return replace(2, {nodes.var(review_, at)});
      return replace(3, {ref[0]});
    }
    if (const auto found = rule_read(from_, ref))
      replace(found->known, {nodes.var(names_.at({*found->package, found->name}), at)});
  }

  // ---- The text.
  std::string rule_text() {
    std::string text = metadata();
    text += fmt::format("package {}\n", key_);
    if (has_parameters_) text += parameters_text();
    // The template's own rules first.
    for (const bool is_entry : {true, false}) {
      for (const auto& [package, rules] : needs_.rules) {
        if ((package == from_.entry) != is_entry) continue;
        for (const auto& [module, rule] : rules)
          text += "\n" + comment_above(from_, *module, *rule) + ast::write_rule(*rule);
      }
    }
    // By object.union, so that reading what it does not have is undefined and no type error.
    if (reads_whole_)
      text += fmt::format("\n{} := object.union({{\"review\": {}}}, {{\"parameters\": {}}})\n", whole_, review_,
                          parameters_);
    if (reads_review_) text += fmt::format(fmt::runtime(kReview), review_);
    return text;
  }

  std::string_view annotation(std::string_view name) const {
    return text_at(template_->object->root(), {"metadata", "annotations", name});
  }

  std::string metadata() const {
    const std::string_view title = annotation(kTitle);
    const std::string_view description = annotation("description");
    std::string yaml = fmt::format("title: {}\n", yaml_text(title.empty() ? template_->kind : title));
    if (!description.empty()) yaml += fmt::format("description: {}\n", yaml_text(description));
    yaml += fmt::format("custom:\n  id: {0}\n  name: {0}\n  severity: error\n", template_->kind);
    return "# METADATA\n" + as_comment(yaml);
  }

  const Value* schema() const {
    return find_path(template_->object->root(), {"spec", "crd", "spec", "validation", "openAPIV3Schema"});
  }

  // Gatekeeper fills in defaults where a constraint has parameters at all.
  std::string parameters_text() {
    const Value* declared = schema();
    std::string text = "\n";
    if (declared != nullptr) {
      text +=
          "# METADATA\n# custom:\n#   schema:\n" + as_comment(indented(report::yaml_of_json(to_json(*declared)), 4));
    }
    text += fmt::format("default {} := {{}}\n\n", parameters_);
    const std::string defaults = declared != nullptr ? defaults_of(*declared) : std::string();
    if (defaults.empty()) return text + fmt::format("{} := data.psdl.parameters.{}\n", parameters_, key_);
    return text +
           fmt::format("{0} := object.union({1}, data.psdl.parameters.{2}) if data.psdl.parameters.{2} != {{}}\n",
                       parameters_, defaults, key_);
  }

  // {"limit": 1} of the properties that have a default; empty: none has.
  std::string defaults_of(const Value& declared) {
    const Value* properties = find_path(declared, {"properties"});
    if (properties == nullptr || !properties->is_object()) return {};
    std::string made;
    const psdl::Object& all = properties->as_object();
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      const Value* value = find_path(all.values()[i], {"default"});
      const std::string json = to_json(all.values()[i]);
      const bool is_inside = value == nullptr ? json.find("\"default\":") != std::string::npos : value->is_object();
      if (is_inside)
        notes_.push_back(
            fmt::format("defaults inside the parameter `{}` are not filled in: give them", all.keys()[i].as_string()));
      if (value == nullptr || value->is_object()) continue;
      made += fmt::format("{}{}: {}", made.empty() ? "{" : ", ", to_json(all.keys()[i]), to_json(*value));
    }
    return made.empty() ? made : made + "}";
  }

  // ---- What was written must hold, and the first case says what it finds.
  bool check(tools::RenderedRule& made, std::string_view file) {
    PolicyBuilder builder;
    builder.add_source("rule.psdl", made.rule, "rule.psdl");
    DiagnosticList wrong;
    const Policy policy = builder.build(wrong);
    if (!policy) {
      const DiagnosticView first = wrong[0];
      problems_.add_error(kRenderError,
                          fmt::format("the rule that was made of the template does not compile: line {}: {}",
                                      first.line, first.message),
                          file, "what only Rego v0 has cannot be kept: write the template as v1 first");
      return false;
    }
    made.cases = first_case(policy);
    return true;
  }

  static constexpr std::string_view kInput =
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  containers:\n    - name: app\n   "
      "   image: registry.example/app:1.0\n";

  static std::string first_case(const Policy& policy) {
    std::string text =
        "# What the rule finds in objects, each with `parameters` if you like. The first case says what it finds now: "
        "put in objects that matter.\n"
        "cases:\n  - note: a pod like many\n    input:\n";
    text += indented(kInput, 6);
    std::string findings;
    Evaluator evaluator(policy);
    evaluator.evaluate(kInput, DocumentFormat::Yaml, "case.yaml", [&](const Verdict& verdict) {
      for (const Finding& finding : verdict.findings)
        findings += fmt::format("      - message: {}\n", yaml_text(finding.message));
      return true;
    });
    return text + (findings.empty() ? "    findings: []\n" : "    findings:\n" + findings);
  }

  DiagnosticList& problems_;
  std::shared_ptr<const Template> template_;
  std::string key_;
  RuleSources from_;
  Needs needs_;
  std::map<std::pair<PackagePath, std::string>, std::string> names_;
  std::set<std::string> used_;
  std::string parameters_;
  std::string review_;
  std::string whole_;
  bool reads_whole_ = false;  // `input` by itself
  bool has_parameters_ = false;
  bool reads_review_ = false;
  std::vector<std::string> notes_;
};

}  // namespace
}  // namespace psdl::gatekeeper

namespace psdl::tools {

std::optional<RenderedRule> render_rule(std::string_view text, std::string_view file, DiagnosticList& problems) {
  return gatekeeper::RuleWriter(problems).run(text, file);
}

}  // namespace psdl::tools
