// Identity and containers, from the fields that every manifest has.
#include "kubernetes/object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

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

struct KindWithoutPods {
  std::string_view group;
  std::string_view kind;
};
constexpr KindWithoutPods kKindsWithoutPods[] = {
#define PSDL_KIND_WITHOUT_PODS(group, kind) {group, kind},
#include "kubernetes/kinds.def"
#undef PSDL_KIND_WITHOUT_PODS
};

constexpr std::string_view kContainerLists[] = {"initContainers", "containers", "ephemeralContainers"};

std::string_view text_of(const Value* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string_view();
}

std::string_view text_at(const Value& root, std::string_view pointer) { return text_of(value_at(root, pointer)); }

bool is_without_pods(const Value& root, std::string_view kind) {
  const std::string_view version = text_at(root, "/apiVersion");
  const std::string_view group = version.substr(0, version.find('/'));
  return std::any_of(std::begin(kKindsWithoutPods), std::end(kKindsWithoutPods),
                     [&](const KindWithoutPods& known) { return known.kind == kind && known.group == group; });
}

bool is_container_list(std::string_view key, const Value& value) {
  if (!value.is_array() || std::find(std::begin(kContainerLists), std::end(kContainerLists), key) == std::end(kContainerLists)) return false;
  return std::any_of(value.as_array().begin(), value.as_array().end(), [](const Value& item) { return item.is_object(); });
}

// The first list of containers at any depth, as a JSON pointer; empty where there is none. `passed_over`: a key of the root.
std::string find_containers(const Value& root, std::string_view passed_over) {
  if (root.is_array()) {
    std::size_t index = 0;
    for (const Value& item : root.as_array()) {
      const std::string found = item.is_object() || item.is_array() ? find_containers(item, {}) : std::string();
      if (!found.empty()) return fmt::format("/{}{}", index, found);
      ++index;
    }
    return {};
  }
  if (!root.is_object()) return {};
  const Object& object = root.as_object();
  for (std::uint32_t i = 0; i < object.size(); ++i) {
    if (!object.keys()[i].is_string()) continue;
    const std::string_view key = object.keys()[i].as_string();
    const Value& value = object.values()[i];
    if (!passed_over.empty() && key == passed_over) continue;
    if (is_container_list(key, value)) return fmt::format("/{}", key);
    const std::string found = value.is_object() || value.is_array() ? find_containers(value, {}) : std::string();
    if (!found.empty()) return fmt::format("/{}{}", key, found);
  }
  return {};
}

bool is_same_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// Where the pod spec stands; nothing where there is none.
std::optional<std::string_view> pod_spec_of(const Value& root) {
  const std::string_view kind = text_at(root, "/kind");
  for (const Carrier& carrier : kCarriers) {
    if (carrier.kind != kind) continue;
    if (value_at(root, carrier.pod_spec) == nullptr) return std::nullopt;
    return carrier.pod_spec;
  }
  for (const std::string_view candidate : kPodSpecPlaces) {
    const Value* spec = value_at(root, candidate);
    if (spec != nullptr && child(*spec, "containers") != nullptr) return candidate;
  }
  return std::nullopt;
}

}  // namespace

PodFacts pod_facts(const Document& document) {
  const Value& root = document.root();
  const Value* kind_value = value_at(root, "/kind");
  const std::string_view kind = text_at(root, "/kind");
  if (kind_value != nullptr && !kind_value->is_null() && !kind_value->is_string()) return {PodProof::Unproven, "its `kind` is no text"};
  for (const Carrier& carrier : kCarriers) {
    if (carrier.kind == kind) return {PodProof::Present, {}};
  }
  if (pod_spec_of(root)) return {PodProof::UnknownKind, {}};
  if (kind.empty()) return {PodProof::Unproven, "it has no `kind`"};
  for (const Carrier& carrier : kCarriers) {
    if (is_same_but_for_case(carrier.kind, kind)) return {PodProof::Unproven, fmt::format("its kind is written `{}`: is it `{}`?", kind, carrier.kind)};
  }
  if (is_without_pods(root, kind)) return {PodProof::Absent, {}};
  // The items of a list are documents of their own.
  const std::string found = find_containers(root, document.is_list() ? "items" : "");
  if (!found.empty()) return {PodProof::Unproven, fmt::format("its kind is not known, and containers stand at {}, where no pod spec is looked for", found)};
  return {PodProof::Absent, {}};
}

bool find_pod_spec(const Value& root, std::string& pointer) {
  const std::optional<std::string_view> found = pod_spec_of(root);
  if (found) pointer = *found;
  return found.has_value();
}

const Value* reviewed_object(const Value& root) {
  if (text_at(root, "/kind") != "AdmissionReview") return nullptr;
  const Value* object = value_at(root, "/request/object");
  return object != nullptr && object->is_object() ? object : nullptr;
}

void read_identity(const Document& document, ObjectIdentity& identity) {
  const Value& root = document.root();
  identity.api_version = text_at(root, "/apiVersion");
  identity.kind = text_at(root, "/kind");
  identity.namespace_name = text_at(root, "/metadata/namespace");
  identity.name = text_at(root, "/metadata/name");
  if (identity.name.empty()) {
    // A pod that the API server will name is known by its prefix.
    identity.name = text_at(root, "/metadata/generateName");
    if (!identity.name.empty()) identity.name += '*';
  }
  identity.document = document.place().ordinal;
  identity.is_unknown_kind = has_unknown_kind_with_pod_spec(root);
  identity.source.clear();
}

void read_object_facts(const Document& document, ObjectFacts& facts) {
  const Value& root = document.root();
  read_identity(document, facts.identity);
  std::size_t count = 0;
  const std::optional<std::string_view> spec = pod_spec_of(root);
  for (std::string_view list : kContainerLists) {
    const Value* containers = spec ? child(*value_at(root, *spec), list) : nullptr;
    if (containers == nullptr || !containers->is_array()) continue;
    for (std::size_t i = 0; i < containers->as_array().size(); ++i) {
      if (count == facts.containers.size()) facts.containers.emplace_back();
      ContainerPlace& place = facts.containers[count++];
      place.pointer = *spec;
      place.pointer.append("/").append(list).append("/").append(std::to_string(i));
      place.name = text_of(child(containers->as_array()[i], "name"));
    }
  }
  facts.containers.resize(count);
}

ObjectFacts object_facts(const Document& document) {
  ObjectFacts facts;
  read_object_facts(document, facts);
  return facts;
}

}  // namespace psdl
