// What is known before evaluation goes into a plan. In: a plan, and values under paths of `data` and `input`; out: the plan with those reads as constants.
//
// Invariant: a read becomes a constant only where no `with` of the plan can change what it finds: none has a target above, at or below its path, and none
// that leaves its path at something that is no object (a `with` would put an object in its place). All else is read at evaluation, as ever.
#include <algorithm>

#include "plan/walk.hpp"
#include "value/builders.hpp"
#include "value/member.hpp"

namespace psdl::plan {
namespace {

// A chain of constant keys from `input` or `data`, as it stands in the plan.
struct Chain {
  Known::Root root = Known::Root::Input;
  std::vector<const Expr*> dots;  // outermost key last

  [[nodiscard]] std::size_t size() const { return dots.size(); }
  [[nodiscard]] const Value& key(std::size_t i) const { return dots[i]->operands[1].constant; }
};

class Binder {
 public:
  Binder(Plan& plan, std::span<const Known> known) : plan_(plan), known_(known) {}

  bool run() {
    for (Function& function : plan_.functions) {
      each_list(function, [this](const Steps& all, const std::vector<Expr*>&) { find_overlays(all); });
    }
    for (Function& function : plan_.functions) {
      for (RuleBody& body : function.bodies) rule(body);
      for (RuleBody& body : function.default_body) rule(body);
    }
    for (const Known& one : known_) plan_.shared_arenas.push_back(one.arena);
    return reads_known_input_;
  }

 private:
  // ---- Overlays: the targets of every `with`.
  void find_overlays(const Steps& all) {
    for (const Step& step : all) {
      for (const OverlayTarget& target : step.overlay.spec.targets) {
        if (target.kind != OverlayTarget::Kind::Mock) targets_.push_back(&target);
      }
    }
  }

  bool may_change(const Chain& chain, const Known& known) const {
    const auto kind = known.root == Known::Root::Input ? OverlayTarget::Kind::Input : OverlayTarget::Kind::Data;
    return std::any_of(targets_.begin(), targets_.end(), [&](const OverlayTarget* target) { return target->kind == kind && meets(chain, known, target->path); });
  }

  bool meets(const Chain& chain, const Known& known, const std::vector<Value>& target) const {
    for (std::size_t i = 0; i < chain.size() && i < target.size(); ++i) {
      if (equal(chain.key(i), target[i])) continue;
      if (!chain.key(i).is_string() || !target[i].is_string()) return true;  // base documents find one by the text of the other
      if (i < known.path.size()) return false;
      const Value* parted = find(chain, known, i);
      return parted == nullptr || !parted->is_object();
    }
    return true;
  }

  // ---- Reads.

  // Null where there is nothing under the first `size` keys, which begin with the known path.
  static const Value* find(const Chain& chain, const Known& known, std::size_t size) {
    const Value* at = &known.value;
    for (std::size_t i = known.path.size(); i < size; ++i) {
      const Value* next = member(*at, chain.key(i));
      if (next == nullptr && chain.dots[i]->in_base) next = stored_member(*at, chain.key(i));
      if (next == nullptr) return nullptr;
      at = next;
    }
    return at;
  }

  // How many keys of the chain and a known path agree from the root on.
  static std::size_t agreement(const Chain& chain, const Known& known) {
    std::size_t i = 0;
    while (i < chain.size() && i < known.path.size() && chain.key(i).is_string() && chain.key(i).as_string() == known.path[i]) ++i;
    return i;
  }

  void read(Expr& e, const Chain& chain) {
    for (const Known& known : known_) {
      if (known.root != chain.root) continue;
      const std::size_t agree = agreement(chain, known);
      const bool is_covered = agree == known.path.size();
      if (is_covered && !may_change(chain, known)) {
        replace(e, find(chain, known, chain.size()));
        return;
      }
      if (known.root == Known::Root::Input && (is_covered || agree == chain.size())) reads_known_input_ = true;
    }
  }

  static void replace(Expr& e, const Value* found) {
    Expr made;
    made.span = e.span;
    if (found != nullptr) {
      made.constant = *found;
    } else {  // a member that is not there
      Expr nothing;
      nothing.constant = empty_object();
      nothing.span = e.span;
      made.kind = ExprKind::Dot;
      made.operands.push_back(std::move(nothing));
      made.operands.push_back(std::move(e.operands[1]));
    }
    e = std::move(made);
  }

  static bool is_chain(const Expr& e, Chain& chain) {
    const Expr* at = &e;
    for (; at->kind == ExprKind::Dot; at = &at->operands[0]) {
      if (at->operands[1].kind != ExprKind::Const) return false;
      chain.dots.push_back(at);
    }
    if (at->kind != ExprKind::Input && at->kind != ExprKind::Data) return false;
    chain.root = at->kind == ExprKind::Input ? Known::Root::Input : Known::Root::Data;
    std::reverse(chain.dots.begin(), chain.dots.end());
    return true;
  }

  void bind(Expr& e) {
    if (e.kind == ExprKind::Dot || e.kind == ExprKind::Input || e.kind == ExprKind::Data) {
      Chain chain;
      if (is_chain(e, chain)) {
        read(e, chain);
        return;
      }
    }
    steps(e.body);
    for (Expr& operand : e.operands) bind(operand);
  }
  void steps(Steps& all) {
    for (Step& step : all) {
      bind(step.a);
      bind(step.b);
      for (Expr& wanted : step.where) bind(wanted);
      for (Expr& value : step.overlay.values) bind(value);
      for (Steps& body : step.bodies) steps(body);
    }
  }
  void rule(RuleBody& body) {
    steps(body.steps);
    for (Expr& key : body.keys) bind(key);
    bind(body.value);
    for (RuleBody& next : body.otherwise) rule(next);
  }

  Plan& plan_;
  std::span<const Known> known_;
  std::vector<const OverlayTarget*> targets_;
  bool reads_known_input_ = false;
};

}  // namespace

bool bind(Plan& plan, std::span<const Known> known) { return Binder(plan, known).run(); }

}  // namespace psdl::plan
