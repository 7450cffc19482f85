// How a debugger looks on while the tracing twin runs. In: a RunRequest with a Watcher; out: one call before each instruction, with all that the
// evaluation holds. Instructions mean nothing to people: debug/observe.hpp makes expressions of them.
//
// Only RunRequest::watcher asks for this: the loop that nobody watches is another instance of the same source and has no trace of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "value/value.hpp"

namespace psdl {

// Why an instruction had no answer: what it recorded, beside the operands that it had.
struct NoAnswer {
  Value container;                 // a read: where the path ended ..
  Value missing;                   // .. and the key that is not there. Both undefined where it was no read
  std::string_view builtin_error;  // OPA's message of a builtin that failed; empty where none did
};

// One call of a rule, function or query. Slots are those of the function, arguments first; what a slot holds before it is written is meaningless.
struct FrameView {
  std::uint32_t function = 0;
  std::uint32_t pc = 0;  // the instruction that is about to run, or, in outer frames, that called
  const Value* slots = nullptr;
};

class MachineView {
 public:
  // 0 is the innermost frame.
  [[nodiscard]] virtual std::size_t depth() const = 0;
  [[nodiscard]] virtual FrameView frame(std::size_t outwards) const = 0;
  // The k-th operand from the top of the running function's stack.
  [[nodiscard]] virtual const Value& operand(std::size_t k) const = 0;
  // Under the overlays of `with` that are in force.
  [[nodiscard]] virtual const Value& input() const = 0;
  [[nodiscard]] virtual const Value& data() const = 0;
  // How control came here: kNoLabel or the instruction that had no answer, perhaps of this frame's callee.
  [[nodiscard]] virtual std::uint32_t failed_pc() const = 0;
  [[nodiscard]] virtual const NoAnswer& no_answer() const = 0;
  // So far.
  [[nodiscard]] virtual std::uint64_t instructions() const = 0;

 protected:
  ~MachineView() = default;
};

class Watcher {
 public:
  virtual ~Watcher() = default;
  // Before the instruction frame(0).pc runs. It may take as long as it likes (a debugger's prompt stands here), but time counts against Limits::time_ns.
  // False: the evaluation ends, cancelled.
  [[nodiscard]] virtual bool arrive(const MachineView& view) = 0;
};

}  // namespace psdl
