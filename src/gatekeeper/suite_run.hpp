// One suite, run. In: a suite that was read, its files; out: what became of its tests and cases (SPEC 11.4).
#pragma once

#include <memory>

#include "gatekeeper/client.hpp"
#include "gatekeeper/filter.hpp"
#include "gatekeeper/suite.hpp"
#include "psdl/tools/gator.hpp"

namespace psdl::gatekeeper {

// What the suites of a run share. Never changed once the suites are read.
struct VerifySetting {
  const tools::FileSource& files;
  tools::VerifyOptions options;
  std::shared_ptr<ProgramCache> programs;
  CaseFilter filter;

  [[nodiscard]] bool is_gator() const { return options.how.is_gator; }
  [[nodiscard]] Reading reading() const { return is_gator() ? Reading::Verify : Reading::Native; }
  [[nodiscard]] ClientOptions client_options() const {
    ClientOptions made;
    made.locates = options.keeps_findings;
    made.specialise = false;
    made.now_ns = options.how.now_ns;
    made.prints = options.how.prints;
    made.traces = options.how.traces;
    made.refuses_elements = !is_gator();
    made.has_gator_numbers = options.how.has_gator_numbers;
    return made;
  }
};

struct SuiteAt {
  tools::SuiteFile file;
  Suite suite;
};

[[nodiscard]] tools::SuiteOutcome run_suite(const VerifySetting& setting, const SuiteAt& at);

}  // namespace psdl::gatekeeper
