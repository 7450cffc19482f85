// Values that come with each run. In: parts of known values that are marked as open; out: rules without a body of their own, which a run is given the values of.
//
// So one program serves constraints whose parameters have one shape: to every pass an open value is a rule that has some value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "plan/plan.hpp"

namespace psdl::plan {

// The origin of a value that stands for the N-th given one is kFirstGiven + N.
inline constexpr std::uint32_t kFirstGiven = 0xFFF0'0000U;

[[nodiscard]] inline bool is_open(const Value& value) { return value.origin() >= kFirstGiven; }
[[nodiscard]] inline bool has_open(const Value& value) {
  if (is_open(value)) return true;
  if (value.is_array()) return std::any_of(value.as_array().begin(), value.as_array().end(), has_open);
  return value.is_object() && std::any_of(value.as_object().values().begin(), value.as_object().values().end(), has_open);
}

// Path of the N-th such function.
inline constexpr std::string_view kGivenPath = "given ";

// Constants, given values and collections of these: they are there whatever the documents are, and making them again changes nothing.
[[nodiscard]] inline bool is_fixed(const Plan& plan, const Expr& e) {
  switch (e.kind) {
    case ExprKind::Const: return e.constant.is_defined();
    case ExprKind::Rule: return plan.functions[e.function].is_given;
    case ExprKind::Array:
    case ExprKind::Object: return std::all_of(e.operands.begin(), e.operands.end(), [&](const Expr& operand) { return is_fixed(plan, operand); });
    default: return false;
  }
}

}  // namespace psdl::plan
