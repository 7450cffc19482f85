// Timing as the peers do it. In: an operation for each thread; out: nanoseconds and heap allocations of one operation.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace psdl::bench {

// False: the operation failed.
using Operation = std::function<bool()>;

struct Figures {
  double ns_min = 0;     // wall time by operations of all threads
  double ns_median = 0;
  double allocations = 0;  // heap allocations of one operation, steady state; 0 where several threads run
};

// Grows a batch until it lasts a 15th of the budget (which warms everything up), then times 15 of them. The first
// operation runs in this thread.
[[nodiscard]] Figures measure(std::span<const Operation> operations, double budget_ns);

// Wall time of `count` operations on every thread; the first operation's runs in this one.
[[nodiscard]] double batch_ns(std::span<const Operation> operations, std::uint64_t count);

// Calls of malloc, calloc, realloc and their aligned kin by this program since counting began; allocations.cpp.
void start_counting();
[[nodiscard]] std::uint64_t stop_counting();

}  // namespace psdl::bench
