// Rego's total order, equality and hashing. In: two values or one; out: -1, 0, 1, or a hash that equal values share.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/budget.hpp"
#include "value/number.hpp"
#include "value/value.hpp"

namespace psdl {
namespace {

// Documents nest 128 deep; rules that wrap each other's results may nest far deeper. Down to this depth functions call themselves, below it a list
// on the heap keeps the way back, so that no policy can exhaust the stack.
constexpr int kDeepest = 200;

// x1 := [x0, x0], x2 := [x1, x1], ..: forty rules make a value of 2^40 items out of forty arrays. Comparing counts the items it looks at; a pair that
// took longer than kWorthKeeping is remembered where it turned out equal (where it did not, comparing is over), once kPlainSteps are gone.
constexpr std::uint64_t kPlainSteps = 65'536;
constexpr std::uint64_t kWorthKeeping = 64;
constexpr std::uint64_t kStepsBetweenCharges = 1'024;
// Items that count for a hash. Whoever has the hash of two equal values went through both in one order, so that stopping keeps them equal.
constexpr std::uint32_t kMostHashed = 65'536;

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

// One collection and another of the same size.
struct Pair {
  const void* left;
  const void* right;
  std::size_t size;
  bool operator==(const Pair&) const = default;
};

const void* identity(const Value& collection) {
  if (collection.is_array()) return collection.as_array().data();
  return collection.is_object() ? static_cast<const void*>(&collection.as_object()) : static_cast<const void*>(&collection.as_set());
}

struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    return reinterpret_cast<std::uintptr_t>(pair.left) * 31 + reinterpret_cast<std::uintptr_t>(pair.right) * 17 + pair.size;
  }
};

// The order of two arrays whose elements decide it without a look into collections, as those of rows in a set mostly do; empty for others.
std::optional<int> compare_rows(const Value& left, const Value& right) {
  constexpr std::size_t kShort = 64;
  const Value* a = left.as_array().data();
  const Value* b = right.as_array().data();
  const std::size_t size = std::min<std::size_t>(left.length(), right.length());
  if (size > kShort) return std::nullopt;
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i].is_string() && b[i].is_string()) {
      const std::string_view left_text = a[i].as_string();
      const std::string_view right_text = b[i].as_string();
      if (left_text.data() == right_text.data() && left_text.size() == right_text.size()) continue;
      const int order_of_texts = compare_text(left_text, right_text);
      if (order_of_texts != 0) return order_of_texts;
      continue;
    }
    const std::optional<int> order = compare_flat(a[i], b[i]);
    if (!order || *order != 0) return order;
  }
  return compare_sizes(left.length(), right.length());
}

class Comparison {
 public:
  // Where one collection is the beginning of the other, the shorter comes first; objects go pair by pair, key before value.
  int order(const Value& left, const Value& right, int depth) {
    const std::optional<int> flat = compare_flat(left, right);
    if (flat) return *flat;
    if (depth == kDeepest || steps_ >= kPlainSteps) return order_on_heap(left, right);
    const Contents a = contents_of(left);
    const Contents b = contents_of(right);
    const std::size_t steps = std::min(a.steps(), b.steps());
    for (std::size_t i = 0; i < steps && !is_over_; ++i) {
      const int order_of_items = order(a.step(i), b.step(i), depth + 1);
      if (order_of_items != 0) return order_of_items;
    }
    count(steps + 1);
    return compare_sizes(a.size, b.size);
  }

  bool equals(const Value& left, const Value& right, int depth) {
    const std::optional<int> flat = compare_flat(left, right);
    if (flat) return *flat == 0;
    const Contents a = contents_of(left);
    const Contents b = contents_of(right);
    if (a.size != b.size) return false;
    if (depth == kDeepest || steps_ >= kPlainSteps) return order_on_heap(left, right) == 0;
    return items_equal(a.items, b.items, a.size, depth + 1) && (a.values == nullptr || items_equal(a.values, b.values, a.size, depth + 1));
  }

 private:
  struct Level {
    Contents left;
    Contents right;
    Pair pair;
    std::uint64_t begun_at;
    std::size_t next = 0;
  };

