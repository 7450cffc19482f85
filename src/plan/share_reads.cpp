// What several reads pass through is looked up once. In: `c.securityContext.privileged`,
// `c.securityContext.procMount` .. below one variable or one rule's value; out: a `reach` of what they share, at the
// first of them or before the loop that they stand in, and reads below it. Alternatives side by side that begin with
// such reads become one, which ends where what they share is missing.
//
// Invariant: where what is shared is missing, `reach` gives an empty object, and nothing is below that: each read has
// no answer as before. So only what is read below, never as a value itself, is shared, and only below variables that
// are written once. To look it up records no error and changes nothing; a rule is reached for only where it is total
// (totality.hpp), goes over no collection, and no `with` stands between: it may now be evaluated though nobody comes to
// read it.
#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include "plan/plan.hpp"
#include "plan/totality.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

constexpr std::size_t kLargest = 4'000;  // expressions and steps of a function that is looked at
constexpr std::size_t kCheap = 200;      // of a rule that may be evaluated early

using Names = std::vector<Value>;

// What reads stand below: a variable, or a rule and the variables that are its value.
struct Base {
  std::uint32_t rule = kNoIndex;
  std::vector<SlotNumber> slots;

  [[nodiscard]] bool is(const Expr& e) const {
    if (e.kind == ExprKind::Rule) return e.function == rule;
    return e.kind == ExprKind::Slot && std::find(slots.begin(), slots.end(), e.slot) != slots.end();
  }
};

bool is_name(const Expr& e) {
  if (e.kind != ExprKind::Dot || e.in_base) return false;
  return e.operands[1].kind == ExprKind::Const && e.operands[1].constant.is_string();
}

// What a read stands below.
const Expr& root(const Expr& e) {
  const Expr* at = &e;
  if (at->kind == ExprKind::Dot && !at->in_base) at = &at->operands[0];
  while (is_name(*at)) at = &at->operands[0];
  return *at;
}

// The names of a read below the base, outermost first; nothing where it is no such read. The last may be a computed
// key, which counts as no name.
std::optional<Names> names_below(const Expr& e, const Base& base) {
  const Expr& below = root(e);
  if (&below == &e || !base.is(below)) return std::nullopt;
  Names names;
  for (const Expr* at = &e; at != &below; at = &at->operands[0]) {
    names.push_back(is_name(*at) ? at->operands[1].constant : Value());
  }
  std::reverse(names.begin(), names.end());
  return names;
}

// Calls each(Expr&, names) for every read below the base, whole reads alone. A rule may have another value under a
// `with`: nothing there counts.
template <class Each>
class Reads {
 public:
  Reads(const Base& base, Each each) : base_(base), each_(each) {}

  void step(Step& step) {
    each_own_expr(step, [this](Expr& e) { expr(e); });
    if (step.kind == StepKind::With && base_.rule != kNoIndex) return;
    for (Steps& body : step.bodies) steps(body);
  }
  void steps(Steps& all) {
    for (Step& one : all) step(one);
  }
  void expr(Expr& e) {
    if (const std::optional<Names> names = names_below(e, base_)) {
      if (!is_name(e)) expr(e.operands[1]);
      each_(e, *names);
      return;
    }
    for (Expr& operand : e.operands) expr(operand);
    steps(e.body);
  }

 private:
  const Base& base_;
  Each each_;
};

template <class Each>
void each_read(Step& step, const Base& base, Each each) {
  Reads<Each>(base, each).step(step);
}
template <class Each>
void each_read(Expr& e, const Base& base, Each each) {
  Reads<Each>(base, each).expr(e);
}

bool starts_with(const Names& names, const Names& with) {
  const auto same = [](const Value& a, const Value& b) { return equal(a, b); };
  return names.size() > with.size() && std::equal(with.begin(), with.end(), names.begin(), same);
}

// Puts the slot in the place of what the read shares with others.
void replace(Expr& read, const Names& names, const Names& shared, SlotNumber slot) {
  Expr* at = &read;
  for (std::size_t left = names.size() - shared.size(); left > 0; --left) at = &at->operands[0];
  const Span span = at->span;
  *at = Expr();
  at->kind = ExprKind::Slot;
  at->slot = slot;
  at->span = span;
}

class Sharing {
 public:
  Sharing(const TotalFunctions& total, const std::vector<bool>& cheap, Function& function)
      : total_(total), cheap_(cheap), function_(function) {}

