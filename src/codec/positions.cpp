// The second look at a document's text: the same walk as the reader's, for places in place of values.
#include "codec/positions.hpp"

#include <algorithm>
#include <charconv>

#include "base/reuse.hpp"
#include "codec/internal.hpp"
#include "codec/json_reader.hpp"
#include "codec/yaml_tree.hpp"

namespace psdl {
namespace {

using codec::NodeKind;
using codec::RawError;
using codec::ReadContext;
using codec::YamlNode;
using codec::YamlPair;
using codec::YamlTree;

// What a walk finds of one node, in bytes of the document's text.
struct RawPlace {
  std::size_t key_begin = 0;
  std::size_t key_end = 0;  // equal to key_begin: no key
  std::size_t value_begin = 0;
  std::size_t value_end = 0;
  bool is_found = false;
};

// A node that is wanted, and which of the places it is.
struct WantedNode {
  std::uint32_t node;
  std::size_t slot;
};

// Pointers are made of steps only where one is wanted.
struct Step {
  std::string_view name;
  std::size_t index = 0;
  bool is_index = false;
};

constexpr std::size_t kMostKept = std::size_t{64} << 10;  // bytes of each list

}  // namespace

struct PlaceMemory::Impl {
  std::vector<WantedNode> order;
  std::vector<RawPlace> raw;
  std::vector<Step> steps;
  std::vector<std::size_t> offsets;
  std::vector<TextPoint> points;

  void start() {
    clear_or_free(order, kMostKept);
    clear_or_free(raw, kMostKept);
    clear_or_free(steps, kMostKept);
    clear_or_free(offsets, kMostKept);
    clear_or_free(points, kMostKept);
  }
};

PlaceMemory::PlaceMemory() : impl_(std::make_unique<Impl>()) {}
PlaceMemory::~PlaceMemory() = default;

namespace {

// Shared by both walks: which nodes are wanted, and the pointer to where the walk stands, which goes into `out`.
class Wanted {
 public:
  Wanted(const Document& document, std::span<const std::uint32_t> origins, PlaceMemory::Impl& memory,
         std::span<NodePlace> out)
      : steps(memory.steps), out_(out), order_(memory.order), places_(memory.raw) {
    places_.resize(origins.size());
    for (std::size_t i = 0; i < origins.size(); ++i) {
      if (document.has_node(origins[i])) order_.push_back({origins[i] - document.first_origin(), i});
    }
    std::sort(order_.begin(), order_.end(),
              [](const WantedNode& left, const WantedNode& right) { return left.node < right.node; });
  }

  // Nodes are entered in order of their numbers. The slots of this node are [first, end).
  bool enter(std::size_t& first, std::size_t& end) {
    first = next_;
    while (next_ < order_.size() && order_[next_].node == node_) ++next_;
    end = next_;
    ++node_;
    return first != end;
  }
  // Called where the walk stands at the node; its place is told when it is known whole.
  void found_pointer(std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) append_pointer(out_[order_[i].slot].pointer);
  }
  void found(std::size_t first, std::size_t end, const RawPlace& place) {
    for (std::size_t i = first; i < end; ++i) places_[order_[i].slot] = place;
  }
  [[nodiscard]] bool is_done() const { return next_ == order_.size(); }

  std::vector<Step>& steps;

 private:
  void append_pointer(std::string& out) const {
    std::size_t length = 0;
    for (const Step& step : steps) length += step.is_index ? 5 : step.name.size() + 1;
    out.reserve(length);
    for (const Step& step : steps) {
      if (step.is_index) {
        append_pointer_step(out, std::to_string(step.index));
      } else {
        append_pointer_step(out, step.name);
      }
    }
  }

  std::span<NodePlace> out_;
  std::vector<WantedNode>& order_;
  std::vector<RawPlace>& places_;
  std::size_t next_ = 0;
  std::uint32_t node_ = 0;
};

// The text is known to be JSON.
class JsonWalk {
 public:
  JsonWalk(std::string_view text, Wanted& wanted, Arena& arena) : text_(text), wanted_(wanted), arena_(arena) {}

