// Suites of gator in a run of `psdl test`. In: files; out: a result for each case, and for each test without cases.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/arguments.hpp"
#include "psdl/psdl.hpp"
#include "psdl/tools/tests.hpp"

namespace psdl::cli {

struct SuiteRequest {
  std::vector<std::pair<std::string, std::string>> files;  // names and texts
  std::string filter;  // RE, or TEST//CASE; what it does not take has no result
  EngineOptions engine;
  std::size_t threads = 1;
};

// False, with messages, where a suite or the filter cannot be read; then none was run.
[[nodiscard]] bool run_suites(const SuiteRequest& request, const Globals& globals,
                              std::vector<tools::TestResult>& results);

}  // namespace psdl::cli
