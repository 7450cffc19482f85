// What is left of an expression when only its being defined matters: reads stay, values and texts go.
#pragma once

#include <utility>

#include "builtins/builtin.hpp"
#include "plan/plan.hpp"

namespace psdl::plan {

// Adds it to the steps. `slots` is the function's number of them.
inline void must_be_defined(Steps& steps, Expr e, SlotNumber& slots) {
  switch (e.kind) {
    case ExprKind::Const:
    case ExprKind::Slot:
    case ExprKind::Comprehension: return;
    case ExprKind::Array:
    case ExprKind::Set:
    case ExprKind::Object:
      for (Expr& operand : e.operands) must_be_defined(steps, std::move(operand), slots);
      return;
    case ExprKind::Builtin:
      if (e.builtin->name == "sprintf") {
        for (Expr& operand : e.operands) must_be_defined(steps, std::move(operand), slots);
        return;
      }
      break;
    default: break;
  }
  Step bind;
  bind.kind = StepKind::Bind;
  bind.span = e.span;
  bind.value = slots++;
  bind.a = std::move(e);
  steps.push_back(std::move(bind));
}

}  // namespace psdl::plan
