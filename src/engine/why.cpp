// Rules and queries run once more under a listener that asks why. In: a policy, documents; out: answers in words.
#include "psdl/tools/why.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "debug/why.hpp"
#include "debug/why_words.hpp"
#include "compiler/plan_rules.hpp"
#include "engine/evaluator.hpp"

namespace psdl::tools {
namespace {

// `data.pods.deny` as it was asked for: a name without brackets or anything else.
bool is_plain_path(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '.' || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

bool can_be_asked(const Function& function) { return function.arity == 0 && function.kind != FunctionKind::Extent && function.kind != FunctionKind::Query; }

}  // namespace

struct Why::Impl {
  std::shared_ptr<const Policy::Impl> policy;
  WhyOptions options;
  Evaluator::Impl evaluator;
  // What is asked for: functions of the policy's marked program, or, where there is a query, of the query's.
  std::vector<std::uint32_t> functions;
  std::shared_ptr<const Query::Impl> query;
  std::string query_text;
  MarkedProgram query_program;  // reads documents of the policy, so that one that was loaded serves all queries
  std::unique_ptr<Machine> machine;
  // What was loaded.
  std::string text;
  std::unique_ptr<MemoryInput> bytes;
  std::unique_ptr<DocumentStream> stream;
  const Document* loaded = nullptr;
  Arena arena;

  Impl(const Policy& of, const EvaluateOptions& evaluate, const WhyOptions& shown) : policy(of.impl()), options(shown) {
    evaluator.policy = policy;
    evaluator.options = evaluate;
    evaluator.arena.set_limit(policy->limits.memory_bytes);
    arena.set_limit(policy->limits.memory_bytes);
  }

  [[nodiscard]] const MarkedProgram& marked() const { return query != nullptr ? query_program : policy->marked_program(); }
  [[nodiscard]] bool is_marked() const { return marked().program != nullptr; }

  void ask(std::uint32_t function) {
    if (std::find(functions.begin(), functions.end(), function) == functions.end()) functions.push_back(function);
  }

  // Null `document`: there is no input.
  [[nodiscard]] WhyAnswer answer(std::uint32_t function, const Document* document, const Value& input, const std::string& name) {
    const MarkedProgram& program = marked();
    if (machine == nullptr) machine = std::make_unique<Machine>(program.program, policy->limits);
    arena.reset();
    RunRequest request;
    request.function = function;
    request.input = policy->knows_input() ? policy->whole_input(arena, input) : input;
    request.data = policy->snapshot()->root;
    const EvaluateOptions now = evaluator.options_now();
    request.facts.now_ns = *now.now_ns;
    request.facts.seed = now.seed;
    request.cancel = &evaluator.cancelled;
    debug::WhyListener listener;
    const Outcome outcome = debug::observe(*machine, program.info, arena, request, listener);
    const Value value = query != nullptr ? value_of_query(outcome.value) : outcome.value;
    WhyAnswer made = debug::describe(listener.take(), *program.program, program.info, value, document, options);
    made.document = name;
    made.rule = query != nullptr ? query_text : program.program->functions[function].path;
    if (outcome.halt) made.errors.impl().items.push_back(evaluation_problem(*outcome.halt, *program.program, name));
    return made;
  }

