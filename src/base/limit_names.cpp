#include "base/limit_names.hpp"

#include <algorithm>

namespace psdl {
namespace {

bool has_flags = false;

std::string flag(std::string_view name) {
  std::string text = "--limit-" + std::string(name);
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

}  // namespace

void name_limits_by_flags() { has_flags = true; }

std::string limit_name(std::string_view name) { return has_flags ? flag(name) : "the limit `" + std::string(name) + "`"; }

std::string how_to_raise_limit(std::string_view name) {
  return has_flags ? "raise the limit with " + flag(name) + " VALUE" : "raise the limit `" + std::string(name) + "`";
}

}  // namespace psdl
