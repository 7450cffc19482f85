// Whether something can record no error, meet no conflict and print nothing: then it may be passed over, or stopped early. Limits do not count: what an
// optimised program uses less of it reaches later.
#pragma once

#include <algorithm>
#include <vector>

#include "builtins/builtin.hpp"
#include "plan/plan.hpp"

namespace psdl::plan {

// By number; those that are not looked at yet are false.
using TotalFunctions = std::vector<bool>;

class Totality {
 public:
  // Both must outlive it.
  Totality(const Plan& plan, const TotalFunctions& total) : plan_(plan), total_(total) {}

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
};

// For every function of the plan.
[[nodiscard]] TotalFunctions total_functions(const Plan& plan);

}  // namespace psdl::plan
