// What must be true of a program before it may run. In: a program; out: the broken rule with its code, or nothing.
//
// The VM relies on all of this and checks none of it. What depends on the types of values at run time cannot be shown here and is guarded where it is
// used instead (Element, MergeBase, the size of the operand stack). Three walks, each over one table or function at a time:
//   tables      every number in a table names a row of another; functions lie side by side and fill the code; places lie in their sources
//   code        operands name rows of the right kind, labels stay in their function, and each instruction is reached with one state (depths of
//               operand stack, iterators and overlays, open builders), whichever way leads there
//   slots       from each read of a slot back over all ways that lead to it: a write stands on every one of them
// and last the calls, which must not come back to where they began.
//
// A new operand kind of opcodes.def does not compile until Operand and in_range() know it; a new table gets its rules in Tables.
#include <algorithm>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/result.hpp"
#include "bytecode/image.hpp"
#include "bytecode/operands.hpp"
#include "bytecode/program.hpp"

#include <fmt/format.h>

namespace psdl {
namespace {

enum class Scope : std::uint8_t { None, Iter, Next, PopIter, Build, PopBuild, Overlay, PopOverlay, Bodies, End };

struct OpRow {
  Operand a, b, c;
  bool can_fail;
  Scope scope;
};
constexpr OpRow kRows[] = {
#define PSDL_OP(name, a, b, c, fail, pops, pushes, scope, doc) {Operand::a, Operand::b, Operand::c, fail, Scope::scope},
#include "bytecode/opcodes.def"
#undef PSDL_OP
};

using Fault = std::optional<Error>;

// ---- Tables.
class Tables {
 public:
  explicit Tables(const Program& program) : program_(program) {}

  Fault run() {
    const bool holds = sources() && paths() && builtins() && mocks() && overlays() && filters() && dispatches() && functions() && spans();
    return holds ? std::nullopt : fault_;
  }

 private:
  bool refuse(std::string_view code, std::string message) {
    fault_ = Error{std::string(code), std::move(message)};
    return false;
  }
  bool refuse(std::string message) { return refuse("image_table", std::move(message)); }

  // Whether a place lies in its source; what the compiler made up has the empty place, or begins at the parser's "nowhere".
  [[nodiscard]] bool is_place(const Span& at) const {
    if (at == Span{} || at.begin == UINT32_MAX) return true;
    return at.source < program_.sources.size() && at.begin <= at.end && at.end <= program_.sources[at.source]->text().size();
  }

  bool sources() {
    for (const auto& source : program_.sources) {
      if (source == nullptr) return refuse("a source is missing");
    }
    return program_.keys != nullptr || program_.path_steps.empty() || refuse("the key table is missing");
  }

  bool paths() {
    for (const Path& path : program_.paths) {
      if (path.begin > program_.path_steps.size() || path.size > program_.path_steps.size() - path.begin) return refuse("a path lies outside the table of steps");
    }
    for (const PathStep& step : program_.path_steps) {
      if (!step.name.is_string()) return refuse("image_constant", "a step of a path is no string");
    }
    for (const std::vector<Value>& path : program_.data_paths) {
      if (path.size() > kMaxImageKeyPath) return refuse("image_limit", "a path below data is too long");
    }
    return true;
  }

  bool builtins() {
    for (const BuiltinRef& builtin : program_.builtins) {
      if (builtin.row == nullptr) return refuse("image_builtin", fmt::format("there is no builtin `{}`", builtin.name));
    }
    return true;
  }

  bool is_callee(std::uint32_t function, std::uint32_t builtin, std::uint32_t& arity) const {
    if ((function == kNoIndex) == (builtin == kNoIndex)) return false;
    if (builtin != kNoIndex) {
      if (builtin >= program_.builtins.size()) return false;
      arity = program_.builtins[builtin].arity;
      return true;
    }
    if (function >= program_.functions.size() || program_.functions[function].kind != FunctionKind::Function) return false;
    arity = program_.functions[function].arity;
    return true;
  }

  bool mocks() {
    for (const MockEntry& mock : program_.mocks) {
      std::uint32_t arity = 0;
      if (!is_callee(mock.function, mock.builtin, arity)) return refuse("what a `with` replaces is neither a function nor a builtin");
    }
    return true;
  }

