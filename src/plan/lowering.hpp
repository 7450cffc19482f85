// Plans to bytecode: the class that the lower*.cpp files are of, for them alone. One walk over each function; success falls through, failure goes
// to the innermost Next or out. lower.cpp: code, tables, functions; lower_steps.cpp: bodies; lower_expressions.cpp: values and fused reads.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "builtins/builtin.hpp"
#include "plan/plan.hpp"
#include "value/builders.hpp"

namespace psdl::plan {

using Label = std::uint32_t;

// What a body's solutions feed: whether the order and repetition of a set's members matter to it.
enum class Sink : std::uint8_t { Ordered, Unordered };

class Lowering {
 public:
  Lowering(Plan& plan, std::shared_ptr<const KeyTable> keys, DebugInfo* debug) : plan_(plan), program_(std::make_shared<Program>()), debug_(debug) {
    program_->keys = std::move(keys);
    if (debug_ != nullptr) debug_->expressions = std::move(plan_.expressions);
  }

  std::shared_ptr<Program> run();

 private:
  static Expr constant_expr(const Value& value);

  // ---- Code and labels.
  Instruction& emit(Op op, std::uint16_t a = 0, std::uint32_t b = 0, std::uint32_t c = 0, Label fail = kNoLabel) {
    const auto flags = static_cast<std::uint8_t>((negation_ > 0 ? Instruction::kInNegation : 0) | (is_in_head_ ? Instruction::kInHead : 0));
    program_->code.push_back({op, flags, a, b, c, fail});
    program_->spans.push_back(span_);
    return program_->code.back();
  }
  Label label() {
    label_pcs_.push_back(kNoLabel);
    return static_cast<Label>(label_pcs_.size() - 1);
  }
  void bind(Label at);
  // A test whose label is here, behind the jump that it falls into: the test itself goes where the jump does, the other way round.
  void invert_over_jump(Label at);
  // Something refers to the next instruction by its number.
  void mark() { marked_pc_ = pc(); }
  [[nodiscard]] std::uint32_t pc() const { return static_cast<std::uint32_t>(program_->code.size()); }
  void patch(std::uint32_t begin);
  [[nodiscard]] std::uint32_t behind_jump(std::uint32_t pc) const {
    return program_->code[pc].op == Op::Jump ? program_->code[pc].b : pc;
  }
  void push(int by = 1) {
    depth_ += by;
    max_depth_ = std::max(max_depth_, depth_);
  }
  SlotNumber new_slot() { return slots_++; }

  // Whether some step does more than compute: then nothing may run twice.
  [[nodiscard]] bool prints() const;

  // ---- Tables.
  std::uint32_t constant(const Value& value);
  std::uint32_t add_constant(const Value& value) {
    program_->constants.push_back(value);
    return static_cast<std::uint32_t>(program_->constants.size() - 1);
  }
  std::uint32_t builtin(const psdl::Builtin* row);
  std::uint32_t path(const std::vector<Value>& names);
  std::uint32_t data_path(const std::vector<Value>& at) {
    program_->data_paths.push_back(at);
    return static_cast<std::uint32_t>(program_->data_paths.size() - 1);
  }
  void number_names();

  // ---- What debuggers are told.
  void reach(CodeMark::Kind kind, std::uint32_t expression, Span span = {}) {
    if (debug_ != nullptr) debug_->marks.push_back({pc(), kind, expression, span});
  }
  void begin_expression(std::uint32_t number);
  void end_expression(std::uint32_t number);
  // A var is in its slot from the instruction that writes it on, to the end of the body that does. `kept` outlive the body.
  void end_vars(std::size_t first, const std::vector<SlotNumber>& kept = {});
  void written(SlotNumber slot);
  void find_innermost();

  // ---- Expressions: push one value, or go to fail.
  void expr(const Expr& e, Label fail);

  // Whether the slot was written by the last instruction and is read here alone: then its value may stay on the stack.
  [[nodiscard]] bool is_top(SlotNumber slot) const;
  [[nodiscard]] bool is_unread(SlotNumber slot) const {
    return plan_.is_optimised && slot != kNoSlot && slot < reads_.size() && reads_[slot] == 0;
  }
  void count_reads(Function& function);

