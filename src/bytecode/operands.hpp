// What the fields of an instruction mean, by its row of opcodes.def. In: an operation; out: the kinds of its operands.
#pragma once

#include "bytecode/program.hpp"

namespace psdl {

enum class Operand : std::uint8_t {
  None, Const, Slot, NewSlot, Path, Stored, Count, Argc, Builtin, Function, Mock, Compare, Label, Flags, Filter, Builder, Leaf, DataPath, Overlay
};

struct OperandRow {
  Operand a, b, c;
};
[[nodiscard]] inline const OperandRow& operands_of(Op op) {
  static constexpr OperandRow kRows[] = {
#define PSDL_OP(name, a, b, c, fail, pops, pushes, scope, doc) {Operand::a, Operand::b, Operand::c},
#include "bytecode/opcodes.def"
#undef PSDL_OP
  };
  return kRows[static_cast<std::size_t>(op)];
}

}  // namespace psdl