  void run() {
    each_list(function_, [](Steps& steps, const std::vector<Expr*>&) {
      for (Step& step : steps) flatten(step);
    });
    reads_.assign(function_.slots, 0);
    each_expr(function_, [this](const Expr& e) {
      if (e.kind == ExprKind::Dot && root(e).kind == ExprKind::Slot) ++reads_[root(e).slot];
    });
    writes_.assign(function_.slots, 0);
    for (SlotNumber slot = 0; slot < function_.arity; ++slot) ++writes_[slot];
    each_list(function_, [this](const Steps& steps, const std::vector<Expr*>&) {
      for (const Step& step : steps) {
        for (const SlotNumber slot : {step.key, step.value}) {
          if (slot != kNoSlot) ++writes_[slot];
        }
        for (const SlotNumber slot : step.carried) ++writes_[slot];
      }
    });
    for (RuleBody& body : function_.bodies) rule(body);
    for (RuleBody& body : function_.default_body) rule(body);
  }

 private:
  // A part of a choice that is a choice itself becomes its parts. Inner ones were looked at before.
  static void flatten(Step& choice) {
    if (choice.kind != StepKind::Any && choice.kind != StepKind::Each) return;
    std::vector<Steps> bodies;
    for (Steps& body : choice.bodies) {
      const bool is_choice = body.size() == 1 && (body[0].kind == StepKind::Each ||
                                                  (body[0].kind == StepKind::Any && choice.kind == StepKind::Any));
      if (is_choice) {
        std::move(body[0].bodies.begin(), body[0].bodies.end(), std::back_inserter(bodies));
      } else {
        bodies.push_back(std::move(body));
      }
    }
    choice.bodies = std::move(bodies);
  }

  void rule(RuleBody& body) {
    std::vector<Expr*> tail;
    for (Expr& key : body.keys) tail.push_back(&key);
    tail.push_back(&body.value);
    std::map<std::uint32_t, std::size_t> rules;
    const auto count = [&](const Expr& e) {
      if (e.kind == ExprKind::Rule && cheap_[e.function] && total_[e.function]) ++rules[e.function];
    };
    each_expr(body.steps, count);
    for (const Expr* e : tail) each_expr(*e, count);
    for (const auto& [number, uses] : rules) {
      if (uses > 1) share_rule(body.steps, tail, number);
    }
    for (SlotNumber slot = 0; slot < function_.arity; ++slot) share(body.steps, 0, tail, {kNoIndex, {slot}});
    list(body.steps, tail);
    for (RuleBody& next : body.otherwise) rule(next);
  }

