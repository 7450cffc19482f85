// The value that everything computes with: 16 bytes, trivially copyable, without reference counts. Heap parts live in an Arena.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/arena.hpp"

namespace psdl {

// In Rego's order of types, with the pieces of one type side by side: null < boolean < number < string < array < object < set.
enum class Tag : std::uint8_t { Undefined, Null, False, True, Int, Decimal, BigInt, String, Array, Object, Set };

// The type a policy sees.
enum class Kind : std::uint8_t { Undefined, Null, Boolean, Number, String, Array, Object, Set };

// The number of a name in a KeyTable; kNoKey for a name outside it.
using KeyNumber = std::uint16_t;
inline constexpr KeyNumber kNoKey = 0xFFFF;

// Which names may be among some keys: a bit for each name of the table, which it shares with others. All of them: nothing is known. The last is among the
// keys of every object, so that asking for all names never says that there is none.
using NameBits = std::uint64_t;
inline constexpr NameBits kAllNames = ~NameBits{0};
inline constexpr NameBits kNoNames = NameBits{1} << 63U;
[[nodiscard]] constexpr NameBits name_bit(KeyNumber number) { return NameBits{1} << (number % 64U); }

class Object;
class Set;
struct Decimal;  // number.hpp
struct BigInt;   // number.hpp

// Layout, low to high:  | tag 8 | length 24 | origin 32 | integer or pointer 64 |
//
// origin: the number of the document node that the value was read from (preorder from 1, aliases expanded), 0 for a computed value.
// Nodes of data documents have numbers from kFirstDataOrigin up. Equality, order and hashing never look at it.
// An object's key carries the origin of the value under it, so that a rule that tests a key is located at that field.
class Value {
 public:
  static constexpr std::uint32_t kMaxLength = (1U << 24) - 1;
  static constexpr std::uint32_t kFirstDataOrigin = 0x8000'0000U;

  constexpr Value() : head_(0), origin_(0), integer_(0) {}

  [[nodiscard]] static constexpr Value null() { return Value(Tag::Null, 0, std::int64_t{0}); }
  [[nodiscard]] static constexpr Value boolean(bool truth) { return Value(truth ? Tag::True : Tag::False, 0, std::int64_t{0}); }
  [[nodiscard]] static constexpr Value integer(std::int64_t number) { return Value(Tag::Int, 0, number); }
  // The bytes are borrowed and must live as long as the value: in an arena, a KeyTable or a static text.
  [[nodiscard]] static Value string(std::string_view text) { return Value(Tag::String, static_cast<std::uint32_t>(text.size()), text.data()); }
  [[nodiscard]] static Value string(Arena& arena, std::string_view text) { return string(arena.copy(text)); }
  [[nodiscard]] static Value array(std::span<const Value> items) { return Value(Tag::Array, static_cast<std::uint32_t>(items.size()), items.data()); }
  [[nodiscard]] static Value object(const Object* object) { return Value(Tag::Object, 0, object); }
  [[nodiscard]] static Value set(const Set* set) { return Value(Tag::Set, 0, set); }
  [[nodiscard]] static Value decimal(const Decimal* decimal) { return Value(Tag::Decimal, 0, decimal); }
  [[nodiscard]] static Value big_int(const BigInt* big) { return Value(Tag::BigInt, 0, big); }

  [[nodiscard]] Tag tag() const { return static_cast<Tag>(head_ & 0xFFU); }
  [[nodiscard]] Kind kind() const {
    static constexpr Kind kinds[] = {Kind::Undefined, Kind::Null,   Kind::Boolean, Kind::Boolean, Kind::Number, Kind::Number,
                                     Kind::Number,    Kind::String, Kind::Array,   Kind::Object,  Kind::Set};
    return kinds[head_ & 0xFFU];
  }
  [[nodiscard]] bool is_defined() const { return tag() != Tag::Undefined; }
  [[nodiscard]] bool is_null() const { return tag() == Tag::Null; }
  [[nodiscard]] bool is_true() const { return tag() == Tag::True; }
  [[nodiscard]] bool is_false() const { return tag() == Tag::False; }
  [[nodiscard]] bool is_boolean() const { return is_true() || is_false(); }
  [[nodiscard]] bool is_int() const { return tag() == Tag::Int; }
  [[nodiscard]] bool is_number() const { return tag() >= Tag::Int && tag() <= Tag::BigInt; }
  [[nodiscard]] bool is_string() const { return tag() == Tag::String; }
  [[nodiscard]] bool is_array() const { return tag() == Tag::Array; }
  [[nodiscard]] bool is_object() const { return tag() == Tag::Object; }
  [[nodiscard]] bool is_set() const { return tag() == Tag::Set; }
  [[nodiscard]] bool is_collection() const { return tag() >= Tag::Array; }
  // An expression holds unless it is undefined or false.
  [[nodiscard]] bool holds() const { return tag() != Tag::Undefined && tag() != Tag::False; }

