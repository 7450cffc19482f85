// What typed text looks like, before anything is parsed. In: text; out: whether more is to come, where it falls apart into statements.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace psdl::repl {

[[nodiscard]] std::string_view trimmed(std::string_view text);
// The first word, and the rest without blanks around it.
struct Command {
  std::string_view name;
  std::string_view rest;
};
[[nodiscard]] Command split_command(std::string_view text);
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

// Whether a line after these is part of the same statement: a bracket or a raw string is open, or it ends with `;`, `if` or a sign that wants an operand.
[[nodiscard]] bool goes_on(std::string_view text);
// The statements of `-c`: `;` outside of brackets and strings, or a line end, ends one, but not after `some ..`, which is for what follows.
[[nodiscard]] std::vector<std::string> split_statements(std::string_view text);
// Whether `:=` stands outside of brackets and strings, and no `;` or second line does.
[[nodiscard]] bool is_assignment(std::string_view text);
// The name that a rule of this text defines: `deny`, `f`; empty where it begins with no name.
[[nodiscard]] std::string_view defined_name(std::string_view text);
// "data.pods.deny": names and dots, and nothing else.
[[nodiscard]] bool is_rule_path(std::string_view text);
// The steps of a path: `spec.containers[_].name` are spec, containers, _, name. Nothing where it is no such path.
[[nodiscard]] std::optional<std::vector<std::string>> path_steps(std::string_view text);
// The candidate that differs least, where it is near enough to be meant; empty otherwise.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace psdl::repl
