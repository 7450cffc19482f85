// Constraints. In: an object and the template of its kind; out: criteria, parameters, action, or Gatekeeper's refusal
// (SPEC 6).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "gatekeeper/match.hpp"
#include "gatekeeper/object.hpp"
#include "gatekeeper/template.hpp"

namespace psdl::gatekeeper {

struct ScopedAction {
  std::string action;
  std::vector<std::string> points;  // "*" is all
};

// Immutable. Values live in the object's document or in `arena`.
struct Constraint {
  ObjectPtr object;  // as written
  std::shared_ptr<const Template> of;
  Arena arena;
  Value root;        // with defaults, without `status`: what results carry
  Value parameters;  // spec.parameters of root; an empty object where absent or null
  Match match;
  std::string kind;
  std::string name;
  std::string action;                        // "deny"
  std::vector<ScopedAction> scoped_actions;  // of action `scoped`

  // Actions at an enforcement point: empty where the constraint is not evaluated there; the one action of a constraint
  // that is not scoped.
  [[nodiscard]] std::vector<std::string> actions_at(std::string_view point) const;
};

// Whether an object is one at all (its group): `gator test` takes every such object for one, a suite refuses others
// (`not a Constraint`).
[[nodiscard]] bool is_constraint(const Object& object);
// Whether loading `next` over `before`, of the same kind and name, changes nothing.
[[nodiscard]] bool is_same(const Constraint& before, const Constraint& next);

// `find_template` is asked for the lower-case kind; null where there is none.
using FindTemplate = std::function<std::shared_ptr<const Template>(std::string_view)>;
[[nodiscard]] Result<std::shared_ptr<const Constraint>, Refusal> read_constraint(const ObjectPtr& object,
                                                                                 const FindTemplate& find_template);

}  // namespace psdl::gatekeeper