  // Each accessor asks for its own tag; nothing is checked here.
  [[nodiscard]] std::int64_t as_int() const { return integer_; }
  [[nodiscard]] std::string_view as_string() const { return {text_, length()}; }
  [[nodiscard]] std::span<const Value> as_array() const { return {items_, length()}; }
  [[nodiscard]] const Object& as_object() const { return *object_; }
  [[nodiscard]] const Set& as_set() const { return *set_; }
  [[nodiscard]] const Decimal& as_decimal() const { return *decimal_; }
  [[nodiscard]] const BigInt& as_big_int() const { return *big_; }

  // Bytes of a string, items of an array; 0 for the other tags.
  [[nodiscard]] std::uint32_t length() const { return head_ >> 8U; }
  [[nodiscard]] std::uint32_t origin() const { return origin_; }
  [[nodiscard]] Value with_origin(std::uint32_t origin) const {
    Value copy = *this;
    copy.origin_ = origin;
    return copy;
  }

 private:
  constexpr Value(Tag tag, std::uint32_t length, std::int64_t integer)
      : head_(static_cast<std::uint32_t>(tag) | (length << 8U)), origin_(0), integer_(integer) {}
  Value(Tag tag, std::uint32_t length, const char* text) : head_(static_cast<std::uint32_t>(tag) | (length << 8U)), origin_(0), text_(text) {}
  Value(Tag tag, std::uint32_t length, const Value* items) : head_(static_cast<std::uint32_t>(tag) | (length << 8U)), origin_(0), items_(items) {}
  Value(Tag tag, std::uint32_t length, const Object* object) : head_(static_cast<std::uint32_t>(tag) | (length << 8U)), origin_(0), object_(object) {}
  Value(Tag tag, std::uint32_t length, const Set* set) : head_(static_cast<std::uint32_t>(tag) | (length << 8U)), origin_(0), set_(set) {}
  Value(Tag tag, std::uint32_t length, const Decimal* decimal) : head_(static_cast<std::uint32_t>(tag) | (length << 8U)), origin_(0), decimal_(decimal) {}
  Value(Tag tag, std::uint32_t length, const BigInt* big) : head_(static_cast<std::uint32_t>(tag) | (length << 8U)), origin_(0), big_(big) {}

  std::uint32_t head_;
  std::uint32_t origin_;
  union {
    std::int64_t integer_;
    const char* text_;
    const Value* items_;
    const Object* object_;
    const Set* set_;
    const Decimal* decimal_;
    const BigInt* big_;
  };
};
static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>);