  void list(Steps& steps, const std::vector<Expr*>& tail) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const SlotNumber slots[2] = {steps[i].key, steps[i].value};
      for (const SlotNumber slot : slots) {
        if (slot != kNoSlot && steps[i].kind != StepKind::Every) share(steps, i + 1, tail, {kNoIndex, {slot}});
      }
      inner_lists(steps[i], tail,
                  [this](Steps& inner, const std::vector<Expr*>& inner_tail) { list(inner, inner_tail); });
      if (steps[i].kind != StepKind::Every) continue;
      for (const SlotNumber slot : slots) {
        if (slot != kNoSlot) share(steps[i].bodies[0], 0, {}, {kNoIndex, {slot}});
      }
    }
    for (Expr* e : tail)
      comprehensions(*e, [this](Steps& inner, const std::vector<Expr*>& inner_tail) { list(inner, inner_tail); });
  }

  // each(Steps&, tail) for the lists that stand directly in a step.
  template <class Each>
  static void inner_lists(Step& step, const std::vector<Expr*>& tail, Each each) {
    each_own_expr(step, [&](Expr& e) { comprehensions(e, each); });
    for (Steps& body : step.bodies) each(body, step.kind == StepKind::Each ? tail : std::vector<Expr*>{});
  }
  template <class Each>
  static void comprehensions(Expr& e, Each each) {
    if (e.kind != ExprKind::Comprehension) {
      for (Expr& operand : e.operands) comprehensions(operand, each);
      return;
    }
    std::vector<Expr*> tail;
    for (Expr& operand : e.operands) tail.push_back(&operand);
    each(e.body, tail);
  }

  // ---- One base.
  [[nodiscard]] bool is_written_once(SlotNumber slot) const { return slot >= writes_.size() || writes_[slot] == 1; }
  void share(Steps& steps, std::size_t from, const std::vector<Expr*>& tail, const Base& base) {
    const SlotNumber slot = base.slots[0];
    if (slot < reads_.size() && reads_[slot] < 4) return;  // two reads of two names each count as two each
    if (!is_written_once(slot)) return;
    for (const Names& shared : groups(steps, from, tail, base)) place(steps, from, tail, base, shared);
  }

  // What at least two reads pass through, for each first name: as much as all of them share.
  static std::vector<Names> groups(Steps& steps, std::size_t from, const std::vector<Expr*>& tail, const Base& base) {
    struct Group {
      std::size_t reads = 0;
      Names shared;
    };
    std::vector<Group> found;
    const auto add = [&](Expr&, const Names& names) {
      if (names.size() < 2) return;
      const auto group =
          std::find_if(found.begin(), found.end(), [&](const Group& one) { return equal(one.shared[0], names[0]); });
      if (group == found.end()) {
        found.push_back({1, Names(names.begin(), names.end() - 1)});
        return;
      }
      ++group->reads;
      std::size_t same = 0;
      while (same < group->shared.size() && same + 1 < names.size() && equal(group->shared[same], names[same])) ++same;
      group->shared.resize(same);
    };
    for (std::size_t i = from; i < steps.size(); ++i) each_read(steps[i], base, add);
    for (Expr* e : tail) each_read(*e, base, add);
    std::vector<Names> made;
    for (Group& group : found) {
      if (group.reads > 1) made.push_back(std::move(group.shared));
    }
    return made;
  }

  void share_rule(Steps& steps, const std::vector<Expr*>& tail, std::uint32_t number) {
    Base base{number, {}};
    aliases(steps, base);
    std::size_t reads = 0;
    const auto count = [&](Expr&, const Names&) { ++reads; };
    for (Step& step : steps) each_read(step, base, count);
    for (Expr* e : tail) each_read(*e, base, count);
    if (reads > 1) place(steps, 0, tail, base, {});
  }

  // Variables that are bound to the rule's value and to nothing else.
  void aliases(Steps& steps, Base& base) const {
    for (Step& step : steps) {
      if (step.kind == StepKind::With) continue;
      if (step.kind == StepKind::Bind && step.a.kind == ExprKind::Rule && step.a.function == base.rule &&
          is_written_once(step.value))
        base.slots.push_back(step.value);
      inner_lists(step, {}, [&](Steps& inner, const std::vector<Expr*>&) { aliases(inner, base); });
    }
  }

  // Where the reads begin: in a list that holds them all, before the first loop that holds one.
  void place(Steps& steps, std::size_t from, const std::vector<Expr*>& tail, const Base& base, const Names& shared) {
    const auto is_read = [&](auto& part) {
      bool found = false;
      each_read(part, base, [&](Expr&, const Names& names) { found = found || starts_with(names, shared); });
      return found;
    };
    std::vector<std::size_t> readers;
    for (std::size_t i = from; i < steps.size(); ++i) {
      if (is_read(steps[i])) readers.push_back(i);
    }
    const bool in_tail = std::any_of(tail.begin(), tail.end(), [&](Expr* e) { return is_read(*e); });
    if (readers.size() == 1 && !in_tail) {
      std::vector<std::pair<Steps*, std::vector<Expr*>>> inner;
      bool is_own = false;
      each_own_expr(steps[readers[0]], [&](Expr& e) { is_own = is_own || reads_itself(e, base, shared); });
      inner_lists(steps[readers[0]], {}, [&](Steps& list, const std::vector<Expr*>& list_tail) {
        const bool reads = std::any_of(list.begin(), list.end(), is_read) ||
                           std::any_of(list_tail.begin(), list_tail.end(), [&](Expr* e) { return is_read(*e); });
        if (reads) inner.emplace_back(&list, list_tail);
      });
      if (!is_own && inner.size() == 1) {
        place(*inner[0].first, 0, inner[0].second, base, shared);
        return;
      }
    }
    if (readers.size() == 1 && !in_tail && nest(steps[readers[0]], base, shared)) return;
    std::size_t at = readers.empty() ? steps.size() : readers[0];
    for (std::size_t i = from; i < at; ++i) {
      if (steps[i].kind == StepKind::Scan) at = i;
    }
    put(steps, at, tail, base, shared);
  }

  // False: it is no choice whose alternatives that read below the base stand side by side and all begin with such a
  // read.
  bool nest(Step& any, const Base& base, const Names& shared) {
    if (any.kind != StepKind::Any && any.kind != StepKind::Each) return false;
    const auto reads_first = [&](Steps& body) { return !body.empty() && begins_with_read(body[0], base, shared); };
    const auto reads = [&](Steps& body) {
      bool found = false;
      for (Step& step : body)
        each_read(step, base, [&](Expr&, const Names& names) { found = found || starts_with(names, shared); });
      return found;
    };
    const auto first = std::find_if(any.bodies.begin(), any.bodies.end(), reads_first);
    const auto last = std::find_if_not(first, any.bodies.end(), reads_first);
    if (last - first < 2 || std::any_of(any.bodies.begin(), first, reads) || std::any_of(last, any.bodies.end(), reads))
      return false;
    Step inner;
    inner.kind = any.kind;
    inner.span = any.span;
    inner.bodies.assign(std::make_move_iterator(first), std::make_move_iterator(last));
    Steps body;
    body.push_back(std::move(inner));
    put(body, 0, {}, base, shared);
    body.front().kind = StepKind::Bind;
    any.bodies.insert(any.bodies.erase(first, last), std::move(body));
    return true;
  }

  // Whether the first thing that the step does is to read below the base, and it does not hold where there is nothing.
  static bool begins_with_read(const Step& step, const Base& base, const Names& shared) {
    switch (step.kind) {
      case StepKind::Test:
      case StepKind::Bind:
      case StepKind::Equal:
      case StepKind::Compare:
      case StepKind::In:
      case StepKind::Scan: break;
      default: return false;
    }
    const std::optional<Names> names = names_below(step.a, base);
    return names.has_value() && starts_with(*names, shared);
  }

  // Whether the expression reads below the base outside of comprehensions.
  static bool reads_itself(Expr& e, const Base& base, const Names& shared) {
    if (e.kind == ExprKind::Comprehension) return false;
    if (const std::optional<Names> names = names_below(e, base)) return starts_with(*names, shared);
    return std::any_of(e.operands.begin(), e.operands.end(),
                       [&](Expr& operand) { return reads_itself(operand, base, shared); });
  }

  void put(Steps& steps, std::size_t at, const std::vector<Expr*>& tail, const Base& base, const Names& shared) {
    Step reach;
    reach.kind = StepKind::Reach;
    reach.value = function_.slots++;
    if (base.rule != kNoIndex) {
      reach.a.kind = ExprKind::Rule;
      reach.a.function = base.rule;
    } else {
      reach.a.kind = ExprKind::Slot;
      reach.a.slot = base.slots[0];
    }
    for (const Value& name : shared) {
      Expr dot;
      dot.kind = ExprKind::Dot;
      dot.operands.push_back(std::move(reach.a));
      dot.operands.emplace_back();
      dot.operands.back().constant = name;
      reach.a = std::move(dot);
    }
    const SlotNumber slot = reach.value;
    const auto change = [&](Expr& read, const Names& names) {
      if (starts_with(names, shared)) replace(read, names, shared, slot);
    };
    for (std::size_t i = at; i < steps.size(); ++i) each_read(steps[i], base, change);
    for (Expr* e : tail) each_read(*e, base, change);
    steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(at), std::move(reach));
    share(steps, at + 1, tail, {kNoIndex, {slot}});
  }

  const TotalFunctions& total_;
  const std::vector<bool>& cheap_;
  Function& function_;
  std::vector<std::size_t> reads_;   // below each slot, parts of reads counted too
  std::vector<std::size_t> writes_;  // of each slot; those made here have one
};

