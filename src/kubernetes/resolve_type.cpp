// Kinds by name and group, pod specs by their shape.
#include "kubernetes/resolve_type.hpp"

#include <algorithm>

namespace psdl {
namespace {

constexpr std::string_view kCarrierGroups[] = {
#define PSDL_CARRIER_GROUP(group) group,
#include "kubernetes/kinds.def"
#undef PSDL_CARRIER_GROUP
};

std::string_view text_of(const Value* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string_view();
}

// "apps" of "apps/v1"; "" of "v1" and of "/v1".
std::string_view group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

bool is_carrier_group(std::string_view group) {
  return std::find(std::begin(kCarrierGroups), std::end(kCarrierGroups), group) != std::end(kCarrierGroups);
}

// Null where the object has nothing at the pointer.
const Value* below(const Object& object, std::string_view pointer) {
  const Object* at = &object;
  for (;;) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    const Value* found = at->find_text(pointer.substr(0, end));
    pointer.remove_prefix(end);
    if (found == nullptr || pointer.empty()) return found;
    if (!found->is_object()) return nullptr;
    at = &found->as_object();
  }
}

// A kind of the same name in somebody else's group is trusted to keep its pod spec where the known one does, and no
// further.
bool is_pod_spec_place(const Object& object, const PodSpecPlace& place, std::string_view foreign_pod_spec) {
  const Value* spec = below(object, place.pointer());
  if (spec == nullptr) return false;
  if (place.pointer() == foreign_pod_spec) return true;
  return spec->is_object() && spec->as_object().find_text("containers") != nullptr;
}

}  // namespace

ResolvedType resolve_type(const Object& object) {
  const std::string_view kind = text_of(object.find_text("kind"));
  std::string_view foreign_pod_spec;
  if (!kind.empty()) {
    for (const KnownKind& known : known_kinds()) {
      if (known.kind_size != kind.size() || known.kind() != kind) continue;
      const std::string_view group = group_of(text_of(object.find_text("apiVersion")));
      const bool is_ours = group == known.group() || (known.pod_spec_size > 0 && is_carrier_group(group));
      if (is_ours) return {kKnownTypes + known.type, &known};
      foreign_pod_spec = known.pod_spec();
    }
  }
  for (const PodSpecPlace& place : pod_spec_places()) {
    if (is_pod_spec_place(object, place, foreign_pod_spec)) return {kKnownTypes + place.type, nullptr};
  }
  return {};
}

}  // namespace psdl
