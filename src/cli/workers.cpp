// One evaluator a thread; a queue a file; the caller empties the queue of the first file that is not done.
#include "cli/workers.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "cli/inputs.hpp"

namespace psdl::cli {
namespace {

constexpr std::size_t kFilesAhead = 32;      // for each thread
constexpr std::size_t kVerdictsAhead = 256;  // of one file
constexpr std::size_t kBatch = 16;

// The problem, where the file cannot be read.
std::string judge(Evaluator& evaluator, const Job& job, const std::function<bool(const Verdict&)>& each) {
  if (job.text != nullptr) {
    evaluator.evaluate(*job.text, DocumentFormat::Auto, job.name, each);
    return {};
  }
  FileReader reader(job.path);
  if (!reader.is_open()) return reader.problem();
  evaluator.evaluate(reader.stream(), DocumentFormat::Auto, job.name, each);
  return {};
}

void run_alone(const Policy& policy, std::span<const Job> jobs, const JobOptions& options, const JobEvents& events) {
  Evaluator evaluator(policy, options.evaluate);
  if (options.is_wanted) evaluator.ask_only(options.is_wanted);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const std::string problem = judge(evaluator, jobs[i], [&](const Verdict& verdict) {
      Verdict copy = verdict;
      events.verdict(i, copy);
      return true;
    });
    events.done(i, problem);
  }
}

class Crew {
 public:
  Crew(const Policy& policy, std::span<const Job> jobs, const JobOptions& options)
      : policy_(policy), jobs_(jobs), options_(options), slots_(options.threads * kFilesAhead) {}

  void run(const JobEvents& events) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < options_.threads; ++i) threads.emplace_back([this] { work(); });
    for (std::size_t job = 0; job < jobs_.size(); ++job) give(job, events);
    for (std::thread& thread : threads) thread.join();
  }

 private:
  struct Slot {
    std::deque<Verdict> verdicts;
    std::string problem;
    bool is_done = false;
  };
  Slot& slot(std::size_t job) { return slots_[job % slots_.size()]; }

  void work() {
    Evaluator evaluator(policy_, options_.evaluate);
    if (options_.is_wanted) evaluator.ask_only(options_.is_wanted);
    for (;;) {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [this] { return next_ == jobs_.size() || next_ < first_ + slots_.size(); });
      if (next_ == jobs_.size()) return;
      const std::size_t job = next_++;
      lock.unlock();
      work_on(evaluator, job);
    }
  }

  void work_on(Evaluator& evaluator, std::size_t job) {
    std::vector<Verdict> batch;
    const auto hand_over = [&] {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return slot(job).verdicts.size() < kVerdictsAhead; });
      for (Verdict& verdict : batch) slot(job).verdicts.push_back(std::move(verdict));
      batch.clear();
      if (job == first_) ready_.notify_one();
    };
    std::string problem = judge(evaluator, jobs_[job], [&](const Verdict& verdict) {
      batch.push_back(verdict);
      if (batch.size() == kBatch) hand_over();
      return true;
    });
    hand_over();
    const std::lock_guard lock(mutex_);
    slot(job).problem = std::move(problem);
    slot(job).is_done = true;
    if (job == first_) ready_.notify_one();
  }

  // Everything of one file, as it comes.
  void give(std::size_t job, const JobEvents& events) {
    std::deque<Verdict> taken;
    for (;;) {
      bool is_done = false;
      std::string problem;
      {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [&] { return !slot(job).verdicts.empty() || slot(job).is_done; });
        taken.swap(slot(job).verdicts);
        if (slot(job).is_done) {
          is_done = true;
          problem = std::move(slot(job).problem);
          slot(job) = Slot();
          first_ = job + 1;
        }
      }
      room_.notify_all();
      for (Verdict& verdict : taken) events.verdict(job, verdict);
      taken.clear();
      if (!is_done) continue;
      events.done(job, problem);
      return;
    }
  }

  const Policy& policy_;
  std::span<const Job> jobs_;
  const JobOptions& options_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable room_;   // a slot became free, or a queue shorter
  std::condition_variable ready_;  // the first file has something
  std::size_t next_ = 0;           // to be taken by a thread
  std::size_t first_ = 0;          // to be given
};

}  // namespace

void run_jobs(const Policy& policy, std::span<const Job> jobs, const JobOptions& options, const JobEvents& events) {
  if (options.threads <= 1 || jobs.size() <= 1) return run_alone(policy, jobs, options, events);
  Crew(policy, jobs, options).run(events);
}

}  // namespace psdl::cli