  bool overlays() {
    for (const OverlaySpec& overlay : program_.overlays) {
      std::size_t values = 0;
      for (const OverlayTarget& target : overlay.targets) {
        if (target.has_value) ++values;
        if (!overlay_target(target)) return false;
      }
      if (values != overlay.value_count) return refuse("an overlay takes another number of values than it has");
    }
    return true;
  }

  bool overlay_target(const OverlayTarget& target) {
    if (target.path.size() > kMaxImageKeyPath) return refuse("image_limit", "the path that a `with` replaces is too long");
    const bool has_replacement = target.replacement_function != kNoIndex || target.replacement_builtin != kNoIndex;
    if (target.kind != OverlayTarget::Kind::Mock) {
      return (target.has_value && !has_replacement && target.mock == kNoIndex) || refuse("an overlay of a document has no value");
    }
    if (target.mock >= program_.mocks.size()) return refuse("an overlay replaces a function that is not in the table");
    if (target.has_value) return !has_replacement || refuse("an overlay replaces a function twice");
    const MockEntry& mock = program_.mocks[target.mock];
    std::uint32_t wanted = 0;
    std::uint32_t arity = 0;
    static_cast<void>(is_callee(mock.function, mock.builtin, wanted));
    if (!is_callee(target.replacement_function, target.replacement_builtin, arity)) return refuse("a replacement is neither a function nor a builtin");
    return arity == wanted || refuse("image_call", "a replacement takes another number of arguments");
  }

  bool filters() {
    for (const ScanFilter& filter : program_.filters) {
      if (filter.path >= program_.paths.size()) return refuse("a filter's path is not in the table");
      const bool has_constant = filter.constant != kNoIndex;
      if (has_constant == (filter.slot != kNoSlot)) return refuse("a filter compares with neither or both of a slot and a constant");
      if (has_constant && filter.constant >= program_.constants.size()) return refuse("a filter's constant is not in the table");
    }
    return true;
  }

  // Where the bodies lie is looked at with the functions that go by the table.
  bool dispatches() {
    for (const DispatchTable& table : program_.dispatches) {
      if (table.always > table.order.size()) return refuse("the bodies that a dispatch always tries lie outside its list");
      for (const DispatchTable::Case& one : table.cases) {
        if (one.constant >= program_.constants.size()) return refuse("a case's constant is not in the table");
        if (one.begin > one.end || one.end > table.always) return refuse("the bodies of a case lie outside the list");
      }
      const bool known = std::all_of(table.order.begin(), table.order.end(), [&](std::uint32_t body) { return body < table.bodies.size(); });
      if (!known) return refuse("a dispatch tries a body that it does not know");
      if (table.buckets.size() <= table.cases.size()) return refuse("a dispatch has no index");
    }
    return true;
  }

  bool functions() {
    std::uint32_t next = 0;
    std::unordered_set<std::string_view> paths;
    for (const Function& function : program_.functions) {
      if (function.entry != next || function.end < function.entry || function.end > program_.code.size()) {
        return refuse(fmt::format("the code of {} does not follow on that of the function before it", function.path));
      }
      next = function.end;
      if (function.entry == function.end) return refuse("image_return", fmt::format("{} has no code", function.path));
      if (!paths.insert(function.path).second) return refuse("image_entry_point", fmt::format("{} stands there twice", function.path));
      if (!one_function(function)) return false;
    }
    return next == program_.code.size() || refuse("there is code behind the last function");
  }

  bool one_function(const Function& function) {
    if (function.slots > kMaxImageFrame || function.max_stack > kMaxImageFrame) return refuse("image_limit", fmt::format("the frame of {} is too large", function.path));
    if (function.arity > function.slots) return refuse("image_call", fmt::format("{} has more arguments than slots", function.path));
    if (function.arity > 0 && function.kind != FunctionKind::Function) return refuse("image_call", fmt::format("{} is no function but takes arguments", function.path));
    const bool needs_data_path = function.is_shadowable || function.data_path != kNoIndex;
    if (needs_data_path && function.data_path >= program_.data_paths.size()) return refuse(fmt::format("the place of {} below data is not in the table", function.path));
    if (function.dispatch != kNoIndex && function.dispatch >= program_.dispatches.size()) return refuse(fmt::format("the dispatch of {} is not in the table", function.path));
    if (!is_place(function.span)) return refuse("image_place", fmt::format("the place of {} lies outside its source", function.path));
    for (const Span& body : function.bodies) {
      // Conflicts look at these without asking, so that the empty place must have a source too.
      if (body.source >= program_.sources.size() || !is_place(body)) return refuse("image_place", fmt::format("the place of a rule of {} lies outside its source", function.path));
    }
    return true;
  }

