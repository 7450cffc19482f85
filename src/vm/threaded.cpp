// Instructions to cells.
#include "vm/threaded.hpp"

#include <algorithm>
#include <optional>

#include "bytecode/operands.hpp"

namespace psdl {
namespace {

constexpr auto kCellBytes = static_cast<std::int32_t>(sizeof(Cell));

std::int32_t bytes_between(std::size_t from, std::size_t to) {
  return static_cast<std::int32_t>(static_cast<std::ptrdiff_t>(to) - static_cast<std::ptrdiff_t>(from)) * kCellBytes;
}

class Threading {
 public:
  Threading(const Program& program, LabelTable labels, bool is_traced, ThreadedCode& made)
      : program_(program), labels_(labels), is_traced_(is_traced), made_(made) {}

  void run() {
    const std::vector<Instruction>& code = program_.code;
    made_.cells.resize(code.size());
    for (const Function& function : program_.functions) made_.entries.push_back({function.entry, function.slots, function.slots + function.max_stack + 1});
    std::size_t steps = 0;
    for (const Instruction& i : code) steps += has_path(i) ? std::max(path_of(i).size, 1U) : 0;
    made_.steps.reserve(steps);  // cells point to them
    for (std::size_t pc = 0; pc < code.size(); ++pc) set_operands(pc);
    if (is_traced_) return;
    for (std::size_t pc = code.size(); pc-- > 0;) {  // from the last, so that what is fused with or linked to is done already
      fuse(pc);
      link(pc);
    }
  }

 private:
  [[nodiscard]] static bool has_path(const Instruction& i) {
    const OperandRow& row = operands_of(i.op);
    return row.b == Operand::Path || row.c == Operand::Path;
  }
  [[nodiscard]] const Path& path_of(const Instruction& i) const { return program_.paths[operands_of(i.op).b == Operand::Path ? i.b : i.c]; }
  [[nodiscard]] static bool is_stored(const Instruction& i) { return operands_of(i.op).a == Operand::Stored && i.a == Instruction::kStored; }

  void set_operands(std::size_t pc) {
    const Instruction& i = program_.code[pc];
    const OperandRow& row = operands_of(i.op);
    Cell& cell = made_.cells[pc];
    cell.label = labels_[static_cast<std::size_t>(i.op)];
    bool has_slot = false;
    const auto take = [&](Operand kind, std::uint32_t operand) {
      switch (kind) {
        case Operand::Slot:
        case Operand::NewSlot: {
          const std::uint32_t bytes = operand == kNoSlot ? kNoSlot : operand * static_cast<std::uint32_t>(sizeof(Value));
          (has_slot ? cell.other : cell.slot) = bytes;
          has_slot = true;
          break;
        }
        case Operand::Const:
          cell.constant = &program_.constants[operand];
          break;
        case Operand::Count:
        case Operand::Function:
        case Operand::Builtin:
        case Operand::Mock:
        case Operand::DataPath:
        case Operand::Overlay: cell.other = operand; break;
        default: break;
      }
    };
    if (row.a == Operand::Slot || row.a == Operand::Count) take(row.a, i.a);
    take(row.b, i.b);
    take(row.c, i.c);
    cell.a = i.op == Op::CallRule ? std::uint16_t{program_.functions[i.b].is_shadowable} : i.a;
    if (has_path(i)) cell.steps = add_steps(path_of(i), is_stored(i));
    if (const std::optional<Asks> asks = asks_of(i.op)) first_step(cell).asks = *asks;
    set_ways(pc, cell);
  }

  const WalkStep* add_steps(const Path& path, bool is_stored) {
    const std::size_t first = made_.steps.size();
    if (path.size == 0) made_.steps.emplace_back();
    for (std::uint32_t k = 0; k < path.size; ++k) {
      WalkStep& step = made_.steps.emplace_back(program_.path_steps[path.begin + k]);
      step.is_last = k + 1 == path.size;
      step.is_stored = is_stored;
      if (is_stored) step.name = kAllNames;  // it may answer to another name
    }
    return &made_.steps[first];
  }

  void set_ways(std::size_t pc, Cell& cell) {
    const Instruction& i = program_.code[pc];
    cell.yes = kCellBytes;
    cell.no = i.fail != kNoLabel ? bytes_between(pc, i.fail) : kCellBytes;
    if (i.op == Op::Jump || i.op == Op::JumpIfResult) cell.yes = bytes_between(pc, i.b);
    if ((i.flags & Instruction::kInverted) != 0) std::swap(cell.yes, cell.no);
    if (cell.steps != nullptr) first_step(cell).absent = first_step(cell).lacks = absent_way(pc);
  }

