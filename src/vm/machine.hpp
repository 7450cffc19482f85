// The stack machine. In: a verified Program, documents, limits; out: the value of one function, the errors met, and, from the tracing twin, what was read.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "builtins/builtin.hpp"
#include "bytecode/program.hpp"

namespace psdl {

class Watcher;  // vm/watch.hpp

struct EvalError {
  EvalCode code = EvalCode::Internal;
  std::string_view message;  // OPA's, without place and code; lives in the arena of the run
  Span span = {};       // in the policy's sources
};

// A document node that an evaluation looked at.
struct Note {
  enum class Kind : std::uint8_t {
    Test,     // read by a test that held
    Miss,     // a read that failed: `missing` is not below node `origin`
    Element,  // a generator stood at it
  };
  Kind kind = Kind::Test;
  bool negated = false;  // inside a `not`: there a Miss is what made it hold
  bool in_head = false;  // read for the member that a body made, after it held
  std::uint32_t origin = 0;
  std::string_view missing = {};  // Miss: the name; a constant of the program
};

// One time the entry rule yielded. Its notes are Trace::notes[notes_begin, notes_end), oldest first.
struct Yield {
  Value value;
  std::uint32_t notes_begin = 0;
  std::uint32_t notes_end = 0;
  std::uint32_t body = 0;  // which of the rule's bodies
};
struct Trace {
  std::vector<Note> notes;
  std::vector<Yield> yields;
};

// The value of a rule that a run does not compute.
struct GivenValue {
  std::uint32_t function = 0;
  Value value;  // undefined: the rule is
};

struct RunRequest {
  std::uint32_t function = 0;      // a rule or query: no arguments
  Value input;                     // undefined: there is no input
  Value data;                      // the root object of base documents; undefined: empty
  EvaluationFacts facts;
  Trace* trace = nullptr;          // set: the tracing twin runs and fills it
  Watcher* watcher = nullptr;      // the twin shows it each instruction; only where `trace` is set too
  std::string* print_sink = nullptr;
  const std::atomic<bool>* cancel = nullptr;
};

// value: undefined where the rule is, and where `halt` is set.
struct Outcome {
  Value value;
  std::optional<EvalError> halt;           // a conflict, a limit, a cancel: there is no verdict
  std::optional<EvalError> builtin_error;  // the first that a builtin recorded; with strict errors it is the answer
  std::uint64_t instructions = 0;
};

// One evaluation at a time; kept and reused, it allocates nothing once its stacks are warm. Many machines may share a Program.
class Machine {
 public:
  Machine(std::shared_ptr<const Program> program, const Limits& limits);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Values made live in `arena`, which must outlive the outcome; its limit should be limits.memory_bytes.
  [[nodiscard]] Outcome run(Arena& arena, const RunRequest& request);

  // A series of runs over the same documents, of any functions: begin() says over which, next() is a run. What rules gave stays known from one to the next,
  // but for those that `forgets` names. Each run has the limits for itself. Nothing is traced.
  // next() is false where there was a conflict, limit or cancel, which halt() tells; what builtins could not do is not told, and goes for undefined.
  void begin(Arena& arena, const RunRequest& documents);
  [[nodiscard]] bool next(std::uint32_t function, std::span<const std::uint32_t> forgets, std::span<const GivenValue> given, Value& value);
  [[nodiscard]] const EvalError& halt() const;

  [[nodiscard]] const Program& program() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace psdl
