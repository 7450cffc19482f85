// Walks over plans, for passes: every list of steps with what follows it, every expression.
#pragma once

#include <algorithm>
#include <type_traits>

#include "plan/plan.hpp"

namespace psdl::plan {

// Whether `e` is a call of concat that puts a constant text between what an expression of this kind has: of a comprehension, one of texts to be.
[[nodiscard]] bool is_join(const Expr& e, ExprKind collection);  // forward.cpp

// Calls each(Expr&) for every expression that a step evaluates itself, in the order of evaluation, not those of its bodies.
template <class StepType, class Each>
void each_own_expr(StepType& step, Each each) {
  each(step.a);
  each(step.b);
  for (auto& value : step.overlay.values) each(value);
  for (auto& where : step.where) each(where);
}

// Calls each(Steps&, tail) for every list of steps below, innermost first; `tail` are the expressions that a solution of the list evaluates, in order.
template <class Each>
class ListWalk {
 public:
  explicit ListWalk(Each each) : each_(each) {}

  void function(Function& function) {
    for (RuleBody& body : function.bodies) rule(body);
    for (RuleBody& body : function.default_body) rule(body);
  }
  void rule(RuleBody& body) {
    std::vector<Expr*> tail;
    for (Expr& key : body.keys) tail.push_back(&key);
    tail.push_back(&body.value);
    list(body.steps, tail);
    for (RuleBody& next : body.otherwise) rule(next);
  }
  void list(Steps& steps, const std::vector<Expr*>& tail) {
    for (Step& step : steps) {
      each_own_expr(step, [this](Expr& e) { expr(e); });
      for (Steps& body : step.bodies) list(body, {});
    }
    for (Expr* e : tail) expr(*e);
    each_(steps, tail);
  }
  void expr(Expr& e) {
    if (e.kind != ExprKind::Comprehension) {
      for (Expr& operand : e.operands) expr(operand);
      return;
    }
    std::vector<Expr*> tail;
    for (Expr& operand : e.operands) tail.push_back(&operand);
    list(e.body, tail);
  }

 private:
  Each each_;
};

// each(Steps&, std::span<Expr* const> tail) for every list of steps of the function.
template <class Each>
void each_list(Function& function, Each each) {
  ListWalk<Each>(each).function(function);
}

// A walk with hooks, outer before inner, in the order of evaluation.
// Hooks: `void step(Step&)` and `void expr(Expr&)`, either const. What an operand that its step does not use holds is shown too: an undefined constant.
template <class Hooks>
class Walk {
 public:
  explicit Walk(Hooks& hooks) : hooks_(hooks) {}

  template <class E>
    requires std::is_same_v<std::remove_const_t<E>, Expr>
  void expr(E& e) {
    hooks_.expr(e);
    steps(e.body);
    for (auto& operand : e.operands) expr(operand);
  }

  template <class S>
    requires std::is_same_v<std::remove_const_t<S>, Steps>
  void steps(S& all) {
    for (auto& step : all) one(step);
  }

  template <class S>
    requires std::is_same_v<std::remove_const_t<S>, Step>
  void one(S& step) {
    hooks_.step(step);
    expr(step.a);
    expr(step.b);
    for (auto& wanted : step.where) expr(wanted);
    for (auto& value : step.overlay.values) expr(value);
    for (auto& body : step.bodies) steps(body);
  }

  template <class R>
    requires std::is_same_v<std::remove_const_t<R>, RuleBody>
  void rule(R& body) {
    steps(body.steps);
    for (auto& key : body.keys) expr(key);
    expr(body.value);
    for (auto& next : body.otherwise) rule(next);
  }

  template <class F>
    requires std::is_same_v<std::remove_const_t<F>, Function>
  void function(F& made) {
    for (auto& body : made.bodies) rule(body);
    for (auto& body : made.default_body) rule(body);
  }

 private:
  Hooks& hooks_;
};

// each(Expr&) for every expression below.
template <class Each>
struct ExprHook {
  Each each;
  template <class S>
  void step(S&) {}
  template <class E>
  void expr(E& e) {
    each(e);
  }
};
template <class Part, class Each>
void each_expr(Part& part, Each each) {
  ExprHook<Each> hook{each};
  Walk<ExprHook<Each>> walk(hook);
  using P = std::remove_const_t<Part>;
  if constexpr (std::is_same_v<P, Function>) {
    walk.function(part);
  } else if constexpr (std::is_same_v<P, Steps>) {
    walk.steps(part);
  } else {
    walk.expr(part);
  }
}

// Steps and expressions, as a measure of what a copy costs.
[[nodiscard]] inline std::size_t size_of(const Steps& steps);
[[nodiscard]] inline std::size_t size_of(const Expr& e) {
  std::size_t size = e.kind == ExprKind::Const && !e.constant.is_defined() ? 0 : 1;
  for (const Expr& operand : e.operands) size += size_of(operand);
  return size + size_of(e.body);
}
inline std::size_t size_of(const Steps& steps) {
  std::size_t size = 0;
  for (const Step& step : steps) {
    size += 1 + size_of(step.a) + size_of(step.b);
    for (const Steps& body : step.bodies) size += size_of(body);
  }
  return size;
}

// Puts the step at the end of every way through the list.
inline void append(Steps& steps, const Step& last) {
  if (steps.empty() || steps.back().kind != StepKind::Each) {
    steps.push_back(last);
    return;
  }
  for (Steps& body : steps.back().bodies) append(body, last);
}

// Whether a list of steps may have more than one solution.
[[nodiscard]] inline bool generates(const Steps& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
    return step.kind == StepKind::Scan || step.kind == StepKind::Each || (step.kind == StepKind::With && generates(step.bodies[0]));
  });
}

// A read of documents alone: it may find nothing, but it records no error and has no effect.
[[nodiscard]] inline bool is_pure_read(const Expr& e) {
  switch (e.kind) {
    case ExprKind::Const:
    case ExprKind::Slot:
    case ExprKind::Input:
    case ExprKind::Data: return true;
    case ExprKind::Dot: return is_pure_read(e.operands[0]) && is_pure_read(e.operands[1]);
    default: return false;
  }
}

}  // namespace psdl::plan
