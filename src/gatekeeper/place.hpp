// Places of an object's nodes and of what stands inside its texts, as problems show them.
// In: origins, offsets; out: file, line and column in what the user wrote.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gatekeeper/object.hpp"
#include "gatekeeper/refusal.hpp"
#include "gatekeeper/scalar_place.hpp"

namespace psdl::gatekeeper {

// Of a node: its field from the key on, its value in a list. The object's first line where the document has no such
// node.
[[nodiscard]] ShownPlace place_of(const Object& object, std::uint32_t origin);
// Of the stretch [begin, end) of a text inside the object: of a `rego: |`.
[[nodiscard]] ShownPlace place_in(const Object& object, const ScalarPlace& scalar, std::size_t begin, std::size_t end);

[[nodiscard]] Problem problem_at(const Object& object, std::uint32_t origin, std::string_view code,
                                 std::string message);
// About a whole file, or about none.
[[nodiscard]] Problem problem_in(std::string_view file, std::string_view code, std::string message);
// One problem. `text` is gator's; `message` ours, the same where it is empty.
[[nodiscard]] Refusal refuse(const Object& object, std::uint32_t origin, std::string_view code, std::string text,
                             std::string message = {});

}  // namespace psdl::gatekeeper
