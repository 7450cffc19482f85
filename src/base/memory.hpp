// Where the memory of arenas comes from: the host's allocator while a call of the host is on, else `new`.
//
//   RunningAllocator running(host);   // on this thread, until the end of the scope
//   Memory chunk = take_memory(4096); // goes back to where it came from, whatever is running then
#pragma once

#include <cstddef>
#include <memory>

namespace psdl {

// `allocate` gives memory aligned for every type, or null where there is none; `release` takes it back, from any thread. What `context` points to
// outlives all that was allocated.
struct Allocator {
  void* (*allocate)(void* context, std::size_t bytes) = nullptr;
  void (*release)(void* context, void* memory, std::size_t bytes) = nullptr;
  void* context = nullptr;
};

class RunningAllocator {
 public:
  // Null: `new`.
  explicit RunningAllocator(const Allocator* allocator);
  ~RunningAllocator();
  RunningAllocator(const RunningAllocator&) = delete;
  RunningAllocator& operator=(const RunningAllocator&) = delete;

 private:
  const Allocator* outer_;
};

struct ReleaseMemory {
  void (*release)(void* context, void* memory, std::size_t bytes) = nullptr;  // null: `delete`
  void* context = nullptr;
  std::size_t bytes = 0;
  void operator()(std::byte* memory) const;
};
using Memory = std::unique_ptr<std::byte, ReleaseMemory>;

// Throws std::bad_alloc.
[[nodiscard]] Memory take_memory(std::size_t bytes);

}  // namespace psdl