  // object.get(e, names, default) with all but e known: one instruction. False: it is another call.
  bool get(const Expr& e, Label fail);

  // The texts around the values of a format that shows each as it is: its own first, so that there is one more than values. Undefined: it is another format.
  Value pieces_of(const Value& format, std::size_t values);

  // sprintf with a known format of %s and %v alone, and as many values. False: it is another call.
  bool format(const Expr& e, Label fail);
  [[nodiscard]] bool flat_format(const Expr& e, std::string& text, std::vector<const Expr*>& values);
  bool count(const Expr& e, Label fail);
  bool join(const Expr& e, Label fail);

  void call(const Expr& e, Label fail);

  // Names of the path that the expression ends in, outermost first; gives what they are below.
  static const Expr* path_below(const Expr& e, std::vector<Value>& names);

  // ---- Fused instructions: a read of the input or of a slot, and what is done with it. False: there is none for this expression.
  // A step that is one instruction and touches no operand stack. `inverted`: that goes to `fail` where the step holds.
  bool single(const Step& step, Label fail, bool inverted);
  bool invert(bool inverted) {
    if (inverted) program_->code.back().flags |= Instruction::kInverted;
    return true;
  }
  bool test_of_rule(const Expr& e, Label fail, bool inverted);
  // `e`, a slot or what stands under a path in it, and a constant.
  bool of_path(Op op, const Expr& e, const Expr& wanted, Label fail, bool inverted);
  bool equal_path(const Expr& e, const Expr& wanted, Label fail, bool inverted);
  enum class Fused : std::uint8_t { Test, TestNot, Iter };
  // The slot whose count the last two instructions push; they are taken back.
  std::optional<SlotNumber> take_count(Label fail);
  bool member_of_path(const Expr& e, Label fail, bool inverted);
  bool fused(Fused what, const Expr& e, Label fail);
  bool fused_equal(const Expr& e, const Expr& wanted, Label fail);
  // A builtin of two operands that is asked about a slot.
  bool test_of_slot(const Expr& e, Label fail, bool inverted);
  [[nodiscard]] std::uint16_t any_order() const { return sink_ == Sink::Unordered ? any_order_ : std::uint16_t{0}; }

  // A chain of names is one instruction; a key that is no constant string is a step of its own.
  void dot(const Expr& e, Label fail);

  // Its labels empty the operand stack, so nothing may stand there: the planner puts comprehensions into slots of their own.
  // `joined`: the call of concat that makes a text of it (walk.hpp: is_join).
  void comprehension(const Expr& e, const Expr* joined = nullptr, Label fail = kNoLabel);

  // ---- Steps. `success` is emitted once, where all steps held, with the label that asks for the next solution.
  template <class Success>
  void body(const Steps& steps, Label fail, Success success) {
    const std::uint32_t outer = open_iterators_;
    const std::size_t vars = bound_.size();
    open_iterators_ = 0;
    list(steps, fail, success);
    open_iterators_ = outer;
    if (debug_ != nullptr) end_vars(vars, kept_);
  }
  template <class Success>
  void list(const Steps& steps, Label fail, Success& success) {
    for (const Step& step : steps) {
      if (step.kind == StepKind::Each) {
        each(step, fail, success);
        return;
      }
      const bool outer = is_in_head_;
      is_in_head_ = outer || stands_in_head(step);
      fail = one(step, fail);
      is_in_head_ = outer;
    }
    success(fail);
  }
  // What the compiler took out of a head stands behind the body, with the span that it had.
  [[nodiscard]] bool stands_in_head(const Step& step) const {
    const bool is_inside = step.span.source == head_.source && head_.begin <= step.span.begin && step.span.end <= head_.end;
    return !plan_.is_optimised && is_inside && !step.span.empty();
  }
  // What follows is emitted once for each; the failure of one leads to the next.
  template <class Success>
  void each(const Step& step, Label fail, Success& success) {
    const std::uint32_t open = open_iterators_;
    for (std::size_t i = 0; i < step.bodies.size(); ++i) {
      const bool is_last = i + 1 == step.bodies.size();
      const Label next = is_last ? fail : label();
      open_iterators_ = open;
      list(step.bodies[i], next, success);
      if (!is_last) bind(next);
    }
  }
  // Leaves a body from its innermost point after one success.
  void leave_to(Label target) {
    if (open_iterators_ > 0) emit(Op::PopIter, 0, open_iterators_);
    emit(Op::Jump, 0, target);
  }