  // Rows of a query are [bindings, values]: the values are what it is about.
  [[nodiscard]] static Value value_of_query(const Value& rows) {
    if (!rows.is_array() || rows.as_array().empty()) return {};
    const std::span<const Value> values = rows.as_array().front().as_array()[1].as_array();
    return values.size() == 1 && rows.as_array().size() == 1 ? values.front() : Value::boolean(true);
  }
};

Why::Why(const Policy& policy, EvaluateOptions evaluate, WhyOptions options) : impl_(std::make_unique<Impl>(policy, evaluate, options)) {}
Why::~Why() = default;

bool Why::ask(std::string_view path) {
  if (!impl_->is_marked()) return false;
  const std::string whole = path.starts_with("data.") ? std::string(path) : "data." + std::string(path);
  const Program& program = *impl_->marked().program;
  bool is_found = false;
  for (std::uint32_t i = 0; i < program.functions.size(); ++i) {
    const Function& function = program.functions[i];
    if (!can_be_asked(function) || (function.path != whole && !function.path.starts_with(whole + "."))) continue;
    impl_->ask(i);
    is_found = true;
  }
  return is_found;
}

bool Why::ask_entry_points(const std::function<bool(std::string_view id)>& is_wanted) {
  if (!impl_->is_marked()) return false;
  bool is_found = false;
  for (const EntryRule& rule : impl_->policy->entry_rules()) {
    const bool wants = !is_wanted || is_wanted(rule.id) || std::any_of(rule.rules.begin(), rule.rules.end(), [&](const RuleText& text) { return is_wanted(text.id); });
    const std::uint32_t function = wants ? impl_->marked().program->find_function(rule.path) : kNoIndex;
    if (function == kNoIndex) continue;
    impl_->ask(function);
    is_found = true;
  }
  return is_found;
}

bool Why::ask(const Query& query) {
  const Query::Impl& asked = *query.impl();
  impl_->query_text.clear();
  for (const ShownExpression& expression : asked.expressions) impl_->query_text += fmt::format("{}{}", impl_->query_text.empty() ? "" : "; ", expression.text);
  forget();
  if (asked.policy->checked == nullptr) return false;
  if (is_plain_path(impl_->query_text) && impl_->query_text.starts_with("data.")) {
    // The rules themselves, whose values are no rows.
    if (ask(impl_->query_text)) return true;
  }
  impl_->query = query.impl();
  impl_->query_program = make_marked(plan_query(*asked.policy->checked, *asked.parsed, *asked.checked, asked.sources, Marks::Yes), asked.policy->keys());
  impl_->ask(impl_->marked().program->find_function("query"));
  return true;
}

std::size_t Why::explain(const InputStream& input, DocumentFormat format, std::string_view name, const std::function<bool(const WhyAnswer&)>& each,
                         const std::function<bool(const Verdict&)>& each_verdict) {
  Impl& impl = *impl_;
  if (impl.query != nullptr) {
    FunctionInput bytes(input);
    DocumentStream stream(bytes, impl.evaluator.stream_options(format, name, impl.policy->keys(), false));
    std::size_t asked = 0;
    for (;;) {
      const DocumentStream::Step step = stream.next();
      WhyAnswer failed;
      if (step.error == nullptr && step.document == nullptr) return asked;
      if (step.error != nullptr) {
        failed.document = name;
        failed.errors.impl().add(*step.error);
        if (!each(failed)) return asked;
        continue;
      }
      ++asked;
      for (const std::uint32_t function : impl.functions) {
        if (!each(impl.answer(function, step.document, step.document->root(), step.document->name(stream.has_several())))) return asked;
      }
    }
  }
  std::vector<WhyAnswer> answers;
  impl.evaluator.on_judged = [&](const Document& document, const std::string& document_name) {
    for (const std::uint32_t function : impl.functions) answers.push_back(impl.answer(function, &document, document.root(), document_name));
  };
  FunctionInput bytes(input);
  const std::size_t evaluated = impl.evaluator.evaluate(bytes, format, name, [&](const Verdict& verdict) {
    bool goes_on = !each_verdict || each_verdict(verdict);
    if (!each_verdict && verdict.errors != nullptr && answers.empty()) {
      WhyAnswer failed;
      failed.document = verdict.document;
      failed.errors = *verdict.errors;
      goes_on = each(failed);
    }
    for (const WhyAnswer& answer : answers) goes_on = goes_on && each(answer);
    answers.clear();
    return goes_on;
  });
  impl.evaluator.on_judged = nullptr;
  return evaluated;
}

std::size_t Why::explain(std::string_view bytes, DocumentFormat format, std::string_view name, const std::function<bool(const WhyAnswer&)>& each) {
  const ReadFunction read = [&](char* buffer, std::size_t capacity) {
    const std::size_t taken = std::min(capacity, bytes.size());
    std::copy_n(bytes.data(), taken, buffer);
    bytes.remove_prefix(taken);
    return static_cast<std::ptrdiff_t>(taken);
  };
  return explain(InputStream{read}, format, name, each);
}

bool Why::load(std::string_view bytes, DocumentFormat format, std::string_view name, DiagnosticList& problems, std::size_t number) {
  Impl& impl = *impl_;
  impl.loaded = nullptr;
  impl.text = bytes;
  impl.bytes = std::make_unique<MemoryInput>(impl.text);
  impl.stream = std::make_unique<DocumentStream>(*impl.bytes, impl.evaluator.stream_options(format, name, impl.policy->keys(), false));
  for (;;) {
    const DocumentStream::Step step = impl.stream->next();
    if (step.error != nullptr) {
      problems.impl().add(*step.error);
      return false;
    }
    if (step.document == nullptr) {
      problems.add_error("no_objects", fmt::format("there is no document {} in it", number), name);
      return false;
    }
    if (number-- > 0) continue;
    impl.loaded = step.document;
    return true;
  }
}

std::vector<WhyAnswer> Why::explain() {
  Impl& impl = *impl_;
  std::vector<WhyAnswer> answers;
  const Value input = impl.loaded != nullptr ? impl.loaded->root() : Value();
  const std::string name = impl.loaded != nullptr ? impl.loaded->name(impl.stream->has_several()) : std::string();
  for (const std::uint32_t function : impl.functions) answers.push_back(impl.answer(function, impl.loaded, input, name));
  return answers;
}

void Why::forget() {
  impl_->functions.clear();
  impl_->query = nullptr;
  impl_->machine = nullptr;
}

}  // namespace psdl::tools
