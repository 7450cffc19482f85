// container[key], as the machine looks it up and as plans fold it. In: two values; out: the member, null where there is none.
#pragma once

#include <span>

#include "value/key_table.hpp"
#include "value/value.hpp"

namespace psdl {

// Of an array by index, of an object by key, of a set the member itself.
[[nodiscard]] const Value* member(const Value& container, const Value& key);
// container[index] for a small index.
[[nodiscard]] const Value* member_at(const Value& container, std::uint32_t index);
// What OPA's store finds where the key's own kind finds nothing: paths in it are texts.
[[nodiscard]] const Value* stored_member(const Value& container, const Value& key);

// An object like `root` with `value` under `path`; whatever is no object on the way is replaced by one. What `with` does, and what binding parts of the input does.
[[nodiscard]] Value upsert(Arena& arena, const KeyTable* keys, const Value& root, std::span<const Value> path, const Value& value);

}  // namespace psdl
