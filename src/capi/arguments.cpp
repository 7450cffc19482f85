// Checks of what hosts give.
#include "capi/arguments.hpp"

#include "runtime/pointer.hpp"

namespace psdl::capi {

// By the table of well-formed sequences in the Unicode standard: no overlong forms, no surrogates, nothing beyond
// U+10FFFF.
bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  while (at < end) {
    std::uint64_t eight = 0;
    if (end - at >= 8) {
      std::memcpy(&eight, at, 8);
      if ((eight & 0x8080'8080'8080'8080U) == 0) {
        at += 8;
        continue;
      }
    } else if (text.size() >= 8) {
      // The last ones with some before them once more.
      std::memcpy(&eight, end - 8, 8);
      if ((eight & 0x8080'8080'8080'8080U) == 0) return true;
    }
    if (*at < 0x80) {
      ++at;
      continue;
    }
    const unsigned char lead = *at;
    const std::ptrdiff_t more = lead >= 0xC2 && lead <= 0xDF   ? 1
                                : lead >= 0xE0 && lead <= 0xEF ? 2
                                : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                               : 0;
    if (more == 0 || end - at <= more) return false;
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high) return false;
    for (std::ptrdiff_t i = 2; i <= more; ++i) {
      if ((at[i] & 0xC0U) != 0x80U) return false;
    }
    at += more + 1;
  }
  return true;
}

bool read_texts(const psdl_text* texts, std::size_t count, std::vector<std::string>& out) {
  if ((texts == nullptr && count > 0) || count > kMostBytes / sizeof(psdl_text)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view text;
    if (!read_text(texts[i], text)) return false;
    out.emplace_back(text);
  }
  return true;
}

bool read_limits(const psdl_limit* limits, std::size_t count, std::vector<std::pair<std::string, std::uint64_t>>& out) {
  if ((limits == nullptr && count > 0) || count > kMostBytes / sizeof(psdl_limit)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view name;
    if (!read_text(limits[i].name, name)) return false;
    out.emplace_back(name, limits[i].value);
  }
  return true;
}

std::optional<DocumentFormat> read_format(psdl_format format) {
  switch (format) {
    case PSDL_FORMAT_AUTO: return DocumentFormat::Auto;
    case PSDL_FORMAT_JSON: return DocumentFormat::Json;
    case PSDL_FORMAT_YAML: return DocumentFormat::Yaml;
  }
  return std::nullopt;
}

bool read_pointer(std::string_view text, std::vector<std::string>& out) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  out = pointer_steps(text);
  return true;
}

}  // namespace psdl::capi
