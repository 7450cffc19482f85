// Runs made up by hand: one of the kind people see, and one in which every text that a manifest brings is hostile.
#pragma once

#include <string>
#include <vector>

#include "psdl/findings.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::sample {

struct Judged {
  Verdict verdict;
  tools::DocumentFacts facts;
};

struct SampleRun {
  std::string name;  // of its folder under tests/report
  tools::ReportOptions options;
  std::vector<Judged> documents;
  tools::RunFacts facts;
};

[[nodiscard]] SampleRun usual_run();
[[nodiscard]] SampleRun hostile_run();

// The whole text of the run in a format. `order` are indices of documents.
[[nodiscard]] std::string report_of(const SampleRun& run, const std::string& format,
                                    const std::vector<std::size_t>& order);

}  // namespace psdl::sample
