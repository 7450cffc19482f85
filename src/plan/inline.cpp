// Small functions stand where they are called. In: `bind v = f(args)` or `test f(args)` as a step; out: the steps of f, its slots renamed.
//
// Invariant: f has one value at most, whatever it is called with, and it is found as before: arguments first, then the steps of its bodies in order, up to
// the first that has a value. So a function of one body that cannot have two solutions becomes its steps; one whose bodies all give the same constant, and
// one with `else`, become an `any`. A function whose bodies may disagree is called, for there a conflict must be found. So is one that a `with` replaces.
//
// A rule that one place asks, once, stands there too: to call it and to remember its value takes longer than what many rules do. It is asked as often
// as before: not where a loop may come by again, nor where plans are run again and again with some rules kept (given values, `with`). Of a chain of such
// rules the last alone goes into the one before, so that what is too deep for limit_call_depth stays so. For whoever asks it from outside of the plan the
// rule has its own function still.
#include <algorithm>
#include <functional>

#include "plan/plan.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

constexpr std::size_t kSmall = 64;          // expressions and steps of a function that is inlined
constexpr std::size_t kLargest = 4'000;     // of a function that grows by it
constexpr SlotNumber kMostSlots = 4'000;

std::size_t size_of(const RuleBody& body) {
  std::size_t size = size_of(body.steps) + size_of(body.value);
  for (const RuleBody& next : body.otherwise) size += size_of(next);
  return size;
}

// Slots of a function that is inlined count from `base` in the caller; arguments are what `arguments` says.
class Renamer {
 public:
  Renamer(SlotNumber base, const Exprs& arguments) : base_(base), arguments_(arguments) {}

  void steps(Steps& all) {
    for (Step& step : all) {
      slot(step.key);
      slot(step.value);
      for (SlotNumber& carried : step.carried) slot(carried);
      each_own_expr(step, [this](Expr& e) { expr(e); });
      for (Steps& body : step.bodies) steps(body);
    }
  }
  void expr(Expr& e) {
    if (e.kind == ExprKind::Slot) {
      if (e.slot < arguments_.size()) {
        const Span span = e.span;
        e = arguments_[e.slot];
        e.span = span;
      } else {
        e.slot += base_;
      }
      return;
    }
    for (Expr& operand : e.operands) expr(operand);
    steps(e.body);
  }

 private:
  void slot(SlotNumber& number) const {
    if (number != kNoSlot) number += base_;
  }

  SlotNumber base_;
  const Exprs& arguments_;
};

// The variable that a step behind `made` binds to what `e` has.
Expr bound_before(Function& caller, Expr& e, Span span, Steps& made) {
  Expr slot;
  slot.kind = ExprKind::Slot;
  slot.slot = caller.slots++;
  slot.span = e.span;
  Step bind;
  bind.kind = StepKind::Bind;
  bind.span = span;
  bind.value = slot.slot;
  bind.a = std::move(e);
  made.push_back(std::move(bind));
  return slot;
}

// The steps of `callee` in the place of `call`, behind what `made` has.
void put(Function& caller, const Function& callee, Step call, Steps& made) {
  Exprs arguments;
  for (Expr& operand : call.a.operands) {
    const bool is_plain = operand.kind == ExprKind::Const || operand.kind == ExprKind::Slot;
    arguments.push_back(is_plain ? std::move(operand) : bound_before(caller, operand, call.span, made));
  }
  Renamer renamer(caller.slots, arguments);
  caller.slots += callee.slots;

  std::vector<RuleBody> bodies;  // alternatives in order
  for (const RuleBody& body : callee.bodies) {
    for (const RuleBody* at = &body; at != nullptr; at = at->otherwise.empty() ? nullptr : &at->otherwise.front()) {
      RuleBody copy;
      copy.steps = at->steps;
      copy.value = at->value;
      renamer.steps(copy.steps);
      renamer.expr(copy.value);
      bodies.push_back(std::move(copy));
    }
  }
  const bool is_true = std::all_of(bodies.begin(), bodies.end(), [](const RuleBody& body) {
    return body.value.kind == ExprKind::Const && body.value.constant.is_true();
  });
  // A test of what is always true asks for a solution alone; else the value is bound, and tested where the call was.
  const bool is_test = call.kind == StepKind::Test;
  const SlotNumber value = is_test ? caller.slots++ : call.value;
  for (RuleBody& body : bodies) {
    if (is_test && is_true) continue;
    Step bind;
    bind.kind = StepKind::Bind;
    bind.span = call.span;
    bind.value = value;
    bind.a = std::move(body.value);
    body.steps.push_back(std::move(bind));
  }
  if (bodies.size() == 1 && !generates(bodies[0].steps)) {
    made.insert(made.end(), std::make_move_iterator(bodies[0].steps.begin()), std::make_move_iterator(bodies[0].steps.end()));
  } else {
    Step any;
    any.kind = StepKind::Any;
    any.span = call.span;
    for (RuleBody& body : bodies) any.bodies.push_back(std::move(body.steps));
    made.push_back(std::move(any));
  }
  if (!is_test || is_true) return;
  Step test;
  test.kind = StepKind::Test;
  test.span = call.span;
  test.a.kind = ExprKind::Slot;
  test.a.slot = value;
  test.a.span = call.a.span;
  made.push_back(std::move(test));
}

