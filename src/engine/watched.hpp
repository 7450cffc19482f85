// Rules or a query of a policy, run under a debugger's listener. In: what is asked for, documents; out: a call for each of both. What tools/why.hpp and
// tools/watch.hpp have in common.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "debug/observe.hpp"
#include "engine/evaluator.hpp"
#include "engine/loaded_input.hpp"

namespace psdl {

class Watched {
 public:
  // One rule (or query) and one document; null where there is no input.
  using Visit = std::function<void(std::uint32_t function, const Document* document, const std::string& name)>;
  struct Visitor {
    Visit visit;
    // What could not be read or evaluated. May be empty.
    std::function<bool(const std::string& name, const DiagnosticList& errors)> fail = {};
    // After the visits of a document, with its verdict where there is one (rules alone); false ends the run. May be empty.
    std::function<bool(const Verdict* verdict)> after = {};
    // Before them. May be empty.
    std::function<bool(const Verdict& verdict)> before = {};
  };

  Watched(const Policy& policy, const EvaluateOptions& options);

  [[nodiscard]] bool ask(std::string_view path);
  [[nodiscard]] bool ask_entry_points(const std::function<bool(std::string_view id)>& is_wanted);
  [[nodiscard]] bool ask(const Query& query);
  void forget();

  [[nodiscard]] const MarkedProgram& marked() const { return query_ != nullptr ? query_program_ : policy_->marked_program(); }
  // The rule's path, or the query's text.
  [[nodiscard]] std::string title(std::uint32_t function) const;
  [[nodiscard]] bool asks_several() const { return functions_.size() > 1; }
  [[nodiscard]] bool is_query() const { return query_ != nullptr; }

  // Values live until the next call. `value` is that of the rule, or what the query's rows say.
  [[nodiscard]] Outcome observe(std::uint32_t function, const Document* document, debug::Listener& listener, Value& value);

  std::size_t run(ByteInput& input, DocumentFormat format, std::string_view name, const Visitor& visitor);
  // On the document that was set, or without one.
  void run(const Visit& visit);
  void set_input(tools::LoadedInput input) { loaded_ = std::move(input); }
  // Ends the running evaluation, or the next one, from a signal handler or another thread.
  void cancel() { evaluator_.cancelled = true; }

 private:
  void add(std::uint32_t function);
  std::size_t run_query(ByteInput& input, DocumentFormat format, std::string_view name, const Visitor& visitor);

  std::shared_ptr<const Policy::Impl> policy_;
  Evaluator::Impl evaluator_;
  std::vector<std::uint32_t> functions_;  // of the program that marked() holds
  std::shared_ptr<const Query::Impl> query_;
  std::string query_text_;
  bool reads_as_written_ = false;  // asked by a query: documents are not checked against their types, nor judged
  MarkedProgram query_program_;  // reads documents of the policy, so that one that was loaded serves all queries
  std::unique_ptr<Machine> machine_;
  Arena arena_;
  tools::LoadedInput loaded_;
};

}  // namespace psdl
