// Types in words. In: the tables of known types; out: what stands at a path.
#include "psdl/tools/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "base/nearest.hpp"
#include "kubernetes/known_types.hpp"

namespace psdl::tools {
namespace {

// "core/v1 SecurityContext" of "core/v1.SecurityContext".
std::string long_name(const KnownType& type) {
  std::string name(type.name());
  const std::size_t dot = name.rfind('.');
  if (dot != std::string::npos) name[dot] = ' ';
  return name;
}

std::string short_name(const KnownType& type) {
  const std::string_view name = type.name();
  return std::string(name.substr(name.rfind('.') + 1));
}

std::string item_name(const KnownField& field, bool is_long) {
  switch (field.shape) {
    case Shape::Any: return "any";
    case Shape::Boolean: return "bool";
    case Shape::Bytes: return "base64 string";
    case Shape::Embedded: return "object";
    case Shape::Int32:
    case Shape::Int64: return "int";
    case Shape::IntOrString: return "int|string";
    case Shape::Quantity: return "quantity";
    case Shape::String: return "string";
    case Shape::Struct: return is_long ? long_name(kKnownTypes[field.type]) : short_name(kKnownTypes[field.type]);
    case Shape::Time: return "time";
  }
  return "any";
}

std::string held(Holder holder, const std::string& item) {
  switch (holder) {
    case Holder::One: return item;
    case Holder::List: return "[" + item + "]";
    case Holder::Map: return "{string: " + item + "}";
    case Holder::MapOfLists: return "{string: [" + item + "]}";
  }
  return item;
}

const KnownKind* find_kind(std::string_view api_version, std::string_view kind) {
  const std::size_t slash = api_version.find('/');
  const std::string_view group = slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
  for (const KnownKind& one : known_kinds()) {
    if (one.kind() == kind && one.group() == group) return &one;
  }
  return nullptr;
}

std::string nearest_field(const KnownType& type, std::string_view name) {
  std::string best;
  std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const KnownField& field : type.fields()) {
    const std::size_t distance = edit_distance(field.name(), name);
    if (distance >= least) continue;
    least = distance;
    best = field.name();
  }
  return best;
}

// Where a walk stands: at a struct, or at what a field holds.
struct Walk {
  const KnownType* type = nullptr;
  const KnownField* field = nullptr;
  Holder holder = Holder::One;
};

bool step_into(Walk& at, const std::string& step, SchemaPlace& place) {
  if (at.holder != Holder::One) {
    at.holder = at.holder == Holder::MapOfLists ? Holder::List : Holder::One;
    place.is_optional = false;
    return true;
  }
  if (at.type == nullptr) {
    const bool is_open = at.field->shape == Shape::Any || at.field->shape == Shape::Embedded;
    place.problem = is_open ? "what stands there is not known" : fmt::format("{} has no fields", item_name(*at.field, true));
    return false;
  }
  const KnownField* next = step.size() <= UINT8_MAX ? at.type->find(step) : nullptr;
  if (next == nullptr) {
    place.problem = fmt::format("no field `{}` on {}", step, long_name(*at.type));
    if (const std::string near = nearest_field(*at.type, step); step.size() <= UINT8_MAX && !near.empty()) place.problem += fmt::format("; did you mean `{}`?", near);
    return false;
  }
  at = {next->shape == Shape::Struct ? &kKnownTypes[next->type] : nullptr, next, next->holder};
  place.is_optional = next->is_containers == 0;
  return true;
}

}  // namespace

SchemaPlace schema_at(std::string_view api_version, std::string_view kind, std::span<const std::string> steps) {
  SchemaPlace place;
  const KnownKind* found = find_kind(api_version, kind);
  if (found == nullptr) {
    place.problem = kind.empty() ? "the input has no kind" : fmt::format("the kind {} is not known", kind);
    return place;
  }
  Walk at{&kKnownTypes[found->type]};
  for (const std::string& step : steps) {
    if (!step_into(at, step, place)) return place;
  }
  place.is_known = true;
  const std::string item = at.field != nullptr ? item_name(*at.field, true) : long_name(*at.type);
  place.type = held(at.holder, item);
  if (at.type == nullptr || at.holder != Holder::One) return place;
  for (const KnownField& field : at.type->fields()) {
    place.fields.push_back({std::string(field.name()), held(field.holder, item_name(field, false)), field.is_containers == 0});
  }
  std::sort(place.fields.begin(), place.fields.end(), [](const SchemaField& a, const SchemaField& b) { return a.name < b.name; });
  return place;
}

}  // namespace psdl::tools
