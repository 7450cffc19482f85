// What Kubernetes would call a document. In: its values; out: kind and names, the containers of its pod spec.
#pragma once

#include <string>
#include <string_view>

#include "codec/document.hpp"
#include "runtime/findings.hpp"
#include "value/value.hpp"

namespace psdl {

[[nodiscard]] ObjectFacts object_facts(const Document& document);
// The same, or the identity alone, in memory that is there.
void read_object_facts(const Document& document, ObjectFacts& facts);
void read_identity(const Document& document, ObjectIdentity& identity);

// A JSON pointer to the pod spec: by the kind's row, or for an unknown kind where something shaped like one stands. False where there is none.
[[nodiscard]] bool find_pod_spec(const Value& root, std::string& pointer);

// Whether the document holds a pod spec. `doubt`, for Unproven: why that is not known, as a clause ("it has no `kind`").
struct PodFacts {
  PodProof proof = PodProof::Unproven;
  std::string doubt;
};
[[nodiscard]] PodFacts pod_facts(const Document& document);

// A review's object, where the document is an AdmissionReview that holds one: what rules see unless they ask for the request. Null otherwise.
[[nodiscard]] const Value* reviewed_object(const Value& root);

}  // namespace psdl
