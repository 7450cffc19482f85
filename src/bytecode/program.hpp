// A compiled policy: immutable, verified, shared by any number of threads. In: what plan/lower.cpp made; out: what the VM runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/once_made.hpp"
#include "base/source.hpp"
#include "value/key_table.hpp"
#include "value/value.hpp"

namespace psdl {

struct ThreadedCode;  // vm/threaded.hpp
struct Builtin;  // builtins/builtin.hpp; this layer knows its name and arity alone

enum class Op : std::uint8_t {
#define PSDL_OP(name, a, b, c, fail, pops, pushes, scope, doc) name,
#include "bytecode/opcodes.def"
#undef PSDL_OP
};

inline constexpr std::uint32_t kNoSlot = UINT32_MAX;
inline constexpr std::uint32_t kNoLabel = UINT32_MAX;
inline constexpr std::uint32_t kNoIndex = UINT32_MAX;

enum class Compare : std::uint8_t { Less, LessEqual, Greater, GreaterEqual, NotEqual };
enum class BuilderKind : std::uint8_t { Array, Set, Object, Path };

// 16 bytes. `fail` is an absolute instruction number. Taking it empties the operand stack of the frame: what stood half-computed there is dropped,
// so that an operand that is undefined needs no clean-up.
struct Instruction {
  Op op;
  std::uint8_t flags = 0;  // kInNegation, kInHead, kInverted
  std::uint16_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t fail = kNoLabel;

  // Inside the body of a `not`: the tracing twin notes reads that fail here.
  static constexpr std::uint8_t kInNegation = 1;
  static constexpr std::uint8_t kInHead = 2;  // makes the member of a set or object, after its body held
  // On a test that can_be_inverted(): go to fail where it holds. What is undefined does not hold.
  static constexpr std::uint8_t kInverted = 4;
  // On Iter: whether the order and repetition of a set's members is of no consequence, so that its bag may be walked.
  static constexpr std::uint16_t kBagIsFine = 1;
  // .. and whether going over a member twice has no effect that shows, so that the loop that nobody watches may do so too.
  static constexpr std::uint16_t kBagIsCheap = 2;
  // On Dot and paths: the container is a base document, where an element answers to its index as text and a key to the number that reads like it.
  static constexpr std::uint16_t kStored = 1;
};
static_assert(sizeof(Instruction) == 16);

// One name of a path: its number in the key table and its text as a constant.
struct PathStep {
  KeyNumber number = kNoKey;
  Value name;
};
struct Path {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
};

enum class FunctionKind : std::uint8_t {
  Complete,  // a rule with one value
  Set,       // a partial set
  Object,    // a partial object, perhaps nested
  Function,  // with arguments
  Query,     // rows of a query: an array of [bindings, expression values]
  Extent,    // a package as a document: its rules over the base documents
};

// A rule group or function: where its code begins and what it needs.
struct Function {
  std::string path;  // "data.pkg.rule", as Rego writes it
  FunctionKind kind = FunctionKind::Complete;
  std::uint32_t entry = 0;
  std::uint32_t end = 0;    // one past its last instruction
  std::uint32_t arity = 0;  // arguments stand in slots 0..arity-1
  std::uint32_t slots = 0;
  std::uint32_t max_stack = 0;
  bool reads_overlaid = true;  // its value may change under some overlay of this program
  bool is_shadowable = false;  // an overlay of this program may replace it by a data value: `data_path` is looked at first
  std::uint32_t data_path = kNoIndex;  // in Program::data_paths
  std::uint32_t dispatch = kNoIndex;   // in Program::dispatches: what its Dispatch and NextBody go by
  Span span = {};
  std::vector<Span> bodies = {};  // of each rule of the group, the default last: what Body counts
};

// What a `with` replaces, in the order its values were pushed.
struct OverlayTarget {
  enum class Kind : std::uint8_t { Input, Data, Mock } kind = Kind::Input;
  std::vector<Value> path;               // Input, Data: keys below the root
  std::uint32_t mock = kNoIndex;         // Mock: entry of Program::mocks ..
  bool has_value = true;                 // .. replaced by a value on the stack, or, where false, ..
  std::uint32_t replacement_function = kNoIndex;  // .. by a function of the policy ..
  std::uint32_t replacement_builtin = kNoIndex;   // .. or a builtin (Program::builtins)
};
struct OverlaySpec {
  std::vector<OverlayTarget> targets;
  std::uint32_t value_count = 0;
};

// A function or builtin that some `with` of the program replaces.
struct MockEntry {
  std::uint32_t function = kNoIndex;
  std::uint32_t builtin = kNoIndex;
};

// What NextWhere looks for: an element whose value under the path equals a slot's, or a constant.
struct ScanFilter {
  std::uint32_t path = 0;
  std::uint32_t slot = kNoSlot;
  std::uint32_t constant = kNoIndex;
};

// A builtin that the code calls.
struct BuiltinRef {
  const Builtin* row = nullptr;
  std::string_view name;
  std::uint32_t arity = 0;
};

// Which bodies of a group to try for each value of what it is dispatched on.
struct DispatchTable {
  struct Case {
    std::uint32_t constant = 0;  // the value
    std::uint32_t begin = 0;     // its bodies in `order`
    std::uint32_t end = 0;
  };
  std::vector<Case> cases;
  std::vector<std::uint32_t> order;    // numbers of bodies, ascending within a case; those that are always tried stand at the end
  std::uint32_t always = 0;            // where they begin
  std::vector<std::uint32_t> bodies;   // the first instruction of each body
  std::vector<std::uint32_t> buckets;  // by hash of the value: a case + 1, or 0; made by index()

