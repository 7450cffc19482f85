// The look at the limits, and whose budget this thread runs on.
#include "base/budget.hpp"

#include <algorithm>

namespace psdl {
namespace {
// The one mutable thing outside of objects: it says which evaluation this thread is in, and is null again when that one returns.
[[gnu::tls_model("initial-exec")]] thread_local Budget* running = nullptr;
}  // namespace

std::uint64_t Budget::next_look() const { return std::min(work_ + kUnitsBetweenLooks, std::max(instructions_, work_) + 1); }

Budget::End Budget::look(std::uint64_t executed) {
  if (end_ != End::None) return end_;
  executed_ = executed;
  next_look_ = next_look();
  if (executed + work_ > instructions_) return end_ = End::Instructions;
  if (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed)) return end_ = End::Cancelled;
  const auto now = std::chrono::steady_clock::now();
  if (!has_deadline_) {
    has_deadline_ = true;
    deadline_ = now + std::chrono::nanoseconds(std::min<std::uint64_t>(time_ns_, INT64_MAX / 4));
  } else if (now > deadline_) {
    end_ = End::Time;
  }
  return end_;
}

RunningBudget::RunningBudget(Budget& budget) : outer_(running) { running = &budget; }
RunningBudget::~RunningBudget() { running = outer_; }
bool RunningBudget::charge(std::uint64_t units) { return running == nullptr || running->charge(units); }

}  // namespace psdl
