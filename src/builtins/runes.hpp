// Code points in texts, read as Go reads them. In: bytes that may be no UTF-8; out: runes, U+FFFD for each byte that begins none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace psdl {

inline constexpr char32_t kRuneError = 0xFFFD;

struct Rune {
  char32_t value = 0;
  std::uint32_t size = 0;  // bytes read; 1 with kRuneError where they are no UTF-8
};

// Never called at the end of the text.
[[nodiscard]] inline Rune decode_rune(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t left = text.size() - at;
  const auto follows = [&](std::size_t i, std::uint8_t low, std::uint8_t high) { return left > i && byte(i) >= low && byte(i) <= high; };
  if (lead >= 0xC2 && lead <= 0xDF && follows(1, 0x80, 0xBF)) return {(lead & 0x1FU) << 6U | (byte(1) & 0x3FU), 2};
  if ((lead & 0xF0U) == 0xE0 && follows(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) && follows(2, 0x80, 0xBF)) {
    return {(lead & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU), 3};
  }
  if (lead >= 0xF0 && lead <= 0xF4 && follows(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF)) {
    return {(lead & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U | (byte(3) & 0x3FU), 4};
  }
  return {kRuneError, 1};
}

// Writes 1 to 4 bytes and returns how many; what is no code point is written as U+FFFD.
inline std::size_t encode_rune(char* out, char32_t rune) {
  if (rune > 0x10FFFF || (rune >= 0xD800 && rune <= 0xDFFF)) rune = kRuneError;
  if (rune < 0x80) {
    out[0] = static_cast<char>(rune);
    return 1;
  }
  if (rune < 0x800) {
    out[0] = static_cast<char>(0xC0U | rune >> 6U);
    out[1] = static_cast<char>(0x80U | (rune & 0x3FU));
    return 2;
  }
  if (rune < 0x10000) {
    out[0] = static_cast<char>(0xE0U | rune >> 12U);
    out[1] = static_cast<char>(0x80U | (rune >> 6U & 0x3FU));
    out[2] = static_cast<char>(0x80U | (rune & 0x3FU));
    return 3;
  }
  out[0] = static_cast<char>(0xF0U | rune >> 18U);
  out[1] = static_cast<char>(0x80U | (rune >> 12U & 0x3FU));
  out[2] = static_cast<char>(0x80U | (rune >> 6U & 0x3FU));
  out[3] = static_cast<char>(0x80U | (rune & 0x3FU));
  return 4;
}

[[nodiscard]] inline bool is_ascii(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080'8080'8080'8080ULL) != 0) return false;
  }
  for (; at < text.size(); ++at) {
    if (static_cast<std::uint8_t>(text[at]) >= 0x80) return false;
  }
  return true;
}

[[nodiscard]] inline std::size_t count_runes(std::string_view text) {
  if (is_ascii(text)) return text.size();
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += decode_rune(text, at).size) ++count;
  return count;
}

// The byte at which rune number `index` begins; the text's size where there are fewer.
[[nodiscard]] inline std::size_t rune_offset(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; index > 0 && at < text.size(); --index) at += decode_rune(text, at).size;
  return at;
}

}  // namespace psdl
