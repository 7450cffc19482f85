// References are whole by now: imports and names of packages have been written out.
#include "engine/parameters_read.hpp"

#include "syntax/visit.hpp"

namespace psdl {
namespace {

// The text of a step; null where it is none, or there is no such step.
const ast::String* step(const ast::Ref& ref, std::size_t at) {
  return at < ref.size() ? ref[at]->as<ast::String>() : nullptr;
}

// Whether the ref enters data.psdl.parameters.RULE, or may; then its next step counts.
bool enters(const ast::Ref& ref, std::string_view rule) {
  if (!ast::is_var(ref[0], "data")) return false;
  const std::string_view way[] = {"psdl", "parameters", rule};
  for (std::size_t i = 0; i < 3; ++i) {
    const ast::String* text = step(ref, i + 1);
    if (text != nullptr && text->text != way[i]) return false;
    if (text == nullptr) return i > 0;  // data.psdl, data.psdl[x]: the stdlib is what is read so
  }
  return true;
}

}  // namespace

std::string parameters_rule(const CheckedPolicy& policy) {
  std::string found;
  for (const auto& module : policy.modules()) {
    for (ast::Rule* top : module->rules) {
      ast::walk(*top, [&](ast::Ref& ref) {
        const ast::String* rule = step(ref, 3);
        if (found.empty() && rule != nullptr && enters(ref, rule->text)) found = rule->text;
        return false;
      });
    }
  }
  return found;
}

ParametersRead parameters_read(const CheckedPolicy& policy, std::string_view rule) {
  ParametersRead read;
  for (const auto& module : policy.modules()) {
    for (ast::Rule* top : module->rules) {
      ast::walk(*top, [&](ast::Ref& ref) {
        if (!enters(ref, rule)) return false;
        const ast::String* name = step(ref, 4);
        if (name != nullptr) read.names.emplace(name->text);
        read.all = read.all || name == nullptr;
        return false;
      });
    }
  }
  return read;
}

std::set<std::string> parameters_rules(const CheckedPolicy& policy) {
  std::set<std::string> found;
  for (const auto& module : policy.modules()) {
    for (ast::Rule* top : module->rules) {
      ast::walk(*top, [&](ast::Ref& ref) {
        const ast::String* rule = step(ref, 3);
        if (rule != nullptr && enters(ref, rule->text)) found.emplace(rule->text);
        return false;
      });
    }
  }
  return found;
}

}  // namespace psdl
