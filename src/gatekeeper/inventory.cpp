#include "gatekeeper/inventory.hpp"

#include <fmt/format.h>

#include "gatekeeper/go_numbers.hpp"
#include "gatekeeper/mutators_types.hpp"
#include "gatekeeper/place.hpp"
#include "value/builders.hpp"

namespace psdl::gatekeeper {
namespace {

template <class Map, class Each>
Value object_of(Arena& arena, const KeyTable* keys, const Map& map, Each each) {
  ObjectBuilder made(arena, keys);
  for (const auto& [name, held] : map) made.add(Value::string(name), each(held));
  return made.finish();
}

}  // namespace

std::optional<Refusal> Inventory::add(const ObjectPtr& object, bool has_gator_numbers) {
  const auto refuse = [&](std::string_view what) {
    Refusal refusal;
    refusal.text = fmt::format("invalid request object: resource {} has no {}", object->name(), what);
    Problem problem;
    problem.code = "bad_object";
    problem.message = fmt::format("`{}` has no {}: it cannot be part of the inventory", object->name(), what);
    problem.place = place_of(*object, object->root().origin());
    refusal.problems.push_back(std::move(problem));
    return refusal;
  };
  if (object->version().empty()) return refuse("version");
  if (object->kind().empty()) return refuse("kind");
  if (object->kind() == "Namespace" && object->group().empty()) {
    if (const std::optional<TypeError> wrong = check_namespace_types(*object)) {
      Problem problem = problem_at(*object, wrong->error.origin, "bad_object", fmt::format("`{}` of a Namespace: {}", wrong->field, wrong->error.text));
      return Refusal{fmt::format("cannot cache non-namespace type: cannot cache Namespace: {}", wrong->error.text), {std::move(problem)}};
    }
  }
  const std::string_view space = object->namespace_name();
  Versions& versions = space.empty() ? cluster_ : namespaced_[std::string(space)];
  const auto arena = std::make_shared<Arena>();
  const Value root = has_gator_numbers ? with_go_numbers(*arena, object->root(), GoNumbers::Rounded) : object->root();
  const Value value = without_origins(*arena, nullptr, root);
  versions[std::string(object->api_version())][std::string(object->kind())].insert_or_assign(std::string(object->name()), Held{object, value, arena});
  arena_ = nullptr;
  return std::nullopt;
}

Value Inventory::versions_value(Arena& arena, const KeyTable* keys, const Versions& versions) {
  return object_of(arena, keys, versions, [&](const Kinds& kinds) {
    return object_of(arena, keys, kinds, [&](const Names& names) { return object_of(arena, keys, names, [](const Held& held) { return held.value; }); });
  });
}

const Value& Inventory::data(const KeyTable* keys) {
  if (arena_ != nullptr && keys_ == keys) return data_;
  arena_ = std::make_unique<Arena>();
  keys_ = keys;
  ObjectBuilder scopes(*arena_, keys);
  if (!cluster_.empty()) scopes.add(Value::string("cluster"), versions_value(*arena_, keys, cluster_));
  if (!namespaced_.empty()) {
    scopes.add(Value::string("namespace"), object_of(*arena_, keys, namespaced_, [&](const Versions& versions) { return versions_value(*arena_, keys, versions); }));
  }
  ObjectBuilder root(*arena_, keys);
  root.add(Value::string("inventory"), scopes.finish());
  data_ = root.finish();
  freeze(*arena_, data_);
  return data_;
}

Value Inventory::namespace_object(std::string_view name) const {
  const auto versions = cluster_.find("v1");
  if (versions == cluster_.end()) return {};
  const auto kinds = versions->second.find("Namespace");
  if (kinds == versions->second.end()) return {};
  const auto found = kinds->second.find(name);
  return found == kinds->second.end() ? Value() : found->second.value;
}

Value without_origins(Arena& arena, const KeyTable* keys, const Value& value) {
  if (value.is_array()) {
    Value* items = arena.allocate_array<Value>(value.length());
    for (std::uint32_t i = 0; i < value.length(); ++i) items[i] = without_origins(arena, keys, value.as_array()[i]);
    return Value::array({items, value.length()});
  }
  if (!value.is_object()) return value.with_origin(0);
  const psdl::Object& object = value.as_object();
  Value* names = arena.allocate_array<Value>(object.size());
  Value* values = arena.allocate_array<Value>(object.size());
  for (std::uint32_t i = 0; i < object.size(); ++i) {
    names[i] = object.keys()[i].with_origin(0);
    values[i] = without_origins(arena, keys, object.values()[i]);
  }
  return make_object(arena, names, values, object.size(), keys);
}

}  // namespace psdl::gatekeeper
