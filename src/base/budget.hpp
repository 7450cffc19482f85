// What one evaluation may still do beyond instructions: long work inside one of them, the clock, a cancel. In: work done; out: whether to go on.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/limits.hpp"

namespace psdl {

// Most instructions take a few nanoseconds, but one may sort a million items. Such work is charged in units of about an instruction's time or more, so
// that Limits::instructions and Limits::time_ns hold whatever a policy calls. Work that is small is not charged at all: a policy that handles names and
// labels pays nothing for it.
class Budget {
 public:
  enum class End : std::uint8_t { None, Instructions, Time, Cancelled };

  // What one unit stands for.
  static constexpr std::size_t kBytes = 256;
  static constexpr std::size_t kItems = 16;

  explicit Budget(const Limits& limits, const std::atomic<bool>* cancel = nullptr)
      : instructions_(limits.instructions), time_ns_(limits.time_ns), cancel_(cancel), next_look_(next_look()) {}

  // False: the evaluation is over, whoever works stops at once. The work is counted in any case.
  bool charge(std::uint64_t units) {
    work_ += units;
    if (work_ < next_look_ && end_ == End::None) return true;
    return look(executed_) == End::None;
  }
  // For work that has no measure, such as compiling a pattern: looks at the clock after it.
  bool look_again() { return look(executed_) == End::None; }
  // Looks at everything, the clock too. The first look starts the clock: a short evaluation never asks for the time.
  End look(std::uint64_t executed);
  [[nodiscard]] End end() const { return end_; }
  [[nodiscard]] std::uint64_t work() const { return work_; }

 private:
  static constexpr std::uint64_t kUnitsBetweenLooks = 16'384;
  [[nodiscard]] std::uint64_t next_look() const;

  std::uint64_t instructions_;
  std::uint64_t time_ns_;
  const std::atomic<bool>* cancel_;
  std::uint64_t work_ = 0;
  std::uint64_t executed_ = 0;  // instructions at the last look
  std::uint64_t next_look_;
  std::chrono::steady_clock::time_point deadline_;
  bool has_deadline_ = false;
  End end_ = End::None;
};

// The budget of the evaluation that this thread is in; null outside of one. Comparing, sorting and hashing are called from everywhere, with no context
// at hand, and two values of a few hundred bytes can take longer to compare than a thousand years: here alone they find what to charge it to.
class RunningBudget {
 public:
  explicit RunningBudget(Budget& budget);
  ~RunningBudget();
  RunningBudget(const RunningBudget&) = delete;
  RunningBudget& operator=(const RunningBudget&) = delete;

  // True outside of an evaluation.
  static bool charge(std::uint64_t units);

 private:
  Budget* outer_;
};

}  // namespace psdl
