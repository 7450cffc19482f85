// Queries that can stop in the middle: breakpoints, steps, vars, frames, expressions evaluated where the rule stands
// (docs/debugging.md). In: a policy, a document, queries; out: answers, and a call at each stop. For our REPL and
// others, without a promise. Nothing here formats for a terminal.
//
//   psdl::tools::Debugger debugger(policy);
//   std::string problem;
//   if (debugger.add_breakpoint("draft.psdl:5", "c.name == \"app\"", problem) == 0) ..
//   psdl::tools::DebugAnswer answer =
//       debugger.run(query, [](psdl::tools::DebugStop& stop) { .. return psdl::tools::DebugResume::Over; });
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "psdl/psdl.hpp"
#include "psdl/tools/loaded_input.hpp"

namespace psdl::tools {

// Into: to the next statement, in whatever rule. Over: past what the statement calls. Out: until the rule has ended.
// Continue: to the next breakpoint. End: no further.
enum class DebugResume : std::uint8_t { Into, Over, Out, Continue, End };

struct DebugPlace {
  std::string file;  // empty: the query itself
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct DebugVariable {
  std::string name;
  std::string value;  // in Rego's notation, cut where it is long
};

struct DebugFrame {
  std::string rule;        // "data.pods.deny"; "query"
  DebugPlace place;
  std::string expression;  // its first line
};

// What was passed since the last stop.
struct DebugHappening {
  enum class Kind : std::uint8_t {
    Failed,     // a statement
    Redone,     // .. has another solution: `vars`
    Exhausted,  // .. has none: `vars` without values
    Gave,       // a rule has a value: `value`
    Returned,   // a rule or function has ended: `value`, empty where it is undefined
  };
  Kind kind = Kind::Failed;
  std::string rule;
  DebugPlace place;
  std::string outcome;  // Failed: "false", "undefined", "error"
  std::string value;
  std::vector<DebugVariable> vars;
};

struct DebugValue {
  bool is_defined = false;
  std::string text;       // Rego's notation, or JSON
  DiagnosticList errors;  // not empty: nothing is known
  bool is_ended = false;  // by cancel(); nothing is known then
};

// Where an evaluation stands still. Lives during the call that shows it.
class DebugStop {
 public:
  enum class Cause : std::uint8_t { Entry, Breakpoint, Step };
  Cause cause = Cause::Step;
  std::uint32_t breakpoint = 0;
  bool is_behind = false;      // what stands there has no further solution
  std::vector<DebugFrame> frames;  // innermost first; never empty
  std::vector<DebugHappening> since;

  // Of the frame that is so many calls outwards. `most_bytes` of each value.
  [[nodiscard]] std::vector<DebugVariable> locals(std::size_t outwards, std::size_t most_bytes) const;
  // An expression or query as if it stood there: it sees the frame's vars, its package, its input. One value, or an
  // array of them.
  [[nodiscard]] DebugValue evaluate(std::size_t outwards, std::string_view text) const;

  struct Impl;
  explicit DebugStop(Impl& impl) : impl_(impl) {}

 private:
  Impl& impl_;
};

struct DebugRow {
  std::vector<std::pair<std::string, std::string>> bindings;  // var and value
  std::vector<std::string> values;                            // of the query's expressions
};

struct DebugAnswer {
  std::vector<DebugRow> rows;  // none: undefined
  DiagnosticList errors;
  std::string printed;
  std::uint64_t instructions = 0;
  bool is_ended = false;       // by DebugResume::End or cancel(); there is no answer then
  std::vector<DebugHappening> since;  // the last stop, where a step began there
};

struct DebugBreakpoint {
  std::uint32_t number = 0;
  std::string where;      // "draft.psdl:5", "data.pods.deny"
  std::string condition;  // may be empty
};

enum class ValueForm : std::uint8_t { Rego, Json, PrettyJson };

class Debugger {
 public:
  explicit Debugger(const Policy& policy, EvaluateOptions options = {});
  ~Debugger();
  Debugger(const Debugger&) = delete;
  Debugger& operator=(const Debugger&) = delete;

  // What rules see from now on; it must be of the same policy.
  void set_input(LoadedInput input);

  // At a line of a rule file (FILE is its name or the end of it) or at each rule of a path. Its number: `wanted`, or
  // where that is 0 the next one. 0, and why, where nothing stands there.
  [[nodiscard]] std::uint32_t add_breakpoint(std::string_view where, std::string_view condition, std::string& problem,
                                             std::uint32_t wanted = 0);
  bool remove_breakpoint(std::uint32_t number);
  [[nodiscard]] const std::vector<DebugBreakpoint>& breakpoints() const;

  void set_form(ValueForm form, std::size_t most_bytes);

  using OnStop = std::function<DebugResume(DebugStop& stop)>;
  // The query must be of the same policy. Without breakpoints (and `stops_on_entry`) the optimised program runs.
  [[nodiscard]] DebugAnswer run(const Query& query, const OnStop& on_stop = {}, bool stops_on_entry = false);
  // Ends the running evaluation, or the next one, from a signal handler or another thread. Of what is evaluated at a
  // stop it ends that alone.
  void cancel();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace psdl::tools
