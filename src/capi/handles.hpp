// What stands behind the pointers that hosts hold. In: an object; out: a token that names it until it is freed, and is
// found out afterwards.
//
// A token is no address: it is the number of a slot, the kind of the handle and how often the slot was given out. Slots
// are never taken away, so any bits at all can be looked up: what was freed, is of another kind or was made up does not
// equal the slot's key. This table is the one thing that outlives all handles; it has no lock, and no evaluation writes
// to it but in the slots of its own handles.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <thread>
#include <utility>

#include "base/memory.hpp"
#include "psdl/psdl.h"

namespace psdl::capi {

enum class HandleKind : std::uint8_t { None, Compiler, Policy, Query, Data, Evaluator, Result, Builder, Call };

// An object with a handle. `memory` is the host's, null functions where it gave none.
class HandleObject {
 public:
  explicit HandleObject(const Allocator& memory) : memory_(memory) {}
  virtual ~HandleObject() = default;
  HandleObject(const HandleObject&) = delete;
  HandleObject& operator=(const HandleObject&) = delete;

  [[nodiscard]] const Allocator& memory() const { return memory_; }
  // For RunningAllocator.
  [[nodiscard]] const Allocator* running() const { return memory_.allocate != nullptr ? &memory_ : nullptr; }

 private:
  Allocator memory_;
};

// One cache line, so that evaluators of two threads do not meet.
struct alignas(64) Slot {
  // The token while the handle lives, with kBusy while somebody is inside; 0 otherwise.
  std::atomic<std::uint64_t> key{0};
  // 1 for the handle itself, 1 for each call that uses it without being inside. The last one destroys the object.
  std::atomic<std::uint32_t> pins{0};
  std::atomic<std::uint32_t> next_free{0};
  // Which contents the handle has: values that were taken from earlier ones are found out.
  std::atomic<std::uint64_t> epoch{0};
  std::uint64_t generation = 0;
  HandleObject* object = nullptr;
  std::uint32_t number = 0;
  ReleaseMemory release;  // of the object's place; handles that are alive when the program ends stay so
};

// A token, low to high:  | kind 4 | slot 24 | generation 34 | busy 1 | one 1 |
//
// The highest bit makes it no address that a program could have. Where pointers have 32 bits the slot has 20 and the
// generation 8.
inline constexpr bool kIsWide = sizeof(void*) == 8;
inline constexpr unsigned kKindBits = 4;
inline constexpr unsigned kSlotBits = kIsWide ? 24 : 20;
inline constexpr unsigned kGenerationBits = kIsWide ? 34 : 8;
inline constexpr std::uint64_t kMark = kIsWide ? std::uint64_t{1} << 63U : 0;
inline constexpr std::uint64_t kBusy = std::uint64_t{1} << 62U;
inline constexpr std::uint32_t kMostSlots = (std::uint32_t{1} << kSlotBits) - 1;

// The slots that are there from the beginning. Few hosts need more, and every call looks for one: nothing is called for
// it.
inline constexpr std::uint32_t kFirstChunk = 256;
extern Slot first_chunk[kFirstChunk];

[[nodiscard]] inline HandleKind kind_of(std::uint64_t token) {
  return static_cast<HandleKind>(token & ((1U << kKindBits) - 1));
}
[[nodiscard]] inline std::uint32_t slot_number(std::uint64_t token) {
  return static_cast<std::uint32_t>(token >> kKindBits) & kMostSlots;
}
[[nodiscard]] Slot* slot_beyond(std::uint32_t number);
[[nodiscard]] inline Slot* slot_at(std::uint32_t number) {
  return number < kFirstChunk ? first_chunk + number : slot_beyond(number);
}
// Null where the bits name no slot.
[[nodiscard]] inline Slot* find_slot(std::uint64_t token) {
  // Of the bits that no token has, busy is the one that a key may have.
  return (token & (kMark | kBusy)) == kMark ? slot_at(slot_number(token)) : nullptr;
}
// Ends what values of the contents so far are good for. The caller is inside the handle, so nobody else writes it.
inline void begin_epoch(Slot& slot) {
  slot.epoch.store(slot.epoch.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

// Takes the object over. Throws std::bad_alloc where there is no slot.
[[nodiscard]] std::uint64_t publish(HandleKind kind, HandleObject* object, Memory place);
// Counts one user less; the last one destroys.
void unpin(Slot& slot);
// Ends the handle. PSDL_BUSY while somebody is inside.
[[nodiscard]] psdl_status end_handle(HandleKind kind, const void* handle);

[[nodiscard]] inline std::uint64_t token_of(const void* handle) { return reinterpret_cast<std::uintptr_t>(handle); }

// Makes an object in the memory of its allocator and gives it a handle.
template <class T, class... A>
std::uint64_t make_handle(const Allocator& memory, A&&... arguments) {
  const RunningAllocator running(memory.allocate != nullptr ? &memory : nullptr);
  Memory place = take_memory(sizeof(T));
  T* const object = new (place.get()) T(memory, std::forward<A>(arguments)...);
  try {
    return publish(T::kKind, object, std::move(place));
  } catch (...) {
    object->~T();
    throw;
  }
}

// Being inside a handle that belongs to one thread at a time, for the length of a call. status() first.
template <class T>
class Entered {
 public:
  explicit Entered(const void* handle) : token_(token_of(handle)) {
    slot_ = kind_of(token_) == T::kKind ? find_slot(token_) : nullptr;
    if (slot_ == nullptr) return;
    std::uint64_t expected = token_;
    if (slot_->key.compare_exchange_strong(expected, token_ | kBusy, std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
      status_ = PSDL_OK;
    } else {
      if (expected == (token_ | kBusy)) status_ = PSDL_BUSY;
      slot_ = nullptr;
    }
  }
  ~Entered() {
    if (slot_ != nullptr) slot_->key.store(token_, std::memory_order_release);
  }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

  [[nodiscard]] psdl_status status() const { return status_; }
  [[nodiscard]] T& operator*() const { return static_cast<T&>(*slot_->object); }
  [[nodiscard]] T* operator->() const { return &**this; }
  [[nodiscard]] Slot& slot() const { return *slot_; }

 private:
  std::uint64_t token_;
  Slot* slot_;
  psdl_status status_ = PSDL_BAD_HANDLE;
};

// Being inside a handle of ours that a host's threads may be inside for a moment: it waits until they have left. No call
// of theirs waits for another one.
template <class T>
class Held {
 public:
  explicit Held(const void* handle) : token_(token_of(handle)), slot_(*find_slot(token_)) {
    std::uint64_t expected = token_;
    while (!slot_.key.compare_exchange_weak(expected, token_ | kBusy, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
      expected = token_;
      std::this_thread::yield();
    }
  }
  ~Held() { slot_.key.store(token_, std::memory_order_release); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  [[nodiscard]] T* operator->() const { return static_cast<T*>(slot_.object); }
  [[nodiscard]] Slot& slot() const { return slot_; }

 private:
  std::uint64_t token_;
  Slot& slot_;
};

// The use of a handle that never changes, or of its parts that any thread may touch: it lives at least until the end of
// the call.
template <class T>
class Pinned {
 public:
  explicit Pinned(const void* handle) {
    const std::uint64_t token = token_of(handle);
    Slot* const slot = kind_of(token) == T::kKind ? find_slot(token) : nullptr;
    if (slot == nullptr) return;
    std::uint32_t pins = slot->pins.load(std::memory_order_relaxed);
    do {
      if (pins == 0) return;
    } while (!slot->pins.compare_exchange_weak(pins, pins + 1, std::memory_order_acquire, std::memory_order_relaxed));
    if ((slot->key.load(std::memory_order_acquire) & ~kBusy) != token) {
      unpin(*slot);
      return;
    }
    slot_ = slot;
  }
  ~Pinned() {
    if (slot_ != nullptr) unpin(*slot_);
  }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

  [[nodiscard]] psdl_status status() const { return slot_ != nullptr ? PSDL_OK : PSDL_BAD_HANDLE; }
  [[nodiscard]] T& operator*() const { return static_cast<T&>(*slot_->object); }
  [[nodiscard]] T* operator->() const { return &**this; }

 private:
  Slot* slot_ = nullptr;
};

}  // namespace psdl::capi
