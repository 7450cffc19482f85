// Queries: compiled against a checked policy into a program of their own, answered as OPA's list of results.
#include <fmt/format.h>

#include "base/assert.hpp"
#include "compiler/plan_rules.hpp"
#include "engine/policy.hpp"
#include "plan/plan.hpp"
#include "runtime/findings.hpp"
#include "syntax/parse.hpp"
#include "value/text.hpp"
#include "vm/machine.hpp"

namespace psdl {
namespace {

// `data.a.b` or `a.b` as a package node.
ast::Package* make_package(const ast::Nodes& nodes, std::string_view name) {
  std::vector<ast::Term*> path{nodes.var("data", {})};
  if (name.starts_with("data.")) name.remove_prefix(5);
  while (!name.empty()) {
    const std::size_t dot = name.find('.');
    path.push_back(nodes.string(name.substr(0, dot), {}));
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  return nodes.package(path, {});
}

// An import as behind the word `import`, read as a module has it: what a rule file may not import, a query may not.
class ReadImport {
 public:
  explicit ReadImport(std::string_view text)
      : source_("", fmt::format("package query\nimport {}\n", text)), shown_(text.substr(0, text.find('\n'))) {}

  // False, with errors, where it is none.
  [[nodiscard]] bool read(const Limits& limits, DiagnosticList& problems) {
    Diagnostics diagnostics;
    module_ = parse_module(source_, 0, ParseOptions{}, limits, diagnostics);
    for (const Diagnostic& found : diagnostics.all()) {
      if (found.severity != Severity::Error) continue;
      problems.add_error(found.code, fmt::format("import `{}`: {}", shown_, found.message), {},
                         found.help.empty() ? std::string() : found.help.front());
      return false;
    }
    if (module_ != nullptr && module_->imports.size() == 1 && module_->rules.empty()) return true;
    problems.add_error("rego_parse_error", fmt::format("import `{}`: more than one import stands there", shown_));
    return false;
  }

  // Whether it is about how a text is read: `rego.v2`, `future.keywords.in`.
  [[nodiscard]] bool is_of_language() const {
    const ast::Term* root = (*path())[0];
    return ast::is_var(root, "future") || ast::is_var(root, "rego");
  }

  // The same among the nodes of a query.
  [[nodiscard]] ast::Import* copy(const ast::Nodes& nodes) const {
    const ast::Import& import = *module_->imports[0];
    std::vector<ast::Term*> steps;
    for (const ast::Term* step : *path()) {
      const auto* name = step->as<ast::Var>();
      steps.push_back(name != nullptr ? nodes.var(name->name, {}) : nodes.string(step->as<ast::String>()->text, {}));
    }
    return nodes.import(nodes.ref(steps, {}), import.alias, {});
  }

 private:
  [[nodiscard]] const ast::Ref* path() const { return module_->imports[0]->path->as<ast::Ref>(); }

  Source source_;
  std::string_view shown_;  // its first line
  std::unique_ptr<ast::Module> module_;
};

}  // namespace

Query::Query() = default;
Query::~Query() = default;
Query::Query(const Query&) = default;
Query& Query::operator=(const Query&) = default;
Query::Query(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Query prepare_query(const Policy& policy, std::string_view text, DiagnosticList& problems, std::string_view package, std::span<const std::string> imports) {
  return prepare_query_on(policy, text, problems, package, imports, KeysOf::Query);
}

Query prepare_query_on(const Policy& policy, std::string_view text, DiagnosticList& problems, std::string_view package, std::span<const std::string> imports,
                       KeysOf keys) {
  if (policy.impl()->loaded != nullptr) {
    if (imports.empty()) return prepare_reference(policy.impl(), text, problems, package);
    problems.add_error("image_query", "a query on a program image has no imports", {}, "name the document in full: data.example.deny");
    return {};
  }
  const Policy::Impl& checked = *policy.impl();
  const RunningHostBuiltins running(checked.host.get());
  SourceList sources = checked.sources;
  sources.push_back(std::make_shared<const Source>(std::string(), std::string(text)));
  const Source& source = *sources.back();
  static_cast<void>(source.line_count());
  const std::vector<const Source*> texts = raw(sources);

  std::vector<std::string> keyword_imports;
  std::vector<std::unique_ptr<ReadImport>> other_imports;
  for (const std::string& import : imports) {
    auto read = std::make_unique<ReadImport>(import);
    if (!read->read(checked.limits, problems)) return {};
    if (read->is_of_language()) {
      keyword_imports.push_back(import);
    } else {
      other_imports.push_back(std::move(read));
    }
  }
  Diagnostics diagnostics;
  ParseOptions parsing;
  parsing.imports = keyword_imports;
  parsing.recover = false;
  const std::shared_ptr<ast::Query> parsed = parse_body(source, static_cast<std::uint32_t>(sources.size() - 1), parsing, checked.limits, diagnostics);
  if (parsed == nullptr || diagnostics.has_errors()) {
    problems.impl().add(diagnostics, texts);
    return {};
  }
  std::vector<ast::Import*> import_nodes;
  for (const std::unique_ptr<ReadImport>& import : other_imports) import_nodes.push_back(import->copy(parsed->nodes));
  QueryOptions options;
  if (!package.empty()) options.package = make_package(parsed->nodes, package);
  options.imports = import_nodes;
  std::optional<CheckedQuery> query = compile_query(*checked.checked, *parsed, options, diagnostics);
  problems.impl().add(diagnostics, texts);
  if (!query || diagnostics.has_errors()) return {};

  auto made = std::make_shared<Query::Impl>();
  for (const QueryExpression& expression : query->expressions) {
    const ShownPlace place = shown_place(expression.span, texts);
    const std::string_view shown = source.text().substr(expression.span.begin, expression.span.end - expression.span.begin);
    made->expressions.push_back({std::string(shown), place.opa_row, place.opa_column});
  }
  made->policy = policy.impl();
  made->plan = std::make_unique<const plan::Plan>(plan_query(*checked.checked, *parsed, *query, sources));
  if (report_errors(*made->plan, diagnostics)) {
    problems.impl().add(diagnostics, texts);
    return {};
  }
  // Known values carry the numbers of the policy's keys.
  const bool has_policy_keys = checked.base != nullptr || keys == KeysOf::Policy;
  made->program = make_program(*made->plan, checked.optimise, has_policy_keys ? checked.keys() : nullptr, checked.known, &made->reads_known_input);
  if (!checked.optimise) made->reads_known_input = checked.knows_input();
  made->function = made->program->find_function(kQueryFunction);
  PSDL_ASSERT(made->function != kNoIndex);
  made->parsed = parsed;
  made->checked = std::make_shared<const CheckedQuery>(std::move(*query));
  made->sources = std::move(sources);
  made->snapshot = has_policy_keys ? checked.snapshot() : load_data(*checked.data, checked.limits, made->program->keys, problems);
  if (made->snapshot == nullptr) return {};
  return Query(std::move(made));
}

const std::shared_ptr<const Program>& Query::Impl::plain_program() const {
  std::call_once(plain_once_, [this] { plain_ = is_reference ? policy->plain_program() : make_program(*plan, false, program->keys); });
  return plain_;
}

const MarkedProgram& Query::Impl::marked_program() const {
  if (is_reference) return policy->marked_program();
  std::call_once(marked_once_, [this] {
    const RunningHostBuiltins running(policy->host.get());
    marked_ = make_marked(plan_query(*policy->checked, *parsed, *checked, sources, Marks::Yes), program->keys);
  });
  return marked_;
}

namespace {

// A value may hold one collection many times over: in memory it is small, as text it is not.
QueryAnswer refuse_long_answer(const Query::Impl& query, std::string_view document_name) {
  QueryAnswer answer;
  answer.document = document_name;
  const EvalError error{EvalCode::Limit, "limit_memory_bytes reached", query.program->functions[query.function].span};
  answer.errors.impl().items.push_back(evaluation_problem(error, *query.program, document_name));
  return answer;
}

}  // namespace

Value run_query(const Query::Impl& query, Machine& machine, Arena& arena, const QueryRun& run, std::string& printed, DiagnosticList& errors) {
  RunRequest request;
  request.function = query.function;
  request.input = query.reads_known_input ? query.policy->whole_input(arena, run.input) : run.input;
  request.data = run.data;
  request.facts.now_ns = run.options->now_ns.value_or(0);
  request.facts.seed = run.options->seed;
  request.print_sink = &printed;
  request.cancel = run.cancel;
  Outcome outcome;
  if (query.function != kNoIndex) outcome = machine.run(arena, request);
  const auto error_of = [&](const Outcome& of) {
    return of.halt ? &*of.halt : run.options->strict_builtin_errors && of.builtin_error ? &*of.builtin_error : nullptr;
  };
  const EvalError* error = error_of(outcome);
  if (error != nullptr && query.policy->optimise && is_ordered(*error)) {
    // Which error comes first is told by the code as it was written.
    Machine plain(query.plain_program(), query.policy->limits);
    request.print_sink = nullptr;
    request.input = query.policy->whole_input(arena, run.input);
    Outcome again = plain.run(arena, request);
    if (error_of(again) != nullptr) {
      outcome = std::move(again);
      error = error_of(outcome);
    }
  }
  if (error != nullptr) {
    errors.impl().items.push_back(evaluation_problem(*error, *query.program, run.document_name));
    return {};
  }
  return query.is_reference ? reference_rows(query, arena, query.function != kNoIndex ? outcome.value : request.data) : outcome.value;
}

bool append_rows_json(const Query::Impl& query, const Value& rows, std::size_t most, std::string& out) {
  const std::size_t begin = out.size();
  out += '[';
  for (const Value& row : rows.is_array() ? rows.as_array() : std::span<const Value>()) {
    if (out.size() > begin + 1) out += ',';
    const Value& bindings = row.as_array()[0];
    const std::span<const Value> values = row.as_array()[1].as_array();
    out += "{\"expressions\":[";
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ',';
      out += "{\"value\":";
      if (!append_json_within(out, most, values[i])) return false;
      out += ",\"text\":";
      append_json_string(out, query.expressions[i].text);
      out += fmt::format(",\"location\":{{\"row\":{},\"col\":{}}}}}", query.expressions[i].row, query.expressions[i].column);
    }
    out += ']';
    if (bindings.as_object().size() > 0) {
      out += ",\"bindings\":";
      if (!append_json_within(out, most, bindings)) return false;
    }
    out += '}';
  }
  out += ']';
  return true;
}

QueryAnswer answer_query(const Query::Impl& query, Machine& machine, Arena& arena, const Value& input, const EvaluateOptions& options, const std::atomic<bool>* cancel,
                         std::string_view document_name, Value* rows) {
  QueryAnswer answer;
  answer.document = document_name;
  const QueryRun run{input, query.snapshot->root, &options, cancel, document_name};
  const Value found = run_query(query, machine, arena, run, answer.printed, answer.errors);
  if (rows != nullptr) *rows = found;
  if (!found.is_array() || found.as_array().empty()) return answer;
  answer.is_defined = true;
  std::string made;
  if (!append_rows_json(query, found, arena.limit_bytes(), made)) return refuse_long_answer(query, document_name);
  answer.result_json = std::move(made);
  return answer;
}

}  // namespace psdl
