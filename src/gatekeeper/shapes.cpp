#include "gatekeeper/shapes.hpp"

#include <algorithm>
#include <memory>

#include "plan/given.hpp"
#include "value/builders.hpp"

namespace psdl::gatekeeper {
namespace {

// As many elements as loops over them are written out for; larger collections are given as a whole.
constexpr std::size_t kMostItems = 16;
constexpr std::size_t kMostMembers = 32;

bool is_leaf(const Value& value) {
  if (value.is_array()) return value.length() > kMostItems;
  return !value.is_object() || value.as_object().size() > kMostMembers;
}

void add_shape(const Value& value, std::string& shape) {
  if (is_leaf(value)) {
    shape += '.';
  } else if (value.is_array()) {
    shape += '[';
    for (const Value& item : value.as_array()) add_shape(item, shape);
    shape += ']';
  } else {
    shape += '{';
    const psdl::Object& object = value.as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      shape += std::to_string(object.keys()[i].length());
      shape += ':';
      shape += object.keys()[i].as_string();
      add_shape(object.values()[i], shape);
    }
    shape += '}';
  }
}

// A copy whose open leaves are marked. `next` counts leaves, `given` open ones.
Value marked(Arena& arena, const Value& value, std::span<const bool> is_open, std::uint32_t& next, std::uint32_t& given) {
  if (is_leaf(value)) return is_open[next++] ? value.with_origin(plan::kFirstGiven + given++) : value;
  if (value.is_array()) {
    ArrayBuilder items(arena, value.length());
    for (const Value& item : value.as_array()) items.add(marked(arena, item, is_open, next, given));
    return items.finish();
  }
  ObjectBuilder members(arena);
  const psdl::Object& object = value.as_object();
  for (std::uint32_t i = 0; i < object.size(); ++i) members.add(object.keys()[i], marked(arena, object.values()[i], is_open, next, given));
  return members.finish();
}

}  // namespace

std::string shape_of(const Value& parameters) {
  std::string shape;
  add_shape(parameters, shape);
  return shape;
}

void gather_leaves(const Value& parameters, std::vector<Value>& leaves) {
  if (is_leaf(parameters)) {
    leaves.push_back(parameters);
  } else if (parameters.is_array()) {
    for (const Value& item : parameters.as_array()) gather_leaves(item, leaves);
  } else {
    for (const Value& member : parameters.as_object().values()) gather_leaves(member, leaves);
  }
}

Generalised generalise(Arena& arena, std::span<const Value> all) {
  std::vector<Value> first;
  gather_leaves(all[0], first);
  const auto is_open = std::make_unique<bool[]>(first.size());
  std::vector<Value> leaves;
  for (const Value& other : all.subspan(1)) {
    leaves.clear();
    gather_leaves(other, leaves);
    for (std::size_t i = 0; i < first.size(); ++i) is_open[i] = is_open[i] || first[i].tag() != leaves[i].tag() || !equal(first[i], leaves[i]);
  }
  Generalised made;
  for (std::uint32_t i = 0; i < first.size(); ++i) {
    if (is_open[i]) made.open.push_back(i);
  }
  std::uint32_t next = 0;
  std::uint32_t given = 0;
  made.parameters = marked(arena, all[0], {is_open.get(), first.size()}, next, given);
  freeze(arena, made.parameters);
  return made;
}

}  // namespace psdl::gatekeeper
