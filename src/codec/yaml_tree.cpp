// libyaml's events to nodes. Depth and alias expansion are counted here, before any value is made.
#include "codec/yaml_tree.hpp"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <map>
#include <string>

#include "codec/yaml_checks.hpp"

namespace psdl::codec {
namespace {

constexpr std::uint32_t kManyNodes = UINT32_MAX / 2;

// libyaml's marks count code points. The events come almost in order, so a cursor that walks both ways finds the bytes.
class ByteMap {
 public:
  ByteMap(std::string_view text, bool is_ascii) : text_(text), is_ascii_(is_ascii) {}

  std::uint32_t bytes(std::size_t mark) {
    if (is_ascii_) return static_cast<std::uint32_t>(std::min(mark, text_.size()));
    while (points_ < mark && bytes_ < text_.size()) {
      ++bytes_;
      while (bytes_ < text_.size() && is_continuation(text_[bytes_])) ++bytes_;
      ++points_;
    }
    while (points_ > mark) {
      --bytes_;
      while (is_continuation(text_[bytes_])) --bytes_;
      --points_;
    }
    return static_cast<std::uint32_t>(bytes_);
  }

 private:
  static bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

  std::string_view text_;
  bool is_ascii_;
  std::size_t points_ = 0;
  std::size_t bytes_ = 0;
};

std::string_view view_of(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

// Owns what libyaml allocates.
struct Parser {
  yaml_parser_t raw{};
  bool is_ready = false;
  Parser() : is_ready(yaml_parser_initialize(&raw) != 0) {}
  ~Parser() {
    if (is_ready) yaml_parser_delete(&raw);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
};

struct Event {
  yaml_event_t raw{};
  Event() = default;
  ~Event() { yaml_event_delete(&raw); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
};

class Builder {
 public:
  Builder(const ReadContext& context, std::string_view text, bool is_ascii, YamlTree& tree, RawError& error,
          std::string* go_message)
      : context_(context), text_(text), bytes_(text, is_ascii), tree_(tree), error_(error), go_message_(go_message) {}

  bool run() {
    tree_.nodes.clear();
    open_.clear();
    tree_.is_empty = true;
    tree_.has_anchors = false;
    if (!parser_.is_ready) return fail("limit_memory_bytes", 0, 0, "not enough memory to read the text");
    yaml_parser_set_encoding(&parser_.raw, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_.raw, reinterpret_cast<const unsigned char*>(text_.data()), text_.size());
    for (;;) {
      Event event;
      if (yaml_parser_parse(&parser_.raw, &event.raw) == 0) return fail_syntax();
      if (event.raw.type == YAML_STREAM_END_EVENT) return true;
      if (!take(event.raw)) return false;
    }
  }

 private:
  bool fail(std::string_view code, std::size_t begin, std::size_t end, std::string message) {
    error_.code = code;
    error_.message = std::move(message);
    error_.begin = begin;
    error_.end = std::max(begin, end);
    return false;
  }

  bool fail_syntax() {
    const yaml_parser_t& raw = parser_.raw;
    const std::string_view problem = raw.problem == nullptr ? std::string_view("this is not YAML") : raw.problem;
    if (go_message_ != nullptr) {
      std::size_t line = raw.context_mark.line != 0 ? raw.context_mark.line : raw.problem_mark.line;
      if (line != 0 && raw.error == YAML_SCANNER_ERROR) ++line;
      *go_message_ = line == 0 ? fmt::format("yaml: {}", problem) : fmt::format("yaml: line {}: {}", line, problem);
    }
    if (raw.error == YAML_MEMORY_ERROR) return fail("limit_memory_bytes", 0, 0, "not enough memory to read the text");
    // Errors of the reader count bytes, all others have a mark.
    const bool is_reader = raw.error == YAML_READER_ERROR;
    std::size_t at = is_reader ? raw.problem_offset : bytes_.bytes(raw.problem_mark.index);
    at = std::min(at, text_.size());
    std::string message(problem);
    if (raw.context != nullptr) message += fmt::format(" {}", raw.context);
    error_.is_at_end = at == text_.size();
    fail(is_reader ? "bad_character" : "yaml_syntax", at, std::min(at + 1, text_.size()), std::move(message));
    if (raw.context != nullptr && raw.context_mark.index < raw.problem_mark.index) {
      const std::size_t begin = bytes_.bytes(raw.context_mark.index);
      error_.notes.push_back({begin, begin + 1, "it begins here"});
    }
    if (problem.find("cannot start any token") != std::string_view::npos && at < text_.size()) {
      if (text_[at] == '\t') error_.help.emplace_back("indent with blanks: YAML takes no tabs there");
      if (text_[at] == '@' || text_[at] == '`') error_.help.emplace_back("put the text in quotes");
    }
    return false;
  }

  bool take(const yaml_event_t& event) {
    if (context_.rules.one_document && is_ignored() && holds_something(event)) {
      return fail("several_documents", bytes_.bytes(event.start_mark.index), bytes_.bytes(event.end_mark.index),
                  "this stands in a second document: only one was expected");
    }
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT: return start_document(event);
      case YAML_DOCUMENT_END_EVENT: ++documents_; return true;
      case YAML_ALIAS_EVENT: return is_ignored() ? true : alias(event);
      case YAML_SCALAR_EVENT: return is_ignored() ? true : scalar(event);
      case YAML_SEQUENCE_START_EVENT:
        return open(event, view_of(event.data.sequence_start.anchor), view_of(event.data.sequence_start.tag), false,
                    event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
      case YAML_MAPPING_START_EVENT:
        return open(event, view_of(event.data.mapping_start.anchor), view_of(event.data.mapping_start.tag), true,
                    event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: return close(event);
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT: return true;
    }
    return true;
  }

  static bool holds_something(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_ALIAS_EVENT:
      case YAML_SEQUENCE_START_EVENT:
      case YAML_MAPPING_START_EVENT: return true;
      case YAML_SCALAR_EVENT: return event.start_mark.index != event.end_mark.index;
      default: return false;
    }
  }

  // Documents after the first only have to parse.
  [[nodiscard]] bool is_ignored() const { return documents_ > 0; }

  bool start_document(const yaml_event_t& event) {
    const std::uint32_t begin = bytes_.bytes(event.start_mark.index);
    const auto& start = event.data.document_start;
    const bool is_other_version = start.version_directive != nullptr &&
                                  (start.version_directive->major != 1 || start.version_directive->minor != 1);
    if (is_other_version && !context_.rules.strict) {
      if (go_message_ != nullptr) *go_message_ = "yaml: found incompatible YAML document";
      return fail("yaml_directive", begin, begin + 1U, "YAML of another version than 1.1");
    }
    if (context_.rules.strict) {
      if (start.version_directive != nullptr || start.tag_directives.start != start.tag_directives.end) {
        return fail("yaml_directive", begin, begin + 1U,
                    "YAML directives (`%YAML`, `%TAG`) are not read: Kubernetes has none");
      }
      if (documents_ > 0)
        return fail("yaml_syntax", begin, begin + 3U, "a second document begins here: only one was expected");
    }
    return true;
  }

  std::uint32_t add_node(NodeKind kind, const yaml_event_t& event) {
    const auto index = static_cast<std::uint32_t>(tree_.nodes.size());
    YamlNode& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.begin = bytes_.bytes(event.start_mark.index);
    node.end = bytes_.bytes(event.end_mark.index);
    return index;
  }

  bool add_anchor(std::string_view anchor, std::uint32_t node) {
    if (anchor.empty()) return true;
    anchors_.insert_or_assign(std::string(anchor), node);
    tree_.has_anchors = true;
    return true;
  }

  // A node is whole: its parent counts it.
  bool finish(std::uint32_t index, std::uint64_t expanded, std::uint32_t height) {
    YamlNode& node = tree_.nodes[index];
    node.next = static_cast<std::uint32_t>(tree_.nodes.size());
    node.expanded = static_cast<std::uint32_t>(std::min<std::uint64_t>(expanded, kManyNodes));
    node.height = height;
    if (open_.empty()) return true;
    YamlOpen& parent = open_.back();
    const bool is_key = parent.is_map && parent.key_is_next;
    if (!is_key) parent.expanded += node.expanded;
    parent.height = std::max(parent.height, height);
    if (parent.is_map) parent.key_is_next = !parent.key_is_next;
    return true;
  }

  bool fail_depth(std::uint32_t begin) {
    return fail("limit_data_nesting", begin, begin + 1U,
                fmt::format("more than {} maps and lists inside each other", context_.limits.data_nesting));
  }

  bool check_tag(std::string_view text, YamlTag tag, NodeKind kind, std::uint32_t begin, std::uint32_t end) {
    if (!context_.rules.strict || tag == YamlTag::None) return true;
    const bool is_good =
        (kind == NodeKind::Map && tag == YamlTag::Map) || (kind == NodeKind::List && tag == YamlTag::Seq) ||
        (kind == NodeKind::Scalar && (tag == YamlTag::Null || tag == YamlTag::Bool || tag == YamlTag::Int ||
                                      tag == YamlTag::Float || tag == YamlTag::Str));
    if (is_good) return true;
    std::string shown(text);
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    if (shown.starts_with(kCore)) shown = "!!" + shown.substr(kCore.size());
    fail("yaml_tag", begin, end, fmt::format("tag {} has no meaning in a manifest", quoted_for_message(shown)));
    error_.help.emplace_back("remove the tag; `!!str`, `!!int`, `!!float`, `!!bool` and `!!null` are read");
    return false;
  }

  bool alias(const yaml_event_t& event) {
    const std::string_view name = view_of(event.data.alias.anchor);
    const std::uint32_t index = add_node(NodeKind::Alias, event);
    const std::uint32_t begin = tree_.nodes[index].begin;
    const std::uint32_t end = tree_.nodes[index].end;
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      fail("yaml_alias", begin, end,
           fmt::format("alias {} has no anchor before it", quoted_for_message("*" + std::string(name))));
      if (go_message_ != nullptr) *go_message_ = fmt::format("yaml: unknown anchor '{}' referenced", name);
      return false;
    }
    const YamlNode& target = tree_.nodes[found->second];
    if (target.next == 0) {
      fail("yaml_alias", begin, end,
           fmt::format("alias {} stands inside the node that it names", quoted_for_message("*" + std::string(name))));
      error_.notes.push_back({target.begin, target.begin + 1U, "the node begins here"});
      if (go_message_ != nullptr) *go_message_ = fmt::format("yaml: anchor '{}' value contains itself", name);
      return false;
    }
    tree_.nodes[index].target = found->second;
    if (open_.size() + target.height > context_.limits.data_nesting) return fail_depth(begin);
    // Kept small as we go, so that ten levels of ten aliases end here and not in memory.
    expansion_ += target.expanded;
    if (expansion_ > context_.limits.yaml_nodes) {
      return fail("limit_yaml_nodes", begin, end,
                  fmt::format("aliases stand for more than {} nodes", context_.limits.yaml_nodes));
    }
    return finish(index, target.expanded, target.height);
  }

  bool scalar(const yaml_event_t& event) {
    const auto& data = event.data.scalar;
    const std::uint32_t index = add_node(NodeKind::Scalar, event);
    YamlNode& node = tree_.nodes[index];
    if (data.length > Value::kMaxLength)
      return fail("limit_string_bytes", node.begin, node.end, "string is longer than 16 MiB");
    const bool is_plain = data.style == YAML_PLAIN_SCALAR_STYLE;
    const bool is_quoted =
        data.style == YAML_SINGLE_QUOTED_SCALAR_STYLE || data.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    const bool is_block = !is_plain && !is_quoted;
    node.is_plain = is_plain;
    node.is_resolved = data.plain_implicit != 0;
    node.tag = yaml_tag(view_of(data.tag));
    if (!context_.rules.strict && view_of(data.tag) == "!") node.tag = YamlTag::None;  // go-yaml resolves what follows
    node.has_properties = data.tag != nullptr || data.anchor != nullptr;
    std::uint32_t begin = node.begin;
    // The event begins at its tag or anchor; the scalar itself behind them.
    if (data.tag != nullptr || data.anchor != nullptr || (!is_plain && data.plain_implicit != 0))
      begin = skip_properties(begin, node.end);
    if (!check_tag(view_of(data.tag), node.tag, NodeKind::Scalar, node.begin, std::max(begin, node.begin + 1U)))
      return false;
    if (context_.rules.strict && !is_plain && data.plain_implicit != 0) {
      return fail("yaml_tag", node.begin, node.begin + 1U,
                  "tag `!` before a quoted text: YAML reads text, Kubernetes what stands in the quotes");
    }
    if (data.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE && !check_escapes(begin, node.end)) return false;
    if (is_plain && is_in_flow()) {
      const std::size_t mark = text_.substr(begin, node.end - begin).find('?');
      if (mark != std::string_view::npos) {
        const std::size_t at = begin + mark;
        fail("yaml_syntax", at, at + 1, "`?` in an unquoted text between `{}` or `[]`: Kubernetes refuses it");
        error_.help.emplace_back("put the text in quotes");
        return false;
      }
    }
    const std::string_view value(reinterpret_cast<const char*>(data.value), data.length);
    const std::uint32_t inner = begin + (is_quoted ? 1U : 0U);
    if (!is_block && inner + value.size() <= text_.size() && text_.substr(inner, value.size()) == value) {
      node.text = text_.data() + inner;
    } else {
      node.text = context_.arena.copy(value).data();
    }
    node.length = static_cast<std::uint32_t>(data.length);
    if (is_block) node.end = trim_end(begin, node.end);
    if (!add_anchor(view_of(data.anchor), index)) return false;
    return finish(index, 1, 0);
  }

  // Behind `!tag` and `&anchor`, in either order, blanks and line ends.
  std::uint32_t skip_properties(std::uint32_t at, std::uint32_t end) {
    for (;;) {
      while (at < end && (text_[at] == ' ' || text_[at] == '\t' || text_[at] == '\n' || text_[at] == '\r')) ++at;
      if (at < end && text_[at] == '#') {
        while (at < end && text_[at] != '\n') ++at;
        continue;
      }
      if (at >= end || (text_[at] != '!' && text_[at] != '&')) return at;
      while (at < end && text_[at] != ' ' && text_[at] != '\t' && text_[at] != '\n' && text_[at] != '\r') ++at;
    }
  }

  std::uint32_t trim_end(std::uint32_t begin, std::uint32_t end) const {
    while (end > begin &&
           (text_[end - 1] == ' ' || text_[end - 1] == '\n' || text_[end - 1] == '\r' || text_[end - 1] == '\t'))
      --end;
    return end;
  }

  // `\/` is in YAML 1.2 and in libyaml, but not in Go's reader.
  bool check_escapes(std::uint32_t begin, std::uint32_t end) {
    for (std::uint32_t i = begin; i + 1 < end; ++i) {
      if (text_[i] != '\\') continue;
      if (text_[i + 1] == '/') {
        fail("yaml_syntax", i, i + 2U, "escape `\\/` in a YAML text: Kubernetes refuses it");
        error_.help.emplace_back("write `/`");
        if (go_message_ != nullptr) {
          const auto line = std::count(text_.begin(), text_.begin() + i, '\n');
          *go_message_ = fmt::format("yaml: {}found unknown escape character",
                                     line == 0 ? std::string() : fmt::format("line {}: ", line + 1));
        }
        return false;
      }
      ++i;
    }
    return true;
  }

  [[nodiscard]] bool is_in_flow() const { return !open_.empty() && open_.back().is_flow; }

  bool open(const yaml_event_t& event, std::string_view anchor, std::string_view tag, bool is_map, bool is_flow) {
    if (is_ignored()) {
      // Only the depth matters: libyaml is quadratic in it.
      return ++ignored_depth_ <= context_.limits.data_nesting ? true : fail_depth(bytes_.bytes(event.start_mark.index));
    }
    const std::uint32_t index = add_node(is_map ? NodeKind::Map : NodeKind::List, event);
    YamlNode& node = tree_.nodes[index];
    if (open_.size() >= context_.limits.data_nesting) return fail_depth(node.begin);
    node.tag = yaml_tag(tag);
    if (!check_tag(tag, node.tag, node.kind, node.begin, node.end)) return false;
    node.has_properties = !tag.empty() || !anchor.empty();
    if (node.has_properties)
      node.begin = skip_properties(node.begin, static_cast<std::uint32_t>(text_.size()));
    if (!add_anchor(anchor, index)) return false;
    open_.push_back({index, is_map, is_flow, is_map, 1, 0});
    return true;
  }

  bool close(const yaml_event_t& event) {
    if (is_ignored()) {
      --ignored_depth_;
      return true;
    }
    const YamlOpen open = open_.back();
    open_.pop_back();
    YamlNode& node = tree_.nodes[open.node];
    const bool has_children = tree_.nodes.size() > open.node + 1U;
    // A block ends for libyaml where the next token begins, behind comments and blank lines: the last child tells
    // better.
    if (open.is_flow) {
      node.end = bytes_.bytes(event.end_mark.index);
    } else {
      node.end = has_children ? std::max(last_end_, tree_.nodes.back().end) : node.begin;
    }
    last_end_ = node.end;
    return finish(open.node, open.expanded, open.height + 1);
  }

  const ReadContext& context_;
  std::string_view text_;
  ByteMap bytes_;
  YamlTree& tree_;
  std::vector<YamlOpen>& open_ = tree_.open;
  RawError& error_;
  std::string* go_message_;
  Parser parser_;
  std::map<std::string, std::uint32_t, std::less<>> anchors_;
  std::uint64_t expansion_ = 0;
  std::uint32_t documents_ = 0;
  std::uint32_t ignored_depth_ = 0;
  std::uint32_t last_end_ = 0;
};

// Pairs by name while merges are applied.
class Merger {
 public:
  Merger(const ReadContext& context, const YamlTree& tree, RawError& error)
      : context_(context), tree_(tree), error_(error) {}

  bool run(std::uint32_t map, std::vector<YamlPair>& pairs) {
    // go-yaml v3 applies merges last, and nothing that stands in the map itself gives way; v2 goes by the order of the
    // text.
    const bool is_in_order = context_.rules.scalars == ScalarTable::Kubernetes;
    if (!collect(map, is_in_order, 0)) return false;
    pairs.clear();
    for (const Slot& slot : slots_) pairs.push_back(slot.pair);
    return true;
  }

 private:
  struct Slot {
    YamlPair pair;
    std::uint32_t level;  // how many merges deep the pair was found; 0 is the map itself
  };

  bool fail(std::string_view code, const YamlNode& node, std::string message) {
    error_.code = code;
    error_.message = std::move(message);
    error_.begin = node.begin;
    error_.end = node.end;
    return false;
  }

  bool collect(std::uint32_t map, bool is_in_order, std::uint32_t level) {
    const std::uint32_t end = tree_.nodes[map].next;
    std::uint32_t first_merge = 0;
    std::vector<std::uint32_t> merges;
    for (std::uint32_t key = map + 1; key < end;) {
      const std::uint32_t value = tree_.nodes[key].next;
      if (is_merge_key(tree_.nodes[key])) {
        if (context_.rules.strict && first_merge != 0) {
          fail("merge_conflict", tree_.nodes[key], "two `<<` in one map: readers do not agree on which one wins");
          error_.notes.push_back(
              {tree_.nodes[first_merge].begin, tree_.nodes[first_merge].end, "the first one stands here"});
          error_.help.emplace_back("write one `<<: [*a, *b]`");
          return false;
        }
        first_merge = key;
        if (is_in_order) {
          if (!merge(value, key, is_in_order, level + 1)) return false;
        } else {
          merges.push_back(value);
        }
      } else if (!put({key, value}, level)) {
        return false;
      }
      key = tree_.nodes[value].next;
    }
    for (const std::uint32_t value : merges) {
      if (!merge(value, first_merge, is_in_order, level + 1)) return false;
    }
    return true;
  }

  bool merge(std::uint32_t value, std::uint32_t key, bool is_in_order, std::uint32_t level) {
    const std::uint32_t source = resolve_alias(tree_, value);
    const YamlNode& node = tree_.nodes[source];
    if (node.kind == NodeKind::Map) return collect_merged({source}, key, is_in_order, level);
    const bool is_list = node.kind == NodeKind::List && source == value;
    if (!is_list) return fail("yaml_merge", tree_.nodes[value], "`<<` wants a map, or a list of maps");
    std::vector<std::uint32_t> maps;
    for (std::uint32_t item = source + 1; item < node.next; item = tree_.nodes[item].next) {
      const std::uint32_t map = resolve_alias(tree_, item);
      if (tree_.nodes[map].kind != NodeKind::Map)
        return fail("yaml_merge", tree_.nodes[item], "`<<` wants maps in its list");
      maps.push_back(map);
    }
    return collect_merged(maps, key, is_in_order, level);
  }

  // What several maps give together (the first one wins), put into the map at hand.
  bool collect_merged(const std::vector<std::uint32_t>& maps, std::uint32_t merge_key, bool is_in_order,
                      std::uint32_t level) {
    Merger inner(context_, tree_, error_);
    for (const std::uint32_t map : maps) {
      Merger one(context_, tree_, error_);
      if (!one.collect(map, is_in_order, 0)) return false;
      for (const Slot& slot : one.slots_) {
        if (!inner.put_if_absent(slot.pair)) return false;
      }
    }
    for (const Slot& slot : inner.slots_) {
      if (!put_merged(slot.pair, merge_key, is_in_order, level)) return false;
    }
    return true;
  }

  bool name_of(std::uint32_t key, std::string& name) {
    std::string storage;
    std::string_view text;
    if (!key_text(context_, tree_, key, storage, text, error_)) return false;
    name = text;
    return true;
  }

  // A pair of the map itself.
  bool put(YamlPair pair, std::uint32_t level) {
    std::string name;
    if (!name_of(pair.key, name)) return false;
    const auto [found, is_new] = by_name_.try_emplace(std::move(name), slots_.size());
    if (is_new) {
      slots_.push_back({pair, level});
      return true;
    }
    Slot& slot = slots_[found->second];
    const bool is_duplicate = slot.level == level;
    if (is_duplicate && context_.rules.duplicate_keys == DuplicateKeys::Error) {
      fail("duplicate_key", tree_.nodes[pair.key],
           fmt::format("key {} stands twice in one map", quoted_for_message(found->first)));
      const YamlNode& first = tree_.nodes[slot.pair.key];
      error_.notes.push_back({first.begin, first.end, "it stands here first"});
      return false;
    }
    slot = {pair, level};
    return true;
  }

  bool put_if_absent(YamlPair pair) {
    std::string name;
    if (!name_of(pair.key, name)) return false;
    const auto [found, is_new] = by_name_.try_emplace(std::move(name), slots_.size());
    if (is_new) slots_.push_back({pair, 0});
    return true;
  }

  bool put_merged(YamlPair pair, std::uint32_t merge_key, bool is_in_order, std::uint32_t level) {
    std::string name;
    if (!name_of(pair.key, name)) return false;
    const auto [found, is_new] = by_name_.try_emplace(std::move(name), slots_.size());
    if (is_new) {
      slots_.push_back({pair, level});
      return true;
    }
    if (!is_in_order) return true;
    Slot& slot = slots_[found->second];
    if (context_.rules.strict) {
      const YamlNode& explicit_key = tree_.nodes[slot.pair.key];
      fail("merge_conflict", tree_.nodes[merge_key],
           fmt::format("`<<` brings {}, which stands before it in the same map: Kubernetes takes the merged value, "
                       "YAML the other",
                       quoted_for_message(found->first)));
      error_.notes.push_back({explicit_key.begin, explicit_key.end, "it stands here"});
      error_.help.emplace_back("put `<<` first: then what follows wins for every reader");
      return false;
    }
    slot = {pair, level};
    return true;
  }

  const ReadContext& context_;
  const YamlTree& tree_;
  RawError& error_;
  std::vector<Slot> slots_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

}  // namespace

bool parse_yaml(const ReadContext& context, std::string_view text, bool is_ascii, YamlTree& tree, RawError& error,
                std::string* go_message) {
  if (!Builder(context, text, is_ascii, tree, error, go_message).run()) return false;
  tree.is_empty =
      tree.nodes.empty() || (tree.nodes.size() == 1 && tree.nodes[0].kind == NodeKind::Scalar &&
                             tree.nodes[0].is_plain && tree.nodes[0].length == 0 && tree.nodes[0].tag == YamlTag::None);
  return true;
}

bool is_text_scalar(const YamlNode& node) {
  switch (node.tag) {
    case YamlTag::None: return !node.is_resolved;
    case YamlTag::Null:
    case YamlTag::Bool:
    case YamlTag::Int:
    case YamlTag::Float:
    case YamlTag::Timestamp:
    case YamlTag::Merge: return false;
    case YamlTag::Str:
    case YamlTag::Map:
    case YamlTag::Seq:
    case YamlTag::Binary:
    case YamlTag::Set:
    case YamlTag::Omap:
    case YamlTag::Other: return true;
  }
  return true;
}

bool is_merge_key(const YamlNode& node) {
  return node.kind == NodeKind::Scalar && node.as_text() == "<<" &&
         ((node.is_plain && node.is_resolved) || node.tag == YamlTag::Merge);
}

bool has_merge_key(const YamlTree& tree, std::uint32_t map) {
  const std::uint32_t end = tree.nodes[map].next;
  for (std::uint32_t key = map + 1; key < end; key = tree.nodes[tree.nodes[key].next].next) {
    if (is_merge_key(tree.nodes[key])) return true;
  }
  return false;
}

bool expand_merges(const ReadContext& context, const YamlTree& tree, std::uint32_t map, std::vector<YamlPair>& pairs,
                   RawError& error) {
  return Merger(context, tree, error).run(map, pairs);
}

bool key_text(const ReadContext& context, const YamlTree& tree, std::uint32_t key, std::string& storage,
              std::string_view& text, RawError& error) {
  const YamlNode& node = tree.nodes[resolve_alias(tree, key)];
  const YamlNode& shown = tree.nodes[key];
  const auto fail = [&](std::string message) {
    error.code = "bad_key";
    error.message = std::move(message);
    error.begin = shown.begin;
    error.end = shown.end;
    return false;
  };
  if (node.kind != NodeKind::Scalar) return fail("a map or a list as a key: keys are texts");
  text = node.as_text();
  if (is_text_scalar(node)) return true;
  bool is_too_big = false;
  const Scalar scalar = resolve_plain(text, context.rules.scalars, is_too_big);
  if (scalar.kind == Scalar::Kind::Text && node.tag != YamlTag::None)
    return fail("a key that is not what its tag says");
  switch (scalar.kind) {
    case Scalar::Kind::Text:
    case Scalar::Kind::Merge: return true;
    case Scalar::Kind::Null: return fail("null as a key: write it in quotes, or give the key a name");
    case Scalar::Kind::Bool: text = scalar.truth ? "true" : "false"; return true;
    case Scalar::Kind::Int: storage = std::to_string(scalar.integer); break;
    case Scalar::Kind::Unsigned:
      if (context.rules.scalars == ScalarTable::Kubernetes)
        return fail("a number beyond int64 as a key: write it in quotes");
      storage = std::to_string(scalar.unsigned_integer);
      break;
    case Scalar::Kind::Float: storage = format_float_key(scalar.number); break;
    case Scalar::Kind::Infinity: text = ".inf"; return true;
    case Scalar::Kind::NegativeInfinity: text = "-.inf"; return true;
    case Scalar::Kind::NotANumber: text = ".nan"; return true;
    case Scalar::Kind::Timestamp: return fail("a date as a key: write it in quotes");
  }
  text = storage;
  return true;
}

}  // namespace psdl::codec
