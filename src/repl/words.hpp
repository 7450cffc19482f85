// What typed text looks like, before anything is parsed. In: text; out: whether more is to come, where it falls apart
// into statements.
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

// "import x" begins with the word `import`.
[[nodiscard]] bool begins_with_word(std::string_view text, std::string_view word);

// Whether the text has it as a name of its own, not as a step of a path.
[[nodiscard]] bool names(std::string_view text, std::string_view name);

// Whether a line after these is part of the same statement: a bracket or a raw string is open, or it ends with `;`,
// `if` or a sign that wants an operand.
[[nodiscard]] bool goes_on(std::string_view text);

// Lines, put together until they are a statement. Each byte is looked at once, however many lines there are.
class StatementLines {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{2} << 20U;  // kept; the compiler refuses less

  // Whether it is whole with this line. A command is one line.
  [[nodiscard]] bool add(std::string_view line);
  [[nodiscard]] bool is_empty() const { return text_.empty(); }
  [[nodiscard]] bool has_open_bracket() const { return brackets_ > 0 || is_in_raw_string_; }
  // The statement, and begins anew.
  [[nodiscard]] std::string take();

 private:
  std::string text_;
  int brackets_ = 0;
  bool is_in_raw_string_ = false;
  std::string end_;  // the code that it ends with
};

// The statements of `-c`: `;` outside of brackets and strings, or a line end, ends one, but not after `some ..`, which
// is for what follows. A command ends with its line, whatever is open there.
[[nodiscard]] std::vector<std::string> split_statements(std::string_view text);
// Whether `:=` stands outside of brackets and strings, and no `;` or second line does.
[[nodiscard]] bool is_assignment(std::string_view text);
// The name that a rule of this text defines: `deny`, `f`, `p.q`; empty where it begins with no name.
[[nodiscard]] std::string_view defined_name(std::string_view text);
// "data.pods.deny": names and dots, and nothing else.
[[nodiscard]] bool is_rule_path(std::string_view text);
// The steps of a path: `spec.containers[_].name` are spec, containers, _, name. Nothing where it is no such path.
[[nodiscard]] std::optional<std::vector<std::string>> path_steps(std::string_view text);
[[nodiscard]] bool is_number(std::string_view text);
// The N-th line (from 1) of a text, without its end; nothing where it has fewer.
struct LinePlace {
  std::size_t begin = 0;
  std::size_t end = 0;
};
[[nodiscard]] std::optional<LinePlace> find_line(std::string_view text, std::size_t number);
// The candidate that differs least, where it is near enough to be meant; empty otherwise.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace psdl::repl
