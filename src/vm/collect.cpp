// Collections under construction: comprehensions, partial rules, and the nested objects of ref heads.
#include <algorithm>

#include "vm/place.hpp"
#include "vm/state.hpp"

namespace psdl {

namespace {

// Members of a set that are walked as they came rather than sorted first: comparing containers with each other costs more than judging one twice.
constexpr std::size_t kSmallBag = 8;

}  // namespace

bool Machine::State::open_iterator(const Value& top, std::uint16_t flags) {
  // Made where it stays, as are builders and frames: copying what was just written waits for it (place.hpp).
  Iterator& made = iterators_.push();
  if (trace_ != nullptr) made.notes_mark = static_cast<std::uint32_t>(notes_.size());
  switch (top.tag()) {
    case Tag::Array:
      made.values = top.as_array().data();
      made.size = top.length();
      break;
    case Tag::Object:
      made.keys = top.as_object().keys().data();
      made.values = top.as_object().values().data();
      made.size = top.as_object().size();
      break;
    case Tag::Set: {
      const Set& set = top.as_set();
      std::span<const Value> items;
      if (trace_ != nullptr && (flags & Instruction::kBagIsFine) != 0) {
        items = set.bag();
      } else if (trace_ == nullptr && (flags & Instruction::kBagIsCheap) != 0 && !set.is_normal() && set.bag().size() <= kSmallBag) {
        // A copy, for the set may be sorted in place while the loop runs.
        Value* copy = arena_->allocate_array<Value>(kSmallBag);
        std::copy(set.bag().begin(), set.bag().end(), copy);
        items = {copy, set.bag().size()};
      } else {
        items = set.items();
      }
      made.keys = items.data();
      made.values = items.data();
      made.size = static_cast<std::uint32_t>(items.size());
      break;
    }
    default:
      iterators_.pop();
      return false;
  }
  return true;
}

// The value under keys [depth..] of rows that agree on the keys before. Rows are sorted by their keys.
Value Machine::State::nest(std::span<RowShape> rows, std::uint32_t depth, const Value* flat, bool& conflict) {
  const auto value_of = [flat](const RowShape& row) -> const Value& { return flat[row.begin + row.keys]; };
  bool ends = false;
  bool goes_on = false;
  for (const RowShape& row : rows) (row.keys == depth ? ends : goes_on) = true;
  if (ends && goes_on) {
    conflict = true;
    return {};
  }
  if (ends) {
    if (rows.front().leaf_is_set) {
      SetBuilder members(*arena_, trace_ != nullptr);
      for (const RowShape& row : rows) {
        if (!row.leaf_is_set) conflict = true;
        members.add(value_of(row));
      }
      return members.finish();
    }
    for (const RowShape& row : rows) {
      if (row.leaf_is_set || !equal(value_of(row), value_of(rows.front()))) conflict = true;
    }
    return value_of(rows.front());
  }
  ArrayBuilder keys(*arena_);
  ArrayBuilder values(*arena_);
  for (std::size_t begin = 0; begin < rows.size() && !conflict;) {
    const Value& key = flat[rows[begin].begin + depth];
    std::size_t end = begin + 1;
    while (end < rows.size() && equal(flat[rows[end].begin + depth], key)) ++end;
    keys.add(key);
    values.add(nest(rows.subspan(begin, end - begin), depth + 1, flat, conflict));
    begin = end;
  }
  return make_object(*arena_, keys.items(), values.items(), keys.size(), nullptr);
}

// False: a conflict, recorded.
bool Machine::State::close_builder(Value& made) {
  Builder& builder = builders_.back();
  bool is_fine = true;
  if (builder.first.size() > limits_.collection_items) {
    halt(EvalCode::Limit, "limit_collection_items reached");
    is_fine = false;
  }
  switch (builder.kind) {
    case BuilderKind::Array:
      place(made, builder.first.finish());
      break;
    case BuilderKind::Set: {
      SetBuilder members(*arena_, trace_ != nullptr, builder.first);
      made = members.finish();
      break;
    }
    case BuilderKind::Object: {
      ObjectBuilder pairs(*arena_, nullptr, builder.first, builder.second);
      made = pairs.finish(Duplicates::Report);
      if (!made.is_defined() && is_fine) {
        halt(EvalCode::Conflict, "object keys must be unique");
        is_fine = false;
      }
      break;
    }
    case BuilderKind::Path: {
      const std::span<RowShape> rows(shapes_.data() + builder.shapes_begin, shapes_.size() - builder.shapes_begin);
      const Value* flat = builder.first.items();
      if (rows.empty()) {
        made = empty_object();
        break;
      }
      std::stable_sort(rows.begin(), rows.end(), [flat](const RowShape& a, const RowShape& b) {
        for (std::uint32_t i = 0; i < a.keys && i < b.keys; ++i) {
          const int order = compare(flat[a.begin + i], flat[b.begin + i]);
          if (order != 0) return order < 0;
        }
        return a.keys < b.keys;
      });
      bool conflict = false;
      made = nest(rows, 0, flat, conflict);
      if (conflict && is_fine) {
        halt(EvalCode::Conflict, "object keys must be unique");
        is_fine = false;
      }
      shapes_.resize(builder.shapes_begin);
      break;
    }
  }
  builders_.pop();
  return is_fine;
}

}  // namespace psdl
