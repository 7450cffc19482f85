// Refs and vars in messages. In: rewritten nodes; out: text with the names that the user wrote.
#include "compiler/state.hpp"
#include "syntax/print.hpp"

namespace psdl::stages {

std::string quoted(std::string_view text) {
  std::string out;
  ast::print_quoted(text, out);
  return out;
}

std::string text_of_var(std::string_view var) { return ast::is_wildcard(var) ? "_" : std::string(var); }
std::string text_of(const ast::Term& term) { return ast::to_string(term); }
std::string text_of(std::span<ast::Term* const> ref) { return ast::ref_to_string(ref); }
std::string_view kind_of(const ast::Term& term) { return ast::kind_name(term.value); }

std::string text_of_import(const ast::Import& import) { return ast::to_string(import); }

ast::Ref with_user_vars(const ast::Nodes& nodes, const ast::Terms& ref, std::initializer_list<const VarMap*> rewritten) {
  ast::Ref copy(nodes.arena());
  for (const ast::Term* term : ref) copy.push_back(nodes.copy(term));
  const auto rename = [&](ast::Var& var) {
    for (const VarMap* map : rewritten) {
      const auto found = map->find(var.name);
      if (found == map->end()) continue;
      var.name = found->second.name;
      break;
    }
    return false;
  };
  for (ast::Term* term : copy) ast::walk(*term, rename);
  return copy;
}

}  // namespace psdl::stages
