// What no given value decides is found once for all runs over one document. In: a plan that was bound to open values and optimised; out: the same answers, with
// the leading steps of bodies as rules of their own (`.. before 3`), which are remembered from run to run, and those bodies of the entry set that depend on nothing
// given in a set of theirs (`.. whatever is given`).
//
// Invariant: solutions stay the same as a set. Steps are moved before others only where they can meet no conflict: what they record of builtins' errors
// counts for nothing, as whoever shares runs is not strict. A plan that has a `with` or prints is left alone.
#include <iterator>
#include <map>
#include <set>

#include "builtins/builtin.hpp"
#include "plan/given.hpp"
#include "plan/totality.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

constexpr std::size_t kMostBodies = 64;  // of one function, after its alternatives were taken apart
constexpr std::size_t kLeastShared = 3;  // expressions and steps that are worth a rule of their own

Expr slot_expr(SlotNumber slot) {
  Expr made;
  made.kind = ExprKind::Slot;
  made.slot = slot;
  return made;
}
Expr rule_expr(std::uint32_t function) {
  Expr made;
  made.kind = ExprKind::Rule;
  made.function = function;
  return made;
}
Step bind_step(SlotNumber slot, Expr a, Span span) {
  Step made;
  made.kind = StepKind::Bind;
  made.value = slot;
  made.a = std::move(a);
  made.span = span;
  return made;
}

// Slots that some steps write, at any depth.
class Writes {
 public:
  void step(const Step& step) {
    add(step.key);
    add(step.value);
  }
  void expr(const Expr&) {}
  std::set<SlotNumber> slots;

 private:
  void add(SlotNumber slot) {
    if (slot != kNoSlot) slots.insert(slot);
  }
};
std::set<SlotNumber> written(const Step& step) {
  Writes writes;
  Walk<Writes>(writes).one(step);
  return std::move(writes.slots);
}

template <class Part>
void add_reads(Part& part, std::set<SlotNumber>& into) {
  each_expr(part, [&](const Expr& e) {
    if (e.kind == ExprKind::Slot) into.insert(e.slot);
  });
}
std::set<SlotNumber> read(const Step& step) {
  std::set<SlotNumber> reads;
  const Steps one{step};
  add_reads(one, reads);
  return reads;
}

class Sharing {
 public:
  Sharing(Plan& plan, std::uint32_t entry) : plan_(plan), entry_(entry) {}

  Shared run() {
    find_dependent();
    Shared made;
    if (!has_effects()) {
      total_ = total_functions(plan_, Strictness::ConflictsAlone);
      const std::size_t count = plan_.functions.size();
      for (std::uint32_t i = 0; i < count; ++i) {
        if (may_change(i)) function(i);
      }
      made.members = add_members();
      made.guards = guards();
      made.is_guarded = made.guards.size() == plan_.functions[entry_].bodies.size() && plan_.functions[entry_].default_body.empty();
      find_dependent();
    }
    for (std::uint32_t i = 0; i < plan_.functions.size(); ++i) {
      const Function& function = plan_.functions[i];
      if (depends_[i] && !function.is_given && function.arity == 0 && function.kind != FunctionKind::Function) made.changing.push_back(i);
    }
    return made;
  }

 private:
  // ---- What depends on given values.
  void find_dependent() {
    depends_.assign(plan_.functions.size(), false);
    for (bool is_new = true; is_new;) {
      is_new = false;
      for (std::uint32_t i = 0; i < plan_.functions.size(); ++i) {
        if (depends_[i] || !depends(plan_.functions[i])) continue;
        depends_[i] = is_new = true;
      }
    }
  }
  bool depends(const Function& function) const {
    if (function.is_given) return true;
    bool found = std::any_of(function.children.begin(), function.children.end(), [this](const ExtentChild& child) { return depends_[child.function]; });
    each_expr(function, [&](const Expr& e) { found = found || names_dependent(e); });
    return found;
  }
  bool names_dependent(const Expr& e) const { return e.function != kNoIndex && depends_[e.function]; }
  template <class Part>
  bool depends(const Part& part) const {
    bool found = false;
    each_expr(part, [&](const Expr& e) { found = found || names_dependent(e); });
    return found;
  }

  bool has_effects() const {
    bool found = false;
    struct Hooks {
      bool& found;
      void step(const Step& step) { found = found || step.kind == StepKind::With; }
      void expr(const Expr& e) {
        found = found || (e.kind == ExprKind::Builtin && (e.builtin->name == "trace" || e.builtin->name.starts_with("internal.print")));
      }
    };
    Hooks hooks{found};
    for (const Function& function : plan_.functions) Walk<Hooks>(hooks).function(function);
    return found;
  }

  bool may_change(std::uint32_t number) const {
    const Function& function = plan_.functions[number];
    const bool has_kind = function.kind == FunctionKind::Complete || function.kind == FunctionKind::Set || function.kind == FunctionKind::Object;
    return depends_[number] && has_kind && !function.is_given && !function.is_shadowable && !function.dispatch.has_value();
  }

