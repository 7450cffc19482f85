// Rows and columns of byte offsets, by a table of line starts.
#include "base/source.hpp"

#include <algorithm>

namespace psdl {

void Source::find_lines() const {
  if (!line_starts_.empty()) return;
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(static_cast<std::uint32_t>(i + 1));
  }
}

LineColumn Source::line_column_bytes(std::uint32_t offset) const {
  find_lines();
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto row = static_cast<std::uint32_t>(next - line_starts_.begin());
  return {row, offset - line_starts_[row - 1] + 1};
}

LineColumn Source::line_column(std::uint32_t offset) const {
  const LineColumn bytes = line_column_bytes(offset);
  const std::uint32_t begin = offset - (bytes.column - 1);
  std::uint32_t column = 1;
  for (std::uint32_t i = begin; i < offset && i < text_.size(); ++i) {
    if ((static_cast<unsigned char>(text_[i]) & 0xC0U) != 0x80U) ++column;
  }
  return {bytes.line, column};
}

std::string_view Source::line(std::uint32_t number) const {
  find_lines();
  if (number == 0 || number > line_starts_.size()) return {};
  const std::size_t begin = line_starts_[number - 1];
  std::size_t end = number < line_starts_.size() ? line_starts_[number] : text_.size();
  while (end > begin && (text_[end - 1] == '\n' || text_[end - 1] == '\r')) --end;
  return std::string_view(text_).substr(begin, end - begin);
}

std::uint32_t Source::line_count() const {
  find_lines();
  return static_cast<std::uint32_t>(line_starts_.size());
}

}  // namespace psdl
