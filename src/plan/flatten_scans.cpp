// A set that is made only to be gone over is not made. In: `{c | ..; some c in {text_of(x) | some x in list; ..}}`, such as a call of a function that gives
// a set leaves behind when it was inlined; out: one comprehension, whose loops go on where the inner one would have kept a member.
//
// Invariant: the outer collection is a set too, so that neither order nor repetition shows, and all of it is total (totality.hpp). What a member goes
// through is a few steps without a loop or call, for a member that the inner set would have held once may now come by often.
#include <algorithm>
#include <iterator>

#include "plan/plan.hpp"
#include "plan/totality.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

constexpr std::size_t kCheap = 12;  // steps and expressions that a member may go through

bool is_cheap(const Expr& e) {
  if (e.kind == ExprKind::Comprehension || e.kind == ExprKind::Function || e.kind == ExprKind::Rule || e.kind == ExprKind::Builtin) return false;
  return std::all_of(e.operands.begin(), e.operands.end(), is_cheap);
}

bool is_cheap(const Step& step) {
  switch (step.kind) {
    case StepKind::Test:
    case StepKind::Bind:
    case StepKind::Equal:
    case StepKind::Compare:
    case StepKind::In: return is_cheap(step.a) && is_cheap(step.b);
    default: return false;
  }
}

bool reads(const Expr& outer, SlotNumber slot) {
  bool found = false;
  each_expr(outer, [&](const Expr& e) { found = found || (e.kind == ExprKind::Slot && e.slot == slot); });
  return found;
}

bool is_flattened(const Expr& outer, const Step& step) {
  return step.kind == StepKind::Scan && step.where.empty() && step.value != kNoSlot && !reads(outer, step.key) && step.a.kind == ExprKind::Comprehension &&
         step.a.builder == BuilderKind::Set &&
         std::none_of(step.a.body.begin(), step.a.body.end(), [](const Step& inner) { return inner.kind == StepKind::Each; });
}

// The last scan of a comprehension, where all behind it is cheap.
void flatten(Expr& outer) {
  const auto last = std::find_if_not(outer.body.rbegin(), outer.body.rend(), [](const Step& step) { return is_cheap(step); });
  if (last == outer.body.rend() || !is_flattened(outer, *last)) return;
  const auto scan = std::prev(last.base());
  std::size_t behind = size_of(outer.operands[0]);
  for (auto step = std::next(scan); step != outer.body.end(); ++step) behind += 1 + size_of(step->a) + size_of(step->b);
  if (behind > kCheap || !is_cheap(outer.operands[0])) return;
  Expr inner = std::move(scan->a);
  Step bind;
  bind.kind = StepKind::Bind;
  bind.span = scan->span;
  bind.value = scan->value;
  bind.a = std::move(inner.operands[0]);
  *scan = std::move(bind);
  outer.body.insert(scan, std::make_move_iterator(inner.body.begin()), std::make_move_iterator(inner.body.end()));
}

}  // namespace

void flatten_scans(Plan& plan) {
  const TotalFunctions total = total_functions(plan);
  const Totality totality(plan, total);
  for (Function& function : plan.functions) {
    each_expr(function, [&](Expr& e) {
      if (e.kind == ExprKind::Comprehension && e.builder == BuilderKind::Set && totality.is_total(e)) flatten(e);
    });
  }
}

}  // namespace psdl::plan
