// Parses, renames packages, checks what a template may name, compiles. The order of the checks is that in which gator reports.
#include "gatekeeper/module.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/compiler.hpp"
#include "compiler/plan_rules.hpp"
#include "compiler/state.hpp"
#include "compiler/types_env.hpp"
#include "gatekeeper/place.hpp"
#include "syntax/parse.hpp"
#include "syntax/print.hpp"
#include "syntax/visit.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kPrefix = "invalid ConstraintTemplate: ";
constexpr std::string_view kParseError = "rego_parse_error";

// What gator's driver asks of every element, as a query: its rows are those that gator's messages name: 15 of the set, 20 of the call, 21 of the read.
constexpr std::string_view kHookName = "hooks.hooks_builtin";
constexpr std::string_view kHookText = "\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
                                       "data.template.violation[r]\n\n\n\n\n"
                                       "response = {\"details\": object.get(r, \"details\", {}),\n"
                                       "\"msg\": r.msg}\n";

constexpr std::string_view kElement = "data.template.violation[r]";

bool is_string(const ast::Term* term, std::string_view text) {
  const auto* string = term->as<ast::String>();
  return string != nullptr && string->text == text;
}

bool is_below_data(const ast::Terms& ref, std::string_view name) { return ref.size() > 1 && ast::is_var(ref[0], "data") && is_string(ref[1], name); }

// gator's parser gives no `(hint: import future.keywords.if ..)`.
std::string_view without_hint(std::string_view message) { return message.substr(0, message.find(" (hint: `import ")); }

// What OPA finds in whole statements, when they have been read.
bool is_of_statement(std::string_view message) {
  constexpr std::string_view kBegins[] = {"package expected", "unexpected package", "invalid rule head: ", "rule name conflicts with ", "rule argument list must ",
                                          "assignment requires two operands", "`if` keyword is required ", "`contains` keyword is required "};
  constexpr std::string_view kEnds[] = {" cannot be used for rule head", " cannot be used for rule name", " must have value assignment and/or body declaration"};
  return std::any_of(std::begin(kBegins), std::end(kBegins), [&](std::string_view one) { return message.starts_with(one); }) ||
         std::any_of(std::begin(kEnds), std::end(kEnds), [&](std::string_view one) { return message.ends_with(one); });
}

// OPA shows the line where its scanner stopped; what it finds after that has none.
bool shows_line(const Problem& problem) {
  return problem.code == kParseError && problem.place.line > 0 && !is_of_statement(without_hint(problem.message));
}

class RegoCompiler {
 public:
  RegoCompiler(const RegoCode& code, const EngineOptions& options) : code_(code), options_(options) {}

  Result<std::shared_ptr<const RegoModule>, RegoFailure> run() {
    auto policy = std::make_shared<Policy::Impl>();
    DiagnosticList bad_limits;
    if (!set_limits(options_, policy->limits, bad_limits)) return RegoFailure{bad_limits.impl().items[0].message, {{"bad_limit", bad_limits.impl().items[0].message, {}, {}, {}}}};
    limits_ = &policy->limits;
    policy->optimise = options_.optimise;
    if (!parse() || !check_libraries() || !check_imports() || !check_references()) return std::move(failure_);
    rename();
    made_->rules = violations_;
    if (!compile(*policy) || !check_elements(*policy)) return std::move(failure_);
    made_->policy = std::move(policy);
    return std::shared_ptr<const RegoModule>(std::move(made_));
  }

 private:
  // ---- Parsing.
  bool parse() {
    if (!parse_one("template", code_.entry.text)) return false;
    for (const ast::Rule* rule : modules_[0]->rules) {
      const auto* name = rule->head->reference[0]->as<ast::Var>();
      if (name != nullptr && name->name == "violation") violations_.push_back(rule->span);
    }
    if (violations_.empty()) return refuse_without_violation();
    for (std::size_t i = 0; i < code_.libs.size(); ++i) {
      if (!parse_one(fmt::format("libs[\"lib_{}\"]", i), code_.libs[i].text)) return false;
    }
    return true;
  }

  bool parse_one(std::string name, std::string_view text) {
    sources_.push_back(std::make_shared<const Source>(std::move(name), std::string(text)));
    ParseOptions how;
    how.version = code_.is_v1 ? ast::RegoVersion::V1 : ast::RegoVersion::V0;
    how.annotations = false;
    Diagnostics diagnostics;
    const auto index = static_cast<std::uint32_t>(sources_.size() - 1);
    std::unique_ptr<ast::Module> module = parse_module(*sources_.back(), index, how, *limits_, diagnostics);
    for (Diagnostic& one : diagnostics.all()) one.span.source = index;  // of an empty text too
    if (module == nullptr || diagnostics.has_errors()) return refuse_errors(kPrefix, diagnostics);
    modules_.push_back(std::move(module));
    return true;
  }

