// Where jumps of a function lead once tests whose answer is known are passed over. In: the code, with labels as numbers; out: those that changed.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "plan/lowering.hpp"

using namespace psdl;

namespace {

constexpr std::uint32_t kBegin = 100;
constexpr std::uint32_t kWindows = 1;
constexpr std::uint32_t kNamespace = 2;

Instruction test_rule(std::uint32_t rule, std::uint32_t fail, bool is_inverted = false) {
  return {Op::TestRule, is_inverted ? Instruction::kInverted : std::uint8_t{0}, 0, rule, 0, kBegin + fail};
}
Instruction test_path(std::uint32_t fail) { return {Op::TestPathSlot, 0, 0, 0, 0, kBegin + fail}; }
Instruction next(std::uint32_t fail) { return {Op::Next, 0, 0, 0, 1, kBegin + fail}; }
Instruction jump(std::uint32_t to) { return {Op::Jump, 0, 0, kBegin + to, 0, kNoLabel}; }
Instruction plain(Op op) { return {op, 0, 0, 0, 0, kNoLabel}; }

struct Case {
  const char* note;
  std::vector<Instruction> code;
  std::string led;  // "pc->label" of what leads elsewhere than before
};

const Case kCases[] = {
    {"a test that is known to hold is passed over", {test_rule(kWindows, 3), test_path(2), test_rule(kWindows, 3), plain(Op::ReturnResult)}, "1->3 "},
    {"one that is known to fail leads to where it would", {test_rule(kWindows, 1, true), test_rule(kWindows, 3, true), plain(Op::ReturnResult), plain(Op::ReturnResult)}, "0->3 "},
    {"what a loop begins with is not known when it begins again",
     {next(6), test_rule(kWindows, 3), test_path(3), test_rule(kWindows, 0), test_path(0), jump(0), plain(Op::ReturnResult)},
     "1->0 2->4 "},
    {"ways that know different things meet", {test_path(3), test_rule(kWindows, 5), jump(4), test_rule(kNamespace, 5), test_rule(kWindows, 5), plain(Op::ReturnResult)}, "2->5 "},
    {"what a plain jump leaves on the stack is not dropped", {test_rule(kWindows, 2, true), jump(3), plain(Op::LoadInput), test_rule(kWindows, 5), plain(Op::Pop), plain(Op::ReturnResult)}, ""},
    {"a function that puts something over the documents stays as it is", {test_rule(kWindows, 3), plain(Op::PushOverlay), test_path(3), test_rule(kWindows, 4), plain(Op::ReturnResult)}, ""},
    {"so does one that chooses its bodies", {test_rule(kWindows, 2), plain(Op::NextBody), test_rule(kWindows, 3), plain(Op::ReturnResult)}, ""},
};

std::string led(const std::vector<Instruction>& before, const std::vector<Instruction>& after) {
  std::string shown;
  for (std::size_t pc = 0; pc < before.size(); ++pc) {
    const std::uint32_t to = after[pc].op == Op::Jump ? after[pc].b : after[pc].fail;
    if (to != (before[pc].op == Op::Jump ? before[pc].b : before[pc].fail)) shown += std::to_string(pc) + "->" + std::to_string(to - kBegin) + " ";
  }
  return shown;
}

}  // namespace

TEST_CASE("tests whose answer is known are passed over") {
  for (const Case& one : kCases) {
    INFO(one.note);
    std::vector<Instruction> code = one.code;
    plan::thread_tests(code, kBegin);
    CHECK(led(one.code, code) == one.led);
  }
}
