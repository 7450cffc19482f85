// YAML texts to a flat tree of nodes with byte offsets; the only file that sees libyaml is yaml_tree.cpp.
// In: text; out: nodes in the order of the text, aliases as links. The reader makes values of it, locate() ranges.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/internal.hpp"
#include "codec/yaml_scalars.hpp"

namespace psdl::codec {

enum class NodeKind : std::uint8_t { Scalar, Map, List, Alias };

// A map's children are key, value, key, value, ..; the first child of node i is i + 1, the next one of a child c is
// nodes[c].next.
struct YamlNode {
  NodeKind kind = NodeKind::Scalar;
  YamlTag tag = YamlTag::None;
  bool is_plain = false;     // a scalar without quotes that is no block scalar
  bool is_resolved = false;  // a scalar to look up in the table: plain, or marked `!`
  bool has_properties = false;  // an anchor or a tag stands before it
  std::uint32_t begin = 0;   // bytes of the text
  std::uint32_t end =
      0;  // where the node's own last token ends; for containers of block style filled in from the last child
  std::uint32_t next = 0;      // index behind the subtree; 0 while the node is open
  std::uint32_t target = 0;    // Alias: the node it stands for
  std::uint32_t expanded = 1;  // values in the subtree with aliases expanded, keys not counted; saturates
  std::uint32_t height = 0;    // containers inside each other in the subtree
  const char* text = nullptr;  // Scalar: its text, in the arena
  std::uint32_t length = 0;

  [[nodiscard]] std::string_view as_text() const { return {text, length}; }
};

// A container that has begun and not ended.
struct YamlOpen {
  std::uint32_t node;
  bool is_map;
  bool is_flow;
  bool key_is_next;
  std::uint64_t expanded;
  std::uint32_t height;
};

// Both lists are scratch: kept from text to text.
struct YamlTree {
  std::vector<YamlNode> nodes;
  std::vector<YamlOpen> open;  // while the tree is built
  bool is_empty = true;         // no document, or one without content
  bool has_anchors = false;     // or aliases
};

// Reads the first document of `text` (whose BOM is gone) and looks at the rest: under strict rules a second document is
// an error, otherwise it only has to parse. `text` outlives the tree; scalars whose text stands in it as it is point
// there. go_message, where it is not null, becomes what go-yaml says of a syntax error.
[[nodiscard]] bool parse_yaml(const ReadContext& context, std::string_view text, bool is_ascii, YamlTree& tree,
                              RawError& error, std::string* go_message = nullptr);

// The pairs of a map after `<<` has done its work, in the order in which nodes are numbered.
struct YamlPair {
  std::uint32_t key = 0;
  std::uint32_t value = 0;
};
[[nodiscard]] bool has_merge_key(const YamlTree& tree, std::uint32_t map);
[[nodiscard]] bool expand_merges(const ReadContext& context, const YamlTree& tree, std::uint32_t map,
                                 std::vector<YamlPair>& pairs, RawError& error);

// A key's text by Kubernetes' rules; `storage` holds what the tree does not. False with an error for keys that cannot
// be text.
[[nodiscard]] bool key_text(const ReadContext& context, const YamlTree& tree, std::uint32_t key, std::string& storage,
                            std::string_view& text, RawError& error);

// The value node itself where the node is an alias.
[[nodiscard]] inline std::uint32_t resolve_alias(const YamlTree& tree, std::uint32_t node) {
  return tree.nodes[node].kind == NodeKind::Alias ? tree.nodes[node].target : node;
}

// A scalar that is text whatever stands in it: quoted, in a block, or tagged so.
[[nodiscard]] bool is_text_scalar(const YamlNode& node);

// `<<` as a merge key, not the text "<<".
[[nodiscard]] bool is_merge_key(const YamlNode& node);

}  // namespace psdl::codec
