// The embedded time zones. In: tzdata as it was installed where PSDL was built; out: name and bytes, in order of names.
#pragma once

#include <span>
#include <string_view>

namespace psdl {

// `bytes` is the 64-bit part of a TZif file, its header included. They live as long as the program.
struct TimeZoneFile {
  std::string_view name;
  std::string_view bytes;
};

[[nodiscard]] std::span<const TimeZoneFile> time_zone_files();

}  // namespace psdl
