// Escapes, a function a medium.
#include "report/escape.hpp"

#include <fmt/format.h>

#include <utility>

#include "report/display.hpp"

namespace psdl::report {
namespace {

using Replacement = std::pair<char, std::string_view>;

template <std::size_t n>
std::string replace(std::string_view text, const Replacement (&table)[n]) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const Replacement* found = nullptr;
    for (const Replacement& one : table) {
      if (one.first == c) found = &one;
    }
    if (found != nullptr) {
      out += found->second;
    } else {
      out += c;
    }
  }
  return out;
}

constexpr Replacement kXml[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

}  // namespace

std::string visible(std::string_view text) {
  std::string out;
  append_escaped(out, text, false);
  return out;
}

std::string xml_text(std::string_view text) {
  return replace(visible(text), kXml);
}

std::string xml_code(std::string_view text) {
  std::string shown;
  for (const Cell& cell : cells(text, false)) shown += cell.shown;
  return replace(shown, kXml);
}

std::string json_visible(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const auto c = static_cast<unsigned char>(json.front());
    if (c < 0x7F) {
      if (starts_log_command(json)) {
        out += "\\u0023";
      } else {
        out += json.front();
      }
      json.remove_prefix(1);
      continue;
    }
    const CodePoint point = code_point(json);
    if (!point.is_hidden) {
      out += json.substr(0, point.bytes);
    } else if (point.value < 0x10000) {
      out += fmt::format("\\u{:04x}", point.value);
    } else {
      const std::uint32_t rest = point.value - 0x10000;
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10U), 0xDC00 + (rest & 0x3FFU));
    }
    json.remove_prefix(point.bytes);
  }
  return out;
}

std::string markdown_text(std::string_view text) {
  // `@<!-- -->name` mentions nobody; `\:` and `www\.` link nothing.
  static constexpr Replacement kTable[] = {
      {'\\', "\\\\"}, {'`', "\\`"}, {'*', "\\*"},   {'_', "\\_"},  {'{', "\\{"}, {'}', "\\}"},
      {'[', "\\["},   {']', "\\]"}, {'<', "&lt;"},  {'>', "&gt;"}, {'#', "\\#"}, {'!', "\\!"},
      {'|', "\\|"},   {'~', "\\~"}, {'&', "&amp;"}, {'$', "\\$"},  {':', "\\:"}, {'@', "@<!-- -->"}};
  const std::string escaped = replace(visible(text), kTable);
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = escaped.find("www."); at != std::string::npos; at = escaped.find("www.", from)) {
    out.append(escaped, from, at - from);
    out += "www\\.";
    from = at + 4;
  }
  return out.append(escaped, from);
}

std::string github_message(std::string_view text) {
  static constexpr Replacement kTable[] = {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}};
  return replace(visible(text), kTable);
}

std::string github_property(std::string_view text) {
  static constexpr Replacement kTable[] = {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}, {':', "%3A"}, {',', "%2C"}};
  return replace(visible(text), kTable);
}

std::string azure_message(std::string_view text) {
  static constexpr Replacement kTable[] = {{'%', "%AZP25"}, {'\r', "%0D"}, {'\n', "%0A"}};
  return replace(visible(text), kTable);
}

std::string azure_property(std::string_view text) {
  static constexpr Replacement kTable[] = {{'%', "%AZP25"}, {'\r', "%0D"}, {'\n', "%0A"}, {';', "%3B"}, {']', "%5D"}};
  return replace(visible(text), kTable);
}

std::string tap_description(std::string_view text) {
  static constexpr Replacement kTable[] = {{'\\', "\\\\"}, {'#', "\\#"}};
  return replace(visible(text), kTable);
}

std::string uri_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("-._~/!$&'()*+,;=@").find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

}  // namespace psdl::report
