// A value that is bound and used once, at the next step, is computed where it is used. In: `bind s = e` before a step that reads s; out: the step reading e.
//
// Invariant: what was evaluated in some order still is, up to reads that can record no error and change nothing; and where `e` is undefined the same label
// is taken, since both steps had the same. An array of which nothing is used but the text that concat makes of it is never made. Without this pass every
// intermediate value is stored into a slot and loaded again: 25 to 30 % of the instructions of policies that take texts apart.
#include <algorithm>
#include <utility>

#include "builtins/builtin.hpp"
#include "plan/plan.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

class Forward {
 public:
  explicit Forward(Function& function) : function_(function), binds_(function.slots, 0), uses_(function.slots, 0) {}

  void run() {
    count();
    each_list(function_, [this](Steps& steps, const std::vector<Expr*>& tail) { list(steps, tail); });
  }

 private:
  void bound(SlotNumber slot) {
    if (slot != kNoSlot) ++binds_[slot];
  }

  void count() {
    for (SlotNumber slot = 0; slot < function_.arity; ++slot) bound(slot);
    each_expr(function_, [this](Expr& e) {
      if (e.kind == ExprKind::Slot) ++uses_[e.slot];
    });
    each_list(function_, [this](Steps& steps, const std::vector<Expr*>&) {
      for (const Step& step : steps) {
        bound(step.key);
        bound(step.value);
        for (const SlotNumber slot : step.carried) binds_[slot] += 2;
      }
    });
  }

  void list(Steps& steps, const std::vector<Expr*>& tail) {
    for (std::size_t i = steps.size(); i-- > 0;) {
      Step& bind = steps[i];
      if (bind.kind != StepKind::Bind || binds_[bind.value] != 1 || uses_[bind.value] != 1) continue;
      std::vector<Expr*> next = tail;
      if (i + 1 < steps.size()) {
        Step& user = steps[i + 1];
        if (!reads_at_once(user)) continue;
        next = {&user.a, &user.b};
      }
      if (bind.a.kind == ExprKind::Comprehension) join(next, bind);
      if (!place(next, bind)) continue;
      steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  // Steps whose a and b are evaluated once, in order, before anything else of them.
  static bool reads_at_once(const Step& step) {
    switch (step.kind) {
      case StepKind::Test:
      case StepKind::Bind:
      case StepKind::Equal:
      case StepKind::Compare:
      case StepKind::In:
      case StepKind::Scan: return true;
      default: return false;
    }
  }

  // `s = [..]` before `.. concat(", ", s) ..`: the text is what is bound, and made where the array would have been. Only loads stand between, so that
  // whatever concat says of an element is said in its turn.
  static void join(const std::vector<Expr*>& where, Step& bind) {
    Expr* const call = first_call(where);
    if (call == nullptr || !is_join(*call, ExprKind::Slot) || call->operands[1].slot != bind.value || bind.a.builder == BuilderKind::Object) return;
    Expr slot = std::move(call->operands[1]);
    call->operands[1] = std::move(bind.a);
    bind.a = std::exchange(*call, std::move(slot));
  }

  // The first expression to be evaluated that is more than a load, or null.
  static Expr* first_call(const std::vector<Expr*>& where) {
    for (Expr* e : where) {
      if (Expr* const found = first_call(*e)) return found;
    }
    return nullptr;
  }
  static Expr* first_call(Expr& e) {
    if (e.kind == ExprKind::Const || e.kind == ExprKind::Slot) return nullptr;
    if (e.kind == ExprKind::Comprehension) return &e;
    for (Expr& operand : e.operands) {
      if (Expr* const found = first_call(operand)) return found;
    }
    return &e;
  }

  bool place(const std::vector<Expr*>& where, Step& bind) {
    before_ = Before::Nothing;
    for (Expr* e : where) {
      const Search found = search(*e, bind);
      if (found == Search::Placed) return true;
      if (found == Search::Blocked) return false;
    }
    return false;
  }

  enum class Search { NotHere, Placed, Blocked };
  // What is evaluated between the bind and where the search stands.
  enum class Before { Nothing, Loads, Reads };

  Search search(Expr& e, Step& bind) {
    if (e.kind == ExprKind::Slot && e.slot == bind.value) {
      const bool free = before_ == Before::Nothing || (before_ == Before::Loads && !has_comprehension(bind.a)) || is_pure_read(bind.a);
      if (!free) return Search::Blocked;
      const Span span = bind.a.span;
      e = std::move(bind.a);
      e.span = span.empty() ? bind.span : span;
      return Search::Placed;
    }
    if (e.kind == ExprKind::Comprehension) return Search::Blocked;
    for (Expr& operand : e.operands) {
      const Search found = search(operand, bind);
      if (found != Search::NotHere) return found;
    }
    switch (e.kind) {
      case ExprKind::Const:
        if (!e.constant.is_defined()) return Search::NotHere;  // no operand
        [[fallthrough]];
      case ExprKind::Slot: before_ = std::max(before_, Before::Loads); return Search::NotHere;
      case ExprKind::Input:
      case ExprKind::Data:
      case ExprKind::Dot: before_ = Before::Reads; return Search::NotHere;
      default: return Search::Blocked;
    }
  }

  static bool has_comprehension(const Expr& e) {
    return e.kind == ExprKind::Comprehension || std::any_of(e.operands.begin(), e.operands.end(), has_comprehension);
  }

  Function& function_;
  std::vector<std::uint32_t> binds_;
  std::vector<std::uint32_t> uses_;
  Before before_ = Before::Nothing;
};

}  // namespace

bool is_join(const Expr& e, ExprKind collection) {
  if (e.kind != ExprKind::Builtin || e.mock != kNoIndex || e.builtin->name != "concat") return false;
  const Expr& delimiter = e.operands[0];
  const Expr& texts = e.operands[1];
  const bool is_kind = texts.kind == collection && (collection != ExprKind::Comprehension || texts.builder != BuilderKind::Object);
  return is_kind && delimiter.kind == ExprKind::Const && delimiter.constant.is_string();
}

void forward_bindings(Plan& plan) {
  for (Function& function : plan.functions) Forward(function).run();
}

}  // namespace psdl::plan
