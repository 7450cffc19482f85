// Small pieces of Go's time package that its readers share. In: text; out: digits taken from it, or how messages show it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace psdl::go_text {

[[nodiscard]] inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] inline bool has_digit_at(std::string_view text, std::size_t at) { return at < text.size() && is_digit(text[at]); }

// Quotes as Go's time package does, which is not strconv: bytes outside ASCII and control characters as \x, nothing else by name.
[[nodiscard]] inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || byte < ' ') {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

// [0-9]*, at the front of the text, which is cut. Nothing on more than 2^63.
[[nodiscard]] inline std::optional<std::uint64_t> take_digits(std::string_view& text) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 63U;
  std::uint64_t number = 0;
  std::size_t at = 0;
  for (; has_digit_at(text, at); ++at) {
    if (number > kMost / 10) return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
    if (number > kMost) return std::nullopt;
  }
  text.remove_prefix(at);
  return number;
}

}  // namespace psdl::go_text