  // Emits the step and gives the label for what follows it.
  Label one(const Step& step, Label fail);

  // Opens the loop over a collection that everything after stands in.
  Label iterate(const Expr& collection, SlotNumber key, SlotNumber value, Label fail, std::uint32_t where = kNoIndex);
  void iterate_top(Label fail) {
    emit(Op::Iter, any_order(), 0, 0, fail);
    push(-1);
  }
  Label next_element(SlotNumber key, SlotNumber value, Label fail, std::uint32_t where = kNoIndex);

  std::uint32_t filter(const Step& step);

  void every(const Step& step, Label fail);

  void gather(const Step& step);
  // Into the builder that stands so far below the innermost.
  void collect(std::uint32_t below);
  void store(SlotNumber slot);
  // The last instruction, where nothing leads to behind it: one that pushes what the next would pop may be taken back, for one that does both.
  [[nodiscard]] bool is_last(Op op) const;
  Instruction take_back();

  void reach(const Step& step);

  // The overlay brackets the computing of solutions, never what follows: where there may be several they are gathered first.
  Label with(const Step& step, Label fail);

  // ---- Functions.
  void function_code(Function& function);

  // The instructions that choose bodies; gives the label at which the next one is asked for.
  Label dispatch(const Function& function, psdl::Function& made, Label end);

  void body_begins(const psdl::Function& made) {
    program_->dispatches[made.dispatch].bodies.push_back(pc());
    mark();
  }

  void begin_body(psdl::Function& made, const RuleBody& rule);

  void single_value(const Function& function, psdl::Function& made);

  // Whether the first value of such a rule or function is its value: none can come that differs.
  bool returns_at_once(const Function& function) const;

  // A rule and its else branches: the next is tried only where this one had no value.
  void chain(const Function& function, psdl::Function& made, const RuleBody& first, bool is_first_rule, Label next_rule, Label end);

  void collection(const Function& function, psdl::Function& made);

  void extent(const Function& function, psdl::Function& made);

  Plan& plan_;
  std::shared_ptr<Program> program_;
  std::vector<std::uint32_t> label_pcs_;
  std::unordered_map<const psdl::Builtin*, std::uint32_t> builtin_numbers_;
  std::uint32_t small_constants_[4] = {kNoIndex, kNoIndex, kNoIndex, kNoIndex};
  Span span_;
  SlotNumber slots_ = 0;
  int depth_ = 0;
  int max_depth_ = 0;
  std::uint32_t open_iterators_ = 0;
  int negation_ = 0;
  Span head_;                // of the member that is made, where that matters to the twin
  bool is_in_head_ = false;
  Sink sink_ = Sink::Unordered;
  std::uint32_t gathered_ = 0;  // collections of the gather around
  std::uint32_t marked_pc_ = kNoIndex;
  std::vector<std::uint32_t> reads_;  // of each slot of the function, in the plan
  std::uint16_t any_order_ = Instruction::kBagIsFine;
  Expr empty_ = constant_expr(empty_object());
  DebugInfo* debug_ = nullptr;
  std::uint32_t body_number_ = 0;
  const std::vector<Var>* vars_ = nullptr;  // of the body that is lowered
  std::vector<SlotVar> bound_;     // those that are in their slots where the code has come to
  std::vector<SlotNumber> kept_;   // of the body that is about to be lowered: read after it
};

// thread_tests.cpp. `begin` is the number of the first instruction.
void thread_tests(std::span<Instruction> code, std::uint32_t begin);

}  // namespace psdl::plan
