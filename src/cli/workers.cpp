// One evaluator a thread; a queue a file; one thread at a time empties the queue of the first file that is not done.
#include "cli/workers.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
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

// Every thread judges, the calling one too, and whoever finds the verdicts of the first file waiting hands them over. A
// thread of its own for that was woken for every file: three switches for each, and 1.3 times the speed of one thread
// where two now have 1.9 (10,000 files of one pod, two processors).
class Crew {
 public:
  Crew(const Policy& policy, std::span<const Job> jobs, const JobOptions& options, const JobEvents& events)
      : policy_(policy),
        jobs_(jobs),
        options_(options),
        events_(events),
        slots_(std::min(options.threads * kFilesAhead, jobs.size())) {}

  void run() {
    std::vector<std::thread> others;
    try {
      while (others.size() + 1 < std::min(options_.threads, jobs_.size())) others.emplace_back([this] { help(); });
    } catch (const std::exception&) {
      // No more threads, or no memory for them: those that are there do all of it.
    }
    try {
      Evaluator evaluator(policy_, options_.evaluate);
      work(evaluator);
    } catch (...) {
      fail();
    }
    for (std::thread& other : others) other.join();
    if (failure_ != nullptr) std::rethrow_exception(failure_);
  }

 private:
  struct Slot {
    std::vector<Verdict> verdicts;
    std::string problem;
    bool is_done = false;
  };
  Slot& slot(std::size_t job) { return slots_[job % slots_.size()]; }

  // Of a thread that can be done without.
  void help() {
    std::unique_ptr<Evaluator> evaluator;
    try {
      evaluator = std::make_unique<Evaluator>(policy_, options_.evaluate);
    } catch (const std::bad_alloc&) {
      return;
    }
    try {
      work(*evaluator);
    } catch (...) {
      fail();
    }
  }

  // What is thrown in one thread ends the run in all of them, and goes on from there.
  void fail() {
    const std::lock_guard lock(mutex_);
    if (failure_ == nullptr) failure_ = std::current_exception();
    next_ = jobs_.size();
    room_.notify_all();
  }

  void work(Evaluator& evaluator) {
    if (options_.is_wanted) evaluator.ask_only(options_.is_wanted);
    std::size_t job = 0;
    while (take(job)) work_on(evaluator, job);
  }

  bool take(std::size_t& job) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return next_ == jobs_.size() || next_ < first_ + slots_.size(); });
    if (next_ == jobs_.size()) return false;
    job = next_++;
    return true;
  }

  void work_on(Evaluator& evaluator, std::size_t job) {
    std::vector<Verdict> batch;
    std::string problem = judge(evaluator, jobs_[job], [&](const Verdict& verdict) {
      batch.push_back(verdict);
      if (batch.size() < kBatch) return true;
      std::unique_lock lock(mutex_);
      queue(lock, job, batch);
      give(lock);
      return true;
    });
    std::unique_lock lock(mutex_);
    queue(lock, job, batch);
    slot(job).problem = std::move(problem);
    slot(job).is_done = true;
    give(lock);
  }

  // Waits while the queue is long and another thread is the one to shorten it.
  void queue(std::unique_lock<std::mutex>& lock, std::size_t job, std::vector<Verdict>& batch) {
    room_.wait(lock, [&] {
      return slot(job).verdicts.size() < kVerdictsAhead || (job == first_ && !is_giving_) || failure_ != nullptr;
    });
    std::vector<Verdict>& queued = slot(job).verdicts;
    queued.insert(queued.end(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
    batch.clear();
  }

  // All that is ready, in order; nothing where another thread is at it, which looks again before it leaves.
  void give(std::unique_lock<std::mutex>& lock) {
    if (is_giving_) return;
    is_giving_ = true;
    std::vector<Verdict> taken;
    while (first_ < jobs_.size()) {
      const std::size_t job = first_;
      const bool is_done = slot(job).is_done;
      if (!is_done && slot(job).verdicts.empty()) break;
      taken.swap(slot(job).verdicts);
      const std::string problem = std::exchange(slot(job).problem, {});
      lock.unlock();
      for (Verdict& verdict : taken) events_.verdict(job, verdict);
      taken.clear();
      if (is_done) events_.done(job, problem);
      lock.lock();
      if (is_done) {
        slot(job).is_done = false;
        ++first_;
      }
      room_.notify_all();
    }
    is_giving_ = false;
  }

  const Policy& policy_;
  std::span<const Job> jobs_;
  const JobOptions& options_;
  const JobEvents& events_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable room_;  // a slot became free, or a queue shorter
  std::size_t next_ = 0;          // to be taken by a thread
  std::size_t first_ = 0;         // to be given
  bool is_giving_ = false;
  std::exception_ptr failure_;
};

}  // namespace

void run_jobs(const Policy& policy, std::span<const Job> jobs, const JobOptions& options, const JobEvents& events) {
  if (options.threads <= 1 || jobs.size() <= 1) return run_alone(policy, jobs, options, events);
  Crew(policy, jobs, options, events).run();
}

}  // namespace psdl::cli
