// Why a rule holds, and why it does not. In: the events of one evaluation; out: for each of its bodies that holds the
// tests that made it so, for each that does not the expressions that failed in the tries that came furthest: the cause,
// in whatever rule, function, `not`, `every` or comprehension it stands.
//
// A try is one way through a body: with `some c in cs` there is one for each c. A few of them are kept, all are
// counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "debug/observe.hpp"

namespace psdl::debug {

struct WhyTry {
  std::vector<Variable> vars;  // where the cause stands: those that the statement names, or where it names none, all
  Failure failure = Failure::None;    // None: it held
  Span part = {};                     // of the statement, what decided
  std::uint32_t pc = kNoLabel;        // its instruction
  Value value = {};                   // as in Event
  Value other = {};
  Value container = {};
  Value missing = {};
  std::string error;
  std::size_t count = 0;
  Value read = {};                    // the part of a document that the statement read last
  std::vector<std::pair<Span, Value>> parts;  // values of the statement's parts
  bool is_negated = false;            // failed inside of a `not`, which therefore held
  Value gives = {};                   // of a body that held: its value
};

// The tries that ended at one statement, reached by the same calls.
struct WhyGroup {
  std::uint32_t body = 0;             // of the function whose tries these are
  std::uint32_t progress = 0;         // the statement of that body at which they ended; a higher one stands later
  std::uint32_t statement = kNoExpression;  // where the cause stands; in DebugInfo::expressions
  std::vector<std::uint32_t> via;     // statements whose calls led there, outermost first
  std::vector<WhyTry> tries;          // at most WhyListener::kMostTries
  std::size_t count = 0;
  std::vector<std::uint32_t> with;    // of a body that held: its other statements, in order
};
using WhyGroups = std::vector<WhyGroup>;

// Of the rule or query that was asked for.
struct Why {
  std::uint32_t function = kNoIndex;
  std::size_t bodies = 0;      // tried, the default left out
  bool is_iterated = false;
  std::size_t tries = 0;
  std::size_t results = 0;     // times that a body held, the default left out
  std::size_t earlier = 0;     // tries that ended before those in `missed`
  WhyGroups held;
  WhyGroups missed;
};

class WhyListener final : public Listener {
 public:
  static constexpr std::size_t kMostTries = 20;

  WhyListener();
  ~WhyListener() override;
  [[nodiscard]] bool on_event(const Event& event, const Inspector& at) override;
  // Once, when the evaluation is over; its values must still live.
  [[nodiscard]] Why take();
  // Between two events: what the rule that was asked for missed since the last time, as Why::missed.
  [[nodiscard]] WhyGroups take_misses();

 private:
  class Call;
  using Cause = std::shared_ptr<const WhyGroups>;
  // What a rule that gave nothing came to, by its function: it is remembered by the machine, and not called again.
  using Causes = std::vector<std::pair<std::uint32_t, Cause>>;

  std::vector<std::unique_ptr<Call>> calls_;  // those that ended are used again: calls come by thousands
  std::size_t depth_ = 0;
  Causes remembered_;
};

}  // namespace psdl::debug
