// Instructions to events. In: what the twin shows before each instruction; out: the events between the last one and
// this.
//
// Every expression is a range of instructions, and ranges nest, so where control was and where it is tell which
// expressions it left, and which it came into: by their beginning, or from behind, which is a redo.
#include "debug/observe.hpp"

#include <algorithm>
#include <utility>

namespace psdl::debug {
namespace {

constexpr std::uint32_t kNowhere = kNoLabel;

bool is_call(Op op) { return op == Op::CallRule || op == Op::CallFunction || op == Op::CallMock; }

// Whether the instruction leaves one new value on top of the stack. (BuildEnd and calls do.)
bool makes_value(Op op) {
  switch (op) {
    case Op::LoadConst:
    case Op::LoadSlot:
    case Op::LoadInput:
    case Op::LoadData:
    case Op::PathInput:
    case Op::PathData:
    case Op::PathSlot:
    case Op::PathTop:
    case Op::Dot:
    case Op::Element:
    case Op::MakeArray:
    case Op::MakeSet:
    case Op::MakeObject:
    case Op::CallBuiltin:
    case Op::BuildEnd: return true;
    default: return is_call(op);
  }
}

class Observer final : public Watcher {
 public:
  Observer(const Program& program, const DebugInfo& info, Listener& listener)
      : program_(program), info_(info), listener_(listener) {
    first_mark_.assign(program.code.size() + 2, 0);
    for (const CodeMark& mark : info.marks) ++first_mark_[mark.pc + 1];
    for (std::size_t pc = 1; pc < first_mark_.size(); ++pc) first_mark_[pc] += first_mark_[pc - 1];
  }

  bool arrive(const MachineView& view) override {
    const Inspector at(program_, info_, &view);
    at_ = &at;
    goes_on_ = true;
    if (view.depth() > frames_.size()) call(view);
    if (view.depth() < frames_.size()) leave(view);
    step(view);
    at_ = nullptr;
    return goes_on_;
  }

  // The function that was asked for has ended.
  void finish(const Value& value) {
    const Inspector at(program_, info_, nullptr);
    at_ = &at;
    if (!frames_.empty()) emit(of_frame(EventKind::Return, {}, value));
  }

 private:
  struct Frame {
    std::uint32_t function = 0;
    std::uint32_t pc = kNowhere;  // the instruction that ran last
    std::uint32_t body = 0;
    // Of the instruction at pc, if it is a test: what it was given.
    Value operand;
    Value other;
    // The last failure inside of an expression that control has not left yet.
    Event failed;
    std::vector<std::pair<std::uint32_t, std::size_t>> elements;  // of each Next: how many
  };

  void emit(const Event& event) { goes_on_ = goes_on_ && listener_.on_event(event, *at_); }
  [[nodiscard]] Event of_frame(EventKind kind, Span span, const Value& value = {}) const {
    Event made;
    made.kind = kind;
    made.depth = frames_.size();
    made.function = frames_.back().function;
    made.body = frames_.back().body;
    made.span = span;
    made.value = value;
    return made;
  }
  [[nodiscard]] Event of_expression(EventKind kind, std::uint32_t expression) const {
    Event made = of_frame(kind, info_.expressions[expression].span);
    made.expression = expression;
    return made;
  }
  [[nodiscard]] std::uint32_t innermost(std::uint32_t pc) const {
    return pc == kNowhere ? kNoExpression : info_.innermost[pc];
  }
  [[nodiscard]] bool contains(std::uint32_t expression, std::uint32_t pc) const {
    const SourceExpression& one = info_.expressions[expression];
    return pc != kNowhere && one.begin <= pc && pc < one.end;
  }

  void call(const MachineView& view) {
    Frame made;
    made.function = view.frame(0).function;
    frames_.push_back(std::move(made));
    emit(of_frame(EventKind::Call, program_.functions[frames_.back().function].span));
  }

  void leave(const MachineView& view) {
    const bool is_defined = view.failed_pc() == kNowhere;
    emit(of_frame(EventKind::Return, program_.functions[frames_.back().function].span,
                  is_defined ? view.operand(0) : Value()));
    frames_.pop_back();
  }

  void step(const MachineView& view) {
    const std::uint32_t from = frames_.back().pc;
    const std::uint32_t to = view.frame(0).pc;
    if (from != kNowhere) {
      if (view.failed_pc() != kNowhere) {
        note_failure(view, from);
      } else if (to == from + 1) {
        done(view, from);
      }
    }
    leave_expressions(from, to);
    const auto [first, last] = marks_at(to);
    for (const CodeMark* mark = first; mark != last; ++mark) reach(view, *mark);
    redo_expressions(from, to, first, last);
    Frame& frame = frames_.back();
    frame.pc = to;
    const Op op = program_.code[to].op;
    if (op == Op::Test || op == Op::Iter || op == Op::ArrayLength || op == Op::ObjectKeys)
      frame.operand = view.operand(0);
    if (op == Op::TestEqual || op == Op::TestCompare) {
      frame.operand = view.operand(1);
      frame.other = view.operand(0);
    }
  }

  // The instruction at `from` ran and control went on behind it.
  void done(const MachineView& view, std::uint32_t from) {
    const Instruction& i = program_.code[from];
    if (i.op == Op::Body) {
      frames_.back().body = i.b;
      emit(of_frame(EventKind::Body, program_.functions[frames_.back().function].bodies[i.b]));
    } else if (i.op == Op::Next) {
      next_element(view, from);
    } else if (makes_value(i.op)) {
      Event made = of_frame(EventKind::Value, program_.spans[from], view.operand(0));
      made.expression = innermost(from);
      made.pc = from;
      emit(made);
    }
  }

