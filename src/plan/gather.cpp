// Collections that go over one collection are made in one loop. In: rules that one set reads, each beginning with
// `names := [.. | some c in containers; ..]`; out: a rule of its own that goes over `containers` once and makes them
// all, and items of its value where each was made.
//
// What a collection asks of something else than the loop's element (does the pod say so for all its containers?) is
// asked once, in front of the loop; collections that hang on such an answer are made last in each round, where mostly
// one look at it is all that is left to do.
//
// Invariant: what is gathered depends on nothing but the documents and is total (totality.hpp), so that it may be made
// though nobody comes to ask for it, and before something else that fails. Each collection gets its members in the
// order in which it got them before.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "plan/plan.hpp"
#include "plan/totality.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

constexpr std::size_t kLargest = 1'000;  // expressions and steps of all that is gathered in one loop

// Collections over one rule's value, as they stand in their rules.
struct Group {
  std::uint32_t collection = kNoIndex;
  std::vector<Expr*> parts;
  std::size_t size = 0;
};

// Whether all variables that the comprehension reads are its own.
bool is_closed(Expr& comprehension) {
  std::set<SlotNumber> own;
  ListWalk writes([&](Steps& steps, const std::vector<Expr*>&) {
    for (const Step& step : steps) {
      own.insert({step.key, step.value});
      own.insert(step.carried.begin(), step.carried.end());
    }
  });
  writes.expr(comprehension);
  bool is_closed = true;
  each_expr(comprehension,
            [&](const Expr& e) { is_closed = is_closed && (e.kind != ExprKind::Slot || own.contains(e.slot)); });
  return is_closed;
}

class Gathering {
 public:
  explicit Gathering(Plan& plan)
      : plan_(plan), total_(total_functions(plan)), totality_(plan, total_), uses_(plan.functions.size(), 0) {
    for (Function& function : plan_.functions) {
      each_expr(function, [this](const Expr& e) {
        if (e.kind == ExprKind::Rule) ++uses_[e.function];
      });
    }
  }

  void run() {
    std::vector<Function> made;
    for (Function& function : plan_.functions) {
      if (function.kind != FunctionKind::Set) continue;
      for (Group& group : groups(function)) {
        if (group.parts.size() < 2 || group.size > kLargest) continue;
        made.push_back(rule_of(group, function, static_cast<std::uint32_t>(plan_.functions.size() + made.size())));
      }
    }
    std::move(made.begin(), made.end(), std::back_inserter(plan_.functions));
  }

 private:
  // Of the rules that the set alone reads.
  std::vector<Group> groups(Function& set) {
    std::vector<Group> found;
    for (RuleBody& body : set.bodies) {
      const auto look = [&](const Expr& e) {
        if (e.kind == ExprKind::Rule && uses_[e.function] == 1) parts(plan_.functions[e.function], found);
      };
      for (const Step& step : body.steps) {
        if (step.kind == StepKind::Bind) each_expr(step.a, look);
      }
      each_expr(body.value, look);
    }
    return found;
  }

  // What a rule makes before it tests anything.
  void parts(Function& rule, std::vector<Group>& groups) {
    if (rule.kind != FunctionKind::Complete || rule.is_shadowable) return;
    for (RuleBody& first : rule.bodies) {
      for (RuleBody* body = &first; body != nullptr;
           body = body->otherwise.empty() ? nullptr : &body->otherwise.front()) {
        for (Step& step : body->steps) {
          if (step.kind == StepKind::Bind && is_part(step.a)) add(step.a, groups);
        }
      }
    }
  }

  [[nodiscard]] bool is_part(Expr& e) const {
    if (e.kind != ExprKind::Comprehension || e.builder == BuilderKind::Object || e.builder == BuilderKind::Path ||
        e.body.empty())
      return false;
    const Step& scan = e.body.front();
    const bool goes_over_rule = scan.kind == StepKind::Scan && scan.a.kind == ExprKind::Rule && scan.where.empty();
    return goes_over_rule && totality_.is_total(e) && is_closed(e);
  }

