// XXH3-128, its first 64 bits; the only file of this layer that sees xxhash.
#include "runtime/fingerprint.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <iterator>

namespace psdl {

void put_fingerprint(std::string& out, std::string_view rule, const ObjectIdentity& object, std::string_view container,
                     std::string_view stable_path) {
  // "apps/v1" is group apps; the core group has none. The version is left out: the same object under a newer one has
  // the same mistake.
  const std::string_view version = object.api_version;
  const std::size_t slash = version.find('/');
  const std::string_view group = slash == std::string_view::npos ? std::string_view() : version.substr(0, slash);
  fmt::memory_buffer text;
  for (const std::string_view part : {rule, group, std::string_view(object.kind),
                                      std::string_view(object.namespace_name), std::string_view(object.name), container,
                                      stable_path}) {
    fmt::format_to(fmt::appender(text), "{}:", part.size());  // so that parts cannot run together
    text.append(part);
  }
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  out.clear();
  fmt::format_to(std::back_inserter(out), "{:016x}", hash.high64);
}

std::string fingerprint(std::string_view rule, const ObjectIdentity& object, std::string_view container,
                        std::string_view stable_path) {
  std::string out;
  put_fingerprint(out, rule, object, container, stable_path);
  return out;
}

}  // namespace psdl
