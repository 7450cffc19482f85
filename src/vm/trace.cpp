// What the tracing twin notes. In: values that tests and reads met; out: notes in the order of evaluation, cut back where evaluation backtracks.
#include <algorithm>
#include <iterator>

#include "vm/state.hpp"

namespace psdl {

void Machine::State::note(Note::Kind kind, std::uint32_t origin, std::string_view missing, std::uint8_t flags) {
  if (origin == 0 || origin >= Value::kFirstDataOrigin) return;
  notes_.push_back({kind, (flags & Instruction::kInNegation) != 0, (flags & Instruction::kInHead) != 0, origin, missing});
}

// The entry rule yielded a value: what was read on the way belongs to it, but not what only its text is made of.
void Machine::State::note_yield(const Value& value) {
  const auto begin = static_cast<std::uint32_t>(trace_->notes.size());
  std::copy_if(notes_.begin(), notes_.end(), std::back_inserter(trace_->notes), [](const Note& note) { return !note.in_head; });
  trace_->yields.push_back({value, begin, static_cast<std::uint32_t>(trace_->notes.size()), frames_.back().body});
}

// Whether a function found something in the document to hold.
bool Machine::State::has_tests_since(std::uint32_t mark) const {
  return std::any_of(notes_.begin() + mark, notes_.end(), [](const Note& note) {
    return note.kind == Note::Kind::Test || (note.kind == Note::Kind::Miss && note.negated);
  });
}

// A later body of the same function will cut notes_ back; what its first success read must outlast that.
void Machine::State::keep_result_notes() {
  const std::size_t depth = frames_.size();
  if (result_notes_.size() <= depth) result_notes_.resize(depth + 1);
  result_notes_[depth].assign(notes_.begin() + frames_.back().notes_mark, notes_.end());
}

// The document node that a computed value stands for in the twin: its own, or that of the last element read from the document.
std::uint32_t Machine::State::standing_origin(const Value& value) {
  if (value.origin() != 0) return value.origin() < Value::kFirstDataOrigin ? value.origin() : 0;
  if (value.is_array() && value.length() > 0) return standing_origin(value.as_array().back());
  return 0;
}

std::uint32_t Machine::State::last_origin(const Value* values, std::size_t count) {
  for (std::size_t i = count; i-- > 0;) {
    const std::uint32_t origin = standing_origin(values[i]);
    if (origin != 0) return origin;
  }
  return 0;
}

}  // namespace psdl
