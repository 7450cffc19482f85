// Where the bytes of a text stand in the YAML or JSON that it was written in.
// In: a document, the node of a text, the text as it was read; out: points of the file for offsets into the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "codec/document.hpp"

namespace psdl::gatekeeper {

// Promises, for every style (`|` and `>` with their indicators, 'single', "double", plain, JSON; CRLF; aliases):
// - at(k) is where byte k of the text was written; of an escape, a doubled quote or the second byte of a character:
// where that begins;
// - a line end that the text has is where its line ends in the file; a blank that folding made is at the line end it
// stands for;
// - at(size) and beyond is behind the last byte; where that is a line end, it is there.
// Columns count code points, from 1, lines count in the file.
//
// Nothing is guessed: what was written is decoded again and compared with the text. Where they differ (is_exact() is
// false; no text that the readers take is known to) every offset is at the scalar's beginning.
//
// The document must live as long as this; the text need not.
class ScalarPlace {
 public:
  ScalarPlace(const Document& document, std::uint32_t origin, std::string_view text);

  [[nodiscard]] bool is_exact() const { return is_exact_; }
  [[nodiscard]] TextPoint at(std::size_t offset) const;

  // A run of bytes of the text: each from a byte of its own in the document's text, or all made from one place in it.
  struct Run {
    std::size_t begin = 0;
    std::size_t written_at = 0;
    bool is_copy = false;
  };

 private:
  const Document& document_;
  std::vector<Run> runs_;
  std::size_t size_ = 0;
  std::size_t begin_ = 0;  // of the scalar, in the document's text
  bool is_exact_ = false;
};

}  // namespace psdl::gatekeeper
