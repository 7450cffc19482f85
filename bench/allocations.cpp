// A counter under glibc's allocator, so that what libraries allocate is seen too. In: every call of this program; out: how
// many there were while counting. It is off in timed batches: then a call pays one relaxed load.
#include <atomic>
#include <cerrno>
#include <cstddef>

#include "measure.hpp"

namespace {

std::atomic<bool> counting{false};
std::atomic<std::uint64_t> calls{0};

void count() {
  if (counting.load(std::memory_order_relaxed)) calls.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t items, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t align, std::size_t size);

// Visible, so that shared libraries are counted as well.
[[gnu::visibility("default")]] void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
[[gnu::visibility("default")]] void* calloc(std::size_t items, std::size_t size) {
  count();
  return __libc_calloc(items, size);
}
[[gnu::visibility("default")]] void* realloc(void* old, std::size_t size) {
  count();
  return __libc_realloc(old, size);
}
[[gnu::visibility("default")]] void* aligned_alloc(std::size_t align, std::size_t size) {
  count();
  return __libc_memalign(align, size);
}
[[gnu::visibility("default")]] int posix_memalign(void** made, std::size_t align, std::size_t size) {
  count();
  *made = __libc_memalign(align, size);
  return *made == nullptr ? ENOMEM : 0;
}
}

namespace psdl::bench {

void start_counting() {
  calls.store(0, std::memory_order_relaxed);
  counting.store(true, std::memory_order_relaxed);
}

std::uint64_t stop_counting() {
  counting.store(false, std::memory_order_relaxed);
  return calls.load(std::memory_order_relaxed);
}

}  // namespace psdl::bench
