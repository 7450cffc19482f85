// Arrays and sets made from arrays and sets. In: collections; out: a new one whose members are shared.
#include <algorithm>

#include "builtins/registry.hpp"
#include "builtins/sets.hpp"

namespace psdl {
namespace {

Value sorted_set(Arena& arena, Value* items, std::size_t size) {
  return size == 0 ? empty_set() : Value::set(arena.make<Set>(items, static_cast<std::uint32_t>(size), true));
}

// A walk over both sides where they are about equally long; a search for each member of the short one where not.
bool is_lopsided(std::size_t small, std::size_t large) { return small * 8 < large; }

}  // namespace

// Members are the smaller set's, as OPA takes them: of 3 and 3.0 that decides which is shown.
Value set_intersection(Arena& arena, const Set& left, const Set& right) {
  const bool left_is_small = left.size() <= right.size();
  const Set& small = left_is_small ? left : right;
  const Set& large = left_is_small ? right : left;
  const std::span<const Value> a = small.items();
  const std::span<const Value> b = large.items();
  if (a.empty()) return empty_set();
  Value* made = arena.allocate_array<Value>(a.size());
  std::size_t size = 0;
  if (is_lopsided(a.size(), b.size())) {
    for (const Value& item : a) {
      if (large.contains(item)) made[size++] = item;
    }
  } else {
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
      const int order = compare(a[i], b[j]);
      if (order == 0) made[size++] = a[i];
      i += order <= 0;
      j += order >= 0;
    }
  }
  return sorted_set(arena, made, size);
}

Value set_difference(Arena& arena, const Set& left, const Set& right) {
  const std::span<const Value> a = left.items();
  const std::span<const Value> b = right.items();
  if (a.empty() || b.empty()) return Value::set(&left);
  Value* made = arena.allocate_array<Value>(a.size());
  std::size_t size = 0;
  if (is_lopsided(a.size(), b.size())) {
    for (const Value& item : a) {
      if (!right.contains(item)) made[size++] = item;
    }
  } else {
    std::size_t j = 0;
    for (const Value& item : a) {
      while (j < b.size() && compare(b[j], item) < 0) ++j;
      if (j == b.size() || compare(b[j], item) != 0) made[size++] = item;
    }
  }
  return sorted_set(arena, made, size);
}

Value set_union(Arena& arena, const Set& left, const Set& right) {
  const std::span<const Value> a = left.items();
  const std::span<const Value> b = right.items();
  if (a.empty()) return Value::set(&right);
  if (b.empty()) return Value::set(&left);
  Value* made = arena.allocate_array<Value>(a.size() + b.size());
  std::size_t size = 0;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const int order = compare(a[i], b[j]);
    made[size++] = order <= 0 ? a[i] : b[j];
    i += order <= 0;
    j += order >= 0;
  }
  while (i < a.size()) made[size++] = a[i++];
  while (j < b.size()) made[size++] = b[j++];
  return sorted_set(arena, made, size);
}

