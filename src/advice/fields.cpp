// Fields by name, and names by likeness.
#include "advice/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "base/nearest.hpp"

namespace psdl::advice {
namespace {

// What stands beside a manifest's own fields at the root of the input: a review of the API server, one of Gatekeeper.
constexpr std::string_view kInputNames[] = {"review", "request", "response", "parameters", "constraint", "constraints"};

TypedValue struct_of(std::size_t type, bool is_guess, Role role = Role::Plain) {
  return {Shape::Struct, Holder::One, role, is_guess, static_cast<std::uint16_t>(type), nullptr};
}

std::size_t type_named(std::string_view name) {
  const auto types = known_types();
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i].name() == name) return i;
  }
  PSDL_ASSERT(false);
  return 0;
}

bool is_struct(const TypedValue& value) {
  return value.holder == Holder::One && value.shape == Shape::Struct;
}
const KnownType& type_of(const TypedValue& value) {
  return kKnownTypes[value.type];
}

// What a pod spec lists as containers is one, whatever the object is of.
bool lists_containers(const KnownField& field) {
  const std::string_view name = field.name();
  return field.shape == Shape::Struct &&
         (name == "containers" || name == "initContainers" || name == "ephemeralContainers") &&
         (kKnownTypes[field.type].name() == "core/v1.Container" ||
          kKnownTypes[field.type].name() == "core/v1.EphemeralContainer");
}

// Knative's Service carries a pod spec; nothing tells it from the core one but its group.
bool is_shared_name(std::string_view kind) {
  return kind == "Service";
}

// Old groups hold the workloads of today's.
bool is_in_group(const KnownKind& kind, const NameSet& groups) {
  if (groups.contains(kind.group())) return true;
  return kind.pod_spec_size > 0 &&
         (groups.contains("extensions") || groups.contains("apps") || groups.contains("batch"));
}

// Whether a test lets in an object of a kind whose fields nobody here knows.
bool is_foreign(const WholeObject& object) {
  const NameSet& kinds = object.kinds.kinds;
  if (kinds.is_all_but) return !object.kinds.groups.is_all_but;
  return std::any_of(kinds.names.begin(), kinds.names.end(), [&](std::string_view name) {
    const auto is_it = [&](const KnownKind& kind) {
      return kind.kind() == name && is_in_group(kind, object.kinds.groups);
    };
    return std::none_of(known_kinds().begin(), known_kinds().end(), is_it);
  });
}

Outline review() {
  return of_type(struct_of(type_named("admission/v1.AdmissionRequest"), false, Role::Review));
}

// Members of a review that have no type of their own.
bool read_review(const TypedValue& container, std::string_view name, FieldRead& found) {
  if (container.role == Role::ReviewKind) {
    if (name != "kind" && name != "group") return false;
    Outline text = plain(kind_bit(Kind::String));
    text.says = {name == "kind" ? Aspect::Kind : Aspect::Group, {Subject::Reviewed, {}}};
    join(found.value, text);
    return true;
  }
  if (name == "object" || name == "oldObject") {
    join(found.value, whole({Subject::Reviewed, {}}));
  } else if (name == "namespaceObject") {
    join(found.value, of_type(struct_of(type_named("core/v1.Namespace"), false)));
  } else if (name == "kind") {
    join(found.value, of_type(struct_of(type_named("meta/v1.GroupVersionKind"), false, Role::ReviewKind)));
  } else if (name == "_unstable") {
    found.is_open = true;
  } else {
    return false;
  }
  return true;
}

