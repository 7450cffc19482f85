// YAML texts to values. In: a text in an arena; out: parts of a Document, with the same values as the JSON reader gives
// for the same content.
#pragma once

#include <string>

#include "codec/internal.hpp"
#include "codec/yaml_tree.hpp"

namespace psdl::codec {

class YamlReader {
 public:
  // `text` is in the arena (or outlives it), its BOM gone, its characters checked. One document; an empty one gives
  // null without nodes and `is_empty`.
  [[nodiscard]] bool read(const ReadContext& context, std::string_view text, bool is_ascii, Parts& parts,
                          bool& is_empty, RawError& error, std::string* go_message = nullptr);

 private:
  YamlTree tree_;
  std::vector<Member> pending_;
};

}  // namespace psdl::codec
