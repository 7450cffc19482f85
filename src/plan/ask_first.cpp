// What decides is asked before anything is made. In: `x := [.. | ..]; count(x) > 0`, counts that are added up, and rules that are read as a whole though
// their first steps may fail; out: an `any` with the comprehension's body before it is made, and the first steps of the rule where it is read. Bodies
// of a set that all begin so are asked in one go whether any of them has a chance, each collection being gone over once; then the rules that they read
// stay as they were, for what one of them was asked there it finds out again while it is made. Where nothing is wrong with a document, which is how
// most are, its rules then test and make nothing.
//
// Invariant: what is asked first holds wherever the rest would, and what is not evaluated because it does not hold is total (totality.hpp): no error,
// conflict or print is lost. What is asked twice is total too. Copies write slots of their own.
#include <iterator>
#include <map>
#include <optional>

#include "plan/defined.hpp"
#include "plan/plan.hpp"
#include "plan/totality.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

constexpr std::size_t kLargestGuard = 300;  // expressions and steps of what is asked first
constexpr std::size_t kLargest = 4'000;     // of a function that grows by it

// Renames what the copy of some steps writes.
void write_own_slots(Steps& copy, SlotNumber& slots) {
  std::map<SlotNumber, SlotNumber> names;
  const auto written = [&](SlotNumber& slot) {
    if (slot == kNoSlot) return;
    const auto [at, is_new] = names.emplace(slot, slots);
    if (is_new) ++slots;
    slot = at->second;
  };
  ListWalk writes([&](Steps& steps, const std::vector<Expr*>&) {
    for (Step& step : steps) {
      written(step.key);
      written(step.value);
      for (SlotNumber& slot : step.carried) written(slot);
    }
  });
  writes.list(copy, {});
  each_expr(copy, [&](Expr& e) {
    if (e.kind != ExprKind::Slot) return;
    if (const auto at = names.find(e.slot); at != names.end()) e.slot = at->second;
  });
}

// `.. > 0` and its like.
bool asks_for_some(const Step& step) {
  if (step.kind != StepKind::Compare || step.b.kind != ExprKind::Const || !step.b.constant.is_int()) return false;
  const std::int64_t bound = step.b.constant.as_int();
  switch (step.compare) {
    case Compare::Greater:
    case Compare::NotEqual: return bound == 0;
    case Compare::GreaterEqual: return bound == 1;
    case Compare::Less:
    case Compare::LessEqual: return false;
  }
  return false;
}

bool is_call_of(const Expr& e, std::string_view name) {
  return e.kind == ExprKind::Builtin && e.mock == kNoIndex && e.builtin->name == name;
}

// Whether the steps have a solution, whatever the documents are.
bool always_hold(const Steps& steps) {
  return std::all_of(steps.begin(), steps.end(), [](const Step& step) {
    return step.kind == StepKind::Bind && (step.a.kind == ExprKind::Const || step.a.kind == ExprKind::Slot);
  });
}

// Drops last steps that bind what nobody reads and cannot fail.
void drop_idle_end(Steps& steps) {
  while (!steps.empty()) {
    const Step& last = steps.back();
    const bool is_value = last.kind == StepKind::Bind && last.a.kind == ExprKind::Comprehension;
    const bool is_choice = last.kind == StepKind::Any && std::any_of(last.bodies.begin(), last.bodies.end(), always_hold);
    if (!is_value && !is_choice && !always_hold({last})) return;
    steps.pop_back();
  }
}

bool has_comprehension(const Expr& e) {
  return e.kind == ExprKind::Comprehension || std::any_of(e.operands.begin(), e.operands.end(), has_comprehension);
}

// What a body asks first, and the rules that it asks about.
struct Guard {
  Steps steps;
  std::vector<std::uint32_t> rules;
};

class AskFirst {
 public:
  explicit AskFirst(Plan& plan) : plan_(plan), total_(total_functions(plan)), totality_(plan, total_) {}