void read_typed(const TypedValue& container, std::string_view name, FieldRead& found) {
  switch (container.holder) {
    case Holder::Map: {
      TypedValue one = container;
      one.holder = Holder::One;
      join(found.value, of_type(one));
      return;
    }
    case Holder::MapOfLists: {
      TypedValue one = container;
      one.holder = Holder::List;
      join(found.value, of_type(one));
      return;
    }
    case Holder::List: found.lacking.push_back(container); return;
    case Holder::One: break;
  }
  if (container.shape == Shape::Any || container.shape == Shape::Embedded) {
    found.is_open = true;
    return;
  }
  if (container.role != Role::Plain && read_review(container, name, found)) return;
  const KnownField* field = container.shape == Shape::Struct ? type_of(container).find(name) : nullptr;
  if (field == nullptr) {
    found.lacking.push_back(container);
    return;
  }
  if (field->holder == Holder::One && (field->shape == Shape::Any || field->shape == Shape::Embedded)) {
    found.is_open = true;
    return;
  }
  const bool is_guess = container.is_guess && !lists_containers(*field);
  join(found.value, of_type({field->shape, field->holder, Role::Plain, is_guess, field->type, field}));
}

void read_object(const WholeObject& object, std::string_view name, FieldRead& found) {
  found.is_root = true;
  if (object.subject == Subject::Input && object.kinds.kinds.contains("AdmissionReview")) {
    if (name == "review" || name == "request") {
      join(found.value, review());
      return;
    }
    if (std::find(std::begin(kInputNames), std::end(kInputNames), name) != std::end(kInputNames)) {
      found.is_open = true;
      return;
    }
  }
  if (name == "kind" || name == "apiVersion") {
    Outline text = plain(kind_bit(Kind::String));
    text.says = {name == "kind" ? Aspect::Kind : Aspect::ApiVersion, object};
    join(found.value, text);
    return;
  }
  found.is_open = found.is_open || is_foreign(object);
  for (const TypedValue& type : types_of(object)) read_typed(type, name, found);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return out;
}

// The nearest of the names that were offered.
class Nearest {
 public:
  explicit Nearest(std::string_view name)
      : name_(lower(name)), best_distance_(std::min<std::size_t>(2, std::max<std::size_t>(1, name.size() / 3)) + 1) {}

  void offer(std::string_view candidate) {
    constexpr std::size_t kLongest = 64;  // of a name that is worth comparing
    if (name_.size() > kLongest || candidate.size() < 2) return;
    const std::size_t distance = swapped_distance(lower(candidate));
    if (distance >= best_distance_) return;
    best_distance_ = distance;
    best_ = candidate;
  }
  [[nodiscard]] std::string_view best() const { return best_; }

 private:
  // Two letters in the wrong order are one slip.
  [[nodiscard]] std::size_t swapped_distance(std::string candidate) const {
    std::size_t distance = edit_distance(candidate, name_);
    if (candidate.size() != name_.size() || distance != 2) return distance;
    for (std::size_t i = 0; i + 1 < candidate.size(); ++i) {
      std::swap(candidate[i], candidate[i + 1]);
      if (candidate == name_) return 1;
      std::swap(candidate[i], candidate[i + 1]);
    }
    return distance;
  }

  std::string name_;
  std::size_t best_distance_;
  std::string_view best_;
};

constexpr int kDeepest = 3;  // of a field that was written too shallow

std::string deeper(const TypedValue& from, std::string_view name, int depth) {
  if (depth == 0) return "";
  std::string best;
  for (const KnownField& field : type_of(from).fields()) {
    if (field.shape != Shape::Struct || field.name() == "status" ||
        (field.holder != Holder::One && field.holder != Holder::List))
      continue;
    const std::string step = std::string(field.name()) + (field.holder == Holder::List ? "[_]" : "");
    const TypedValue next = struct_of(field.type, false);
    std::string way = type_of(next).find(name) != nullptr ? std::string(name) : deeper(next, name, depth - 1);
    if (way.empty()) continue;
    way = step + "." + way;
    const auto length = [](const std::string& text) { return std::count(text.begin(), text.end(), '.'); };
    if (best.empty() || length(way) < length(best)) best = way;
  }
  return best;
}

}  // namespace

