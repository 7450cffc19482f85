// Findings of results: where they stand in the manifest and in the template. In: what a review found; out: ReviewResult::finding and ::more.
#pragma once

#include <span>

#include "gatekeeper/client_parts.hpp"
#include "runtime/findings.hpp"

namespace psdl::gatekeeper {

// What was reviewed, as findings see it: for an AdmissionReview the object inside.
class ReviewedObject {
 public:
  explicit ReviewedObject(const ReviewRequest& request);
  ReviewedObject(const ReviewedObject&) = delete;
  ReviewedObject& operator=(const ReviewedObject&) = delete;

  [[nodiscard]] const Document& document() const { return document_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] const ObjectFacts& facts();

 private:
  std::string pointer_;  // the document's view of it
  Document document_;
  std::string file_;
  std::optional<ObjectFacts> facts_;
};

// Of one constraint's results. `input` is what they were found in.
void locate_results(ReviewedObject& object, LoadedTemplate& of, const LoadedConstraint& constraint, Arena& arena, const RunRequest& run, std::span<ReviewResult> results);
// "`violation` has an element without `msg`: ..".
[[nodiscard]] std::string refused_element_text(const Value& element);
// The same as a problem, at the rule that made the element.
[[nodiscard]] Problem problem_of_element(LoadedTemplate& of, const LoadedConstraint& constraint, Arena& arena, RunRequest run, const Value& element);
// The object as a whole, where no rule says more.
void stand_at_object(ReviewedObject& object, const LoadedTemplate& of, const LoadedConstraint& constraint, ReviewResult& result);

}  // namespace psdl::gatekeeper
