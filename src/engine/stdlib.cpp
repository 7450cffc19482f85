// The stdlib as it was embedded. In: the texts and the modules of a policy; out: the sources that are compiled beside them: those whose
// package a text names, whole or, for hosts that ask no queries of their own, the rules alone that the modules read.
//
// Invariant: a rule is left out only where no module can reach it. What reads a package in a computed way gets all of it.
#include <algorithm>
#include <map>
#include <string>

#include "embedded/stdlib_files.hpp"
#include "engine/policy.hpp"
#include "syntax/visit.hpp"

namespace psdl {
namespace {

// The rules of data.psdl that modules name.
class NamesRead {
 public:
  void add(ast::Module& module) {
    known_steps_ = {{"data", 0}};
    for (ast::Import* import : module.imports) add_import(*import);
    for (std::size_t i = 1; i < module.package->path.size() && i < 2; ++i) {
      const auto* step = module.package->path[i]->as<ast::String>();
      has_all_ = has_all_ || (step != nullptr && step->text == "psdl");  // its rules name their neighbours without a path
    }
    for (ast::Rule* rule : module.rules) walk(*rule);
  }
  [[nodiscard]] bool has_all() const { return has_all_; }
  [[nodiscard]] const std::vector<std::string_view>& names() const { return names_; }

 private:
  // What a path needs to name a rule: psdl, the package, the rule.
  static constexpr std::size_t kSteps = 3;

  void add_import(const ast::Import& import) {
    const auto* path = import.path->as<ast::Ref>();
    if (path == nullptr || path->size() < 2) return;
    const auto* head = (*path)[0]->as<ast::Var>();
    const auto* first = (*path)[1]->as<ast::String>();
    if (head == nullptr || head->name != "data" || first == nullptr || first->text != "psdl") return;
    known_steps_[import.name()] = path->size() - 1;
    if (path->size() > kSteps) read(0, *path);
  }

  template <class Node>
  void walk(Node& node) {
    ast::walk(node, ast::Overloads{
                        [this](ast::Head& head) {
                          for (ast::Term* part : head.reference) walk(*part);
                          return false;
                        },
                        [this](ast::Ref& ref) {
                          const auto* head = ref[0]->as<ast::Var>();
                          if (head == nullptr) return false;
                          const auto found = known_steps_.find(head->name);
                          if (found != known_steps_.end()) read(found->second, ref);
                          for (ast::Term* part : ref.slice(1)) walk(*part);
                          return true;
                        },
                        [this](ast::Var& var) {
                          has_all_ = has_all_ || known_steps_.contains(var.name);
                          return true;
                        },
                    });
  }

  // `known`: how many steps of the path to a rule the head of the ref stands for.
  void read(std::size_t known, const ast::Ref& ref) {
    for (std::size_t at = 1; known < kSteps; ++at, ++known) {
      const auto* step = at < ref.size() ? ref[at]->as<ast::String>() : nullptr;
      if (step == nullptr) {
        has_all_ = true;
        return;
      }
      if (known == 0 && step->text != "psdl") return;
      if (known == kSteps - 1) names_.push_back(step->text);
    }
  }

  std::map<std::string_view, std::size_t> known_steps_;  // by the names that stand for data or for a part of data.psdl
  std::vector<std::string_view> names_;
  bool has_all_ = false;
};

bool is_name_character(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// Calls `visit` with each word of the text that may be a name, comments left out, until it returns false.
template <class Visit>
void for_each_word(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with('#')) continue;
    for (std::size_t at = 0; at < line.size(); ++at) {
      const std::size_t begin = at;
      while (at < line.size() && is_name_character(line[at])) ++at;
      if (at > begin && !visit(line.substr(begin, at - begin))) return;
    }
  }
}

// A rule of a stdlib source with the comments above it, or what stands before the rules. In the stdlib a blank line is before each
// of them, and after a blank line inside one the text is indented.
struct Statement {
  std::string_view text;
  std::string_view name;  // empty: no rule
  bool is_wanted = false;
};

std::vector<Statement> split_statements(std::string_view text) {
  std::vector<Statement> statements;
  bool is_after_blank = true;
  while (!text.empty()) {
    const char* const begin = text.data();
    const std::string_view line = take_line(text);
    const auto size = static_cast<std::size_t>(text.data() - begin);
    const bool is_at_margin = !line.empty() && (line[0] == '#' || is_name_character(line[0]));
    if (statements.empty() || (is_after_blank && is_at_margin)) {
      statements.push_back({{begin, size}, {}, false});
    } else {
      statements.back().text = {statements.back().text.data(), statements.back().text.size() + size};
    }
    is_after_blank = line.empty();
  }
  for (Statement& statement : statements) {
    for_each_word(statement.text, [&](std::string_view word) {
      if (word == "default") return true;
      if (word != "package" && word != "import") statement.name = word;
      return false;
    });
    statement.is_wanted = statement.name.empty();
  }
  return statements;
}

void want(std::vector<Statement>& statements, std::string_view name) {
  if (name.empty()) return;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    // Most words are no rule's name, which their first letters tell.
    if (statements[i].is_wanted || statements[i].name[0] != name[0] || statements[i].name != name) continue;
    statements[i].is_wanted = true;
    for_each_word(statements[i].text, [&](std::string_view word) {
      want(statements, word);
      return true;
    });
  }
}

// The wanted statements at their lines, blank lines for the others.
std::string wanted_text(std::string_view text, std::span<const std::string_view> names) {
  std::vector<Statement> statements = split_statements(text);
  for (const std::string_view name : names) want(statements, name);
  std::string made;
  made.reserve(text.size());
  for (const Statement& statement : statements) {
    if (statement.is_wanted) {
      made += statement.text;
    } else {
      made.append(static_cast<std::size_t>(std::count(statement.text.begin(), statement.text.end(), '\n')), '\n');
    }
  }
  return made;
}

}  // namespace

std::vector<StdlibSource> stdlib_for(const SourceList& sources, std::span<const std::unique_ptr<ast::Module>> modules, bool is_whole) {
  std::vector<StdlibSource> wanted;
  for (const auto& [name, text] : embedded::stdlib_files()) {
    // kubernetes.psdl is data.psdl.kubernetes.
    const std::string package = "data.psdl." + std::string(name.substr(0, name.find('.')));
    const bool is_named = std::any_of(sources.begin(), sources.end(), [&](const std::shared_ptr<const Source>& source) {
      return source->text().find(package) != std::string_view::npos;
    });
    if (is_named) wanted.push_back({name, std::string(text)});
  }
  if (is_whole || wanted.empty()) return wanted;
  NamesRead read;
  for (const auto& module : modules) read.add(*module);
  if (read.has_all()) return wanted;
  for (StdlibSource& source : wanted) source.text = wanted_text(source.text, read.names());
  return wanted;
}

}  // namespace psdl
