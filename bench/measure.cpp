// Batches and samples.
#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

namespace psdl::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kSamples = 15;
constexpr std::uint64_t kLargestBatch = 1U << 26U;

void repeat(const Operation& operation, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!operation()) std::abort();  // it succeeded before: the input is the same
  }
}

std::uint64_t batch_size(std::span<const Operation> operations, double share_ns) {
  std::uint64_t count = 1;
  for (;;) {
    const double took = batch_ns(operations, count);
    if (took >= share_ns || count > kLargestBatch) return count;
    const auto reach = static_cast<std::uint64_t>(static_cast<double>(count) * share_ns / took * 1.05);
    count = took < share_ns / 10 ? count * 8 : std::max(count + 1, reach);
  }
}

}  // namespace

double batch_ns(std::span<const Operation> operations, std::uint64_t count) {
  const auto start = Clock::now();
  std::vector<std::thread> workers;
  for (const Operation& operation : operations.subspan(1)) workers.emplace_back(repeat, std::cref(operation), count);
  repeat(operations.front(), count);
  for (std::thread& worker : workers) worker.join();
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

Figures measure(std::span<const Operation> operations, double budget_ns) {
  const std::uint64_t count = batch_size(operations, budget_ns / kSamples);
  const double total = static_cast<double>(count * operations.size());
  std::vector<double> samples(kSamples);
  for (double& sample : samples) sample = batch_ns(operations, count) / total;
  std::sort(samples.begin(), samples.end());

  Figures figures;
  figures.ns_min = samples.front();
  figures.ns_median = samples[kSamples / 2];
  if (operations.size() == 1) {
    constexpr std::uint64_t kCounted = 16;
    start_counting();
    repeat(operations.front(), kCounted);
    figures.allocations = static_cast<double>(stop_counting()) / kCounted;
  }
  return figures;
}

}  // namespace psdl::bench