  // ---- Bodies.
  void function(std::uint32_t number) {
    function_ = number;
    std::vector<RuleBody> bodies;
    std::vector<RuleBody> before = std::move(plan_.functions[number].bodies);
    for (RuleBody& body : before) {
      if (!body.otherwise.empty() || bodies.size() > kMostBodies) {
        bodies.push_back(std::move(body));
      } else {
        split(std::move(body), bodies);
      }
    }
    std::vector<RuleBody> kept;
    for (RuleBody& body : bodies) {
      if (body.otherwise.empty() && !share_body(body)) continue;
      kept.push_back(std::move(body));
    }
    plan_.functions[number].bodies = std::move(kept);
  }
  SlotNumber new_slot() { return plan_.functions[function_].slots++; }

  // Alternatives at the end as bodies of their own.
  void split(RuleBody body, std::vector<RuleBody>& into) {
    if (body.steps.empty() || body.steps.back().kind != StepKind::Each || into.size() + body.steps.back().bodies.size() > kMostBodies) {
      into.push_back(std::move(body));
      return;
    }
    Step each = std::move(body.steps.back());
    body.steps.pop_back();
    for (Steps& alternative : each.bodies) {
      RuleBody one = body;
      one.steps.insert(one.steps.end(), std::make_move_iterator(alternative.begin()), std::make_move_iterator(alternative.end()));
      write_own_slots(one);
      split(std::move(one), into);
    }
  }

  void write_own_slots(RuleBody& body) {
    std::map<SlotNumber, SlotNumber> names;
    const auto rename = [&](SlotNumber& slot) {
      if (slot == kNoSlot) return;
      const auto [at, is_new] = names.emplace(slot, 0);
      if (is_new) at->second = new_slot();
      slot = at->second;
    };
    ListWalk writes([&](Steps& steps, const std::vector<Expr*>&) {
      for (Step& step : steps) {
        rename(step.key);
        rename(step.value);
        for (SlotNumber& slot : step.carried) rename(slot);
      }
    });
    writes.rule(body);
    const auto reads = [&](Expr& e) {
      if (e.kind != ExprKind::Slot) return;
      if (const auto at = names.find(e.slot); at != names.end()) e.slot = at->second;
    };
    each_expr(body.steps, reads);
    for (Expr& key : body.keys) each_expr(key, reads);
    each_expr(body.value, reads);
  }