  // Where the evaluation is over any answer will do, as none will be used.
  void count(std::uint64_t steps) {
    steps_ += steps;
    if (steps_ < next_charge_) return;
    is_over_ = is_over_ || !RunningBudget::charge((steps_ - charged_) / Budget::kItems);
    charged_ = steps_;
    next_charge_ = steps_ + kStepsBetweenCharges;
  }

  bool items_equal(const Value* left, const Value* right, std::size_t size, int depth) {
    count(size + 1);
    for (std::size_t i = 0; i < size && !is_over_; ++i) {
      if (left[i].tag() == Tag::String && right[i].tag() == Tag::String) {
        if (left[i].as_string() != right[i].as_string()) return false;
      } else if (!equals(left[i], right[i], depth)) {
        return false;
      }
    }
    return true;
  }

  static Level level(const Value& left, const Value& right, std::uint64_t begun_at) {
    const Contents a = contents_of(left);
    return {a, contents_of(right), {identity(left), identity(right), a.size}, begun_at};
  }

  int order_on_heap(const Value& left, const Value& right) {
    if (known_ == nullptr) known_ = std::make_unique<Known>();
    std::vector<Level> levels = {level(left, right, steps_)};
    if (known_->contains(levels.back().pair) && levels.back().left.size == levels.back().right.size) return 0;
    while (!levels.empty() && !is_over_) {
      Level& at = levels.back();
      if (at.next == std::min(at.left.steps(), at.right.steps())) {
        const int order = compare_sizes(at.left.size, at.right.size);
        if (order != 0) return order;
        if (steps_ - at.begun_at > kWorthKeeping) known_->insert(at.pair);
        levels.pop_back();
        continue;
      }
      const Value& a = at.left.step(at.next);
      const Value& b = at.right.step(at.next);
      ++at.next;
      count(1);
      const std::optional<int> order = compare_flat(a, b);
      if (order && *order != 0) return *order;
      if (order) continue;
      Level below = level(a, b, steps_);
      if (below.left.size == below.right.size && known_->contains(below.pair)) continue;
      levels.push_back(below);
    }
    return 0;
  }

  using Known = std::unordered_set<Pair, PairHash>;

  std::uint64_t steps_ = 0;  // items looked at
  std::uint64_t charged_ = 0;
  std::uint64_t next_charge_ = kStepsBetweenCharges;
  bool is_over_ = false;
  std::unique_ptr<Known> known_;
};

__extension__ typedef unsigned __int128 Wide;  // -Wpedantic knows it by no other name

std::uint64_t mix(std::uint64_t seed, std::uint64_t more) {
  const Wide product = static_cast<Wide>(seed ^ 0x9E37'79B9'7F4A'7C15U) * (more ^ 0xD6E8'FEB8'6659'FD93U);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t hash_at(const Value& value, int depth, std::uint32_t& left) {
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
  for (std::size_t i = 0; i < contents.steps() && left > 0; ++i) {
    --left;
    hash = mix(hash, hash_at(contents.step(i), depth + 1, left));
  }
  return hash;
}

}  // namespace

int compare_long_text(std::string_view left, std::string_view right) {
  const std::size_t shorter = std::min(left.size(), right.size());
  if (left.data() != right.data()) {
    if (!RunningBudget::charge(shorter / Budget::kBytes)) return 0;
    const int order = std::memcmp(left.data(), right.data(), shorter);
    if (order != 0) return order < 0 ? -1 : 1;
  }
  return compare_sizes(left.size(), right.size());
}

int compare(const Value& left, const Value& right) {
  const std::optional<int> order = left.is_array() && right.is_array() ? compare_rows(left, right) : compare_flat(left, right);
  return order ? *order : Comparison().order(left, right, 0);
}

bool equal_beyond_scalars(const Value& left, const Value& right) {
  const std::optional<int> flat = compare_flat(left, right);
  return flat ? *flat == 0 : Comparison().equals(left, right, 0);
}

std::uint64_t hash_text(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::uint64_t hash(const Value& value) {
  std::uint32_t left = kMostHashed;
  const std::uint64_t made = hash_at(value, 0, left);
  if (left < kMostHashed / 2) static_cast<void>(RunningBudget::charge((kMostHashed - left) / Budget::kItems));
  return made;
}

}  // namespace psdl
