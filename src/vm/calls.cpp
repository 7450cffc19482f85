// How a function is entered and left, and what a rule's value is remembered for. In: the machine's frames; out: where the loop goes on. recall() stands
// with the loop, which has it inlined.
#include "vm/place.hpp"
#include "vm/state.hpp"

namespace psdl {

// False: there is no room for its frame, and the evaluation is over.
bool Machine::State::enter(std::uint32_t function, std::uint32_t base, std::uint32_t return_pc, bool remembers, std::uint8_t flags) {
  const Entry& called = code_->entries[function];
  Frame& frame = frames_.push();
  frame.function = function;
  frame.return_pc = return_pc;
  frame.base = base;
  frame.remembers = remembers;
  frame.flags = flags;
  if (trace_ != nullptr) frame.notes_mark = static_cast<std::uint32_t>(notes_.size());
  frame.floor = base + called.slots;
  const std::size_t need = std::size_t{base} + called.room;
  if (stack_.size() < need && !make_room(need)) return false;
  sp_ = base + called.slots;
  pc_ = called.pc;
  return true;
}

// Ends the running function and gives the place where its caller goes on.
template <bool kTrace>
std::uint32_t Machine::State::leave(const Value& result) {
  const Frame& frame = frames_.back();
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
  sp_ = frame.base;
  const std::uint32_t return_pc = frame.return_pc;
  const bool is_tested = frame.is_tested;
  const std::uint32_t function = frame.function;
  const std::uint32_t notes_mark = frame.notes_mark;
  frames_.pop();
  if (frames_.empty()) {
    outcome_.value = result;
    return kNoLabel;
  }
  const bool is_inverted = is_tested && (program_->code[return_pc - 1].flags & Instruction::kInverted) != 0;
  if (is_tested ? result.holds() == is_inverted : !result.is_defined()) {
    sp_ = frames_.back().floor;
    return program_->code[return_pc - 1].fail;
  }
  if (is_tested) return return_pc;
  Value shown = result;
  if constexpr (kTrace) {
    // What a function computed stands where its last argument does, as what a builtin computed. Where it says only that tests held, those count.
    std::uint32_t k = result.is_true() && has_tests_since(notes_mark) ? 0 : program_->functions[function].arity;
    while (shown.origin() == 0 && k-- > 0) shown = result.with_origin(stack_[sp_ + k].origin());
  }
  place(stack_[sp_++], shown);
  return return_pc;
}

void Machine::State::remember(std::uint32_t function, const Value& value) {
  Memory& memory = memory_[function];
  // What an outer overlay remembers comes back when the inner one is left.
  const bool is_overlaid = stamps_[1] != base_id_;
  if (is_overlaid && memory.stamp >= base_id_) saved_.push_back({function, memory});
  memory.stamp = stamps_[memory.reads_overlaid];
  memory.value = value;
}

template std::uint32_t Machine::State::leave<false>(const Value& result);
template std::uint32_t Machine::State::leave<true>(const Value& result);

}  // namespace psdl
