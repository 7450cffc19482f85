// Lines and columns of many places of one text. In: a text and where it starts; out: a point for each byte, by a short
// look at the text before it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "codec/document.hpp"

namespace psdl::codec {

// The text stays where it is for as long as the index is used.
class PointIndex {
 public:
  PointIndex() = default;
  PointIndex(std::string_view text, const StreamPlace& place);

  // As point_at(), which looks at everything before the offset.
  [[nodiscard]] TextPoint at(std::size_t offset) const;

 private:
  [[nodiscard]] TextPoint go_on(std::size_t from, const TextPoint& point, std::size_t to) const;

  std::string_view text_;
  std::size_t gap_at_ = SIZE_MAX;
  TextPoint gap_end_;
  std::vector<TextPoint> known_;  // of the bytes 0, kStride, 2 * kStride ..
};

}  // namespace psdl::codec
