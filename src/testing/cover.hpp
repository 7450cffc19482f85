// Which expressions and heads evaluations reached, and what `opa test --coverage` makes of that. In: events; out: a report.
#pragma once

#include <set>
#include <tuple>

#include "debug/observe.hpp"
#include "engine/policy.hpp"
#include "psdl/tools/tests.hpp"
#include "testing/opa_index.hpp"

namespace psdl::testing {

// Places by source, begin, end.
class CoveredPlaces {
 public:
  void add(Span span) { places_.emplace(span.source, span.begin, span.end); }
  void add(const CoveredPlaces& other) { places_.insert(other.places_.begin(), other.places_.end()); }
  [[nodiscard]] const std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>>& all() const { return places_; }

 private:
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> places_;
};

// An expression counts when it begins, a head when its rule has a value: what OPA's tracer calls eval and exit. What OPA would not have evaluated does not.
class CoverageListener final : public debug::Listener {
 public:
  CoverageListener(const DebugInfo& info, const OpaIndex& index, CoveredPlaces& into) : index_(index), into_(into), seen_(info.expressions.size()) {}
  bool on_event(const debug::Event& event, const debug::Inspector& at) override;

 private:
  struct Call {
    bool is_passed_over = false;  // the body that runs, or all that are left
    bool ends_at_first = false;
    bool has_ended = false;
  };

  const OpaIndex& index_;
  CoveredPlaces& into_;
  std::vector<bool> seen_;
  std::vector<Call> calls_;
};

// Of the sources that were given, not of the stdlib.
[[nodiscard]] tools::Coverage report_coverage(const Policy::Impl& policy, const CoveredPlaces& places);
}  // namespace psdl::testing