  bool refuse_without_violation() {
    RegoRemark remark{"bad_template", "the template has no rule `violation`", modules_[0]->package->span, {}, {"findings come from a rule of that name: `violation[{\"msg\": msg}] { .. }`"}};
    return refuse("invalid rego: invalid module: missing required rules: [violation]", {std::move(remark)});
  }

  // ---- What a template may name.
  bool check_libraries() {
    for (std::size_t i = 1; i < modules_.size(); ++i) {
      const ast::Package& package = *modules_[i]->package;
      if (is_below_data(package.path, "lib") && package.path.size() > 2) continue;
      const std::string path = ast::ref_to_string(package.path.items());
      RegoRemark remark{"bad_template", fmt::format("a library's package must stand below `lib`, not be `{}`", path.substr(std::min<std::size_t>(path.size(), 5))), package.span, {},
                        {"name it `package lib.NAME` and import `data.lib.NAME`"}};
      return refuse(fmt::format("invalid lib prefix: path {} not found in lib prefixes", path), {std::move(remark)});
    }
    return true;
  }

  // Libraries first, as gator does.
  template <class Each>
  bool each_module(Each each) {
    for (std::size_t i = 1; i < modules_.size(); ++i) {
      if (!each(*modules_[i], *sources_[i])) return false;
    }
    return each(*modules_[0], *sources_[0]);
  }

  bool check_imports() {
    return each_module([this](ast::Module& module, const Source&) {
      return std::all_of(module.imports.begin(), module.imports.end(), [this](const ast::Import* import) { return check_import(*import); });
    });
  }

  bool check_import(const ast::Import& import) {
    const ast::Ref& path = *import.path->as<ast::Ref>();
    if (is_below_data(path, "lib") || ast::is_var(path[0], "future")) return true;
    const std::string text = ast::ref_to_string(path.items());
    if (text == "rego.v1") {
      // A superset harms no valid template.
      made_->remarks.push_back({"template_import", "Gatekeeper refuses `import rego.v1` in a template", import.span, {}, {"give the code as `version: v1`, or import `future.keywords`"}});
      return true;
    }
    const bool is_input = ast::is_var(path[0], "input");
    RegoRemark remark{"bad_template", is_input ? fmt::format("`{}` cannot be imported into a template", text) : fmt::format("`{}` cannot be imported: only libraries (`data.lib..`) and `future.keywords` can", text),
                      import.span, {}, {}};
    if (is_input || is_below_data(path, "inventory")) remark.help.push_back(fmt::format("write `{}` where it is read", text));
    return refuse(is_input ? fmt::format("invalid import: cannot import input: \"{}\"", text) : fmt::format("invalid import: bad import: \"{}\"", text), {std::move(remark)});
  }

  // Every reference, nested ones too, which gator passes over.
  template <class Each>
  static void each_ref(ast::Module& module, Each each) {
    const auto visit = [&](ast::Ref& ref) {
      each(ref);
      return false;
    };
    for (ast::Rule* top : module.rules) {
      ast::walk(*top, visit);
      for (ast::Rule* rule = top; rule != nullptr; rule = rule->else_rule) {
        for (std::size_t i = 1; i < rule->head->reference.size(); ++i) ast::walk(*rule->head->reference[i], visit);
      }
    }
  }

  bool check_references() {
    return each_module([this](ast::Module& module, const Source& source) {
      std::string lines;
      std::vector<RegoRemark> remarks;
      each_ref(module, [&](const ast::Ref& ref) {
        if (!ast::is_var(ref[0], "data") || is_below_data(ref, "inventory") || is_below_data(ref, "lib")) return;
        const std::string text = ast::ref_to_string(ref.items());
        lines += fmt::format("disallowed ref {}\n", text);
        remarks.push_back({"bad_template", fmt::format("a template may not read `{}`", text), join(ref[0]->span, ref.back()->span), {}, {"only `data.inventory` and libraries (`data.lib..`) can be read"}});
      });
      if (remarks.empty()) return true;
      const std::string text = fmt::format("invalid data references: check refs failed on module {{{}}}: errors ({}):\n{}", source.name(), remarks.size(), lines);
      return refuse(text, std::move(remarks));
    });
  }