  bool spans() {
    if (program_.spans.size() != program_.code.size()) return refuse("the table of places does not fit the code");
    for (const Span& at : program_.spans) {
      if (!is_place(at)) return refuse("image_place", "the place of an instruction lies outside its source");
    }
    return true;
  }

  const Program& program_;
  Fault fault_;
};

// ---- One function.
struct Read {
  std::uint32_t pc = 0;
  std::uint32_t slot = 0;
};
// A call, or what an overlay may put in the place of one.
struct Call {
  std::uint32_t caller = 0;
  std::uint32_t callee = 0;
};

class Body {
 public:
  Body(const Program& program, std::uint32_t number, std::vector<Call>& calls, std::uint64_t& work)
      : program_(program), function_(program.functions[number]), number_(number), calls_(calls), work_(work) {}

  Fault run() {
    for (std::uint32_t pc = function_.entry; pc < function_.end; ++pc) {
      if (!operands(pc)) return fault_;
    }
    states_.resize(function_.end - function_.entry);
    reach(function_.entry, State{});
    while (!to_do_.empty() && !fault_.has_value()) {
      const std::uint32_t pc = to_do_.back();
      to_do_.pop_back();
      step(pc);
    }
    if (!fault_.has_value()) slots();
    return fault_;
  }

 private:
  static constexpr std::uint32_t kNoBuilder = UINT32_MAX;
  struct State {
    bool is_reached = false;
    std::uint32_t stack = 0;
    std::uint32_t iterators = 0;
    std::uint32_t overlays = 0;
    std::uint32_t builder = kNoBuilder;  // the innermost open one
  };
  struct OpenBuilder {
    std::uint32_t outer = kNoBuilder;
    std::uint32_t depth = 1;
    BuilderKind kind = BuilderKind::Array;
  };

  bool refuse(std::string_view code, std::uint32_t pc, std::string_view what) {
    if (!fault_.has_value()) fault_ = Error{std::string(code), fmt::format("{} at instruction {} of {}", what, pc - function_.entry, function_.path)};
    return false;
  }

  // -- Operands of every instruction, reached or not: the disassembler reads them all.
  bool operands(std::uint32_t pc) {
    const Instruction& i = program_.code[pc];
    if (static_cast<std::size_t>(i.op) >= kOpCount) return refuse("image_opcode", pc, fmt::format("unknown instruction {}", static_cast<unsigned>(i.op)));
    const OpRow& row = kRows[static_cast<std::size_t>(i.op)];
    if (!in_range(pc, row.a, i.a) || !in_range(pc, row.b, i.b) || !in_range(pc, row.c, i.c)) return false;
    const int flags = Instruction::kInNegation | Instruction::kInHead | (can_be_inverted(i.op) ? Instruction::kInverted : 0);
    if ((i.flags & ~flags) != 0) return refuse("image_operand", pc, "an unknown flag");
    if (row.can_fail ? !is_label(i.fail) : i.fail != kNoLabel) return refuse("image_jump", pc, "a jump leaves its function");
    const bool ends = !goes_back_unseen(pc, row.can_fail ? i.fail : kNoLabel) && !goes_back_unseen(pc, row.b == Operand::Label ? i.b : kNoLabel);
    if (!ends) return refuse("image_jump", pc, "a jump back lands on no Next");
    return fits(pc, i);
  }

  [[nodiscard]] bool is_label(std::uint32_t pc) const { return pc >= function_.entry && pc < function_.end; }

  // Limits are looked at by Next, and NextBody comes to an end by itself: every way round has to lead through one, else code could run for ever.
  [[nodiscard]] bool goes_back_unseen(std::uint32_t pc, std::uint32_t label) const {
    if (label > pc) return false;
    const Op op = program_.code[label].op;
    if (static_cast<std::size_t>(op) >= kOpCount) return true;
    const Scope scope = kRows[static_cast<std::size_t>(op)].scope;
    return scope != Scope::Next && scope != Scope::Bodies;
  }