// Rules that only read: no loop, no call of a function.
std::vector<bool> cheap_rules(Plan& plan) {
  std::vector<bool> cheap(plan.functions.size(), false);
  const auto is_cheap = [&](Function& function) {
    if (function.kind != FunctionKind::Complete || function.is_shadowable) return false;
    std::size_t size = 0;
    bool fits = true;
    each_list(function, [&](const Steps& steps, const std::vector<Expr*>& tail) {
      for (const Step& step : steps)
        fits = fits && step.kind != StepKind::Scan && step.kind != StepKind::Each && step.kind != StepKind::Every &&
               step.kind != StepKind::With;
      size += steps.size() + tail.size();
    });
    each_expr(function, [&](const Expr& e) {
      ++size;
      fits = fits && e.kind != ExprKind::Comprehension && e.kind != ExprKind::Function &&
             (e.kind != ExprKind::Rule || cheap[e.function]);
    });
    return fits && size <= kCheap;
  };
  // As deep as rules that read rules that read others are in policies that people write.
  for (int round = 0; round < 4; ++round) {
    for (std::size_t i = 0; i < cheap.size(); ++i) cheap[i] = cheap[i] || is_cheap(plan.functions[i]);
  }
  return cheap;
}

}  // namespace

void share_reads(Plan& plan) {
  const TotalFunctions total = total_functions(plan);
  const std::vector<bool> cheap = cheap_rules(plan);
  for (Function& function : plan.functions) {
    std::size_t size = 0;
    for (const RuleBody& body : function.bodies) size += size_of(body.steps);
    if (size <= kLargest) Sharing(total, cheap, function).run();
  }
}

}  // namespace psdl::plan
