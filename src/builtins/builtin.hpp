// What a native function is, and what it is called with. In: evaluated operands; out: a value, or undefined with an error recorded.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.hpp"
#include "base/budget.hpp"
#include "base/limits.hpp"
#include "builtins/signature.hpp"
#include "value/builders.hpp"
#include "value/number.hpp"
#include "value/value.hpp"

namespace psdl {

// OPA's codes for errors of evaluation.
enum class EvalCode : std::uint8_t { Builtin, Type, Conflict, WithMerge, Internal, Cancelled, Limit };
// "eval_builtin_error", "eval_type_error", "eval_conflict_error", "eval_with_merge_error", "eval_internal_error", "eval_cancel_error", "eval_limit_error".
[[nodiscard]] std::string_view eval_code_name(EvalCode code);

struct Builtin;
class PatternCache;  // patterns.hpp: compiled regexes and globs, kept by an evaluator

// What is fixed for the length of one evaluation.
struct EvaluationFacts {
  std::int64_t now_ns = 0;    // time.now_ns; set from the clock by the host when an evaluation starts
  std::uint64_t seed = 0;     // rand.intn, uuid.rfc4122
};

// One error of a builtin. `message` is OPA's without code: "startswith: operand 1 must be string but got number". Both live in the evaluation's arena:
// policies ask for what may fail, and an evaluation makes nothing on the heap.
struct BuiltinError {
  EvalCode code = EvalCode::Builtin;
  std::string_view message;
  bool halts = false;  // a limit or a cancel: the evaluation ends, whatever the strictness
};

// The world of one call. A builtin that has no answer returns fail(..) or limit(..): both give undefined.
class CallContext {
 public:
  CallContext(Arena& arena, const Limits& limits, const EvaluationFacts& facts, PatternCache& patterns,
              const std::atomic<bool>* cancel = nullptr)
      : arena_(&arena), limits_(&limits), facts_(&facts), patterns_(&patterns), budget_(limits, cancel) {}

  [[nodiscard]] Arena& arena() { return *arena_; }
  [[nodiscard]] const Limits& limits() const { return *limits_; }
  [[nodiscard]] const EvaluationFacts& facts() const { return *facts_; }
  [[nodiscard]] PatternCache& patterns() { return *patterns_; }

  // The message goes without the builtin's name: "NAME: " is put before it.
  [[nodiscard]] Value fail(EvalCode code, std::string_view message) {
    record(code, {message}, false);
    return {};
  }
  [[nodiscard]] Value fail(EvalCode code, std::initializer_list<std::string_view> parts);
  [[nodiscard]] Value fail(std::string_view message) { return fail(EvalCode::Builtin, message); }
  // The message as it is, without a name before it; the evaluation ends.
  [[nodiscard]] Value halt(EvalCode code, std::string_view message);
  // "operand N must be WANTED but got KIND" as eval_type_error; `operand` counts from 1.
  [[nodiscard]] Value fail_operand(unsigned operand, std::string_view wanted, const Value& got);
  // Ends the evaluation: the limit with that field name was reached.
  [[nodiscard]] Value limit(std::string_view limit_name);
  // Whether a text of this size may be made; where not, limit() was called already.
  [[nodiscard]] bool may_make_text(std::size_t bytes);
  [[nodiscard]] bool may_make_items(std::size_t count);
  // Appends a value in Rego's notation; false: the text grew too long, and limit() was called already.
  [[nodiscard]] bool write_rego(std::string& out, const Value& value);
  // Charges the budget for work, in its units (budget.hpp); false: it is spent, and limit() was called already.
  [[nodiscard]] bool may_work(std::uint64_t units) { return units == 0 || budget_.charge(units) || end_for_budget(); }
  // The same for work that was done and has no measure: looks at the clock.
  [[nodiscard]] bool is_in_time() { return budget_.look_again() || end_for_budget(); }
  // Whether the memory taken so far is within the limit; where not, limit() was called already.
  [[nodiscard]] bool is_within_memory(std::size_t more = 0);
  [[nodiscard]] Budget& budget() { return budget_; }

  // The builtin being called, set by the VM.
  const Builtin* current = nullptr;
  // The last failure; the VM takes it after the call.
  BuiltinError* error = nullptr;
  // Where print() lines go; null: dropped.
  std::string* print_sink = nullptr;

 private:
  void record(EvalCode code, std::initializer_list<std::string_view> parts, bool halts);
  bool end_for_budget();  // false

  Arena* arena_;
  const Limits* limits_;
  const EvaluationFacts* facts_;
  PatternCache* patterns_;
  Budget budget_;
};

// Operands, checked against the signature before the body runs.
class Args {
 public:
  Args(const Value* values, std::size_t count) : values_(values), count_(count) {}
  [[nodiscard]] const Value& operator[](std::size_t index) const { return values_[index]; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::string_view string(std::size_t index) const { return values_[index].as_string(); }
  [[nodiscard]] std::span<const Value> array(std::size_t index) const { return values_[index].as_array(); }
  [[nodiscard]] const Object& object(std::size_t index) const { return values_[index].as_object(); }
  [[nodiscard]] const Set& set(std::size_t index) const { return values_[index].as_set(); }

 private:
  const Value* values_;
  std::size_t count_;
};

using BuiltinFn = Value (*)(CallContext& context, Args args);

// A row: everything that is known of a builtin is here once.
struct Builtin {
  std::string_view name;
  Signature signature;
  std::string_view doc = {};
  // A Rego expression that holds; a test evaluates it.
  std::string_view example = {};
  BuiltinFn fn = nullptr;
  // Whether operands are checked against the signature before fn runs, with OPA's text ("operand 1 must be one of {array, set} but got
  // string"). False where OPA's body checks in an order or with words of its own; then fn does it all.
  bool checks_operands = true;
  bool is_relation = false;       // fn returns an array of all results; the call has one for each (walk)
  bool is_deterministic = true;   // false: time.now_ns, rand.intn, ..: never folded at compile time
  bool is_deprecated = false;     // refused in v1 and under --strict
  bool is_internal = false;       // made by the compiler; people cannot name it
  // Whether a call takes no longer where operands are large, or charges for its work itself. All others are charged for the size of their operands.
  bool is_brief = false;
  bool can_fail = true;           // false only if no operands of the right kinds make it record an error or reach a limit but the budget's
};

// Calls with the operand check; what the VM and the constant folder use.
[[nodiscard]] Value call_builtin(const Builtin& builtin, CallContext& context, const Value* operands, std::size_t count);
// "string", or "one of {number, set}" in OPA's order.
[[nodiscard]] std::string wanted_kinds(KindMask mask);

}  // namespace psdl
