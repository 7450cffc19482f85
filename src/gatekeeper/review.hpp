// What a policy sees as input.review (SPEC 9.1). In: an object, or an AdmissionReview; out: a ReviewRequest, or gator's refusal.
#pragma once

#include <string_view>

#include "base/arena.hpp"
#include "gatekeeper/client.hpp"

namespace psdl::gatekeeper {

// An object as audit and `gator test` review it. `operation` is "" there. `gator`: namespaceObject is {} (SPEC 9.1), else the Namespace.
struct ReviewOptions {
  Value namespace_object;     // for matching
  ObjectSource source = ObjectSource::Original;
  std::string_view operation = "";
  bool is_gator = false;
};
[[nodiscard]] ReviewRequest review_of_object(Arena& arena, const ObjectPtr& object, const Value& root, const ReviewOptions& options);

// Of an AdmissionReview, read strictly (SPEC 11.4). The Namespace for matching is found by the caller in request.namespace, given as `find_namespace`.
[[nodiscard]] bool is_admission_review(const Object& object);
[[nodiscard]] Result<ReviewRequest, Refusal> review_of_request(Arena& arena, const ObjectPtr& object, const Client& client, const ReviewOptions& options);

}  // namespace psdl::gatekeeper
