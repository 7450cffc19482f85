// How a function is entered and left, and what a rule's value is remembered for. In: the machine's frames; out: where the loop goes on. recall() stands
// with the loop, which has it inlined.
#include "vm/state.hpp"

namespace psdl {

// False: there is no room for its frame, and the evaluation is over.
bool Machine::State::enter(std::uint32_t function, std::uint32_t base, std::uint32_t return_pc, bool remembers, std::uint8_t flags) {
  const Function& called = program_->functions[function];
  Frame& frame = frames_.emplace_back();
  frame.function = function;
  frame.return_pc = return_pc;
  frame.base = base;
  frame.remembers = remembers;
  frame.flags = flags;
  frame.notes_mark = static_cast<std::uint32_t>(notes_.size());
  const std::size_t need = std::size_t{base} + called.slots + called.max_stack + 1;
  if (stack_.size() < need && !make_room(need)) return false;
  sp_ = base + called.slots;
  pc_ = called.entry;
  return true;
}

// Ends the running function and gives the place where its caller goes on.
template <bool kTrace>
std::uint32_t Machine::State::leave(const Value& result) {
  const Frame frame = frames_.back();
  if constexpr (kTrace) {
    // A rule that holds keeps the notes of its first success; one that is undefined keeps its misses, which may be what made a `not` hold.
    if (frame.result.is_defined()) {
      notes_.resize(frame.notes_mark);
      const std::vector<Note>& kept = result_notes_[frames_.size()];
      notes_.insert(notes_.end(), kept.begin(), kept.end());
    } else if (result.is_defined()) {
      notes_.resize(frame.notes_mark);
    }
    if (frame.remembers) remembered_notes_[frame.function].assign(notes_.begin() + frame.notes_mark, notes_.end());
  }
  if (frame.remembers) remember(frame.function, result);
  if (frame.leaves_overlay) pop_overlay();
  frames_.pop_back();
  sp_ = frame.base;
  if (frames_.empty()) {
    outcome_.value = result;
    return kNoLabel;
  }
  const bool is_inverted = frame.is_tested && (program_->code[frame.return_pc - 1].flags & Instruction::kInverted) != 0;
  if (frame.is_tested ? result.holds() == is_inverted : !result.is_defined()) {
    const Frame& caller = frames_.back();
    sp_ = caller.base + program_->functions[caller.function].slots;
    return program_->code[frame.return_pc - 1].fail;
  }
  if (frame.is_tested) return frame.return_pc;
  Value shown = result;
  if constexpr (kTrace) {
    // What a function computed stands where its last argument does, as what a builtin computed. Where it says only that tests held, those count.
    std::uint32_t k = result.is_true() && has_tests_since(frame.notes_mark) ? 0 : program_->functions[frame.function].arity;
    while (shown.origin() == 0 && k-- > 0) shown = result.with_origin(stack_[frame.base + k].origin());
  }
  stack_[sp_++] = shown;
  return frame.return_pc;
}

void Machine::State::remember(std::uint32_t function, const Value& value) {
  Memory& memory = memory_[function];
  // What an outer overlay remembers comes back when the inner one is left.
  if (memory.stamp >= base_id_ && overlays_.size() > 1) saved_.push_back({function, memory});
  memory.stamp = memory.reads_overlaid ? overlays_.back().id : base_id_;
  memory.value = value;
}

template std::uint32_t Machine::State::leave<false>(const Value& result);
template std::uint32_t Machine::State::leave<true>(const Value& result);

}  // namespace psdl
