// Whether something can record no error, meet no conflict and print nothing: then it may be passed over, or stopped early. Limits do not count: what an
// optimised program uses less of it reaches later.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "builtins/builtin.hpp"
#include "plan/plan.hpp"

namespace psdl::plan {

// Which errors count: those of builtins are none where a policy is not strict and makes of them that there is no value.
enum class Strictness : std::uint8_t { BuiltinErrors, ConflictsAlone };

// By number; those that are not looked at yet are false.
using TotalFunctions = std::vector<bool>;

class Totality {
 public:
  // Both must outlive it.
  Totality(const Plan& plan, const TotalFunctions& total, Strictness strictness = Strictness::BuiltinErrors) : plan_(plan), total_(total), strictness_(strictness) {}

  [[nodiscard]] bool is_total(const Expr& e) const;
  [[nodiscard]] bool is_total(const Step& step) const;
  // What it calls must have been looked at.
  [[nodiscard]] bool is_total(const Function& function) const;
  template <class List>
  [[nodiscard]] bool are_total(const List& all) const {
    return std::all_of(all.begin(), all.end(), [this](const auto& one) { return is_total(one); });
  }

 private:
  [[nodiscard]] bool never_fails(const Expr& call) const;
  // The kinds that the value may have.
  [[nodiscard]] KindMask kinds_of(const Expr& e) const;

  const Plan& plan_;
  const TotalFunctions& total_;
  Strictness strictness_;
};

// For every function of the plan.
[[nodiscard]] TotalFunctions total_functions(const Plan& plan, Strictness strictness = Strictness::BuiltinErrors);

}  // namespace psdl::plan
