// What `opa test` does to test rules while it compiles: tests of one name get names of their own (`test_x#01`), and a table test, `test_x[note] if ..`,
// tells which case it has begun as soon as the case's name is known: `internal.test_case([note])`. In: modules; out: the same, changed in place.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/state.hpp"
#include "compiler/test_rules.hpp"

namespace psdl {

namespace {

std::string_view name_of(const ast::Term& part) {
  if (const auto* var = part.as<ast::Var>()) return var->name;
  if (const auto* text = part.as<ast::String>()) return text->text;
  return {};
}

}  // namespace

std::size_t test_name_size(const ast::Ref& head) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (i > 0 && !ast::is_ground(head[i])) break;  // the part of the path that is known
    size = i + 1;
    const std::string_view name = name_of(*head[i]);
    if (name.starts_with(kTestPrefix) || name.starts_with(kTodoPrefix)) break;
  }
  return size;
}

std::string_view test_name(const ast::Ref& head) {
  const std::size_t size = test_name_size(head);
  return size == 0 ? std::string_view() : name_of(*head[size - 1]);
}

namespace stages {
namespace {

bool is_test(const ast::Rule& rule) { return test_name(rule.head->reference).starts_with(kTestPrefix); }

bool mentions(ast::Expr& expr, const ast::VarSet& vars) {
  bool found = false;
  ast::walk(expr, [&](ast::Var& var) {
    found = found || vars.contains(var.name);
    return false;
  });
  return found;
}

void move_up(ast::Body& body, std::size_t from, std::size_t to) {
  std::rotate(body.begin() + to, body.begin() + from, body.begin() + from + 1);
}

// Values of the head stand at the end of the body, where they come too late: each goes up to where the vars that it reads have been met.
void move_names_up(ast::Rule& rule, std::span<ast::Term* const> names) {
  ast::Body& body = rule.body;
  for (ast::Term* name : names) {
    for (std::size_t i = body.size(); i-- > 0;) {
      ast::Expr& expr = *body[i];
      const bool is_capture = expr.generated && (expr.is_equality() || expr.is_assignment()) && ast::equal(expr.operand(0), name);
      if (!is_capture) continue;
      ast::VarSet locals;
      ast::walk(*expr.operand(1), [&](ast::Var& var) {
        if (var.name.starts_with("__local")) locals.add(var.name);
        return false;
      });
      std::size_t target = 0;
      for (const ast::VarSet::Entry& local : locals) {
        ast::VarSet one;
        one.add(local.name);
        for (std::size_t j = 0; j < i; ++j) {
          if (!mentions(*body[j], one)) continue;
          target = std::max(target, j + 1);
          break;
        }
      }
      if (target >= i) continue;
      move_up(body, i, target);
      ++i;  // another one stands here now
    }
  }
}

// Where all names have been met.
std::size_t place_of_case(ast::Rule& rule, std::span<ast::Term* const> names) {
  std::size_t place = 0;
  for (ast::Term* name : names) {
    const ast::VarSet vars = vars_of(name);
    for (std::size_t i = 0; i < rule.body.size(); ++i) {
      if (!mentions(*rule.body[i], vars)) continue;
      place = std::max(place, i + 1);
      break;
    }
  }
  return place;
}

void tell_case(ast::Module& module, ast::Rule& rule) {
  const ast::Ref& head = rule.head->reference;
  const std::size_t size = test_name_size(head);
  if (head.size() <= size || rule.body.empty()) return;
  const ast::Nodes& nodes = module.nodes;
  const auto names = head.items().subspan(size);
  move_names_up(rule, names);
  const std::size_t place = place_of_case(rule, names);
  std::vector<ast::Term*> copies;
  for (const ast::Term* name : names) copies.push_back(nodes.copy(name));
  ast::Expr* call = nodes.call_expr({nodes.operator_ref("internal.test_case", {}), nodes.array(copies, {})}, {});
  rule.body.push_back(call);
  move_up(rule.body, rule.body.size() - 1, place);
  for (std::uint32_t i = 0; i < rule.body.size(); ++i) rule.body[i]->index = i;
}

}  // namespace

void number_tests_of_one_name(CompilerState& state) {
  if (!state.options.test_rules) return;
  std::map<std::string, int> seen;
  for (const auto& module : state.modules) {
    for (ast::Rule* rule : module->rules) {
      if (!is_test(*rule)) continue;
      ast::Ref& head = rule->head->reference;
      const std::size_t last = test_name_size(head) - 1;
      const std::string name(name_of(*head[last]));
      std::string key = text_of(module->package->path);
      for (std::size_t i = 0; i <= last; ++i) key += "/" + std::string(name_of(*head[i]));
      const int before = seen[key]++;
      if (before == 0) continue;
      const std::string numbered = fmt::format("{}#{:02}", name, before);
      head[last] = last == 0 ? module->nodes.var(numbered, head[last]->span) : module->nodes.string(numbered, head[last]->span);
      if (!rule->head->name.empty()) rule->head->name = module->nodes.text(numbered);
    }
  }
}

void tell_test_cases(CompilerState& state) {
  if (!state.options.test_rules) return;
  for (const auto& module : state.modules) {
    for (ast::Rule* rule : module->rules) {
      if (is_test(*rule)) tell_case(*module, *rule);
    }
  }
}

}  // namespace stages
}  // namespace psdl
