// What is known before evaluation goes into a plan. In: a plan, and values under paths of `data` and `input`; out: the plan with those reads as constants.
//
// Invariant: a read becomes a constant only where no `with` of the plan can change what it finds: none has a target above, at or below its path, and none
// that leaves its path at something that is no object (a `with` would put an object in its place). All else is read at evaluation, as ever.
#include <algorithm>

#include "plan/given.hpp"
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
    const std::size_t written = plan_.functions.size();
    add_given();
    for (std::size_t i = 0; i < written; ++i) {
      for (RuleBody& body : plan_.functions[i].bodies) rule(body);
      for (RuleBody& body : plan_.functions[i].default_body) rule(body);
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

  // The step from a known value to what is under the next key; null where there is nothing.
  static const Value* step_into(const Value& at, const Chain& chain, std::size_t i) {
    const Value* next = member(at, chain.key(i));
    return next == nullptr && chain.dots[i]->in_base ? stored_member(at, chain.key(i)) : next;
  }
  // Null where there is nothing under the first `size` keys, which begin with the known path.
  static const Value* find(const Chain& chain, const Known& known, std::size_t size) {
    const Value* at = &known.value;
    for (std::size_t i = known.path.size(); at != nullptr && i < size; ++i) at = step_into(*at, chain, i);
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
        replace(e, chain, known);
        return;
      }
      if (known.root == Known::Root::Input && (is_covered || agree == chain.size())) reads_known_input_ = true;
    }
  }

  // ---- Open values.
  static std::size_t count_open(const Value& value) {
    if (is_open(value)) return value.origin() - kFirstGiven + 1;
    std::size_t most = 0;
    if (value.is_array()) {
      for (const Value& item : value.as_array()) most = std::max(most, count_open(item));
    } else if (value.is_object()) {
      for (const Value& item : value.as_object().values()) most = std::max(most, count_open(item));
    }
    return most;
  }

  // Each as a rule whose body nobody can see through; a run that is given its value never runs it.
  void add_given() {
    std::size_t count = 0;
    for (const Known& one : known_) count = std::max(count, count_open(one.value));
    first_given_ = static_cast<std::uint32_t>(plan_.functions.size());
    for (std::size_t i = 0; i < count; ++i) {
      Function made;
      made.path = std::string(kGivenPath) + std::to_string(i);
      made.reads_overlaid = false;
      made.is_given = true;
      RuleBody& body = made.bodies.emplace_back();
      body.value.kind = ExprKind::Dot;
      body.value.operands.resize(2);
      body.value.operands[0].kind = ExprKind::Input;
      body.value.operands[1].constant = Value::string(*plan_.arena, made.path);
      plan_.functions.push_back(std::move(made));
    }
  }

  Expr expr_of(const Value& value, Span span) const {
    Expr made;
    made.span = span;
    if (is_open(value)) {
      made.kind = ExprKind::Rule;
      made.function = first_given_ + (value.origin() - kFirstGiven);
    } else if (!has_open(value)) {
      made.constant = value;
    } else if (value.is_array()) {
      made.kind = ExprKind::Array;
      for (const Value& item : value.as_array()) made.operands.push_back(expr_of(item, span));
    } else {
      made.kind = ExprKind::Object;
      for (std::uint32_t i = 0; i < value.as_object().size(); ++i) {
        made.operands.push_back(expr_of(value.as_object().keys()[i], span));
        made.operands.push_back(expr_of(value.as_object().values()[i], span));
      }
    }
    return made;
  }

  static Expr dot(Expr container, const Value& key, Span span) {
    Expr made;
    made.kind = ExprKind::Dot;
    made.span = span;
    made.operands.resize(2);
    made.operands[0] = std::move(container);
    made.operands[1].constant = key;
    made.operands[1].span = span;
    return made;
  }

  void replace(Expr& e, const Chain& chain, const Known& known) const {
    const Value* at = &known.value;
    std::size_t i = known.path.size();
    for (; at != nullptr && i < chain.size() && !is_open(*at); ++i) at = step_into(*at, chain, i);
    Expr made;
    if (at == nullptr) {  // a member that is not there
      Expr nothing;
      nothing.constant = empty_object();
      nothing.span = e.span;
      made = dot(std::move(nothing), e.operands[1].constant, e.span);
    } else {
      made = expr_of(*at, e.span);
      for (; i < chain.size(); ++i) made = dot(std::move(made), chain.key(i), e.span);  // below what is given
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
  std::uint32_t first_given_ = 0;
  bool reads_known_input_ = false;
};

}  // namespace

bool bind(Plan& plan, std::span<const Known> known) { return Binder(plan, known).run(); }

}  // namespace psdl::plan
