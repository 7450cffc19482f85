// How a run begins and ends: alone (run), or as one of a series over the same documents (begin, next). In: a request; out: an outcome.
#include <algorithm>
#include <utility>

#include "vm/machine.hpp"
#include "vm/state.hpp"

namespace psdl {

Machine::Machine(std::shared_ptr<const Program> program, const Limits& limits) : state_(std::make_unique<State>(std::move(program), limits)) {}
Machine::~Machine() = default;
Outcome Machine::run(Arena& arena, const RunRequest& request) { return state_->run(arena, request); }
void Machine::begin(Arena& arena, const RunRequest& documents) { state_->begin(arena, documents); }
bool Machine::next(std::uint32_t function, std::span<const std::uint32_t> forgets, std::span<const GivenValue> given, Value& value) {
  return state_->next(function, forgets, given, value);
}
const EvalError& Machine::halt() const { return state_->halted(); }
const Program& Machine::program() const { return state_->program(); }

Machine::State::State(std::shared_ptr<const Program> program, const Limits& limits)
    : program_(std::move(program)), limits_(limits), memory_(program_->functions.size()) {
  for (std::size_t i = 0; i < memory_.size(); ++i) memory_[i].reads_overlaid = program_->functions[i].reads_overlaid;
  plain_code_ = thread_code<false>();
}

template <bool kTrace>
std::shared_ptr<const ThreadedCode> Machine::State::thread_code() {
  return (kTrace ? program_->threaded_for_twin : program_->threaded).get([this] {
    LabelTable labels = nullptr;
    wanted_labels_ = &labels;
    loop<kTrace, false>();
    wanted_labels_ = nullptr;
    return ThreadedCode::make(*program_, labels, kTrace);
  });
}

// What a run that was broken off has left open.
void Machine::State::clear_scopes() {
  sp_ = 0;
  frames_.clear();
  iterators_.clear();
  builders_.clear();
  shapes_.clear();
  overlays_.clear();
  shadows_.clear();
  mocks_.clear();
  saved_.clear();
  notes_.clear();
}

void Machine::State::start(Arena& arena, const RunRequest& request, CallContext& context) {
  context.print_sink = request.print_sink;
  arena_ = &arena;
  context_ = &context;
  trace_ = request.trace;
  watcher_ = request.watcher;
  outcome_ = Outcome{};
  halted_ = false;
  executed_ = 0;
  next_check_ = std::min<std::uint64_t>(limits_.check_interval, limits_.instructions);
  clear_scopes();
  seen_scans_.fill({});
  base_id_ = ++next_overlay_id_;
  stamps_ = {base_id_, base_id_};
  Overlay ground;
  ground.input = request.input;
  ground.data = request.data.is_defined() ? request.data : empty_object();
  ground.id = base_id_;
  overlays_.push_back(ground);
  code_ = plain_code_.get();
#ifndef PSDL_WITHOUT_TWIN
  if (trace_ != nullptr) {
    if (traced_code_ == nullptr) traced_code_ = thread_code<true>();
    code_ = traced_code_.get();
  }
#endif
  if (trace_ != nullptr) {
    trace_->notes.clear();
    trace_->yields.clear();
    remembered_notes_.resize(program_->functions.size());
    failed_pc_ = kNoLabel;
    no_answer_ = {};
  }
}

void Machine::State::begin(Arena& arena, const RunRequest& documents) {
  documents_ = documents;
  documents_.trace = nullptr;
  start(arena, documents_, series_context_.emplace(arena, limits_, documents_.facts, patterns_, documents_.cancel));
}

bool Machine::State::next(std::uint32_t function, std::span<const std::uint32_t> forgets, std::span<const GivenValue> given, Value& value) {
  if (executed_ >= limits_.check_interval || context_->budget().work() > 0) {  // each run has a budget of its own: most leave it untouched
    context_ = &series_context_.emplace(*arena_, limits_, documents_.facts, patterns_, documents_.cancel);
    context_->print_sink = documents_.print_sink;
  }
  const RunningBudget running(context_->budget());
  executed_ = 0;
  next_check_ = std::min<std::uint64_t>(limits_.check_interval, limits_.instructions);
  for (const std::uint32_t rule : forgets) memory_[rule].stamp = 0;
  for (const GivenValue& one : given) memory_[one.function] = {base_id_, one.value};
  if (!enter(function, 0, kNoLabel, false, 0)) return false;
  loop<false, false>();
  if (halted_ || context_->budget().end() != Budget::End::None || executed_ > limits_.instructions || arena_->over_limit()) {
    look_back(program_->functions[function].span);
    if (outcome_.halt.has_value()) return false;
  }
  value = outcome_.value;
  return true;
}

Outcome Machine::State::run(Arena& arena, const RunRequest& request) {
  CallContext context(arena, limits_, request.facts, patterns_, request.cancel);
  const RunningBudget running(context.budget());
  start(arena, request, context);
  if (!enter(request.function, 0, kNoLabel, false, 0)) {
    // halted already
  } else if (trace_ != nullptr) {
#ifndef PSDL_WITHOUT_TWIN
    request.watcher != nullptr ? loop<true, true>() : loop<true, false>();
#endif
  } else {
    loop<false, false>();
  }
  outcome_.instructions = executed_;
  look_back(program_->functions[request.function].span);
  if (outcome_.halt.has_value()) outcome_.value = Value();
  context_ = nullptr;
  return std::move(outcome_);
}

}  // namespace psdl
