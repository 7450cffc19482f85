// Objects and sets: looking up, sorting, building. In: pairs and members in any order; out: collections in term order.
#include <algorithm>
#include <bit>

#include "value/builders.hpp"
#include "value/number.hpp"
#include "value/value.hpp"

namespace psdl {
namespace {

// Below this many keys a walk by length and bytes beats a binary search.
constexpr std::uint32_t kWalkUpTo = 8;
// An insertion into the index that needs more steps than this gives the index up: a text made to collide must not cost quadratic time,
// and the keys are sorted anyway.
constexpr std::uint32_t kMaxProbes = 32;
constexpr std::size_t kInsertionUpTo = 16;
constexpr std::uint32_t kShortText = 64;  // comparing it with each of a few is not worth charging for

inline bool before(const Value& left, const Value& right) {
  if (left.is_string() && right.is_string()) return compare_text(left.as_string(), right.as_string()) < 0;
  return compare(left, right) < 0;
}

std::uint32_t search(std::span<const Value> sorted, const Value& key) {
  std::uint32_t low = 0;
  std::uint32_t high = static_cast<std::uint32_t>(sorted.size());
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const int order = compare(sorted[middle], key);
    if (order == 0) return middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return Object::kNowhere;
}

// Stable sorting without the heap: std::stable_sort asks for memory at each call, and a steady evaluation makes none. Runs are merged through a buffer on
// the stack; two runs that are both longer than it are first cut in two pairs by a rotation.
template <class T, class Before>
class StableSort {
 public:
  explicit StableSort(Before is_before) : is_before_(is_before) {}

  void sort(T* first, T* last) {
    const std::ptrdiff_t size = last - first;
    if (size <= static_cast<std::ptrdiff_t>(kInsertionUpTo)) {
      insert(first, last);
      return;
    }
    T* middle = first + size / 2;
    sort(first, middle);
    sort(middle, last);
    merge(first, middle, last);
  }

 private:
  void insert(T* first, T* last) {
    for (T* at = first + 1; at < last; ++at) {
      const T item = *at;
      T* hole = at;
      for (; hole > first && is_before_(item, hole[-1]); --hole) *hole = hole[-1];
      *hole = item;
    }
  }

  void merge(T* first, T* middle, T* last) {
    while (first < middle && middle < last) {
      if (!is_before_(*middle, middle[-1])) return;
      if (middle - first <= kBuffer) {
        merge_left(first, middle, last);
        return;
      }
      // Both halves of the longer run go to the side of their median.
      T* left_cut = first + (middle - first) / 2;
      T* right_cut = std::lower_bound(middle, last, *left_cut, is_before_);
      T* joint = std::rotate(left_cut, middle, right_cut);
      merge(first, left_cut, joint);
      first = joint;
      middle = right_cut;
    }
  }

  void merge_left(T* first, T* middle, T* last) {
    const std::ptrdiff_t size = middle - first;
    std::copy(first, middle, buffer_);
    const T* left = buffer_;
    const T* left_end = buffer_ + size;
    T* right = middle;
    T* out = first;
    while (left < left_end && right < last) *out++ = is_before_(*right, *left) ? *right++ : *left++;
    std::copy(left, left_end, out);
  }

