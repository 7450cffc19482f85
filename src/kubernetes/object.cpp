// Identity and containers, from the fields that every manifest has.
#include "kubernetes/object.hpp"

#include "kubernetes/check_types.hpp"
#include "runtime/pointer.hpp"

namespace psdl {
namespace {

struct Carrier {
  std::string_view kind;
  std::string_view pod_spec;
};
constexpr Carrier kCarriers[] = {
#define PSDL_CARRIER(kind, pointer) {kind, pointer},
#include "kubernetes/kinds.def"
#undef PSDL_CARRIER
};

constexpr std::string_view kPodSpecPlaces[] = {
#define PSDL_POD_SPEC_PLACE(pointer) pointer,
#include "kubernetes/kinds.def"
#undef PSDL_POD_SPEC_PLACE
};

constexpr std::string_view kContainerLists[] = {"initContainers", "containers", "ephemeralContainers"};

std::string text_at(const Value& root, std::string_view pointer) {
  const Value* found = value_at(root, pointer);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

}  // namespace

bool find_pod_spec(const Value& root, std::string& pointer) {
  const std::string kind = text_at(root, "/kind");
  for (const Carrier& carrier : kCarriers) {
    if (carrier.kind != kind) continue;
    pointer = carrier.pod_spec;
    return value_at(root, pointer) != nullptr;
  }
  for (const std::string_view candidate : kPodSpecPlaces) {
    if (value_at(root, std::string(candidate) + "/containers") == nullptr) continue;
    pointer = candidate;
    return true;
  }
  return false;
}

const Value* reviewed_object(const Value& root) {
  if (text_at(root, "/kind") != "AdmissionReview") return nullptr;
  const Value* object = value_at(root, "/request/object");
  return object != nullptr && object->is_object() ? object : nullptr;
}

ObjectFacts object_facts(const Document& document) {
  const Value& root = document.root();
  ObjectFacts facts;
  facts.identity.api_version = text_at(root, "/apiVersion");
  facts.identity.kind = text_at(root, "/kind");
  facts.identity.namespace_name = text_at(root, "/metadata/namespace");
  facts.identity.name = text_at(root, "/metadata/name");
  if (facts.identity.name.empty()) {
    // A pod that the API server will name is known by its prefix.
    const std::string prefix = text_at(root, "/metadata/generateName");
    if (!prefix.empty()) facts.identity.name = prefix + "*";
  }
  facts.identity.document = document.place().ordinal;
  facts.identity.is_unknown_kind = has_unknown_kind_with_pod_spec(root);

  std::string spec;
  if (!find_pod_spec(root, spec)) return facts;
  for (std::string_view list : kContainerLists) {
    const std::string pointer = spec + "/" + std::string(list);
    const Value* containers = value_at(root, pointer);
    if (containers == nullptr || !containers->is_array()) continue;
    for (std::size_t i = 0; i < containers->as_array().size(); ++i) {
      const std::string item = pointer + "/" + std::to_string(i);
      facts.containers.push_back({item, text_at(root, item + "/name")});
    }
  }
  return facts;
}

}  // namespace psdl
