// What the rules that a failed test asked for came to nothing at. In: the events of the test's evaluation, or an answer
// to why; out: TestFailure::why.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "debug/why.hpp"
#include "psdl/tools/why.hpp"

namespace psdl::testing {

// The nearest misses of a test's rule, apart for each case of a table test.
class MissListener final : public debug::Listener {
 public:
  explicit MissListener(std::uint32_t function) : function_(function) {}
  bool on_event(const debug::Event& event, const debug::Inspector& at) override;
  // Once, when the evaluation is over.
  void finish() { close(); }
  // As misses of the whole test: names are a case's as AssertionListener has them, none of a test without cases. Its
  // values must still live.
  [[nodiscard]] debug::Why of_case(const std::vector<std::string>& names) const;

 private:
  void close();

  std::uint32_t function_;
  debug::WhyListener why_;
  std::vector<std::string> names_;  // of the case that runs
  std::map<std::vector<std::string>, debug::WhyGroups> misses_;
};

// `data.pods.deny is empty: deny.psdl:12 `cap in forbidden` was false with cap = "KILL"`: the likeliest, or all. None
// where the test's own statement says all.
[[nodiscard]] std::vector<std::string> miss_lines(const tools::WhyAnswer& answer, bool wants_all);

}  // namespace psdl::testing
