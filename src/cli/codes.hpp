// The codes that problems have, and the statuses of psdl.h: what each means and what to do. Limits are no rows, as each
// says of itself what it counts. tests/check_codes.py finds a code that has no row.
#pragma once

#include <span>
#include <string_view>

namespace psdl::cli {

struct Explanation {
  std::string_view code;
  std::string_view text;  // lines, the last without its end
};

[[nodiscard]] std::span<const Explanation> explanations();  // in order of codes

}  // namespace psdl::cli
