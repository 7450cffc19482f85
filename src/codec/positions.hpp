// Where nodes stand in the text of a document: a second look, paid only when a finding is shown.
// In: a document and origins; out: JSON pointers and ranges of text.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/document.hpp"

namespace psdl {

// pointer: from the root of the evaluated object ("/spec/containers/0/image"); "" is the object itself.
// whole:   what a finding underlines: a field from its key to the end of its value, a list's item alone.
// key:     empty where there is none (items, the root, YAML's `? ` keys that are not scalars).
// value:   the value alone; for an alias the `*name`.
// All ranges count in the stream, not in the document. Comments and blank lines after a value do not belong to it.
struct NodePlace {
  std::uint32_t origin = 0;
  std::string pointer;
  TextRange whole;
  TextRange key;
  TextRange value;
  bool is_found = false;  // false: the document has no such node
};

// One place for each origin, in the order given. Nodes above the document's root (an item's list) are not found.
[[nodiscard]] std::vector<NodePlace> locate(const Document& document, std::span<const std::uint32_t> origins);
[[nodiscard]] NodePlace locate(const Document& document, std::uint32_t origin);

// What one look after another uses again. A look that took much is not remembered.
class PlaceMemory {
 public:
  PlaceMemory();
  ~PlaceMemory();
  PlaceMemory(const PlaceMemory&) = delete;
  PlaceMemory& operator=(const PlaceMemory&) = delete;

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};
void locate(const Document& document, std::span<const std::uint32_t> origins, PlaceMemory& memory,
            std::vector<NodePlace>& places);

// The node that a path of names and indices leads to, or the deepest one that exists: `is_exact` tells which.
struct PathTarget {
  std::uint32_t origin = 0;
  bool is_exact = false;
  std::string missing;  // the first step that is not there, as a pointer's step
};
[[nodiscard]] PathTarget find_path(const Value& root, std::string_view pointer);

// "/a~1b/0": appends one step of a JSON pointer.
void append_pointer_step(std::string& pointer, std::string_view step);

// The line of the document's text in which a point lies, without its line end; for showing it.
[[nodiscard]] std::string_view line_of(const Document& document, std::uint64_t stream_offset);

}  // namespace psdl
