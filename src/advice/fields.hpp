// What stands under a name. In: an outline and the name; out: the outline there, and the types that have no such field.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "advice/outline.hpp"

namespace psdl::advice {

// The types that an object of these kinds may be of; a guess where nothing says that it is of a known kind.
[[nodiscard]] std::vector<TypedValue> types_of(const WholeObject& object);

struct FieldRead {
  Outline value;                    // nothing where no alternative has the field
  bool is_open = false;             // some alternative may have any field
  bool is_root = false;             // it was read from a whole object
  std::vector<TypedValue> lacking;  // what has no such field
};
[[nodiscard]] FieldRead read_field(const Outline& container, std::string_view name);

// The field that was meant, of any of the types; empty where none is near.
[[nodiscard]] std::string meant_field(const std::vector<TypedValue>& types, std::string_view name, bool is_input);
[[nodiscard]] std::string nearest_name(const std::vector<std::string_view>& names, std::string_view name);
// The same name deeper: "template.spec.containers"; empty where it is not there either.
[[nodiscard]] std::string deeper_field(const std::vector<TypedValue>& types, std::string_view name);
// "core/v1 Container", "a list of core/v1 Container", "a string".
[[nodiscard]] std::string shown_type(const TypedValue& value);

}  // namespace psdl::advice
