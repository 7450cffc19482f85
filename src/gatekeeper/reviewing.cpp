// What several commands do with a client.
#include "gatekeeper/reviewing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "gatekeeper/gvk.hpp"
#include "gatekeeper/place.hpp"
#include "gatekeeper/review.hpp"

namespace psdl::gatekeeper {
namespace {

// `/v1, Kind=Pod shop/web`.
std::string title_of(const Value& root) {
  const GroupVersion version = split_api_version(text_at(root, {"apiVersion"}));
  return fmt::format("{} {}/{}", gvk_text(version.group, version.version, known_kind(root)),
                     text_at(root, {"metadata", "namespace"}), text_at(root, {"metadata", "name"}));
}

constexpr std::string_view kCode = "gatekeeper_review";

// Of a review that failed. gator's texts name the target and the engine on the way to what happened.
Refusal failed(const Object& object, const std::string& prefix, const ReviewOutcome& outcome) {
  const std::string& error = *outcome.error;
  if (outcome.problem) {
    Problem problem = *outcome.problem;
    problem.notes.push_back(fmt::format("while reviewing {} `{}` ({}:{})", object.kind(), object.name(), object.file(), place_of(object, object.root().origin()).line));
    return {prefix + error, {std::move(problem)}};
  }
  std::string_view what = error;
  for (const std::string_view step : {"admission.k8s.gatekeeper.sh: ", "Rego: "}) {
    if (what.starts_with(step)) what.remove_prefix(step.size());
  }
  while (what.ends_with('\n')) what.remove_suffix(1);
  return {prefix + error,
          {problem_at(object, object.root().origin(), kCode, fmt::format("cannot be reviewed: {}", what))}};
}

void take(Reviewed& reviewed, ReviewOutcome outcome, const std::string& implied_by = {}) {
  for (ReviewResult& result : outcome.results) reviewed.results.push_back(std::move(result));
  for (EvaluatedKind& kind : outcome.evaluated) reviewed.evaluated.push_back({std::move(kind), implied_by});
  reviewed.printed += outcome.printed;
  reviewed.trace += outcome.trace;
}

Reviewed failure(Refusal refusal) {
  Reviewed reviewed;
  reviewed.failure = std::move(refusal);
  return reviewed;
}

// What is said of a resultant is said of its parent, which is what stands in a file.
void imply(ReviewOutcome& outcome, const Resultant& resultant, const Object& parent) {
  const std::string prefix = fmt::format("[Implied by {}] ", resultant.template_name);
  for (ReviewResult& result : outcome.results) {
    result.finding.object.api_version = parent.api_version();
    result.finding.object.kind = parent.kind();
    result.finding.object.namespace_name = parent.namespace_name();
    result.finding.object.name = parent.name();
    result.message = prefix + result.message;
    result.finding.message = prefix + result.finding.message;
    if (resultant.action) result.action = *resultant.action;
  }
}

}  // namespace

Reviewed review_object(const ReviewRun& run, const ObjectPtr& object, const Value& root,
                       const Value& namespace_object) {
  Arena arena;
  ReviewOptions options;
  options.namespace_object = namespace_object;
  options.is_gator = run.is_gator;
  Reviewed reviewed;
  ReviewOutcome outcome = run.client.review(review_of_object(arena, object, root, options));
  if (outcome.error) return failure(failed(*object, fmt::format("reviewing {}: ", title_of(root)), outcome));
  take(reviewed, std::move(outcome));
  if (run.expander == nullptr || run.expander->is_empty()) return reviewed;
  const Result<Expanded, Refusal> expanded =
      run.expander->expand(run.kept != nullptr ? *run.kept : arena, object, root, namespace_object);
  if (!expanded) {
    const Refusal& why = expanded.error();
    return failure(
        {fmt::format("expanding resource {}: {}", text_at(root, {"metadata", "name"}), why.text), why.problems});
  }
  if (run.kept != nullptr) reviewed.mutated = expanded->root;
  options.source = ObjectSource::Generated;
  for (const Resultant& resultant : expanded->resultants) {
    ReviewOutcome implied = run.client.review(review_of_object(arena, object, resultant.root, options));
    if (implied.error)
      return failure(
          failed(*object, fmt::format("reviewing expanded resource {}: ", title_of(resultant.root)), implied));
    imply(implied, resultant, *object);
    take(reviewed, std::move(implied), resultant.template_name);
  }
  return reviewed;
}

Reviewed review_admission(const ReviewRun& run, const ObjectPtr& object) {
  Arena arena;
  ReviewOptions options;
  options.is_gator = run.is_gator;
  const Result<ReviewRequest, Refusal> request = review_of_request(arena, object, run.client, options);
  if (!request) return failure(request.error());
  ReviewOutcome outcome = run.client.review(*request);
  if (outcome.error) return failure(failed(*object, {}, outcome));
  Reviewed reviewed;
  take(reviewed, std::move(outcome));
  return reviewed;
}

void sort_for_gator(std::vector<ReviewResult>& results) {
  std::stable_sort(results.begin(), results.end(), [](const ReviewResult& a, const ReviewResult& b) {
    return std::tie(a.action, a.message) < std::tie(b.action, b.message);
  });
}

bool denies(const ReviewResult& result) {
  return result.action == "deny" ||
         std::find(result.scoped_actions.begin(), result.scoped_actions.end(), "deny") != result.scoped_actions.end();
}

FindingSeverity severity_of(const ReviewResult& result) {
  if (denies(result)) return FindingSeverity::Error;
  const bool warns = result.action == "warn" || std::find(result.scoped_actions.begin(), result.scoped_actions.end(),
                                                          "warn") != result.scoped_actions.end();
  return warns ? FindingSeverity::Warning : FindingSeverity::Note;
}

tools::GatekeeperResult shown_result(ReviewResult result) {
  tools::GatekeeperResult shown;
  shown.constraint = fmt::format("{}/{}", result.constraint->kind, result.constraint->name);
  shown.action = result.action;
  shown.scoped_actions = result.scoped_actions;
  shown.message = result.message;
  shown.details_json = result.details_json;
  const FindingSeverity severity = severity_of(result);
  shown.finding = std::move(result.finding);
  shown.finding.severity = severity;
  return shown;
}

}  // namespace psdl::gatekeeper
