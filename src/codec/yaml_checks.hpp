// What a YAML text may hold, looked at before libyaml sees it. In: the text; out: the first byte or line that is
// refused.
#pragma once

#include <string_view>

#include "codec/internal.hpp"

namespace psdl::codec {

struct TextFacts {
  bool is_ascii = true;
  std::size_t skip = 0;  // bytes of a BOM at the start
};

// UTF-8, and the characters that Kubernetes' reader takes for line ends or refuses. Where the rules are not strict only
// UTF-8 is asked for.
[[nodiscard]] bool check_characters(std::string_view text, bool is_strict, TextFacts& facts, RawError& error);

// Lines that begin with `---`, `...` or `%`, of one document whose own `---` may be the first of them.
[[nodiscard]] bool check_marker_lines(std::string_view text, RawError& error);

// UTF-16 and UTF-32, by BOM or by the zero bytes that ASCII has there; empty for UTF-8.
[[nodiscard]] std::string_view foreign_encoding(std::string_view text);

// The first `{{ .. }}` of a Helm or Go template. False where there is none.
[[nodiscard]] bool find_template_action(std::string_view text, std::size_t& begin, std::size_t& end);

// Blanks and comments, as far as the line's end.
[[nodiscard]] bool is_blank_or_comment(std::string_view rest_of_line);

}  // namespace psdl::codec
