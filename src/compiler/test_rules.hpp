// Which rules are tests, by their names. A test's name is the part of its head up to the first name with the prefix: `pods.test_x` of `pods.test_x[note]`.
#pragma once

#include <cstddef>
#include <string_view>

#include "syntax/ast.hpp"

namespace psdl {

inline constexpr std::string_view kTestPrefix = "test_";
inline constexpr std::string_view kTodoPrefix = "todo_";
inline constexpr std::string_view kOpaTodoPrefix = "todo_test_";  // in .rego files

// How many parts of the head make the name; without a prefix anywhere, all that are ground.
[[nodiscard]] std::size_t test_name_size(const ast::Ref& head);
// The last of them: `test_x`.
[[nodiscard]] std::string_view test_name(const ast::Ref& head);

}  // namespace psdl