  WalkStep& first_step(const Cell& cell) { return made_.steps[static_cast<std::size_t>(cell.steps - made_.steps.data())]; }

  // Where an instruction with a path goes on when there is nothing under it.
  [[nodiscard]] std::int32_t absent_way(std::size_t pc) const {
    const Cell& cell = made_.cells[pc];
    const Op op = program_.code[pc].op;
    return asks_of(op) == Asks::TestNot ? cell.yes : cell.no;
  }

  [[nodiscard]] const void* label_of(Fused fused) const { return labels_[kOpCount + static_cast<std::size_t>(fused)]; }

  // Instructions that follow each other as one. Those behind the first keep their cells: something else may lead there.
  void fuse(std::size_t pc) {
    const Instruction& i = program_.code[pc];
    Cell& cell = made_.cells[pc];
    const auto become = [&](Fused fused) { cell.label = label_of(fused); };
    if (asks_of(i.op)) become(asks_input(i.op) ? Fused::AskInput : asks_itself(pc) ? Fused::AskSelf : Fused::AskSlot);
    if (i.op == Op::Next && i.b == kNoSlot && i.c != kNoSlot) become(collects_all(pc) ? Fused::CollectRest : asks_each(pc) ? Fused::NextWith : Fused::NextValue);
    if (pc + 1 == program_.code.size()) return;
    const Instruction& next = program_.code[pc + 1];
    const Cell& next_cell = made_.cells[pc + 1];
    const auto pass = [&] {
      cell.yes += next_cell.yes;
      cell.passed = static_cast<std::uint16_t>(next_cell.passed + 1);
    };
    if (i.op == Op::LoadSlot && (next.op == Op::Count || next.op == Op::Iter || (next.op == Op::Format && next.a == 1))) {
      become(next.op == Op::Count ? Fused::CountSlot : next.op == Op::Iter ? Fused::IterSlot : Fused::FormatSlot);
      cell.no = kCellBytes + next_cell.no;
      cell.a = next_cell.a;
      cell.constant = next_cell.constant;
      cell.other = next_cell.other;
      cell.store = next_cell.store;
      pass();
      if (next.op == Op::Count && next_cell.store == Cell::kPush && pc + 2 < program_.code.size() && program_.code[pc + 2].op == Op::EqualConst) become(Fused::CountIs);
    } else if ((i.op == Op::Collect || i.op == Op::CollectSlot || i.op == Op::StoreConst || i.op == Op::StoreSlot) && next.op == Op::Jump) {
      pass();
    } else if (i.op == Op::OtherPathSlot && next.op == Op::PathSlot && i.a == next.b && i.b == next.c && next.a == 0 && cell.yes == kCellBytes) {
      cell.passed = 1;
    } else if (joins_each(pc)) {
      become(Fused::JoinEach);
      cell.slot = next_cell.slot;
      cell.constant = made_.cells[pc + 5].constant;
    } else if (can_store(i.op) && next.op == Op::StoreSlot) {
      cell.store = next_cell.slot;
      pass();
    } else if (can_store(i.op) && next.op == Op::Collect) {
      cell.store = Cell::kCollect;
      pass();
    } else if (is_load(pc) && is_load(pc + 1)) {
      const bool goes_on = next_cell.label == label_of(Fused::LoadRun);
      cell.a = static_cast<std::uint16_t>(goes_on ? next_cell.a + 1 : 2);
      if (cell.a < UINT16_MAX) become(Fused::LoadRun);
    }
  }

  // Whether all that becomes of a load is that it is pushed.
  [[nodiscard]] bool is_load(std::size_t pc) const {
    const Op op = program_.code[pc].op;
    const Cell& cell = made_.cells[pc];
    const bool is_plain = cell.label == labels_[static_cast<std::size_t>(op)] || cell.label == label_of(Fused::LoadRun);
    return (op == Op::LoadSlot || op == Op::LoadConst) && is_plain && cell.store == Cell::kPush;
  }

  // BuildBegin of an array, the loop over a slot that adds a format of each element alone, JoinEnd. Where a format fails to the loop's own Next, that stands
  // on no operands, and so does BuildBegin.
  [[nodiscard]] bool joins_each(std::size_t pc) const {
    static constexpr Op kOps[] = {Op::BuildBegin, Op::LoadSlot, Op::Iter, Op::Next, Op::LoadSlot, Op::Format, Op::Collect, Op::Jump, Op::JoinEnd};
    constexpr std::size_t kEnd = std::size(kOps) - 1;
    const std::vector<Instruction>& code = program_.code;
    if (pc + kEnd >= code.size()) return false;
    for (std::size_t k = 0; k <= kEnd; ++k) {
      if (code[pc + k].op != kOps[k]) return false;
    }
    const Instruction& next = code[pc + 3];
    return static_cast<BuilderKind>(code[pc].a) == BuilderKind::Array && code[pc + 2].a == 0 && code[pc + 2].fail == pc + kEnd && next.fail == pc + kEnd && next.b == kNoSlot &&
           next.c != kNoSlot && code[pc + 4].b == next.c && code[pc + 5].a == 1 && code[pc + 5].fail == pc + 3 && code[pc + 7].b == pc + 3;
  }

