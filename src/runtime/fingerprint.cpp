// XXH3-128, its first 64 bits; the only file of this layer that sees xxhash.
#include "runtime/fingerprint.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace psdl {

std::string fingerprint(std::string_view rule, const ObjectIdentity& object, std::string_view container, std::string_view stable_path) {
  // "apps/v1" is group apps; the core group has none. The version is left out: the same object under a newer one has the same mistake.
  const std::size_t slash = object.api_version.find('/');
  const std::string_view group = slash == std::string::npos ? std::string_view() : std::string_view(object.api_version).substr(0, slash);
  std::string text;
  for (std::string_view part : {rule, group, std::string_view(object.kind), std::string_view(object.namespace_name), std::string_view(object.name), container, stable_path}) {
    text += fmt::format("{}:", part.size());  // so that parts cannot run together
    text += part;
  }
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}", hash.high64);
}

}  // namespace psdl
