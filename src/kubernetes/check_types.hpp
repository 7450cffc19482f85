// Documents against the types of Kubernetes, before anything is evaluated. In: a document that was read; out: what
// Kubernetes' own reader would refuse or drop, and the document as that reader would hand it on.
//
// Known are the kinds of types.json, those with a pod spec in every version and old group. Of a kind that is not known
// the pod spec is checked, where it holds one. A document of which nothing is known is clean.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "codec/document.hpp"
#include "kubernetes/known_types.hpp"
#include "runtime/problem.hpp"
#include "value/key_table.hpp"
#include "value/value.hpp"

namespace psdl {

struct TypeProblem {
  enum class Kind : std::uint8_t {
    WrongType,      // a text where a list is due
    BadValue,       // the right type, but nothing that the field takes: 1.5 for an integer
    UnknownField,   // no field of the type
    NoContainers,   // a kind with a pod spec that has none, or no containers in it
  };
  Kind kind = Kind::WrongType;
  bool is_element = false;            // of the field's list or map
  std::uint32_t origin = 0;           // of the value; of NoContainers: the deepest that is there
  const KnownType* type = nullptr;    // whose field it is; null for NoContainers
  const KnownField* field = nullptr;  // null for UnknownField and NoContainers
  Value value;
  std::string_view name;              // the key; of NoContainers the kind
};

// At most this many errors, and as many unknown fields, are kept of one document.
inline constexpr std::size_t kMostTypeProblems = 100;

struct TypeReport {
  std::vector<TypeProblem> problems;  // in the order of the text; no memory is asked for while there is none
  std::size_t errors = 0;             // all of them, kept or not
  std::size_t unknown_fields = 0;
  // Some value is spelt otherwise than Kubernetes hands it on: null for a field that is not set, 1e3 for 1000.
  // as_kubernetes_reads() mends it.
  bool is_respelt = false;

  [[nodiscard]] bool is_clean() const { return problems.empty() && !is_respelt; }
};

[[nodiscard]] TypeReport check_types(const Document& document);

// The root without fields that are null, with the zero value where a list or map holds null, and with integers written
// as such. What is not known stays as it is, and so do times: Kubernetes itself writes null for those that are not set.
// Origins are kept.
[[nodiscard]] Value as_kubernetes_reads(Arena& arena, const KeyTable* keys, const Value& root);

// Whether the kind is none that is known, and the document holds a pod spec all the same.
[[nodiscard]] bool has_unknown_kind_with_pod_spec(const Value& root);

// Adds the problems with their places and words. An unknown field is an error where `strict`, else a warning.
void describe_type_problems(const Document& document, const TypeReport& report, bool strict, DiagnosticList& problems);

}  // namespace psdl