  // Call once cases are complete.
  void index(const std::vector<Value>& constants);
  // Null where no case has the value.
  [[nodiscard]] const Case* find(const Value& value, const Value* constants) const;
};

struct Program {
  std::vector<Instruction> code;
  std::vector<Span> spans;  // of each instruction, in the policy's sources
  std::vector<Value> constants;
  std::vector<Path> paths;
  std::vector<PathStep> path_steps;
  std::vector<ScanFilter> filters;
  std::vector<Function> functions;
  std::vector<BuiltinRef> builtins;
  std::vector<OverlaySpec> overlays;
  std::vector<MockEntry> mocks;
  std::vector<std::vector<Value>> data_paths;
  std::vector<DispatchTable> dispatches;
  std::shared_ptr<const KeyTable> keys;
  std::vector<std::shared_ptr<const Arena>> arenas;  // constants live here
  std::vector<std::shared_ptr<const Source>> sources;  // what Span::source counts; their lines are found already

  // What machines run in its place.
  OnceMade<ThreadedCode> threaded;
  OnceMade<ThreadedCode> threaded_for_twin;

  // kNoIndex where there is none.
  [[nodiscard]] std::uint32_t find_function(std::string_view path) const;
};

struct OpInfo {
  std::string_view name;
  std::string_view a, b, c;  // operand kinds, "None" where unused
  bool can_fail;
  std::string_view scope;
  std::string_view doc;
};
[[nodiscard]] const OpInfo& op_info(Op op);
[[nodiscard]] bool can_be_inverted(Op op);
inline constexpr std::size_t kOpCount = 0
#define PSDL_OP(...) +1
#include "bytecode/opcodes.def"
#undef PSDL_OP
    ;

// The whole program, or one function, as text: labels, operands by name, one instruction a line.
[[nodiscard]] std::string disassemble(const Program& program);
[[nodiscard]] std::string disassemble(const Program& program, std::uint32_t function);
// docs/reference/opcodes.md.
[[nodiscard]] std::string opcode_reference();

// Empty where the program is well formed, else the rule that is broken and where: jump targets inside the function, operands in range, one depth of
// stack, iterators, builders and overlays for each instruction, slots written before they are read, every path ends in a return.
[[nodiscard]] std::string verify(const Program& program);

}  // namespace psdl
