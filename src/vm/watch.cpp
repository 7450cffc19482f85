// What a watcher is shown. In: the state before an instruction; out: a view of it, alive during the call.
#include "vm/watch.hpp"

#include "vm/state.hpp"

namespace psdl {

class Machine::State::View final : public MachineView {
 public:
  explicit View(const State& state) : state_(state) {}

  std::size_t depth() const override { return state_.frames_.size(); }
  FrameView frame(std::size_t outwards) const override {
    const std::size_t at = state_.frames_.size() - 1 - outwards;
    const Frame& frame = state_.frames_[at];
    const std::uint32_t pc = outwards == 0 ? state_.pc_ : state_.frames_[at + 1].return_pc - 1;
    return {frame.function, pc, state_.stack_.data() + frame.base};
  }
  const Value& operand(std::size_t k) const override { return state_.stack_[state_.sp_ - 1 - k]; }
  const Value& input() const override { return state_.overlays_.back().input; }
  const Value& data() const override { return state_.overlays_.back().data; }
  std::uint32_t failed_pc() const override { return state_.failed_pc_; }
  const NoAnswer& no_answer() const override { return state_.no_answer_; }
  std::uint64_t instructions() const override { return state_.executed_; }

 private:
  const State& state_;
};

bool Machine::State::show() {
  const View view(*this);
  const bool goes_on = watcher_->arrive(view);
  failed_pc_ = kNoLabel;
  no_answer_ = {};
  if (!goes_on) halt(EvalCode::Cancelled, "caller cancelled query execution");
  return goes_on;
}

}  // namespace psdl
