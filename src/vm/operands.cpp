// What single instructions do with their operands through builtins: tests of two, membership, counts, texts. In: values of the machine's frame; out: a
// value or an answer. These stand outside of the loop, for locals whose address is taken there cost every instruction registers (measured: 6 %).
#include <algorithm>

#include "builtins/registry.hpp"
#include "value/copy_text.hpp"
#include "value/value.hpp"
#include "vm/machine.hpp"
#include "vm/place.hpp"
#include "vm/state.hpp"

namespace psdl {

bool Machine::State::holds_of_two(const Cell& cell, const Value& left, const Value& right) {
  const Value operands[2] = {left, right};
  return call_builtin(*program_->builtins[cell.a].row, *context_, operands, 2).holds();
}

bool Machine::State::has_member(const Value& collection, const Value& member) {
  constexpr std::size_t kShortArray = 1'024;  // what is longer is charged for
  if (collection.is_array() && collection.length() <= kShortArray) {
    const bool is_text = member.is_string();
    for (const Value& item : collection.as_array()) {
      if (is_text ? item.is_string() && is_same_text(item.as_string(), member.as_string()) : equal(item, member)) return true;
    }
    return false;
  }
  static const Builtin* const row = find_builtin("internal.member_2");
  const Value operands[2] = {member, collection};
  return call_builtin(*row, *context_, operands, 2).holds();
}

// Undefined where there is none; the context then has the error.
Value Machine::State::count_of(const Value& collection) {
  if (collection.is_array()) return Value::integer(collection.length());
  if (collection.is_set()) return Value::integer(collection.as_set().size());
  static const Builtin* const row = find_builtin("count");
  return call_builtin(*row, *context_, &collection, 1);
}

namespace {

// Texts up to this size are put together here; longer ones, and what is none, are left to the builtin, which charges for them.
constexpr std::size_t kShort = 1'024;

}  // namespace

// What sprintf makes of texts alone.
Value Machine::State::format(const Cell& cell, const Value* texts) {
  const std::span<const Value> pieces = cell.constant->as_array();
  std::size_t size = pieces[1].length();
  bool is_text = true;
  for (std::size_t k = 0; k < cell.a; ++k) {
    is_text = is_text && texts[k].is_string();
    size += std::size_t{texts[k].length()} + pieces[k + 2].length();
  }
  if (!is_text || size > kShort || size > limits_.string_bytes) {
    Value* items = arena_->allocate_array<Value>(cell.a);
    std::copy(texts, texts + cell.a, items);
    const Value operands[2] = {pieces[0], Value::array({items, cell.a})};
    return call_builtin(*program_->builtins[cell.other].row, *context_, operands, 2);
  }
  char* const made = arena_->allocate_array<char>(size);
  char* end = copy_text(made, pieces[1].as_string());
  for (std::size_t k = 0; k < cell.a; ++k) {
    end = copy_text(end, texts[k].as_string());
    end = copy_text(end, pieces[k + 2].as_string());
  }
  return Value::string({made, size});
}

// What concat makes of the open builder, which is left. False: that was a conflict or a limit, recorded. Undefined: concat refuses an element.
bool Machine::State::join(const Cell& cell, Value& made) {
  const Builder& builder = builders_.back();
  const Value& delimiter = *cell.constant;
  const std::span<const Value> texts = builder.first.added();
  const bool is_list = builder.kind == BuilderKind::Array && !texts.empty() && texts.size() <= limits_.collection_items;
  // Texts that were looked at, and their size with a delimiter before each but the first.
  std::size_t looked_at = 0;
  std::size_t size = 0;
  while (is_list && looked_at < texts.size() && size <= kShort && texts[looked_at].is_string()) {
    size += std::size_t{texts[looked_at].length()} + (looked_at == 0 ? 0 : delimiter.length());
    ++looked_at;
  }
  if (!is_list || looked_at < texts.size() || size > kShort || size > limits_.string_bytes) {
    Value operands[2] = {delimiter, {}};
    if (!close_builder(operands[1])) return false;
    place(made, call_builtin(*program_->builtins[cell.a].row, *context_, operands, 2));
    return true;
  }
  builders_.pop();
  if (texts.size() == 1) {
    made = texts[0];
    return true;
  }
  char* const text = arena_->allocate_array<char>(size);
  char* end = copy_text(text, texts[0].as_string());
  for (const Value& next : texts.subspan(1)) {
    end = copy_text(end, delimiter.as_string());
    end = copy_text(end, next.as_string());
  }
  place(made, Value::string({text, size}));
  return true;
}

// What JoinEnd makes of a loop that adds a format of each element, from the cell of its BuildBegin on; the number of elements. 0: nothing was done, and
// the instructions are run one by one, for there are no elements, or not texts alone, or too long ones.
std::uint32_t Machine::State::join_each(const Cell* cells, Value* slots, Value& made) {
  const auto slot = [&](std::uint32_t bytes) -> Value& { return slots[bytes / sizeof(Value)]; };
  const Value& given = slot(cells->slot);
  if (!given.is_array() && !given.is_set()) return 0;
  const std::span<const Value> texts = given.is_array() ? given.as_array() : given.as_set().items();
  const std::string_view before = cells->constant->as_array()[1].as_string();
  const std::string_view behind = cells->constant->as_array()[2].as_string();
  const Value& delimiter = *cells[8].constant;
  if (texts.empty() || texts.size() > kShort || texts.size() > limits_.collection_items || !delimiter.is_string()) return 0;
  const std::string_view between = delimiter.as_string();
  std::size_t size = texts.size() * (before.size() + behind.size()) + (texts.size() - 1) * between.size();
  for (const Value& text : texts) {
    if (!text.is_string()) return 0;
    size += text.length();
  }
  if (size > kShort || size > limits_.string_bytes) return 0;
  char* const begin = arena_->allocate_array<char>(size);
  char* end = begin;
  for (const Value& text : texts) {
    if (&text != texts.data()) end = copy_text(end, between);
    end = copy_text(end, before);
    end = copy_text(end, text.as_string());
    end = copy_text(end, behind);
  }
  slot(cells[3].other) = texts.back();
  place(made, Value::string({begin, size}));
  return static_cast<std::uint32_t>(texts.size());
}

// object.get says what it wants.
void Machine::State::refuse_operand(const Cell& cell, const Value& operand) {
  const Value operands[3] = {operand, operand, operand};
  static_cast<void>(call_builtin(*program_->builtins[cell.a].row, *context_, operands, 3));
}

}  // namespace psdl
