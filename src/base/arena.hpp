// Memory that is given back all at once. In: sizes; out: bytes that live until reset() or the arena's end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/memory.hpp"

namespace psdl {

// A bump allocator over chunks that grow. One malloc costs as much as eight field lookups, so chunks are kept over reset() and a
// warm arena asks for none. Only trivially destructible things may live here: nothing is destroyed.
//
// Chunks come from the allocator of the call that this thread is in (memory.hpp); where it has none left, std::bad_alloc is thrown.
//
// The limit is soft: allocate() always answers, and over_limit() tells afterwards, so that builders need no failure path. Whoever
// is about to take much (a builtin that repeats a text) asks may_take() first; the VM looks at over_limit() at calls, and on back edges
// as often as at its budget.
class Arena {
 public:
  explicit Arena(std::size_t limit_bytes = SIZE_MAX) : limit_bytes_(limit_bytes) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&&) = delete;
  Arena& operator=(Arena&&) = delete;
  ~Arena() = default;

  // Never null. `align` is a power of two, at most 64.
  [[nodiscard]] void* allocate(std::size_t bytes, std::size_t align = 8) {
    std::uintptr_t at = (next_ + (align - 1)) & ~(static_cast<std::uintptr_t>(align) - 1);
    if (next_ == 0 || bytes > end_ - at || at > end_) return allocate_slow(bytes, align);
    next_ = at + bytes;
    return reinterpret_cast<void*>(at);
  }

  template <class T>
  [[nodiscard]] T* allocate_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
  }

  template <class T, class... A>
  [[nodiscard]] T* make(A&&... arguments) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (allocate(sizeof(T), alignof(T))) T{static_cast<A&&>(arguments)...};
  }

  // A copy of the text that lives as long as the arena's contents.
  [[nodiscard]] std::string_view copy(std::string_view text) {
    char* bytes = static_cast<char*>(allocate(text.size(), 1));
    if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }

  // Gives everything back and keeps the chunks.
  void reset();

  // Bytes handed out since reset(), chunk ends included.
  [[nodiscard]] std::size_t used_bytes() const;
  [[nodiscard]] std::size_t limit_bytes() const { return limit_bytes_; }
  void set_limit(std::size_t bytes) { limit_bytes_ = bytes; }
  // Counts what was handed out, not the chunks: a large first chunk that stays over reset() is no use by itself.
  [[nodiscard]] bool over_limit() const { return used_before_ - (end_ - next_) > limit_bytes_; }
  // Whether `bytes` more would stay within the limit.
  [[nodiscard]] bool may_take(std::size_t bytes) const {
    const std::size_t used = used_bytes();
    return used <= limit_bytes_ && bytes <= limit_bytes_ - used;
  }

 private:
  struct Chunk {
    Memory bytes;
    std::size_t size = 0;
  };

  void* allocate_slow(std::size_t bytes, std::size_t align);

  std::uintptr_t next_ = 0;  // 0: no chunk yet
  std::uintptr_t end_ = 0;
  std::size_t used_before_ = 0;  // sizes of all chunks entered since reset(), the current one included
  std::size_t current_ = 0;
  std::size_t limit_bytes_;
  std::vector<Chunk> chunks_;
};

}  // namespace psdl