namespace {

Value array_concat(CallContext& context, Args args) {
  const std::span<const Value> left = args.array(0);
  const std::span<const Value> right = args.array(1);
  if (left.empty()) return args[1];
  if (right.empty()) return args[0];
  const std::size_t size = left.size() + right.size();
  if (!context.may_make_items(size)) return {};
  Value* made = context.arena().allocate_array<Value>(size);
  std::copy(left.begin(), left.end(), made);
  std::copy(right.begin(), right.end(), made + left.size());
  return Value::array({made, size});
}

Value array_flatten(CallContext& context, Args args) {
  std::size_t size = 0;
  bool is_flat = true;
  for (const Value& item : args.array(0)) {
    size += item.is_array() ? item.length() : 1;
    is_flat = is_flat && !item.is_array();
  }
  if (is_flat) return args[0];
  if (!context.may_make_items(size)) return {};
  Value* made = context.arena().allocate_array<Value>(size);
  Value* end = made;
  for (const Value& item : args.array(0)) {
    if (item.is_array()) {
      end = std::copy(item.as_array().begin(), item.as_array().end(), end);
    } else {
      *end++ = item;
    }
  }
  return Value::array({made, size});
}

Value array_reverse(CallContext& context, Args args) {
  const std::span<const Value> items = args.array(0);
  if (items.size() <= 1) return args[0];
  Value* made = context.arena().allocate_array<Value>(items.size());
  std::reverse_copy(items.begin(), items.end(), made);
  return Value::array({made, items.size()});
}

Value array_slice(CallContext& context, Args args) {
  const std::span<const Value> items = args.array(0);
  const std::optional<std::int64_t> start = to_int64(args[1]);
  if (!start) return context.fail(EvalCode::Type, "operand 2 must be integer number but got floating-point number");
  const std::optional<std::int64_t> stop = to_int64(args[2]);
  if (!stop) return context.fail(EvalCode::Type, "operand 3 must be integer number but got floating-point number");
  const std::int64_t end = std::clamp<std::int64_t>(*stop, 0, static_cast<std::int64_t>(items.size()));
  const std::int64_t begin = std::clamp<std::int64_t>(*start, 0, end);
  // A view: the items stay where they are.
  return Value::array(items.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
}

Value intersect(CallContext& context, Args args) { return set_intersection(context.arena(), args.set(0), args.set(1)); }

Value unite(CallContext& context, Args args) {
  if (!context.may_make_items(std::size_t{args.set(0).size()} + args.set(1).size())) return {};
  if (args.set(0).is_empty()) return args[1];
  if (args.set(1).is_empty()) return args[0];
  return set_union(context.arena(), args.set(0), args.set(1));
}

Value set_diff(CallContext& context, Args args) { return set_difference(context.arena(), args.set(0), args.set(1)); }

Value intersection(CallContext& context, Args args) {
  const std::span<const Value> sets = args.set(0).items();
  Value made = empty_set();
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (!sets[i].is_set()) return context.fail_operand(1, "set", sets[i]);
    made = i == 0 ? sets[i] : set_intersection(context.arena(), made.as_set(), sets[i].as_set());
  }
  return made;
}

Value union_(CallContext& context, Args args) {
  std::size_t size = 0;
  for (const Value& set : args.set(0).items()) {
    if (!set.is_set()) return context.fail_operand(1, "set", set);
    size += set.as_set().size();
  }
  if (!context.may_make_items(size)) return {};
  Value* made = context.arena().allocate_array<Value>(size);
  Value* end = made;
  for (const Value& set : args.set(0).items()) {
    const std::span<const Value> items = set.as_set().items();
    end = std::copy(items.begin(), items.end(), end);
  }
  return Value::set(context.arena().make<Set>(made, static_cast<std::uint32_t>(size), false));
}

constexpr Builtin kCollectionBuiltins[] = {
    {.name = "array.concat",
     .signature = signature("(x: array[any], y: array[any]) -> array[any]"),
     .doc = "The items of the first array, then those of the second.",
     .example = "array.concat([1], [2, 3]) == [1, 2, 3]",
     .fn = array_concat},
    {.name = "array.flatten",
     .signature = signature("(arr: array[any]) -> array[any]"),
     .doc = "The array with each item that is an array replaced by its items, one level deep.",
     .example = "array.flatten([1, [2, [3]]]) == [1, 2, [3]]",
     .fn = array_flatten},
    {.name = "array.reverse",
     .signature = signature("(arr: array[any]) -> array[any]"),
     .doc = "The items from last to first.",
     .example = "array.reverse([1, 2]) == [2, 1]",
     .fn = array_reverse,
     .can_fail = false},
    {.name = "array.slice",
     .signature = signature("(arr: array[any], start: number, stop: number) -> array[any]"),
     .doc = "The items from `start` up to but without `stop`; both are brought into the array's range first.",
     .example = "array.slice([1, 2, 3, 4], 1, 3) == [2, 3]",
     .fn = array_slice},
    {.name = "and",
     .signature = signature("(x: set[any], y: set[any]) -> set[any]"),
     .doc = "The members that both sets have: `x & y`.",
     .example = "{1, 2} & {2, 3} == {2}",
     .fn = intersect,
     .can_fail = false},
    {.name = "or",
     .signature = signature("(x: set[any], y: set[any]) -> set[any]"),
     .doc = "The members that one of the sets has: `x | y`.",
     .example = "{1, 2} | {2, 3} == {1, 2, 3}",
     .fn = unite},
    {.name = "set_diff",
     .signature = signature("(set[any], set[any]) -> set[any]"),
     .doc = "The members of the first set that the second does not have.",
     .example = "set_diff({1, 2}, {2}) == {1}",
     .fn = set_diff,
     .is_deprecated = true},
    {.name = "intersection",
     .signature = signature("(xs: set[set[any]]) -> set[any]"),
     .doc = "The members that all of the sets have; the empty set where there are no sets.",
     .example = "intersection({{1, 2}, {2, 3}}) == {2}",
     .fn = intersection},
    {.name = "union",
     .signature = signature("(xs: set[set[any]]) -> set[any]"),
     .doc = "The members that at least one of the sets has.",
     .example = "union({{1}, {2}}) == {1, 2}",
     .fn = union_},
};

}  // namespace

std::span<const Builtin> collection_builtins() { return kCollectionBuiltins; }

}  // namespace psdl
