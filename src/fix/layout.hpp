// How a document is written. In: a document; out: its nodes with the bytes of their keys and values, in the order of
// the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/document.hpp"
#include "codec/point_index.hpp"

namespace psdl::fix {

// All offsets are bytes of Document::text(). The first child of node i is i + 1, the next one of a child c is
// nodes[c].next.
struct LayoutNode {
  enum class Kind : std::uint8_t { Scalar, Map, List, Alias };
  Kind kind = Kind::Scalar;
  bool is_flow = false;         // `{..}` or `[..]`; of JSON always
  bool has_properties = false;  // an anchor or a tag, before it or before its key
  bool has_merge = false;       // Map: one of its keys is `<<`
  bool has_key = false;
  std::size_t key_begin = 0;
  std::size_t key_end = 0;
  std::size_t begin = 0;  // equal to `end`: nothing is written, which is null
  std::size_t end = 0;
  std::uint32_t parent = 0;
  std::uint32_t next = 0;  // index behind the subtree
  std::string name;        // the key

  [[nodiscard]] bool is_empty() const { return begin == end; }
  // Where the entry ends, be its value written or not.
  [[nodiscard]] std::size_t entry_begin() const { return has_key ? key_begin : begin; }
  [[nodiscard]] std::size_t entry_end() const { return has_key && key_end > end ? key_end : end; }
};

// Bytes of the text.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool is_cut = false;  // the line goes on
};

struct Layout {
  std::string_view text;
  bool is_json = false;
  std::vector<LayoutNode> nodes;
  std::vector<std::size_t> lines;  // where each begins
  codec::PointIndex points;

  [[nodiscard]] bool has_children(std::uint32_t node) const { return nodes[node].next > node + 1; }
  [[nodiscard]] std::vector<std::uint32_t> children(std::uint32_t node) const;
  [[nodiscard]] std::size_t line_begin(std::size_t at) const;
  // Of the line's text: before its `\n` or `\r\n`.
  [[nodiscard]] std::size_t line_end(std::size_t at) const;
  // The lines that the bytes stand in, without the end of the last; of long ones, as JSON has, what stands near.
  [[nodiscard]] Stretch lines_around(std::size_t begin, std::size_t end) const;
  // How the lines around a place end: "\n" or "\r\n".
  [[nodiscard]] std::string_view newline(std::size_t at) const;
  [[nodiscard]] std::string_view between(std::size_t begin, std::size_t end) const {
    return text.substr(begin, end - begin);
  }
};

// The text was read before, so that nothing can be wrong with it; empty where it holds nothing.
[[nodiscard]] Layout layout_of(const Document& document);

}  // namespace psdl::fix
