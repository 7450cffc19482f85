// The table of slots: chunks that double, and a list of free ones without a lock.
#include "capi/handles.hpp"

#include <bit>

namespace psdl::capi {

Slot first_chunk[kFirstChunk];

namespace {

constexpr unsigned kChunks = kSlotBits - 7;

std::atomic<Slot*> chunks[kChunks] = {first_chunk};
std::atomic<std::uint32_t> used_slots{0};
// | changes 32 | number + 1 of the first free slot 32 |; the changes keep a slot that went and came back from being
// taken for unmoved.
std::atomic<std::uint64_t> free_slots{0};

// Chunk k has the slots from kFirstChunk * (2^k - 1) on.
unsigned chunk_of(std::uint32_t number) { return static_cast<unsigned>(std::bit_width(number / kFirstChunk + 1) - 1); }
std::uint32_t first_of(unsigned chunk) { return kFirstChunk * ((std::uint32_t{1} << chunk) - 1); }

void make_chunk(unsigned chunk) {
  if (chunks[chunk].load(std::memory_order_acquire) != nullptr) return;
  Slot* const made = new Slot[std::size_t{kFirstChunk} << chunk];
  Slot* expected = nullptr;
  if (!chunks[chunk].compare_exchange_strong(expected, made, std::memory_order_acq_rel)) delete[] made;
}

bool take_free(std::uint32_t& number) {
  std::uint64_t head = free_slots.load(std::memory_order_acquire);
  for (;;) {
    const auto first = static_cast<std::uint32_t>(head);
    if (first == 0) return false;
    const std::uint32_t next = slot_at(first - 1)->next_free.load(std::memory_order_relaxed);
    const std::uint64_t changed = ((head >> 32U) + 1) << 32U | next;
    if (!free_slots.compare_exchange_weak(head, changed, std::memory_order_acq_rel, std::memory_order_acquire))
      continue;
    number = first - 1;
    return true;
  }
}

void give_free(std::uint32_t number) {
  std::uint64_t head = free_slots.load(std::memory_order_relaxed);
  for (;;) {
    slot_at(number)->next_free.store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
    const std::uint64_t changed = ((head >> 32U) + 1) << 32U | (number + 1);
    if (free_slots.compare_exchange_weak(head, changed, std::memory_order_acq_rel, std::memory_order_relaxed)) return;
  }
}

std::uint32_t take_slot() {
  std::uint32_t number = 0;
  if (take_free(number)) return number;
  number = used_slots.load(std::memory_order_relaxed);
  do {
    if (number >= kMostSlots) throw std::bad_alloc();
    make_chunk(chunk_of(number));
  } while (!used_slots.compare_exchange_weak(number, number + 1, std::memory_order_acq_rel));
  return number;
}

}  // namespace

Slot* slot_beyond(std::uint32_t number) {
  const unsigned chunk = chunk_of(number);
  if (chunk >= kChunks) return nullptr;
  Slot* const slots = chunks[chunk].load(std::memory_order_acquire);
  return slots == nullptr ? nullptr : slots + (number - first_of(chunk));
}

std::uint64_t publish(HandleKind kind, HandleObject* object, Memory place) {
  const std::uint32_t number = take_slot();
  Slot& slot = *slot_at(number);
  slot.object = object;
  slot.number = number;
  slot.release = place.get_deleter();
  static_cast<void>(place.release());  // the object begins where its place does
  slot.generation = (slot.generation + 1) & ((std::uint64_t{1} << kGenerationBits) - 1);
  slot.epoch.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t token = kMark | slot.generation << (kKindBits + kSlotBits) | std::uint64_t{number} << kKindBits |
                              static_cast<std::uint64_t>(kind);
  slot.pins.store(1, std::memory_order_release);
  slot.key.store(token, std::memory_order_release);
  return token;
}

void unpin(Slot& slot) {
  if (slot.pins.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  HandleObject* const object = std::exchange(slot.object, nullptr);
  const ReleaseMemory release = slot.release;
  const std::uint32_t number = slot.number;
  {
    const Allocator memory = object->memory();
    const RunningAllocator running(memory.allocate != nullptr ? &memory : nullptr);
    auto* const place = static_cast<std::byte*>(dynamic_cast<void*>(object));
    object->~HandleObject();
    release(place);
  }
  give_free(number);
}

psdl_status end_handle(HandleKind kind, const void* handle) {
  if (handle == nullptr) return PSDL_OK;
  const std::uint64_t token = token_of(handle);
  Slot* const slot = kind_of(token) == kind ? find_slot(token) : nullptr;
  if (slot == nullptr) return PSDL_BAD_HANDLE;
  std::uint64_t expected = token;
  if (!slot->key.compare_exchange_strong(expected, 0, std::memory_order_acq_rel, std::memory_order_relaxed)) {
    return expected == (token | kBusy) ? PSDL_BUSY : PSDL_BAD_HANDLE;
  }
  slot->epoch.fetch_add(1, std::memory_order_relaxed);
  unpin(*slot);
  return PSDL_OK;
}

}  // namespace psdl::capi
