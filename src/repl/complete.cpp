// Completion. In: the text before the cursor; out: words that it may end with.
#include <fmt/format.h>

#include <algorithm>

#include "psdl/tools/reference.hpp"
#include "psdl/tools/schema.hpp"
#include "repl/command_rows.hpp"
#include "repl/words.hpp"

namespace psdl::repl {
namespace {

bool is_part_of_path(char c) {
  return c == '.' || c == '_' || c == '[' || c == ']' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

std::size_t begin_of_path(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_part_of_path(text[begin - 1])) --begin;
  return begin;
}

std::size_t begin_of_word(std::string_view text) { return text.find_last_of(" \t") + 1; }

}  // namespace

class Session::Completer {
 public:
  explicit Completer(const Workspace& workspace) : workspace_(workspace) {}

  std::vector<std::string> run(std::string_view text, std::size_t& begin) {
    if (text.starts_with(':') && text.find(' ') == std::string_view::npos) {
      begin_at(text, begin = 1);
      add_commands();
    } else {
      const Command typed = split_command(text);
      const CommandRow* row = text.starts_with(':') ? find_command(typed.name.substr(1)) : nullptr;
      complete_for(row, text, begin);
    }
    return std::move(found_);
  }

 private:
  using Takes = CommandRow::Takes;

  void complete_for(const CommandRow* row, std::string_view text, std::size_t& begin) {
    const Takes takes = row != nullptr ? row->completes : Takes::Expressions;
    begin_at(text, begin = begin_of_word(text));
    switch (takes) {
      case Takes::Nothing: return;
      case Takes::Commands: return add_commands();
      case Takes::Paths:
        for (const std::string& path : paths_beginning_with(std::string(word_))) add(path);
        return;
      case Takes::RuleFiles: return add_rule_files();
      case Takes::Words:
        for (const std::string& one : split_words(row->words)) add(one);
        return;
      case Takes::Places:
        // What follows `if` is an expression.
        if (text.find(" if ") == std::string_view::npos) add_rule_files();
        break;
      case Takes::Expressions: break;
    }
    if (!found_.empty()) return;
    begin_at(text, begin = begin_of_path(text));
    add_expressions();
  }

  void begin_at(std::string_view text, std::size_t begin) { word_ = text.substr(begin); }

  void add(std::string_view one, std::string_view shown = {}) {
    if (!one.starts_with(word_)) return;
    found_.push_back(shown.empty() ? std::string(one) : fmt::format("{}\t{}", one, shown));
  }

  void add_commands() {
    for (const CommandRow& row : command_rows()) add(row.name, row.takes);
  }

  void add_rule_files() {
    for (const TextFile& one : workspace_.contents().files) add(one.path + ":");
  }

  void add_expressions() {
    const std::size_t dot = word_.rfind('.');
    const bool is_pod = word_.starts_with("pod.") && !workspace_.pod_path().empty();
    if (dot != std::string_view::npos && (is_pod || word_.starts_with("input."))) {
      const std::string_view above = word_.substr(0, dot);
      return add_fields(above, is_pod ? workspace_.pod_path() + std::string(above.substr(3)) : std::string(above));
    }
    const std::string own = workspace_.contents().package + ".";
    for (const std::string& name : workspace_.rule_names()) {
      add(name);
      if (name.starts_with(own)) add(std::string_view(name).substr(own.size()));
    }
    for (const tools::BuiltinInfo& one : tools::builtin_infos()) add(one.name, one.signature);
    add("input");
    if (!workspace_.pod_path().empty()) add("pod");
  }

  // What may stand below a path: `whole` begins with `input`, `typed` is how the user names it.
  void add_fields(std::string_view typed, const std::string& whole) {
    const std::string_view below = std::string_view(whole).substr(std::min<std::size_t>(6, whole.size()));
    std::vector<std::string> keys = workspace_.input().keys(below);
    const ObjectIdentity object = workspace_.input().object();
    const std::optional<std::vector<std::string>> steps = path_steps(below);
    if (steps || below.empty()) {
      const std::vector<std::string> place = steps.value_or(std::vector<std::string>());
      for (const tools::SchemaField& field : tools::schema_at(object.api_version, object.kind, place).fields) {
        keys.push_back(field.name);
      }
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (const std::string& key : keys) add(fmt::format("{}.{}", typed, key));
  }

  const Workspace& workspace_;
  std::string_view word_;  // what is typed of it
  std::vector<std::string> found_;
};

std::vector<std::string> Session::complete(std::string_view text, std::size_t& begin) const {
  return Completer(workspace_).run(text, begin);
}

}  // namespace psdl::repl