std::vector<TypedValue> types_of(const WholeObject& object) {
  std::vector<TypedValue> types;
  const NameSet& kinds = object.kinds.kinds;
  for (const KnownKind& known : known_kinds()) {
    if (!kinds.contains(known.kind()) || !is_in_group(known, object.kinds.groups)) continue;
    if (object.subject != Subject::Input && known.kind() == "AdmissionReview") continue;
    // Groups of old held fields that the type has no more.
    const bool is_old = !object.kinds.groups.contains(known.group());
    const bool is_shared = is_shared_name(known.kind()) && object.kinds.groups.is_all_but;
    const bool is_guess = kinds.is_all_but || is_old || is_shared;
    types.push_back(struct_of(known.type, is_guess));
  }
  if (!kinds.is_all_but) return types;
  for (const PodSpecPlace& place : pod_spec_places()) types.push_back(struct_of(place.type, true));
  return types;
}

FieldRead read_field(const Outline& container, std::string_view name) {
  FieldRead found;
  found.is_open = container.is_anything || container.kinds != 0;
  for (const TypedValue& one : container.typed) read_typed(one, name, found);
  for (const WholeObject& one : container.objects) read_object(one, name, found);
  for (const auto& one : container.made) {
    if (one->kind != Made::Kind::Object) {
      found.is_open = true;
      continue;
    }
    bool is_member = false;
    for (const auto& [key, value] : one->members) {
      const auto* text = key->as<ast::String>();
      if (text == nullptr || text->text != name) continue;
      join(found.value, value);
      is_member = true;
    }
    if (!is_member) {
      join(found.value, one->values);
      found.is_open = found.is_open || one->values.is_nothing();  // Rego's own types tell of it
    }
  }
  if (!container.constants.empty()) found.is_open = true;
  return found;
}

std::string meant_field(const std::vector<TypedValue>& types, std::string_view name, bool is_input) {
  Nearest nearest(name);
  for (const TypedValue& one : types) {
    if (one.holder == Holder::One && one.role == Role::Review) {
      for (const std::string_view own : {"object", "oldObject", "namespaceObject", "kind"}) nearest.offer(own);
    }
    if (one.shape != Shape::Struct || one.holder == Holder::Map || one.holder == Holder::MapOfLists) continue;
    for (const KnownField& field : type_of(one).fields()) nearest.offer(field.name());
  }
  if (is_input) {
    for (const std::string_view own : kInputNames) nearest.offer(own);
  }
  return std::string(nearest.best());
}

std::string nearest_name(const std::vector<std::string_view>& names, std::string_view name) {
  Nearest nearest(name);
  for (const std::string_view one : names) nearest.offer(one);
  return std::string(nearest.best());
}

std::string deeper_field(const std::vector<TypedValue>& types, std::string_view name) {
  for (const TypedValue& one : types) {
    if (one.shape != Shape::Struct) continue;
    if (one.holder == Holder::List && type_of(one).find(name) != nullptr) return fmt::format("[_].{}", name);
    if (!is_struct(one)) continue;
    std::string way = deeper(one, name, kDeepest);
    if (!way.empty()) return way;
  }
  return "";
}

std::string shown_type(const TypedValue& value) {
  std::string one;
  switch (value.shape) {
    case Shape::Struct:
      one = type_of(value).name();
      std::replace(one.begin(), one.end(), '.', ' ');
      break;
    case Shape::Boolean: one = "boolean"; break;
    case Shape::Int32:
    case Shape::Int64: one = "number"; break;
    case Shape::IntOrString: one = "number or string"; break;
    case Shape::Quantity: one = "quantity"; break;
    case Shape::Bytes:
    case Shape::Time:
    case Shape::String: one = "string"; break;
    case Shape::Any:
    case Shape::Embedded: one = "any value"; break;
  }
  switch (value.holder) {
    case Holder::List: return "a list of " + one + (value.shape == Shape::Struct ? "" : "s");
    case Holder::Map: return "a map of " + one + "s";
    case Holder::MapOfLists: return "a map of lists";
    case Holder::One: break;
  }
  return value.shape == Shape::Struct ? one : "a " + one;
}

}  // namespace psdl::advice