  bool in_range(std::uint32_t pc, Operand kind, std::uint32_t value) {
    std::size_t below = 0;
    switch (kind) {
      case Operand::None: below = 1; break;
      case Operand::Const: below = program_.constants.size(); break;
      case Operand::Slot: below = function_.slots; break;
      case Operand::NewSlot:
        if (value == kNoSlot) return true;
        below = function_.slots;
        break;
      case Operand::Path: below = program_.paths.size(); break;
      case Operand::Stored:
      case Operand::Leaf: below = 2; break;
      case Operand::Flags: below = 4; break;
      case Operand::Count: below = Value::kMaxLength; break;
      case Operand::Argc: return true;  // fits() compares it with the callee's arity
      case Operand::Builtin: below = program_.builtins.size(); break;
      case Operand::Function: below = program_.functions.size(); break;
      case Operand::Mock: below = program_.mocks.size(); break;
      case Operand::Compare: below = 5; break;
      case Operand::Builder: below = 4; break;
      case Operand::Filter: below = program_.filters.size(); break;
      case Operand::Overlay: below = program_.overlays.size(); break;
      case Operand::DataPath: below = program_.data_paths.size(); break;
      case Operand::Label: return is_label(value) || refuse("image_jump", pc, "a jump leaves its function");
    }
    return value < below || refuse("image_operand", pc, "an operand is out of range");
  }

  // What the rows of opcodes.def do not say of an instruction's operands.
  bool fits(std::uint32_t pc, const Instruction& i) {
    switch (i.op) {
      case Op::CallFunction:
      case Op::TestRule:
      case Op::Settle:
      case Op::CallRule: {
        const Function& callee = program_.functions[i.b];
        const bool is_function = i.op == Op::CallFunction;
        calls_.push_back({number_, i.b});
        return (callee.arity == i.a && (callee.kind == FunctionKind::Function) == is_function) || refuse("image_call", pc, "a call does not fit what it calls");
      }
      case Op::CallBuiltin:
      case Op::TestBuiltin:
        return program_.builtins[i.b].arity == i.a || refuse("image_call", pc, "a call does not fit what it calls");
      case Op::CallMock: {
        const MockEntry& mock = program_.mocks[i.b];
        if (mock.function != kNoIndex) calls_.push_back({number_, mock.function});
        const std::uint32_t arity = mock.function != kNoIndex ? program_.functions[mock.function].arity : program_.builtins[mock.builtin].arity;
        return arity == i.a || refuse("image_call", pc, "a call does not fit what it calls");
      }
      case Op::PushOverlay:
        // A replacement runs below whoever puts it there, so that its calls count as that one's.
        for (const OverlayTarget& target : program_.overlays[i.b].targets) {
          if (target.replacement_function != kNoIndex) calls_.push_back({number_, target.replacement_function});
        }
        return true;
      case Op::ReachSlot:
      case Op::StoreConst:
      case Op::StoreSlot: return i.b != kNoSlot || refuse("image_operand", pc, "an operand is out of range");
      case Op::ObjectKeys: return program_.constants[i.b].is_array() || refuse("image_constant", pc, "the keys of an object are no array");
      case Op::Format: {
        if (program_.builtins[i.b].arity != 2) return refuse("image_call", pc, "a call does not fit what it calls");
        const Value& pieces = program_.constants[i.c];
        const bool fits = pieces.is_array() && pieces.length() == i.a + 2U && std::all_of(pieces.as_array().begin(), pieces.as_array().end(), [](const Value& piece) { return piece.is_string(); });
        return fits || refuse("image_constant", pc, "the pieces of a format do not fit its values");
      }
      case Op::JoinEnd:
        if (program_.builtins[i.a].arity != 2) return refuse("image_call", pc, "a call does not fit what it calls");
        return program_.constants[i.b].is_string() || refuse("image_constant", pc, "what stands between texts is none");
      case Op::Get: return program_.builtins[i.a].arity == 3 || refuse("image_call", pc, "a lookup with a default names a builtin that is none");
      case Op::TestBuiltinSlots:
      case Op::TestBuiltinConst: return program_.builtins[i.a].arity == 2 || refuse("image_call", pc, "a call does not fit what it calls");
      case Op::InPathSlot:
      case Op::TestInSlot: return program_.constants[i.c].is_set() || refuse("image_constant", pc, "what holds the members is no set");
      case Op::TestIn: return program_.constants[i.b].is_set() || refuse("image_constant", pc, "what holds the members is no set");
      case Op::Dispatch:
      case Op::DispatchRest:
        // Else a loop could begin its bodies anew, and never end.
        if (has_next_body_) return refuse("image_table", pc, "a dispatch stands behind the bodies that it chooses");
        return has_table(pc);
      case Op::NextBody: {
        has_next_body_ = true;
        if (!has_table(pc)) return false;
        const std::vector<std::uint32_t>& bodies = program_.dispatches[function_.dispatch].bodies;
        return std::all_of(bodies.begin(), bodies.end(), [&](std::uint32_t at) { return at > pc; }) || refuse("image_jump", pc, "a body stands before the instruction that chooses it");
      }
      case Op::CollectPath: return i.b <= kMaxImageKeyPath || refuse("image_limit", pc, "too many keys");
      case Op::Body: return i.b < function_.bodies.size() || refuse("image_operand", pc, "an operand is out of range");
      case Op::Result: return !function_.bodies.empty() || refuse("image_place", pc, "a value has no rule that it comes from");
      case Op::NextWhere: {
        const std::uint32_t slot = program_.filters[i.a].slot;
        return slot == kNoSlot || slot < function_.slots || refuse("image_operand", pc, "an operand is out of range");
      }
      default: return true;
    }
  }