// Keys in term order, values beside them. Made by ObjectBuilder or a reader, never changed afterwards.
// The KeyNumber of each key stands right behind the object, padded with kNoKey to a multiple of 8 entries, at least 8: then a name of the table that is
// not among them is not in the object. An object without numbers has eight that no name has. All objects of one document or policy share one KeyTable.
class alignas(16) Object {
 public:
  // Room for an object and its numbers, at an address that is a multiple of 16.
  [[nodiscard]] static constexpr std::size_t bytes(std::uint32_t size, bool has_numbers) {
    return sizeof(Object) + padded(has_numbers ? size : 0) * sizeof(KeyNumber);
  }
  [[nodiscard]] static constexpr std::uint32_t padded(std::uint32_t size) { return size <= 8 ? 8 : (size + 7U) & ~7U; }
  // Where whoever makes an object in such room puts its numbers, all of padded() entries; kNoKey where there are none.
  [[nodiscard]] static KeyNumber* numbers_in(void* room) { return reinterpret_cast<KeyNumber*>(static_cast<std::byte*>(room) + sizeof(Object)); }
  // `names` as names_among() has them for its numbers.
  [[nodiscard]] static Object* make_in(void* room, std::uint32_t size, const Value* keys, const Value* values, bool has_numbers, NameBits names) {
    return new (room) Object(size, keys, values, has_numbers, names);
  }
  // `numbers`: as many as keys; null: none.
  [[nodiscard]] static Object* make(Arena& arena, std::uint32_t size, const Value* keys, const Value* values, const KeyNumber* numbers);

  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] std::span<const Value> keys() const { return {keys_, size_}; }
  [[nodiscard]] std::span<const Value> values() const { return {values_, size_}; }

  // Null where there is no such key. The index is the position in keys() and values().
  [[nodiscard]] const Value* find(const Value& key) const;
  [[nodiscard]] const Value* find_text(std::string_view name) const;
  // `number` is the name's in the table; kNoKey asks by text alone.
  [[nodiscard]] const Value* find_name(KeyNumber number, std::string_view name) const;
  static constexpr std::uint32_t kNowhere = UINT32_MAX;
  [[nodiscard]] std::uint32_t position(const Value& key) const;
  [[nodiscard]] std::uint32_t position_text(std::string_view name) const;

  [[nodiscard]] const KeyNumber* numbers() const { return reinterpret_cast<const KeyNumber*>(this + 1); }
  [[nodiscard]] bool has_numbers() const { return has_numbers_; }
  // A name of the table whose bit is not among these is not in the object.
  [[nodiscard]] NameBits names() const { return names_; }
  [[nodiscard]] static NameBits names_among(const KeyNumber* numbers, std::uint32_t size) {
    NameBits names = kNoNames;
    for (std::uint32_t i = 0; i < size; ++i) names |= numbers[i] == kNoKey ? 0 : name_bit(numbers[i]);
    return names;
  }

  // Builds the hash index by text where it pays (more than kIndexFrom keys), so that nothing writes here later.
  void make_index(Arena& arena) const;
  static constexpr std::uint32_t kIndexFrom = 16;

 private:
  Object(std::uint32_t size, const Value* keys, const Value* values, bool has_numbers, NameBits names)
      : keys_(keys), has_numbers_(has_numbers), size_(size), values_(values), names_(names) {}

  // What reading a name asks for stands last, beside the numbers.
  const Value* keys_;
  mutable const std::uint32_t* index_ = nullptr;  // open addressing: position + 1, 0 is free
  mutable std::uint32_t index_mask_ = 0;
  bool has_numbers_;
  std::uint32_t size_;
  const Value* values_;
  NameBits names_;
};

inline const Value* Object::find_name(KeyNumber number, std::string_view name) const {
  if (!has_numbers() || number == kNoKey) return find_text(name);
#if defined(__SSE2__)
  static_assert(sizeof(Value) == 8 * sizeof(KeyNumber), "a hit's bit is the place of its value in 8 bytes");
  const __m128i wanted = _mm_set1_epi16(static_cast<short>(number));
  const KeyNumber* numbers = this->numbers();
  const char* values = reinterpret_cast<const char*>(values_);
  // The first eight are there, be it as padding; what most objects hold is found without a loop.
  auto hits = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(numbers)), wanted)));
  if (hits == 0) {
    if (size_ <= 8) return nullptr;
    // Beyond some 128 keys the hash index is the shorter way (measured: 16 ns against 0.7 ns for each 8 keys).
    if (size_ > 128 && index_ != nullptr) return find_text(name);
    const KeyNumber* const end = numbers + size_;
    do {
      numbers += 8;
      values += 8 * sizeof(Value);
      if (numbers >= end) return nullptr;
      hits = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(numbers)), wanted)));
    } while (hits == 0);
  }
  return reinterpret_cast<const Value*>(values + static_cast<std::size_t>(__builtin_ctz(hits)) * 8);
#else
  if (size_ > 128 && index_ != nullptr) return find_text(name);
  for (std::uint32_t at = 0; at < size_; ++at) {
    if (numbers()[at] == number) return values_ + at;
  }
  return nullptr;
#endif
}

// Built as a bag by appending; sorted and deduplicated when its order, count or a member is first asked for. A set that several threads
// may see (a constant, data) is made normal before it is shared.
class Set {
 public:
  // `items` may be written to (sorted in place) until the set is normal. `bag` keeps the appended order with repetitions for locating.
  Set(Value* items, std::uint32_t size, bool is_normal) : items_(items), size_(size), is_normal_(is_normal), bag_(items), bag_size_(size) {}
  Set(Value* items, std::uint32_t size, const Value* bag, std::uint32_t bag_size, bool is_normal = false)
      : items_(items), size_(size), is_normal_(is_normal), bag_(bag), bag_size_(bag_size) {}

  [[nodiscard]] std::uint32_t size() const {
    normalize();
    return size_;
  }
  // In term order, each once.
  [[nodiscard]] std::span<const Value> items() const {
    normalize();
    return {items_, size_};
  }
  // In any order, an element perhaps several times with different origins.
  [[nodiscard]] std::span<const Value> bag() const { return bag_ == items_ ? std::span<const Value>{items_, size_} : std::span<const Value>{bag_, bag_size_}; }
  [[nodiscard]] bool is_empty() const { return size_ == 0; }
  [[nodiscard]] bool is_normal() const { return is_normal_; }
  [[nodiscard]] bool contains(const Value& member) const { return find(member) != nullptr; }
  [[nodiscard]] const Value* find(const Value& member) const;
  void normalize() const {
    if (!is_normal_) sort_and_deduplicate();
  }

