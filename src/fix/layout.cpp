// Two walks, over libyaml's nodes and over JSON's grammar, to one kind of node.
#include "fix/layout.hpp"

#include <algorithm>
#include <iterator>

#include "codec/internal.hpp"
#include "codec/json_reader.hpp"
#include "codec/yaml_tree.hpp"

namespace psdl::fix {
namespace {

using Kind = LayoutNode::Kind;

class JsonLayout {
 public:
  JsonLayout(std::string_view text, std::vector<LayoutNode>& nodes) : text_(text), nodes_(nodes) {}

  void run() { value(0, nullptr); }

 private:
  struct Key {
    std::size_t begin;
    std::size_t end;
    std::string_view name;
  };

  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \n\r\t").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  // As deep as the reader went, which counted against the limit on nesting.
  void value(std::uint32_t parent, const Key* key) {
    skip_blanks();
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    LayoutNode& node = nodes_.emplace_back();
    node.parent = parent;
    node.begin = at_;
    if (key != nullptr) {
      node.has_key = true;
      node.key_begin = key->begin;
      node.key_end = key->end;
      node.name = key->name;
    }
    if (here() == '{' || here() == '[') {
      node.kind = here() == '{' ? Kind::Map : Kind::List;
      node.is_flow = true;
      children(index, here() == '{');
    } else if (here() == '"') {
      skip_string();
    } else {
      while (at_ < text_.size() && std::string_view(",]} \n\r\t").find(text_[at_]) == std::string_view::npos) ++at_;
    }
    nodes_[index].end = at_;
    nodes_[index].next = static_cast<std::uint32_t>(nodes_.size());
  }

  void children(std::uint32_t parent, bool is_map) {
    ++at_;
    for (;;) {
      skip_blanks();
      if (here() == '}' || here() == ']' || here() == '\0') break;
      if (is_map) {
        member(parent);
      } else {
        value(parent, nullptr);
      }
      skip_blanks();
      if (here() != ',') break;
      ++at_;
    }
    ++at_;
  }

  void member(std::uint32_t parent) {
    Key key{at_, at_, {}};
    skip_string();
    key.end = at_;
    key.name = text_.substr(key.begin + 1, key.end - key.begin - 2);
    std::size_t bad = 0;
    if (key.name.find('\\') != std::string_view::npos)
      (void)codec::unescape_json(arena_, key.name, true, key.name, bad);
    skip_blanks();
    ++at_;  // the colon
    value(parent, &key);
  }

  std::string_view text_;
  std::vector<LayoutNode>& nodes_;
  std::size_t at_ = 0;
  Arena arena_;
};

class YamlLayout {
 public:
  YamlLayout(const codec::ReadContext& context, const codec::YamlTree& tree, std::string_view text,
             std::vector<LayoutNode>& nodes)
      : context_(context), tree_(tree), text_(text), nodes_(nodes) {}

  void run() {
    if (!tree_.nodes.empty()) node(0, 0, nullptr);
  }

 private:
  void node(std::uint32_t source, std::uint32_t parent, const codec::YamlNode* key) {
    const codec::YamlNode& from = tree_.nodes[source];
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    LayoutNode& made = nodes_.emplace_back();
    made.kind = kind_of(from.kind);
    made.parent = parent;
    made.begin = from.begin;
    made.end = from.end;
    made.has_properties = from.has_properties;
    if (key != nullptr) {
      made.has_key = true;
      made.key_begin = key->begin;
      made.key_end = key->end;
      made.has_properties = made.has_properties || key->has_properties || key->kind != codec::NodeKind::Scalar;
      if (made.is_empty()) made.begin = made.end = behind_colon(*key, from.begin);
      std::string storage;
      std::string_view name;
      codec::RawError error;
      if (codec::key_text(context_, tree_, static_cast<std::uint32_t>(key - tree_.nodes.data()), storage, name, error))
        made.name = name;
    }
    const char first = from.begin < text_.size() ? text_[from.begin] : '\0';
    made.is_flow = (made.kind == Kind::Map && first == '{') || (made.kind == Kind::List && first == '[');
    if (from.kind == codec::NodeKind::Map) {
      nodes_[index].has_merge = codec::has_merge_key(tree_, source);
      for (std::uint32_t at = source + 1; at < from.next;) {
        const std::uint32_t value = tree_.nodes[at].next;
        node(value, index, &tree_.nodes[at]);
        at = tree_.nodes[value].next;
      }
    } else if (from.kind == codec::NodeKind::List) {
      for (std::uint32_t item = source + 1; item < from.next; item = tree_.nodes[item].next) node(item, index, nullptr);
    }
    nodes_[index].next = static_cast<std::uint32_t>(nodes_.size());
  }

