// JSON pointers over values. In: "/spec/containers/0/name"; out: its steps, the value there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "value/value.hpp"

namespace psdl {

// "" has no steps; `~1` and `~0` are undone.
[[nodiscard]] std::vector<std::string> pointer_steps(std::string_view pointer);
// Null where the value has nothing there.
[[nodiscard]] const Value* child(const Value& container, std::string_view step);
[[nodiscard]] const Value* value_at(const Value& root, std::string_view pointer);

// The pointer with list indices replaced by what names the item (its `name`, `key`, `mountPath`, ..), so that it survives reordering:
// "/spec/containers/app/image".
[[nodiscard]] std::string stable_pointer(const Value& root, std::string_view pointer);
void append_stable_pointer(std::string& out, const Value& root, std::string_view pointer);

}  // namespace psdl