  [[nodiscard]] static bool can_store(Op op) {
    switch (op) {
      case Op::LoadConst:
      case Op::LoadSlot:
      case Op::PathInput:
      case Op::PathData:
      case Op::PathSlot:
      case Op::PathTop:
      case Op::MakeArray:
      case Op::Format:
      case Op::ItemSlot:
      case Op::ItemTop:
      case Op::Count:
      case Op::CallRule:
      case Op::BuildEnd:
      case Op::JoinEnd: return true;
      default: return false;
    }
  }

  // Whether the loop at `pc` does nothing with its values but put them into a builder.
  [[nodiscard]] bool collects_all(std::size_t pc) const {
    const std::vector<Instruction>& code = program_.code;
    return pc + 2 < code.size() && code[pc + 1].op == Op::CollectSlot && code[pc + 1].b == code[pc].c && code[pc + 2].op == Op::Jump && code[pc + 2].b == pc;
  }

  // Whether the loop at `pc` reads a path of its value first, and goes on with the next one where there is nothing.
  [[nodiscard]] bool asks_each(std::size_t pc) const {
    if (pc + 1 == program_.code.size()) return false;  // of an image, and never reached
    const Instruction& read = program_.code[pc + 1];
    return read.op == Op::PathSlot && !is_stored(read) && read.b == program_.code[pc].c && read.fail == pc;
  }

  [[nodiscard]] static std::optional<Asks> asks_of(Op op) {
    switch (op) {
      case Op::PathSlot: return Asks::Value;
      case Op::TestPathInput:
      case Op::TestPathSlot: return Asks::Test;
      case Op::TestNotPathInput:
      case Op::TestNotPathSlot: return Asks::TestNot;
      case Op::EqualPathInput:
      case Op::EqualPathSlot: return Asks::Equal;
      case Op::OtherPathSlot: return Asks::Other;
      case Op::InPathSlot: return Asks::In;
      case Op::MemberPathSlot: return Asks::Member;
      case Op::IterPathInput:
      case Op::IterPathSlot: return Asks::Iter;
      default: return std::nullopt;
    }
  }

  [[nodiscard]] bool asks_itself(std::size_t pc) const {
    const Instruction& i = program_.code[pc];
    return path_of(i).size == 0 && i.op != Op::PathSlot && i.op != Op::IterPathSlot && !asks_input(i.op);
  }

  [[nodiscard]] static bool asks_input(Op op) {
    return op == Op::TestPathInput || op == Op::TestNotPathInput || op == Op::EqualPathInput || op == Op::IterPathInput;
  }

  // What an instruction asks for the first name of its path, of those for which an object without the name ends it: a slot, or kNoSlot for the input.
  [[nodiscard]] std::optional<std::uint32_t> asked_by(std::size_t pc) const {
    const Instruction& i = program_.code[pc];
    if (!asks_of(i.op) || is_stored(i)) return std::nullopt;
    if (asks_input(i.op)) return kNoSlot;
    return operands_of(i.op).a == Operand::Slot ? i.a : i.b;
  }

  // From the last instruction to the first, so that what is linked to is linked already.
  void link(std::size_t pc) {
    const Instruction& i = program_.code[pc];
    if (!has_path(i) || is_stored(i)) return;
    WalkStep& step = first_step(made_.cells[pc]);
    step.chain = step.name;
    const std::optional<std::uint32_t> asked = asked_by(pc);
    if (!asked) return;
    const auto next = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(pc) + step.absent / kCellBytes);
    if (next <= pc || next >= program_.code.size() || asked_by(next) != asked) return;
    const WalkStep& linked = first_step(made_.cells[next]);
    if (step.name == kAllNames || linked.chain == kAllNames || linked.passed == UINT16_MAX) return;
    step.chain |= linked.chain;
    step.absent += linked.absent;
    step.passed = static_cast<std::uint16_t>(linked.passed + 1);
  }

  const Program& program_;
  LabelTable labels_;
  bool is_traced_;
  ThreadedCode& made_;
};

}  // namespace

std::shared_ptr<const ThreadedCode> ThreadedCode::make(const Program& program, LabelTable labels, bool is_traced) {
  auto made = std::make_shared<ThreadedCode>();
  Threading(program, labels, is_traced, *made).run();
  return made;
}

}  // namespace psdl
