// What the public handles hold. In: checked modules, data texts; out: programs and snapshots, made when they are first needed.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "base/source.hpp"
#include "builtins/host.hpp"
#include "bytecode/debug_info.hpp"
#include "bytecode/program.hpp"
#include "codec/document.hpp"
#include "compiler/compiler.hpp"
#include "plan/plan.hpp"
#include "psdl/psdl.hpp"
#include "runtime/elements.hpp"
#include "runtime/problem.hpp"
#include "value/key_table.hpp"

namespace psdl {

using SourceList = std::vector<std::shared_ptr<const Source>>;
[[nodiscard]] std::vector<const Source*> raw(const SourceList& sources);

// A document of base data as it was given.
struct DataText {
  std::string name;
  std::string text;
  DocumentFormat format = DocumentFormat::Auto;
  std::vector<std::string> root;
};

// All data as one frozen value.
struct Snapshot {
  Arena arena;
  Value root;
  // Of data that was changed (data_store.hpp): the documents of `root`, in its order, each in an arena of its own.
  std::vector<std::shared_ptr<const Snapshot>> parts;
};

class Reader;
// A text as data is read; `of` has its name and format.
[[nodiscard]] Result<Document, ReadError> read_data_text(Reader& reader, Arena& arena, const DataText& of, std::string_view text, const Limits& limits,
                                                         const std::shared_ptr<const KeyTable>& keys);

// Null, with errors, where a text cannot be read or two of them disagree.
[[nodiscard]] std::shared_ptr<const Snapshot> load_data(std::span<const DataText> texts, const Limits& limits, const std::shared_ptr<const KeyTable>& keys,
                                                        DiagnosticList& problems);

// An entry point as it was found in the source, before the compiler rewrites rule names.
struct FoundEntry {
  EntryPoint shown;              // its first rule, with the first metadata that is there
  bool is_allow = false;
  std::vector<RuleText> rules;   // every rule of the name
};

// What the user named, and whether it holds an entry point.
struct NamedGroup {
  std::string name;
  std::vector<std::string> near_misses;  // "`denny` at rule.psdl:4"
  std::vector<std::string> packages;
  bool has_entry = false;
};

struct EntryPoints {
  std::vector<FoundEntry> entries;  // sorted by path, once each
  std::vector<NamedGroup> groups;
  std::vector<RuleInfo> infos;      // sorted by id, once each
};
// `named_as[i]` belongs to modules[i]; empty for libraries.
[[nodiscard]] EntryPoints find_entry_points(std::span<const std::unique_ptr<ast::Module>> modules, std::span<const std::string> named_as, const SourceList& sources);

// Where a rule stands below `data`, up to the first part that is no constant text: no data document may have a value there.
struct RulePlace {
  std::vector<std::string> path;
  Span span;
};
[[nodiscard]] std::vector<RulePlace> rule_places(const CheckedPolicy& policy);

// The rules as they are written, with what a debugger asks for (debug/observe.hpp). Reads documents of the policy's own program.
struct MarkedProgram {
  std::shared_ptr<const Program> program;  // null: an image has lost its source
  DebugInfo info;
};

// What coverage counts: a head or an expression, where the source has it. `some` that only declares is none.
struct CoverablePlace {
  Span span;
  bool is_head = false;
};

struct Policy::Impl {
  Limits limits;
  bool optimise = true;
  SourceList sources;
  std::shared_ptr<const CheckedPolicy> checked;
  std::shared_ptr<const std::vector<DataText>> data = std::make_shared<const std::vector<DataText>>();
  bool refuse_shadowing = true;  // as PolicyBuilder::Impl
  std::shared_ptr<const HostBuiltins> host;
  std::vector<std::uint32_t> coverable_sources;
  std::vector<CoverablePlace> coverable;  // of the sources that were given, where EngineOptions::test_rules asks
  EntryPoints entry_points;
  // Some rule may look at a list's items through the list: it is read whole then, whatever its size.
  bool reads_list_items = true;
  bool reads_request = false;  // some rule asks for a review's request: it gets the whole review
  // Of a program image, which has neither `checked` nor `plan`.
  std::shared_ptr<const Program> loaded;
  std::shared_ptr<const Program> loaded_plain;
  std::vector<RulePlace> loaded_places;

