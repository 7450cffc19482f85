// How an evaluation ends before its last instruction: conflicts, builtin errors, limits and cancels. Each says why and makes the loop stop.
#include <algorithm>
#include <utility>

#include "value/text.hpp"
#include "vm/state.hpp"

namespace psdl {

void Machine::State::halt(EvalCode code, std::string_view message) {
  if (!outcome_.halt.has_value()) outcome_.halt = EvalError{code, arena_->copy(message), program_->spans[pc_]};
  halted_ = true;
}

// OPA's text: the rule, then each value with the place of the rule that made it.
void Machine::State::halt_conflict(const Value& earlier, const Value& later) {
  const Frame& frame = frames_.back();
  const Function& function = program_->functions[frame.function];
  const bool is_function = function.kind == FunctionKind::Function;
  std::string message = is_function ? "function " : "rule ";
  message += function.path;
  message += is_function ? " produced conflicting values for the same inputs:" : " produced conflicting values:";
  const auto add = [&](const Value& value, std::uint32_t body) {
    const Span at = function.bodies[body];
    const Source& source = *program_->sources[at.source];
    message += "\n  ";
    message += to_short_rego(value);
    message += " at ";
    message += source.name();
    message += ':';
    message += std::to_string(source.line_column(at.begin).line);
  };
  add(earlier, frame.result_body);
  add(later, frame.body);
  if (!outcome_.halt.has_value()) outcome_.halt = EvalError{EvalCode::Conflict, arena_->copy(message), function.bodies[frame.body]};
  halted_ = true;
}

// The first error is kept; true: the evaluation is over.
bool Machine::State::take_builtin_error(CallContext& context) {
  const BuiltinError* const error = std::exchange(context.error, nullptr);
  no_answer_.builtin_error = error->message;
  if (error->halts) {
    halt(error->code, error->message);
    return true;
  }
  if (!outcome_.builtin_error.has_value()) outcome_.builtin_error = EvalError{error->code, error->message, program_->spans[pc_]};
  return false;
}

bool Machine::State::check() {
  if (executed_ >= next_check_) {
    next_check_ = std::min(executed_ + limits_.check_interval, std::max(limits_.instructions, executed_) + 1);
    switch (context_->budget().look(executed_)) {
      case Budget::End::None:
        break;
      case Budget::End::Instructions:
        halt(EvalCode::Limit, "limit_instructions reached: " + std::to_string(limits_.instructions));
        break;
      case Budget::End::Time:
        halt(EvalCode::Limit, "limit_time_ns reached: " + std::to_string(limits_.time_ns));
        break;
      case Budget::End::Cancelled:
        halt(EvalCode::Cancelled, "caller cancelled query execution");
        break;
    }
  }
  if (arena_->over_limit()) halt(EvalCode::Limit, "limit_memory_bytes reached: " + std::to_string(limits_.memory_bytes));
  return !halted_;
}

// Frames count against the limit of memory, as an image may ask for large ones.
bool Machine::State::make_room(std::size_t values) {
  const std::size_t most = std::max(limits_.memory_bytes / sizeof(Value), stack_.size());
  if (values > most) {
    halt(EvalCode::Limit, "limit_memory_bytes reached: " + std::to_string(limits_.memory_bytes));
    return false;
  }
  stack_.resize(std::min(std::max(values, stack_.size() * 2), most));
  return true;
}

// Code without a loop is not looked at on the way, nor is what was compared or made since the last look. Where the budget was spent, comparisons answered
// anything, so that a conflict may be none.
void Machine::State::look_back(Span span) {
  const bool is_spent = context_->budget().end() != Budget::End::None;
  if (is_spent && outcome_.halt.has_value() && outcome_.halt->code == EvalCode::Conflict) outcome_.halt.reset();
  if (outcome_.halt.has_value()) return;
  if (!is_spent && executed_ + context_->budget().work() <= limits_.instructions && !arena_->over_limit()) return;
  next_check_ = 0;
  if (!check()) outcome_.halt->span = span;
}

}  // namespace psdl
