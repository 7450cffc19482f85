// Characters and marker lines that Kubernetes and YAML read differently, or that no reader should meet.
#include "codec/yaml_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace psdl::codec {
namespace {

bool fail(RawError& error, std::string_view code, std::size_t begin, std::size_t end, std::string message,
          std::string_view help = {}) {
  error.code = code;
  error.message = std::move(message);
  error.begin = begin;
  error.end = end;
  if (!help.empty()) error.help.emplace_back(help);
  return false;
}

// Whether all eight bytes are printable ASCII: nothing to look at one by one.
bool is_plain_word(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  constexpr std::uint64_t kHigh = 0x8080808080808080ULL;
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  const std::uint64_t below_space = (word - kOnes * 0x20) & ~word & kHigh;
  const std::uint64_t is_delete = ((word ^ (kOnes * 0x7F)) - kOnes) & ~(word ^ (kOnes * 0x7F)) & kHigh;
  return ((word & kHigh) | below_space | is_delete) == 0;
}

std::string_view name_of(std::uint32_t code) {
  if (code == 0x85) return "U+0085 (next line)";
  if (code == 0x2028) return "U+2028 (line separator)";
  if (code == 0x2029) return "U+2029 (paragraph separator)";
  if (code == 0xFEFF) return "U+FEFF (byte order mark)";
  return {};
}

// The code point at `at`, or no value where the bytes are not UTF-8.
bool decode(std::string_view text, std::size_t at, std::uint32_t& code, std::size_t& length) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) : 0U;
  };
  const std::uint32_t lead = byte(at);
  if (lead >= 0xC2 && lead < 0xE0) {
    length = 2;
    code = lead & 0x1FU;
  } else if (lead >= 0xE0 && lead < 0xF0) {
    length = 3;
    code = lead & 0x0FU;
  } else if (lead >= 0xF0 && lead < 0xF5) {
    length = 4;
    code = lead & 0x07U;
  } else {
    return false;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return false;
    code = (code << 6U) | (byte(at + i) & 0x3FU);
  }
  const std::uint32_t least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
  return code >= least && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

}  // namespace

std::string_view foreign_encoding(std::string_view text) {
  using namespace std::string_view_literals;
  if (text.starts_with("\xFF\xFE\0\0"sv)) return "UTF-32LE";
  if (text.starts_with("\0\0\xFE\xFF"sv)) return "UTF-32BE";
  if (text.starts_with("\xFF\xFE"sv)) return "UTF-16LE";
  if (text.starts_with("\xFE\xFF"sv)) return "UTF-16BE";
  if (text.size() >= 4) {
    if (text[0] != 0 && text[1] == 0 && text[2] == 0 && text[3] == 0) return "UTF-32LE";
    if (text[0] == 0 && text[1] == 0 && text[2] == 0 && text[3] != 0) return "UTF-32BE";
    if (text[0] != 0 && text[1] == 0 && text[2] != 0 && text[3] == 0) return "UTF-16LE";
    if (text[0] == 0 && text[1] != 0 && text[2] == 0 && text[3] != 0) return "UTF-16BE";
  }
  return {};
}

bool check_characters(std::string_view text, bool is_strict, TextFacts& facts, RawError& error) {
  const std::string_view foreign = foreign_encoding(text);
  if (!foreign.empty()) {
    return fail(error, "bad_encoding", 0, std::min<std::size_t>(text.size(), 2),
                fmt::format("the text is {}: only UTF-8 is read", foreign),
                "save the file as UTF-8, for example: iconv -f UTF-16 -t UTF-8");
  }
  if (text.starts_with("\xEF\xBB\xBF")) facts.skip = 3;
  std::size_t i = facts.skip;
  while (i < text.size()) {
    while (i + 8 <= text.size() && is_plain_word(text.data() + i)) i += 8;
    if (i >= text.size()) break;
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte < 0x7F) {
      ++i;
      continue;
    }
    if (byte < 0x80) {
      const bool is_line_end = byte == '\n' || (byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n');
      if (is_line_end || byte == '\t' || (!is_strict && byte == '\r')) {
        ++i;
        continue;
      }
      if (byte == '\r') {
        return fail(error, "bad_character", i, i + 1,
                    "carriage return without a line feed: readers do not agree on whether a line ends here",
                    "save the file with line feeds, or with both characters at every line's end");
      }
      if (!is_strict) {  // libyaml refuses these with go-yaml's words
        ++i;
        continue;
      }
      return fail(error, "bad_character", i, i + 1, fmt::format("control character 0x{:02X}", byte),
                  "remove it, or write it as an escape in a double-quoted string");
    }
    facts.is_ascii = false;
    std::uint32_t code = 0;
    std::size_t length = 0;
    if (!decode(text, i, code, length))
      return fail(error, "bad_encoding", i, i + 1, fmt::format("byte 0x{:02X} is not UTF-8", byte),
                  "save the file as UTF-8");
    if (is_strict) {
      const bool is_control = code < 0xA0;
      const bool is_refused = code == 0x2028 || code == 0x2029 || code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
      if (is_control || is_refused) {
        const std::string_view name = name_of(code);
        return fail(error, "bad_character", i, i + length,
                    name.empty() ? fmt::format("character U+{:04X}", code) : fmt::format("character {}", name),
                    "remove it, or write it as an escape in a double-quoted string");
      }
    }
    i += length;
  }
  return true;
}

bool is_blank_or_comment(std::string_view rest) {
  std::size_t i = 0;
  while (i < rest.size() && (rest[i] == ' ' || rest[i] == '\t' || rest[i] == '\r')) ++i;
  return i == rest.size() || (rest[i] == '#' && i > 0);
}

bool check_marker_lines(std::string_view text, RawError& error) {
  bool has_content = false;
  bool has_end = false;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) end = text.size();
    const std::string_view line = text.substr(begin, end - begin);
    const char first = line.empty() ? '\n' : line[0];
    const bool is_comment = first == '#' || is_blank_or_comment(line);
    if (first == '-' && line.starts_with("---")) {
      if (!is_blank_or_comment(line.substr(3))) {
        return fail(error, "yaml_syntax", begin, end,
                    "text after `---` on the same line: Kubernetes reads it as no document's end",
                    "put `---` on a line of its own");
      }
    } else if (first == '.' && line.starts_with("...") && is_blank_or_comment(line.substr(3))) {
      has_end = true;
    } else if (first == '%' && !has_content) {
      return fail(error, "yaml_directive", begin, end,
                  "YAML directives (`%YAML`, `%TAG`) are not read: Kubernetes has none", "remove the line");
    } else if (!is_comment) {
      if (has_end) {
        return fail(error, "yaml_syntax", begin, end, "text after `...`: Kubernetes stops reading there",
                    "begin a new document with `---`");
      }
      has_content = true;
    }
    begin = end + 1;
  }
  return true;
}

bool find_template_action(std::string_view text, std::size_t& begin, std::size_t& end) {
  begin = text.find("{{");
  if (begin == std::string_view::npos) return false;
  end = text.find("}}", begin);
  if (end == std::string_view::npos) return false;
  end += 2;
  return true;
}

}  // namespace psdl::codec
