// Constants go where their slots are read, what they decide is decided, and what can never hold goes. In: a plan; out: the plan with fewer steps.
//
// Invariant: results, conflicts and errors stay as they were; what the tracing twin notes does not matter, as it runs the plan as it was written.
//   - A slot is replaced by a constant only where the Bind that wrote it is the last writer on every way; the verifier has shown that slots are written
//     before they are read, so where a slot has one writer that is everywhere.
//   - What stands after a step that never holds is not reached and goes. What stands before it goes too, but only if it is total: it can record no error, meet
//     no conflict and print nothing. Where it must stay, a test that never holds ends it.
//   - Whether the first success of a function decides (`stop_at_first`) is left alone when bodies go: the others may record errors.
//   - A call becomes its function's value only where that depends on nothing: one body without steps, no data that a `with` may put in its place, no mock.
//   - Functions keep their numbers, and stay where all of their bodies went.
#include <algorithm>
#include <optional>
#include <unordered_map>

#include "builtins/builtin.hpp"
#include "plan/fold.hpp"
#include "plan/given.hpp"
#include "plan/totality.hpp"
#include "plan/walk.hpp"
#include "value/builders.hpp"
#include "value/member.hpp"

namespace psdl::plan {
namespace {

bool is_const(const Expr& e) { return e.kind == ExprKind::Const; }

bool all_const(const Exprs& all) { return std::all_of(all.begin(), all.end(), is_const); }

// What a list of steps comes to. Ends: it never holds, but what it does on the way must be done.
enum class Fate : std::uint8_t { Open, Never, Ends };

// What is known of a function once it was rewritten.
struct Facts {
  std::optional<Value> value;  // what each call gives
  bool is_undefined = false;   // no call gives a value
};

// How often each slot of a function is written.
class Writers {
 public:
  explicit Writers(const Function& function) : counts_(function.slots, 0) {
    for (SlotNumber slot = 0; slot < function.arity; ++slot) add(slot);
    Walk<Writers>(*this).function(function);
  }
  void step(const Step& step) {
    if (step.key != kNoSlot) add(step.key);
    if (step.value != kNoSlot) add(step.value);
  }
  void expr(const Expr&) {}
  [[nodiscard]] bool is_single(SlotNumber slot) const { return counts_[slot] == 1; }
  [[nodiscard]] std::size_t size() const { return counts_.size(); }

 private:
  void add(SlotNumber slot) {
    if (slot >= counts_.size()) counts_.resize(slot + 1, 0);
    ++counts_[slot];
  }
  std::vector<std::uint32_t> counts_;
};

// One function, rewritten in the order in which it is evaluated.
class FunctionPass {
 public:
  FunctionPass(Plan& plan, CallFolder& calls, const std::vector<Facts>& facts, const TotalFunctions& total, std::uint32_t number)
      : plan_(plan),
        calls_(calls),
        facts_(facts),
        totality_(plan, total),
        function_(plan.functions[number]),
        writers_(function_),
        known_(writers_.size()) {}

  void run() {
    if (function_.dispatch.has_value()) return;  // counts bodies
    std::erase_if(function_.bodies, [this](RuleBody& body) { return !chain(body); });
    for (RuleBody& body : function_.default_body) static_cast<void>(rule(body));
  }

 private:
  // ---- Bodies of the function.

  // A rule and its else branches. False: none of them can give a value, and nothing of them need be kept.
  bool chain(RuleBody& first) {
    const bool stays = rule(first);
    if (first.otherwise.empty()) return stays;
    const bool is_certain = stays && first.steps.empty() && is_const(first.value);
    if (is_certain || !chain(first.otherwise.front())) first.otherwise.clear();
    if (stays || first.otherwise.empty()) return stays;
    RuleBody next = std::move(first.otherwise.front());
    first = std::move(next);
    return true;
  }

  // False: it never gives a value, and may go.
  bool rule(RuleBody& body) {
    const Fate fate = steps(body.steps);
    if (fate != Fate::Open) {
      not_reached(body);
      return fate == Fate::Ends;
    }
    bool yields = true;
    for (Expr& key : body.keys) yields = expr(key) && yields;
    yields = expr(body.value) && yields;
    if (yields || !totality_.are_total(body.keys) || !totality_.is_total(body.value) || !totality_.are_total(body.steps)) return true;
    body.steps.assign(1, never(body.span));
    not_reached(body);
    return false;
  }

