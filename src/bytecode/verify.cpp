// What must be true of a program before it may run. In: a program; out: the broken rule and its place, or nothing.
//
// Each function is walked over all edges once: an instruction has one state (depths of operand stack, iterators, builders and overlays, and the slots
// written on every way to it), whichever way it is reached. The VM relies on this and checks none of it.
#include <optional>
#include <vector>

#include "bytecode/program.hpp"

#include <fmt/format.h>

namespace psdl {
namespace {

struct State {
  std::uint32_t stack = 0;
  std::uint32_t iterators = 0;
  std::uint32_t overlays = 0;
  std::vector<BuilderKind> builders;
  std::vector<bool> written;
};

class Verifier {
 public:
  Verifier(const Program& program, const Function& function) : program_(program), function_(function), states_(function.end - function.entry) {}

  std::string run() {
    if (function_.entry >= function_.end || function_.end > program_.code.size()) return problem(function_.entry, "the function has no code");
    State begin;
    begin.written.assign(function_.slots, false);
    if (function_.arity > function_.slots) return problem(function_.entry, "more arguments than slots");
    for (std::uint32_t i = 0; i < function_.arity; ++i) begin.written[i] = true;
    reach(function_.entry, begin);
    while (!work_.empty() && error_.empty()) {
      const std::uint32_t pc = work_.back();
      work_.pop_back();
      step(pc, *states_[pc - function_.entry]);
    }
    return error_;
  }

 private:
  std::string problem(std::uint32_t pc, std::string_view what) const { return fmt::format("{} at instruction {} of {}", what, pc - function_.entry, function_.path); }
  void fail(std::uint32_t pc, std::string_view what) {
    if (error_.empty()) error_ = problem(pc, what);
  }

  void reach(std::uint32_t pc, const State& state) {
    if (pc < function_.entry || pc >= function_.end) {
      fail(pc, "a jump leaves its function");
      return;
    }
    std::optional<State>& known = states_[pc - function_.entry];
    if (!known.has_value()) {
      known = state;
      work_.push_back(pc);
      return;
    }
    if (known->stack != state.stack || known->iterators != state.iterators || known->overlays != state.overlays || known->builders != state.builders) {
      fail(pc, "reached with different depths");
      return;
    }
    bool is_less = false;
    for (std::size_t i = 0; i < state.written.size(); ++i) {
      if (known->written[i] && !state.written[i]) {
        known->written[i] = false;
        is_less = true;
      }
    }
    if (is_less) work_.push_back(pc);
  }

  bool in_range(std::uint32_t pc, std::string_view kind, std::uint32_t value, const State& state) {
    const auto below = [&](std::size_t count) {
      if (value < count) return true;
      fail(pc, "an operand is out of range");
      return false;
    };
    if (kind == "Const") return below(program_.constants.size());
    if (kind == "Slot") {
      if (!below(function_.slots)) return false;
      if (state.written[value]) return true;
      fail(pc, "a slot is read before it is written");
      return false;
    }
    if (kind == "NewSlot") return value == kNoSlot || below(function_.slots);
    if (kind == "Path") return below(program_.paths.size());
    if (kind == "Builtin") return below(program_.builtins.size());
    if (kind == "Function") return below(program_.functions.size());
    if (kind == "Mock") return below(program_.mocks.size());
    if (kind == "Compare") return below(5);
    if (kind == "Builder") return below(4);
    if (kind == "Leaf") return below(2);
    if (kind == "Flags") return below(4);
    if (kind == "Stored") return below(2);
    if (kind == "Filter") {
      if (!below(program_.filters.size())) return false;
      const ScanFilter& filter = program_.filters[value];
      if (!in_range(pc, "Path", filter.path, state)) return false;
      return filter.slot != kNoSlot ? in_range(pc, "Slot", filter.slot, state) : in_range(pc, "Const", filter.constant, state);
    }
    if (kind == "Overlay") return below(program_.overlays.size());
    if (kind == "DataPath") return below(program_.data_paths.size());
    return true;
  }

  // The numbers that the columns pops and pushes of opcodes.def stand for, for this instruction.
  struct Effect {
    std::uint32_t pops = 0;
    std::uint32_t pushes = 0;
  };
  Effect effect(const Instruction& i) const {
    const std::uint32_t kArgc = i.a;
    const std::uint32_t kCount = i.b;
    const std::uint32_t kPairs = i.b * 2;
    const std::uint32_t kPath = i.b + 1;
    const std::uint32_t kOverlay = i.op == Op::PushOverlay ? program_.overlays[i.b].value_count : 0;
    switch (i.op) {
#define PSDL_OP(name, a, b, c, fail, pops, pushes, scope, doc) \
  case Op::name:                                               \
    return {static_cast<std::uint32_t>(pops), static_cast<std::uint32_t>(pushes)};
#include "bytecode/opcodes.def"
#undef PSDL_OP
    }
    static_cast<void>(kArgc), static_cast<void>(kCount), static_cast<void>(kPairs), static_cast<void>(kPath), static_cast<void>(kOverlay);
    return {};
  }

