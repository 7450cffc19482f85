// Values copied into another arena, or made fit to be shared. In: a value; out: one whose bytes all live in one arena, or that no reading writes to.
#include <algorithm>
#include <vector>

#include "value/builders.hpp"
#include "value/number.hpp"
#include "value/value.hpp"

namespace psdl {
namespace {

// A list of what is still to be done takes the place of calls, so that no depth exhausts the stack.
class Copier {
 public:
  explicit Copier(Arena& arena) : arena_(arena) {}

  Value copy(const Value& value) {
    Value out;
    one(out, value);
    while (waiting_ > 0) {
      // A value that holds another twice, and that one a third twice, grows without bound when it is copied.
      if (!arena_.may_take(0)) return {};
      const Run run = take();
      for (std::size_t i = 0; i < run.from.size(); ++i) one(run.to[i], run.from[i]);
    }
    // The index reads the keys, which are all there only now.
    for (const Object* object : objects_) object->make_index(arena_);
    // Sets inside others were met later, and are sorted first.
    for (auto bag = bags_.rbegin(); bag != bags_.rend(); ++bag) {
      const std::span<const Value> from = bag->set->bag();
      std::copy(from.begin(), from.end(), bag->members);
      bag->set->normalize();
    }
    return out;
  }

 private:
  struct Run {
    std::span<const Value> from;
    Value* to;
  };

  void put(const Run& run) {
    if (waiting_ < kNear) {
      near_[waiting_] = run;
    } else {
      far_.push_back(run);
    }
    ++waiting_;
  }
  Run take() {
    --waiting_;
    if (waiting_ < kNear) return near_[waiting_];
    const Run run = far_.back();
    far_.pop_back();
    return run;
  }

  struct Bag {
    const Set* set;
    Value* members;
  };

  Value* items(std::span<const Value> from) {
    Value* to = arena_.allocate_array<Value>(from.size());
    // Most items are scalars: they are copied here, and only what holds others waits.
    const bool waits = std::any_of(from.begin(), from.end(), [](const Value& item) { return item.is_collection(); });
    if (waits) {
      put({from, to});
    } else {
      for (std::size_t i = 0; i < from.size(); ++i) one(to[i], from[i]);
    }
    return to;
  }

  void one(Value& to, const Value& value) { to = made(value).with_origin(value.origin()); }

  Value made(const Value& value) {
    switch (value.tag()) {
      case Tag::Undefined:
      case Tag::Null:
      case Tag::False:
      case Tag::True:
      case Tag::Int: return value;
      case Tag::Decimal:
      case Tag::BigInt: return copy_number(arena_, value);
      case Tag::String: return Value::string(arena_, value.as_string());
      case Tag::Array: {
        const std::span<const Value> from = value.as_array();
        return Value::array({items(from), from.size()});
      }
      case Tag::Object: return object(value.as_object());
      case Tag::Set: return set(value.as_set());
    }
    return value;
  }

  Value object(const Object& from) {
    if (from.size() == 0) return empty_object();
    const Value* keys = items(from.keys());
    const Value* values = items(from.values());
    const Object* to = Object::make(arena_, from.size(), keys, values, from.has_numbers() ? from.numbers() : nullptr);
    if (from.size() > Object::kIndexFrom) objects_.push_back(to);
    return Value::object(to);
  }

  Value set(const Set& from) {
    const std::span<const Value> sorted = from.items();
    const std::span<const Value> bag = from.bag();
    if (sorted.empty()) return empty_set();
    const auto size = static_cast<std::uint32_t>(bag.size());
    if (bag.data() == sorted.data()) return Value::set(arena_.make<Set>(items(sorted), size, true));
    // What members hold is copied once, with the bag; the sorted members are taken from the copied bag when that is complete.
    const Value* copied = items(bag);
    Value* members = arena_.allocate_array<Value>(size);
    const Set* to = arena_.make<Set>(members, size, copied, size);
    bags_.push_back({to, members});
    return Value::set(to);
  }

  Arena& arena_;
  // A verdict is copied after each evaluation, and none of its values fills this; so that copy asks for no memory but the arena's.
  static constexpr std::size_t kNear = 32;
  std::size_t waiting_ = 0;
  Run near_[kNear];
  std::vector<Run> far_;
  std::vector<const Object*> objects_;
  std::vector<Bag> bags_;
};

}  // namespace

Value copy_into(Arena& arena, const Value& value) { return Copier(arena).copy(value); }

void freeze(Arena& arena, const Value& value) {
  std::vector<std::span<const Value>> to_do = {{&value, 1}};
  while (!to_do.empty()) {
    const std::span<const Value> run = to_do.back();
    to_do.pop_back();
    for (const Value& item : run) {
      if (item.is_array()) {
        to_do.push_back(item.as_array());
      } else if (item.is_object()) {
        item.as_object().make_index(arena);
        to_do.push_back(item.as_object().keys());
        to_do.push_back(item.as_object().values());
      } else if (item.is_set()) {
        // The bag holds all that the sorted members hold; walking both would double the work at each level of sets in sets.
        item.as_set().normalize();
        to_do.push_back(item.as_set().bag());
      }
    }
  }
}

}  // namespace psdl
