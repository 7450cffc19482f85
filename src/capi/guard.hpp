// The one exception guard: what is thrown below a function of psdl.h ends here. In: the body of a call; out: its
// status.
#pragma once

#include <cfenv>
#include <exception>
#include <new>
#include <stdexcept>
#include <utility>

#include "base/memory.hpp"
#include "capi/handles.hpp"
#include "psdl/psdl.h"

namespace psdl::capi {

// A host may have another way of rounding: numbers of ours come out the same, and it finds its own again.
class RoundingToNearest {
 public:
  RoundingToNearest() : mode_(std::fegetround()) {
    if (mode_ != FE_TONEAREST) std::fesetround(FE_TONEAREST);
  }
  ~RoundingToNearest() {
    if (mode_ != FE_TONEAREST) std::fesetround(mode_);
  }
  RoundingToNearest(const RoundingToNearest&) = delete;
  RoundingToNearest& operator=(const RoundingToNearest&) = delete;

 private:
  int mode_;
};

// Arenas of the body take their memory from `allocator`; null: `new`.
template <class F>
psdl_status guarded(const Allocator* allocator, F&& body) noexcept {
  const RunningAllocator running(allocator);
  const RoundingToNearest rounding;
  try {
    return std::forward<F>(body)();
  } catch (const std::bad_alloc&) {
    return PSDL_OUT_OF_MEMORY;
  } catch (const std::length_error&) {  // a container that was asked for more than there can be
    return PSDL_OUT_OF_MEMORY;
  } catch (...) {
    return PSDL_INTERNAL;
  }
}

// A call on a handle that belongs to one thread at a time.
template <class T, class F>
psdl_status inside(const void* handle, F&& body) noexcept {
  const Entered<T> entered(handle);
  if (entered.status() != PSDL_OK) return entered.status();
  return guarded(entered->running(), [&] { return body(*entered); });
}

// A call on one that any thread may use.
template <class T, class F>
psdl_status with(const void* handle, F&& body) noexcept {
  const Pinned<T> pinned(handle);
  if (pinned.status() != PSDL_OK) return pinned.status();
  return guarded(pinned->running(), [&] { return body(*pinned); });
}

}  // namespace psdl::capi
