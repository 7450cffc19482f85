// A rule as a template. In: the sources of a policy; out: a ConstraintTemplate with all that the rule reads, and a
// constraint.
//
// The policy is compiled first, so that what does not hold is told as everywhere; then it is parsed again, names are
// resolved, and the trees are rewritten and written out. What was written is compiled as a template before anybody sees
// it.
#include "gatekeeper/render.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/state.hpp"
#include "gatekeeper/module.hpp"
#include "gatekeeper/plain_rego.hpp"
#include "syntax/print.hpp"
#include "syntax/visit.hpp"
#include "syntax/write.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

// "image_tags" to "ImageTags".
std::string kind_of(std::string_view name) {
  std::string kind;
  bool is_first = true;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == '.') {
      is_first = true;
      continue;
    }
    kind += is_first && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    is_first = false;
  }
  return kind;
}

// "ImageTags" to "image-tags".
std::string constraint_name_of(std::string_view kind) {
  std::string name;
  for (std::size_t i = 0; i < kind.size(); ++i) {
    const bool is_upper = kind[i] >= 'A' && kind[i] <= 'Z';
    const bool after_lower = i > 0 && !(kind[i - 1] >= 'A' && kind[i - 1] <= 'Z');
    if (is_upper && after_lower) name += '-';
    name += is_upper ? static_cast<char>(kind[i] + 32) : kind[i];
  }
  return name;
}