  static constexpr std::ptrdiff_t kBuffer = 4096 / sizeof(T);
  Before is_before_;
  T buffer_[kBuffer];
};

template <class T, class Before>
void stable_sort_in_place(T* first, T* last, Before is_before) {
  StableSort<T, Before>(is_before).sort(first, last);
}

// Whether each item comes before the next one: sorted, and none twice.
bool ascends(const Value* items, std::uint32_t size) {
  for (std::uint32_t i = 1; i < size; ++i) {
    if (!before(items[i - 1], items[i])) return false;
  }
  return true;
}

}  // namespace

const Value* Object::find(const Value& key) const {
  const std::uint32_t at = position(key);
  return at == kNowhere ? nullptr : values_ + at;
}

const Value* Object::find_text(std::string_view name) const {
  const std::uint32_t at = position_text(name);
  return at == kNowhere ? nullptr : values_ + at;
}

std::uint32_t Object::position(const Value& key) const {
  if (key.is_string()) return position_text(key.as_string());
  return search(keys(), key);
}

std::uint32_t Object::position_text(std::string_view name) const {
  if (index_ != nullptr) {
    for (std::uint32_t at = static_cast<std::uint32_t>(hash_text(name)) & index_mask_;; at = (at + 1) & index_mask_) {
      const std::uint32_t found = index_[at];
      if (found == 0) return kNowhere;
      const Value& key = keys_[found - 1];
      if (is_same_text(key.as_string(), name)) return found - 1;
    }
  }
  if (size_ <= kWalkUpTo) {
    for (std::uint32_t i = 0; i < size_; ++i) {
      if (keys_[i].is_string() && is_same_text(keys_[i].as_string(), name)) return i;
    }
    return kNowhere;
  }
  return search(keys(), Value::string(name));
}

Object* Object::make(Arena& arena, std::uint32_t size, const Value* keys, const Value* values, const KeyNumber* numbers) {
  void* const room = arena.allocate(bytes(size, numbers != nullptr), alignof(Object));
  KeyNumber* const kept = numbers_in(room);
  const std::uint32_t count = numbers == nullptr ? 0 : size;
  std::copy_n(numbers, count, kept);
  std::fill(kept + count, kept + padded(count), kNoKey);
  return make_in(room, size, keys, values, numbers != nullptr, numbers == nullptr ? kAllNames : names_among(kept, size));
}

void Object::make_index(Arena& arena) const {
  if (index_ != nullptr || size_ <= kIndexFrom) return;
  const std::uint32_t slots = std::bit_ceil(size_ * 2);
  std::uint32_t* index = arena.allocate_array<std::uint32_t>(slots);
  std::fill(index, index + slots, 0U);
  const std::uint32_t mask = slots - 1;
  for (std::uint32_t i = 0; i < size_; ++i) {
    if (!keys_[i].is_string()) continue;
    std::uint32_t at = static_cast<std::uint32_t>(hash_text(keys_[i].as_string())) & mask;
    for (std::uint32_t probes = 0; index[at] != 0; at = (at + 1) & mask) {
      if (++probes > kMaxProbes) return;
    }
    index[at] = i + 1;
  }
  index_mask_ = mask;
  index_ = index;
}

const Value* Set::find(const Value& member) const {
  const std::span<const Value> sorted = items();
  // Of a short list of words, each is compared: to be equal takes less than to be in order.
  if (sorted.size() <= kWalkUpTo && member.is_string() && member.length() <= kShortText) {
    for (const Value& item : sorted) {
      if (item.is_string() && is_same_text(item.as_string(), member.as_string())) return &item;
    }
    return nullptr;
  }
  const std::uint32_t at = search(sorted, member);
  return at == Object::kNowhere ? nullptr : &sorted[at];
}

namespace {

// The same of few items: while there are a handful of different ones each is compared with them.
std::uint32_t drop_few_repeated(Value* items, std::uint32_t size) {
  constexpr std::uint32_t kMost = 6;
  std::uint32_t kept = 0;
  for (std::uint32_t at = 0; at < size; ++at) {
    const Value item = items[at];
    const auto is_same = [&](const Value& before) { return equal(before, item); };
    const bool is_known = !item.is_collection() && std::any_of(items, items + kept, is_same);
    if (is_known) continue;
    if (item.is_collection() || kept == kMost) {
      std::copy(items + at, items + size, items + kept);
      return kept + (size - at);
    }
    items[kept++] = item;
  }
  return kept;
}

// Drops scalars that were there before, in place, while there are few different ones: a set of the zones of a thousand pods is a thousand texts of which
// twenty stay, and sorting them all was half of such a rule's time. Gives the new size. What it does not get to, sorting deals with.
std::uint32_t drop_repeated(Value* items, std::uint32_t size) {
  constexpr std::uint32_t kWorthwhile = 64;
  constexpr std::uint32_t kMost = 128;     // different members; with more of them sorting is no worse
  constexpr std::size_t kBuckets = 512;
  if (size < kWorthwhile) return drop_few_repeated(items, size);
  std::uint16_t buckets[kBuckets] = {};  // position + 1
  std::uint32_t kept = 0;
  for (std::uint32_t at = 0; at < size; ++at) {
    const Value item = items[at];
    std::size_t bucket = item.is_collection() || kept == kMost ? kBuckets : hash(item) % kBuckets;
    while (bucket < kBuckets && buckets[bucket] != 0 && !equal(items[buckets[bucket] - 1], item)) bucket = (bucket + 1) % kBuckets;
    if (bucket == kBuckets) {
      std::copy(items + at, items + size, items + kept);
      return kept + (size - at);
    }
    if (buckets[bucket] != 0) continue;
    items[kept++] = item;
    buckets[bucket] = static_cast<std::uint16_t>(kept);
  }
  return kept;
}

}  // namespace

void Set::sort_and_deduplicate() const {
  if (!ascends(items_, size_)) {
    size_ = drop_repeated(items_, size_);
    stable_sort_in_place(items_, items_ + size_, before);
    // Of equal members the first added survives: 1 and 1.0 print as whichever came first.
    Value* end = std::unique(items_, items_ + size_, [](const Value& a, const Value& b) { return equal(a, b); });
    size_ = static_cast<std::uint32_t>(end - items_);
  }
  is_normal_ = true;
}

Value SetBuilder::finish() {
  const std::uint32_t size = items_.size();
  if (size == 0) return empty_set();
  Value* items = items_.items();
  const Set* set = nullptr;
  if (!keep_bag_) {
    set = arena_->make<Set>(items, size, size == 1);
  } else {
    Value* sorted = arena_->allocate_array<Value>(size);
    std::copy(items, items + size, sorted);
    set = arena_->make<Set>(sorted, size, static_cast<const Value*>(items), size);
  }
  // Collections inside are compared when the set is sorted. Were their own sets still unsorted then, sets in sets would sort each other down
  // to any depth of calls; so a set that holds more than scalars is sorted at once. A document's own collections hold no sets.
  if (std::any_of(items, items + size, [](const Value& item) { return item.is_collection() && item.origin() == 0; })) set->normalize();
  return Value::set(set);
}

Value ObjectBuilder::finish(Duplicates duplicates) {
  std::uint32_t size = keys_.size();
  if (size == 0) return empty_object();
  Value* keys = keys_.items();
  Value* values = values_.items();
  if (ascends(keys, size)) return make_object(*arena_, keys, values, size, table_);

  // Sorted by position, so that a pair moves once and equal keys stay in the order they were added in.
  std::uint32_t* order = arena_->allocate_array<std::uint32_t>(size);
  for (std::uint32_t i = 0; i < size; ++i) order[i] = i;
  stable_sort_in_place(order, order + size, [keys](std::uint32_t a, std::uint32_t b) { return before(keys[a], keys[b]); });
  Value* sorted_keys = arena_->allocate_array<Value>(size);
  Value* sorted_values = arena_->allocate_array<Value>(size);
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < size; ++i) {
    const Value& key = keys[order[i]];
    const Value& value = values[order[i]];
    if (kept == 0 || !equal(sorted_keys[kept - 1], key)) {
      sorted_keys[kept] = key;
      sorted_values[kept] = value;
      ++kept;
    } else if (duplicates == Duplicates::LastWins) {
      // The key keeps its first text (1 before 1.0), and its origin follows the value.
      sorted_keys[kept - 1] = sorted_keys[kept - 1].with_origin(key.origin());
      sorted_values[kept - 1] = value;
    } else if (!equal(sorted_values[kept - 1], value)) {
      conflict_key_ = key;
      return {};
    }
  }
  return make_object(*arena_, sorted_keys, sorted_values, kept, table_);
}

Value make_object(Arena& arena, const Value* keys, const Value* values, std::uint32_t size, const KeyTable* table) {
  if (size == 0) return empty_object();
  if (table == nullptr) return Value::object(Object::make(arena, size, keys, values, nullptr));
  void* const room = arena.allocate(Object::bytes(size, true), alignof(Object));
  KeyNumber* const numbers = Object::numbers_in(room);
  for (std::uint32_t i = 0; i < size; ++i) numbers[i] = keys[i].is_string() ? table->number(keys[i].as_string()) : kNoKey;
  std::fill(numbers + size, numbers + Object::padded(size), kNoKey);
  return Value::object(Object::make_in(room, size, keys, values, true, Object::names_among(numbers, size)));
}

Value empty_object() {
  // Of whatever table: none of its names is among no keys.
  alignas(Object) static std::byte room[Object::bytes(0, true)];
  static const Object* const kEmpty = [] {
    std::fill_n(Object::numbers_in(room), Object::padded(0), kNoKey);
    return Object::make_in(room, 0, nullptr, nullptr, true, kNoNames);
  }();
  return Value::object(kEmpty);
}

Value empty_set() {
  static const Set kEmpty(nullptr, 0, true);
  return Value::set(&kEmpty);
}

}  // namespace psdl