  void next_element(const MachineView& view, std::uint32_t from) {
    const Instruction& i = program_.code[from];
    ++elements(from);
    Event made = of_frame(EventKind::Element, program_.spans[from]);
    made.expression = innermost(from);
    made.pc = from;
    const Value* slots = view.frame(0).slots;
    if (i.b != kNoSlot) made.key = slots[i.b];
    if (i.c != kNoSlot) made.value = slots[i.c];
    emit(made);
  }

  std::size_t& elements(std::uint32_t pc) {
    auto& all = frames_.back().elements;
    const auto found = std::find_if(all.begin(), all.end(), [pc](const auto& one) { return one.first == pc; });
    if (found != all.end()) return found->second;
    all.emplace_back(pc, 0);
    return all.back().second;
  }

  void note_failure(const MachineView& view, std::uint32_t from) {
    const Instruction& i = program_.code[from];
    Frame& frame = frames_.back();
    Event made = of_frame(EventKind::Failed, program_.spans[from]);
    made.expression = innermost(from);
    made.pc = from;
    switch (i.op) {
      case Op::Next:
        made.failure = Failure::Exhausted;
        made.count = std::exchange(elements(from), 0);
        break;
      case Op::Iter:
        made.failure = Failure::NoCollection;
        made.value = frame.operand;
        break;
      case Op::Test:
      case Op::ArrayLength:
      case Op::ObjectKeys:
        made.failure = Failure::False;
        made.value = frame.operand;
        break;
      case Op::TestEqual:
      case Op::TestCompare:
        made.failure = Failure::False;
        made.value = frame.operand;
        made.other = frame.other;
        break;
      default:
        made.failure = view.no_answer().builtin_error.empty() ? Failure::Undefined : Failure::Error;
        made.container = view.no_answer().container;
        made.missing = view.no_answer().missing;
        made.error = view.no_answer().builtin_error;
        break;
    }
    frame.failed = made;
    if (made.expression == kNoExpression) return;
    made.kind = EventKind::Missed;
    emit(made);
  }

  // Expressions that `from` was in and `to` is not, the innermost first; one whose end is at `to` and marked has held.
  void leave_expressions(std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t left = innermost(from); left != kNoExpression && !contains(left, to);
         left = info_.expressions[left].around) {
      if (info_.expressions[left].end == to) continue;
      Event made = of_expression(EventKind::Failed, left);
      made.failure = Failure::Inner;
      if (frames_.back().failed.expression == left && info_.expressions[left].kind != SourceExpression::Kind::Not)
        made = frames_.back().failed;
      emit(made);
    }
  }

  void reach(const MachineView& view, const CodeMark& mark) {
    switch (mark.kind) {
      case CodeMark::Kind::Begin:
        frames_.back().failed.expression = kNoExpression;
        emit(of_expression(EventKind::Enter, mark.expression));
        break;
      case CodeMark::Kind::Held:
        emit(of_expression(EventKind::Held, mark.expression));
        break;
      case CodeMark::Kind::Rule:
        emit(of_frame(EventKind::Yield, mark.span, view.operand(0)));
        break;
      case CodeMark::Kind::Case:
        emit(of_frame(EventKind::Case, {}, view.operand(0)));
        break;
    }
  }

  // Expressions that `to` is in and `from` was not, and that did not just begin, the outermost first.
  void redo_expressions(std::uint32_t from, std::uint32_t to, const CodeMark* first, const CodeMark* last) {
    std::vector<std::uint32_t> again;
    for (std::uint32_t in = innermost(to); in != kNoExpression && !contains(in, from);
         in = info_.expressions[in].around) {
      const bool begins = std::any_of(first, last, [in](const CodeMark& mark) {
        return mark.kind == CodeMark::Kind::Begin && mark.expression == in;
      });
      if (!begins) again.push_back(in);
    }
    while (!again.empty()) {
      emit(of_expression(EventKind::Redo, again.back()));
      again.pop_back();
    }
  }

  [[nodiscard]] std::pair<const CodeMark*, const CodeMark*> marks_at(std::uint32_t pc) const {
    return {info_.marks.data() + first_mark_[pc], info_.marks.data() + first_mark_[pc + 1]};
  }

  const Program& program_;
  const DebugInfo& info_;
  Listener& listener_;
  std::vector<std::uint32_t> first_mark_;  // of each instruction
  std::vector<Frame> frames_;
  const Inspector* at_ = nullptr;
  bool goes_on_ = true;
};

}  // namespace

bool is_users(const SlotVar& var) { return !var.name.empty() && !var.name.starts_with("__local"); }

std::uint32_t Inspector::expression(std::size_t outwards) const { return info_.innermost[view_->frame(outwards).pc]; }

std::vector<Variable> Inspector::vars(std::size_t outwards) const {
  return vars_of(view_->frame(outwards), view_->frame(outwards).pc);
}

std::vector<Variable> Inspector::vars_at(std::uint32_t pc) const { return vars_of(view_->frame(0), pc); }

std::vector<Variable> Inspector::vars_of(const FrameView& frame, std::uint32_t pc) const {
  std::vector<Variable> found;
  for (const SlotVar& var : info_.vars) {
    if (var.function != frame.function || !is_users(var) || pc < var.begin || pc >= var.end) continue;
    found.push_back({var.name, frame.slots[var.slot], var.declared});
  }
  return found;
}

Outcome observe(Machine& machine, const DebugInfo& info, Arena& arena, RunRequest request, Listener& listener) {
  Observer observer(machine.program(), info, listener);
  request.watcher = &observer;
  Trace unread;
  if (request.trace == nullptr) request.trace = &unread;
  Outcome outcome = machine.run(arena, request);
  if (!outcome.halt.has_value()) observer.finish(outcome.value);
  return outcome;
}

}  // namespace psdl::debug
