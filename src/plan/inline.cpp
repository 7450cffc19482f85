// Small functions stand where they are called. In: `bind v = f(args)` or `test f(args)` as a step; out: the steps of f, its slots renamed.
//
// Invariant: f has one value at most, whatever it is called with, and it is found as before: arguments first, then the steps of its bodies in order, up to
// the first that has a value. So a function of one body that cannot have two solutions becomes its steps; one whose bodies all give the same constant, and
// one with `else`, become an `any`. A function whose bodies may disagree is called, for there a conflict must be found. So is one that a `with` replaces.
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

class Inliner {
 public:
  explicit Inliner(Plan& plan) : plan_(plan), is_done_(plan.functions.size(), false) {}

  void run() {
    for (std::uint32_t f = 0; f < plan_.functions.size(); ++f) function(f);
  }

 private:
  // Callees first, so that what is put in has taken in what it calls. Recursion is illegal, so this ends.
  void function(std::uint32_t number) {
    if (is_done_[number]) return;
    is_done_[number] = true;
    each_expr(plan_.functions[number], [this](const Expr& e) {
      if (e.kind == ExprKind::Function) function(e.function);
    });
    Function& caller = plan_.functions[number];
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

  void put(Function& caller, const Function& callee, Step call, Steps& made) {
    Exprs arguments;
    for (Expr& operand : call.a.operands) {
      if (operand.kind == ExprKind::Const || operand.kind == ExprKind::Slot) {
        arguments.push_back(std::move(operand));
        continue;
      }
      Step bind;
      bind.kind = StepKind::Bind;
      bind.span = call.span;
      bind.value = caller.slots++;
      Expr slot;
      slot.kind = ExprKind::Slot;
      slot.slot = bind.value;
      slot.span = operand.span;
      bind.a = std::move(operand);
      made.push_back(std::move(bind));
      arguments.push_back(std::move(slot));
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

  Plan& plan_;
  std::vector<bool> is_done_;
};

}  // namespace

void inline_functions(Plan& plan) { Inliner(plan).run(); }

}  // namespace psdl::plan
