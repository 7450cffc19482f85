// Direct-threaded code: a program as the loop runs it. In: a verified Program and where the loop has each instruction's code; out: a cell an instruction.
//
// A cell has for its operands what the loop would else work out each time: the place of its code, addresses of constants and paths, bytes to where it goes
// on. What the loop is not often asked for it reads from the instruction, which has the cell's number. Two things are done that no instruction says:
//   - what makes a value also puts it into the slot or builder that the next instruction names, and some that follow each other have code of their own
//     (Fused); each instruction counts all the same;
//   - tests that ask one slot for one name after another, each because the one before had no answer, are a chain: an object that has none of these names
//     ends them all at once (WalkStep::chain), and in one that has some the chain goes on at the first of them, name by name (WalkStep::lacks). That is
//     what containers without a securityContext, and most of its fields, cost a standard.
// The tracing twin notes each read, so its cells do neither.
#pragma once

#include <memory>
#include <vector>

#include "vm/walk.hpp"

namespace psdl {

struct Cell {
  const void* label = nullptr;      // where the loop has its code
  const WalkStep* steps = nullptr;  // of its path
  const Value* constant = nullptr;
  std::int32_t yes = 0;     // bytes to the cell that comes next, or comes next where the test held
  std::int32_t no = 0;      // .. where there is no answer or the test did not hold
  std::uint32_t slot = 0;   // bytes to the first slot it names, from the frame's
  std::uint32_t other = 0;  // of the second slot, as `slot`; else a number among b and c: a count, a row of a table
  std::uint32_t store = kPush;  // what becomes of the value it makes, as the next instructions say: to a slot, as `slot`, or one of these
  static constexpr std::uint32_t kPush = UINT32_MAX;
  static constexpr std::uint32_t kCollect = UINT32_MAX - 1;  // goes into the open builder
  std::uint16_t passed = 0;  // instructions that it does beside its own
  std::uint16_t a = 0;       // the instruction's; CallRule: whether an overlay may stand in the rule's place
};

// Code for more than one instruction, or for a part of what one does.
enum class Fused : std::uint8_t {
  AskSlot,      // PathSlot and all tests of a slot's path: `asks` of its first step says which
  AskInput,     // all tests of a path of the input
  AskSelf,      // all tests of a slot's own value: those of a path without names
  LoadRun,      // LoadSlot and LoadConst, `a` of them in any order
  CountSlot,    // LoadSlot, Count
  CountIs,      // .., EqualConst
  IterSlot,     // LoadSlot, Iter
  FormatSlot,   // LoadSlot, Format of one text
  NextValue,    // Next that wants no key
  NextWith,     // .., PathSlot of the value that goes on with the next one where there is nothing
  CollectRest,  // .. and whose values all go into a builder as they are
  JoinEach,     // BuildBegin to JoinEnd: concat of what a format makes of each element
};
inline constexpr std::size_t kFusedCount = 12;

// Where a loop has the code of each Op, then of each Fused.
using LabelTable = const void* const*;

// What a call of a function asks for.
struct Entry {
  std::uint32_t pc = 0;
  std::uint32_t slots = 0;
  std::uint32_t room = 0;  // of slots and operands
};

struct ThreadedCode {
  std::vector<Cell> cells;
  std::vector<Entry> entries;  // by number of function
  std::vector<WalkStep> steps;

  // Points into `program`, which must outlive it. Traced: as the program has it, nothing fused or chained.
  [[nodiscard]] static std::shared_ptr<const ThreadedCode> make(const Program& program, LabelTable labels, bool is_traced);
};

}  // namespace psdl
