// Paths made for the loop, beside Program::paths: most of what policies do is to look for a name below a value. In: a value and a step; out: what
// stands there, or null.
#pragma once

#include <array>

#include "bytecode/program.hpp"

namespace psdl {

// A name to look for, with all that the first eight keys of an object are compared with ready in memory.
struct alignas(16) WalkStep {
  std::array<KeyNumber, 8> wanted = {};  // the name's number, eight times; one that no key has for a name outside the table
  std::uint32_t most = 0;                // a numbered object of at most so many keys that has none like `wanted` at its front has none at all
  const PathStep* named = nullptr;

  explicit WalkStep(const PathStep& step) : most(step.number != kNoKey ? 8 : 0), named(&step) {
    static_assert(KeyTable::kMaxNames < kNoKey - 1);
    wanted.fill(step.number != kNoKey ? step.number : static_cast<KeyNumber>(kNoKey - 1));
  }

  // What is rarer: objects with more keys or without numbers, sets.
  [[nodiscard]] __attribute__((noinline)) const Value* find_elsewhere(const Value& at) const {
    if (at.is_object()) {
      const Object& object = at.as_object();
#if defined(__SSE2__)
      // Behind the front; beyond 128 keys there may be a shorter way.
      if (most != 0 && object.numbers() != nullptr && object.size() <= 128) {
        for (std::uint32_t k = 8; k < object.size(); k += 8) {
          const std::uint32_t hits = hits_among(object.numbers() + k);
          if (hits != 0) return at_hit(object.values().data() + k, hits);
        }
        return nullptr;
      }
#endif
      return object.find_name(named->number, named->name.as_string());
    }
    return at.is_set() ? at.as_set().find(named->name) : nullptr;
  }
  [[nodiscard]] __attribute__((always_inline)) const Value* find(const Value& at) const {
#if defined(__SSE2__)
    if (at.is_object()) {
      const Object& object = at.as_object();
      if (object.numbers() != nullptr) {
        const std::uint32_t hits = hits_among(object.numbers());
        if (hits != 0) return at_hit(object.values().data(), hits);
        if (object.size() <= most) return nullptr;
      }
    }
#endif
    return find_elsewhere(at);
  }

 private:
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

// Steps stand in the order of Program::path_steps; a path is a range of them.
struct WalkPath {
  const WalkStep* begin = nullptr;
  const WalkStep* end = nullptr;
};

}  // namespace psdl
