// Bytecode as text. In: a program; out: one line an instruction, operands by name, and the reference page of all instructions.
#include <array>

#include "bytecode/program.hpp"
#include "value/text.hpp"

#include <fmt/format.h>

namespace psdl {
namespace {

constexpr std::array<OpInfo, kOpCount> kOps = {{
#define PSDL_OP(name, a, b, c, fail, pops, pushes, scope, doc) {#name, #a, #b, #c, fail, #scope, doc},
#include "bytecode/opcodes.def"
#undef PSDL_OP
}};

constexpr std::string_view kCompareNames[] = {"<", "<=", ">", ">=", "!="};
constexpr std::string_view kBuilderNames[] = {"array", "set", "object", "nested object"};

std::string path_text(const Program& program, const Path& path) {
  std::string text;
  for (std::uint32_t i = 0; i < path.size; ++i) {
    text += i == 0 ? "#" : ".";
    text += program.path_steps[path.begin + i].name.as_string();
  }
  return text;
}

std::string keys_text(const std::vector<Value>& keys) {
  std::string text;
  for (const Value& key : keys) text += key.is_string() ? fmt::format(".{}", key.as_string()) : fmt::format("[{}]", to_rego(key));
  return text;
}

std::string overlay_text(const Program& program, const OverlaySpec& spec) {
  std::string text;
  for (const OverlayTarget& target : spec.targets) {
    if (!text.empty()) text += ", ";
    switch (target.kind) {
      case OverlayTarget::Kind::Input:
        text += "input" + keys_text(target.path);
        break;
      case OverlayTarget::Kind::Data:
        text += "data" + keys_text(target.path);
        break;
      case OverlayTarget::Kind::Mock: {
        const MockEntry& entry = program.mocks[target.mock];
        text += entry.builtin != kNoIndex ? program.builtins[entry.builtin].name : std::string_view(program.functions[entry.function].path);
        break;
      }
    }
  }
  return text;
}

class Printer {
 public:
  explicit Printer(const Program& program) : program_(program) {}

  std::string operand(std::string_view kind, std::uint32_t value, std::uint32_t base) const {
    if (kind == "Const") return to_rego(program_.constants[value]);
    if (kind == "Slot") return fmt::format("s{}", value);
    if (kind == "NewSlot") return value == kNoSlot ? "-" : fmt::format("s{}", value);
    if (kind == "Path") return path_text(program_, program_.paths[value]);
    if (kind == "Count" || kind == "Argc") return fmt::format("{}", value);
    if (kind == "Builtin") return std::string(program_.builtins[value].name);
    if (kind == "Function") return program_.functions[value].path;
    if (kind == "Mock") {
      const MockEntry& entry = program_.mocks[value];
      return entry.builtin != kNoIndex ? std::string(program_.builtins[entry.builtin].name) : program_.functions[entry.function].path;
    }
    if (kind == "Compare") return std::string(kCompareNames[value]);
    if (kind == "Builder") return std::string(kBuilderNames[value]);
    if (kind == "Label") return fmt::format("-> {}", value - base);
    if (kind == "Leaf") return value != 0 ? "set" : "value";
    if (kind == "Flags") return (value & Instruction::kBagIsFine) != 0 ? "any order" : "";
    if (kind == "Filter") {
      const ScanFilter& filter = program_.filters[value];
      const std::string wanted = filter.slot != kNoSlot ? fmt::format("s{}", filter.slot) : to_rego(program_.constants[filter.constant]);
      return fmt::format("{} == {}", path_text(program_, program_.paths[filter.path]), wanted);
    }
    if (kind == "Stored") return value != 0 ? "stored" : "";
    if (kind == "Overlay") return overlay_text(program_, program_.overlays[value]);
    if (kind == "DataPath") return "data" + keys_text(program_.data_paths[value]);
    return "";
  }

