// What is computed once, when a plan is made. In: a call of a builtin on constants; out: its value in its place, where it has one.
#pragma once

#include <memory>

#include "plan/plan.hpp"

namespace psdl::plan {

// Whether a computed constant is worth keeping: a large one costs more in every copy of the program than computing it where it is wanted, and one that holds
// another twice, and that one a third twice, grows without bound when it is printed or copied.
[[nodiscard]] bool is_small(const Value& value);

class CallFolder {
 public:
  explicit CallFolder(Plan& plan);
  ~CallFolder();
  CallFolder(const CallFolder&) = delete;
  CallFolder& operator=(const CallFolder&) = delete;

  // True where the call became a constant. One that fails stays, so that its error is recorded when it is reached.
  bool fold(Expr& call);

 private:
  struct Tools;  // made at the first call that can be folded
  Plan& plan_;
  std::unique_ptr<Tools> tools_;
};

}  // namespace psdl::plan
