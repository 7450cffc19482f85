// What the tracing twin notes. In: values that tests and reads met; out: notes in the order of evaluation, cut back where evaluation backtracks.
#include "vm/state.hpp"

namespace psdl {

void Machine::State::note(Note::Kind kind, std::uint32_t origin, std::string_view missing, bool negated) {
  if (origin == 0 || origin >= Value::kFirstDataOrigin) return;
  notes_.push_back({kind, negated, origin, missing});
}

// The entry rule yielded a value: what was read on the way belongs to it.
void Machine::State::note_yield(const Value& value) {
  const auto begin = static_cast<std::uint32_t>(trace_->notes.size());
  trace_->notes.insert(trace_->notes.end(), notes_.begin(), notes_.end());
  trace_->yields.push_back({value, begin, static_cast<std::uint32_t>(trace_->notes.size()), frames_.back().body});
}

// A later body of the same function will cut notes_ back; what its first success read must outlast that.
void Machine::State::keep_result_notes() {
  const std::size_t depth = frames_.size();
  if (result_notes_.size() <= depth) result_notes_.resize(depth + 1);
  result_notes_[depth].assign(notes_.begin() + frames_.back().notes_mark, notes_.end());
}

}  // namespace psdl
