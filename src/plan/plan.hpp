// Rules as loops: the form between the tree and bytecode. In: checked rules (compiler/plan_rules.cpp); out: what optimiser passes rewrite and lower.cpp
// turns into bytecode. Printable before and after each pass.
//
// A body is a list of steps; everything after a Scan is nested in it. A step that has no answer goes back to the innermost Scan before it, or ends the body.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.hpp"
#include "bytecode/debug_info.hpp"
#include "bytecode/program.hpp"
#include "value/value.hpp"

namespace psdl::plan {

using SlotNumber = std::uint32_t;

struct Step;
struct Expr;
using Steps = std::vector<Step>;
using Exprs = std::vector<Expr>;

enum class ExprKind : std::uint8_t {
  Const,          // constant
  Slot,           // slot
  Input,          // the input document
  Data,           // the root of the base documents
  Dot,            // operands: container, key
  Builtin,        // builtin, operands
  Function,       // function, operands
  Rule,           // function: a rule group or an extent
  Array,          // operands
  Set,            // operands
  Object,         // operands: key, value, key, value ..
  Comprehension,  // builder, body, operands: [element] or [key, value]
};

struct Expr {
  ExprKind kind = ExprKind::Const;
  BuilderKind builder = BuilderKind::Array;
  SlotNumber slot = kNoSlot;
  std::uint32_t function = kNoIndex;
  bool in_base = false;           // Dot: on a base document as it is stored, where "0" is an element's index and 0 a key's text
  std::uint32_t mock = kNoIndex;  // Builtin, Function: an entry of Plan::mocks where some `with` replaces it
  const psdl::Builtin* builtin = nullptr;
  Value constant;
  Exprs operands;
  Steps body;
  Span span;
};

enum class StepKind : std::uint8_t {
  Test,         // a: holds
  Bind,         // slot value = a
  Equal,        // a == b
  Compare,      // a `compare` b
  Scan,         // key, value = each of a
  ArrayLength,  // a is an array of `count` elements
  ObjectKeys,   // a is an object with exactly the keys of the array constant b
  Not,          // bodies[0] has no solution
  Any,          // one of the bodies has a solution; at most one success
  Every,        // for each key, value of a: bodies[0] has a solution
  With,         // bodies[0] under `overlay`; carried slots keep what it binds
  In,           // a is a member of the set constant b; made by an optimiser pass
  Each,         // the last of its list: the solutions of bodies[0], then those of bodies[1], ..; made by an optimiser pass
  Gather,       // bodies[0] is gone through, and what its Collect steps collect becomes the collections in `carried`, of `kinds`; made by an optimiser pass
  Collect,      // a goes into collection `count` of the Gather around
  Reach,        // slot value = a, or an empty object where a has no value; made by an optimiser pass, for reads below it
  Settle,       // the rule `count` has no value, which is remembered; no solution; made by an optimiser pass
  // For debuggers alone (Plan::is_marked); no pass sees them.
  Begin,        // the expression `count` of Plan::expressions begins
  Held,         // it has a solution
  Case,         // a: an array that names a case of a table test
};

struct OverlayUse {
  OverlaySpec spec;
  Exprs values;
};

struct Step {
  StepKind kind = StepKind::Test;
  psdl::Compare compare = psdl::Compare::Less;
  Expr a;
  Expr b;
  SlotNumber key = kNoSlot;
  SlotNumber value = kNoSlot;
  std::uint32_t count = 0;
  std::vector<Steps> bodies;
  OverlayUse overlay;
  std::vector<SlotNumber> carried;
  std::vector<BuilderKind> kinds;
  // Scan, made by an optimiser pass: only elements that have `where[0]` (a slot or a constant) under this path are of interest.
  std::vector<Value> where_path;
  Exprs where;
  Span span;
};

// A var and the slot that holds it; for debuggers.
struct Var {
  std::string name;  // as the user wrote it; empty where the compiler made it
  SlotNumber slot = kNoSlot;
  Span declared;
};

// One rule of a group with its `else` chain. What it yields depends on the group's kind:
// Complete, Function: value.  Set: value.  Object: keys, value, and whether the leaf is a set (`p[q] contains r`).  Query: value (a row).
struct RuleBody {
  Steps steps;
  Exprs keys;
  Expr value;
  bool leaf_is_set = false;
  std::vector<RuleBody> otherwise;  // the next of the chain, at most one
  std::vector<Var> vars;            // of a marked plan
  Span span;
};

// Which bodies of a group to try for each value of `on`; made by an optimiser pass.
struct Dispatch {
  Expr on;
  std::vector<Value> values;                       // in term order, once each
  std::vector<std::vector<std::uint32_t>> bodies;  // for each of them, ascending
  std::vector<std::uint32_t> others;               // tried whatever `on` is, and where it is undefined
};

// A child of a package's document.
struct ExtentChild {
  Value key;
  std::uint32_t function = kNoIndex;
};

struct Function {
  std::string path;
  FunctionKind kind = FunctionKind::Complete;
  std::uint32_t arity = 0;
  std::uint32_t slots = 0;
  std::vector<RuleBody> bodies;
  std::vector<RuleBody> default_body;  // at most one
  std::optional<Dispatch> dispatch;
  bool stop_at_first = false;          // every body yields the same constant
  bool nested = false;                 // Object: some body has more than one key or a set as leaf
  bool reads_input = false;
  bool reads_data = false;
  bool calls_mocks = false;
  bool reads_overlaid = true;          // some overlay of the plan may change its value
  bool is_shadowable = false;
  bool is_given = false;               // its value comes with each run (given.hpp)
  std::vector<ExtentChild> children;   // Extent: in term order
  std::vector<Value> data_path;        // its place below data: of an extent, and of what may be shadowed
  Span span;
};

// Why a rule cannot be planned though OPA's checks let it through: its evaluation fails, or does not end (`x = {x: 1}`).
struct PlanError {
  std::string code;
  std::string message;
  Span span;
};

struct Plan {
  std::shared_ptr<Arena> arena = std::make_shared<Arena>();  // constants
  std::vector<std::shared_ptr<const Arena>> shared_arenas;   // constants of the plan that this one was forked from
  std::vector<Function> functions;
  std::vector<MockEntry> mocks;        // `builtin` counts in `mock_builtins`
  std::vector<const psdl::Builtin*> mock_builtins;
  std::vector<PlanError> errors;       // not empty: the plan must not be run
  bool is_optimised = false;           // lower.cpp may fuse instructions: nobody asks this program what it read
  bool is_marked = false;              // made for a debugger: never optimised
  std::vector<SourceExpression> expressions;  // of a marked plan
  std::vector<std::shared_ptr<const Source>> sources;

