// The globs of spec.match: a star at either end, none elsewhere. In: glob and name; out: whether they fit.
#pragma once

#include <string_view>

namespace psdl::gatekeeper {

[[nodiscard]] bool glob_matches(std::string_view glob, std::string_view name);
// Of a metadata.generateName only its beginning is known: globs that say something about the end fit none.
[[nodiscard]] bool glob_matches_generated(std::string_view glob, std::string_view generate_name);

}  // namespace psdl::gatekeeper