// All functions, each behind those that its expressions of this kind ask: what is put in has taken in what it asks itself. Recursion is illegal, so there
// is such an order.
std::vector<std::uint32_t> asked_first(Plan& plan, ExprKind kind) {
  const std::size_t count = plan.functions.size();
  std::vector<std::vector<std::uint32_t>> asked(count);
  for (std::size_t f = 0; f < count; ++f) {
    each_expr(plan.functions[f], [&](const Expr& e) {
      if (e.kind == kind) asked[f].push_back(e.function);
    });
  }
  std::vector<std::uint32_t> order;
  std::vector<bool> is_seen(count, false);
  std::vector<std::uint32_t> open;  // a stack of its own: chains of rules may be long
  for (std::uint32_t f = 0; f < count; ++f) {
    if (is_seen[f]) continue;
    is_seen[f] = true;
    open.push_back(f);
    while (!open.empty()) {
      std::vector<std::uint32_t>& next = asked[open.back()];
      if (next.empty()) {
        order.push_back(open.back());
        open.pop_back();
        continue;
      }
      const std::uint32_t callee = next.back();
      next.pop_back();
      if (is_seen[callee]) continue;
      is_seen[callee] = true;
      open.push_back(callee);
    }
  }
  return order;
}

class Inliner {
 public:
  explicit Inliner(Plan& plan) : plan_(plan) {}

  void run() {
    for (const std::uint32_t f : asked_first(plan_, ExprKind::Function)) function(plan_.functions[f]);
  }

 private:
  void function(Function& caller) {
    std::size_t size = 0;
    for (const RuleBody& body : caller.bodies) size += size_of(body);
    each_list(caller, [&](Steps& steps, const std::vector<Expr*>&) { list(caller, steps, size); });
  }

  void list(Function& caller, Steps& steps, std::size_t& size) {
    Steps made;
    for (Step& step : steps) {
      const bool is_call = (step.kind == StepKind::Bind || step.kind == StepKind::Test) && step.a.kind == ExprKind::Function && step.a.mock == kNoIndex;
      const Function* callee = is_call ? &plan_.functions[step.a.function] : nullptr;
      if (callee == nullptr || callee == &caller || !is_small(*callee) || size > kLargest || caller.slots > kMostSlots) {
        made.push_back(std::move(step));
        continue;
      }
      size += size_of(callee->bodies.front());
      put(caller, *callee, std::move(step), made);
    }
    steps = std::move(made);
  }

  static bool is_small(const Function& callee) {
    if (callee.kind != FunctionKind::Function || callee.is_shadowable || callee.bodies.empty() || !callee.default_body.empty()) return false;
    std::size_t size = 0;
    for (const RuleBody& body : callee.bodies) size += size_of(body);
    if (size > kSmall) return false;
    if (callee.stop_at_first) return true;
    if (callee.bodies.size() != 1) return false;
    for (const RuleBody* body = &callee.bodies[0]; body != nullptr; body = body->otherwise.empty() ? nullptr : &body->otherwise.front()) {
      if (generates(body->steps)) return false;
    }
    return true;
  }

  Plan& plan_;
};

class RuleInliner {
 public:
  explicit RuleInliner(Plan& plan) : plan_(plan), uses_(plan.functions.size(), 0), is_last_(plan.functions.size(), true) {}

