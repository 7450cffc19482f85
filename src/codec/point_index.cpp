// What is known every kStride bytes, and the bytes from there on.
#include "codec/point_index.hpp"

#include <algorithm>

#include "codec/internal.hpp"

namespace psdl::codec {
namespace {

constexpr std::size_t kStride = 1024;

}  // namespace

PointIndex::PointIndex(std::string_view text, const StreamPlace& place)
    : text_(text), gap_at_(place.gap_at), gap_end_(place.gap_end) {
  known_.push_back(gap_at_ == 0 ? gap_end_ : TextPoint{place.offset, place.line, place.column});
  for (std::size_t at = kStride; at <= text.size(); at += kStride)
    known_.push_back(go_on(at - kStride, known_.back(), at));
}

TextPoint PointIndex::at(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const std::size_t stride = offset / kStride;
  return go_on(stride * kStride, known_[stride], offset);
}

TextPoint PointIndex::go_on(std::size_t from, const TextPoint& point, std::size_t to) const {
  if (from < gap_at_ && to >= gap_at_) return behind(gap_end_, text_.substr(gap_at_, to - gap_at_));
  return behind(point, text_.substr(from, to - from));
}

}  // namespace psdl::codec
