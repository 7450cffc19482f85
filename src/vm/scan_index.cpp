// Joins by hash. A filtered scan (`NextWhere`) over the same collection for the second time in an evaluation gets an index of its elements by the value
// under the filter's path: then a pass over n elements for each of m values costs n + m. The first scan builds none, for it may be the only one.
#include <bit>

#include "vm/state.hpp"

namespace psdl {

const Value* Machine::State::filtered_value(const Value& element, Path path) const {
  const Value* at = &element;
  const PathStep* step = program_->path_steps.data() + path.begin;
  for (const PathStep* const end = step + path.size; step != end && at != nullptr; ++step) {
    at = at->is_object() ? at->as_object().find_name(step->number, step->name.as_string()) : at->is_set() ? at->as_set().find(step->name) : nullptr;
  }
  return at;
}

// Null where the scan is to look at each element.
const Machine::State::ScanIndex* Machine::State::find_scan_index(const Iterator& from, std::uint32_t filter) {
  constexpr std::uint32_t kIndexFrom = 24;  // elements; below, looking at each is no slower
  if (from.size < kIndexFrom) return nullptr;
  for (SeenScan& seen : seen_scans_) {
    if (seen.values != from.values || seen.size != from.size || seen.filter != filter) continue;
    if (seen.index == nullptr) seen.index = make_scan_index(from, filter);
    return seen.index;
  }
  seen_scans_[next_seen_scan_] = {from.values, from.size, filter, nullptr};
  next_seen_scan_ = (next_seen_scan_ + 1) % static_cast<std::uint32_t>(seen_scans_.size());
  return nullptr;
}

const Machine::State::ScanIndex* Machine::State::make_scan_index(const Iterator& from, std::uint32_t filter) {
  ScanIndex* made = arena_->make<ScanIndex>();
  const std::size_t buckets = std::bit_ceil(std::size_t{from.size});
  std::uint32_t* heads = arena_->allocate_array<std::uint32_t>(buckets);
  std::uint32_t* next = arena_->allocate_array<std::uint32_t>(from.size);
  const Value** keys = arena_->allocate_array<const Value*>(from.size);
  std::fill(heads, heads + buckets, 0);
  const Path path = program_->paths[program_->filters[filter].path];
  for (std::uint32_t i = from.size; i-- > 0;) {  // from the last, so that chains run forward
    keys[i] = filtered_value(from.values[i], path);
    if (keys[i] == nullptr) continue;
    std::uint32_t& head = heads[hash(*keys[i]) & (buckets - 1)];
    next[i] = head;
    head = i + 1;
  }
  executed_ += from.size;
  *made = {heads, next, keys, buckets - 1};
  return made;
}

}  // namespace psdl
