// Characters of policy text. In: UTF-8; out: code points, unescaped strings, OPA's rows and columns.
#include "syntax/text.hpp"

#include <utf8proc.h>

#include <algorithm>

namespace psdl::text {

Decoded decode(std::string_view characters, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(characters[at + i]); };
  const std::size_t left = characters.size() - at;
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::uint32_t size = lead >= 0xF0 ? 4 : (lead >= 0xE0 ? 3 : 2);
  if (lead < 0xC2 || lead > 0xF4 || left < size) return {};
  char32_t rune = lead & (0x7FU >> size);
  for (std::uint32_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    rune = (rune << 6U) | (byte(i) & 0x3FU);
  }
  const bool overlong = (size == 3 && rune < 0x800) || (size == 4 && rune < 0x10000);
  if (overlong || (rune >= 0xD800 && rune <= 0xDFFF) || rune > 0x10FFFF) return {};
  return {rune, size, true};
}

void append_utf8(std::string& out, char32_t rune) {
  if (rune < 0x80) {
    out.push_back(static_cast<char>(rune));
    return;
  }
  const auto tail = [&](unsigned shift) { out.push_back(static_cast<char>(0x80U | ((rune >> shift) & 0x3FU))); };
  if (rune < 0x800) {
    out.push_back(static_cast<char>(0xC0U | (rune >> 6U)));
  } else if (rune < 0x10000) {
    out.push_back(static_cast<char>(0xE0U | (rune >> 12U)));
    tail(6);
  } else {
    out.push_back(static_cast<char>(0xF0U | (rune >> 18U)));
    tail(12);
    tail(6);
  }
  tail(0);
}

bool is_decimal_digit(char32_t rune) { return utf8proc_category(static_cast<utf8proc_int32_t>(rune)) == UTF8PROC_CATEGORY_ND; }

namespace {

// Four hexadecimal digits; -1 where there are none.
int hex4(std::string_view digits) {
  if (digits.size() < 4) return -1;
  int value = 0;
  for (const char c : digits.substr(0, 4)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

}  // namespace

bool unescape_json(std::string_view inside, std::string& out) {
  for (std::size_t at = 0; at < inside.size();) {
    const char c = inside[at];
    if (static_cast<unsigned char>(c) < 0x20 || c == '"') return false;
    if (c != '\\') {
      out.push_back(c);
      ++at;
      continue;
    }
    if (at + 1 >= inside.size()) return false;
    const char kind = inside[at + 1];
    at += 2;
    switch (kind) {
      case '"':
      case '\\':
      case '/': out.push_back(kind); break;
      case 'b': out.push_back('\b'); break;
      case 'f': out.push_back('\f'); break;
      case 'n': out.push_back('\n'); break;
      case 'r': out.push_back('\r'); break;
      case 't': out.push_back('\t'); break;
      case 'u': {
        const int unit = hex4(inside.substr(at));
        if (unit < 0) return false;
        at += 4;
        auto rune = static_cast<char32_t>(unit);
        if (unit >= 0xD800 && unit < 0xE000) {
          rune = 0xFFFD;
          if (unit < 0xDC00 && inside.substr(at).starts_with("\\u")) {
            const int low = hex4(inside.substr(at + 2));
            if (low >= 0xDC00 && low < 0xE000) {
              rune = 0x10000 + ((static_cast<char32_t>(unit) - 0xD800) << 10U) + (static_cast<char32_t>(low) - 0xDC00);
              at += 6;
            }
          }
        }
        append_utf8(out, rune);
        break;
      }
      default: return false;
    }
  }
  return true;
}

LineColumn opa_position(std::string_view characters, std::uint32_t offset) {
  if (offset == kNowhere) return {0, 0};
  LineColumn place{1, 0};
  const std::size_t end = std::min<std::size_t>(offset, characters.size());
  // The scanner has read the character at the offset, where there is one.
  const std::size_t stop = end < characters.size() ? end + 1 : end;
  for (std::size_t at = 0; at < stop;) {
    if (characters[at] == '\n') {
      ++place.line;
      place.column = 0;
      ++at;
    } else {
      ++place.column;
      at += decode(characters, at).size;
    }
  }
  return place;
}

Lines::Lines(std::string_view characters) : starts_{0} {
  for (std::size_t at = characters.find('\n'); at != std::string_view::npos; at = characters.find('\n', at + 1)) {
    starts_.push_back(static_cast<std::uint32_t>(at + 1));
  }
}

std::uint32_t Lines::row(std::uint32_t offset) const {
  return static_cast<std::uint32_t>(std::upper_bound(starts_.begin(), starts_.end(), offset) - starts_.begin());
}

bool Lines::starts_line(std::uint32_t offset) const { return std::binary_search(starts_.begin(), starts_.end(), offset); }

}  // namespace psdl::text
