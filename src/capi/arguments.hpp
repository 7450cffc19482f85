// Structs and texts as hosts give them. In: pointers, lengths and sizes that may be anything; out: what they mean, or
// that they mean nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <string>
#include <vector>

#include "psdl/psdl.h"
#include "psdl/psdl.hpp"

namespace psdl::capi {

// A length beyond this is a negative number or worse.
inline constexpr std::size_t kMostBytes = PTRDIFF_MAX;
// No struct of ours comes near; a size beyond it is a struct that was not filled in.
inline constexpr std::size_t kMostStructBytes = 4096;

// False where there is a length and no text.
[[nodiscard]] inline bool read_bytes(const void* data, std::size_t length, std::string_view& out) {
  if (length > kMostBytes || (data == nullptr && length > 0)) return false;
  out = length == 0 ? std::string_view() : std::string_view(static_cast<const char*>(data), length);
  return true;
}
[[nodiscard]] bool is_utf8(std::string_view text);
// Names, messages and everything else that is shown.
[[nodiscard]] inline bool read_text(const char* data, std::size_t length, std::string_view& out) {
  return read_bytes(data, length, out) && is_utf8(out);
}
[[nodiscard]] inline bool read_text(const psdl_text& text, std::string_view& out) {
  return read_text(text.data, text.length, out);
}
[[nodiscard]] bool read_texts(const psdl_text* texts, std::size_t count, std::vector<std::string>& out);

[[nodiscard]] inline psdl_text as_text(std::string_view text) { return {text.data(), text.size()}; }

// A struct that begins with its size. Fields that it does not have are zero; false where it has some that we do not
// know and are not zero, or ends within one.
template <class T>
[[nodiscard]] bool read_struct(const void* given, std::size_t size, T& out) {
  if (size < sizeof(std::size_t) || size > kMostStructBytes || size % alignof(T) != 0) return false;
  if (size == sizeof(T)) {
    std::memcpy(static_cast<void*>(&out), given, sizeof(T));
    return true;
  }
  const auto* const bytes = static_cast<const unsigned char*>(given);
  if (size > sizeof(T) && !std::all_of(bytes + sizeof(T), bytes + size, [](unsigned char byte) { return byte == 0; }))
    return false;
  std::memset(static_cast<void*>(&out), 0, sizeof(T));
  std::memcpy(static_cast<void*>(&out), given, std::min(size, sizeof(T)));
  return true;
}
template <class T>
[[nodiscard]] bool read_struct(const T* given, T& out) {
  return given != nullptr && read_struct(given, given->size, out);
}
// The same where NULL stands for all zeros.
template <class T>
[[nodiscard]] bool read_options(const T* given, T& out) {
  if (given != nullptr) return read_struct(given, out);
  std::memset(static_cast<void*>(&out), 0, sizeof(T));
  return true;
}

// Whether there is a struct of the host's to fill in.
template <class T>
[[nodiscard]] bool is_writable(const T* out) {
  return out != nullptr && out->size >= sizeof(std::size_t) && out->size <= kMostStructBytes;
}
// Fills in as much as the host's struct has. What it has beyond ours is zero.
template <class T>
void write_struct(const T& from, T* out) {
  const std::size_t size = out->size;
  if (size > sizeof(T)) std::memset(static_cast<void*>(out), 0, size);
  std::memcpy(static_cast<void*>(out), &from, std::min(size, sizeof(T)));
  out->size = size;
}
// Zeros but for the size: what a failed call leaves.
template <class T>
void clear_struct(T* out) {
  const std::size_t size = out->size;
  std::memset(static_cast<void*>(out), 0, size);
  out->size = size;
}

// As EngineOptions::limits; false where a name cannot be read.
[[nodiscard]] bool read_limits(const psdl_limit* limits, std::size_t count,
                               std::vector<std::pair<std::string, std::uint64_t>>& out);
[[nodiscard]] std::optional<DocumentFormat> read_format(psdl_format format);
// Steps of a JSON pointer; false where it is none.
[[nodiscard]] bool read_pointer(std::string_view text, std::vector<std::string>& out);

}  // namespace psdl::capi
