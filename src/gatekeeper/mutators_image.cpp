// The parts are checked so that a name made of them falls apart into the same parts again: otherwise applying twice
// would not be applying once.
#include "gatekeeper/mutators_image.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/field_error.hpp"

namespace psdl::gatekeeper {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || is_digit(c);
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}

// A name with a dot in it, or localhost; perhaps a port.
bool is_domain(std::string_view text) {
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    if (port.empty() || !std::all_of(port.begin(), port.end(), is_digit)) return false;
    text = text.substr(0, colon);
  }
  if (text == "localhost") return true;
  const std::size_t dot = text.find('.');
  if (dot == 0 || dot == std::string_view::npos || !is_word(text.front()) || !is_word(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_word(c) || c == '-' || c == '.'; });
}

// Words of lower-case letters and digits with a dot, a slash, one or two underscores, or dashes between them.
bool is_path(std::string_view text) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t word = at;
    while (at < text.size() && is_lower_or_digit(text[at])) ++at;
    if (at == word) return false;
    if (at == text.size()) return true;
    const std::size_t between = at;
    while (at < text.size() && !is_lower_or_digit(text[at])) ++at;
    const std::string_view separator = text.substr(between, at - between);
    const bool is_dashes = separator.find_first_not_of('-') == std::string_view::npos;
    if (!is_dashes && separator != "." && separator != "/" && separator != "_" && separator != "__") return false;
  }
}

bool is_tag(std::string_view text) {
  constexpr std::size_t kLongest = 128;
  if (text.empty() || text.size() > kLongest || !is_word(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

// `sha256:` and its like, then 32 hexadecimal digits or more.
bool is_digest(std::string_view text) {
  constexpr std::size_t kShortest = 32;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  bool is_at_word = true;
  for (const char c : text.substr(0, colon)) {
    if (is_at_word && !is_letter(c)) return false;
    is_at_word = c == '-' || c == '_' || c == '+' || c == '.';
    if (!is_at_word && !is_letter(c) && !is_digit(c)) return false;
  }
  const std::string_view hash = text.substr(colon + 1);
  return !is_at_word && hash.size() >= kShortest && std::all_of(hash.begin(), hash.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

bool is_tag_or_digest(std::string_view text) {
  return text.front() == ':' ? is_tag(text.substr(1)) : text.front() == '@' && is_digest(text.substr(1));
}

// What is in front of the first slash is a domain where it looks like one; else nothing is.
std::string_view domain_of(std::string_view image) {
  const std::size_t slash = image.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view first = image.substr(0, slash);
  const bool is_domain = first == "localhost" || first.find_first_of(".:") != std::string_view::npos;
  return is_domain ? first : std::string_view();
}

}  // namespace

std::optional<ImageError> check_parts(const ImageParts& parts) {
  const auto& [domain, path, tag] = parts;
  if (domain.empty() && path.empty() && tag.empty())
    return ImageError{"at least one of [assignDomain, assignPath, assignTag] must be set", {}};
  if (!domain.empty() && !is_domain(domain)) {
    return ImageError{
        fmt::format("assignDomain {} must be a fully-qualified domain name or localhost", go_quote(domain)),
        "assignDomain"};
  }
  if (!path.empty() && !is_path(path))
    return ImageError{fmt::format("assignPath {} must be a valid docker image path", go_quote(path)), "assignPath"};
  if (!tag.empty() && !is_tag_or_digest(tag)) {
    return ImageError{
        fmt::format("assignTag {} must be a valid docker image tag or digest starting with ':' or '@'", go_quote(tag)),
        "assignTag"};
  }
  if (domain.empty() && !domain_of(path).empty()) {
    // Gatekeeper's spelling.
    return ImageError{
        fmt::format("assignDomain must be set if the first part of assignPath {} can be interpretted as part of a "
                    "domain",
                    go_quote(path)),
        "assignPath"};
  }
  return std::nullopt;
}

std::string with_parts(const ImageParts& parts, std::string_view image) {
  std::string_view domain = domain_of(image);
  // `/x` has no domain, and keeps its slash.
  if (!domain.empty()) image.remove_prefix(domain.size() + 1);
  const std::size_t mark = std::min(image.find_first_of(":@"), image.size());
  std::string_view path = image.substr(0, mark);
  std::string_view tag = image.substr(mark);
  if (!parts.domain.empty()) domain = parts.domain;
  if (!parts.path.empty()) path = parts.path;
  if (!parts.tag.empty()) tag = parts.tag;
  return fmt::format("{}{}{}{}", domain, domain.empty() ? "" : "/", path, tag);
}

}  // namespace psdl::gatekeeper
