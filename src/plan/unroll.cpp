// Loops over small constant collections become their elements. In: `scan {"a", "b"}: v` and what follows; out: `each` of the elements, what follows once for
// each with the element in the place of v. Names that were looked up by v become parts of paths, and calls of v are folded.
//
// Invariant: the elements are taken in the loop's order, and whatever follows happens once for each, as in the loop.
#include <algorithm>
#include <unordered_map>

#include "plan/plan.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

constexpr std::size_t kMostElements = 32;
constexpr std::size_t kMostCopies = 600;  // expressions and steps, over all elements
constexpr SlotNumber kMostSlots = 4'000;

struct Elements {
  std::vector<Value> keys;
  std::vector<Value> values;
};

bool elements_of(const Value& collection, Elements& elements) {
  switch (collection.kind()) {
    case Kind::Array:
      for (std::uint32_t i = 0; i < collection.length(); ++i) {
        elements.keys.push_back(Value::integer(i));
        elements.values.push_back(collection.as_array()[i]);
      }
      return true;
    case Kind::Set:
      elements.values.assign(collection.as_set().items().begin(), collection.as_set().items().end());
      elements.keys = elements.values;
      return true;
    case Kind::Object:
      elements.keys.assign(collection.as_object().keys().begin(), collection.as_object().keys().end());
      elements.values.assign(collection.as_object().values().begin(), collection.as_object().values().end());
      return true;
    default: return false;
  }
}

std::size_t count_of(const Value& collection) {
  return collection.is_array() ? collection.length() : collection.is_set() ? collection.as_set().size() : collection.is_object() ? collection.as_object().size() : 0;
}

void replace(Steps& steps, SlotNumber slot, const Value& value) {
  each_expr(steps, [&](Expr& part) {
    if (part.kind != ExprKind::Slot || part.slot != slot) return;
    part.kind = ExprKind::Const;
    part.constant = value;
  });
}

bool reads(const std::vector<Expr*>& tail, SlotNumber slot) {
  bool found = false;
  for (Expr* e : tail) {
    each_expr(*e, [&](const Expr& part) { found = found || (part.kind == ExprKind::Slot && part.slot == slot); });
  }
  return found;
}

Step bind_const(SlotNumber slot, const Value& value, Span span) {
  Step bind;
  bind.kind = StepKind::Bind;
  bind.span = span;
  bind.value = slot;
  bind.a.constant = value;
  bind.a.span = span;
  return bind;
}

class Unroller {
 public:
  explicit Unroller(Function& function) : function_(function) {}

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
    if (scan.kind != StepKind::Scan || scan.a.kind != ExprKind::Const || !scan.where.empty()) return;
    const std::size_t count = count_of(scan.a.constant);
    if (count == 0 || count > kMostElements) return;
    const Steps rest(steps.begin() + static_cast<std::ptrdiff_t>(at) + 1, steps.end());
    if ((size_of(rest) + 1) * count > kMostCopies) return;
    Elements elements;
    if (!elements_of(scan.a.constant, elements)) return;
    Step each;
    each.kind = StepKind::Each;
    each.span = scan.span;
    const SlotNumber slots[2] = {scan.key, scan.value};
    const std::vector<Value>* const values[2] = {&elements.keys, &elements.values};
    for (std::size_t k = 0; k < count; ++k) {
      Steps copy = rest;
      rename(copy, tail);
      Steps body;
      for (int which = 0; which < 2; ++which) {
        if (slots[which] == kNoSlot) continue;
        const Value& element = (*values[which])[k];
        replace(copy, slots[which], element);
        if (is_read_after(slots[which], tail)) body.push_back(bind_const(slots[which], element, scan.span));
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

  Function& function_;
  std::vector<SlotNumber> carried_;
};

}  // namespace

void unroll_scans(Plan& plan) {
  for (Function& function : plan.functions) Unroller(function).run();
}

}  // namespace psdl::plan
