// An evaluation as its author sees it: expressions that begin, hold or fail, rules that are tried, parts that have
// values. In: a marked program (Policy::Impl::marked_program(), or that of a query), a request; out: events to a
// Listener, in the order of evaluation.
//
// Who listens, and to what:
//   coverage (tests)       Enter of expressions, Yield of heads: what OPA calls eval and exit
//   failed assertions      Value: the parts of the last statement that failed; `statement` groups what the compiler
//                          took apart
//   --why                  per body of the rule asked for: Failed, the one that came furthest (the highest `expression`
//                          of its body). Event::failure says false or undefined; `container` and `missing` which key
//                          was looked for where (Value::origin() of the container is the manifest's node; did-you-mean
//                          goes over its keys); Inspector::vars gives c = containers[0]. A rule that failed inside
//                          shows as Failure::Undefined of a call: its own events, between Call and Return, tell the
//                          rest
//   --trace                each event a line, indented by `depth`; `fails` is Failed alone
//   --profile              the clock between Enter or Redo and Held or Failed, by expression
//   breakpoints, stepping  Enter and Redo; a prompt may stand inside of on_event, where the Inspector shows frames and
//                          vars; false ends the run
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bytecode/debug_info.hpp"
#include "vm/machine.hpp"
#include "vm/watch.hpp"

namespace psdl::debug {

enum class EventKind : std::uint8_t {
  Call,     // a rule or function begins; a rule whose value is remembered is not called again
  Body,     // one of its rules is tried; span: its head
  Yield,    // that rule has a value (`value`, of a partial object the last of its parts); span: its head
  Return,   // the function ends; value: undefined where it has none
  Enter,    // an expression begins
  Redo,     // .. is asked for its next solution
  Element,  // .. goes on to an element of a collection: `key` and `value`
  Value,    // a part of it (span) has a value
  Held,     // .. has a solution
  Failed,   // .. has none, or no further one
  Case,     // a table test begins a case; value: the array of its names
  Missed,   // an instruction of an expression had no answer; what becomes of it is told by the event that follows:
            // Failed where it was the last hope
};

enum class Failure : std::uint8_t {
  None,
  False,         // a test of values that are there: `value`, or `value` against `other`
  Undefined,     // a read (`missing` is not in `container`), or a rule or function without a value
  Error,         // a builtin failed: `error`
  NoCollection,  // `value` is to be iterated and is no collection
  Exhausted,     // no more elements: `count` of them were tried
  Inner,         // what stands inside decided: a `not` whose body holds, an `every` with a counterexample
};

struct Event {
  EventKind kind = EventKind::Enter;
  std::size_t depth = 0;                       // of calls; 1 is the function that was asked for
  std::uint32_t function = kNoIndex;           // in Program::functions
  std::uint32_t body = 0;                      // in its bodies
  std::uint32_t expression = kNoExpression;    // in DebugInfo::expressions
  Span span = {};                              // of the expression; Value, Failed: of the part
  Value value = {};
  Value other = {};
  Value key = {};
  Failure failure = Failure::None;
  Value container = {};
  Value missing = {};
  std::string_view error = {};
  std::size_t count = 0;
  std::uint32_t pc = kNoLabel;                 // Value, Element, Missed, Failed: the instruction that is told of
};

// A var with its value, by the name that the user gave it.
struct Variable {
  std::string_view name;
  Value value;
  Span declared;
};

// Whether a var is one that the user wrote: `some c in cs` has one more, the index.
[[nodiscard]] bool is_users(const SlotVar& var);

// What can be looked at during an event. Values live until the evaluation ends.
class Inspector {
 public:
  Inspector(const Program& program, const DebugInfo& info, const MachineView* view)
      : program_(program), info_(info), view_(view) {}

  [[nodiscard]] const Program& program() const { return program_; }
  [[nodiscard]] const DebugInfo& info() const { return info_; }
  // Calls, the innermost first; 0 once all is over.
  [[nodiscard]] std::size_t depth() const { return view_ != nullptr ? view_->depth() : 0; }
  [[nodiscard]] FrameView frame(std::size_t outwards) const { return view_->frame(outwards); }
  // Where that frame stands: its innermost expression, or kNoExpression.
  [[nodiscard]] std::uint32_t expression(std::size_t outwards) const;
  // The user's vars that have a value there, in the order in which they got it.
  [[nodiscard]] std::vector<Variable> vars(std::size_t outwards) const;
  // .. as they were at the innermost function's instruction `pc`, which has just run.
  [[nodiscard]] std::vector<Variable> vars_at(std::uint32_t pc) const;
  // Under the `with` in force; undefined where there is no input.
  [[nodiscard]] Value input() const { return view_ != nullptr ? view_->input() : Value(); }
  [[nodiscard]] Value data() const { return view_ != nullptr ? view_->data() : Value(); }
  [[nodiscard]] std::uint64_t instructions() const { return view_ != nullptr ? view_->instructions() : 0; }

 private:
  [[nodiscard]] std::vector<Variable> vars_of(const FrameView& frame, std::uint32_t pc) const;

  const Program& program_;
  const DebugInfo& info_;
  const MachineView* view_;
};

class Listener {
 public:
  virtual ~Listener() = default;
  // False ends the evaluation: its outcome is then a halt with EvalCode::Cancelled.
  [[nodiscard]] virtual bool on_event(const Event& event, const Inspector& at) = 0;
};

// Runs the request on the tracing twin. `machine` must be of the program that `info` is of; request.watcher is set
// here.
[[nodiscard]] Outcome observe(Machine& machine, const DebugInfo& info, Arena& arena, RunRequest request,
                              Listener& listener);

}  // namespace psdl::debug
