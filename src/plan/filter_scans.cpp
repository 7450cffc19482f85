// Loops that only want elements with a certain value somewhere look for it in one instruction. In: `scan xs: v` followed by `test v.a.b == c`; out: one scan.
//
// Invariant: the test is the first thing after the scan, can record no error, and `c` (a slot set before the loop, or a constant) does not change in it, so that
// passing over an element is all the test ever does. Groupings such as `[x | some x in xs; x.team == team]` spend nine tenths of their time here.
#include "plan/plan.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

constexpr std::size_t kMostFilters = 60'000;  // their numbers have 16 bits

class Pass {
 public:
  void run(Plan& plan) {
    for (Function& function : plan.functions) {
      each_list(function, [this](Steps& all, const std::vector<Expr*>&) {
        for (std::size_t i = 0; i + 1 < all.size(); ++i) {
          if (all[i].kind == StepKind::Scan && all[i].where.empty() && all[i + 1].kind == StepKind::Equal && made_ < kMostFilters) join(all, i);
        }
      });
    }
  }

 private:
  void join(Steps& all, std::size_t at) {
    Step& scan = all[at];
    Step& test = all[at + 1];
    std::vector<Value> path;
    Expr* wanted = nullptr;
    if (is_path_of(test.a, scan.value, path) && is_fixed(test.b, scan)) {
      wanted = &test.b;
    } else if (is_path_of(test.b, scan.value, path) && is_fixed(test.a, scan)) {
      wanted = &test.a;
    }
    if (wanted == nullptr) return;
    scan.where_path = std::move(path);
    scan.where.push_back(std::move(*wanted));
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    ++made_;
  }

  // Names below the slot, outermost first.
  static bool is_path_of(const Expr& e, SlotNumber slot, std::vector<Value>& path) {
    path.clear();
    const Expr* at = &e;
    for (; at->kind == ExprKind::Dot; at = &at->operands[0]) {
      if (at->in_base || at->operands[1].kind != ExprKind::Const || !at->operands[1].constant.is_string()) return false;
      path.insert(path.begin(), at->operands[1].constant);
    }
    return at->kind == ExprKind::Slot && at->slot == slot;
  }

  static bool is_fixed(const Expr& e, const Step& scan) {
    return e.kind == ExprKind::Const || (e.kind == ExprKind::Slot && e.slot != scan.key && e.slot != scan.value);
  }

  std::size_t made_ = 0;
};

}  // namespace

void filter_scans(Plan& plan) { Pass().run(plan); }

}  // namespace psdl::plan
