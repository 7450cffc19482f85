// Constraints of one template on one AdmissionReview, as the peers' gatekeeper-bench measures them. In: a folder of workloads; out: lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace psdl::bench {

struct GatekeeperOptions {
  std::string folder;  // of folders with template.yaml, constraint.json, allowed.json, denied.json
  std::string only;
  double time_ms = 300;
  std::uint64_t once = 0;   // not 0: so many operations between two marks, nothing timed
  bool is_unshared = false; // parameters are input: what sharing programs is worth
};

// One operation: decode the bytes of the review, match and evaluate all constraints, read every message. For 1, 10, 100 and 1,000 constraints; the number of
// results is checked each time. False where it is wrong, or nothing was measured.
[[nodiscard]] bool run_gatekeeper(const GatekeeperOptions& options);

}  // namespace psdl::bench