  // What its expressions read may be gone.
  static void not_reached(RuleBody& body) {
    for (Expr& key : body.keys) become(key, Value::null());
    become(body.value, Value::null());
  }

  // ---- Steps.

  enum class StepFate : std::uint8_t { Stays, Holds, Never, Ends };

  static Step never(Span span) {
    Step made;
    made.span = span;
    made.a.constant = Value::boolean(false);
    made.a.span = span;
    return made;
  }

  // Never: `all` is one test that never holds.
  Fate steps(Steps& all) {
    std::size_t kept = 0;
    bool has_single = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const StepFate fate = step(all[i]);
      if (fate == StepFate::Holds) continue;
      if (fate == StepFate::Never) return cut(all, kept, all[i].span);
      if (kept != i) all[kept] = std::move(all[i]);
      ++kept;
      if (fate == StepFate::Ends) {
        all.resize(kept);
        return Fate::Ends;
      }
      has_single = has_single || is_plain_once(all[kept - 1]);
    }
    all.resize(kept);
    if (has_single) splice(all);
    return Fate::Open;
  }

  // Leaves of the first `kept` steps what must be done though nothing comes of it.
  Fate cut(Steps& all, std::size_t kept, Span span) {
    while (kept > 0 && totality_.is_total(all[kept - 1])) --kept;
    all.resize(kept);
    all.push_back(never(span));
    return kept == 0 ? Fate::Never : Fate::Ends;
  }

  // One body that has one solution at most is as good as its steps.
  static bool is_plain_once(const Step& step) { return step.kind == StepKind::Any && step.bodies.size() == 1 && !generates(step.bodies[0]); }
  static void splice(Steps& all) {
    Steps made;
    made.reserve(all.size());
    for (Step& step : all) {
      if (is_plain_once(step)) {
        for (Step& inner : step.bodies[0]) made.push_back(std::move(inner));
      } else {
        made.push_back(std::move(step));
      }
    }
    all = std::move(made);
  }

  // A step that has no answer: whether what it computes before that must be kept.
  StepFate without_answer(const Step& step) const { return totality_.is_total(step.a) && totality_.is_total(step.b) ? StepFate::Never : StepFate::Ends; }

  static StepFate decided(bool holds) { return holds ? StepFate::Holds : StepFate::Never; }

  StepFate step(Step& s) {
    switch (s.kind) {
      case StepKind::Test:
        if (!expr(s.a)) return without_answer(s);
        return is_const(s.a) ? decided(s.a.constant.holds()) : StepFate::Stays;
      case StepKind::Bind:
        return bind(s);
      case StepKind::Equal:
      case StepKind::Compare: {
        const bool is_defined = expr(s.a);
        if (!expr(s.b) || !is_defined) return without_answer(s);
        if (!is_const(s.a) || !is_const(s.b)) return StepFate::Stays;
        if (s.kind == StepKind::Equal) return decided(equal(s.a.constant, s.b.constant));
        return decided(holds(s.compare, compare(s.a.constant, s.b.constant)));
      }
      case StepKind::Scan:
        return scan(s);
      case StepKind::ArrayLength:
        if (!expr(s.a)) return without_answer(s);
        return is_const(s.a) ? decided(s.a.constant.is_array() && s.a.constant.length() == s.count) : StepFate::Stays;
      case StepKind::ObjectKeys:
        if (!expr(s.a)) return without_answer(s);
        return is_const(s.a) ? decided(has_keys(s.a.constant, s.b.constant.as_array())) : StepFate::Stays;
      case StepKind::Not:
        return negation(s);
      case StepKind::Any:
        return any(s);
      case StepKind::Every:
        return every(s);
      case StepKind::With:
        return with(s);
      case StepKind::In:
        if (!expr(s.a)) return without_answer(s);
        return is_const(s.a) ? decided(s.b.constant.as_set().contains(s.a.constant)) : StepFate::Stays;
      case StepKind::Each:
        return each(s);
      case StepKind::Gather:
      case StepKind::Collect:
      case StepKind::Reach:
      case StepKind::Settle:
      case StepKind::Begin:
      case StepKind::Held:
      case StepKind::Case: break;
    }
    return StepFate::Stays;
  }

