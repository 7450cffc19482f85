// Sources and data to a Policy: parse, check, and later, when it is first run, plan and lower.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "base/assert.hpp"
#include "base/limit_names.hpp"
#include "compiler/plan_rules.hpp"
#include "engine/add_fixes.hpp"
#include "engine/policy.hpp"
#include "plan/plan.hpp"
#include "syntax/parse.hpp"
#include "syntax/print.hpp"
#include "syntax/visit.hpp"

namespace psdl {
namespace {

ParseOptions parse_options(const std::string& name, Dialect dialect, bool v0_compatible) {
  ParseOptions options;
  switch (dialect) {
    case Dialect::V0: options.version = ast::RegoVersion::V0; break;
    case Dialect::V1: break;
    case Dialect::Psdl: options.implies_v2 = true; break;
    case Dialect::ByName:
      if (name.ends_with(".psdl")) {
        options.implies_v2 = true;
      } else if (v0_compatible) {
        options.version = ast::RegoVersion::V0;
      }
      break;
  }
  return options;
}

bool mentions_request(const SourceList& sources) {
  return std::any_of(sources.begin(), sources.end(), [](const std::shared_ptr<const Source>& source) {
    const std::string_view text = source->text();
    return text.find("input.request") != std::string_view::npos || text.find("input[\"request\"]") != std::string_view::npos ||
           text.find("input.review") != std::string_view::npos;
  });
}

}  // namespace

// Where data has a value and a rule stands too, one of them would hide the other.
void refuse_shadowing(const Policy::Impl& policy, const Value& data, DiagnosticList& problems) {
  const std::vector<const Source*> sources = raw(policy.sources);
  for (const RulePlace& place : policy.places()) {
    const Value* at = &data;
    for (std::size_t i = 0; at != nullptr && i < place.path.size(); ++i) at = at->is_object() ? at->as_object().find_text(place.path[i]) : nullptr;
    if (at == nullptr) continue;
    Diagnostic diagnostic;
    diagnostic.code = "rego_compile_error";
    diagnostic.message = fmt::format("conflicting rule for data path {} found", fmt::join(place.path, "/"));
    diagnostic.span = place.span;
    diagnostic.help.push_back("a data document has a value here too: rename the rule or the data");
    problems.impl().add(diagnostic, sources);
  }
}

std::vector<RulePlace> rule_places(const CheckedPolicy& policy) {
  std::vector<RulePlace> places;
  std::set<std::vector<std::string>> seen;
  for (const auto& module : policy.modules()) {
    std::vector<std::string> package;
    for (std::size_t i = 1; i < module->package->path.size(); ++i) {
      const auto* name = module->package->path[i]->as<ast::String>();
      if (name != nullptr) package.emplace_back(name->text);
    }
    if (package.size() + 1 != module->package->path.size()) continue;
    for (const ast::Rule* rule : module->rules) {
      RulePlace place{package, rule->span};
      for (std::size_t i = 0; i < rule->head->reference.size(); ++i) {
        const ast::Term& step = *rule->head->reference[i];
        const auto* var = i == 0 ? step.as<ast::Var>() : nullptr;
        const auto* text = step.as<ast::String>();
        if (var == nullptr && text == nullptr) break;  // a dynamic part: everything below belongs to the rule
        place.path.emplace_back(var != nullptr ? var->name : text->text);
      }
      if (seen.insert(place.path).second) places.push_back(std::move(place));
    }
  }
  return places;
}

std::vector<const Source*> raw(const SourceList& sources) {
  std::vector<const Source*> list;
  list.reserve(sources.size());
  for (const std::shared_ptr<const Source>& source : sources) list.push_back(source.get());
  return list;
}

PolicyBuilder::PolicyBuilder(EngineOptions options) : impl_(std::make_unique<Impl>()) { impl_->options = std::move(options); }
PolicyBuilder::~PolicyBuilder() = default;

void PolicyBuilder::add_source(std::string_view name, std::string_view text, std::string_view named_as, Dialect dialect) {
  impl_->sources.push_back(std::make_shared<const Source>(std::string(name), std::string(text)));
  impl_->named_as.emplace_back(named_as);
  impl_->dialects.push_back(dialect);
}

void PolicyBuilder::add_image(std::string_view name, std::string_view bytes) {
  // A second one is none of the builder's business to choose between: load() tells.
  impl_->image_name = impl_->image.empty() ? std::string(name) : impl_->image_name + ", " + std::string(name);
  if (impl_->image.empty()) impl_->image = bytes;
}

void PolicyBuilder::add_data(std::string_view name, std::string_view text, DocumentFormat format, std::vector<std::string> root) {
  impl_->data.push_back({std::string(name), std::string(text), format, std::move(root)});
}

void PolicyBuilder::add_known(std::string_view name, std::string_view text, DocumentFormat format, std::vector<std::string> path) {
  impl_->known.push_back({std::string(name), std::string(text), format, std::move(path)});
}

namespace {

// As the user wrote it: to be called before the compiler rewrites the modules.
std::vector<CoverablePlace> coverable_places(std::span<const std::unique_ptr<ast::Module>> modules) {
  std::vector<CoverablePlace> places;
  for (const auto& module : modules) {
    for (const ast::Rule* top : module->rules) {
      for (const ast::Rule* rule = top; rule != nullptr; rule = rule->else_rule) places.push_back({rule->head->span, true});
    }
    std::unordered_set<const ast::Expr*> unwritten;  // of an else branch without a body
    for (const ast::Rule* top : module->rules) {
      for (const ast::Rule* rule = top->else_rule; rule != nullptr; rule = rule->else_rule) {
        if (rule->generated_body) unwritten.insert(rule->body.begin(), rule->body.end());
      }
    }
    ast::walk(*module, [&](ast::Expr& expr) {
      if (!expr.is<ast::SomeDecl*>() && !unwritten.contains(&expr)) places.push_back({expr.span, false});
      return false;
    });
  }
  return places;
}

}  // namespace

std::vector<std::unique_ptr<ast::Module>> PolicyBuilder::Impl::parse(const Limits& limits, DiagnosticList& problems) {
  std::vector<std::unique_ptr<ast::Module>> modules;
  Diagnostics diagnostics;
  if (sources.size() > limits.modules) {
    problems.add_error("limit_modules",
                       fmt::format("{} modules: the limit `modules` is {}", sources.size(), limits.modules), {},
                       how_to_raise_limit("modules"));
    return modules;
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const ParseOptions how = parse_options(sources[i]->name(), dialects[i], options.v0_compatible);
    std::unique_ptr<ast::Module> module = parse_module(*sources[i], static_cast<std::uint32_t>(i), how, limits, diagnostics);
    if (module != nullptr) modules.push_back(std::move(module));
  }
  std::size_t rules = 0;
  for (const auto& module : modules) rules += module->rules.size();
  problems.impl().add(diagnostics, raw(sources));
  if (rules > limits.rules) {
    problems.add_error("limit_rules", fmt::format("{} rules: the limit `rules` is {}", rules, limits.rules), {},
                       how_to_raise_limit("rules"));
    modules.clear();
  }
  if (diagnostics.has_errors()) modules.clear();
  return modules;
}

void PolicyBuilder::Impl::add_stdlib(std::vector<std::unique_ptr<ast::Module>>& modules, const Limits& limits, DiagnosticList& problems) {
  Diagnostics diagnostics;
  for (StdlibSource& found : stdlib_for(sources, modules, options.whole_stdlib)) {
    sources.push_back(std::make_shared<const Source>(std::string(found.name), std::move(found.text)));
    named_as.emplace_back();
    dialects.push_back(Dialect::Psdl);
    const ParseOptions how = parse_options(sources.back()->name(), dialects.back(), false);
    std::unique_ptr<ast::Module> module = parse_module(*sources.back(), static_cast<std::uint32_t>(sources.size() - 1), how, limits, diagnostics);
    if (module != nullptr) modules.push_back(std::move(module));
  }
  problems.impl().add(diagnostics, raw(sources));
}

bool report_errors(const plan::Plan& plan, Diagnostics& diagnostics) {
  diagnostics = Diagnostics();  // what it held was handed on
  for (const plan::PlanError& error : plan.errors) diagnostics.error(error.code, error.span, error.message).beyond_opa = true;
  return diagnostics.has_errors();
}

bool check_fixes(const EntryPoints& points, DiagnosticList& problems) {
  bool are_fine = true;
  for (const FoundEntry& entry : points.entries) {
    for (const RuleText& rule : entry.rules) are_fine = check_fix(rule, problems) && are_fine;
  }
  return are_fine;
}

std::shared_ptr<Policy::Impl> PolicyBuilder::Impl::compile(DiagnosticList& problems) {
  const RunningHostBuiltins running(host.get());
  auto policy = std::make_shared<Policy::Impl>();
  if (!set_limits(options, policy->limits, problems)) return nullptr;
  if (!image_name.empty()) return load(problems);
  policy->host = host;
  policy->optimise = options.optimise;
  policy->reads_request = mentions_request(sources);
  std::vector<std::unique_ptr<ast::Module>> modules = parse(policy->limits, problems);
  if (problems.has_errors()) return nullptr;
  if (options.test_rules) {
    policy->coverable = coverable_places(modules);
    for (const auto& module : modules) policy->coverable_sources.push_back(module->package->span.source);
  }
  add_stdlib(modules, policy->limits, problems);
  if (problems.has_errors()) return nullptr;
  policy->entry_points = find_entry_points(modules, named_as, sources);
  if (!check_fixes(policy->entry_points, problems)) return nullptr;

  const std::vector<const Source*> texts = raw(sources);
  CompilerOptions how;
  how.strict = options.strict;
  how.print_statements = options.print_statements;
  how.max_errors = options.max_errors;
  how.test_rules = options.test_rules;
  how.sources = texts;
  Diagnostics diagnostics;
  policy->checked = Compiler(how).compile(std::move(modules), diagnostics);
  problems.impl().add(diagnostics, texts);
  if (policy->checked == nullptr || diagnostics.has_errors()) return nullptr;

  for (const std::shared_ptr<const Source>& source : sources) static_cast<void>(source->line_count());  // finds the lines before threads share it
  policy->sources = sources;
  policy->plan = std::make_shared<const plan::Plan>(plan_policy(*policy->checked, sources));
  if (report_errors(*policy->plan, diagnostics)) {
    problems.impl().add(diagnostics, texts);
    return nullptr;
  }
  policy->reads_list_items = plan::may_read_input_field(*policy->plan, "items");
  policy->refuse_shadowing = this->refuse_shadowing;
  return take_data(*policy, problems) ? policy : nullptr;
}

bool PolicyBuilder::Impl::take_data(Policy::Impl& policy, DiagnosticList& problems) {
  std::vector<DataText> all = *policy.data;
  all.insert(all.end(), std::make_move_iterator(data.begin()), std::make_move_iterator(data.end()));
  policy.data = std::make_shared<const std::vector<DataText>>(std::move(all));
  if (policy.data->empty()) return true;
  const std::shared_ptr<const Snapshot> snapshot = load_data(*policy.data, policy.limits, nullptr, problems);
  if (snapshot == nullptr) return false;
  if (this->refuse_shadowing) psdl::refuse_shadowing(policy, snapshot->root, problems);
  return !problems.has_errors();
}

Policy PolicyBuilder::build(DiagnosticList& problems) {
  const Policy policy(impl_->compile(problems));
  if (!policy || impl_->known.empty()) return policy;
  std::vector<KnownDocument> documents;
  for (const DataText& known : impl_->known) documents.push_back({known.name, known.text, known.format, known.root});
  return policy.bind(documents, problems);
}

bool PolicyBuilder::check(DiagnosticList& problems) { return impl_->compile(problems) != nullptr; }

Policy::Policy() = default;
Policy::~Policy() = default;
Policy::Policy(const Policy&) = default;
Policy& Policy::operator=(const Policy&) = default;
Policy::Policy(Policy&&) noexcept = default;
Policy& Policy::operator=(Policy&&) noexcept = default;
Policy::Policy(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

std::vector<std::string> Policy::rules() const {
  std::vector<std::string> shown;
  const auto add = [&](std::string_view path, FunctionKind of) {
    std::string_view kind;
    switch (of) {
      case FunctionKind::Complete: kind = "complete"; break;
      case FunctionKind::Set: kind = "set"; break;
      case FunctionKind::Object: kind = "object"; break;
      case FunctionKind::Function: kind = "function"; break;
      case FunctionKind::Query:
      case FunctionKind::Extent: return;
    }
    shown.push_back(fmt::format("{} {}", path, kind));
  };
  // Those that were written: the optimiser adds some of its own.
  if (impl_->plan != nullptr) {
    for (const plan::Function& function : impl_->plan->functions) add(function.path, function.kind);
  } else {
    for (const Function& function : impl_->plain_program()->functions) add(function.path, function.kind);
  }
  std::sort(shown.begin(), shown.end());
  return shown;
}

std::shared_ptr<const Program> make_program(const plan::Plan& plan, bool optimise, std::shared_ptr<const KeyTable> keys, std::span<const plan::Known> known,
                                            bool* reads_known_input) {
  if (keys == nullptr) keys = std::make_shared<const KeyTable>(plan::names(plan));
  plan::Plan own = plan.fork();
  if (optimise) {
    const bool reads = plan::bind(own, known);
    if (reads_known_input != nullptr) *reads_known_input = reads;
    plan::optimise(own);
  }
  std::shared_ptr<const Program> made = plan::lower(std::move(own), std::move(keys));
  if (const std::string broken = verify(*made); !broken.empty()) assertion_failed(broken.c_str(), __FILE__, __LINE__);
  return made;
}

const std::shared_ptr<const KeyTable>& Policy::Impl::keys() const {
  if (base != nullptr) return base->keys();
  std::call_once(keys_once_, [this] { keys_ = loaded != nullptr ? loaded->keys : std::make_shared<const KeyTable>(plan::names(*plan)); });
  return keys_;
}

const std::shared_ptr<const Program>& Policy::Impl::program() const {
  std::call_once(program_once_, [this] {
    if (loaded != nullptr) {
      program_ = loaded;
    } else if (base != nullptr && !optimise) {
      program_ = base->program();
    } else {
      program_ = make_program(*plan, optimise, keys(), known, &reads_known_input_);
    }
  });
  return program_;
}

const std::shared_ptr<const Program>& Policy::Impl::plain_program() const {
  if (base != nullptr) return base->plain_program();
  std::call_once(plain_once_, [this] {
    plain_ = loaded != nullptr ? loaded_plain : optimise ? make_program(*plan, false, keys()) : program();
  });
  return plain_;
}

MarkedProgram make_marked(plan::Plan plan, std::shared_ptr<const KeyTable> keys) {
  MarkedProgram made;
  made.program = plan::lower(std::move(plan), std::move(keys), &made.info);
  if (const std::string broken = verify(*made.program); !broken.empty()) assertion_failed(broken.c_str(), __FILE__, __LINE__);
  return made;
}

const MarkedProgram& Policy::Impl::marked_program() const {
  if (base != nullptr) return base->marked_program();
  std::call_once(marked_once_, [this] {
    const RunningHostBuiltins running(host.get());
    if (checked != nullptr) marked_ = make_marked(plan_policy(*checked, sources, Packages::AsRead, Marks::Yes), program()->keys);
  });
  return marked_;
}

const std::shared_ptr<const Snapshot>& Policy::Impl::snapshot() const {
  if (known_data != nullptr) return known_data;
  if (base != nullptr) return base->snapshot();
  std::call_once(snapshot_once_, [this] {
    DiagnosticList ignored;
    snapshot_ = load_data(*data, limits, keys(), ignored);
  });
  return snapshot_;
}

}  // namespace psdl
