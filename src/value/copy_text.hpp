// Putting texts together. In: room that the caller has counted; out: its end. Pieces of messages are mostly shorter than a call of memcpy costs.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace psdl {

[[nodiscard, gnu::always_inline]] inline char* copy_text(char* to, std::string_view text) {
  const std::size_t size = text.size();
  const char* const from = text.data();
  // Up to twice a word in two words that may overlap.
  const auto ends = [&](auto word) {
    std::memcpy(&word, from, sizeof word);
    std::memcpy(to, &word, sizeof word);
    std::memcpy(&word, from + size - sizeof word, sizeof word);
    std::memcpy(to + size - sizeof word, &word, sizeof word);
  };
  if (size < 4) {
    if (size == 0) return to;
    const char middle = from[size / 2];
    const char last = from[size - 1];
    to[0] = from[0];
    to[size / 2] = middle;
    to[size - 1] = last;
  } else if (size < 8) {
    ends(std::uint32_t{});
  } else if (size <= 16) {
    ends(std::uint64_t{});
  } else if (size <= 32) {
    ends(std::array<std::uint64_t, 2>{});
  } else if (size <= 64) {
    ends(std::array<std::uint64_t, 4>{});
  } else {
    std::memcpy(to, from, size);
  }
  return to + size;
}

}  // namespace psdl