  StepFate bind(Step& s) {
    const bool is_defined = expr(s.a);
    forget(s.value);
    if (!is_defined) return without_answer(s);
    if (!is_const(s.a)) {
      if (!is_fixed(plan_, s.a) || !writers_.is_single(s.value)) return StepFate::Stays;
      fixed_.insert_or_assign(s.value, s.a);
      return StepFate::Holds;
    }
    learn(s.value, s.a.constant);
    return writers_.is_single(s.value) ? StepFate::Holds : StepFate::Stays;
  }

  StepFate scan(Step& s) {
    const bool is_defined = expr(s.a);
    for (Expr& wanted : s.where) static_cast<void>(expr(wanted));
    forget(s.key);
    forget(s.value);
    if (!is_defined) return without_answer(s);
    return is_const(s.a) && size_of(s.a.constant).value_or(0) == 0 ? StepFate::Never : StepFate::Stays;
  }

  StepFate negation(Step& s) {
    const Fate fate = nested(s.bodies[0]);
    if (fate == Fate::Never) return StepFate::Holds;
    return fate == Fate::Open && s.bodies[0].empty() ? StepFate::Never : StepFate::Stays;
  }

  // Bodies that never hold go. True: all that are left end what they are in.
  bool drop_dead(std::vector<Steps>& bodies, bool first_decides) {
    bool all_end = true;
    for (std::size_t i = 0; i < bodies.size();) {
      const Fate fate = nested(bodies[i]);
      if (fate == Fate::Never) {
        bodies.erase(bodies.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
      all_end = all_end && fate == Fate::Ends;
      const bool is_certain = first_decides && fate == Fate::Open && bodies[i].empty();
      ++i;
      if (is_certain) bodies.resize(i);
    }
    return all_end;
  }

  // Of several bodies the first that has a solution decides.
  StepFate any(Step& s) {
    const bool all_end = drop_dead(s.bodies, true);
    if (s.bodies.empty()) return StepFate::Never;
    if (s.bodies.front().empty()) return StepFate::Holds;
    return all_end ? StepFate::Ends : StepFate::Stays;
  }

  // What follows it is in its bodies.
  StepFate each(Step& s) {
    const bool all_end = drop_dead(s.bodies, false);
    if (s.bodies.empty()) return StepFate::Never;
    return all_end ? StepFate::Ends : StepFate::Stays;
  }

  StepFate every(Step& s) {
    const bool is_defined = expr(s.a);
    forget(s.key);
    forget(s.value);
    const Fate fate = nested(s.bodies[0]);
    if (!is_defined) return without_answer(s);
    if (!is_const(s.a)) return StepFate::Stays;
    const std::optional<std::size_t> size = size_of(s.a.constant);
    if (!size.has_value()) return StepFate::Never;
    if (*size == 0 || (fate == Fate::Open && s.bodies[0].empty())) return StepFate::Holds;
    return fate == Fate::Never ? StepFate::Never : StepFate::Stays;
  }

  // What its body binds is there afterwards too.
  StepFate with(Step& s) {
    for (Expr& value : s.overlay.values) static_cast<void>(expr(value));
    const Fate fate = steps(s.bodies[0]);
    std::erase_if(s.carried, [&](SlotNumber slot) { return (known_[slot].is_defined() && writers_.is_single(slot)) || fixed_.contains(slot); });
    const bool values_go = totality_.are_total(s.overlay.values);
    if (fate == Fate::Open) return s.bodies[0].empty() && s.carried.empty() && values_go ? StepFate::Holds : StepFate::Stays;
    s.carried.clear();
    return fate == Fate::Never && values_go ? StepFate::Never : StepFate::Ends;
  }

  // A body of its own. What it binds ends with it, but for slots that each of several bodies binds: those are read behind them.
  Fate nested(Steps& all) {
    const std::size_t mark = learnt_.size();
    std::vector<SlotNumber> shared;
    find_shared(all, shared);
    const Fate fate = steps(all);
    leave(mark);
    if (fate == Fate::Ends) {
      for (const SlotNumber slot : shared) all.push_back(bind_null(slot));  // not reached, but written on every way
    }
    return fate;
  }
  void find_shared(const Steps& all, std::vector<SlotNumber>& shared) const {
    const auto add = [&](SlotNumber slot) {
      if (slot != kNoSlot && !writers_.is_single(slot)) shared.push_back(slot);
    };
    for (const Step& step : all) {
      if (step.kind == StepKind::Bind || step.kind == StepKind::Scan) {
        add(step.key);
        add(step.value);
      } else if (step.kind == StepKind::With || step.kind == StepKind::Each || step.kind == StepKind::Any) {
        for (const Steps& body : step.bodies) find_shared(body, shared);
      }
    }
  }
  static Step bind_null(SlotNumber slot) {
    Step made;
    made.kind = StepKind::Bind;
    made.value = slot;
    made.a.constant = Value::null();
    return made;
  }
  void leave(std::size_t mark) {
    for (; learnt_.size() > mark; learnt_.pop_back()) {
      if (!writers_.is_single(learnt_.back())) forget(learnt_.back());
    }
  }
  void learn(SlotNumber slot, const Value& value) {
    known_[slot] = value;
    learnt_.push_back(slot);
  }
  void forget(SlotNumber slot) {
    if (slot != kNoSlot) known_[slot] = Value();
  }

  // ---- Expressions. False: it never gives a value; then it is the part that has none, as far as what comes before that part may go.

  static void become(Expr& e, const Value& constant) {
    Expr made;
    made.constant = constant;
    made.span = e.span;
    e = std::move(made);
  }

  bool operands(Expr& e) {
    for (std::size_t i = 0; i < e.operands.size(); ++i) {
      if (expr(e.operands[i])) continue;
      if (totality_.are_total(std::span(e.operands).first(i))) {
        Expr part = std::move(e.operands[i]);
        e = std::move(part);
      }
      return false;
    }
    return true;
  }

  bool expr(Expr& e) {
    switch (e.kind) {
      case ExprKind::Const:
      case ExprKind::Input:
      case ExprKind::Data:
        return true;
      case ExprKind::Slot:
        if (known_[e.slot].is_defined()) {
          become(e, known_[e.slot]);
        } else if (!fixed_.empty()) {
          if (const auto fixed = fixed_.find(e.slot); fixed != fixed_.end()) e = fixed->second;
        }
        return true;
      case ExprKind::Dot:
        return operands(e) && (all_const(e.operands) ? dot(e) : dot_of_fixed(e));
      case ExprKind::Builtin:
        if (!operands(e)) return false;
        calls_.fold(e);
        return true;
      case ExprKind::Function:
      case ExprKind::Rule:
        return operands(e) && call(e);
      case ExprKind::Array:
      case ExprKind::Set:
      case ExprKind::Object:
        if (!operands(e)) return false;
        if (all_const(e.operands)) collection(e);
        return true;
      case ExprKind::Comprehension:
        comprehension(e);
        return true;
    }
    return true;
  }

  bool dot(Expr& e) {
    const Value& container = e.operands[0].constant;
    const Value& key = e.operands[1].constant;
    const Value* found = member(container, key);
    if (found == nullptr && e.in_base) found = stored_member(container, key);
    if (found == nullptr) {
      become(e.operands[0], empty_object());  // where a large document stood
      return false;
    }
    become(e, *found);
    return true;
  }

  // A member of a collection that is written out, since parts of it are given.
  bool dot_of_fixed(Expr& e) {
    Expr& container = e.operands[0];
    const Expr& key = e.operands[1];
    const bool is_object = container.kind == ExprKind::Object;
    if ((!is_object && container.kind != ExprKind::Array) || !is_const(key) || e.in_base || !is_fixed(plan_, container)) return true;
    for (std::size_t i = 0; i < container.operands.size(); i += is_object ? 2 : 1) {
      if (is_object && !is_const(container.operands[i])) return true;
      const bool is_it = is_object ? equal(container.operands[i].constant, key.constant) : equal(Value::integer(static_cast<std::int64_t>(i)), key.constant);
      if (!is_it) continue;
      Expr found = std::move(container.operands[is_object ? i + 1 : i]);
      e = std::move(found);
      return true;
    }
    become(container, empty_object());
    return false;
  }

  bool call(Expr& e) {
    if (e.mock != kNoIndex || plan_.functions[e.function].is_shadowable) return true;
    const Facts& callee = facts_[e.function];
    if (callee.is_undefined) return false;
    const bool are_there = std::all_of(e.operands.begin(), e.operands.end(), [](const Expr& operand) { return is_const(operand) || operand.kind == ExprKind::Slot; });
    if (callee.value.has_value() && are_there) become(e, *callee.value);
    return true;
  }

  void collection(Expr& e) {
    Arena& arena = *plan_.arena;
    Value made;
    if (e.kind == ExprKind::Array) {
      ArrayBuilder items(arena, static_cast<std::uint32_t>(e.operands.size()));
      for (const Expr& operand : e.operands) items.add(operand.constant);
      made = items.finish();
    } else if (e.kind == ExprKind::Set) {
      SetBuilder members(arena);
      for (const Expr& operand : e.operands) members.add(operand.constant);
      made = members.finish();
    } else {
      ObjectBuilder pairs(arena);
      for (std::size_t i = 0; i + 1 < e.operands.size(); i += 2) pairs.add(e.operands[i].constant, e.operands[i + 1].constant);
      made = pairs.finish();
    }
    if (!is_small(made)) return;
    freeze(arena, made);
    become(e, made);
  }

  // One that never collects, or always once.
  void comprehension(Expr& e) {
    const std::size_t mark = learnt_.size();
    const Fate fate = steps(e.body);
    bool goes = fate == Fate::Never;
    bool is_one = false;
    if (fate == Fate::Open) {
      bool collects = true;
      for (Expr& operand : e.operands) collects = expr(operand) && collects;
      is_one = collects && e.body.empty() && all_const(e.operands);
      goes = !collects && totality_.are_total(e.body) && totality_.are_total(e.operands);
    } else {
      for (Expr& operand : e.operands) become(operand, Value::null());  // not reached; what it read may be gone
    }
    leave(mark);
    if (goes) {
      become(e, e.builder == BuilderKind::Array ? empty_array() : e.builder == BuilderKind::Set ? empty_set() : empty_object());
    } else if (is_one) {
      e.kind = e.builder == BuilderKind::Array ? ExprKind::Array : e.builder == BuilderKind::Set ? ExprKind::Set : ExprKind::Object;
      collection(e);
    }
  }

  // ---- Values.

  static bool holds(Compare how, int order) {
    switch (how) {
      case Compare::Less:
        return order < 0;
      case Compare::LessEqual:
        return order <= 0;
      case Compare::Greater:
        return order > 0;
      case Compare::GreaterEqual:
        return order >= 0;
      case Compare::NotEqual:
        return order != 0;
    }
    return false;
  }
  static bool has_keys(const Value& value, std::span<const Value> keys) {
    return value.is_object() && value.as_object().size() == keys.size() &&
           std::all_of(keys.begin(), keys.end(), [&](const Value& key) { return value.as_object().find(key) != nullptr; });
  }
  // Nothing for what cannot be walked.
  static std::optional<std::size_t> size_of(const Value& value) {
    if (value.is_array()) return value.length();
    if (value.is_object()) return value.as_object().size();
    if (value.is_set()) return value.as_set().size();
    return std::nullopt;
  }

  Plan& plan_;
  CallFolder& calls_;
  const std::vector<Facts>& facts_;
  Totality totality_;
  Function& function_;
  Writers writers_;
  std::vector<Value> known_;        // by slot: what it holds wherever it may be read from here on
  std::vector<SlotNumber> learnt_;  // in order
  std::unordered_map<SlotNumber, Expr> fixed_;  // what slots with one writer hold, where that is no constant but always there
};

// Functions, callees before callers.
class CallGraph {
 public:
  explicit CallGraph(const Plan& plan) : calls_(plan.functions.size()) {
    for (std::uint32_t i = 0; i < plan.functions.size(); ++i) {
      caller_ = i;
      for (const ExtentChild& child : plan.functions[i].children) calls(child.function);
      Walk<CallGraph>(*this).function(plan.functions[i]);
    }
    sort();
  }

  // Hooks of the walk.
  void step(const Step& step) {
    for (const OverlayTarget& target : step.overlay.spec.targets) calls(target.replacement_function);
  }
  void expr(const Expr& e) { calls(e.function); }

  [[nodiscard]] const std::vector<std::uint32_t>& sorted() const { return sorted_; }

 private:
  void calls(std::uint32_t function) {
    if (function != kNoIndex) calls_[caller_].push_back(function);
  }

  // A list of what is open takes the place of calls: chains of rules may be long.
  void sort() {
    std::vector<std::uint32_t> next(calls_.size(), 0);
    std::vector<bool> seen(calls_.size(), false);
    std::vector<std::uint32_t> open;
    for (std::uint32_t root = 0; root < calls_.size(); ++root) {
      if (seen[root]) continue;
      seen[root] = true;
      open.push_back(root);
      while (!open.empty()) {
        const std::uint32_t at = open.back();
        if (next[at] == calls_[at].size()) {
          sorted_.push_back(at);
          open.pop_back();
          continue;
        }
        const std::uint32_t called = calls_[at][next[at]++];
        if (seen[called]) continue;
        seen[called] = true;
        open.push_back(called);
      }
    }
  }

  std::vector<std::vector<std::uint32_t>> calls_;
  std::vector<std::uint32_t> sorted_;
  std::uint32_t caller_ = 0;
};

class Pass {
 public:
  explicit Pass(Plan& plan) : plan_(plan), calls_(plan), facts_(plan.functions.size()), total_(plan.functions.size(), false) {}

  void run() {
    const CallGraph graph(plan_);
    for (const std::uint32_t number : graph.sorted()) {
      FunctionPass(plan_, calls_, facts_, total_, number).run();
      find_facts(number, facts_[number]);
    }
  }

 private:
  void find_facts(std::uint32_t number, Facts& facts) {
    const Function& function = plan_.functions[number];
    facts.value = value_of(function);
    facts.is_undefined = is_single_valued(function) && function.bodies.empty() && function.default_body.empty();
    total_[number] = Totality(plan_, total_).is_total(function);
  }

  static bool is_single_valued(const Function& function) { return function.kind == FunctionKind::Complete || function.kind == FunctionKind::Function; }

  static bool is_plain(const RuleBody& body) { return body.steps.empty() && body.keys.empty() && body.otherwise.empty() && is_const(body.value); }

  // What every call gives, where that is known.
  std::optional<Value> value_of(const Function& function) {
    if (function.is_shadowable) return std::nullopt;
    switch (function.kind) {
      case FunctionKind::Complete:
      case FunctionKind::Function: {
        const std::vector<RuleBody>& from = function.bodies.empty() ? function.default_body : function.bodies;
        if (from.size() != 1 || !is_plain(from.front())) return std::nullopt;
        return from.front().value.constant;
      }
      case FunctionKind::Set: {
        if (!std::all_of(function.bodies.begin(), function.bodies.end(), is_plain)) return std::nullopt;
        SetBuilder members(*plan_.arena);
        for (const RuleBody& body : function.bodies) members.add(body.value.constant);
        const Value made = members.finish();
        freeze(*plan_.arena, made);
        return made;
      }
      case FunctionKind::Object:
        if (!function.bodies.empty()) return std::nullopt;
        return empty_object();
      case FunctionKind::Query:
      case FunctionKind::Extent:
        return std::nullopt;
    }
    return std::nullopt;
  }

  Plan& plan_;
  CallFolder calls_;
  std::vector<Facts> facts_;
  TotalFunctions total_;
};

}  // namespace

void propagate_constants(Plan& plan) { Pass(plan).run(); }

}  // namespace psdl::plan