  void run() { value(0, 0); }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
  }
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // As deep as the reader went, which counted against the limit on nesting.
  void value(std::size_t key_begin, std::size_t key_end) {
    skip_blanks();
    std::size_t first = 0;
    std::size_t end = 0;
    const bool is_wanted = wanted_.enter(first, end);
    RawPlace place;
    if (is_wanted) {
      place = {key_begin, key_end, at_, at_, true};
      wanted_.found_pointer(first, end);
    }
    if (here() == '{') {
      members();
    } else if (here() == '[') {
      items();
    } else if (here() == '"') {
      skip_string();
    } else {
      while (at_ < text_.size() && std::string_view(",]} \n\r\t").find(text_[at_]) == std::string_view::npos) ++at_;
    }
    place.value_end = at_;
    if (is_wanted) wanted_.found(first, end, place);
  }

  void members() {
    ++at_;
    for (;;) {
      skip_blanks();
      if (here() != '"') break;
      const std::size_t key_begin = at_;
      skip_string();
      const std::size_t key_end = at_;
      std::string_view name = text_.substr(key_begin + 1, key_end - key_begin - 2);
      std::size_t bad = 0;
      if (name.find('\\') != std::string_view::npos) (void)codec::unescape_json(arena_, name, true, name, bad);
      wanted_.steps.push_back({name, 0, false});
      skip_blanks();
      ++at_;  // the colon
      value(key_begin, key_end);
      wanted_.steps.pop_back();
      skip_blanks();
      if (here() != ',') break;
      ++at_;
    }
    ++at_;
  }

