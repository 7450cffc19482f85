// Rego's total order, equality and hashing. In: two values or one; out: -1, 0, 1, or a hash that equal values share.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "value/number.hpp"
#include "value/value.hpp"

namespace psdl {
namespace {

// Documents nest 128 deep; rules that wrap each other's results may nest far deeper. Down to this depth functions call themselves, below it a list
// on the heap keeps the way back, so that no policy can exhaust the stack.
constexpr int kDeepest = 200;

int compare_sizes(std::size_t left, std::size_t right) { return left == right ? 0 : (left < right ? -1 : 1); }

// The order of two values that hold no others; empty for two collections of one type.
std::optional<int> compare_flat(const Value& left, const Value& right) {
  const Tag a = left.tag();
  const Tag b = right.tag();
  if (a != b) {
    if (left.is_number() && right.is_number()) return compare_numbers(left, right);
    return a < b ? -1 : 1;
  }
  switch (a) {
    case Tag::Undefined:
    case Tag::Null:
    case Tag::False:
    case Tag::True: return 0;
    case Tag::Int: return left.as_int() == right.as_int() ? 0 : (left.as_int() < right.as_int() ? -1 : 1);
    case Tag::Decimal:
    case Tag::BigInt: return compare_numbers(left, right);
    case Tag::String: return compare_text(left.as_string(), right.as_string());
    case Tag::Array:
      if (left.as_array().data() == right.as_array().data() && left.length() == right.length()) return 0;
      return std::nullopt;
    case Tag::Object:
      if (&left.as_object() == &right.as_object()) return 0;
      return std::nullopt;
    case Tag::Set:
      if (&left.as_set() == &right.as_set()) return 0;
      return std::nullopt;
  }
  return 0;
}

// What a collection holds, in the order that comparing goes through it: an object key, value, key, value, ..
struct Contents {
  const Value* items;
  const Value* values;  // null but for an object
  std::size_t size;     // of `items`

  [[nodiscard]] std::size_t steps() const { return values == nullptr ? size : size * 2; }
  [[nodiscard]] const Value& step(std::size_t i) const {
    if (values == nullptr) return items[i];
    return (i & 1U) == 0 ? items[i / 2] : values[i / 2];
  }
};

Contents contents_of(const Value& collection) {
  if (collection.is_array()) return {collection.as_array().data(), nullptr, collection.length()};
  if (collection.is_object()) {
    const Object& object = collection.as_object();
    return {object.keys().data(), object.values().data(), object.size()};
  }
  const std::span<const Value> items = collection.as_set().items();
  return {items.data(), nullptr, items.size()};
}

int compare_on_heap(const Value& left, const Value& right) {
  struct Level {
    Contents left;
    Contents right;
    std::size_t next;
  };
  std::vector<Level> levels = {{contents_of(left), contents_of(right), 0}};
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == std::min(level.left.steps(), level.right.steps())) {
      const int order = compare_sizes(level.left.size, level.right.size);
      if (order != 0) return order;
      levels.pop_back();
      continue;
    }
    const Value& a = level.left.step(level.next);
    const Value& b = level.right.step(level.next);
    ++level.next;
    const std::optional<int> order = compare_flat(a, b);
    if (!order) {
      levels.push_back({contents_of(a), contents_of(b), 0});
    } else if (*order != 0) {
      return *order;
    }
  }
  return 0;
}

// Where one collection is the beginning of the other, the shorter comes first; objects go pair by pair, key before value.
int compare_at(const Value& left, const Value& right, int depth) {
  const std::optional<int> flat = compare_flat(left, right);
  if (flat) return *flat;
  if (depth == kDeepest) return compare_on_heap(left, right);
  const Contents a = contents_of(left);
  const Contents b = contents_of(right);
  const std::size_t steps = std::min(a.steps(), b.steps());
  for (std::size_t i = 0; i < steps; ++i) {
    const int order = compare_at(a.step(i), b.step(i), depth + 1);
    if (order != 0) return order;
  }
  return compare_sizes(a.size, b.size);
}

bool equal_at(const Value& left, const Value& right, int depth);

bool equal_items(const Value* left, const Value* right, std::size_t size, int depth) {
  for (std::size_t i = 0; i < size; ++i) {
    if (left[i].tag() == Tag::String && right[i].tag() == Tag::String) {
      if (left[i].as_string() != right[i].as_string()) return false;
    } else if (!equal_at(left[i], right[i], depth)) {
      return false;
    }
  }
  return true;
}

bool equal_at(const Value& left, const Value& right, int depth) {
  const std::optional<int> flat = compare_flat(left, right);
  if (flat) return *flat == 0;
  const Contents a = contents_of(left);
  const Contents b = contents_of(right);
  if (a.size != b.size) return false;
  if (depth == kDeepest) return compare_on_heap(left, right) == 0;
  return equal_items(a.items, b.items, a.size, depth + 1) && (a.values == nullptr || equal_items(a.values, b.values, a.size, depth + 1));
}

__extension__ typedef unsigned __int128 Wide;  // -Wpedantic knows it by no other name

std::uint64_t mix(std::uint64_t seed, std::uint64_t more) {
  const Wide product = static_cast<Wide>(seed ^ 0x9E37'79B9'7F4A'7C15U) * (more ^ 0xD6E8'FEB8'6659'FD93U);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t hash_at(const Value& value, int depth) {
  const auto tag = static_cast<std::uint64_t>(value.tag());
  switch (value.tag()) {
    case Tag::Undefined:
    case Tag::Null:
    case Tag::False:
    case Tag::True: return mix(0x51ED'270B'9F65'0C3DU, tag);
    case Tag::Int:
    case Tag::Decimal:
    case Tag::BigInt: return hash_number(value);
    case Tag::String: return hash_text(value.as_string());
    case Tag::Array:
    case Tag::Object:
    case Tag::Set: break;
  }
  const Contents contents = contents_of(value);
  std::uint64_t hash = mix(tag, contents.size);
  // What lies deeper does not count: equal values still hash equally.
  if (depth == kDeepest) return hash;
  for (std::size_t i = 0; i < contents.steps(); ++i) hash = mix(hash, hash_at(contents.step(i), depth + 1));
  return hash;
}

}  // namespace

int compare(const Value& left, const Value& right) { return compare_at(left, right, 0); }

bool equal_beyond_scalars(const Value& left, const Value& right) { return equal_at(left, right, 0); }

std::uint64_t hash_text(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::uint64_t hash(const Value& value) { return hash_at(value, 0); }

}  // namespace psdl
