// Loops over small constant (or given) collections become their elements. In: `scan {"a", "b"}: v` and what follows; out: `each` of the elements, what follows once for
// each with the element in the place of v. Names that were looked up by v become parts of paths, and calls of v are folded.
//
// Invariant: the elements are taken in the loop's order, and whatever follows happens once for each, as in the loop.
#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "plan/given.hpp"
#include "plan/plan.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

constexpr std::size_t kMostElements = 32;
constexpr std::size_t kMostCopies = 600;  // expressions and steps, over all elements
constexpr SlotNumber kMostSlots = 4'000;

Expr constant(const Value& value) {
  Expr made;
  made.constant = value;
  return made;
}

// Fixed expressions (given.hpp).
struct Elements {
  Exprs keys;
  Exprs values;
};

bool elements_of(const Expr& collection, Elements& elements) {
  if (collection.kind == ExprKind::Array) {
    for (std::uint32_t i = 0; i < collection.operands.size(); ++i) elements.keys.push_back(constant(Value::integer(i)));
    elements.values = collection.operands;
    return true;
  }
  if (collection.kind == ExprKind::Object) {
    for (std::size_t i = 0; i + 1 < collection.operands.size(); i += 2) {
      elements.keys.push_back(collection.operands[i]);
      elements.values.push_back(collection.operands[i + 1]);
    }
    return true;
  }
  const Value& value = collection.constant;
  const auto add = [](Exprs& into, std::span<const Value> all) { std::transform(all.begin(), all.end(), std::back_inserter(into), constant); };
  switch (value.kind()) {
    case Kind::Array:
      for (std::uint32_t i = 0; i < value.length(); ++i) elements.keys.push_back(constant(Value::integer(i)));
      add(elements.values, value.as_array());
      return true;
    case Kind::Set:
      add(elements.values, value.as_set().items());
      elements.keys = elements.values;
      return true;
    case Kind::Object:
      add(elements.keys, value.as_object().keys());
      add(elements.values, value.as_object().values());
      return true;
    default: return false;
  }
}

std::size_t count_of(const Expr& e) {
  if (e.kind != ExprKind::Const) return e.kind == ExprKind::Object ? e.operands.size() / 2 : e.operands.size();
  const Value& collection = e.constant;
  return collection.is_array() ? collection.length() : collection.is_set() ? collection.as_set().size() : collection.is_object() ? collection.as_object().size() : 0;
}

void replace(Steps& steps, SlotNumber slot, const Expr& value) {
  each_expr(steps, [&](Expr& part) {
    if (part.kind != ExprKind::Slot || part.slot != slot) return;
    const Span span = part.span;
    part = value;
    part.span = span;
  });
}

bool reads(const std::vector<Expr*>& tail, SlotNumber slot) {
  bool found = false;
  for (Expr* e : tail) {
    each_expr(*e, [&](const Expr& part) { found = found || (part.kind == ExprKind::Slot && part.slot == slot); });
  }
  return found;
}

Step bind_fixed(SlotNumber slot, const Expr& value, Span span) {
  Step bind;
  bind.kind = StepKind::Bind;
  bind.span = span;
  bind.value = slot;
  bind.a = value;
  bind.a.span = span;
  return bind;
}

class Unroller {
 public:
  Unroller(const Plan& plan, Function& function) : plan_(plan), function_(function) {}

  void run() {
    each_list(function_, [this](Steps& steps, const std::vector<Expr*>&) {
      for (const Step& step : steps) carried_.insert(carried_.end(), step.carried.begin(), step.carried.end());
    });
    each_list(function_, [this](Steps& steps, const std::vector<Expr*>& tail) {
      for (std::size_t i = steps.size(); i-- > 0;) unroll(steps, i, tail);  // inner loops first: they are copied as they became
    });
  }

 private:
  void unroll(Steps& steps, std::size_t at, const std::vector<Expr*>& tail) {
    const Step& scan = steps[at];
    if (scan.kind != StepKind::Scan || !is_fixed(plan_, scan.a) || scan.a.kind == ExprKind::Rule || !scan.where.empty()) return;
    const std::size_t count = count_of(scan.a);
    if (count == 0 || count > kMostElements) return;
    const Steps rest(steps.begin() + static_cast<std::ptrdiff_t>(at) + 1, steps.end());
    if ((size_of(rest) + 1) * count > kMostCopies) return;
    Elements elements;
    if (!elements_of(scan.a, elements)) return;
    Step each;
    each.kind = StepKind::Each;
    each.span = scan.span;
    const SlotNumber slots[2] = {scan.key, scan.value};
    const Exprs* const values[2] = {&elements.keys, &elements.values};
    for (std::size_t k = 0; k < count; ++k) {
      Steps copy = rest;
      rename(copy, tail);
      Steps body;
      for (int which = 0; which < 2; ++which) {
        if (slots[which] == kNoSlot) continue;
        const Expr& element = (*values[which])[k];
        replace(copy, slots[which], element);
        if (is_read_after(slots[which], tail)) body.push_back(bind_fixed(slots[which], element, scan.span));
      }
      body.insert(body.end(), std::make_move_iterator(copy.begin()), std::make_move_iterator(copy.end()));
      each.bodies.push_back(std::move(body));
    }
    steps.resize(at);
    steps.push_back(std::move(each));
  }

  // Each copy writes slots of its own, so that what is known of one is not forgotten for the other.
  void rename(Steps& copy, const std::vector<Expr*>& tail) {
    if (function_.slots > kMostSlots) return;
    std::unordered_map<SlotNumber, SlotNumber> names;
    const auto written = [&](SlotNumber& slot) {
      if (slot == kNoSlot || is_read_after(slot, tail)) return;
      const auto [at, is_new] = names.emplace(slot, function_.slots);
      if (is_new) ++function_.slots;
      slot = at->second;
    };
    ListWalk writes([&](Steps& steps, const std::vector<Expr*>&) {
      for (Step& step : steps) {
        written(step.key);
        written(step.value);
      }
    });
    writes.list(copy, {});
    each_expr(copy, [&](Expr& e) {
      if (e.kind != ExprKind::Slot) return;
      if (const auto at = names.find(e.slot); at != names.end()) e.slot = at->second;
    });
  }

  bool is_read_after(SlotNumber slot, const std::vector<Expr*>& tail) const {
    return reads(tail, slot) || std::find(carried_.begin(), carried_.end(), slot) != carried_.end();
  }

  const Plan& plan_;
  Function& function_;
  std::vector<SlotNumber> carried_;
};

}  // namespace

void unroll_scans(Plan& plan) {
  for (Function& function : plan.functions) Unroller(plan, function).run();
}

}  // namespace psdl::plan
