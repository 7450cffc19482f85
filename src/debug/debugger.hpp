// Stopping in the middle of an evaluation. In: breakpoints, a step to make, the events of observe(); out: a call of
// Host::on_stop wherever the evaluation is to stand still, with what happened since it last did. No text, no terminal,
// no files: the REPL sits on this.
//
// It stops before statements, the expressions that the user wrote, and never inside of what the compiler made of one;
// and where a step was asked for and a statement has no further solution, behind it, so that going back can be
// followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "debug/observe.hpp"

namespace psdl::debug {

// How the evaluation goes on. Into: to the next statement, whatever rule it stands in. Over: past what the statement
// calls or holds inside. Out: until the function has ended. Continue: to the next breakpoint. End: no further, as if
// cancelled.
enum class Resume : std::uint8_t { Into, Over, Out, Continue, End };

struct Breakpoint {
  std::uint32_t number = 0;
  bool is_conditional = false;                             // Host::holds() is asked
  std::vector<std::uint32_t> statements;                   // sorted; in DebugInfo::expressions
  std::vector<std::pair<std::uint32_t, std::uint32_t>>
      bodies;  // sorted; functions and their bodies, stopped at where they begin
};

// What was passed since the last stop, the news of a step.
struct Happening {
  enum class Kind : std::uint8_t {
    Failed,     // a statement: `failure`
    Redone,     // .. that was gone back to has another solution: `vars`, those that it gives values to
    Exhausted,  // .. has none: `vars` without values
    Gave,       // a body has a value
    Returned,   // a function has ended
  };
  Kind kind = Kind::Failed;
  std::uint32_t function = kNoIndex;
  Span span = {};
  Failure failure = Failure::None;
  Value value = {};
  std::vector<Variable> vars;
};

struct Stop {
  enum class Cause : std::uint8_t { Entry, Breakpoint, Step };
  Cause cause = Cause::Step;
  std::uint32_t breakpoint = 0;        // Breakpoint: its number
  std::uint32_t function = kNoIndex;
  Span span = {};  // of the statement that is about to run, of the head of a body, or of what has no further solution
  bool is_behind = false;              // that
  const std::vector<Happening>* since = nullptr;  // the last of them, oldest first
};

class Host {
 public:
  virtual ~Host() = default;
  [[nodiscard]] virtual Resume on_stop(const Stop& stop, const Inspector& at) = 0;
  // Whether the condition of that breakpoint is met where the innermost frame stands.
  [[nodiscard]] virtual bool holds(std::uint32_t breakpoint, const Inspector& at) = 0;
};

// The statements that begin on a line of a source; where there are none, bodies whose head stands there. False where
// there is neither.
[[nodiscard]] bool place_on_line(const Program& program, const DebugInfo& info, std::uint32_t source,
                                 std::uint32_t line, Breakpoint& breakpoint);
// The bodies of the functions of that path. False where there is none.
[[nodiscard]] bool place_on_rule(const Program& program, std::string_view path, Breakpoint& breakpoint);

class Debugger final : public Listener {
 public:
  // first: Into stops at the first statement, Continue at the first breakpoint.
  Debugger(const DebugInfo& info, std::vector<Breakpoint> breakpoints, Host& host, Resume first);
  [[nodiscard]] bool on_event(const Event& event, const Inspector& at) override;
  // What was passed since the last stop; its values live as long as the evaluation's.
  [[nodiscard]] const std::vector<Happening>& since() const { return since_; }
  // At a stop too.
  void set_breakpoints(std::vector<Breakpoint> breakpoints) { breakpoints_ = std::move(breakpoints); }

 private:
  [[nodiscard]] bool is_first_of_statement(std::uint32_t expression) const;
  [[nodiscard]] bool is_inside(std::uint32_t expression, std::uint32_t around) const;
  [[nodiscard]] bool wants_step(const Event& event) const;
  [[nodiscard]] const Breakpoint* hit(const Event& event, const Inspector& at);
  [[nodiscard]] bool stop(const Event& event, const Inspector& at, Stop::Cause cause, std::uint32_t breakpoint,
                          bool is_behind);
  [[nodiscard]] std::vector<Variable> vars_given(const Event& event, const Inspector& at) const;
  void note(Happening happening);
  void remember(const Event& event, const Inspector& at);

  const DebugInfo& info_;
  std::vector<Breakpoint> breakpoints_;
  Host& host_;
  std::vector<std::uint32_t> first_of_;  // of each statement the expression of it that runs first
  Resume resume_;
  bool is_entry_;
  // Where the last stop was: what Over and Out are measured by.
  std::size_t depth_ = 0;
  std::uint32_t statement_ = kNoExpression;
  bool has_returned_ = false;            // Out: the function has ended
  std::vector<Happening> since_;
  Failure last_miss_ = Failure::False;   // of an element or a test
  std::vector<std::pair<std::size_t, std::uint32_t>> redone_;  // statements that were gone back to, and how deep
};

}  // namespace psdl::debug
