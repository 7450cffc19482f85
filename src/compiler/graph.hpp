// The graph of rules, for the stages that build it and read it. In: rewritten modules; out: who reads whom, and why.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "compiler/state.hpp"

namespace psdl::stages {

// Where a var of a ref gets its value, for messages.
struct VarOrigin {
  enum class Kind : std::uint8_t { Input, Rule, Collection, Builtin, HeadKey, HeadArgument };
  Kind kind = Kind::Input;
  std::string text;                       // the ref or the builtin
  const ast::Term* collection = nullptr;  // constant
};

// A ref through which a rule may read others, depending on the value of a var.
struct DynamicEdge {
  ast::Ref written;    // as it was when the graph was built
  ast::Ref selecting;  // the same, or narrowed where the compiler knows the value
  std::size_t at = 0;  // the body expression it stands in
  ast::VarSet bound;   // vars that may have a value by then
  std::map<std::string_view, VarOrigin> origins;
  std::vector<ast::Rule*> rules;
};

// The members of a constant collection: elements, or values of an object. Nothing for other terms.
[[nodiscard]] std::optional<std::vector<const ast::Term*>> members_of(const ast::Term& collection);
// Whether the ref enters the rule whatever its vars hold. `positions` collects the parts of the ref that decide.
[[nodiscard]] bool ref_selects_rule(const ast::Terms& ref, const ast::Rule& rule, const ast::VarSet& bound, std::vector<std::size_t>* positions);

}  // namespace psdl::stages
