// What a policy, its evaluators and their results share.
#pragma once

#include "native.hpp"

namespace psdl_python {

// A compiler belongs to one thread at a time; policies go on using theirs for queries, from any.
class CompilerState {
 public:
  struct Outcome {
    psdl_status status = PSDL_OK;
    std::vector<Diagnostic> problems;
    std::string report;
    nb::object cause;
  };
  explicit CompilerState(CompilerHandle handle) : handle_(std::move(handle)) {}
  // Calls body(compiler) without the GIL and reads the compiler's problems.
  template <class F>
  Outcome call(F&& body);
  // Raises unless the outcome is PSDL_OK.
  static void check(Outcome& outcome);
  void close() { handle_.reset(); }

 private:
  CompilerHandle handle_;
  // Recursive: a builtin that compiles while it is compiled with gets PSDL_BUSY, not a deadlock.
  std::recursive_mutex mutex_;
};

// An evaluator with the builder of the documents that are built for it. In one thread at a time.
struct Worker {
  EvaluatorHandle evaluator;
  BuilderHandle builder;
  bool is_used = false;
};

// What comes and goes with every call is kept: a warm policy makes no handle. Guarded by the GIL.
class PolicyState {
 public:
  std::shared_ptr<CompilerState> compiler;
  PolicyHandle policy;
  std::vector<Diagnostic> warnings;

  std::unique_ptr<Worker> take_worker();
  void give(std::unique_ptr<Worker> worker);
  ResultHandle take_result(const psdl_evaluator* evaluator);
  void give(ResultHandle result) noexcept;

 private:
  static constexpr std::size_t kMostKept = 32;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<ResultHandle> results_;
};
using PolicyRef = std::shared_ptr<PolicyState>;

struct Policy {
  PolicyRef state;
};

struct Query {
  PolicyRef state;
  QueryHandle query;
};

struct Data {
  PolicyRef state;
  DataHandle data;
};

// What an evaluation gave. Its handle goes back to the policy for the next one.
struct Result {
  PolicyRef state;
  ResultHandle handle;
  psdl_status status = PSDL_OK;
  psdl_verdict verdict = PSDL_VERDICT_NONE;

  Result() = default;
  Result(Result&&) = default;
  Result& operator=(Result&&) = delete;
  ~Result() {
    if (handle) state->give(std::move(handle));
  }
};
const char* verdict_word(psdl_verdict verdict);
std::vector<Diagnostic> diagnostics_of(const psdl_result* result);

// Being inside a worker for the length of a call.
class Inside {
 public:
  explicit Inside(Worker& worker) : worker_(worker) {
    if (worker.is_used) raise(PSDL_BUSY, "another thread, or a builtin, is inside the evaluator");
    worker.is_used = true;
  }
  ~Inside() { worker_.is_used = false; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  Worker& worker_;
};

struct EvaluatorObject {
  PolicyRef state;
  Worker worker;
  nb::object data;  // kept as long as it is read
};

// The calls of psdl_evaluator_..(), for a policy's own workers and for evaluators alike.
Result evaluate(const PolicyRef& state, Worker& worker, nb::handle document, std::string_view name,
                std::string_view format);
Result ask(const PolicyRef& state, Worker& worker, const Query& query, nb::handle input, std::string_view name,
           std::string_view format);

// Runs body(worker) with one of the policy's own.
template <class F>
auto with_worker(const PolicyRef& state, F&& body) {
  struct Lent {
    const PolicyRef& state;
    std::unique_ptr<Worker> worker;
    ~Lent() { state->give(std::move(worker)); }
  } lent{state, state->take_worker()};
  return body(*lent.worker);
}

}  // namespace psdl_python
