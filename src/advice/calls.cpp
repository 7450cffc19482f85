// Calls: functions by what they are given, builtins by what they are known to give.
#include <algorithm>

#include "advice/infer.hpp"
#include "builtins/registry.hpp"

namespace psdl::advice {
namespace {

std::string dotted(const ast::Terms& callee) {
  std::string name;
  for (const ast::Term* part : callee) {
    const auto* var = part->as<ast::Var>();
    const auto* text = part->as<ast::String>();
    if (var == nullptr && text == nullptr) return "";
    if (!name.empty()) name += '.';
    name += var != nullptr ? var->name : text->text;
  }
  return name;
}

constexpr std::string_view kSameAsFirst[] = {"array.slice",   "array.reverse", "object.remove",
                                             "object.filter", "and",           "trim_space"};

Outline list_of(Outline values) {
  return collection({.kind = Made::Kind::Array, .values = std::move(values)});
}
Outline set_of(Outline values) {
  return collection({.kind = Made::Kind::Set, .values = std::move(values)});
}

}  // namespace

Outline Inference::call_value(const ast::Terms& terms, std::size_t operands, Scope& scope, bool is_test) {
  const auto* callee = terms[0]->as<ast::Ref>();
  if (callee == nullptr) return anything();
  const std::span<ast::Term* const> given = terms.slice(1, operands);
  const auto rules = policy_.tree().rules_at(callee->items());
  if (rules.empty()) return builtin_value(dotted(*callee), given, scope);

  std::vector<Outline> arguments;
  for (const ast::Term* one : given) arguments.push_back(value(*one, scope));
  const Answer& found = answer(rules, &arguments);
  current_->push_back({Topic::Body, {}, nullptr, &found});
  if (is_test && !found.has_default) {
    // A call that has an answer brings what the function's own tests say of the subjects.
    for (std::size_t i = 0; i < kSubjects; ++i) {
      const ObjectKinds both = intersection(scope.kinds[i], found.kinds[i]);
      if (!both.is_empty()) scope.kinds[i] = both;
    }
  }
  return found.value;
}

Outline Inference::builtin_value(std::string_view name, std::span<ast::Term* const> operands, Scope& scope) {
  std::vector<Outline> given;
  for (const ast::Term* one : operands) given.push_back(value(*one, scope));
  const auto both_values = [&] {
    Outline all = values_of(given[0]);
    join(all, values_of(given[1]));
    return all;
  };
  if (name == "object.get" && operands.size() == 3) {
    Outline found;
    if (const auto* text = operands[1]->as<ast::String>()) {
      found = by_name(given[0], *text, operands[1]->span, nullptr, false, scope);
    } else if (const auto* path = operands[1]->as<ast::Array>()) {
      found = given[0];
      for (const ast::Term* part : *path) {
        const auto* text_part = part->as<ast::String>();
        found = narrowed(
            text_part != nullptr ? by_name(found, *text_part, part->span, nullptr, false, scope) : values_of(found),
            scope);
      }
    } else if ((kinds_of(given[1]) & kind_bit(Kind::Array)) == 0) {
      found = by_constants(given[0], given[1], scope);
    } else {
      found = anything();  // a way of several steps
    }
    join(found, given[2]);
    found.says = {};
    return found;
  }
  if (name == "array.concat" && given.size() == 2) return list_of(both_values());
  if (name == "or" && given.size() == 2) return set_of(both_values());
  if (name == "object.union" && given.size() == 2) {
    Outline all = given[0];
    join(all, given[1]);
    return all;
  }
  if (name == "object.keys" && given.size() == 1) return set_of(keys_of(given[0]));
  if (name == "sort" && given.size() == 1) return list_of(values_of(given[0]));
  if ((name == "max" || name == "min") && given.size() == 1) return values_of(given[0]);
  if ((name == "union" || name == "intersection") && given.size() == 1) return set_of(values_of(values_of(given[0])));
  if (!given.empty() && std::find(std::begin(kSameAsFirst), std::end(kSameAsFirst), name) != std::end(kSameAsFirst)) {
    Outline same = given[0];
    same.constants.clear();
    same.says = {};
    return same.is_nothing() ? plain(kind_bit(Kind::String)) : same;
  }
  const Builtin* builtin = find_builtin(name);
  if (builtin == nullptr || builtin->is_relation) return anything();
  constexpr auto kScalars = static_cast<KindMask>(kind_bit(Kind::Null) | kind_bit(Kind::Boolean) |
                                                  kind_bit(Kind::Number) | kind_bit(Kind::String));
  const KindMask result = builtin->signature.result;
  return (result & ~kScalars) == 0 ? plain(result) : anything();
}

}  // namespace psdl::advice
