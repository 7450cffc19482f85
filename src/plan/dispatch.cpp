// Rule groups whose bodies ask for different values of one thing (`input.kind == ..`) are dispatched on it. In: a group of bodies; out: the same bodies
// without that test, and a table that says for each value which of them to try.
//
// Invariant: a body is passed over only where a test in it would have failed before anything in it could record an error or have an effect: the test stands
// among the leading steps, all of which are total. Those that are tried keep their order, so that conflicts come out as before.
// Of several things that could be asked the one that leaves the fewest bodies is taken; the rest of a body's tests stay where they are.
#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "builtins/builtin.hpp"
#include "plan/plan.hpp"
#include "plan/walk.hpp"
#include "value/text.hpp"

namespace psdl::plan {
namespace {

constexpr std::size_t kFewestBodies = 8;  // below, trying each costs no more than the table: a guard that fails is one instruction

// A leading test of a body: `asked == wanted`.
struct Guard {
  std::size_t step = 0;
  const Expr* asked = nullptr;
  Value wanted;
};

// `input.a.b`, `data.a.b` or `argument.a.b` as a name that is equal for equal reads; empty for anything else.
std::string read_name(const Expr& e, std::uint32_t arity) {
  switch (e.kind) {
    case ExprKind::Input: return "input";
    case ExprKind::Data: return "data";
    case ExprKind::Slot: return e.slot < arity ? "argument " + std::to_string(e.slot) : std::string();
    case ExprKind::Dot: {
      if (e.operands[1].kind != ExprKind::Const) return {};
      std::string name = read_name(e.operands[0], arity);
      if (name.empty()) return {};
      name += e.in_base ? " stored " : " ";
      append_rego(name, e.operands[1].constant);
      return name;
    }
    default: return {};
  }
}

bool is_total(const Expr& e) {
  if (e.kind == ExprKind::Const && !e.constant.is_defined()) return true;  // no operand
  if (e.kind == ExprKind::Builtin && e.mock == kNoIndex && e.builtin->name == "internal.member_2") {
    return std::all_of(e.operands.begin(), e.operands.end(), is_total);
  }
  return is_pure_read(e);
}

bool is_total(const Step& step) {
  switch (step.kind) {
    case StepKind::Test:
    case StepKind::Bind:
    case StepKind::Equal:
    case StepKind::Compare:
    case StepKind::In:
    case StepKind::ArrayLength:
    case StepKind::ObjectKeys: return is_total(step.a) && is_total(step.b);
    default: return false;
  }
}

class Dispatcher {
 public:
  explicit Dispatcher(Function& function) : function_(function) {}

  void run() {
    if (function_.bodies.size() < kFewestBodies || function_.dispatch.has_value()) return;
    for (std::uint32_t body = 0; body < function_.bodies.size(); ++body) find_guards(body);
    const std::map<std::string, Question>::iterator best = best_question();
    if (best == questions_.end()) return;
    rewrite(best->second);
  }

 private:
  // Something that bodies ask, and the first guard of each that asks it.
  struct Question {
    std::vector<std::pair<std::uint32_t, Guard>> guards;  // by body
    std::vector<Value> values;                            // different ones
  };

  void find_guards(std::uint32_t number) {
    const RuleBody& body = function_.bodies[number];
    if (!body.otherwise.empty()) return;
    for (std::size_t i = 0; i < body.steps.size() && is_total(body.steps[i]); ++i) {
      const Step& step = body.steps[i];
      if (step.kind != StepKind::Equal) continue;
      const bool is_right = step.b.kind == ExprKind::Const;
      if (!is_right && step.a.kind != ExprKind::Const) continue;
      const Expr& asked = is_right ? step.a : step.b;
      const std::string name = read_name(asked, function_.arity);
      if (name.empty()) continue;
      Question& question = questions_[name];
      if (!question.guards.empty() && question.guards.back().first == number) continue;
      question.guards.push_back({number, {i, &asked, is_right ? step.b.constant : step.a.constant}});
    }
  }

  std::map<std::string, Question>::iterator best_question() {
    const double all = static_cast<double>(function_.bodies.size());
    auto best = questions_.end();
    double best_left = (all - 4) / 3;  // three instructions choose, and each body that is tried takes two more
    for (auto at = questions_.begin(); at != questions_.end(); ++at) {
      Question& question = at->second;
      for (const auto& [body, guard] : question.guards) question.values.push_back(guard.wanted);
      std::sort(question.values.begin(), question.values.end(), [](const Value& a, const Value& b) { return compare(a, b) < 0; });
      question.values.erase(std::unique(question.values.begin(), question.values.end(), [](const Value& a, const Value& b) { return equal(a, b); }),
                            question.values.end());
      const double asking = static_cast<double>(question.guards.size());
      const double left = all - asking + asking / static_cast<double>(question.values.size());  // bodies tried for a value of the table
      if (left > best_left) continue;
      best = at;
      best_left = left;
    }
    return best;
  }

  void rewrite(const Question& question) {
    Dispatch made;
    made.on = *question.guards.front().second.asked;
    made.values = question.values;
    made.bodies.resize(question.values.size());
    std::vector<bool> asks(function_.bodies.size(), false);
    for (const auto& [body, guard] : question.guards) {
      asks[body] = true;
      const auto at = std::lower_bound(made.values.begin(), made.values.end(), guard.wanted, [](const Value& a, const Value& b) { return compare(a, b) < 0; });
      made.bodies[static_cast<std::size_t>(at - made.values.begin())].push_back(body);
    }
    for (std::uint32_t body = 0; body < function_.bodies.size(); ++body) {
      if (!asks[body]) made.others.push_back(body);
    }
    for (const auto& [body, guard] : question.guards) {
      Steps& steps = function_.bodies[body].steps;
      steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(guard.step));
    }
    function_.dispatch = std::move(made);
  }

  Function& function_;
  std::map<std::string, Question> questions_;
};

}  // namespace

void dispatch_groups(Plan& plan) {
  for (Function& function : plan.functions) {
    switch (function.kind) {
      case FunctionKind::Complete:
      case FunctionKind::Function:
      case FunctionKind::Set:
      case FunctionKind::Object: Dispatcher(function).run(); break;
      case FunctionKind::Query:
      case FunctionKind::Extent: break;
    }
  }
}

}  // namespace psdl::plan
