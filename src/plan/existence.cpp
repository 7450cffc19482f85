// Whether a set has members is asked without making it. In: `count(deny) == 0`, `count([..]) > 0`, `not deny[_]`, `some _ in deny` where no member is looked
// at; out: a rule of its own that holds at the first member and makes no message, or a body in the place of the comprehension. So too where of an array
// its first element alone is wanted, `[..][0]`: no other is looked for.
//
// Invariant: what is not evaluated any more is total (totality.hpp): no error, conflict or print is lost. A member must still be defined: the reads that a
// message is made of stay, its text goes. A set that the plan asks for as a whole elsewhere is made anyway, so there it is counted.
#include <map>

#include "plan/defined.hpp"
#include "plan/plan.hpp"
#include "plan/totality.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

// What a comparison with a constant asks of a count.
enum class Asked : std::uint8_t { Nothing, None, Some };

Asked asked(const Step& step, const Expr& count, const Expr& bound) {
  if (count.kind != ExprKind::Builtin || count.builtin->name != "count" || count.mock != kNoIndex) return Asked::Nothing;
  if (bound.kind != ExprKind::Const || !bound.constant.is_int()) return Asked::Nothing;
  const std::int64_t number = bound.constant.as_int();
  if (step.kind == StepKind::Equal) return number == 0 ? Asked::None : Asked::Nothing;
  if (step.kind != StepKind::Compare) return Asked::Nothing;
  switch (step.compare) {
    case Compare::Greater: return number == 0 ? Asked::Some : Asked::Nothing;
    case Compare::GreaterEqual: return number == 1 ? Asked::Some : Asked::Nothing;
    case Compare::NotEqual: return number == 0 ? Asked::Some : Asked::Nothing;
    case Compare::Less: return number == 1 ? Asked::None : Asked::Nothing;
    case Compare::LessEqual: return number == 0 ? Asked::None : Asked::Nothing;
  }
  return Asked::Nothing;
}

class Existence {
 public:
  explicit Existence(Plan& plan) : plan_(plan), total_(total_functions(plan)), totality_(plan, total_) {}

  void run() {
    // A question is answered in two steps: all are found first, then those about sets that nobody wants whole are rewritten.
    for (Function& function : plan_.functions) {
      each_expr(function, [this](const Expr& e) {
        if (e.kind == ExprKind::Rule) ++uses_[e.function];
      });
    }
    const std::size_t count = plan_.functions.size();
    for (std::size_t i = 0; i < count; ++i) look(i, false);
    for (std::size_t i = 0; i < count; ++i) look(i, true);
  }

 private:
  void look(std::size_t number, bool rewrite) {
    rewrites_ = rewrite;
    Function& function = plan_.functions[number];
    reads_.assign(function.slots, 0);
    each_expr(function, [this](const Expr& e) {
      if (e.kind == ExprKind::Slot) ++reads_[e.slot];
    });
    each_list(function, [this](Steps& steps, const std::vector<Expr*>&) {
      for (const Step& step : steps) {
        for (const SlotNumber slot : step.carried) ++reads_[slot];
      }
    });
    slots_ = function.slots;
    each_list(function, [this](Steps& steps, const std::vector<Expr*>&) {
      for (Step& step : steps) {
        compared(step);
        if (rewrites_) taken_first(step);
        if (step.kind == StepKind::Not || step.kind == StepKind::Any) {
          for (Steps& body : step.bodies) scanned(body);
        }
      }
    });
    if (function.stop_at_first && function.kind != FunctionKind::Set) {
      for (RuleBody& body : function.bodies) scanned(body.steps);
    }
    function.slots = slots_;
    if (rewrite) add_rules();
  }

  // `count(x) == 0` and its like.
  void compared(Step& step) {
    const Asked what = asked(step, step.a, step.b);
    if (what == Asked::Nothing) return;
    Expr& counted = step.a.operands[0];
    Steps body;
    if (counted.kind == ExprKind::Rule) {
      if (!is_asked_alone(counted.function)) return;
      if (!rewrites_) return;
      body.push_back(test(counted.function, step.span));
    } else if (counted.kind == ExprKind::Comprehension && counted.builder != BuilderKind::Object && totality_.is_total(counted)) {
      if (!rewrites_) return;
      body = std::move(counted.body);
      for (Expr& element : counted.operands) must_be_defined(body, std::move(element), slots_);
    } else {
      return;
    }
    Step made;
    made.kind = what == Asked::None ? StepKind::Not : StepKind::Any;
    made.span = step.span;
    made.bodies.push_back(std::move(body));
    step = std::move(made);
  }