  void items() {
    ++at_;
    for (std::size_t index = 0;; ++index) {
      skip_blanks();
      if (here() == ']' || here() == '\0') break;
      wanted_.steps.push_back({{}, index, true});
      value(0, 0);
      wanted_.steps.pop_back();
      skip_blanks();
      if (here() != ',') break;
      ++at_;
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Wanted& wanted_;
  Arena& arena_;
};

class YamlWalk {
 public:
  YamlWalk(const ReadContext& context, const YamlTree& tree, Wanted& wanted)
      : context_(context), tree_(tree), wanted_(wanted) {}

  void run() {
    if (!tree_.nodes.empty()) node(0, nullptr);
  }

 private:
  void node(std::uint32_t index, const YamlNode* key) {
    if (wanted_.is_done()) return;
    std::size_t first = 0;
    std::size_t end = 0;
    if (wanted_.enter(first, end)) {
      const YamlNode& value = tree_.nodes[index];
      RawPlace place{0, 0, value.begin, value.end, true};
      if (key != nullptr) {
        place.key_begin = key->begin;
        place.key_end = key->end;
      }
      wanted_.found_pointer(first, end);
      wanted_.found(first, end, place);
    }
    const std::uint32_t source = codec::resolve_alias(tree_, index);
    const YamlNode& value = tree_.nodes[source];
    if (value.kind == NodeKind::List) {
      std::size_t position = 0;
      for (std::uint32_t item = source + 1; item < value.next; item = tree_.nodes[item].next) {
        wanted_.steps.push_back({{}, position++, true});
        node(item, nullptr);
        wanted_.steps.pop_back();
      }
    } else if (value.kind == NodeKind::Map) {
      if (codec::has_merge_key(tree_, source)) {
        std::vector<YamlPair> pairs;
        RawError error;
        if (!codec::expand_merges(context_, tree_, source, pairs, error)) return;
        for (const YamlPair& pair : pairs) member(pair);
      } else {
        for (std::uint32_t at = source + 1; at < value.next;) {
          const std::uint32_t child = tree_.nodes[at].next;
          member({at, child});
          at = tree_.nodes[child].next;
        }
      }
    }
  }

  void member(YamlPair pair) {
    std::string storage;
    std::string_view name;
    RawError error;
    if (!codec::key_text(context_, tree_, pair.key, storage, name, error)) return;
    if (!storage.empty()) name = context_.arena.copy(storage);
    wanted_.steps.push_back({name, 0, false});
    node(pair.value, &tree_.nodes[pair.key]);
    wanted_.steps.pop_back();
  }

  const ReadContext& context_;
  const YamlTree& tree_;
  Wanted& wanted_;
};

void walk(const Document& document, Wanted& wanted) {
  Arena arena;
  if (document.format() == Format::Json) {
    JsonWalk(document.text(), wanted, arena).run();
    return;
  }
  // The text was read once within its limits; looking again must not fail for want of them.
  Limits limits;
  limits.data_nesting = UINT32_MAX;
  limits.yaml_nodes = UINT32_MAX;
  const ReadContext context{arena, document.rules(), limits, nullptr, document.first_origin()};
  const std::string_view text = document.text();
  const bool is_ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  YamlTree tree;
  RawError error;
  if (codec::parse_yaml(context, text, is_ascii, tree, error)) YamlWalk(context, tree, wanted).run();
}

}  // namespace

namespace {

// Lines and columns of many offsets in one pass over the text: each by itself would count from the beginning.
class PointTable {
 public:
  PointTable(const Document& document, PlaceMemory::Impl& memory) : offsets_(memory.offsets), points_(memory.points) {
    for (const RawPlace& raw : memory.raw) {
      if (!raw.is_found) continue;
      for (const std::size_t offset : {raw.value_begin, raw.value_end, raw.key_begin, raw.key_end}) offsets_.push_back(offset);
    }
    std::sort(offsets_.begin(), offsets_.end());
    offsets_.erase(std::unique(offsets_.begin(), offsets_.end()), offsets_.end());
    const std::string_view text = document.text();
    TextPoint point{document.place().offset, document.place().line, document.place().column};
    std::size_t at = 0;
    for (const std::size_t offset : offsets_) {
      for (; at < std::min(offset, text.size()); ++at, ++point.offset) {
        if (at == document.place().gap_at) point = document.place().gap_end;
        if (text[at] == '\n') {
          ++point.line;
          point.column = 1;
        } else if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U) {
          ++point.column;
        }
      }
      points_.push_back(at == document.place().gap_at ? document.place().gap_end : point);
    }
  }
  [[nodiscard]] TextPoint at(std::size_t offset) const {
    return points_[static_cast<std::size_t>(std::lower_bound(offsets_.begin(), offsets_.end(), offset) - offsets_.begin())];
  }

 private:
  std::vector<std::size_t>& offsets_;
  std::vector<TextPoint>& points_;
};

// A document that was built has no text: what is wanted is found among its values, and has a path alone.
void find_built(const Value& at, std::string& pointer, std::span<NodePlace> places) {
  for (NodePlace& place : places) {
    if (place.is_found || place.origin != at.origin() || place.origin == 0) continue;
    place.is_found = true;
    place.pointer = pointer;
  }
  const std::size_t length = pointer.size();
  if (at.is_array()) {
    for (std::size_t i = 0; i < at.as_array().size(); ++i) {
      append_pointer_step(pointer, std::to_string(i));
      find_built(at.as_array()[i], pointer, places);
      pointer.resize(length);
    }
  } else if (at.is_object()) {
    const Object& object = at.as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      append_pointer_step(pointer, object.keys()[i].as_string());
      find_built(object.values()[i], pointer, places);
      pointer.resize(length);
    }
  }
}

}  // namespace

