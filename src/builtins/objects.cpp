// Objects read and put together. In: objects, keys, arrays of either; out: objects in term order that share their parts with the operands.
#include <algorithm>
#include <vector>

#include "builtins/registry.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

// Pairs that come in term order.
class SortedPairs {
 public:
  SortedPairs(Arena& arena, std::size_t most) : arena_(&arena), keys_(arena.allocate_array<Value>(most)), values_(arena.allocate_array<Value>(most)) {}
  void add(const Value& key, const Value& value) {
    keys_[size_] = key;
    values_[size_++] = value;
  }
  [[nodiscard]] Value finish() const { return size_ == 0 ? empty_object() : make_object(*arena_, keys_, values_, size_, nullptr); }

 private:
  Arena* arena_;
  Value* keys_;
  Value* values_;
  std::uint32_t size_ = 0;
};

// Calls that call themselves go no deeper than this: rules that wrap each other's results nest without end.
constexpr unsigned kDeepest = 256;

// Whether one more object may be gone through at this depth; where not, the limit is recorded.
bool may_enter(CallContext& context, std::size_t size, unsigned depth) {
  if (depth >= kDeepest) {
    (void)context.limit("data_nesting");
    return false;
  }
  return context.may_work(1 + size / Budget::kItems);
}

// The right side wins, but two objects under one key are merged in turn. Undefined where a limit was reached.
Value merge(CallContext& context, const Value& left, const Value& right, unsigned depth) {
  const Object& a = left.as_object();
  const Object& b = right.as_object();
  if (a.size() == 0) return right;
  if (b.size() == 0) return left;
  const std::size_t size = std::size_t{a.size()} + b.size();
  if (!may_enter(context, size, depth) || !context.is_within_memory(size * 2 * sizeof(Value))) return {};
  SortedPairs made(context.arena(), size);
  std::uint32_t i = 0;
  std::uint32_t j = 0;
  while (i < a.size() || j < b.size()) {
    const int order = i == a.size() ? 1 : j == b.size() ? -1 : compare(a.keys()[i], b.keys()[j]);
    if (order < 0) {
      made.add(a.keys()[i], a.values()[i]);
    } else if (order > 0) {
      made.add(b.keys()[j], b.values()[j]);
    } else {
      const Value& below = a.values()[i];
      const Value& above = b.values()[j];
      const Value both = below.is_object() && above.is_object() ? merge(context, below, above, depth + 1) : above;
      if (!both.is_defined()) return {};
      made.add(b.keys()[j], both);
    }
    i += order <= 0;
    j += order >= 0;
  }
  return made.finish();
}

Value object_union(CallContext& context, Args args) {
  if (!context.may_make_items(std::size_t{args.object(0).size()} + args.object(1).size())) return {};
  return merge(context, args[0], args[1], 0);
}

// All objects at once: one sort by key, then the values of a key from the last object back as long as they are objects themselves.
Value merge_all(CallContext& context, std::span<const Value> objects, unsigned depth) {
  if (objects.size() == 1) return objects[0];
  if (objects.size() == 2) return merge(context, objects[0], objects[1], depth);
  struct Pair {
    Value key;
    Value value;
  };
  std::size_t size = 0;
  for (const Value& object : objects) size += object.as_object().size();
  if (!may_enter(context, size + objects.size(), depth) || !context.may_make_items(size)) return {};
  std::vector<Pair> pairs;
  pairs.reserve(size);
  for (const Value& object : objects) {
    const Object& fields = object.as_object();
    for (std::uint32_t i = 0; i < fields.size(); ++i) pairs.push_back({fields.keys()[i], fields.values()[i]});
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& left, const Pair& right) { return compare(left.key, right.key) < 0; });
  SortedPairs made(context.arena(), pairs.size());
  std::vector<Value> same;
  for (std::size_t begin = 0; begin < pairs.size();) {
    std::size_t end = begin + 1;
    while (end < pairs.size() && equal(pairs[begin].key, pairs[end].key)) ++end;
    std::size_t from = end - 1;
    while (from > begin && pairs[from].value.is_object() && pairs[from - 1].value.is_object()) --from;
    same.clear();
    for (std::size_t i = from; i < end; ++i) same.push_back(pairs[i].value);
    const Value all = same.size() == 1 ? same[0] : merge_all(context, same, depth + 1);
    if (!all.is_defined()) return {};
    made.add(pairs[end - 1].key, all);
    begin = end;
  }
  return made.finish();
}

