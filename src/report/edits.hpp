// An edit as a reader sees it. In: a TextEdit that knows its lines; out: lines before and after.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "psdl/findings.hpp"

namespace psdl::report {

struct ChangedLine {
  enum class Kind : std::uint8_t { Kept, Removed, Added };
  Kind kind = Kind::Kept;
  std::uint32_t number = 0;  // before the edit of what is kept or removed, after it of what is added
  std::string text;
};

// Whether showing lines says more than a few words at the place do: something is inserted, or more than one place or
// line changes.
[[nodiscard]] bool shows_lines(const Fix& fix);
// "insert after line 20", "change line 19", "remove lines 4 to 6".
[[nodiscard]] std::string edit_title(const TextEdit& edit);
// Empty where the edit does not know its lines.
[[nodiscard]] std::vector<ChangedLine> changed_lines(const TextEdit& edit);

}  // namespace psdl::report
