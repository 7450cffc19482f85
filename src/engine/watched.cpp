// Finding what is asked for, and running it.
#include "engine/watched.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/plan_rules.hpp"

namespace psdl {
namespace {

// `data.pods.deny`: names and dots, and nothing else.
bool is_plain_path(std::string_view text) {
  return text.starts_with("data.") && std::all_of(text.begin(), text.end(), [](char c) {
    return c == '.' || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

bool can_be_asked(const Function& function) {
  return function.arity == 0 && function.kind != FunctionKind::Function && function.kind != FunctionKind::Extent && function.kind != FunctionKind::Query;
}

// Rows of a query are [bindings, values]: the values are what it is about.
Value value_of_rows(const Value& rows) {
  if (!rows.is_array() || rows.as_array().empty()) return {};
  const std::span<const Value> values = rows.as_array().front().as_array()[1].as_array();
  return values.size() == 1 && rows.as_array().size() == 1 ? values.front() : Value::boolean(true);
}

}  // namespace

Watched::Watched(const Policy& policy, const EvaluateOptions& options) : policy_(policy.impl()), evaluator_(policy_) {
  evaluator_.options = options;
  arena_.set_limit(policy_->limits.memory_bytes);
}

void Watched::add(std::uint32_t function) {
  if (std::find(functions_.begin(), functions_.end(), function) == functions_.end()) functions_.push_back(function);
}

void Watched::forget() {
  functions_.clear();
  query_ = nullptr;
  reads_as_written_ = false;
  machine_ = nullptr;
}

bool Watched::ask(std::string_view path) {
  if (marked().program == nullptr) return false;
  const std::string whole = path.starts_with("data.") ? std::string(path) : "data." + std::string(path);
  const Program& program = *marked().program;
  bool is_found = false;
  for (std::uint32_t i = 0; i < program.functions.size(); ++i) {
    const Function& function = program.functions[i];
    if (!can_be_asked(function) || (function.path != whole && !function.path.starts_with(whole + "."))) continue;
    add(i);
    is_found = true;
  }
  return is_found;
}

bool Watched::ask_entry_points(const std::function<bool(std::string_view id)>& is_wanted) {
  if (marked().program == nullptr) return false;
  bool is_found = false;
  for (const EntryRule& rule : policy_->entry_rules()) {
    const bool wants = !is_wanted || is_wanted(rule.id) || std::any_of(rule.rules.begin(), rule.rules.end(), [&](const RuleText& text) { return is_wanted(text.id); });
    const std::uint32_t function = wants ? marked().program->find_function(rule.path) : kNoIndex;
    if (function == kNoIndex) continue;
    add(function);
    is_found = true;
  }
  return is_found;
}

bool Watched::ask(const Query& query) {
  const Query::Impl& asked = *query.impl();
  forget();
  reads_as_written_ = true;
  query_text_.clear();
  for (const ShownExpression& expression : asked.expressions) query_text_ += fmt::format("{}{}", query_text_.empty() ? "" : "; ", expression.text);
  if (asked.policy->checked == nullptr) return false;
  if (is_plain_path(query_text_) && ask(query_text_)) return true;  // the rules themselves, whose values are no rows
  query_ = query.impl();
  query_program_ = make_marked(plan_query(*asked.policy->checked, *asked.parsed, *asked.checked, asked.sources, Marks::Yes), policy_->keys());
  add(query_program_.program->find_function(kQueryFunction));
  return true;
}

std::string Watched::title(std::uint32_t function) const { return is_query() ? query_text_ : marked().program->functions[function].path; }

Outcome Watched::observe(std::uint32_t function, const Document* document, debug::Listener& listener, Value& value) {
  if (machine_ == nullptr) machine_ = std::make_unique<Machine>(marked().program, policy_->limits);
  arena_.reset();
  RunRequest request;
  request.function = function;
  const Value input = document != nullptr ? document->root() : Value();
  request.input = policy_->knows_input() ? policy_->whole_input(arena_, input) : input;
  request.data = policy_->snapshot()->root;
  const EvaluateOptions now = evaluator_.options_now();
  request.facts.now_ns = *now.now_ns;
  request.facts.seed = now.seed;
  request.cancel = &evaluator_.cancelled;
  Outcome outcome = debug::observe(*machine_, marked().info, arena_, request, listener);
  value = is_query() ? value_of_rows(outcome.value) : outcome.value;
  return outcome;
}

std::size_t Watched::run_query(ByteInput& input, DocumentFormat format, std::string_view name, const Visitor& visitor) {
  DocumentStream stream(input, evaluator_.stream_options(format, name, policy_->keys(), false));
  std::size_t asked = 0;
  for (;;) {
    const DocumentStream::Step step = stream.next();
    if (step.error == nullptr && step.document == nullptr) return asked;
    if (step.error != nullptr) {
      DiagnosticList errors;
      errors.impl().add(*step.error);
      if (visitor.fail && !visitor.fail(std::string(name), errors)) return asked;
      continue;
    }
    ++asked;
    const std::string document_name = step.document->name(stream.has_several());
    for (const std::uint32_t function : functions_) visitor.visit(function, step.document, document_name);
    if (visitor.after && !visitor.after(nullptr)) return asked;
  }
}

std::size_t Watched::run(ByteInput& input, DocumentFormat format, std::string_view name, const Visitor& visitor) {
  if (reads_as_written_) return run_query(input, format, name, visitor);
  evaluator_.on_judged = [&](const Document& document, const Verdict& verdict) {
    for (const std::uint32_t function : functions_) visitor.visit(function, &document, verdict.document);
  };
  const std::size_t evaluated = evaluator_.evaluate(input, format, name, [&](const Verdict& verdict) {
    if (visitor.before && !visitor.before(verdict)) return false;
    if (visitor.fail && verdict.errors != nullptr && !visitor.fail(verdict.document, *verdict.errors)) return false;
    return !visitor.after || visitor.after(&verdict);
  });
  evaluator_.on_judged = nullptr;
  return evaluated;
}

void Watched::run(const Visit& visit) {
  const Document* document = tools::document_of(loaded_, policy_->keys());
  const std::string name = loaded_.document_name();
  for (const std::uint32_t function : functions_) visit(function, document, name);
  evaluator_.cancelled = false;
}

}  // namespace psdl
