// Chunks of the bump allocator.
#include "base/arena.hpp"

#include <algorithm>

namespace psdl {
namespace {
constexpr std::size_t kFirstChunk = 16 * 1024;
constexpr std::size_t kLargestGrowth = 4 * 1024 * 1024;
}  // namespace

void* Arena::allocate_slow(std::size_t bytes, std::size_t align) {
  const std::size_t need = bytes + align;
  std::size_t index = next_ == 0 ? 0 : current_ + 1;
  while (index < chunks_.size() && chunks_[index].size < need) ++index;
  if (index >= chunks_.size()) {
    const std::size_t grown = chunks_.empty() ? kFirstChunk : std::min(chunks_.back().size * 2, kLargestGrowth);
    const std::size_t size = std::max(grown, need);
    chunks_.push_back({take_memory(size), size});
    index = chunks_.size() - 1;
  }
  current_ = index;
  used_before_ += chunks_[index].size;
  next_ = reinterpret_cast<std::uintptr_t>(chunks_[index].bytes.get());
  end_ = next_ + chunks_[index].size;
  const std::uintptr_t at = (next_ + (align - 1)) & ~(static_cast<std::uintptr_t>(align) - 1);
  next_ = at + bytes;
  return reinterpret_cast<void*>(at);
}

void Arena::reset() {
  current_ = 0;
  if (chunks_.empty()) return;
  next_ = reinterpret_cast<std::uintptr_t>(chunks_.front().bytes.get());
  end_ = next_ + chunks_.front().size;
  used_before_ = chunks_.front().size;
}

std::size_t Arena::used_bytes() const { return next_ == 0 ? 0 : used_before_ - (end_ - next_); }

}  // namespace psdl