  // False: the body went into the set of what holds whatever is given.
  bool share_body(RuleBody& body) {
    part_negations(body.steps);
    look_up(body);
    Steps front;
    Steps rest;
    part(body.steps, front, rest);
    const bool is_free = rest.empty() && !depends(body.value) && std::none_of(body.keys.begin(), body.keys.end(), [this](const Expr& key) { return depends(key); });
    if (is_free && function_ == entry_ && plan_.functions[function_].kind == FunctionKind::Set) {
      body.steps = std::move(front);
      members_.push_back(std::move(body));
      return false;
    }
    if (size_of(front) < kLeastShared) {
      front.insert(front.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
      body.steps = std::move(front);
      return true;
    }
    std::set<SlotNumber> wanted;
    add_reads(rest, wanted);
    for (const Expr& key : body.keys) add_reads(key, wanted);
    add_reads(body.value, wanted);
    body.steps = read_shared(std::move(front), wanted, body.span);
    body.steps.insert(body.steps.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
    return true;
  }

  // `not (a or b)` is `not a` and `not b`: the one may depend on what is given, the other not.
  static void part_negations(Steps& steps) {
    Steps made;
    for (Step& step : steps) {
      std::vector<Steps> alternatives;
      if (step.kind == StepKind::Not) add_alternatives(step.bodies[0], alternatives);
      if (alternatives.size() < 2) {
        made.push_back(std::move(step));
        continue;
      }
      for (Steps& alternative : alternatives) {
        Step one = step;
        one.bodies.assign(1, std::move(alternative));
        made.push_back(std::move(one));
      }
    }
    steps = std::move(made);
  }
  // Lists one of which has a solution where `steps` have one.
  static void add_alternatives(const Steps& steps, std::vector<Steps>& into) {
    const bool is_choice = steps.size() == 1 && (steps[0].kind == StepKind::Any || steps[0].kind == StepKind::Each);
    if (!is_choice) {
      into.push_back(steps);
      return;
    }
    for (const Steps& body : steps[0].bodies) add_alternatives(body, into);
  }

  // A loop over members that goes on with one name alone looks that name up.
  void look_up(RuleBody& body) {
    for (std::size_t i = 0; i + 1 < body.steps.size(); ++i) {
      Step& scan = body.steps[i];
      const Step& test = body.steps[i + 1];
      if (scan.kind != StepKind::Scan || scan.key == kNoSlot || !scan.where.empty() || test.kind != StepKind::Equal) continue;
      const auto is_key = [&](const Expr& e) { return e.kind == ExprKind::Slot && e.slot == scan.key; };
      const auto is_name = [](const Expr& e) { return e.kind == ExprKind::Const && e.constant.is_string(); };
      const bool is_left = is_key(test.a) && is_name(test.b);
      if (!is_left && !(is_name(test.a) && is_key(test.b))) continue;
      const Expr name = is_left ? test.b : test.a;
      const SlotNumber key = scan.key;
      Expr member;
      member.kind = ExprKind::Dot;
      member.span = scan.span;
      member.operands.push_back(std::move(scan.a));
      member.operands.push_back(name);
      Step found = bind_step(scan.value != kNoSlot ? scan.value : new_slot(), std::move(member), scan.span);
      scan = std::move(found);
      body.steps.erase(body.steps.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      const auto replace = [&](Expr& e) {
        if (e.kind == ExprKind::Slot && e.slot == key) e = name;
      };
      each_expr(body.steps, replace);
      for (Expr& each : body.keys) each_expr(each, replace);
      each_expr(body.value, replace);
    }
  }

  // Into steps that nothing given decides, and the others, each in order.
  void part(Steps& steps, Steps& front, Steps& rest) {
    const Totality totality(plan_, total_, Strictness::ConflictsAlone);
    std::set<SlotNumber> late;  // written by what stays behind
    for (Step& step : steps) {
      const std::set<SlotNumber> reads = read(step);
      const bool is_early = !depends(Steps{step}) && std::none_of(reads.begin(), reads.end(), [&](SlotNumber slot) { return late.contains(slot); }) &&
                            step.kind != StepKind::Each && (rest.empty() || totality.is_total(step));
      if (!is_early) late.merge(written(step));
      (is_early ? front : rest).push_back(std::move(step));
    }
  }

  // The steps as a rule, and what reads its solutions: the slots that are wanted.
  Steps read_shared(Steps front, const std::set<SlotNumber>& wanted, Span span) {
    std::vector<SlotNumber> slots;
    for (const Step& step : front) {
      for (const SlotNumber slot : written(step)) {
        if (wanted.contains(slot) && std::find(slots.begin(), slots.end(), slot) == slots.end()) slots.push_back(slot);
      }
    }
    Function made;
    made.path = plan_.functions[function_].path + " before " + std::to_string(plan_.functions.size());
    made.slots = plan_.functions[function_].slots;
    made.reads_input = true;
    made.reads_data = true;
    made.span = span;
    RuleBody& body = made.bodies.emplace_back();
    body.span = span;
    Steps reading;
    Step step;
    step.span = span;
    step.a = rule_expr(static_cast<std::uint32_t>(plan_.functions.size()));
    if (slots.empty()) {
      made.stop_at_first = true;
      body.steps = std::move(front);
      body.value.constant = Value::boolean(true);
      reading.push_back(std::move(step));
    } else {
      body.value.kind = ExprKind::Comprehension;
      body.value.body = std::move(front);
      Expr row;
      row.kind = ExprKind::Array;
      for (const SlotNumber slot : slots) row.operands.push_back(slot_expr(slot));
      body.value.operands.push_back(slots.size() == 1 ? slot_expr(slots[0]) : std::move(row));
      step.kind = StepKind::Scan;
      step.value = slots.size() == 1 ? slots[0] : new_slot();
      const SlotNumber from = step.value;
      reading.push_back(std::move(step));
      for (std::size_t i = 0; slots.size() > 1 && i < slots.size(); ++i) {
        Expr item;
        item.kind = ExprKind::Dot;
        item.operands.push_back(slot_expr(from));
        item.operands.emplace_back().constant = Value::integer(static_cast<std::int64_t>(i));
        reading.push_back(bind_step(slots[i], std::move(item), span));
      }
    }
    made_.insert(static_cast<std::uint32_t>(plan_.functions.size()));
    plan_.functions.push_back(std::move(made));
    depends_.push_back(false);
    total_.push_back(false);
    return reading;
  }

  // What the entry's bodies ask first, of those that begin with a rule made here.
  std::vector<std::uint32_t> guards() const {
    std::vector<std::uint32_t> found;
    for (const RuleBody& body : plan_.functions[entry_].bodies) {
      if (!body.otherwise.empty() || body.steps.empty()) continue;
      const Step& first = body.steps.front();
      const bool asks = (first.kind == StepKind::Scan || first.kind == StepKind::Test) && first.a.kind == ExprKind::Rule;
      if (asks && made_.contains(first.a.function)) found.push_back(first.a.function);
    }
    return found;
  }

  std::uint32_t add_members() {
    if (members_.empty()) return kNoIndex;
    Function made = plan_.functions[entry_];
    made.path += " whatever is given";
    made.bodies = std::move(members_);
    made.default_body.clear();
    plan_.functions.push_back(std::move(made));
    return static_cast<std::uint32_t>(plan_.functions.size() - 1);
  }

  Plan& plan_;
  std::uint32_t entry_;
  std::vector<bool> depends_;  // by function
  TotalFunctions total_;
  std::uint32_t function_ = 0;  // the one at hand
  std::vector<RuleBody> members_;
  std::set<std::uint32_t> made_;  // rules of leading steps
};

}  // namespace

Shared share(Plan& plan, std::uint32_t entry) { return Sharing(plan, entry).run(); }

}  // namespace psdl::plan