  void step(std::uint32_t pc, State state) {
    const Instruction& i = program_.code[pc];
    if (static_cast<std::size_t>(i.op) >= kOpCount) return fail(pc, "an unknown instruction");
    const OpInfo& info = op_info(i.op);
    if (!in_range(pc, info.a, i.a, state) || !in_range(pc, info.b, i.b, state) || !in_range(pc, info.c, i.c, state)) return;
    if (!callee_fits(pc, i)) return;
    if (i.op == Op::Element && i.b >= Value::kMaxLength) return fail(pc, "an operand is out of range");

    const Effect stack = effect(i);
    if (state.stack < stack.pops) return fail(pc, "the operand stack runs empty");
    State failed = state;
    failed.stack = 0;
    state.stack = state.stack - stack.pops + stack.pushes;
    if (state.stack > function_.max_stack) return fail(pc, "the operand stack grows past its declared depth");
    if (!scopes(pc, i, state, failed)) return;
    if (info.b == "NewSlot" && i.b != kNoSlot) state.written[i.b] = true;
    if (info.c == "NewSlot" && i.c != kNoSlot) state.written[i.c] = true;

    if (info.scope == "Bodies") {
      for (const std::uint32_t body : program_.dispatches[function_.dispatch].bodies) reach(body, state);
    }
    if (info.can_fail) reach(i.fail, failed);
    if (info.b == "Label") reach(i.b, state);
    if (info.scope != "End" && info.scope != "Bodies" && i.op != Op::Jump) reach(pc + 1, state);
    if (info.scope == "End" && (state.iterators != 0 || state.overlays != 0 || !state.builders.empty())) fail(pc, "a scope is open at a return");
  }

  bool callee_fits(std::uint32_t pc, const Instruction& i) {
    bool fits = true;
    if (i.op == Op::CallFunction) fits = program_.functions[i.b].arity == i.a && program_.functions[i.b].kind == FunctionKind::Function;
    if (i.op == Op::CallRule) fits = program_.functions[i.b].arity == 0 && program_.functions[i.b].kind != FunctionKind::Function;
    if (i.op == Op::Dispatch || i.op == Op::DispatchRest || i.op == Op::NextBody) return dispatch_fits(pc);
    if (i.op == Op::TestBuiltinSlots || i.op == Op::TestBuiltinConst) fits = program_.builtins[i.a].arity == 2;
    if (i.op == Op::CallBuiltin || i.op == Op::TestBuiltin) fits = program_.builtins[i.b].arity == i.a;
    if (!fits) fail(pc, "a call does not fit what it calls");
    return fits;
  }

  bool dispatch_fits(std::uint32_t pc) {
    bool fits = function_.dispatch < program_.dispatches.size();
    if (fits) {
      const DispatchTable& table = program_.dispatches[function_.dispatch];
      fits = table.always <= table.order.size();
      for (const DispatchTable::Case& one : table.cases) {
        fits = fits && one.constant < program_.constants.size() && one.begin <= one.end && one.end <= table.always;
      }
      for (const std::uint32_t body : table.order) fits = fits && body < table.bodies.size();
      for (const std::uint32_t at : table.bodies) fits = fits && at >= function_.entry && at < function_.end;
    }
    if (!fits) fail(pc, "a dispatch has no table that fits it");
    return fits;
  }

  // Iterators, builders and overlays: `state` for falling through, `failed` for the edge to the label.
  bool scopes(std::uint32_t pc, const Instruction& i, State& state, State& failed) {
    switch (i.op) {
      case Op::Iter:
      case Op::IterPathInput:
      case Op::IterPathSlot:
        ++state.iterators;
        return true;
      case Op::Next:
      case Op::NextWhere:
      case Op::PopIter: {
        const bool is_next = i.op != Op::PopIter;
        const std::uint32_t left = is_next ? 1 : i.b;
        if (state.iterators < left || left == 0) break;
        (is_next ? failed : state).iterators -= left;
        return true;
      }
      case Op::BuildBegin:
        state.builders.push_back(static_cast<BuilderKind>(i.a));
        return true;
      case Op::Collect:
        if (state.builders.empty() || state.builders.back() > BuilderKind::Set) break;
        return true;
      case Op::CollectPair:
      case Op::CollectNamed:
        if (state.builders.empty() || state.builders.back() != BuilderKind::Object) break;
        return true;
      case Op::CollectPath:
        if (state.builders.empty() || state.builders.back() != BuilderKind::Path) break;
        return true;
      case Op::BuildEnd:
        if (state.builders.empty()) break;
        state.builders.pop_back();
        return true;
      case Op::PushOverlay:
        ++state.overlays;
        return true;
      case Op::PopOverlay:
        if (state.overlays == 0) break;
        --state.overlays;
        return true;
      default:
        return true;
    }
    fail(pc, "a scope is used that is not open");
    return false;
  }

  const Program& program_;
  const Function& function_;
  std::vector<std::optional<State>> states_;
  std::vector<std::uint32_t> work_;
  std::string error_;
};

}  // namespace

std::string verify(const Program& program) {
  if (program.spans.size() != program.code.size()) return "the table of places does not fit the code";
  for (const Function& function : program.functions) {
    std::string error = Verifier(program, function).run();
    if (!error.empty()) return error;
  }
  return {};
}

}  // namespace psdl
