// Looking members up by key. Out of line: inlined, they cost the machine's loop the registers that it runs on (5 % of every workload).
#include "value/member.hpp"

#include <charconv>
#include <optional>

#include "value/builders.hpp"
#include "value/number.hpp"

namespace psdl {

const Value* member(const Value& container, const Value& key) {
  switch (container.tag()) {
    case Tag::Array: {
      const std::optional<std::int64_t> index = key.is_int() ? key.as_int() : key.is_number() ? to_int64_exact(key) : std::nullopt;
      if (!index.has_value() || *index < 0 || *index >= static_cast<std::int64_t>(container.length())) return nullptr;
      return &container.as_array()[static_cast<std::size_t>(*index)];
    }
    case Tag::Object:
      return container.as_object().find(key);
    case Tag::Set:
      return container.as_set().find(key);
    default:
      return nullptr;
  }
}

const Value* member_at(const Value& container, std::uint32_t index) {
  if (container.is_array()) return index < container.length() ? container.as_array().data() + index : nullptr;
  return member(container, Value::integer(index));
}

const Value* stored_member(const Value& container, const Value& key) {
  if (container.is_array() && key.is_string()) {
    const std::string_view text = key.as_string();
    std::uint32_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    const bool is_index = error == std::errc() && end == text.data() + text.size() && (text.size() == 1 || text.front() != '0');
    return is_index && index < container.length() ? &container.as_array()[index] : nullptr;
  }
  if (container.is_object() && key.is_number()) {
    NumberBuffer buffer;
    return container.as_object().find_text(number_text(key, buffer));
  }
  return nullptr;
}

Value upsert(Arena& arena, const KeyTable* keys, const Value& root, std::span<const Value> path, const Value& value) {
  if (path.empty()) return value;
  const Value* child = nullptr;
  ObjectBuilder made(arena, keys);
  if (root.is_object()) {
    const Object& object = root.as_object();
    for (std::size_t i = 0; i < object.size(); ++i) {
      if (equal(object.keys()[i], path.front())) {
        child = &object.values()[i];
      } else {
        made.add(object.keys()[i], object.values()[i]);
      }
    }
  }
  made.add(path.front(), upsert(arena, keys, child != nullptr ? *child : Value(), path.subspan(1), value));
  return made.finish().with_origin(root.origin());
}

}  // namespace psdl
