// Values written as whoever copies them next reads them. In: a value made in registers; out: it in memory, by one store of its 16 bytes.
//
// The compiler writes such a value as two words, and the next instruction's copy, one load of 16 bytes, must then wait until both have left the store
// buffer: a dozen cycles, for every result that goes from the operand stack into a slot or a builder. A seventh of the time of policies that make texts.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "value/value.hpp"

namespace psdl {

[[gnu::always_inline]] inline void place(Value& at, const Value& made) {
#if defined(__SSE2__)
  static_assert(sizeof(Value) == sizeof(__m128i));
  const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(made);
  const __m128i low = _mm_cvtsi64_si128(static_cast<long long>(words[0]));
  const __m128i high = _mm_cvtsi64_si128(static_cast<long long>(words[1]));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(&at), _mm_unpacklo_epi64(low, high));
#else
  at = made;
#endif
}

}  // namespace psdl