  bool has_table(std::uint32_t pc) {
    if (function_.dispatch >= program_.dispatches.size()) return refuse("image_table", pc, "a dispatch has no table");
    for (const std::uint32_t at : program_.dispatches[function_.dispatch].bodies) {
      if (!is_label(at)) return refuse("image_jump", pc, "a body lies outside its function");
    }
    return true;
  }

  // -- Depths.
  void reach(std::uint32_t pc, const State& state) {
    State& known = states_[pc - function_.entry];
    if (!known.is_reached) {
      known = state;
      known.is_reached = true;
      to_do_.push_back(pc);
      return;
    }
    if (known.stack != state.stack) refuse("image_stack", pc, "reached with different depths of the operand stack");
    if (known.iterators != state.iterators || known.overlays != state.overlays || !same_builders(known.builder, state.builder)) {
      refuse("image_scope", pc, "reached with different depths of open scopes");
    }
  }

  [[nodiscard]] bool same_builders(std::uint32_t a, std::uint32_t b) const {
    while (a != b) {
      if (a == kNoBuilder || b == kNoBuilder || open_[a].kind != open_[b].kind) return false;
      a = open_[a].outer;
      b = open_[b].outer;
    }
    return true;
  }

  // The numbers that the columns pops and pushes of opcodes.def stand for, for this instruction.
  struct Effect {
    std::uint32_t pops = 0;
    std::uint32_t pushes = 0;
  };
  [[nodiscard]] Effect effect(const Instruction& i) const {
    const std::uint32_t kArgc = i.a;
    const std::uint32_t kCount = i.b;
    const std::uint32_t kPairs = i.b * 2;  // counts are below 2^24
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

  void step(std::uint32_t pc) {
    const Instruction& i = program_.code[pc];
    const OpRow& row = kRows[static_cast<std::size_t>(i.op)];
    State state = states_[pc - function_.entry];
    const Effect stack = effect(i);
    if (state.stack < stack.pops) {
      refuse("image_stack", pc, "the operand stack runs empty");
      return;
    }
    // The loop takes these to their label as they stand.
    if (row.can_fail && stack.pops == 0 && stack.pushes == 0 && state.stack != 0 && (row.scope == Scope::None || row.scope == Scope::Iter)) {
      refuse("image_stack", pc, "a test stands on operands");
      return;
    }
    State failed = state;
    failed.stack = 0;
    state.stack = state.stack - stack.pops + stack.pushes;
    if (state.stack > function_.max_stack) {
      refuse("image_stack", pc, "the operand stack grows past its declared depth");
      return;
    }
    if (!scopes(pc, i, row.scope, state, failed)) return;
    if (row.can_fail) reach(i.fail, failed);
    if (row.b == Operand::Label) reach(i.b, state);
    if (row.scope == Scope::Bodies) {
      for (const std::uint32_t body : program_.dispatches[function_.dispatch].bodies) reach(body, state);
    } else if (row.scope == Scope::End) {
      if (state.iterators != 0 || state.overlays != 0 || state.builder != kNoBuilder) refuse("image_scope", pc, "a scope is open at a return");
    } else if (i.op != Op::Jump) {
      if (pc + 1 == function_.end) {
        refuse("image_return", pc, "the code ends without a return");
        return;
      }
      reach(pc + 1, state);
    }
  }

  // Iterators, builders and overlays: `state` for falling through, `failed` for the edge to the label.
  bool scopes(std::uint32_t pc, const Instruction& i, Scope scope, State& state, State& failed) {
    switch (scope) {
      case Scope::None:
      case Scope::Bodies:
      case Scope::End: return collects(pc, i, state);
      case Scope::Iter: return ++state.iterators <= kMaxImageScopes || refuse("image_limit", pc, "too many open iterators");
      case Scope::Next:
        if (state.iterators == 0) break;
        --failed.iterators;
        return true;
      case Scope::PopIter:
        if (i.b == 0 || state.iterators < i.b) break;
        state.iterators -= i.b;
        return true;
      case Scope::Build: {
        const std::uint32_t depth = state.builder == kNoBuilder ? 1 : open_[state.builder].depth + 1;
        open_.push_back({state.builder, depth, static_cast<BuilderKind>(i.a)});
        state.builder = static_cast<std::uint32_t>(open_.size() - 1);
        return depth <= kMaxImageScopes || refuse("image_limit", pc, "too many open builders");
      }
      case Scope::PopBuild:
        if (state.builder == kNoBuilder) break;
        if (i.op == Op::JoinEnd && !collects(pc, i, state)) return false;
        state.builder = open_[state.builder].outer;
        failed.builder = state.builder;
        return true;
      case Scope::Overlay: return ++state.overlays <= kMaxImageScopes || refuse("image_limit", pc, "too many open overlays");
      case Scope::PopOverlay:
        if (state.overlays == 0) break;
        --state.overlays;
        return true;
    }
    return refuse("image_scope", pc, "a scope is used that is not open");
  }

  // What is collected goes into an open builder that can take it.
  bool collects(std::uint32_t pc, const Instruction& i, const State& state) {
    const auto is_open = [&](std::initializer_list<BuilderKind> kinds, std::uint32_t below = 0) {
      std::uint32_t builder = state.builder;
      for (; builder != kNoBuilder && below > 0; --below) builder = open_[builder].outer;
      const bool fits = builder != kNoBuilder && std::find(kinds.begin(), kinds.end(), open_[builder].kind) != kinds.end();
      return fits || refuse("image_scope", pc, "a scope is used that is not open");
    };
    switch (i.op) {
      case Op::Collect:
      case Op::JoinEnd: return is_open({BuilderKind::Array, BuilderKind::Set});
      case Op::CollectBelow: return is_open({BuilderKind::Array, BuilderKind::Set}, i.b);
      case Op::CollectSlot: return is_open({BuilderKind::Array, BuilderKind::Set}, i.a);
      case Op::CollectPair:
      case Op::CollectNamed: return is_open({BuilderKind::Object});
      case Op::CollectPath: return is_open({BuilderKind::Path});
      default: return true;
    }
  }

  // -- Slots. Most reads stand a few instructions behind their write, so that looking back is cheaper than carrying what is written forward.
  void slots() {
    std::vector<Read> reads;
    for (std::uint32_t pc = function_.entry; pc < function_.end; ++pc) {
      if (!states_[pc - function_.entry].is_reached) continue;
      const Instruction& i = program_.code[pc];
      const OpRow& row = kRows[static_cast<std::size_t>(i.op)];
      const auto add = [&](std::uint32_t slot) {
        if (slot != kNoSlot && slot >= function_.arity) reads.push_back({pc, slot});
      };
      if (row.a == Operand::Slot) add(i.a);
      if (row.b == Operand::Slot) add(i.b);
      if (row.c == Operand::Slot) add(i.c);
      if (row.a == Operand::Filter) add(program_.filters[i.a].slot);
    }
    if (reads.empty()) return;
    find_ways();
    std::stable_sort(reads.begin(), reads.end(), [](const Read& a, const Read& b) { return a.slot < b.slot; });
    seen_.assign(function_.end - function_.entry, kNoSlot);
    for (const Read& read : reads) {
      if (!is_written(read)) return;
    }
  }

  // Instructions that lead to another by a jump or label, in one list ordered by where they lead.
  void find_ways() {
    for (std::uint32_t pc = function_.entry; pc < function_.end; ++pc) {
      if (!states_[pc - function_.entry].is_reached) continue;
      const Instruction& i = program_.code[pc];
      const OpRow& row = kRows[static_cast<std::size_t>(i.op)];
      if (row.can_fail) ways_.push_back({i.fail, pc});
      if (row.b == Operand::Label) ways_.push_back({i.b, pc});
      if (row.scope == Scope::Bodies) {
        for (const std::uint32_t body : program_.dispatches[function_.dispatch].bodies) ways_.push_back({body, pc});
      }
    }
    std::sort(ways_.begin(), ways_.end(), [](const Way& a, const Way& b) { return a.to != b.to ? a.to < b.to : a.from < b.from; });
  }

  bool is_written(const Read& read) {
    back_.assign(1, read.pc);
    while (!back_.empty()) {
      const std::uint32_t pc = back_.back();
      back_.pop_back();
      if (++work_ > kMaxImageWork) return refuse("image_limit", pc, "too much code to look through");
      if (seen_[pc - function_.entry] == read.slot) continue;  // an earlier read of the slot looked from here
      seen_[pc - function_.entry] = read.slot;
      if (pc == function_.entry) return refuse("image_slot", read.pc, "a slot is read before it is written");
      if (falls_through(pc - 1) && !writes(pc - 1, read.slot)) back_.push_back(pc - 1);
      // A slot is written on the way on, not on the way to a label.
      const auto first = std::lower_bound(ways_.begin(), ways_.end(), pc, [](const Way& way, std::uint32_t to) { return way.to < to; });
      for (auto way = first; way != ways_.end() && way->to == pc; ++way) back_.push_back(way->from);
    }
    return true;
  }

  [[nodiscard]] bool falls_through(std::uint32_t pc) const {
    const Instruction& i = program_.code[pc];
    const Scope scope = kRows[static_cast<std::size_t>(i.op)].scope;
    return states_[pc - function_.entry].is_reached && i.op != Op::Jump && scope != Scope::End && scope != Scope::Bodies;
  }
  [[nodiscard]] bool writes(std::uint32_t pc, std::uint32_t slot) const {
    const Instruction& i = program_.code[pc];
    const OpRow& row = kRows[static_cast<std::size_t>(i.op)];
    return (row.b == Operand::NewSlot && i.b == slot) || (row.c == Operand::NewSlot && i.c == slot);
  }

  struct Way {
    std::uint32_t to = 0;
    std::uint32_t from = 0;
  };

  const Program& program_;
  const Function& function_;
  std::uint32_t number_;
  std::vector<Call>& calls_;
  std::uint64_t& work_;
  std::vector<State> states_;
  std::vector<OpenBuilder> open_;
  std::vector<std::uint32_t> to_do_;
  std::vector<Way> ways_;
  std::vector<std::uint32_t> back_;
  bool has_next_body_ = false;
  std::vector<std::uint32_t> seen_;  // the slot that was last looked for here
  Fault fault_;
};

// ---- Calls, in the order of their callers: the one that comes back to a function that is still open makes the cycle.
Fault find_recursion(const Program& program, const std::vector<Call>& calls) {
  std::vector<std::uint32_t> first(program.functions.size() + 1, 0);
  for (const Call& call : calls) ++first[call.caller + 1];
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  enum class Mark : std::uint8_t { New, Open, Done };
  std::vector<Mark> marks(program.functions.size(), Mark::New);
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  std::vector<std::uint32_t> open;
  for (std::uint32_t root = 0; root < program.functions.size(); ++root) {
    if (marks[root] != Mark::New) continue;
    open.push_back(root);
    marks[root] = Mark::Open;
    while (!open.empty()) {
      const std::uint32_t at = open.back();
      if (next[at] == first[at + 1]) {
        marks[at] = Mark::Done;
        open.pop_back();
        continue;
      }
      const std::uint32_t callee = calls[next[at]++].callee;
      if (marks[callee] == Mark::Open) return Error{"image_recursion", fmt::format("{} calls itself", program.functions[callee].path)};
      if (marks[callee] == Mark::Done) continue;
      marks[callee] = Mark::Open;
      open.push_back(callee);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> find_fault(const Program& program) {
  if (Fault fault = Tables(program).run()) return fault;
  std::vector<Call> calls;
  std::uint64_t work = 0;
  for (std::uint32_t i = 0; i < program.functions.size(); ++i) {
    if (Fault fault = Body(program, i, calls, work).run()) return fault;
  }
  return find_recursion(program, calls);
}

std::string verify(const Program& program) {
  const Fault fault = find_fault(program);
  return fault.has_value() ? fmt::format("{} [{}]", fault->message, fault->code) : std::string();
}

}  // namespace psdl