bool is_kind(std::string_view kind) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  return !kind.empty() && kind.size() <= 63 && is_letter(kind[0]) &&
         std::all_of(kind.begin(), kind.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

class Renderer {
 public:
  Renderer(PolicyBuilder::Impl& builder, const tools::RenderOptions& options, DiagnosticList& problems)
      : builder_(builder), options_(options), problems_(problems) {}

  std::optional<tools::RenderedTemplate> run() {
    policy_ = builder_.compile(problems_);
    if (policy_ == nullptr || !choose_package() || !parse() || !name_kind()) return std::nullopt;
    std::vector<std::string> roots;
    for (const FoundEntry& entry : entries_.entries)
      roots.push_back(entry.shown.path.substr(entry.shown.path.rfind('.') + 1));
    Diagnostics diagnostics;
    if (!find_needs(from_, roots, needs_, diagnostics)) {
      problems_.impl().add(diagnostics, raw(from_.sources));
      return std::nullopt;
    }
    write();
    if (!check()) return std::nullopt;
    return finish();
  }

 private:
  bool refuse(std::string_view message, std::string_view file, std::string_view help) {
    problems_.add_error(kRenderError, message, file, help);
    return false;
  }

  // A template is one package.
  bool choose_package() {
    entries_ = policy_->entry_points;
    if (entries_.entries.empty()) {
      const std::string file = builder_.sources.empty() ? std::string() : builder_.sources[0]->name();
      return refuse("there is no rule `deny`, `violation` or `warn` to make a template of", file, "");
    }
    const auto package_of = [](const FoundEntry& entry) {
      return entry.shown.path.substr(0, entry.shown.path.rfind('.'));
    };
    const std::string package = package_of(entries_.entries[0]);
    for (const FoundEntry& entry : entries_.entries) {
      if (package_of(entry) == package) continue;
      return refuse(
          fmt::format("a template is made of one package: `{}` and `{}` make findings", package, package_of(entry)),
          entry.shown.file, "render each rule by itself");
    }
    package_text_ = package;
    return true;
  }

  bool parse() {
    std::vector<std::unique_ptr<ast::Module>> modules = builder_.parse(policy_->limits, problems_);
    if (problems_.has_errors()) return false;
    from_.sources = builder_.sources;
    const std::vector<const Source*> texts = raw(from_.sources);
    CompilerOptions how;
    how.sources = texts;
    CompilerState state(how);
    state.modules = std::move(modules);
    unshare_heads(state.modules);
    stages::resolve_refs(state);
    from_.modules = std::move(state.modules);
    for (const auto& module : from_.modules) {
      from_.packages[package_path(*module->package)].push_back(module.get());
      if (ast::ref_to_string(module->package->path.items()) == package_text_)
        from_.entry = package_path(*module->package);
    }
    find_input_style();
    if (!policy_->data->empty()) from_.data = load_data(*policy_->data, policy_->limits, nullptr, problems_);
    return !problems_.has_errors();
  }

  void find_input_style() {
    for (const auto& module : from_.modules) {
      ast::walk(*module, [&](ast::Ref& ref) {
        const auto* step = ref.size() > 1 && ast::is_var(ref[0], "input") ? ref[1]->as<ast::String>() : nullptr;
        from_.reads_request = from_.reads_request || (step != nullptr && step->text == "request");
        from_.is_gatekeepers = from_.is_gatekeepers || (step != nullptr && step->text == "review");
        return false;
      });
    }
  }

  bool name_kind() {
    const std::vector<RuleInfo>& infos = entries_.infos;
    const std::string& named = infos.empty() ? options_.kind : infos[0].name;
    parts_.kind = !options_.kind.empty() ? options_.kind : !named.empty() ? named : kind_of(from_.entry.back());
    if (!is_kind(parts_.kind)) {
      return refuse(
          fmt::format("`{}` cannot be the kind of constraints: a kind is made of letters and digits", parts_.kind),
          infos.empty() ? std::string() : infos[0].file, "give one with --kind");
    }
    parts_.constraint_name = options_.name.empty() ? constraint_name_of(parts_.kind) : options_.name;
    if (!infos.empty()) {
      parts_.title = infos[0].title;
      parts_.description = infos[0].description;
      parts_.id = infos[0].id;
    }
    return true;
  }

  // ---- Texts.
  void write() {
    const Names before(from_, needs_);
    const EntryTexts made = rewrite_entries(from_, needs_, entries_, before);
    parts_.action = made.action;
    parts_.schema = parameters_schema(needs_);
    for (auto& [package, rules] : needs_.rules) add_plain(before, rules);
    Names names(from_, needs_);
    for (const auto& [package, rules] : needs_.rules) {
      for (const auto& [module, rule] : rules) names.rename(*module, package, *rule);
    }
    for (const auto& [package, rules] : needs_.rules) {
      const bool is_entry = package == from_.entry;
      std::string text = is_entry ? header() : std::string();
      text += fmt::format("package {}\n", is_entry ? from_.entry.back() : Names::library(package));
      const std::vector<std::string> imports = names.imports(package);
      if (!imports.empty()) text += '\n';
      for (const std::string& import : imports) text += import;
      for (const auto& [module, rule] : rules)
        text += "\n" + comment_above(from_, *module, *rule) + ast::write_rule(*rule);
      text += names.review_text(package);
      if (is_entry) {
        parts_.rego = text + made.wrappers;
      } else {
        parts_.libs.push_back(std::move(text));
      }
    }
    if (std::string constants = names.constants_text(); !constants.empty()) parts_.libs.push_back(std::move(constants));
    if (!needs_.sync.empty()) parts_.sync = sync_text();
    take_parameters();
  }

  // Each function stands behind the rule that reads it.
  static void add_plain(const Names& names, std::vector<std::pair<ast::Module*, ast::Rule*>>& rules) {
    std::map<std::string, int, std::less<>> counts;
    const FreshName fresh = [&](std::string_view wanted) {
      std::string made;
      do {
        made = fmt::format("{}_{}", wanted, ++counts[std::string(wanted)]);
      } while (names.fresh(made) != made);
      return made;
    };
    std::vector<std::pair<ast::Module*, ast::Rule*>> all;
    for (const auto& [module, rule] : rules) {
      const std::vector<ast::Rule*> functions = make_plain(*module, *rule, fresh);
      all.emplace_back(module, rule);
      for (ast::Rule* function : functions) all.emplace_back(module, function);
    }
    rules = std::move(all);
  }

  std::string header() const {
    std::string text = parts_.title.empty() ? std::string() : as_comment(parts_.title);
    return text;
  }

  std::string sync_text() const {
    std::string json = "[";
    for (const std::string& one : needs_.sync) json += fmt::format("{}[{}]", json.size() > 1 ? "," : "", one);
    return json + "]";
  }

  void take_parameters() {
    const Value* at = from_.data != nullptr ? &from_.data->root : nullptr;
    for (const std::string_view step :
         {std::string_view("psdl"), std::string_view("parameters"), std::string_view(needs_.parameters_key)}) {
      if (at != nullptr) at = at->is_object() ? at->as_object().find_text(step) : nullptr;
    }
    if (at != nullptr && !needs_.parameters_key.empty()) parts_.parameters = to_json(*at);
  }

  // What is wrong with the text that was made is our fault: it is told, with the text's own lines.
  bool check() {
    RegoCode code;
    code.is_v1 = true;
    code.entry.text = parts_.rego;
    for (const std::string& lib : parts_.libs) code.libs.push_back({lib, 0});
    EngineOptions options;
    const auto compiled = compile_rego(code, options);
    if (compiled) return true;
    return refuse(fmt::format("the template that was made of the rule does not compile: {}", compiled.error().text),
                  entries_.entries[0].shown.file, "");
  }

  std::optional<tools::RenderedTemplate> finish() {
    tools::RenderedTemplate made;
    made.kind = parts_.kind;
    made.package = package_text_.substr(5);
    made.constraint_name = parts_.constraint_name;
    made.action = parts_.action;
    made.parameters_key = needs_.parameters_key;
    made.template_yaml = template_yaml(parts_);
    made.constraint_yaml = constraint_yaml(parts_);
    made.asks_for_inventory = needs_.asks_for_inventory;
    if (needs_.reads_inventory && needs_.sync.empty())
      made.notes.push_back("the rule reads data.inventory: sync the objects that it needs (Config or SyncSet)");
    return made;
  }

  PolicyBuilder::Impl& builder_;
  const tools::RenderOptions& options_;
  DiagnosticList& problems_;
  std::shared_ptr<Policy::Impl> policy_;
  EntryPoints entries_;
  std::string package_text_;
  RuleSources from_;
  Needs needs_;
  TemplateParts parts_;
};

}  // namespace