  void line(std::string& out, std::uint32_t pc, std::uint32_t base) const {
    const Instruction& i = program_.code[pc];
    const OpInfo& info = op_info(i.op);
    std::string text;
    const auto add = [&](std::string_view kind, std::uint32_t value) {
      const std::string shown = kind == "None" ? "" : operand(kind, value, base);
      if (!shown.empty()) text += (text.empty() ? "" : ", ") + shown;
    };
    add(info.b, i.b);
    add(info.c, i.c);
    add(info.a, i.a);
    std::string row = fmt::format("{:5}  {:<13}{}", pc - base, info.name, text);
    if ((i.flags & Instruction::kInverted) != 0) row += ", inverted";
    if (info.can_fail) row = fmt::format("{:<60}  fail -> {}", row, i.fail - base);
    const Span at = program_.spans[pc];
    if (!at.empty() && at.source < program_.sources.size()) {
      row = fmt::format("{:<76}; {}", row, program_.sources[at.source]->line_column(at.begin).line);
    }
    out += row;
    out += '\n';
  }

 private:
  const Program& program_;
};

std::string_view kind_text(FunctionKind kind) {
  switch (kind) {
    case FunctionKind::Complete:
      return "complete";
    case FunctionKind::Set:
      return "set";
    case FunctionKind::Object:
      return "object";
    case FunctionKind::Function:
      return "function";
    case FunctionKind::Query:
      return "query";
    case FunctionKind::Extent:
      return "package";
  }
  return "";
}

}  // namespace

const OpInfo& op_info(Op op) { return kOps[static_cast<std::size_t>(op)]; }

bool can_be_inverted(Op op) {
  switch (op) {
    case Op::EqualPathInput:
    case Op::EqualPathSlot:
    case Op::OtherPathSlot:
    case Op::InPathSlot:
    case Op::MemberPathSlot:
    case Op::TestInSlot:
    case Op::TestRule:
    case Op::TestBuiltinSlots:
    case Op::TestBuiltinConst: return true;
    default: return false;
  }
}

std::uint32_t Program::find_function(std::string_view path) const {
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (functions[i].path == path) return static_cast<std::uint32_t>(i);
  }
  return kNoIndex;
}

std::string disassemble(const Program& program, std::uint32_t function) {
  const Function& shown = program.functions[function];
  std::string out = fmt::format("{}: {}, arguments {}, slots {}, stack {}\n", shown.path, kind_text(shown.kind), shown.arity, shown.slots, shown.max_stack);
  if (shown.dispatch != kNoIndex) {
    const DispatchTable& table = program.dispatches[shown.dispatch];
    const auto bodies = [&](std::uint32_t begin, std::size_t end) {
      return fmt::format("{}", fmt::join(table.order.begin() + begin, table.order.begin() + static_cast<std::ptrdiff_t>(end), ", "));
    };
    for (const DispatchTable::Case& one : table.cases) {
      out += fmt::format("       case {}: bodies {}\n", to_rego(program.constants[one.constant]), bodies(one.begin, one.end));
    }
    if (table.always < table.order.size()) out += fmt::format("       always: bodies {}\n", bodies(table.always, table.order.size()));
  }
  const Printer printer(program);
  for (std::uint32_t pc = shown.entry; pc < shown.end; ++pc) printer.line(out, pc, shown.entry);
  return out;
}

std::string disassemble(const Program& program) {
  std::string out;
  for (std::uint32_t i = 0; i < program.functions.size(); ++i) {
    if (i > 0) out += '\n';
    out += disassemble(program, i);
  }
  return out;
}

std::string opcode_reference() {
  std::string out =
      "# Instructions\n\nMade from `src/bytecode/opcodes.def` by `psdl doc opcodes`. An instruction is 16 bytes: the opcode, flags, a small operand a, operands b and c, and\n"
      "the label to go to where there is no answer. Taking that label empties the operand stack of the frame.\n\n"
      "| instruction | a | b | c | may fail | meaning |\n|---|---|---|---|---|---|\n";
  for (const OpInfo& op : kOps) {
    const auto cell = [](std::string_view kind) { return kind == "None" ? std::string_view("") : kind; };
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", op.name, cell(op.a), cell(op.b), cell(op.c), op.can_fail ? "yes" : "", op.doc);
  }
  return out;
}

}  // namespace psdl