void locate(const Document& document, std::span<const std::uint32_t> origins, PlaceMemory& memory,
            std::vector<NodePlace>& places) {
  places.resize(origins.size());
  for (std::size_t i = 0; i < origins.size(); ++i) {
    NodePlace& place = places[i];
    std::string pointer = std::move(place.pointer);
    pointer.clear();
    place = {};
    place.pointer = std::move(pointer);
    place.origin = origins[i];
  }
  if (document.text().empty()) {
    std::string pointer;
    find_built(document.root(), pointer, places);
    return;
  }
  memory.impl().start();
  Wanted wanted(document, origins, memory.impl(), places);
  if (!wanted.is_done()) walk(document, wanted);
  const PointTable points(document, memory.impl());
  const std::string_view above = document.root_pointer();
  for (std::size_t i = 0; i < origins.size(); ++i) {
    const RawPlace& raw = memory.impl().raw[i];
    NodePlace& place = places[i];
    const bool is_below = raw.is_found && place.pointer.starts_with(above) &&
                          (place.pointer.size() == above.size() || place.pointer[above.size()] == '/');
    if (!is_below) {
      place.pointer.clear();
      continue;
    }
    place.is_found = true;
    place.pointer.erase(0, above.size());
    const auto range = [&](std::size_t begin, std::size_t end) {
      return TextRange{points.at(begin), points.at(end)};
    };
    place.value = range(raw.value_begin, raw.value_end);
    const bool has_key = raw.key_end > raw.key_begin && !place.pointer.empty();
    if (has_key) place.key = range(raw.key_begin, raw.key_end);
    // An empty value stands behind its key's colon.
    place.whole = has_key ? range(raw.key_begin, std::max(raw.key_end, raw.value_end)) : place.value;
  }
}

std::vector<NodePlace> locate(const Document& document, std::span<const std::uint32_t> origins) {
  PlaceMemory memory;
  std::vector<NodePlace> places;
  locate(document, origins, memory, places);
  return places;
}

NodePlace locate(const Document& document, std::uint32_t origin) {
  return locate(document, std::span<const std::uint32_t>(&origin, 1)).front();
}

void append_pointer_step(std::string& pointer, std::string_view step) {
  pointer += '/';
  for (const char c : step) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

namespace {

// `~1` and `~0` undone, in `storage` where there are some.
std::string_view step_of(std::string_view written, std::string& storage) {
  if (written.find('~') == std::string_view::npos) return written;
  storage.clear();
  for (std::size_t i = 0; i < written.size(); ++i) {
    const bool is_escape =
        written[i] == '~' && i + 1 < written.size() && (written[i + 1] == '0' || written[i + 1] == '1');
    storage += is_escape ? (written[i + 1] == '0' ? '~' : '/') : written[i];
    if (is_escape) ++i;
  }
  return storage;
}

}  // namespace

PathTarget find_path(const Value& root, std::string_view pointer) {
  PathTarget target{root.origin(), true, {}};
  const Value* at = &root;
  std::string storage;
  while (!pointer.empty()) {
    if (pointer.front() == '/') pointer.remove_prefix(1);
    const std::string_view written = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(written.size());
    const std::string_view step = step_of(written, storage);
    const Value* next = nullptr;
    if (at->is_object()) {
      next = at->as_object().find_text(step);
    } else if (at->is_array()) {
      std::uint32_t index = 0;
      const std::from_chars_result parsed = std::from_chars(step.data(), step.data() + step.size(), index);
      if (parsed.ec == std::errc() && parsed.ptr == step.data() + step.size() && index < at->length())
        next = &at->as_array()[index];
    }
    if (next == nullptr) {
      target.is_exact = false;
      target.missing = step;
      return target;
    }
    at = next;
    if (at->origin() != 0) target.origin = at->origin();
  }
  return target;
}

std::string_view line_of(const Document& document, std::uint64_t stream_offset) {
  const std::string_view text = document.text();
  const std::size_t at = std::min(document.place().text_offset(stream_offset), text.size());
  std::size_t begin = at;
  while (begin > 0 && text[begin - 1] != '\n') --begin;
  std::size_t end = at;
  while (end < text.size() && text[end] != '\n') ++end;
  if (end > begin && text[end - 1] == '\r') --end;
  return text.substr(begin, end - begin);
}

}  // namespace psdl