  // ---- Packages: the entry is `template`, libraries move below `libs` with all that names them.
  void rename() {
    ast::Module& entry = *modules_[0];
    made_->written_path = ast::ref_to_string(entry.package->path.items()) + ".violation";
    ast::Terms path(entry.arena);
    path.push_back(entry.package->path[0]);
    path.push_back(entry.nodes.string("template", entry.package->span));
    entry.package->path = std::move(path);
    for (const auto& module : modules_) {
      const auto move = [&](ast::Terms& ref) {
        if (is_below_data(ref, "lib")) ref.insert(1, module->nodes.string("libs", ref[0]->span));
      };
      if (module != modules_[0]) move(module->package->path);
      for (ast::Import* import : module->imports) move(*import->path->as<ast::Ref>());
      each_ref(*module, [&](ast::Ref& ref) { move(ref); });
    }
  }

  // ---- Compiling.
  bool compile(Policy::Impl& policy) {
    const std::vector<const Source*> texts = raw(sources_);
    CompilerOptions how;
    how.print_statements = options_.print_statements;
    how.max_errors = options_.max_errors;
    how.sources = texts;
    Diagnostics diagnostics;
    policy.checked = Compiler(how).compile(std::move(modules_), diagnostics);
    if (policy.checked == nullptr || diagnostics.has_errors()) return refuse_errors("unable to compile modules: ", diagnostics);
    for (const auto& source : sources_) static_cast<void>(source->line_count());  // found before threads share it
    policy.sources = sources_;
    policy.plan = std::make_shared<const plan::Plan>(plan_policy(*policy.checked, sources_));
    if (report_errors(*policy.plan, diagnostics)) return refuse_errors("unable to compile modules: ", diagnostics);
    const auto& functions = policy.plan->functions;
    const auto found = std::find_if(functions.begin(), functions.end(), [](const plan::Function& function) { return function.path == kViolationPath; });
    if (found == functions.end()) return refuse_without_violation();
    made_->kind = found->kind;
    return true;
  }

  // Elements must be able to have a `msg`: OPA's types see it in gator's own query.
  bool check_elements(const Policy::Impl& policy) {
    sources_.push_back(std::make_shared<const Source>(std::string(kHookName), std::string(kHookText)));
    Diagnostics diagnostics;
    ParseOptions parsing;
    parsing.recover = false;
    const std::unique_ptr<ast::Query> query = parse_body(*sources_.back(), static_cast<std::uint32_t>(sources_.size() - 1), parsing, *limits_, diagnostics);
    QueryOptions how;
    how.capture_values = false;
    static_cast<void>(compile_query(*policy.checked, *query, how, diagnostics));
    if (!diagnostics.has_errors()) return true;
    for (Diagnostic& one : diagnostics.all()) one.notes = element_details(policy, one);
    failure_.text = "unable to compile modules: " + errors_text(diagnostics);
    RegoRemark remark{"rego_type_error", "an element of `violation` can have no `msg`", violations_.front(), {}, {"make it an object: `violation[{\"msg\": msg}]`"}};
    for (const Diagnostic& one : diagnostics.all()) remark.notes.push_back(one.message);
    failure_.remarks.push_back(std::move(remark));
    return false;
  }

  // OPA's further lines of an error of the hook, which tell the type of an element.
  static std::vector<std::string> element_details(const Policy::Impl& policy, const Diagnostic& error) {
    TypeEnvironment& environment = *policy.checked->state().types;
    const ast::Nodes& nodes = policy.checked->state().nodes;
    ast::Term* const path[] = {nodes.var("data", {}), nodes.string("template", {}), nodes.string("violation", {})};
    const Type* whole = environment.of_ref(environment.rules, path);
    if (error.message.find(kElement) != std::string::npos)
      return {std::string(kElement), std::string(kElement.find('['), '^'), "have: " + Types::text(whole)};
    const Type* element = environment.types.keys(whole);
    const std::string type = Types::text(element);
    if (error.message.starts_with("object.get")) {
      return {fmt::format("have: ({}, string, object[any: any], ??" "?)", type), "want: (object: object[any: any], key: any, default: any, value: any)"};
    }
    std::vector<std::string> keys;
    add_keys(element, keys);
    if (keys.empty()) return {"r.msg", "^", "have: " + type};
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return {"r.msg", "  ^", "  have: \"msg\"", fmt::format("  want (one of): [{}]", fmt::join(keys, " "))};
  }

  static void add_keys(const Type* type, std::vector<std::string>& keys) {
    if (type == nullptr) return;
    if (type->is(Type::Kind::Any)) {
      for (const Type* one : type->items) add_keys(one, keys);
    }
    for (const TypeProperty& property : type->properties) keys.push_back(stages::text_of(*property.key));
  }

  // ---- Refusing: false.
  bool refuse(const std::string& text, std::vector<RegoRemark> remarks) {
    failure_.text = std::string(kPrefix) + text;
    failure_.remarks = std::move(remarks);
    return false;
  }