  // libyaml says of a value that is not written where the next token begins.
  [[nodiscard]] std::size_t behind_colon(const codec::YamlNode& key, std::size_t at) const {
    while (at > key.end && std::string_view(" \t\r\n").find(text_[at - 1]) != std::string_view::npos) --at;
    return at;
  }

  static Kind kind_of(codec::NodeKind kind) {
    switch (kind) {
      case codec::NodeKind::Scalar: return Kind::Scalar;
      case codec::NodeKind::Map: return Kind::Map;
      case codec::NodeKind::List: return Kind::List;
      case codec::NodeKind::Alias: return Kind::Alias;
    }
    return Kind::Scalar;
  }

  const codec::ReadContext& context_;
  const codec::YamlTree& tree_;
  std::string_view text_;
  std::vector<LayoutNode>& nodes_;
};

}  // namespace

std::vector<std::uint32_t> Layout::children(std::uint32_t node) const {
  std::vector<std::uint32_t> found;
  for (std::uint32_t child = node + 1; child < nodes[node].next; child = nodes[child].next) found.push_back(child);
  return found;
}

std::size_t Layout::line_begin(std::size_t at) const {
  return *std::prev(std::upper_bound(lines.begin(), lines.end(), at));
}

std::size_t Layout::line_end(std::size_t at) const {
  const auto next = std::upper_bound(lines.begin(), lines.end(), at);
  const std::size_t end = next == lines.end() ? text.size() : *next - 1;
  return end > at && end < text.size() && text[end - 1] == '\r' ? end - 1 : end;
}

Stretch Layout::lines_around(std::size_t begin, std::size_t end) const {
  constexpr std::size_t kMostBeside = 160;
  const auto is_inside = [this](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  Stretch around{begin - std::min(begin, kMostBeside), std::min(end + kMostBeside, text.size()), false};
  const std::size_t line = between(around.begin, begin).rfind('\n');
  if (line != std::string_view::npos) around.begin += line + 1;
  while (around.begin < begin && is_inside(around.begin)) ++around.begin;
  const std::size_t behind = between(end, around.end).find('\n');
  if (behind != std::string_view::npos) {
    around.end = end + behind;
    if (around.end > end && text[around.end - 1] == '\r') --around.end;
  } else if (around.end < text.size()) {
    around.is_cut = true;
    while (around.end > end && is_inside(around.end)) --around.end;
  }
  return around;
}

std::string_view Layout::newline(std::size_t at) const {
  if (lines.size() == 1) return "\n";
  const auto next = std::upper_bound(lines.begin(), lines.end(), at);
  const std::size_t end = (next == lines.end() ? lines.back() : *next) - 1;
  return end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
}

Layout layout_of(const Document& document) {
  Layout layout;
  layout.text = document.text();
  layout.is_json = document.format() == Format::Json;
  layout.points = codec::PointIndex(layout.text, document.place());
  layout.lines.push_back(0);
  for (std::size_t at = 0; (at = layout.text.find('\n', at)) != std::string_view::npos;) layout.lines.push_back(++at);
  if (layout.is_json) {
    JsonLayout(layout.text, layout.nodes).run();
    return layout;
  }
  // The text was read once within its limits; looking again must not fail for want of them.
  Limits limits;
  limits.data_nesting = UINT32_MAX;
  limits.yaml_nodes = UINT32_MAX;
  Arena arena;
  const codec::ReadContext context{arena, document.rules(), limits, nullptr, document.first_origin()};
  const bool is_ascii =
      std::all_of(layout.text.begin(), layout.text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  codec::YamlTree tree;
  codec::RawError error;
  if (codec::parse_yaml(context, layout.text, is_ascii, tree, error))
    YamlLayout(context, tree, layout.text, layout.nodes).run();
  return layout;
}

}  // namespace psdl::fix
