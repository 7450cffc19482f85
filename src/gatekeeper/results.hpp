// Results of `gator test` as it prints them (SPEC 12). In: results with their objects; out: text, JSON, YAML, to the
// letter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatekeeper/client.hpp"
#include "gatekeeper/object.hpp"
#include "gatekeeper/reviewing.hpp"

namespace psdl::gatekeeper {

struct TestResult {
  ReviewResult result;
  ObjectPtr object;
  Value root;  // as it was reviewed; of a resultant its parent
  std::optional<std::string> trace;  // of the object's review
};

// What one kind's query took.
struct StatsEntry {
  EvaluatedKind kind;
  std::string implied_by;
  bool prints = false;
  bool traces = false;
};
using Stats = std::vector<StatsEntry>;

[[nodiscard]] std::string results_text(const std::vector<TestResult>& results);
// `stats` are left out where they are null or there are none.
[[nodiscard]] std::string results_json(const std::vector<TestResult>& results, const Stats* stats);
[[nodiscard]] std::string results_yaml(const std::vector<TestResult>& results, const Stats* stats);

}  // namespace psdl::gatekeeper