  static void add(Expr& part, std::vector<Group>& groups) {
    const std::uint32_t collection = part.body.front().a.function;
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const Group& one) { return one.collection == collection; });
    if (group == groups.end()) {
      groups.push_back({collection, {}, 0});
      group = groups.end() - 1;
    }
    group->parts.push_back(&part);
    group->size += size_of(part);
  }

  // Gives the rule, which is to get that number, and puts its items where the parts stood.
  Function rule_of(Group& group, const Function& set, std::uint32_t number) {
    Function rule;
    rule.path = set.path + " gathered from " + plan_.functions[group.collection].path;
    rule.kind = FunctionKind::Complete;
    rule.reads_input = rule.reads_data = true;
    rule.span = set.span;
    Step scan;
    scan.kind = StepKind::Scan;
    scan.span = set.span;
    scan.a = group.parts.front()->body.front().a;
    scan.key = rule.slots++;
    scan.value = rule.slots++;
    Step each;
    each.kind = StepKind::Each;
    each.span = set.span;
    Step gather;
    gather.kind = StepKind::Gather;
    gather.span = set.span;
    RuleBody body;
    body.span = set.span;
    body.value.kind = ExprKind::Array;
    body.value.span = set.span;
    for (Expr* part : group.parts) {
      rename(*part, scan, rule.slots);
      Step collect;
      collect.kind = StepKind::Collect;
      collect.span = part->span;
      collect.count = static_cast<std::uint32_t>(gather.kinds.size());
      collect.a = std::move(part->operands.front());
      Steps steps(std::make_move_iterator(part->body.begin() + 1), std::make_move_iterator(part->body.end()));
      append(steps, collect);
      each.bodies.push_back(std::move(steps));
      gather.kinds.push_back(part->builder);
      gather.carried.push_back(rule.slots++);
      Expr slot;
      slot.kind = ExprKind::Slot;
      slot.slot = gather.carried.back();
      slot.span = part->span;
      body.value.operands.push_back(std::move(slot));
      *part = item(number, collect.count, part->span);
    }
    std::vector<Steps> hanging;  // on an answer
    std::vector<Steps> others;
    for (Steps& steps : each.bodies) {
      const bool is_asked = ask_before(steps, rule.slots, body.steps);
      (is_asked ? hanging : others).push_back(std::move(steps));
    }
    each.bodies = std::move(others);
    if (!hanging.empty()) each.bodies.push_back(if_any_hangs(std::move(hanging), rule.slots, body.steps));
    gather.bodies.emplace_back();
    gather.bodies.front().push_back(std::move(scan));
    gather.bodies.front().push_back(std::move(each));
    body.steps.push_back(std::move(gather));
    rule.bodies.push_back(std::move(body));
    return rule;
  }

  // Moves what the steps begin with and ask of no variable in front of the loop; they begin with a look at the answer. What
  // comes behind a test of the element is asked seldom, and stays. False: there is nothing of that kind.
  bool ask_before(Steps& steps, SlotNumber& slots, Steps& before) const {
    const auto end = std::find_if(steps.begin(), steps.end(), [this](const Step& step) { return !asks_outside(step); });
    if (end == steps.begin()) return false;
    const Span span = steps.front().span;
    const SlotNumber answer = slots++;
    std::vector<Steps> questions(1);
    questions[0].assign(std::make_move_iterator(steps.begin()), std::make_move_iterator(end));
    before.push_back(answered(std::move(questions), answer, span));
    steps.erase(steps.begin() + 1, end);
    steps.front() = look_at(answer, span);
    return true;
  }

  // What hangs on answers, behind one look that says whether any of them holds.
  static Steps if_any_hangs(std::vector<Steps> hanging, SlotNumber& slots, Steps& before) {
    if (hanging.size() == 1) return std::move(hanging.front());
    const Span span = hanging.front().front().span;
    const SlotNumber answer = slots++;
    std::vector<Steps> questions;
    for (const Steps& one : hanging) questions.push_back({one.front()});
    before.push_back(answered(std::move(questions), answer, span));
    Step each;
    each.kind = StepKind::Each;
    each.span = span;
    each.bodies = std::move(hanging);
    return {look_at(answer, span), std::move(each)};
  }

  // The slot has true where one of the questions holds, else false.
  static Step answered(std::vector<Steps> questions, SlotNumber slot, Span span) {
    Step bind;
    bind.kind = StepKind::Bind;
    bind.span = span;
    bind.value = slot;
    bind.a.span = span;
    bind.a.constant = Value::boolean(true);
    for (Steps& question : questions) question.push_back(bind);
    bind.a.constant = Value::boolean(false);
    questions.push_back({std::move(bind)});
    Step any;
    any.kind = StepKind::Any;
    any.span = span;
    any.bodies = std::move(questions);
    return any;
  }

  static Step look_at(SlotNumber slot, Span span) {
    Step test;
    test.kind = StepKind::Test;
    test.span = span;
    test.a.kind = ExprKind::Slot;
    test.a.slot = slot;
    test.a.span = span;
    return test;
  }

  // A test that reads no variable but names below a rule's value or the input. To ask a rule alone is as cheap in the loop.
  [[nodiscard]] bool asks_outside(const Step& step) const {
    if (step.kind == StepKind::Not) return step.bodies[0].size() == 1 && asks_outside(step.bodies[0].front());
    const bool is_test = step.kind == StepKind::Test || step.kind == StepKind::Equal || step.kind == StepKind::Compare ||
                         step.kind == StepKind::In;
    if (!is_test || !totality_.is_total(step)) return false;
    bool reads = false;
    bool is_outside = true;
    const auto look = [&](const Expr& e) {
      reads = reads || e.kind == ExprKind::Dot;
      is_outside = is_outside && (e.kind == ExprKind::Dot || e.kind == ExprKind::Const || e.kind == ExprKind::Rule ||
                                  e.kind == ExprKind::Input || e.kind == ExprKind::Builtin);
    };
    each_expr(step.a, look);
    each_expr(step.b, look);
    return reads && is_outside;
  }

  static Expr item(std::uint32_t rule, std::uint32_t index, Span span) {
    Expr dot;
    dot.kind = ExprKind::Dot;
    dot.span = span;
    dot.operands.resize(2);
    dot.operands[0].kind = ExprKind::Rule;
    dot.operands[0].function = rule;
    dot.operands[0].span = span;
    dot.operands[1].constant = Value::integer(index);
    dot.operands[1].span = span;
    return dot;
  }

  // The part's variables become those of the rule, what its loop binds those of the common one.
  static void rename(Expr& part, const Step& scan, SlotNumber& slots) {
    std::map<SlotNumber, SlotNumber> names;
    const Step& own = part.body.front();
    if (own.key != kNoSlot) names.emplace(own.key, scan.key);
    if (own.value != kNoSlot) names.emplace(own.value, scan.value);
    const auto renamed = [&](SlotNumber& slot) {
      if (slot == kNoSlot) return;
      const auto [at, is_new] = names.emplace(slot, slots);
      if (is_new) ++slots;
      slot = at->second;
    };
    ListWalk writes([&](Steps& steps, const std::vector<Expr*>&) {
      for (Step& step : steps) {
        renamed(step.key);
        renamed(step.value);
        for (SlotNumber& slot : step.carried) renamed(slot);
      }
    });
    writes.expr(part);
    each_expr(part, [&](Expr& e) {
      if (e.kind == ExprKind::Slot) renamed(e.slot);
    });
  }

  Plan& plan_;
  TotalFunctions total_;
  Totality totality_;
  std::vector<std::uint32_t> uses_;  // of each rule, as a value
};

}  // namespace

void gather(Plan& plan) {
  Gathering(plan).run();
}

}  // namespace psdl::plan
