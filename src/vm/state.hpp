// What one evaluation holds: frames, iterators, builders, overlays, remembered rules. Seen by this layer's .cpp files alone.
#pragma once

#include <array>
#include <utility>

#include "base/stack.hpp"
#include "builtins/patterns.hpp"
#include "vm/machine.hpp"
#include "vm/threaded.hpp"
#include "vm/watch.hpp"

namespace psdl {

class Machine::State {
 public:
  State(std::shared_ptr<const Program> program, const Limits& limits);

  Outcome run(Arena& arena, const RunRequest& request);
  void begin(Arena& arena, const RunRequest& documents);
  bool next(std::uint32_t function, std::span<const std::uint32_t> forgets, std::span<const GivenValue> given, Value& value);
  [[nodiscard]] const EvalError& halted() const { return *outcome_.halt; }
  [[nodiscard]] const Program& program() const { return *program_; }

 private:
  struct Frame {
    std::uint32_t function = 0;
    std::uint32_t return_pc = 0;  // the instruction after the call
    std::uint32_t base = 0;       // of its slots in stack_
    std::uint32_t floor = 0;      // .. and of its operands, behind them
    std::uint32_t notes_mark = 0;
    std::uint32_t result_body = 0;
    std::uint32_t body = 0;
    bool remembers = false;       // called as a rule: its value is kept
    bool leaves_overlay = false;  // a mock's body runs without mocks
    std::uint8_t flags = 0;       // Instruction::kInNegation, kInHead: where it was called
    bool is_tested = false;       // called by TestRule: its value is not pushed
    // Bodies to try next, of a dispatched group, by their places in its table's order: those of its case and those always tried, each ascending.
    std::uint32_t of_case = 0;
    std::uint32_t case_end = 0;
    std::uint32_t always = 0;
    std::uint32_t always_end = 0;
    Value result;
  };
  // Elements of a collection by the value under a filter's path: positions + 1, 0 ends a chain.
  struct ScanIndex {
    const std::uint32_t* heads = nullptr;
    const std::uint32_t* next = nullptr;
    const Value* const* keys = nullptr;
    std::size_t mask = 0;
  };
  struct SeenScan {
    const Value* values = nullptr;
    std::uint32_t size = 0;
    std::uint32_t filter = 0;
    const ScanIndex* index = nullptr;
  };
  struct Iterator {
    const Value* keys = nullptr;  // null: positions
    const Value* values = nullptr;
    std::uint32_t at = 0;
    std::uint32_t size = 0;
    std::uint32_t notes_mark = 0;
    const ScanIndex* index = nullptr;  // of a filtered scan: `at` is then the last position found, plus 1
  };
  // Rows of keys, leaf kind and value of a nested object, flat in `rows`: key.., value; with the row's key count and leaf in `shapes`.
  struct RowShape {
    std::uint32_t begin = 0;
    std::uint32_t keys = 0;
    bool leaf_is_set = false;
    Span span = {};
  };
  struct Builder {
    Builder(BuilderKind of, Arena& arena, std::uint32_t shapes) : first(arena), second(arena), shapes_begin(shapes), kind(of) {}

    ArrayBuilder first;   // elements, keys, or rows
    ArrayBuilder second;  // values of an object
    std::uint32_t shapes_begin;  // of rows
    BuilderKind kind;
  };
  struct Memory {
    std::uint64_t stamp = 0;
    Value value;
    bool reads_overlaid = true;  // the function's
  };
  struct Saved {
    std::uint32_t function = 0;
    Memory memory;
  };
  struct Mock {
    std::uint32_t entry = 0;
    const OverlayTarget* target = nullptr;
    Value value;
  };
  struct Overlay {
    Value input;
    Value data;
    std::uint64_t id = 0;
    std::uint32_t saved_begin = 0;
    std::uint32_t shadows_begin = 0;  // all shadows below the end of shadows_ hold
    std::uint32_t mocks_begin = 0;    // mocks below do not hold any more
    std::uint32_t mocks_end = 0;
  };

  // kWatch goes with kTrace; machine.cpp has the three that there are.
  template <bool kTrace, bool kWatch>
  void loop();
  template <bool kTrace>
  [[nodiscard]] std::shared_ptr<const ThreadedCode> thread_code();

  void start(Arena& arena, const RunRequest& request, CallContext& context);
  void clear_scopes();

  // Calls.
  [[nodiscard]] bool enter(std::uint32_t function, std::uint32_t base, std::uint32_t return_pc, bool remembers, std::uint8_t flags);
  [[nodiscard]] bool make_room(std::size_t values);
  template <bool kTrace>
  [[nodiscard]] std::uint32_t leave(const Value& result);
  [[nodiscard]] const Value* recall(std::uint32_t function) const;
  void remember(std::uint32_t function, const Value& value);

