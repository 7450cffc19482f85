// Pods judged by the Pod Security rules. In: a folder; out: workloads over rules/pss.
#pragma once

#include "workload.hpp"

namespace psdl::bench {

// NAME.json, NAME.yaml and NAME.expected.json (the judge's line) as ../shared/peers/README.md lays them out, at restricted and the newest version, both of
// which are bound. The answer is the verdict with both texts.
[[nodiscard]] std::vector<Workload> read_pods(const std::filesystem::path& folder, std::string_view only);

}  // namespace psdl::bench