  bool refuse_errors(std::string_view prefix, const Diagnostics& diagnostics) {
    failure_.text = prefix;
    failure_.text += errors_text(diagnostics);
    for (const Diagnostic& one : diagnostics.all()) {
      if (one.severity != Severity::Error) continue;
      failure_.remarks.push_back({one.code, as_written(one.message), one.span, one.notes, one.help});
      for (std::string& line : failure_.remarks.back().help) line = as_written(std::move(line));
    }
    return false;
  }

  // As OPA prints a list of errors. What PSDL alone refuses is told where there is nothing else.
  std::string errors_text(const Diagnostics& diagnostics) const {
    const std::vector<const Source*> texts = raw(sources_);
    DiagnosticList list;
    list.impl().add(diagnostics, texts);
    std::vector<std::string> own;
    std::vector<std::string> lines;
    for (Problem& problem : list.impl().items) {
      if (problem.severity != Severity::Error) continue;
      show_last_line(problem.place, texts);
      (problem.beyond_opa ? own : lines).push_back(opa_line(problem));
    }
    if (lines.empty()) lines = std::move(own);
    if (lines.size() == 1 && lines[0].ends_with(": rego_parse_error: empty module")) return lines[0];
    if (lines.size() == 1) return "1 error occurred: " + lines[0];
    return fmt::format("{} errors occurred:\n{}", lines.size(), fmt::join(lines, "\n"));
  }

  // Of a place behind all that is written OPA shows the last character.
  static void show_last_line(ShownPlace& place, const std::vector<const Source*>& texts) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto of = std::find_if(texts.begin(), texts.end(), [&](const Source* one) { return one->name() == place.file; });
    if (of == texts.end() || place.line == 0) return;
    const std::string_view text = (*of)->text();
    const std::size_t last = text.find_last_not_of(kSpace);
    if (last == std::string_view::npos) return;
    const LineColumn at = (*of)->line_column(static_cast<std::uint32_t>(last));
    if (place.line < at.line || (place.line == at.line && place.column <= at.column)) return;
    place.line_text = (*of)->line(at.line);
    place.opa_column = at.column;
  }

  const RegoCode& code_;
  const EngineOptions& options_;
  const Limits* limits_ = nullptr;
  SourceList sources_;
  std::vector<std::unique_ptr<ast::Module>> modules_;
  std::vector<Span> violations_;
  std::shared_ptr<RegoModule> made_ = std::make_shared<RegoModule>();
  RegoFailure failure_;
};

}  // namespace

std::string opa_line(const Problem& problem) {
  std::string line = fmt::format("{}:{}: {}: {}", problem.place.file, problem.place.opa_row, problem.code, without_hint(problem.message));
  if (shows_line(problem)) {
    std::string_view shown = problem.place.line_text;
    const std::size_t tabs = std::min(shown.find_first_not_of('\t'), shown.size());
    const std::size_t index = problem.place.opa_column > 0 ? problem.place.opa_column - 1 : 0;
    line += fmt::format("\n\t{}\n\t{}^", shown.substr(tabs), std::string(index > tabs ? index - tabs : 0, ' '));
  } else if (problem.code != kParseError) {
    for (const std::string& note : problem.notes) line += "\n\t" + note;
  }
  return line;
}

Result<std::shared_ptr<const RegoModule>, RegoFailure> compile_rego(const RegoCode& code, const EngineOptions& options) { return RegoCompiler(code, options).run(); }

std::string as_written(std::string text) {
  constexpr std::string_view kMoved = "data.libs.lib";
  for (std::size_t at = text.find(kMoved); at != std::string::npos; at = text.find(kMoved, at)) text.replace(at, kMoved.size(), "data.lib");
  return text;
}

ShownPlace place_in_template(const Template& of, Span at) {
  const RegoCode& code = *of.rego;
  const bool is_library = at.source >= 1 && at.source <= code.libs.size();
  const RegoText& text = is_library ? code.libs[at.source - 1] : code.entry;
  if (at.begin > text.text.size()) return place_of(*of.object, text.origin);
  return place_in(*of.object, ScalarPlace(of.object->document(), text.origin, text.text), at.begin, at.end);
}

Problem problem_in_template(const Template& of, const RegoRemark& remark, Severity severity) {
  Problem problem;
  problem.code = remark.code;
  problem.message = remark.message;
  problem.severity = severity;
  problem.place = place_in_template(of, remark.at);
  problem.notes = remark.notes;
  problem.help = remark.help;
  return problem;
}

Refusal refusal_in_template(const Template& of, const RegoFailure& failure) {
  Refusal refusal;
  refusal.text = failure.text;
  for (const RegoRemark& remark : failure.remarks) refusal.problems.push_back(problem_in_template(of, remark, Severity::Error));
  return refusal;
}

}  // namespace psdl::gatekeeper
