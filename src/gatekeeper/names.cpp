// Checks of names by their characters; the messages show the expressions that Kubernetes checks with.
#include "gatekeeper/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace psdl::gatekeeper {
namespace {

constexpr std::size_t kLabelBytes = 63;
constexpr std::size_t kSubdomainBytes = 253;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower_or_digit(char c) {
  return is_lower(c) || is_digit(c);
}
bool is_alphanumeric(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

// [a-z0-9]([-a-z0-9]*[a-z0-9])?
bool is_dns_label(std::string_view text) {
  return !text.empty() && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_dns_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]
bool is_label_name(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

constexpr std::string_view kSubdomainRule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an "
    "alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabelKeyRule =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or "
    "'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

NameErrors check_subdomain(std::string_view name, std::string_view unit) {
  NameErrors errors;
  if (name.size() > kSubdomainBytes) errors.push_back(fmt::format("must be no more than {} {}", kSubdomainBytes, unit));
  if (!is_subdomain(name)) errors.emplace_back(kSubdomainRule);
  return errors;
}

}  // namespace

NameErrors check_dns1123_subdomain(std::string_view name) {
  return check_subdomain(name, "characters");
}

NameErrors check_dns1035_label(std::string_view name) {
  NameErrors errors;
  if (name.size() > kLabelBytes) errors.push_back(fmt::format("must be no more than {} characters", kLabelBytes));
  if (!is_dns_label(name) || !is_lower(name.front())) {
    errors.emplace_back(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        "character, and end with an "
        "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
        "'[a-z]([-a-z0-9]*[a-z0-9])?')");
  }
  return errors;
}

NameErrors check_label_key(std::string_view key) {
  NameErrors errors;
  const auto slashes = std::count(key.begin(), key.end(), '/');
  if (slashes > 1)
    return {
        fmt::format("a valid label key {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                    kLabelKeyRule)};
  std::string_view name = key;
  if (slashes == 1) {
    const std::string_view prefix = key.substr(0, key.find('/'));
    name = key.substr(prefix.size() + 1);
    if (prefix.empty()) {
      errors.emplace_back("prefix part must be non-empty");
    } else {
      for (const std::string& error : check_subdomain(prefix, "bytes")) errors.push_back("prefix part " + error);
    }
  }
  if (name.empty()) errors.emplace_back("name part must be non-empty");
  if (name.size() > kLabelBytes) errors.push_back(fmt::format("name part must be no more than {} bytes", kLabelBytes));
  if (!is_label_name(name)) errors.push_back(fmt::format("name part {}", kLabelKeyRule));
  return errors;
}

NameErrors check_label_value(std::string_view value) {
  NameErrors errors;
  if (value.size() > kLabelBytes) errors.push_back(fmt::format("must be no more than {} bytes", kLabelBytes));
  if (!value.empty() && !is_label_name(value)) {
    errors.emplace_back(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
        "and end with an "
        "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
        "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
  }
  return errors;
}

}  // namespace psdl::gatekeeper
