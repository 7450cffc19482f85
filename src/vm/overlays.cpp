// `with`: input, data and functions replaced for the length of one expression. In: the values of an overlay; out: documents with those values put in.
#include "value/member.hpp"
#include "vm/state.hpp"

namespace psdl {

bool Machine::State::push_overlay(const OverlaySpec& spec, const Value* values) {
  Overlay made = overlays_.back();
  made.id = ++next_overlay_id_;
  made.saved_begin = static_cast<std::uint32_t>(saved_.size());
  made.shadows_begin = static_cast<std::uint32_t>(shadows_.size());
  for (const OverlayTarget& target : spec.targets) {
    const Value value = target.has_value ? *values++ : Value();
    switch (target.kind) {
      case OverlayTarget::Kind::Input:
        made.input = upsert(*arena_, program_->keys.get(), made.input, target.path, value);
        break;
      case OverlayTarget::Kind::Data:
        made.data = upsert(*arena_, program_->keys.get(), made.data, target.path, value);
        shadows_.push_back(&target);
        break;
      case OverlayTarget::Kind::Mock:
        mocks_.push_back({target.mock, &target, value});
        break;
    }
  }
  made.mocks_end = static_cast<std::uint32_t>(mocks_.size());
  overlays_.push_back(made);
  stamps_[1] = made.id;
  return !arena_->over_limit();
}

// The body of a replacement sees the originals of everything that was replaced.
void Machine::State::push_mockless_overlay() {
  Overlay made = overlays_.back();
  made.id = ++next_overlay_id_;
  made.saved_begin = static_cast<std::uint32_t>(saved_.size());
  made.shadows_begin = static_cast<std::uint32_t>(shadows_.size());
  made.mocks_begin = made.mocks_end;
  overlays_.push_back(made);
  stamps_[1] = made.id;
}

void Machine::State::pop_overlay() {
  const Overlay leaving = overlays_.back();
  overlays_.pop_back();
  stamps_[1] = overlays_.back().id;
  while (saved_.size() > leaving.saved_begin) {
    memory_[saved_.back().function] = saved_.back().memory;
    saved_.pop_back();
  }
  shadows_.resize(leaving.shadows_begin);
  mocks_.resize(overlays_.back().mocks_end);
}

// Whether an overlay stands at or above the rule: then its value is what the replaced data has there.
bool Machine::State::find_shadow(const Function& function, Value& value) const {
  const std::vector<Value>& at = program_->data_paths[function.data_path];
  for (std::size_t i = shadows_.size(); i-- > 0;) {
    const std::vector<Value>& over = shadows_[i]->path;
    bool covers = over.size() <= at.size();
    for (std::size_t k = 0; covers && k < over.size(); ++k) covers = equal(over[k], at[k]);
    if (!covers) continue;
    const Value* found = &overlays_.back().data;
    for (const Value& key : at) {
      found = found->is_object() ? found->as_object().find(key) : nullptr;
      if (found == nullptr) break;
    }
    value = found != nullptr ? *found : Value();
    return true;
  }
  return false;
}

const Machine::State::Mock* Machine::State::find_mock(std::uint32_t entry) const {
  const Overlay& over = overlays_.back();
  for (std::size_t i = over.mocks_end; i-- > over.mocks_begin;) {
    if (mocks_[i].entry == entry) return &mocks_[i];
  }
  return nullptr;
}

// Rules win over base documents of the same name; base documents that no rule names stay.
Value Machine::State::merge_base(const Value& over, std::span<const Value> path) {
  const Value* base = &overlays_.back().data;
  for (const Value& key : path) {
    base = base->is_object() ? base->as_object().find(key) : nullptr;
    if (base == nullptr) return over;
  }
  if (!base->is_object() || !over.is_object()) return over;
  const Object& rules = over.as_object();
  const Object& documents = base->as_object();
  if (rules.size() == 0) return *base;
  if (documents.size() == 0) return over;
  ObjectBuilder made(*arena_, program_->keys.get());
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (rules.find(documents.keys()[i]) == nullptr) made.add(documents.keys()[i], documents.values()[i]);
  }
  for (std::size_t i = 0; i < rules.size(); ++i) made.add(rules.keys()[i], rules.values()[i]);
  return made.finish();
}

}  // namespace psdl