  // A copy to be rewritten. It keeps the constants of this one alive and makes its own elsewhere, so that one plan may be forked by several threads.
  [[nodiscard]] Plan fork() const;
};

// A part of the documents that is known before evaluation.
struct Known {
  enum class Root : std::uint8_t { Input, Data } root = Root::Data;
  std::vector<std::string> path;       // all of them lead through objects
  Value value;                         // frozen; parts may be open (given.hpp)
  std::shared_ptr<const Arena> arena;  // it lives here
};
// Reads of what is known become constants (bind.cpp), for propagate_constants to go on with. True where some read of the input must still find known values
// in it: one of all of it, one with a computed key, one that a `with` may change. Base data must be there at evaluation as ever.
[[nodiscard]] bool bind(Plan& plan, std::span<const Known> known);

// What no given value decides is asked once for all runs over one document: such parts of rules become rules of their own, and those bodies of the set `entry`
// that depend on none go into a set of theirs (share.cpp). A plan that has a `with` or prints stays as it is.
struct Shared {
  std::uint32_t members = kNoIndex;    // the set of what `entry` holds whatever is given; kNoIndex: there is none
  std::vector<std::uint32_t> changing; // rules that depend on given values: to be forgotten between runs
  // Rules that bodies of `entry` begin with, undefined or without an element where the body has no solution, whatever is given. All of them where is_guarded.
  std::vector<std::uint32_t> guards;
  bool is_guarded = false;
};
[[nodiscard]] Shared share(Plan& plan, std::uint32_t entry);

// Whether some rule may see this field of the input; "no" is certain (input_fields.cpp).
[[nodiscard]] bool may_read_input_field(const Plan& plan, std::string_view field);

// All passes in order; each rewrites in place and leaves results, conflicts and errors as they were. What each keeps is said at the top of its file.
// `without` leaves one out, by its name or as "fuse_instructions" (lower.cpp), to see what it is worth.
void optimise(Plan& plan, std::string_view without = {});
struct NamedPass {
  std::string_view name;
  void (*run)(Plan& plan);
};
[[nodiscard]] std::span<const NamedPass> passes();
void propagate_constants(Plan& plan);  // propagate.cpp
void inline_functions(Plan& plan);     // inline.cpp
void inline_rules(Plan& plan);         // inline.cpp
void forward_bindings(Plan& plan);     // forward.cpp
void flatten_scans(Plan& plan);        // flatten_scans.cpp
void read_first(Plan& plan);           // read_first.cpp
void unroll_scans(Plan& plan);         // unroll.cpp
void ask_existence(Plan& plan);        // existence.cpp
void ask_first(Plan& plan);            // ask_first.cpp
void gather(Plan& plan);               // gather.cpp
void constant_sets(Plan& plan);        // constant_sets.cpp
void filter_scans(Plan& plan);         // filter_scans.cpp
void dispatch_groups(Plan& plan);      // dispatch.cpp
void share_reads(Plan& plan);          // share_reads.cpp

// For the key table of the plan's programs, optimised or not, bound or not (names.cpp). The views live as long as the plan's constants.
[[nodiscard]] std::vector<std::string_view> names(const Plan& plan);

// What `psdl plan` shows.
[[nodiscard]] std::string print(const Plan& plan);

// To bytecode. `keys` is the key table of a program whose documents this one reads too; null: one is made of the names in the plan.
// `debug` is filled from a marked plan.
[[nodiscard]] std::shared_ptr<Program> lower(Plan plan, std::shared_ptr<const KeyTable> keys = nullptr, DebugInfo* debug = nullptr);

}  // namespace psdl::plan
