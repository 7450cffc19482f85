// The verifier on programs that break one rule each.
#include <catch2/catch.hpp>

#include "bytecode/program.hpp"

using namespace psdl;

namespace {

// One function of the given code, with two constants, one path, two slots and a stack of two.
std::string verdict(std::vector<Instruction> code, std::uint32_t max_stack = 2) {
  Program program;
  program.spans.resize(code.size());
  program.constants = {Value::integer(1), Value::array({})};
  program.paths = {Path{0, 0}};
  Function function;
  function.path = "data.t.p";
  function.end = static_cast<std::uint32_t>(code.size());
  function.slots = 2;
  function.max_stack = max_stack;
  program.code = std::move(code);
  program.functions.push_back(function);
  return verify(program);
}

bool refused(const std::string& verdict_text, std::string_view why) { return verdict_text.find(why) != std::string::npos; }

Instruction make(Op op, std::uint32_t b = 0, std::uint32_t c = 0, std::uint32_t fail = kNoLabel, std::uint16_t a = 0) { return {op, 0, a, b, c, fail}; }

}  // namespace

TEST_CASE("a program that keeps the rules passes") {
  CHECK(verdict({make(Op::LoadConst, 0), make(Op::StoreSlot, 0), make(Op::LoadSlot, 0), make(Op::ReturnValue)}) == "");
}

TEST_CASE("each rule of the verifier refuses what breaks it") {
  CHECK(refused(verdict({}), "no code"));
  CHECK(refused(verdict({make(Op::LoadConst, 7), make(Op::ReturnValue)}), "out of range"));
  CHECK(refused(verdict({make(Op::LoadSlot, 0), make(Op::ReturnValue)}), "read before it is written"));
  CHECK(refused(verdict({make(Op::ReturnValue)}), "runs empty"));
  CHECK(refused(verdict({make(Op::Jump, 9)}), "leaves its function"));
  CHECK(refused(verdict({make(Op::LoadInput, 0, 0, 9), make(Op::ReturnValue)}), "leaves its function"));
  CHECK(refused(verdict({make(Op::LoadConst, 0), make(Op::LoadConst, 0), make(Op::LoadConst, 0), make(Op::ReturnValue)}), "declared depth"));
  CHECK(refused(verdict({make(Op::LoadConst, 0)}), "without a return"));
  CHECK(refused(verdict({make(Op::Next, 0, 1, 0)}), "not open"));
  CHECK(refused(verdict({make(Op::Collect), make(Op::ReturnResult)}), "runs empty"));
  CHECK(refused(verdict({make(Op::LoadConst, 0), make(Op::Collect), make(Op::ReturnResult)}), "not open"));
  CHECK(refused(verdict({make(Op::BuildBegin), make(Op::ReturnResult)}), "open at a return"));
  CHECK(refused(verdict({make(Op::CallRule, 3, 0, 1), make(Op::ReturnValue)}), "out of range"));
  CHECK(refused(verdict({make(Op::CallFunction, 0, 0, 1), make(Op::ReturnResult)}), "does not fit"));
}

// Where its test fails, the loop goes to the label as it stands: with a value on the stack, each round of a loop would leave one more there.
TEST_CASE("a test that stands on operands is refused") {
  const std::vector<Instruction> code = {make(Op::LoadConst, 0), make(Op::StoreSlot, 0), make(Op::LoadConst, 0),
                                         make(Op::TestPathSlot, 0, 0, 4), make(Op::ReturnResult)};
  CHECK(refused(verdict(code), "a test stands on operands"));
}

TEST_CASE("an instruction that two ways reach with different depths is refused") {
  // The second way to 3 comes with one value more.
  CHECK(refused(verdict({make(Op::JumpIfResult, 2), make(Op::LoadConst, 0), make(Op::LoadConst, 0), make(Op::ReturnValue)}), "different depths"));
}

TEST_CASE("every opcode prints and stands in the reference") {
  const std::string page = opcode_reference();
  for (std::size_t i = 0; i < kOpCount; ++i) CHECK(page.find("| `" + std::string(op_info(static_cast<Op>(i)).name) + "` |") != std::string::npos);
}
