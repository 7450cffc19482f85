// What a debugger knows of a program beside its code: which instructions belong to which expression of the source, and which slots hold which vars. In:
// a plan with marks (compiler/plan_rules.hpp, Marks::Yes), lowered; out: what debug/observe.hpp reads. A program that nobody watches has none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/source.hpp"

namespace psdl {

inline constexpr std::uint32_t kNoExpression = UINT32_MAX;

// An expression of a body after the compiler's rewriting: `count(f(x)) == 1` is three of them, the first two `generated`, and all three one statement.
struct SourceExpression {
  enum class Kind : std::uint8_t { Test, Bind, Some, Every, Not, And, Or } kind = Kind::Test;
  Span span;                                // where the source has it; of a generated one, the term that it computes
  std::uint32_t statement = kNoExpression;  // the expression of the same body that the user wrote around this one: itself where it is that
  std::uint32_t around = kNoExpression;     // whose comprehension, `every` or `not` holds it
  bool is_generated = false;
  bool is_head = false;                     // computed for the head, after the body
  // Set by lower():
  std::uint32_t function = UINT32_MAX;      // in Program::functions
  std::uint32_t body = 0;                   // in Function::bodies
  std::uint32_t begin = 0;                  // its instructions, those of the expressions inside of it too; none where it needs none (`x = y`)
  std::uint32_t end = 0;
};

// Something that is reached where control comes to an instruction, however it comes there.
struct CodeMark {
  enum class Kind : std::uint8_t {
    Begin,  // the expression begins
    Held,   // it has a solution
    Rule,   // a body of a rule has its value, which is about to be kept
    Case,   // the array on top of the operands names a case of a table test
  };
  std::uint32_t pc = 0;
  Kind kind = Kind::Begin;
  std::uint32_t expression = kNoExpression;  // Begin, Held
  Span span = {};                            // Rule: the head
};

// A var of the source (or of the compiler: `name` is then empty) that stands in a slot while control is within [begin, end).
struct SlotVar {
  std::string name;
  std::uint32_t function = 0;
  std::uint32_t slot = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  Span declared = {};
};

struct DebugInfo {
  std::vector<SourceExpression> expressions;  // an expression comes after the one around it
  std::vector<CodeMark> marks;                // by pc; those of one pc in the order in which they are reached
  std::vector<SlotVar> vars;                  // by function and begin
  std::vector<std::uint32_t> innermost;       // of each instruction, the innermost expression that it belongs to, or kNoExpression
};

}  // namespace psdl