  [[nodiscard]] std::vector<RulePlace> places() const { return checked != nullptr ? rule_places(*checked) : loaded_places; }

  // The program that findings run, and its data; made at the first call, from any thread.
  [[nodiscard]] const std::shared_ptr<const Program>& program() const;
  // The same rules as their text says, step by step: what the tracing twin runs, and what tells which error came first. Reads documents of program().
  [[nodiscard]] const std::shared_ptr<const Program>& plain_program() const;
  [[nodiscard]] const MarkedProgram& marked_program() const;
  // Null where the data could not be read; build() has seen to it that it can.
  [[nodiscard]] const std::shared_ptr<const Snapshot>& snapshot() const;
  // Entry points with their functions in program().
  [[nodiscard]] std::vector<EntryRule> entry_rules() const;

  // Made by build(), which looks at its errors.
  std::shared_ptr<const plan::Plan> plan;

  // Of a policy that some documents were bound to (bind.cpp): the one without any, and what is known.
  std::shared_ptr<const Impl> base;
  std::vector<plan::Known> known;
  std::shared_ptr<const Snapshot> known_data;  // null: the base's

  // What documents must be read with, and known values are.
  [[nodiscard]] const std::shared_ptr<const KeyTable>& keys() const;
  // The input with its known parts put in: what plain_program() reads, and program() where reads_known_input().
  [[nodiscard]] Value whole_input(Arena& arena, const Value& input) const;
  [[nodiscard]] bool knows_input() const;
  [[nodiscard]] bool reads_known_input() const;

 private:
  mutable std::once_flag keys_once_;
  mutable std::once_flag program_once_;
  mutable std::once_flag plain_once_;
  mutable std::once_flag snapshot_once_;
  mutable std::shared_ptr<const KeyTable> keys_;
  mutable std::shared_ptr<const Program> program_;
  mutable bool reads_known_input_ = false;  // found with program_
  mutable std::shared_ptr<const Program> plain_;
  mutable std::once_flag marked_once_;
  mutable MarkedProgram marked_;
  mutable std::shared_ptr<const Snapshot> snapshot_;
};

// What is shown of one expression of a query.
struct ShownExpression {
  std::string text;
  std::uint32_t row = 0;
  std::uint32_t column = 0;
};

struct Query::Impl {
  std::shared_ptr<const Policy::Impl> policy;
  std::unique_ptr<const plan::Plan> plan;
  std::shared_ptr<const Program> program;
  bool reads_known_input = false;
  std::shared_ptr<const Snapshot> snapshot;
  std::uint32_t function = kNoIndex;
  std::vector<ShownExpression> expressions;
  // Of a query that names a document of an image (image.cpp): what stands under `below` in the value of `function`, or, without one, in the data.
  bool is_reference = false;
  Arena keys;
  std::vector<Value> below;

  // As it was parsed and checked, for marked_program().
  std::shared_ptr<const ast::Query> parsed;
  std::shared_ptr<const CheckedQuery> checked;
  SourceList sources;

  // As Policy::Impl::plain_program(), and the other.
  [[nodiscard]] const std::shared_ptr<const Program>& plain_program() const;
  [[nodiscard]] const MarkedProgram& marked_program() const;

