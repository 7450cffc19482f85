// Globs read for a matcher. In: a glob and its separators; out: a simple shape, or a regular expression for all others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace psdl {

// prefix * suffix, the star kept off the separators; without `has_star` the glob is the text `prefix` alone.
struct GlobShape {
  std::string prefix;
  std::string suffix;
  bool has_star = false;
  bool crosses = false;  // a `**`, which separators do not stop
};

struct GlobReading {
  bool is_simple = false;
  GlobShape shape;
  std::string regex;  // for a whole match, under (?s); where the glob is not simple
  std::string error;  // as OPA's library words it: "glob: syntax error at 4: unclosed `{`"
};

[[nodiscard]] GlobReading read_glob(std::string_view pattern, const std::vector<char32_t>& separators);
[[nodiscard]] std::string quote_glob(std::string_view text);

}  // namespace psdl
