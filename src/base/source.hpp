// Texts and places in them. In: bytes and a name; out: byte offsets turned into rows and columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace psdl {

// Row and column as people count them: both from 1.
struct LineColumn {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// A UTF-8 text and the name it is shown under. The text is owned and never changes; lines are found once, on first demand.
class Source {
 public:
  Source() = default;
  Source(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string_view text() const { return text_; }

  // Offsets in bytes from 0 to text().size(); columns count code points, as editors and libyaml do.
  [[nodiscard]] LineColumn line_column(std::uint32_t offset) const;
  // Columns count bytes, as OPA's locations do.
  [[nodiscard]] LineColumn line_column_bytes(std::uint32_t offset) const;
  // The text of a line (from 1) without its line end; empty when there is none.
  [[nodiscard]] std::string_view line(std::uint32_t number) const;
  [[nodiscard]] std::uint32_t line_count() const;

 private:
  void find_lines() const;

  std::string name_;
  std::string text_;
  mutable std::vector<std::uint32_t> line_starts_;
};

// A half-open range of bytes in one source. `source` is the index in the list of sources that the stage was given.
struct Span {
  std::uint32_t source = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  [[nodiscard]] bool empty() const { return begin == end; }
  friend bool operator==(const Span&, const Span&) = default;
};

// The smallest span that holds both; they must be of one source.
[[nodiscard]] inline Span join(Span a, Span b) {
  return {a.source, a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}

}  // namespace psdl
