// Names to numbers: a sorted list of names and a hash table over it.
#include "value/key_table.hpp"

#include <algorithm>

namespace psdl {

KeyTable::KeyTable(const std::vector<std::string_view>& names) {
  std::vector<std::string_view> kept;
  std::vector<std::string_view> sorted;
  kept.reserve(names.size());
  sorted = names;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  if (sorted.size() > kMaxNames) {  // the first kMaxNames different ones, in the caller's order
    std::vector<bool> taken(sorted.size(), false);
    for (const std::string_view name : names) {
      const auto at = static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), name) - sorted.begin());
      if (!taken[at] && kept.size() < kMaxNames) {
        taken[at] = true;
        kept.push_back(name);
      }
    }
    std::sort(kept.begin(), kept.end());
  } else {
    kept = std::move(sorted);
  }
  std::size_t bytes = 0;
  for (const std::string_view name : kept) bytes += name.size();
  bytes_.reserve(bytes);
  names_.reserve(kept.size());
  for (const std::string_view name : kept) {
    const std::size_t begin = bytes_.size();
    bytes_ += name;
    names_.emplace_back(bytes_.data() + begin, name.size());
  }
  std::size_t slots = 16;
  while (slots < names_.size() * 2) slots *= 2;
  slots_.assign(slots, kNoKey);
  mask_ = slots - 1;
  prefixes_.reserve(names_.size());
  for (std::size_t i = 0; i < names_.size(); ++i) {
    prefixes_.push_back(name_prefix(names_[i]));
    std::size_t at = hash(names_[i], prefixes_[i]) & mask_;
    while (slots_[at] != kNoKey) at = (at + 1) & mask_;
    slots_[at] = static_cast<KeyNumber>(i);
  }
}

}  // namespace psdl
