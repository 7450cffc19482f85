// A walk over plans. In: steps, an expression or a rule's body, const or not; out: a call of the hook for each step and expression below, outer before inner,
// in the order of evaluation.
#pragma once

#include "plan/plan.hpp"

namespace psdl::plan {

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

}  // namespace psdl::plan
