// Files judged by several threads. In: a policy, files; out: their verdicts in the order of the files, the same for any
// number of threads.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "psdl/psdl.hpp"

namespace psdl::cli {

// A file to judge: by its path, or by a text that is at hand already.
struct Job {
  std::string path;  // "-" is standard input
  std::string name;  // shown
  const std::string* text = nullptr;
};

struct JobOptions {
  EvaluateOptions evaluate;
  std::function<bool(std::string_view rule_id)> is_wanted;  // empty: every rule
  std::size_t threads = 1;
};

// Called one after the other, in the order of the jobs, from whichever thread has come that far.
struct JobEvents {
  std::function<void(std::size_t job, Verdict& verdict)> verdict;
  std::function<void(std::size_t job, const std::string& problem)>
      done;  // `problem`: why the file could not be read; else empty
};

// Memory does not grow with the number of files or documents: no thread runs further ahead than a window of files, nor
// a file further than a window of verdicts.
void run_jobs(const Policy& policy, std::span<const Job> jobs, const JobOptions& options, const JobEvents& events);

}  // namespace psdl::cli
