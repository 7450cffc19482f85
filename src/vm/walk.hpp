// Paths made for the loop, beside Program::paths: most of what policies do is to look for a name below a value. In: a value and a step; out: what
// stands there, or null.
#pragma once

#include <array>

#include "bytecode/program.hpp"
#include "value/member.hpp"

namespace psdl {

// What becomes of what a slot has under a path, as one cell asks it after another.
enum class Asks : std::uint8_t { Value, Equal, Other, In, Member, Iter, Test, TestNot };

// A name to look for, with all that the first eight keys of an object are compared with ready in memory. An instruction has the steps of its path for
// itself, so that the first of them can say what else an object without the name spares.
struct alignas(16) WalkStep {
  std::array<KeyNumber, 8> wanted = {};  // the name's number, eight times; one that no key has for a name outside the table
  NameBits name = kAllNames;             // its bit; all of them for a name outside the table
  // Of the first step: an object with none of these names has no answer for this instruction, nor for `passed` others that would come next, and the loop
  // goes on `absent` bytes from here; without this step's name it goes on `lacks` bytes from here (threaded.hpp).
  NameBits chain = kAllNames;
  const PathStep* named = nullptr;
  std::int32_t absent = 0;
  std::int32_t lacks = 0;
  std::uint16_t passed = 0;
  Asks asks = Asks::Value;  // of the first step
  bool is_last = true;     // of its path
  bool is_stored = false;  // the path begins at a base document, which answers to more than one way of naming an element
  bool is_empty = false;   // stands for a path without steps

  // Of the empty path.
  WalkStep() : is_empty(true) { wanted.fill(static_cast<KeyNumber>(kNoKey - 1)); }
  explicit WalkStep(const PathStep& step) : named(&step) {
    static_assert(KeyTable::kMaxNames < kNoKey - 1);
    const bool is_numbered = step.number != kNoKey;
    if (is_numbered) name = name_bit(step.number);
    wanted.fill(is_numbered ? step.number : static_cast<KeyNumber>(kNoKey - 1));
  }

  // What `at` has under this step and those behind it.
  [[nodiscard]] __attribute__((always_inline)) const Value* find(const Value& at) const {
    const Value* from = &at;
    for (const WalkStep* step = this; from->is_object();) {
      const Value* const found = step->find_soon(from->as_object());
      if (found == nullptr) return step->lacks_name(from->as_object()) ? nullptr : step->find_beyond(*from);
      if (step->is_last) return found;
      from = found;
      ++step;
    }
    return find_beyond(at);
  }
  // The same for whatever it is.
  [[nodiscard]] __attribute__((noinline)) const Value* find_beyond(const Value& at) const {
    if (is_empty) return &at;
    const Value* from = &at;
    for (const WalkStep* step = this;; ++step) {
      const Value* next = from->is_object() ? step->find_soon(from->as_object()) : nullptr;
      if (next == nullptr) next = step->find_one(*from);
      if (next == nullptr || step->is_last) return next;
      from = next;
    }
  }
  // .. if it is among the first sixteen keys of an object; else null, which says nothing.
  [[nodiscard]] __attribute__((always_inline)) const Value* find_soon(const Object& object) const {
#if defined(__SSE2__)
    std::uint32_t hits = hits_among(object.numbers());
    if (hits != 0) [[likely]] return at_hit(object.values().data(), hits);
    if (object.size() > 8 && object.has_numbers()) {
      hits = hits_among(object.numbers() + 8);
      if (hits != 0) return at_hit(object.values().data() + 8, hits);
    }
#else
    static_cast<void>(object);
#endif
    return nullptr;
  }
  // Certain that the object does not have it; false says nothing.
  [[nodiscard]] bool lacks_name(const Object& object) const { return (object.names() & name) == 0; }
  // What `at` has under this step.
  [[nodiscard]] const Value* find_one(const Value& at) const {
    const Value* found = nullptr;
    if (at.is_object()) {
      if ((at.as_object().names() & name) != 0) found = find_in(at.as_object());
    } else if (at.is_set()) {
      found = at.as_set().find(named->name);
    }
    return found == nullptr && is_stored ? stored_member(at, named->name) : found;
  }

 private:
  [[nodiscard]] const Value* find_in(const Object& object) const {
#if defined(__SSE2__)
    // Beyond 128 keys there may be a shorter way.
    if (name != kAllNames && object.has_numbers() && object.size() <= 128) {
      for (std::uint32_t k = 0; k < object.size(); k += 8) {
        const std::uint32_t hits = hits_among(object.numbers() + k);
        if (hits != 0) return at_hit(object.values().data() + k, hits);
      }
      return nullptr;
    }
#endif
    return object.find_name(named->number, named->name.as_string());
  }
#if defined(__SSE2__)
  // Of eight numbers; a hit's bit is the place of its value in 8 bytes, as in Object::find_name.
  [[nodiscard]] __attribute__((always_inline)) std::uint32_t hits_among(const KeyNumber* numbers) const {
    const __m128i eight = _mm_loadu_si128(reinterpret_cast<const __m128i*>(numbers));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi16(eight, *reinterpret_cast<const __m128i*>(wanted.data()))));
  }
  [[nodiscard]] static const Value* at_hit(const Value* values, std::uint32_t hits) {
    return reinterpret_cast<const Value*>(reinterpret_cast<const char*>(values) + std::size_t{8} * static_cast<unsigned>(__builtin_ctz(hits)));
  }
#endif
};

}  // namespace psdl
