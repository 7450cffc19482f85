// What is read from the document is asked before what a rule excludes. In: `not pods.runs_on_windows; not container.securityContext.x == false`; out: the
// two the other way round. A container is as it should be far more often than it is exempt, and where it is, the rule need not be asked. A rule that must
// hold stays where it is: it is mostly there to keep what follows from being asked.
//
// Invariant: both are total (totality.hpp) and bind nothing that the other reads, so that either order has the same solutions, errors and prints. Locating
// findings runs the plan as it was written, where the last read counts: a rule file's own order is what decides where a finding stands.
#include "builtins/builtin.hpp"
#include "plan/plan.hpp"
#include "plan/totality.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

class ReadFirst {
 public:
  explicit ReadFirst(Plan& plan) : plan_(plan), total_(total_functions(plan)), totality_(plan, total_) {}

  void run() {
    for (Function& function : plan_.functions) {
      each_list(function, [this](Steps& steps, const std::vector<Expr*>&) { sink(steps); });
    }
  }

 private:
  // From the last step, so that what sinks does not meet what sinks after it.
  void sink(Steps& steps) const {
    for (std::size_t i = steps.size(); i-- > 0;) {
      if (!excludes(steps[i])) continue;
      for (std::size_t at = i; at + 1 < steps.size() && comes_first(steps, at + 1); ++at) std::swap(steps[at], steps[at + 1]);
    }
  }

  // A loop where its elements are tested at once: mostly there are few, and none that passes.
  [[nodiscard]] bool comes_first(const Steps& steps, std::size_t at) const {
    if (is_read(steps[at])) return true;
    if (steps[at].kind != StepKind::Scan || !is_path(steps[at].a)) return false;
    return at + 1 < steps.size() && steps[at + 1].kind != StepKind::Bind && is_read(steps[at + 1]);
  }

  // `not` of a rule alone.
  [[nodiscard]] bool excludes(const Step& step) const {
    if (step.kind != StepKind::Not || step.bodies[0].size() != 1) return false;
    const Step& asked = step.bodies[0].front();
    return asked.kind == StepKind::Test && asked.a.kind == ExprKind::Rule && total_[asked.a.function];
  }

  // A step that takes no longer than to ask a rule whose value is known.
  [[nodiscard]] bool is_read(const Step& step) const {
    switch (step.kind) {
      case StepKind::Test: return is_path(step.a) || is_membership(step.a);
      case StepKind::Bind:
      case StepKind::In: return is_path(step.a);
      case StepKind::Equal:
      case StepKind::Compare: return is_path(step.a) && is_path(step.b);
      case StepKind::Not: return step.bodies[0].size() == 1 && is_read(step.bodies[0].front());
      default: return false;
    }
  }

  // Names below a slot, the input or what a rule gives, or a constant. Reading them is total.
  [[nodiscard]] bool is_path(const Expr& e) const {
    if (e.kind == ExprKind::Dot) {
      const Expr& container = e.operands[0];
      const bool is_rule = container.kind == ExprKind::Rule && total_[container.function];
      return (is_rule || is_path(container)) && e.operands[1].kind == ExprKind::Const;
    }
    return e.kind == ExprKind::Slot || e.kind == ExprKind::Const || e.kind == ExprKind::Input;
  }

  [[nodiscard]] bool is_membership(const Expr& e) const {
    if (e.kind != ExprKind::Builtin || e.mock != kNoIndex || e.builtin->name != "internal.member_2") return false;
    return totality_.is_total(e) && is_path(e.operands[0]) && is_path(e.operands[1]);
  }

  Plan& plan_;
  const TotalFunctions total_;
  const Totality totality_;
};

}  // namespace

void read_first(Plan& plan) { ReadFirst(plan).run(); }

}  // namespace psdl::plan
