// Objects reviewed with their resultants, and results as commands show them. In: a client, an expander, objects; out:
// results in order.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "gatekeeper/client.hpp"
#include "gatekeeper/expansion.hpp"
#include "gatekeeper/object.hpp"
#include "psdl/tools/gator.hpp"

namespace psdl::gatekeeper {

struct ReviewRun {
  Client& client;
  const Expander* expander = nullptr;  // null: nothing is expanded
  bool is_gator = false;
  Arena* kept = nullptr;  // where Reviewed::mutated is made; null: it is not told
};
// Results, or the failure of all of it.
struct Reviewed {
  std::vector<ReviewResult> results;
  std::string printed;
  std::string trace;
  struct Evaluated {
    EvaluatedKind kind;
    std::string implied_by;  // of a resultant: the template's name
  };
  std::vector<Evaluated> evaluated;
  Value mutated;  // the object as mutators leave it, which it was not yet when it was reviewed; undefined: not told
  std::optional<Refusal> failure;
};
// The object's results, those of what comes of it behind them. A failure is in gator's words: `reviewing /v1, Kind=Pod
// shop/web: ..`.
[[nodiscard]] Reviewed review_object(const ReviewRun& run, const ObjectPtr& object, const Value& root,
                                     const Value& namespace_object);
// The request of an AdmissionReview; never expanded.
[[nodiscard]] Reviewed review_admission(const ReviewRun& run, const ObjectPtr& object);

// As gator sorts them: by action, then message.
void sort_for_gator(std::vector<ReviewResult>& results);

[[nodiscard]] tools::GatekeeperResult shown_result(ReviewResult result);
[[nodiscard]] FindingSeverity severity_of(const ReviewResult& result);
// deny, or scoped with deny among its actions.
[[nodiscard]] bool denies(const ReviewResult& result);

}  // namespace psdl::gatekeeper
