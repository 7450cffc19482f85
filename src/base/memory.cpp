// The allocator of the call that a thread is in.
#include "base/memory.hpp"

#include <new>

namespace psdl {
namespace {
// Null outside of a host's call, and again when that returns. The model of thread storage is the one that costs a load: this is in a shared library too.
[[gnu::tls_model("initial-exec")]] thread_local const Allocator* running = nullptr;
}  // namespace

RunningAllocator::RunningAllocator(const Allocator* allocator) : outer_(running) { running = allocator; }
RunningAllocator::~RunningAllocator() { running = outer_; }

void ReleaseMemory::operator()(std::byte* memory) const {
  if (release != nullptr) {
    release(context, memory, bytes);
  } else {
    ::operator delete(memory, bytes);
  }
}

Memory take_memory(std::size_t bytes) {
  const Allocator* const from = running;
  if (from == nullptr) return Memory(static_cast<std::byte*>(::operator new(bytes)), {nullptr, nullptr, bytes});
  auto* const memory = static_cast<std::byte*>(from->allocate(from->context, bytes));
  if (memory == nullptr) throw std::bad_alloc();
  return Memory(memory, {from->release, from->context, bytes});
}

}  // namespace psdl