  void run() {
    if (!count_uses()) return;
    for (const std::uint32_t f : asked_first(plan_, ExprKind::Rule)) {
      if (plan_.functions[f].kind != FunctionKind::Function) function(plan_.functions[f]);
    }
  }

 private:
  static constexpr std::uint32_t kMany = 1'000;

  // False where a rule may be asked again under other conditions.
  bool count_uses() {
    bool is_asked_once = plan_.mocks.empty();
    for (Function& function : plan_.functions) {
      if (function.is_given) is_asked_once = false;
      for (const ExtentChild& child : function.children) {
        if (child.function != kNoIndex) uses_[child.function] += kMany;
      }
      each_expr(function, [this](const Expr& e) {
        if (e.kind == ExprKind::Rule) ++uses_[e.function];
      });
      each_list(function, [&](const Steps& steps, const std::vector<Expr*>&) {
        for (const Step& step : steps) {
          if (step.kind == StepKind::With) is_asked_once = false;
          if (step.kind == StepKind::Settle) uses_[step.count] += kMany;  // it may be remembered already
        }
      });
    }
    for (std::size_t f = 0; f < plan_.functions.size(); ++f) {
      each_expr(plan_.functions[f], [&](const Expr& e) {
        if (e.kind == ExprKind::Rule && uses_[e.function] == 1) is_last_[f] = false;
      });
    }
    return is_asked_once;
  }

  void function(Function& caller) {
    std::size_t size = 0;
    for (const RuleBody& body : caller.bodies) size += size_of(body);
    for (RuleBody& first : caller.bodies) {
      for (RuleBody* body = &first; body != nullptr; body = body->otherwise.empty() ? nullptr : &body->otherwise.front()) put_in(caller, *body, size);
    }
  }

  // What stands in front of every loop is evaluated once.
  void put_in(Function& caller, RuleBody& body, std::size_t& size) {
    if (!generates(body.steps) && body.keys.empty()) bind_value(caller, body);  // keys are evaluated before the value
    Steps made;
    bool is_once = true;
    for (Step& step : body.steps) {
      is_once = is_once && !generates({step});
      if (is_once && step.kind == StepKind::Bind && can_stand(step.a, caller, size)) {
        const Function& callee = plan_.functions[step.a.function];
        size += size_of(callee.bodies.front());
        put(caller, callee, std::move(step), made);
      } else {
        made.push_back(std::move(step));
      }
    }
    body.steps = std::move(made);
  }

  // A rule that the value has, behind constants and variables alone, is asked by a step.
  void bind_value(Function& caller, RuleBody& body) {
    Exprs whole(1);
    const bool is_array = body.value.kind == ExprKind::Array;
    for (Expr& part : is_array ? body.value.operands : whole) {
      Expr& e = is_array ? part : body.value;
      if (e.kind == ExprKind::Const || e.kind == ExprKind::Slot) continue;
      if (e.kind != ExprKind::Rule || uses_[e.function] != 1) return;
      e = bound_before(caller, e, e.span, body.steps);
    }
  }

  [[nodiscard]] bool can_stand(const Expr& asked, const Function& caller, std::size_t size) const {
    if (asked.kind != ExprKind::Rule || uses_[asked.function] != 1 || !is_last_[asked.function]) return false;
    const Function& callee = plan_.functions[asked.function];
    if (&callee == &caller || callee.kind != FunctionKind::Complete || callee.is_shadowable || callee.dispatch.has_value()) return false;
    if (callee.bodies.size() != 1 || !callee.default_body.empty()) return false;
    if (size + size_of(callee.bodies.front()) > kLargest || caller.slots + callee.slots > kMostSlots) return false;
    for (const RuleBody* body = &callee.bodies[0]; body != nullptr; body = body->otherwise.empty() ? nullptr : &body->otherwise.front()) {
      if (generates(body->steps)) return false;
    }
    return true;
  }

  Plan& plan_;
  std::vector<std::uint32_t> uses_;  // of each rule
  std::vector<bool> is_last_;        // asks no rule that it alone asks
};

}  // namespace

void inline_functions(Plan& plan) { Inliner(plan).run(); }
void inline_rules(Plan& plan) { RuleInliner(plan).run(); }

}  // namespace psdl::plan