Value object_union_n(CallContext& context, Args args) {
  std::size_t size = 0;
  for (const Value& item : args.array(0)) {
    if (!item.is_object()) {
      return context.fail(EvalCode::Type, std::string("operand 1 must be array of objects but got array containing ").append(kind_name(item.kind())));
    }
    size += item.as_object().size();
  }
  if (!context.may_make_items(size)) return {};
  return args.array(0).empty() ? empty_object() : merge_all(context, args.array(0), 0);
}

// The keys that an array, a set or an object names.
class KeyList {
 public:
  KeyList(Arena& arena, const Value& keys) {
    if (keys.is_object()) {
      object_ = &keys.as_object();
    } else if (keys.is_set()) {
      set_ = keys;
    } else if (keys.length() <= kScanned) {
      items_ = keys.as_array();
    } else {
      SetBuilder members(arena);
      for (const Value& item : keys.as_array()) members.add(item);
      set_ = members.finish();
    }
  }
  [[nodiscard]] bool has(const Value& key) const {
    if (object_ != nullptr) return object_->find(key) != nullptr;
    if (set_.is_defined()) return set_.as_set().contains(key);
    return std::any_of(items_.begin(), items_.end(), [&](const Value& item) { return equal(item, key); });
  }

 private:
  static constexpr std::uint32_t kScanned = 8;
  const Object* object_ = nullptr;
  Value set_;
  std::span<const Value> items_;
};

Value select(CallContext& context, Args args, bool listed) {
  const Object& from = args.object(0);
  const KeyList keys(context.arena(), args[1]);
  SortedPairs made(context.arena(), from.size());
  for (std::uint32_t i = 0; i < from.size(); ++i) {
    if (keys.has(from.keys()[i]) == listed) made.add(from.keys()[i], from.values()[i]);
  }
  return made.finish();
}

Value object_filter(CallContext& context, Args args) { return select(context, args, true); }
Value object_remove(CallContext& context, Args args) { return select(context, args, false); }

// One step of a path, as a ref takes it.
const Value* step(const Value& from, const Value& key) {
  if (from.is_object()) return from.as_object().find(key);
  if (from.is_set()) return from.as_set().find(key);
  if (!from.is_array() || !key.is_number()) return nullptr;
  const std::optional<std::int64_t> index = to_int64(key);
  return index && *index >= 0 && *index < from.length() ? &from.as_array()[static_cast<std::size_t>(*index)] : nullptr;
}

Value object_get(CallContext&, Args args) {
  const Value* found = &args[0];
  if (!args[1].is_array()) {
    found = args.object(0).find(args[1]);
  } else {
    for (const Value& key : args.array(1)) {
      found = step(*found, key);
      if (found == nullptr) break;
    }
  }
  return found != nullptr ? *found : args[2];
}

Value object_keys(CallContext& context, Args args) {
  const std::span<const Value> keys = args.object(0).keys();
  if (keys.empty()) return empty_set();
  Value* made = context.arena().allocate_array<Value>(keys.size());
  std::copy(keys.begin(), keys.end(), made);
  return Value::set(context.arena().make<Set>(made, static_cast<std::uint32_t>(keys.size()), true));
}

// Subsets ---------------------------------------------------------------------------------------------------------------------------

bool is_subset(const Set& super, const Set& sub) {
  const std::span<const Value> items = sub.items();
  return std::all_of(items.begin(), items.end(), [&](const Value& item) { return super.contains(item); });
}

// Whether `sub` stands in `super` as one piece; Knuth, Morris and Pratt's search, for long arrays of few different values.
bool is_piece(std::span<const Value> super, std::span<const Value> sub) {
  if (sub.size() > super.size()) return false;
  std::vector<std::size_t> border(sub.size() + 1, 0);
  for (std::size_t i = 1, length = 0; i < sub.size(); ++i) {
    while (length > 0 && !equal(sub[i], sub[length])) length = border[length];
    if (equal(sub[i], sub[length])) ++length;
    border[i + 1] = length;
  }
  std::size_t matched = 0;
  for (std::size_t i = 0; i < super.size() && matched < sub.size(); ++i) {
    while (matched > 0 && !equal(super[i], sub[matched])) matched = border[matched];
    if (equal(super[i], sub[matched])) ++matched;
  }
  return matched == sub.size();
}