 private:
  mutable std::once_flag plain_once_;
  mutable std::shared_ptr<const Program> plain_;
  mutable std::once_flag marked_once_;
  mutable MarkedProgram marked_;
};

// The program of a plan: optimised, unless the policy says otherwise. What is known goes into optimised ones alone; `reads_known_input` is told whether
// that left reads of the input that must find known values there.
[[nodiscard]] std::shared_ptr<const Program> make_program(const plan::Plan& plan, bool optimise, std::shared_ptr<const KeyTable> keys = nullptr,
                                                          std::span<const plan::Known> known = {}, bool* reads_known_input = nullptr);

[[nodiscard]] MarkedProgram make_marked(plan::Plan plan, std::shared_ptr<const KeyTable> keys);

// The policy with more known, without a look at anything. Shares all it can with `policy`; values of the input were read with its keys().
[[nodiscard]] std::shared_ptr<Policy::Impl> bind_known(const std::shared_ptr<const Policy::Impl>& policy, std::vector<plan::Known> known);
// An error for each rule where `data` has a value too: one of them would hide the other.
void refuse_shadowing(const Policy::Impl& policy, const Value& data, DiagnosticList& problems);

// image.cpp. The policy of an image, or null with errors; data documents are added by the caller.
[[nodiscard]] std::shared_ptr<Policy::Impl> load_policy(std::string_view name, std::string_view bytes, DiagnosticList& problems);
// A query on an image: a reference to one of its documents. Empty, with errors, where it is anything else.
[[nodiscard]] Query prepare_reference(const std::shared_ptr<const Policy::Impl>& policy, std::string_view text, DiagnosticList& problems, std::string_view package);
// The rows that plan_query would have made of it.
[[nodiscard]] Value reference_rows(const Query::Impl& query, Arena& arena, const Value& found);

// Whose key table a query's program has: its own, which knows the names in the query too, or the policy's, so that documents and data that were read for
// that can be given to it.
enum class KeysOf : std::uint8_t { Query, Policy };
// prepare_query(), with the choice.
[[nodiscard]] Query prepare_query_on(const Policy& policy, std::string_view text, DiagnosticList& problems, std::string_view package,
                                     std::span<const std::string> imports, KeysOf keys);

// What a query asks of a machine, and what that gave: rows of [bindings, [value ..]]. Rows are undefined where there is none, or an error.
struct QueryRun {
  Value input;  // undefined: there is none
  Value data;
  const EvaluateOptions* options = nullptr;
  const std::atomic<bool>* cancel = nullptr;
  std::string_view document_name;
};
class Machine;
[[nodiscard]] Value run_query(const Query::Impl& query, Machine& machine, Arena& arena, const QueryRun& run, std::string& printed, DiagnosticList& errors);
// OPA's list of results; false where it takes more than `most` bytes.
[[nodiscard]] bool append_rows_json(const Query::Impl& query, const Value& rows, std::size_t most, std::string& out);

// The answer for one input; undefined: there is none. Shared by Evaluator and Pipe.
[[nodiscard]] QueryAnswer answer_query(const Query::Impl& query, Machine& machine, Arena& arena, const Value& input, const EvaluateOptions& options,
                                       const std::atomic<bool>* cancel, std::string_view document_name, Value* rows = nullptr);

// False, with errors, where a name or amount is not allowed.
// The wall clock, for time.now_ns where the host sets none.
[[nodiscard]] std::int64_t clock_ns();
// Hands on what could not be planned; true where there is any.
[[nodiscard]] bool report_errors(const plan::Plan& plan, Diagnostics& diagnostics);
// docs/limits.md.
[[nodiscard]] std::string limits_reference();
[[nodiscard]] bool set_limits(const EngineOptions& options, Limits& limits, DiagnosticList& problems);

// Sources of the stdlib that the texts name, to be compiled beside their modules; not whole: of each the rules alone that these read.
struct StdlibSource {
  std::string_view name;
  std::string text;
};
[[nodiscard]] std::vector<StdlibSource> stdlib_for(const SourceList& sources, std::span<const std::unique_ptr<ast::Module>> modules, bool is_whole);

struct PolicyBuilder::Impl {
  EngineOptions options;
  std::vector<Dialect> dialects;
  std::vector<std::string> named_as;
  SourceList sources;
  std::vector<DataText> data;
  std::vector<DataText> known;  // to be bound; `root` is the whole path
  std::string image;  // in place of sources
  std::string image_name;
  bool refuse_shadowing = true;  // a data document that has a value where a rule stands is an error
  std::shared_ptr<const HostBuiltins> host;  // null: none

  // Parses everything; an empty list where there are errors.
  [[nodiscard]] std::vector<std::unique_ptr<ast::Module>> parse(const Limits& limits, DiagnosticList& problems);
  // Adds what the modules need of the stdlib, parsed.
  void add_stdlib(std::vector<std::unique_ptr<ast::Module>>& modules, const Limits& limits, DiagnosticList& problems);
  [[nodiscard]] std::shared_ptr<Policy::Impl> compile(DiagnosticList& problems);

 private:
  [[nodiscard]] std::shared_ptr<Policy::Impl> load(DiagnosticList& problems);
  // Puts the data documents beside the rules; false, with errors, where they cannot be read or stand where a rule does.
  [[nodiscard]] bool take_data(Policy::Impl& policy, DiagnosticList& problems);
};

}  // namespace psdl
