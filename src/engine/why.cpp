// Rules and queries run once more under a listener that asks why. In: a policy, documents; out: answers in words.
#include "psdl/tools/why.hpp"

#include "debug/why.hpp"
#include "debug/why_words.hpp"
#include "engine/watched.hpp"

namespace psdl::tools {

struct Why::Impl {
  Watched watched;
  WhyOptions options;

  Impl(const Policy& policy, const EvaluateOptions& evaluate, const WhyOptions& shown) : watched(policy, evaluate), options(shown) {}

  [[nodiscard]] WhyAnswer answer(std::uint32_t function, const Document* document, const std::string& name) {
    debug::WhyListener listener;
    Value value;
    const Outcome outcome = watched.observe(function, document, listener, value);
    const MarkedProgram& marked = watched.marked();
    WhyAnswer made = debug::describe(listener.take(), *marked.program, marked.info, value, document, options);
    made.document = name;
    made.rule = watched.title(function);
    if (outcome.halt) made.errors.impl().items.push_back(evaluation_problem(*outcome.halt, *marked.program, name));
    return made;
  }
};

Why::Why(const Policy& policy, EvaluateOptions evaluate, WhyOptions options) : impl_(std::make_unique<Impl>(policy, evaluate, options)) {}
Why::~Why() = default;

bool Why::ask(std::string_view path) { return impl_->watched.ask(path); }
bool Why::ask_entry_points(const std::function<bool(std::string_view id)>& is_wanted) { return impl_->watched.ask_entry_points(is_wanted); }
bool Why::ask(const Query& query) { return impl_->watched.ask(query); }
void Why::forget() { impl_->watched.forget(); }

std::size_t Why::explain(const InputStream& input, DocumentFormat format, std::string_view name, const std::function<bool(const WhyAnswer&)>& each,
                         const std::function<bool(const Verdict&)>& each_verdict) {
  std::vector<WhyAnswer> answers;
  Watched::Visitor visitor;
  visitor.visit = [&](std::uint32_t function, const Document* document, const std::string& document_name) {
    answers.push_back(impl_->answer(function, document, document_name));
  };
  visitor.before = each_verdict;
  if (!each_verdict) {
    visitor.fail = [&](const std::string& document_name, const DiagnosticList& errors) {
      if (!answers.empty()) return true;  // they tell it
      WhyAnswer failed;
      failed.document = document_name;
      failed.errors = errors;
      return each(failed);
    };
  }
  visitor.after = [&](const Verdict*) {
    bool goes_on = true;
    for (const WhyAnswer& answer : answers) goes_on = goes_on && each(answer);
    answers.clear();
    return goes_on;
  };
  FunctionInput bytes(input);
  return impl_->watched.run(bytes, format, name, visitor);
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

void Why::set_input(LoadedInput input) { impl_->watched.set_input(std::move(input)); }
void Why::cancel() { impl_->watched.cancel(); }

std::vector<WhyAnswer> Why::explain() {
  std::vector<WhyAnswer> answers;
  impl_->watched.run([&](std::uint32_t function, const Document* document, const std::string& name) { answers.push_back(impl_->answer(function, document, name)); });
  return answers;
}

}  // namespace psdl::tools