  // `x := [..][0]`. Over an array that is known: what a set gives first depends on how it is gone over.
  void taken_first(Step& step) {
    if (step.kind != StepKind::Bind || step.a.kind != ExprKind::Dot || step.a.in_base) return;
    const Expr& index = step.a.operands[1];
    Expr& array = step.a.operands[0];
    if (index.kind != ExprKind::Const || !index.constant.is_int() || index.constant.as_int() != 0) return;
    if (array.kind != ExprKind::Comprehension || array.builder != BuilderKind::Array || !totality_.is_total(array) || goes_over(array.body)) return;
    Step bind;
    bind.kind = StepKind::Bind;
    bind.span = step.span;
    bind.value = step.value;
    bind.a = std::move(array.operands.front());
    Step first;
    first.kind = StepKind::Any;
    first.span = step.span;
    first.bodies.push_back(std::move(array.body));
    append(first.bodies.front(), bind);
    step = std::move(first);
  }
  static bool goes_over(Steps& steps) {
    bool found = false;
    ListWalk walk([&](const Steps& all, const std::vector<Expr*>&) {
      for (const Step& step : all) {
        const bool is_known_array = step.a.kind == ExprKind::Const && step.a.constant.is_array();
        found = found || (step.kind == StepKind::Scan && !is_known_array);
      }
    });
    walk.list(steps, {});
    return found;
  }

  // `some x in deny` where one solution is as good as all, and nobody reads x.
  void scanned(Steps& steps) {
    for (Step& step : steps) {
      if (step.kind != StepKind::Scan || step.a.kind != ExprKind::Rule || !step.where.empty()) continue;
      if ((step.key != kNoSlot && reads_[step.key] > 0) || (step.value != kNoSlot && reads_[step.value] > 0)) continue;
      if (!is_asked_alone(step.a.function) || !rewrites_) continue;
      step = test(step.a.function, step.span);
    }
  }

  // In the first round: counts the question. In the second: whether every use of the set was one.
  bool is_asked_alone(std::uint32_t function) {
    const Function& rule = plan_.functions[function];
    if (rule.kind != FunctionKind::Set || rule.is_shadowable || !total_[function]) return false;
    if (!rewrites_) ++questions_[function];
    return questions_[function] == uses_[function];
  }

  Step test(std::uint32_t function, Span span) {
    const auto [at, is_new] = variants_.emplace(function, static_cast<std::uint32_t>(plan_.functions.size() + made_.size()));
    if (is_new) made_.push_back(function);
    Step step;
    step.kind = StepKind::Test;
    step.span = span;
    step.a.kind = ExprKind::Rule;
    step.a.function = at->second;
    step.a.span = span;
    return step;
  }

  void add_rules() {
    for (const std::uint32_t from : made_) {
      Function rule = plan_.functions[from];
      rule.path += " has members";
      rule.kind = FunctionKind::Complete;
      rule.stop_at_first = true;
      slots_ = rule.slots;
      for (RuleBody& body : rule.bodies) {
        must_be_defined(body.steps, std::move(body.value), slots_);
        body.value = Expr();
        body.value.constant = Value::boolean(true);
        without_texts(body.steps);
      }
      rule.slots = slots_;
      plan_.functions.push_back(std::move(rule));
      total_.push_back(true);
    }
    made_.clear();
  }

  // Texts that only the member was made of.
  void without_texts(Steps& steps) {
    std::map<SlotNumber, std::uint32_t> reads;
    each_expr(steps, [&](const Expr& e) {
      if (e.kind == ExprKind::Slot) ++reads[e.slot];
    });
    Steps made;
    for (Step& step : steps) {
      const bool is_text = step.kind == StepKind::Bind && reads[step.value] == 0 && step.a.kind == ExprKind::Builtin && step.a.builtin->name == "sprintf";
      if (is_text) {
        must_be_defined(made, std::move(step.a), slots_);
      } else {
        made.push_back(std::move(step));
      }
    }
    steps = std::move(made);
  }

  Plan& plan_;
  TotalFunctions total_;
  Totality totality_;
  bool rewrites_ = false;
  SlotNumber slots_ = 0;
  std::vector<std::uint32_t> reads_;                  // of each slot of the function at hand
  std::map<std::uint32_t, std::uint32_t> uses_;       // of each rule, as a value
  std::map<std::uint32_t, std::uint32_t> questions_;  // those that only ask for a member
  std::map<std::uint32_t, std::uint32_t> variants_;
  std::vector<std::uint32_t> made_;                   // sets whose variants are to be added
};

}  // namespace

void ask_existence(Plan& plan) { Existence(plan).run(); }

}  // namespace psdl::plan
