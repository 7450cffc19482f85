// Membership in a constant collection is one look into a sorted table. In: `test x in {..}`; out: `in`, with the collection as a set.
//
// Invariant: membership asks for equality with some element, of an array, a set or an object's values alike, and it can record no error.
#include "builtins/builtin.hpp"
#include "plan/plan.hpp"
#include "plan/walk.hpp"
#include "value/builders.hpp"

namespace psdl::plan {
namespace {

// Undefined where there are no elements to make a set of.
Value set_of_elements(Arena& arena, const Value& collection) {
  if (collection.is_set()) return collection;
  SetBuilder members(arena);
  if (collection.is_array()) {
    for (const Value& item : collection.as_array()) members.add(item);
  } else if (collection.is_object()) {
    for (const Value& item : collection.as_object().values()) members.add(item);
  } else {
    return {};
  }
  const Value made = members.finish();
  freeze(arena, made);
  return made;
}

}  // namespace

void constant_sets(Plan& plan) {
  for (Function& function : plan.functions) {
    each_list(function, [&](Steps& steps, const std::vector<Expr*>&) {
      for (Step& step : steps) {
        Expr& call = step.a;
        if (step.kind != StepKind::Test || call.kind != ExprKind::Builtin || call.mock != kNoIndex) continue;
        if (call.builtin->name != "internal.member_2" || call.operands[1].kind != ExprKind::Const) continue;
        const Value set = set_of_elements(*plan.arena, call.operands[1].constant);
        if (!set.is_defined()) continue;
        step.kind = StepKind::In;
        step.b.constant = set;
        step.b.span = call.operands[1].span;
        const Expr member = std::move(call.operands[0]);
        call = member;
      }
    });
  }
}

}  // namespace psdl::plan
