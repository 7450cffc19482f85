// walk and reachability. In: any value, or a graph as an object of neighbours; out: [path, value] pairs, or sets of nodes and of paths.
#include <algorithm>
#include <utility>
#include <cstdint>
#include <memory>
#include <span>

#include "builtins/registry.hpp"

namespace psdl {
namespace {

// A stack in the arena, so that a walk takes nothing from the heap.
template <class T>
class Stack {
 public:
  explicit Stack(Arena& arena) : arena_(&arena) {}

  void push(const T& item) {
    if (size_ == capacity_) grow();
    items_[size_++] = item;
  }
  void pop() { --size_; }
  void clear() { size_ = 0; }
  [[nodiscard]] T& top() { return items_[size_ - 1]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool is_empty() const { return size_ == 0; }
  [[nodiscard]] std::span<const T> items() const { return {items_, size_}; }

 private:
  void grow() {
    capacity_ = capacity_ == 0 ? 16 : capacity_ * 2;
    T* const larger = arena_->allocate_array<T>(capacity_);
    std::uninitialized_copy(items_, items_ + size_, larger);
    items_ = larger;
  }

  Arena* arena_;
  T* items_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// --- walk

// Paths are arrays whose items are written in order along the way down, so a node's first child takes the node's own items and adds one:
//
//     ["spec"]  ["spec", "containers"]  ["spec", "containers", 0]     three arrays, one block of items
//
// A later child cannot, as the place after the node's items is taken; it copies its beginning once, for itself and all first children below it.
class Walker {
 public:
  explicit Walker(CallContext& context) : context_(&context), arena_(&context.arena()), pairs_(context.arena(), 64), levels_(context.arena()) {}

  // False where a limit was reached.
  bool run(const Value& root) {
    add(Value::array({}), root);
    push(root, nullptr, 0, 0);
    while (!levels_.is_empty()) {
      Level& level = levels_.top();
      if (level.next == level.count) {
        levels_.pop();
        continue;
      }
      const std::uint32_t at = level.next++;
      const Value key = level.keys != nullptr ? level.keys[at] : Value::integer(at);
      const Value child = level.values[at];
      Value* items = level.items;
      std::uint32_t capacity = level.capacity;
      const std::uint32_t length = level.length + 1;
      if (at > 0 || length > capacity) {
        if (length > kLongPath && (!context_->is_within_memory(length * sizeof(Value)) || !context_->may_work(length / Budget::kItems))) return false;
        // Room for some first children, unless this is a leaf and needs none.
        capacity = length + (child.is_collection() ? kRoom : 0);
        items = arena_->allocate_array<Value>(capacity);
        copied_ += capacity;
        std::copy(level.items, level.items + level.length, items);
      }
      items[length - 1] = key;
      if (pairs_.size() % kPairsBetweenChecks == 0 && !may_go_on()) return false;
      add(Value::array({items, length}), child);
      if (child.is_collection()) push(child, items, length, capacity);
    }
    return true;
  }

  [[nodiscard]] Value finish() const { return pairs_.finish(); }

 private:
  static constexpr std::uint32_t kRoom = 4;
  static constexpr std::uint32_t kPairsBetweenChecks = 1024;
  static constexpr std::uint32_t kLongPath = 64;

  bool may_go_on() {
    return context_->may_make_items(pairs_.size() + kPairsBetweenChecks) && context_->is_within_memory() &&
           context_->may_work((kPairsBetweenChecks * 4 + std::exchange(copied_, 0)) / Budget::kItems);
  }

  // A collection being walked, the path to it, and the place up to which its items may be written.
  struct Level {
    const Value* keys;  // null: positions
    const Value* values;
    std::uint32_t count;
    std::uint32_t next;
    Value* items;
    std::uint32_t length;
    std::uint32_t capacity;
  };

  void add(const Value& path, const Value& value) {
    Value* const pair = arena_->allocate_array<Value>(2);
    pair[0] = path;
    pair[1] = value;
    pairs_.add(Value::array({pair, 2}));
  }

  // A set's members are their own keys.
  void push(const Value& value, Value* items, std::uint32_t length, std::uint32_t capacity) {
    if (value.is_array()) {
      levels_.push({nullptr, value.as_array().data(), value.length(), 0, items, length, capacity});
    } else if (value.is_object()) {
      const Object& object = value.as_object();
      levels_.push({object.keys().data(), object.values().data(), object.size(), 0, items, length, capacity});
    } else if (value.is_set()) {
      const std::span<const Value> members = value.as_set().items();
      levels_.push({members.data(), members.data(), static_cast<std::uint32_t>(members.size()), 0, items, length, capacity});
    }
  }

  CallContext* context_;
  Arena* arena_;
  ArrayBuilder pairs_;
  Stack<Level> levels_;
  std::uint64_t copied_ = 0;  // values of paths, since they were charged last
};

Value walk(CallContext& context, Args args) {
  Walker walker(context);
  if (!walker.run(args[0])) return {};
  const Value pairs = walker.finish();
  return context.may_make_items(pairs.length()) ? pairs : Value();
}

// --- reachability

// Neighbours or starting nodes: the items of an array or a set, nothing for other values.
std::span<const Value> nodes_of(const Value& value) {
  if (value.is_array()) return value.as_array();
  if (value.is_set()) return value.as_set().items();
  return {};
}

// OPA names the kinds of the second operand with braces of its own: "must be {array, set} but got ..".
bool check_operands(CallContext& context, Args args, Value& failed) {
  if (!args[0].is_object()) {
    failed = context.fail_operand(1, "object", args[0]);
    return false;
  }
  if (!args[1].is_array() && !args[1].is_set()) {
    failed = context.fail_operand(2, "{array, set}", args[1]);
    return false;
  }
  return true;
}

// Values seen before, by hash: a set that can be asked while it grows.
class Seen {
 public:
  explicit Seen(Arena& arena) : arena_(&arena) {}

  // How many slots were looked at: texts may be made to collide.
  [[nodiscard]] std::uint64_t probes() const { return probes_; }

  // True where the value is new.
  bool insert(const Value& value) {
    if ((count_ + 1) * 2 > capacity_) grow();
    const std::uint32_t slot = slot_of(value);
    if (slots_[slot].is_defined()) return false;
    slots_[slot] = value;
    ++count_;
    return true;
  }

 private:
  std::uint32_t slot_of(const Value& value) {
    auto slot = static_cast<std::uint32_t>(hash(value)) & (capacity_ - 1);
    ++probes_;
    for (; slots_[slot].is_defined() && !equal(slots_[slot], value); ++probes_) slot = (slot + 1) & (capacity_ - 1);
    return slot;
  }
  void grow() {
    const Value* const old = slots_;
    const std::uint32_t old_capacity = capacity_;
    capacity_ = old_capacity == 0 ? 32 : old_capacity * 2;
    slots_ = arena_->allocate_array<Value>(capacity_);
    std::fill(slots_, slots_ + capacity_, Value());
    for (std::uint32_t at = 0; at < old_capacity; ++at) {
      if (old[at].is_defined()) slots_[slot_of(old[at])] = old[at];
    }
  }

  Arena* arena_;
  Value* slots_ = nullptr;
  std::uint32_t capacity_ = 0;
  std::uint32_t count_ = 0;
  std::uint64_t probes_ = 0;
};

// The nodes of the graph that can be come to; names that are no keys of it are left out.
Value graph_reachable(CallContext& context, Args args) {
  Value failed;
  if (!check_operands(context, args, failed)) return failed;
  const Object& graph = args.object(0);
  Arena& arena = context.arena();
  Seen seen(arena);
  ArrayBuilder queue(arena);
  SetBuilder reached(arena);
  for (const Value& node : nodes_of(args[1])) {
    if (seen.insert(node)) queue.add(node);
  }
  if (!context.may_work(seen.probes() / Budget::kItems)) return {};
  for (std::uint32_t at = 0; at < queue.size(); ++at) {
    const Value node = queue.items()[at];
    const Value* const neighbours = graph.find(node);
    if (neighbours == nullptr) continue;
    reached.add(node);
    const std::uint64_t probes = seen.probes();
    for (const Value& next : nodes_of(*neighbours)) {
      if (seen.insert(next)) queue.add(next);
    }
    // Many nodes may have one long list of neighbours.
    if (!context.may_work((seen.probes() - probes) / Budget::kItems) || !context.may_make_items(queue.size())) return {};
  }
  if (!context.may_make_items(queue.size())) return {};
  const Value made = reached.finish();
  return context.may_work(1) ? made : Value();  // nodes that are collections were compared and hashed
}

// All ways from the starting nodes to where they end: at a node without neighbours, before a name that is no node of the graph, or before a
// node that is on the way already.
class PathFinder {
 public:
  PathFinder(CallContext& context, const Object& graph) :
      context_(&context), graph_(&graph), paths_(context.arena()), path_(context.arena()), levels_(context.arena()) {}

  // False where a limit was reached.
  bool from(const Value& start) {
    const Value* const neighbours = graph_->find(start);
    if (neighbours == nullptr) return true;
    path_.clear();
    path_.push(start);
    if (nodes_of(*neighbours).empty()) return end_path();
    levels_.push({nodes_of(*neighbours), 0});
    while (!levels_.is_empty()) {
      Level& level = levels_.top();
      if (level.next == level.neighbours.size()) {
        levels_.pop();
        path_.pop();
        continue;
      }
      if (!enter(level.neighbours[level.next++])) return false;
    }
    return true;
  }

  [[nodiscard]] Value finish() { return paths_.finish(); }

 private:
  struct Level {
    std::span<const Value> neighbours;
    std::size_t next;
  };

  bool enter(const Value& node) {
    if (++steps_ % kStepsBetweenChecks == 0 && !may_go_on()) return false;
    if (path_.size() > kLongPath && !context_->may_work(path_.size() / Budget::kItems)) return false;
    // Not for the starting node's own neighbours: OPA looks for its cycles one level further down.
    if (levels_.size() > 1 && is_on_path(node)) return end_path();
    const Value* const neighbours = graph_->find(node);
    if (neighbours == nullptr) return end_path();
    path_.push(node);
    if (nodes_of(*neighbours).empty()) {
      const bool goes_on = end_path();
      path_.pop();
      return goes_on;
    }
    levels_.push({nodes_of(*neighbours), 0});
    return true;
  }

  bool is_on_path(const Value& node) const {
    return std::ranges::any_of(path_.items(), [&](const Value& other) { return equal(other, node); });
  }

  bool end_path() {
    if (!context_->may_make_items(paths_.bag_size() + 1)) return false;
    if (path_.size() > kLongPath && !context_->is_within_memory(path_.size() * sizeof(Value))) return false;
    Value* const items = context_->arena().allocate_array<Value>(path_.size());
    copied_ += path_.size();
    std::ranges::copy(path_.items(), items);
    paths_.add(Value::array({items, path_.size()}));
    return true;
  }

  // The number of ways can be exponential in the size of the graph.
  bool may_go_on() {
    return context_->may_work(kStepsBetweenChecks / 4 + std::exchange(copied_, 0) / Budget::kItems) && context_->is_within_memory();
  }

  static constexpr std::uint64_t kStepsBetweenChecks = 1024;
  static constexpr std::size_t kLongPath = 64;

  CallContext* context_;
  const Object* graph_;
  SetBuilder paths_;
  Stack<Value> path_;
  Stack<Level> levels_;
  std::uint64_t steps_ = 0;
  std::uint64_t copied_ = 0;  // values of paths, since they were charged last
};

Value graph_reachable_paths(CallContext& context, Args args) {
  Value failed;
  if (!check_operands(context, args, failed)) return failed;
  PathFinder finder(context, args.object(0));
  for (const Value& start : nodes_of(args[1])) {
    if (!finder.from(start)) return {};
  }
  return finder.finish();
}

constexpr Builtin kGraphBuiltins[] = {
    {.name = "graph.reachable",
     .signature = signature("(graph: object[any: array[any]|set[any]], initial: array[any]|set[any]) -> set[any]"),
     .doc = "The nodes of a graph (each key with its neighbours) that can be come to from the initial ones, these included.",
     .example = R"(graph.reachable({"a": ["b"], "b": [], "c": []}, ["a"]) == {"a", "b"})",
     .fn = graph_reachable,
     .checks_operands = false},
    {.name = "graph.reachable_paths",
     .signature = signature("(graph: object[any: array[any]|set[any]], initial: array[any]|set[any]) -> set[array[any]]"),
     .doc = "The ways through a graph from the initial nodes, each to its end or to where it would meet itself.",
     .example = R"(graph.reachable_paths({"a": ["b", "c"], "b": [], "c": []}, ["a"]) == {["a", "b"], ["a", "c"]})",
     .fn = graph_reachable_paths,
     .checks_operands = false},
    {.name = "walk",
     .signature = signature("(x: any) -> array<array[any], any>"),
     .doc = "All values inside a value, itself first, each as [path, value]; parents before children, keys in order.",
     .example = R"(count([path | walk({"a": [1, 2]}, [path, _])]) == 4)",
     .fn = walk,
     .is_relation = true},
};

}  // namespace

std::span<const Builtin> graph_builtins() { return kGraphBuiltins; }

}  // namespace psdl