// False where a limit was reached, which is recorded then.
bool is_subset(CallContext& context, const Object& super, const Object& sub, unsigned depth) {
  if (!may_enter(context, sub.size(), depth)) return false;
  for (std::uint32_t i = 0; i < sub.size(); ++i) {
    const Value* above = super.find(sub.keys()[i]);
    if (above == nullptr) return false;
    const Value& below = sub.values()[i];
    if (equal(*above, below)) continue;
    if (above->kind() != below.kind()) return false;
    const bool holds = below.is_object() ? is_subset(context, above->as_object(), below.as_object(), depth + 1)
                       : below.is_set()  ? is_subset(above->as_set(), below.as_set())
                                         : below.is_array() && is_piece(above->as_array(), below.as_array());
    if (!holds) return false;
  }
  return true;
}

// OPA counts an item that comes twice as two members found, and finds nothing in an empty array; so [1, 1] has {1, 2}.
bool holds_members(std::span<const Value> super, const Set& sub) {
  std::size_t unmatched = sub.size();
  return std::any_of(super.begin(), super.end(), [&](const Value& item) {
    if (sub.contains(item)) --unmatched;
    return unmatched == 0;
  });
}

Value object_subset(CallContext& context, Args args) {
  const Value& super = args[0];
  const Value& sub = args[1];
  if (super.is_object() && sub.is_object()) {
    const bool holds = is_subset(context, super.as_object(), sub.as_object(), 0);
    return context.error == nullptr ? Value::boolean(holds) : Value();
  }
  if (super.is_set() && sub.is_set()) return Value::boolean(is_subset(super.as_set(), sub.as_set()));
  if (super.is_array() && sub.is_array()) return Value::boolean(is_piece(super.as_array(), sub.as_array()));
  if (super.is_array() && sub.is_set()) return Value::boolean(holds_members(super.as_array(), sub.as_set()));
  return context.fail(EvalCode::Type, "both arguments object.subset must be of the same type or array and set");
}

constexpr Builtin kObjectBuiltins[] = {
    {.name = "object.get",
     .signature = signature("(object: object[any: any], key: any, default: any) -> any"),
     .doc = "The value under a key, or at the end of an array of keys; the default where there is none.",
     .example = R"(object.get({"a": {"b": 1}}, ["a", "b"], 0) == 1)",
     .fn = object_get,
     .is_brief = true,
     .can_fail = false},
    {.name = "object.keys",
     .signature = signature("(object: object[any: any]) -> set[any]"),
     .doc = "The object's keys as a set.",
     .example = R"(object.keys({"a": 1, "b": 2}) == {"a", "b"})",
     .fn = object_keys,
     .can_fail = false},
    {.name = "object.filter",
     .signature = signature("(object: object[any: any], keys: array[any]|object[any: any]|set[any]) -> object[any: any]"),
     .doc = "The object with only the keys that are listed.",
     .example = R"(object.filter({"a": 1, "b": 2}, ["a"]) == {"a": 1})",
     .fn = object_filter,
     .can_fail = false},
    {.name = "object.remove",
     .signature = signature("(object: object[any: any], keys: array[any]|object[any: any]|set[any]) -> object[any: any]"),
     .doc = "The object without the keys that are listed.",
     .example = R"(object.remove({"a": 1, "b": 2}, ["a"]) == {"b": 2})",
     .fn = object_remove,
     .can_fail = false},
    {.name = "object.subset",
     .signature = signature("(super: array[any]|object[any: any]|set[any], sub: array[any]|object[any: any]|set[any]) -> boolean"),
     .doc = "Whether the first holds all of the second: objects field by field and deep, sets by members, arrays as one piece.",
     .example = R"(object.subset({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}))",
     .fn = object_subset,
     .checks_operands = false},
    {.name = "object.union",
     .signature = signature("(a: object[any: any], b: object[any: any]) -> object[any: any]"),
     .doc = "Both objects as one; the second wins, and objects under one key are united in turn.",
     .example = R"(object.union({"a": {"x": 1}}, {"a": {"y": 2}}) == {"a": {"x": 1, "y": 2}})",
     .fn = object_union},
    {.name = "object.union_n",
     .signature = signature("(objects: array[object[any: any]]) -> object[any: any]"),
     .doc = "All objects of an array as one, later ones winning.",
     .example = R"(object.union_n([{"a": 1}, {"b": 2}, {"a": 3}]) == {"a": 3, "b": 2})",
     .fn = object_union_n},
};

}  // namespace

std::span<const Builtin> object_builtins() { return kObjectBuiltins; }

}  // namespace psdl
