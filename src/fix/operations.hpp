// Changes of a document, and what they are in its text. In: an operation on values; out: edits of bytes, or why there
// is none that is safe.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/document.hpp"
#include "fix/layout.hpp"
#include "value/value.hpp"

namespace psdl::fix {

// path: a JSON pointer from the document's root. Maps on the way that are missing are made; lists are not.
struct Operation {
  enum class Kind : std::uint8_t {
    Set,     // what is at the path becomes the value
    Merge,   // maps key by key; lists get the items that they lack; everything else becomes the value
    Remove,  // what is at the path is gone
  };
  Kind kind = Kind::Set;
  std::string path;
  Value value;  // of Set and Merge; its maps have texts as keys
};

// Bytes [begin, end) of the document's text become `text`.
struct Edit {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
  std::size_t taken_from = 0;  // as TextEdit, in bytes of the document's text
  std::uint32_t entries = 0;
};

// The edits ascend and do not touch each other. They change what stands at the path and nothing else: indentation,
// quotes, line ends and comments stay as they are, what is new is written like its neighbours. An error says what makes
// that impossible: an alias, an anchor, a tag or a merge on the way, something else than a map. Its message begins with
// what is in the way and goes on after "so that"; there are no edits where nothing has to change.
[[nodiscard]] Result<std::vector<Edit>> edits_of(const Layout& layout, const Document& document,
                                                 const Operation& operation);

// The same as values, one after the other: what the document is meant to hold afterwards. `root` is that of the
// document's whole text, `above` where the document's root stands in it.
[[nodiscard]] Value apply(Arena& arena, const Value& root, std::string_view above,
                          std::span<const Operation* const> operations);

// The text with edits made that ascend and do not overlap.
[[nodiscard]] std::string apply_edits(std::string_view text, std::span<const Edit> edits);
// Whether both can be made at once: they share no byte and no place of insertion.
[[nodiscard]] bool are_apart(const Edit& a, const Edit& b);

}  // namespace psdl::fix
