// Comments that mean something to us. In: a YAML document; out: those that begin with a word, and the line they speak
// of.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "codec/document.hpp"

namespace psdl {

// text:   what follows the word, to the line's end, without blanks around it.
// covers: the line it stands on; of a comment that is alone on its line the next one that is not blank and holds more
// than a comment. 0: none follows.
struct WordComment {
  TextPoint at;  // of the `#`
  std::string_view text;
  std::uint32_t covers = 0;
};

// Comments `# WORD..` of a document's text. What only looks like one, inside a scalar, is none. JSON has no comments.
[[nodiscard]] std::vector<WordComment> comments_with(const Document& document, std::string_view word);
// The same of lines that are all blank or comments, the first of which is `line`: what stands before a document, whose
// text begins at `content_line`.
[[nodiscard]] std::vector<WordComment> passed_comments_with(std::string_view lines, std::uint32_t line,
                                                            std::uint32_t content_line, std::string_view word);

}  // namespace psdl