 private:
  void sort_and_deduplicate() const;

  Value* items_;
  mutable std::uint32_t size_;
  mutable bool is_normal_;
  const Value* bag_;
  std::uint32_t bag_size_;
};

// compare_text() for texts whose comparing is work that an evaluation is charged for.
[[nodiscard]] int compare_long_text(std::string_view left, std::string_view right);
// By bytes, as Rego orders strings: -1, 0 or 1. Inline and by words first, since sorting sets and keys is mostly this.
[[nodiscard]] inline int compare_text(std::string_view left, std::string_view right) {
  const std::size_t shorter = left.size() < right.size() ? left.size() : right.size();
  // The order of the words there; those before are the same.
  const auto order_at = [&](std::size_t offset) {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::memcpy(&a, left.data() + offset, 8);
    std::memcpy(&b, right.data() + offset, 8);
    return a == b ? 0 : (std::memcmp(&a, &b, 8) < 0 ? -1 : 1);
  };
  constexpr std::size_t kLong = 4'096;
  int order = 0;
  if (shorter >= 8) {
    order = order_at(0);
    if (order != 0) return order;
    if (shorter > kLong) return compare_long_text(left, right);
    order = shorter <= 16 ? order_at(shorter - 8) : std::memcmp(left.data() + 8, right.data() + 8, shorter - 8);
  } else if (shorter != 0) {
    order = std::memcmp(left.data(), right.data(), shorter);
  }
  if (order != 0) return order < 0 ? -1 : 1;
  return left.size() == right.size() ? 0 : (left.size() < right.size() ? -1 : 1);
}

// Whether two texts are the same. Names and short words, as most are, take no call: their first and last words are compared, which may overlap.
[[nodiscard]] inline bool is_same_text(std::string_view left, std::string_view right) {
  const std::size_t size = left.size();
  if (size != right.size()) return false;
  const auto ends_are_same = [&](auto of_left, auto of_right) {
    constexpr std::size_t kWord = sizeof of_left;
    std::memcpy(&of_left, left.data(), kWord);
    std::memcpy(&of_right, right.data(), kWord);
    const auto difference = of_left ^ of_right;
    std::memcpy(&of_left, left.data() + size - kWord, kWord);
    std::memcpy(&of_right, right.data() + size - kWord, kWord);
    return (difference | (of_left ^ of_right)) == 0;
  };
  if (size > 16) return std::memcmp(left.data(), right.data(), size) == 0;
  if (size >= 8) return ends_are_same(std::uint64_t{}, std::uint64_t{});
  if (size >= 4) return ends_are_same(std::uint32_t{}, std::uint32_t{});
  if (size == 0) return true;
  return left[0] == right[0] && left[size / 2] == right[size / 2] && left[size - 1] == right[size - 1];
}

// Rego's total order: -1, 0 or 1. Undefined stands before everything.
[[nodiscard]] int compare(const Value& left, const Value& right);
// equal() for decimals, big integers and collections.
[[nodiscard]] bool equal_beyond_scalars(const Value& left, const Value& right);
[[nodiscard]] inline bool equal_scalars(const Value& left, const Value& right) {
  if (left.tag() == right.tag()) {
    if (left.is_string()) return is_same_text(left.as_string(), right.as_string());
    if (left.is_int()) return left.as_int() == right.as_int();
  }
  return equal_beyond_scalars(left, right);
}
// Inline, as nearly every test a policy makes is on a string, a small integer or a boolean; of these, what a look at the tags decides takes no call.
[[nodiscard, gnu::always_inline]] inline bool equal(const Value& left, const Value& right) {
  if (left.tag() != right.tag()) {
    if (!left.is_number() || !right.is_number()) return false;
  } else if (left.tag() < Tag::Int) {
    return true;
  }
  return equal_scalars(left, right);
}
// Equal values hash equally (1 and 1.0 too).
[[nodiscard]] std::uint64_t hash(const Value& value);
[[nodiscard]] std::uint64_t hash_text(std::string_view text);

// A deep copy whose bytes all live in `arena`; origins are kept, sets made normal, large objects indexed: what freezing data and keeping verdicts need.
// Undefined where the arena's limit was reached on the way.
[[nodiscard]] Value copy_into(Arena& arena, const Value& value);
// Makes every set below normal and indexes every large object, so that reading the value writes nowhere.
void freeze(Arena& arena, const Value& value);

}  // namespace psdl