PackagePath package_path(const ast::Package& package) {
  PackagePath path;
  for (std::size_t i = 1; i < package.path.size(); ++i) path.emplace_back(package.path[i]->as<ast::String>()->text);
  return path;
}

void unshare_heads(std::span<const std::unique_ptr<ast::Module>> modules) {
  for (const auto& module : modules) {
    stages::for_each_rule(*module, [&](ast::Rule& rule) {
      ast::Head& head = *rule.head;
      for (ast::Term*& part : head.reference) {
        if (part == head.key || part == head.value) part = module->nodes.copy(part);
      }
      if (head.key != nullptr && head.key == head.value) head.value = module->nodes.copy(head.value);
    });
  }
}

std::string as_comment(std::string_view text) {
  std::string made;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    made += line.empty() ? "#\n" : fmt::format("# {}\n", line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return made;
}

std::string comment_above(const RuleSources& from, const ast::Module& module, const ast::Rule& rule) {
  std::string description;
  for (const ast::Annotations* annotations : rule.annotations) {
    if (annotations->scope == ast::AnnotationScope::Rule || annotations->scope == ast::AnnotationScope::Document)
      description = annotations->description;
  }
  if (!rule.annotations.empty()) return as_comment(description);
  const Source& source = *from.sources[rule.span.source];
  std::uint32_t above = source.line_column(rule.span.begin).line;
  std::string made;
  for (std::size_t i = module.comments.size(); i-- > 0 && above > 1;) {
    const LineColumn at = source.line_column(module.comments[i]->span.begin);
    if (at.line >= above) continue;
    if (at.line + 1 != above || at.column != 1) break;
    made = fmt::format("#{}\n", module.comments[i]->text) + made;
    above = at.line;
  }
  return made;
}

}  // namespace psdl::gatekeeper

namespace psdl::tools {

std::optional<RenderedTemplate> render_template(PolicyBuilder& builder, const RenderOptions& options,
                                                DiagnosticList& problems) {
  return gatekeeper::Renderer(builder.impl(), options, problems).run();
}

}  // namespace psdl::tools
