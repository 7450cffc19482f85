// Collections made item by item in an arena. In: values; out: a Value that is never changed again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "value/key_table.hpp"
#include "value/value.hpp"

namespace psdl {

// A growing list of values in an arena; the older, smaller copies stay behind until the arena is reset.
class ArrayBuilder {
 public:
  explicit ArrayBuilder(Arena& arena, std::uint32_t expected = 0) : arena_(&arena) {
    if (expected > 0) grow(expected);
  }

  void add(const Value& value) {
    if (size_ == capacity_) grow(capacity_ == 0 ? 8 : capacity_ * 2);
    items_[size_++] = value;
  }
  void add_all(std::span<const Value> values) {
    const auto count = static_cast<std::uint32_t>(values.size());
    if (capacity_ - size_ < count) grow(std::max(size_ + count, capacity_ == 0 ? 8 : capacity_ * 2));
    std::copy(values.begin(), values.end(), items_ + size_);
    size_ += count;
  }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] Value* items() { return items_; }
  [[nodiscard]] std::span<const Value> added() const { return {items_, size_}; }
  [[nodiscard]] Value finish() const { return Value::array({items_, size_}); }

 private:
  void grow(std::uint32_t capacity) {
    Value* larger = arena_->allocate_array<Value>(capacity);
    std::copy(items_, items_ + size_, larger);
    items_ = larger;
    capacity_ = capacity;
  }

  Arena* arena_;
  Value* items_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

// keep_bag: members that are equal but come from different places stay visible in Set::bag(), for locating.
class SetBuilder {
 public:
  explicit SetBuilder(Arena& arena, bool keep_bag = false) : arena_(&arena), items_(arena), keep_bag_(keep_bag) {}
  // Goes on with what was gathered already.
  SetBuilder(Arena& arena, bool keep_bag, const ArrayBuilder& items) : arena_(&arena), items_(items), keep_bag_(keep_bag) {}

  void add(const Value& value) { items_.add(value); }
  [[nodiscard]] std::uint32_t bag_size() const { return items_.size(); }
  [[nodiscard]] Value finish();

 private:
  Arena* arena_;
  ArrayBuilder items_;
  bool keep_bag_;
};

// What to do with a key that is there already.
enum class Duplicates : std::uint8_t { Report, LastWins };

// Pairs in any order, sorted by finish(). In sorted or nearly sorted order it costs one comparison a pair.
class ObjectBuilder {
 public:
  // With a table the object carries key numbers; without one it is searched by text.
  explicit ObjectBuilder(Arena& arena, const KeyTable* table = nullptr) : arena_(&arena), table_(table), keys_(arena), values_(arena) {}
  // Goes on with what was gathered already: as many keys as values.
  ObjectBuilder(Arena& arena, const KeyTable* table, const ArrayBuilder& keys, const ArrayBuilder& values)
      : arena_(&arena), table_(table), keys_(keys), values_(values) {}

  void add(const Value& key, const Value& value) {
    keys_.add(key);
    values_.add(value);
  }
  [[nodiscard]] std::uint32_t size() const { return keys_.size(); }
  // Undefined where a key came with two values that differ and `duplicates` is Report: conflict_key() is that key then. A key that came twice with
  // equal values is no conflict (Rego's objects); readers that must refuse every repetition look before they add.
  [[nodiscard]] Value finish(Duplicates duplicates = Duplicates::LastWins);
  [[nodiscard]] const Value& conflict_key() const { return conflict_key_; }

 private:
  Arena* arena_;
  const KeyTable* table_;
  ArrayBuilder keys_;
  ArrayBuilder values_;
  Value conflict_key_;
};

// An object of `size` pairs whose keys are in term order and all different; the arrays live in `arena` already.
[[nodiscard]] Value make_object(Arena& arena, const Value* keys, const Value* values, std::uint32_t size, const KeyTable* table);

[[nodiscard]] inline Value empty_array() { return Value::array({}); }
[[nodiscard]] Value empty_object();
[[nodiscard]] Value empty_set();

}  // namespace psdl
