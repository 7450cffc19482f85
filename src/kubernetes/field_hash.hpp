// The hash by which a type's fields are found. In: a name; out: a slot that no other field of the type has. Shared with
// the program that packs the tables.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace psdl {

// A name's first and last bytes, overlapping where it is short: with the size they are the whole name up to 16 bytes.
struct NameWords {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

// Reads no byte beyond the name.
[[nodiscard]] inline NameWords name_words(const char* text, std::size_t size) {
  NameWords words;
  if (size >= 8) {
    std::memcpy(&words.first, text, 8);
    std::memcpy(&words.last, text + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(&words.first, text, 4);
    std::memcpy(&words.last, text + size - 4, 4);
  } else if (size > 0) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint64_t>(static_cast<unsigned char>(text[at])); };
    words.first = byte(0) | byte(size / 2) << 8U | byte(size - 1) << 16U;
  }
  return words;
}

// Of 2^(64 - shift) slots. `seed` was chosen so that the fields of one type get different ones.
[[nodiscard]] inline std::uint32_t name_slot(NameWords words, std::size_t size, std::uint64_t seed, unsigned shift) {
  return static_cast<std::uint32_t>(((words.first ^ std::rotl(words.last, 21) ^ size) * seed) >> shift);
}

}  // namespace psdl