  void run() {
    for (Function& function : plan_.functions) {
      function_ = &function;
      number_ = static_cast<std::uint32_t>(&function - plan_.functions.data());
      size_ = 0;
      for (const RuleBody& body : function.bodies) size_ += size_of(body.steps);
      each_list(function, [this](Steps& steps, const std::vector<Expr*>&) { before_counts(steps); });
    }
    for (Function& function : plan_.functions) {
      each_expr(function, [this](const Expr& e) {
        if (e.kind == ExprKind::Rule) ++uses_[e.function];
      });
    }
    std::vector<Function> made;
    for (Function& function : plan_.functions) {
      function_ = &function;
      guards_.clear();
      for (RuleBody& body : function.bodies) {
        guards_.emplace_back();
        before_reads(body);
      }
      if (function.kind != FunctionKind::Set || function.is_shadowable || function.dispatch.has_value()) continue;
      const auto [begin, end] = longest_run();
      if (end - begin < 2) continue;
      made.push_back(before_bodies(function, begin, end, static_cast<std::uint32_t>(plan_.functions.size() + made.size())));
    }
    std::move(made.begin(), made.end(), std::back_inserter(plan_.functions));
  }

 private:
  // ---- `count(x) > 0`, x being made for it and for later.
  void before_counts(Steps& steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!asks_for_some(steps[i]) || size_ > kLargest) continue;
      first_ = i;
      std::vector<Steps> bodies;
      if (!counted(steps[i].a, steps, i, bodies) || (first_ == i && !is_of_rule(steps))) continue;
      const auto begin = steps.begin() + static_cast<std::ptrdiff_t>(first_);
      const auto end = steps.begin() + static_cast<std::ptrdiff_t>(i);
      if (!std::all_of(begin, end, [this](const Step& step) { return step.kind == StepKind::Bind && totality_.is_total(step); })) continue;
      if (std::any_of(bodies.begin(), bodies.end(), [&](const Steps& body) { return reads_bound(body, begin, end); })) continue;
      Step any;
      any.kind = StepKind::Any;
      any.span = steps[i].span;
      for (Steps& body : bodies) {
        write_own_slots(body, function_->slots);
        size_ += size_of(body);
      }
      any.bodies = std::move(bodies);
      if (is_of_rule(steps)) originals_.try_emplace(number_, *function_);
      steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(i));
      steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(first_), std::move(any));
      if (!is_of_rule(steps)) drop_unread(steps, first_ + 1, i + 1);
    }
  }

  // Drops binds of total values that nobody reads any more now that they are not counted.
  void drop_unread(Steps& steps, std::size_t begin, std::size_t end) {
    for (std::size_t at = end; at-- > begin;) {
      bool is_read = false;
      each_expr(*function_, [&](const Expr& e) { is_read = is_read || (e.kind == ExprKind::Slot && e.slot == steps[at].value); });
      each_list(*function_, [&](const Steps& all, const std::vector<Expr*>&) {
        for (const Step& step : all) is_read = is_read || std::find(step.carried.begin(), step.carried.end(), steps[at].value) != step.carried.end();
      });
      if (!is_read && (steps[at].a.kind == ExprKind::Comprehension)) steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }

  // A rule is evaluated once, a function and a comprehension of it again and again: there a collection that is remembered is the shorter way.
  [[nodiscard]] bool is_of_rule(const Steps& steps) const {
    if (function_->arity > 0) return false;
    return std::any_of(function_->bodies.begin(), function_->bodies.end(), [&](const RuleBody& body) { return &body.steps == &steps; });
  }

  template <class Iterator>
  static bool reads_bound(const Steps& body, Iterator begin, Iterator end) {
    bool found = false;
    each_expr(body, [&](const Expr& e) {
      if (e.kind != ExprKind::Slot) return;
      found = found || std::any_of(begin, end, [&](const Step& step) { return step.value == e.slot; });
    });
    return found;
  }

  // Of a sum of counts, what each member of each collection is found by. `at` is where the sum stands in `steps`.
  bool counted(const Expr& e, const Steps& steps, std::size_t at, std::vector<Steps>& bodies) {
    if (is_call_of(e, "plus")) return counted(e.operands[0], steps, at, bodies) && counted(e.operands[1], steps, at, bodies);
    return is_call_of(e, "count") && members(e.operands[0], std::nullopt, steps, at, bodies);
  }

  // False: it is not known how it is made. `wanted` is the kind that it must have for its reader not to fail.
  bool members(const Expr& e, std::optional<BuilderKind> wanted, const Steps& steps, std::size_t at, std::vector<Steps>& bodies) {
    switch (e.kind) {
      case ExprKind::Slot:
        for (std::size_t i = at; i-- > 0;) {
          if (steps[i].kind != StepKind::Bind || steps[i].value != e.slot) continue;
          first_ = std::min(first_, i);
          return members(steps[i].a, wanted, steps, i, bodies);
        }
        return false;
      case ExprKind::Comprehension: {
        if (e.builder == BuilderKind::Object || (wanted.has_value() && e.builder != *wanted) || !totality_.is_total(e)) return false;
        Steps body = e.body;
        for (const Expr& element : e.operands) must_be_defined(body, element, function_->slots);
        drop_idle_end(body);
        bodies.push_back(std::move(body));
        return true;
      }
      case ExprKind::Builtin: {
        const bool is_set = is_call_of(e, "or");
        if (!is_set && !is_call_of(e, "array.concat")) return false;
        const BuilderKind kind = is_set ? BuilderKind::Set : BuilderKind::Array;
        if (wanted.has_value() && kind != *wanted) return false;
        return members(e.operands[0], kind, steps, at, bodies) && members(e.operands[1], kind, steps, at, bodies);
      }
      case ExprKind::Rule: return members_of_rule(plan_.functions[e.function], wanted, bodies);
      default: return false;
    }
  }

  bool members_of_rule(const Function& rule, std::optional<BuilderKind> wanted, std::vector<Steps>& bodies) {
    if (rule.kind != FunctionKind::Complete || rule.is_shadowable || rule.bodies.size() != 1 || !rule.default_body.empty()) return false;
    const RuleBody& only = rule.bodies[0];
    const bool is_plain = only.otherwise.empty() && std::all_of(only.steps.begin(), only.steps.end(), [this](const Step& step) {
      return step.kind == StepKind::Bind && step.a.kind == ExprKind::Comprehension && totality_.is_total(step);
    });
    if (!is_plain) return false;
    const std::size_t first = first_;
    const std::size_t begin = bodies.size();
    const bool is_known = members(only.value, wanted, only.steps, only.steps.size(), bodies);
    first_ = first;
    if (!is_known) return false;
    for (std::size_t i = begin; i < bodies.size(); ++i) {
      if (reads_bound(bodies[i], only.steps.begin(), only.steps.end())) return false;
      write_own_slots(bodies[i], function_->slots);
    }
    return true;
  }

  // ---- Rules that are read where nothing else reads them.
  void before_reads(RuleBody& body) {
    for (RuleBody& next : body.otherwise) before_reads(next);
    Steps first;
    for (const Step& step : body.steps) {
      if (step.kind == StepKind::Bind) reads(step.a, first);
      if (step.kind != StepKind::Bind || !totality_.is_total(step)) {
        put(body, first);
        return;
      }
    }
    if (std::all_of(body.keys.begin(), body.keys.end(), [&](const Expr& key) { return reads(key, first); })) reads(body.value, first);
    put(body, first);
  }
  void put(RuleBody& body, Steps& first) {
    if (body.otherwise.empty()) guards_.back() = {first, asked_};
    asked_.clear();
    body.steps.insert(body.steps.begin(), std::make_move_iterator(first.begin()), std::make_move_iterator(first.end()));
  }

  // ---- Bodies of a set that ask something first: whether any of them holds is asked in one go, loops over one collection being one loop.
  [[nodiscard]] std::pair<std::size_t, std::size_t> longest_run() const {
    std::pair<std::size_t, std::size_t> longest{0, 0};
    for (std::size_t begin = 0, at = 0; at <= guards_.size(); ++at) {
      if (at < guards_.size() && !guards_[at].steps.empty()) continue;
      if (at - begin > longest.second - longest.first) longest = {begin, at};
      begin = at + 1;
    }
    return longest;
  }

  // Gives the set of what those bodies alone yield, which is to get the number `part`.
  Function before_bodies(Function& set, std::size_t begin, std::size_t end, std::uint32_t part) {
    Step any;
    any.kind = StepKind::Any;
    any.span = set.span;
    std::vector<Step> loops;  // a scan, and what is asked of its elements
    for (std::size_t i = begin; i < end; ++i) {
      as_it_was(set.bodies[i], guards_[i]);
      const std::size_t known = any.bodies.size();
      const std::size_t asked_of_elements = bodies_of(loops);
      alternative(std::move(guards_[i].steps), any.bodies, loops);
      const bool is_asked_here = guards_[i].rules.size() == 1 && bodies_of(loops) == asked_of_elements;
      if (is_asked_here && std::any_of(any.bodies.begin() + static_cast<std::ptrdiff_t>(known), any.bodies.end(), has_scan)) {
        any.bodies.push_back(settled(guards_[i].rules.front(), set.span));
      }
    }
    for (Step& loop : loops) {
      Step asked;
      asked.kind = StepKind::Any;
      asked.span = loop.span;
      asked.bodies = std::move(loop.bodies);
      loop.bodies.clear();
      Steps body;
      body.push_back(std::move(loop));
      body.push_back(std::move(asked));
      any.bodies.push_back(std::move(body));
    }
    Steps first;
    first.push_back(std::move(any));
    write_own_slots(first, set.slots);
    Step scan;
    scan.kind = StepKind::Scan;
    scan.span = set.span;
    scan.a.kind = ExprKind::Rule;
    scan.a.function = part;
    scan.a.span = set.span;
    scan.value = set.slots++;
    first.push_back(std::move(scan));
    RuleBody made;
    made.span = set.span;
    made.value.kind = ExprKind::Slot;
    made.value.slot = first.back().value;
    made.value.span = set.span;
    made.steps = std::move(first);
    Function asked_set = set;
    asked_set.path += " after asking";
    const auto from = set.bodies.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to = set.bodies.begin() + static_cast<std::ptrdiff_t>(end);
    asked_set.bodies.assign(std::make_move_iterator(from), std::make_move_iterator(to));
    set.bodies.insert(set.bodies.erase(from, to), std::move(made));
    return asked_set;
  }

  static std::size_t bodies_of(const std::vector<Step>& loops) {
    std::size_t count = 0;
    for (const Step& loop : loops) count += loop.bodies.size();
    return count;
  }

  static bool has_scan(const Steps& steps) {
    return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
      return step.kind == StepKind::Scan || std::any_of(step.bodies.begin(), step.bodies.end(), has_scan);
    });
  }

  // Behind all that is asked about a rule: where none of it holds, loops need not be gone through again to find that the rule has no value.
  static Steps settled(std::uint32_t rule, Span span) {
    Steps made(1);
    made.front().kind = StepKind::Settle;
    made.front().count = rule;
    made.front().span = span;
    return made;
  }

  // Nothing is asked a second time where the body and the rules that it alone reads are made.
  void as_it_was(RuleBody& body, const Guard& guard) {
    body.steps.erase(body.steps.begin(), body.steps.begin() + static_cast<std::ptrdiff_t>(guard.steps.size()));
    for (const std::uint32_t rule : guard.rules) {
      if (const auto original = originals_.find(rule); original != originals_.end()) plan_.functions[rule] = std::move(original->second);
    }
  }

  // Takes a guard apart: into what is asked of the elements of a rule's collection, by that rule, and the rest.
  static void alternative(Steps guard, std::vector<Steps>& others, std::vector<Step>& loops) {
    if (guard.size() == 1 && guard[0].kind == StepKind::Any) {
      for (Steps& body : guard[0].bodies) alternative(std::move(body), others, loops);
      return;
    }
    const Step& scan = guard.front();
    if (scan.kind != StepKind::Scan || scan.a.kind != ExprKind::Rule || !scan.where.empty() || guard.size() < 2) {
      others.push_back(std::move(guard));
      return;
    }
    auto loop = std::find_if(loops.begin(), loops.end(), [&](const Step& known) { return known.a.function == scan.a.function; });
    Steps rest(guard.begin() + 1, guard.end());
    if (loop == loops.end()) {
      loops.push_back(scan);
      loop = loops.end() - 1;
    } else {
      const SlotNumber from[2] = {scan.key, scan.value};
      SlotNumber* const to[2] = {&loop->key, &loop->value};
      for (int which = 0; which < 2; ++which) {
        if (from[which] == kNoSlot) continue;
        if (*to[which] == kNoSlot) *to[which] = from[which];
        each_expr(rest, [&](Expr& e) {
          if (e.kind == ExprKind::Slot && e.slot == from[which]) e.slot = *to[which];
        });
      }
    }
    alternative_of_loop(std::move(rest), loop->bodies);
  }
  static void alternative_of_loop(Steps rest, std::vector<Steps>& bodies) {
    if (rest.size() != 1 || rest[0].kind != StepKind::Any) {
      bodies.push_back(std::move(rest));
      return;
    }
    for (Steps& body : rest[0].bodies) bodies.push_back(std::move(body));
  }

  // What rules that the expression is sure to read ask first. False: what is evaluated after it must not be passed over.
  bool reads(const Expr& e, Steps& first) {
    if (e.kind == ExprKind::Comprehension) return totality_.is_total(e);
    if (e.kind == ExprKind::Rule) {
      if (uses_[e.function] == 1) guard(plan_.functions[e.function], first);
      return total_[e.function];
    }
    for (const Expr& operand : e.operands) {
      if (!reads(operand, first)) return false;
    }
    return totality_.is_total(e);
  }

  void guard(const Function& rule, Steps& first) {
    if (&rule == function_ || rule.kind != FunctionKind::Complete || rule.is_shadowable) return;
    if (!rule.default_body.empty() || rule.bodies.empty() || rule.dispatch.has_value()) return;
    Step any;
    any.kind = StepKind::Any;
    any.span = rule.span;
    for (const RuleBody& one : rule.bodies) {
      for (const RuleBody* body = &one; body != nullptr; body = body->otherwise.empty() ? nullptr : &body->otherwise.front()) {
        Steps asked = first_tests(body->steps);
        if (asked.empty() || !totality_.are_total(asked)) return;
        any.bodies.push_back(std::move(asked));
      }
    }
    Steps made;
    if (any.bodies.size() == 1) {
      made = std::move(any.bodies[0]);
    } else {
      made.push_back(std::move(any));
    }
    if (size_of(made) > kLargestGuard) return;
    write_own_slots(made, function_->slots);
    first.insert(first.end(), std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
    asked_.push_back(static_cast<std::uint32_t>(&rule - plan_.functions.data()));
  }

  // The steps of a body that test before anything is made.
  static Steps first_tests(const Steps& steps) {
    Steps tests;
    std::size_t kept = 0;
    for (const Step& step : steps) {
      if (has_comprehension(step.a) || has_comprehension(step.b)) break;
      const bool is_test = step.kind == StepKind::Any || step.kind == StepKind::Not || step.kind == StepKind::Test || step.kind == StepKind::Equal ||
                           step.kind == StepKind::Compare || step.kind == StepKind::In;
      if (!is_test && step.kind != StepKind::Bind) break;
      tests.push_back(step);
      if (is_test) kept = tests.size();
    }
    tests.resize(kept);
    return tests;
  }

  Plan& plan_;
  TotalFunctions total_;
  Totality totality_;
  Function* function_ = nullptr;
  std::uint32_t number_ = 0;
  std::size_t size_ = 0;
  std::map<std::uint32_t, Function> originals_;  // before anything was asked in them
  std::vector<Guard> guards_;             // of the bodies of the function at hand; empty: there is none
  std::vector<std::uint32_t> asked_;      // the rules of the guard at hand
  std::size_t first_ = 0;                 // of the steps that what is counted is made by
  std::map<std::uint32_t, int> uses_;     // of each rule, as a value
};

}  // namespace

void ask_first(Plan& plan) { AskFirst(plan).run(); }

}  // namespace psdl::plan