  // Overlays (overlays.cpp).
  [[nodiscard]] bool push_overlay(const OverlaySpec& spec, const Value* values);
  void push_mockless_overlay();
  void pop_overlay();
  [[nodiscard]] bool find_shadow(const Function& function, Value& value) const;
  [[nodiscard]] const Mock* find_mock(std::uint32_t entry) const;
  [[nodiscard]] Value merge_base(const Value& over, std::span<const Value> path);

  // Joins (scan_index.cpp).
  [[nodiscard]] const Value* filtered_value(const Value& element, Path path) const;
  [[nodiscard]] const ScanIndex* find_scan_index(const Iterator& from, std::uint32_t filter);
  [[nodiscard]] const ScanIndex* make_scan_index(const Iterator& from, std::uint32_t filter);

  // Collections (collect.cpp).
  // False where `top` is no collection; `flags` are those of Iter.
  [[nodiscard]] bool open_iterator(const Value& top, std::uint16_t flags);
  [[nodiscard]] bool close_builder(Value& made);
  [[nodiscard]] Value nest(std::span<RowShape> rows, std::uint32_t depth, const Value* flat, bool& conflict);

  // Parts of instructions that stand outside of the loop.
  [[nodiscard]] Value count_of(const Value& collection);
  [[nodiscard]] bool has_member(const Value& collection, const Value& member);
  [[nodiscard]] bool holds_of_two(const Cell& cell, const Value& left, const Value& right);
  [[nodiscard]] Value format(const Cell& cell, const Value* texts);
  [[nodiscard]] bool join(const Cell& cell, Value& made);
  [[nodiscard]] std::uint32_t join_each(const Cell* cells, Value* slots, Value& made);
  void refuse_operand(const Cell& cell, const Value& operand);

  // Ends (ends.cpp). Each records why and makes the loop stop.
  void halt(EvalCode code, std::string_view message);
  void halt_conflict(const Value& earlier, const Value& later);
  [[nodiscard]] bool take_builtin_error(CallContext& context);
  [[nodiscard]] bool check();  // limits and cancel; false: halted
  void look_back(Span span);   // the same once more, after the last instruction

  // Notes of the tracing twin (trace.cpp).
  [[nodiscard]] static std::uint32_t standing_origin(const Value& value);
  [[nodiscard]] static std::uint32_t last_origin(const Value* values, std::size_t count);
  void note(Note::Kind kind, std::uint32_t origin, std::string_view missing, std::uint8_t flags);
  void note_yield(const Value& value);
  [[nodiscard]] bool has_tests_since(std::uint32_t mark) const;
  void keep_result_notes();

  // For a watcher (watch.cpp). False: the evaluation is over.
  class View;
  [[nodiscard]] bool show();

  std::shared_ptr<const Program> program_;
  Limits limits_;
  PatternCache patterns_;
  std::shared_ptr<const ThreadedCode> plain_code_;
  std::shared_ptr<const ThreadedCode> traced_code_;  // made when something is traced
  const ThreadedCode* code_ = nullptr;               // what runs

  Arena* arena_ = nullptr;
  CallContext* context_ = nullptr;
  std::uint32_t pc_ = 0;
  std::vector<Value> stack_;
  std::uint32_t sp_ = 0;
  Stack<Frame> frames_{32};
  Stack<Iterator> iterators_{32};
  std::array<SeenScan, 8> seen_scans_;
  std::uint32_t next_seen_scan_ = 0;
  Stack<Builder> builders_{32};
  std::vector<RowShape> shapes_;
  std::vector<Overlay> overlays_;
  std::vector<const OverlayTarget*> shadows_;
  std::vector<Mock> mocks_;
  std::vector<Memory> memory_;
  std::vector<Saved> saved_;
  std::uint64_t next_overlay_id_ = 1;
  std::uint64_t base_id_ = 0;
  std::array<std::uint64_t, 2> stamps_ = {};  // of what is remembered now: for rules that no overlay changes, and for others

  std::uint64_t executed_ = 0;
  std::uint64_t next_check_ = 0;
  bool halted_ = false;
  Outcome outcome_;
  // Of a series.
  RunRequest documents_;
  std::optional<CallContext> series_context_;

  LabelTable* wanted_labels_ = nullptr;  // set: the loop gives its labels and runs nothing
  Trace* trace_ = nullptr;
  Watcher* watcher_ = nullptr;
  std::uint32_t failed_pc_ = kNoLabel;
  NoAnswer no_answer_;
  std::vector<Note> notes_;
  std::vector<std::vector<Note>> result_notes_;    // by frame depth
  std::vector<std::vector<Note>> remembered_notes_;  // by function
};

}  // namespace psdl
