// Tests of a rule whose answer is known where they are reached are passed over. In: the code of one function, in which rules such as `runs_on_windows`
// are tested again and again, as they are when functions that begin so are inlined one behind the other; out: jumps that lead to where those tests would.
//
// Invariant: a rule has one value as long as no overlay is put over the documents, and a function that does so stays as it is. A jump only goes on to
// what it would have come to; where a test fails the operand stack is emptied, so that a plain jump is led on only through tests that hold.
#include <algorithm>
#include <span>
#include <vector>

#include "plan/lowering.hpp"

namespace psdl::plan {
namespace {

// The rules that are tested more than once; what is known of them are two sets of bits.
constexpr std::size_t kMostRules = 32;

struct Known {
  std::uint32_t hold = ~0U;
  std::uint32_t fail = ~0U;

  void meet(const Known& other) {
    hold &= other.hold;
    fail &= other.fail;
  }
  friend bool operator==(const Known&, const Known&) = default;
};

class Threading {
 public:
  explicit Threading(std::span<Instruction> code, std::uint32_t begin) : code_(code), begin_(begin) {}

  void run() {
    if (!find_rules()) return;
    known_.assign(code_.size(), {});
    known_.front() = {0, 0};
    for (bool is_changed = true; is_changed;) {
      is_changed = false;
      for (std::size_t pc = 0; pc < code_.size(); ++pc) is_changed = flow(pc) || is_changed;
    }
    for (std::size_t pc = 0; pc < code_.size(); ++pc) lead_on(pc);
  }

 private:
  // False: no rule is tested twice, or it is not known where the code goes or what it does to rules.
  bool find_rules() {
    std::vector<std::uint32_t> once;
    for (const Instruction& i : code_) {
      if (i.op == Op::PushOverlay || i.op == Op::NextBody) return false;
      if (i.op != Op::TestRule || index_of(i.b) < rules_.size()) continue;
      if (std::find(once.begin(), once.end(), i.b) == once.end()) {
        once.push_back(i.b);
      } else if (rules_.size() < kMostRules) {
        rules_.push_back(i.b);
      }
    }
    return !rules_.empty();
  }

  [[nodiscard]] std::size_t index_of(std::uint32_t rule) const {
    return static_cast<std::size_t>(std::find(rules_.begin(), rules_.end(), rule) - rules_.begin());
  }

  // What is known where the instruction goes on, or fails.
  [[nodiscard]] Known behind(std::size_t pc, bool is_passed) const {
    const Instruction& i = code_[pc];
    Known known = known_[pc];
    const std::size_t index = i.op == Op::TestRule ? index_of(i.b) : rules_.size();
    if (index == rules_.size()) return known;
    const bool holds = is_passed != ((i.flags & Instruction::kInverted) != 0);
    (holds ? known.hold : known.fail) |= 1U << index;
    return known;
  }

  bool reaches(std::size_t pc, const Known& known) {
    if (pc >= code_.size()) return false;
    const Known before = known_[pc];
    known_[pc].meet(known);
    return !(known_[pc] == before);
  }

  bool flow(std::size_t pc) {
    const Instruction& i = code_[pc];
    bool is_changed = i.fail != kNoLabel && reaches(i.fail - begin_, behind(pc, false));
    if (i.op == Op::Jump || i.op == Op::JumpIfResult) is_changed = reaches(i.b - begin_, known_[pc]) || is_changed;
    const bool goes_on = i.op != Op::Jump && i.op != Op::ReturnResult && i.op != Op::ReturnValue;
    return (goes_on && reaches(pc + 1, behind(pc, true))) || is_changed;
  }

  void lead_on(std::size_t pc) {
    Instruction& i = code_[pc];
    if (i.fail != kNoLabel) i.fail = led_on(i.fail, behind(pc, false), true);
    if (i.op == Op::Jump) i.b = led_on(i.b, known_[pc], false);
  }

  // Every step but one through a test that fails leads forwards; back there is a Next, which is none.
  [[nodiscard]] std::uint32_t led_on(std::uint32_t target, const Known& known, bool is_stack_empty) const {
    for (;;) {
      const Instruction& next = code_[target - begin_];
      if (next.op == Op::Jump && is_stack_empty) {
        target = next.b;
        continue;
      }
      const std::size_t index = next.op == Op::TestRule ? index_of(next.b) : rules_.size();
      if (index == rules_.size()) return target;
      const std::uint32_t bit = 1U << index;
      const bool is_inverted = (next.flags & Instruction::kInverted) != 0;
      const bool is_known_to_pass = ((is_inverted ? known.fail : known.hold) & bit) != 0;
      const bool is_known_to_fail = ((is_inverted ? known.hold : known.fail) & bit) != 0;
      if (is_known_to_pass) {
        ++target;
      } else if (is_known_to_fail && is_stack_empty) {
        target = next.fail;
      } else {
        return target;
      }
    }
  }

  std::span<Instruction> code_;
  std::uint32_t begin_;  // of the code, as labels count
  std::vector<std::uint32_t> rules_;
  std::vector<Known> known_;  // at each instruction
};

}  // namespace

void thread_tests(std::span<Instruction> code, std::uint32_t begin) { Threading(code, begin).run(); }

}  // namespace psdl::plan
