// What single instructions do with their operands through builtins: tests of two, membership, counts, texts. In: values of the machine's frame; out: a
// value or an answer. These stand outside of the loop, for locals whose address is taken there cost every instruction registers (measured: 6 %).
#include <algorithm>

#include "builtins/registry.hpp"
#include "value/value.hpp"
#include "vm/machine.hpp"
#include "vm/state.hpp"

namespace psdl {

bool Machine::State::holds_of_two(const Instruction& i, const Value& left, const Value& right) {
  const Value operands[2] = {left, right};
  return call_builtin(*program_->builtins[i.a].row, *context_, operands, 2).holds();
}

bool Machine::State::has_member(const Value& collection, const Value& member) {
  constexpr std::size_t kShort = 1'024;  // what is longer is charged for
  if (collection.is_array() && collection.length() <= kShort) {
    const std::span<const Value> items = collection.as_array();
    return std::any_of(items.begin(), items.end(), [&](const Value& item) { return equal(item, member); });
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

// What sprintf makes of texts alone is put together here; of anything else, and where it grows long, by sprintf.
Value Machine::State::format(const Instruction& i, const Value* texts) {
  constexpr std::size_t kShort = 1'024;
  const std::span<const Value> pieces = program_->constants[i.c].as_array();
  std::size_t size = pieces[1].length();
  bool is_text = true;
  for (std::size_t k = 0; k < i.a; ++k) {
    is_text = is_text && texts[k].is_string();
    size += std::size_t{texts[k].length()} + pieces[k + 2].length();
  }
  if (!is_text || size > kShort || size > limits_.string_bytes) {
    Value* items = arena_->allocate_array<Value>(i.a);
    std::copy(texts, texts + i.a, items);
    const Value operands[2] = {pieces[0], Value::array({items, i.a})};
    return call_builtin(*program_->builtins[i.b].row, *context_, operands, 2);
  }
  char* const made = arena_->allocate_array<char>(size);
  char* end = std::copy_n(pieces[1].as_string().data(), pieces[1].length(), made);
  for (std::size_t k = 0; k < i.a; ++k) {
    end = std::copy_n(texts[k].as_string().data(), texts[k].length(), end);
    end = std::copy_n(pieces[k + 2].as_string().data(), pieces[k + 2].length(), end);
  }
  return Value::string({made, size});
}

// object.get says what it wants.
void Machine::State::refuse_operand(const Instruction& i, const Value& operand) {
  const Value operands[3] = {operand, operand, operand};
  static_cast<void>(call_builtin(*program_->builtins[i.a].row, *context_, operands, 3));
}

}  // namespace psdl
