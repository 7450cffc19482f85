// Finding the place, then one of five changes: put in place of, put into a map, put into a list, fill what is empty,
// take out.
#include "fix/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "fix/render.hpp"
#include "runtime/pointer.hpp"
#include "value/builders.hpp"

namespace psdl::fix {
namespace {

using Kind = LayoutNode::Kind;
using Steps = std::span<const std::string>;

constexpr std::string_view kBlanks = " \t\r\n";

bool is_blank(std::string_view text) {
  return text.find_first_not_of(kBlanks) == std::string_view::npos;
}

// Of an item; nothing where the step is no index as JSON pointers write them.
std::optional<std::size_t> index_of(std::string_view step) {
  std::size_t index = 0;
  const char* end = step.data() + step.size();
  const auto [at, failure] = std::from_chars(step.data(), end, index);
  if (failure != std::errc() || at != end || (step.size() > 1 && step.front() == '0')) return std::nullopt;
  return index;
}

// Maps around the value, so that it stands at the steps.
Value wrapped(Arena& arena, Steps steps, Value value) {
  for (std::size_t i = steps.size(); i-- > 0;) {
    ObjectBuilder object(arena);
    object.add(Value::string(arena, steps[i]), value);
    value = object.finish();
  }
  return value;
}

class Editor {
 public:
  Editor(const Layout& layout, const Document& document) : layout_(layout), document_(document) {}

  Result<std::vector<Edit>> run(const Operation& operation) {
    if (!make(operation)) return Error{"no_fix", refusal_};
    std::sort(edits_.begin(), edits_.end(), [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
    for (std::size_t i = 1; i < edits_.size(); ++i) {
      if (!are_apart(edits_[i - 1], edits_[i])) return Error{"no_fix", "two changes meet at one place"};
    }
    return std::move(edits_);
  }

 private:
  struct Place {
    std::uint32_t node = 0;
    const Value* value = nullptr;  // null above the document's root
  };

  bool refuse(std::uint32_t node, std::string_view what) {
    const TextPoint point = layout_.points.at(layout_.nodes[node].entry_begin());
    refusal_ = fmt::format("{} in line {}", what, point.line);
    return false;
  }

  // A change at or below such a node would be one somewhere else too, or none.
  bool check(std::uint32_t node) {
    const LayoutNode& at = layout_.nodes[node];
    if (at.kind == Kind::Alias) return refuse(node, "an alias stands");
    if (at.has_properties) return refuse(node, "an anchor or a tag stands");
    if (at.has_merge) return refuse(node, "a map is merged by `<<`");
    return true;
  }
  bool check_below(std::uint32_t node) {
    for (std::uint32_t i = node; i < layout_.nodes[node].next; ++i) {
      if (layout_.nodes[i].has_properties) return refuse(i, "an anchor or a tag stands");
    }
    return true;
  }

  [[nodiscard]] std::uint32_t child_of(std::uint32_t node, std::string_view step) const {
    const LayoutNode& at = layout_.nodes[node];
    if (at.kind != Kind::Map && at.kind != Kind::List) return 0;
    const std::optional<std::size_t> wanted = at.kind == Kind::List ? index_of(step) : std::nullopt;
    std::size_t index = 0;
    for (std::uint32_t child = node + 1; child < at.next; child = layout_.nodes[child].next, ++index) {
      if (at.kind == Kind::Map ? layout_.nodes[child].name == step : wanted == index) return child;
    }
    return 0;
  }

  bool make(const Operation& operation) {
    if (layout_.nodes.empty()) {
      refusal_ = "the text is empty";
      return false;
    }
    std::vector<std::string> steps = pointer_steps(document_.root_pointer());
    const std::size_t above = steps.size();
    for (std::string& step : pointer_steps(operation.path)) steps.push_back(std::move(step));
    Place place{0, above == 0 ? &document_.root() : nullptr};
    if (!check(0)) return false;
    std::size_t at = 0;
    for (; at < steps.size(); ++at) {
      const std::uint32_t next = child_of(place.node, steps[at]);
      if (next == 0) break;
      place.node = next;
      if (!check(next)) return false;
      if (at + 1 == above) {
        place.value = &document_.root();
      } else if (at + 1 > above) {
        place.value = place.value == nullptr ? nullptr : child(*place.value, steps[at]);
      }
    }
    const Steps missing = Steps(steps).subspan(at);
    if (place.value == nullptr) return refuse(place.node, "something is not where it was read");
    switch (operation.kind) {
      case Operation::Kind::Set:
        return missing.empty() ? replace(place, operation.value) : insert(place, missing, operation.value);
      case Operation::Kind::Merge:
        return missing.empty() ? merge(place, operation.value) : insert(place, missing, operation.value);
      case Operation::Kind::Remove:
        return missing.empty() ? remove(place.node) : refuse(place.node, "there is nothing to remove");
    }
    return false;
  }

  bool merge(const Place& place, const Value& value) {
    if (equal(*place.value, value)) return true;
    const LayoutNode& at = layout_.nodes[place.node];
    if (value.is_object() && at.kind == Kind::Map) {
      const Object& object = value.as_object();
      for (std::uint32_t i = 0; i < object.size(); ++i) {
        const std::string key(object.keys()[i].as_string());
        const std::uint32_t next = child_of(place.node, key);
        const Place inner{next, next == 0 ? nullptr : child(*place.value, key)};
        if (next == 0 ? !insert(place, Steps(&key, 1), object.values()[i])
                      : !(check(next) && merge(inner, object.values()[i])))
          return false;
      }
      return true;
    }
    if (value.is_array() && at.kind == Kind::List) {
      ArrayBuilder lacking(arena_);
      const std::span<const Value> there = place.value->as_array();
      for (const Value& item : value.as_array()) {
        if (std::none_of(there.begin(), there.end(), [&](const Value& one) { return equal(one, item); }))
          lacking.add(item);
      }
      return append(place, {lacking.items(), lacking.size()});
    }
    return replace(place, value);
  }

  // --- How neighbours are written
  // -----------------------------------------------------------------------------------------

  [[nodiscard]] char quote_at(std::size_t at) const {
    const char c = at < layout_.text.size() ? layout_.text[at] : ' ';
    return c == '"' || c == '\'' ? c : kBare;
  }

  // The column of the first byte of a block; npos where something else than blanks and dashes stands before it.
  [[nodiscard]] std::size_t column(std::size_t at) const {
    const std::size_t begin = layout_.line_begin(at);
    const std::string_view before = layout_.between(begin, at);
    return before.find_first_not_of(" -") == std::string_view::npos ? at - begin : std::string_view::npos;
  }

  // How far the document's block maps stand inside each other, looking upwards from a map.
  [[nodiscard]] std::size_t block_step(std::uint32_t node) const {
    for (; node != 0; node = layout_.nodes[node].parent) {
      const LayoutNode& inner = layout_.nodes[node];
      const LayoutNode& outer = layout_.nodes[inner.parent];
      if (inner.kind != Kind::Map || outer.kind != Kind::Map || inner.is_flow || outer.is_flow) continue;
      const std::size_t in = column(inner.begin);
      const std::size_t out = column(outer.begin);
      if (in != std::string_view::npos && out != std::string_view::npos && in > out) return in - out;
    }
    return 2;
  }

  [[nodiscard]] bool is_compact_json() const {
    if (!layout_.is_json || !layout_.has_children(0) || !layout_.nodes[1].has_key) return false;
    return layout_.between(layout_.nodes[1].key_end, layout_.nodes[1].begin) == ":";
  }

  // Where no neighbours show how.
  [[nodiscard]] Style plain_style(std::size_t at) const {
    Style style;
    style.is_json = layout_.is_json;
    style.newline = layout_.newline(at);
    if (is_compact_json()) {
      style.colon = ":";
      style.comma = ",";
    }
    return style;
  }

  [[nodiscard]] Style style_of(const Place& place) const {
    Style style = plain_style(layout_.nodes[place.node].begin);
    if (layout_.is_json) return style;
    const std::vector<std::uint32_t> children = layout_.children(place.node);
    if (layout_.nodes[place.node].kind == Kind::List) {
      if (!children.empty()) style.item_quote = quote_at(layout_.nodes[children.back()].begin);
      return style;
    }
    if (layout_.nodes[place.node].kind != Kind::Map || children.empty()) return style;
    style.key_quote = quote_at(layout_.nodes[children.front()].key_begin);
    char quote = kBare;
    bool has_bare_text = false;
    for (const std::uint32_t node : children) {
      const Value* value = child(*place.value, layout_.nodes[node].name);
      if (value == nullptr || !value->is_string()) continue;
      const char own = quote_at(layout_.nodes[node].begin);
      has_bare_text = has_bare_text || own == kBare;
      if (own != kBare) quote = own;
    }
    if (!has_bare_text) style.text_quote = quote;
    return style;
  }

  // What stands before each entry of a bracket that has some.
  [[nodiscard]] std::string separator(std::uint32_t node, const std::vector<std::uint32_t>& children) const {
    const LayoutNode& last = layout_.nodes[children.back()];
    if (children.size() > 1) {
      const std::string_view before =
          layout_.between(layout_.nodes[children[children.size() - 2]].entry_end(), last.entry_begin());
      if (before.find_first_not_of(" \t\r\n,") == std::string_view::npos) return std::string(before);
    }
    const std::string_view lead = layout_.between(layout_.nodes[node].begin + 1, last.entry_begin());
    const std::size_t line = layout_.line_begin(last.entry_begin());
    const std::string_view indent = layout_.between(line, last.entry_begin());
    if (lead.find('\n') != std::string_view::npos && is_blank(indent))
      return fmt::format(",{}{}", layout_.newline(line == 0 ? 0 : line - 1), indent);
    return is_compact_json() ? "," : ", ";
  }

  [[nodiscard]] std::string_view indent_of_line(std::size_t at) const {
    const std::size_t begin = layout_.line_begin(at);
    const std::size_t end = layout_.text.find_first_not_of(" \t", begin);
    return layout_.between(begin, std::min(end, at));
  }

  // JSON with an entry a line goes on so; `indent` is that of the entries.
  void set_lines(Style& style, std::uint32_t node, std::string_view indent) const {
    if (!layout_.is_json) return;
    style.is_on_lines = true;
    style.indent = indent;
    const std::string_view outer = indent_of_line(layout_.nodes[node].begin);
    if (indent.size() > outer.size() && indent.starts_with(outer)) style.unit = indent.substr(outer.size());
  }

  // --- The five changes
  // ---------------------------------------------------------------------------------------------------

  bool edit(std::size_t begin, std::size_t end, std::string text) {
    edits_.push_back({begin, end, std::move(text), 0, 0});
    return true;
  }

  bool replace(const Place& place, const Value& value) {
    if (equal(*place.value, value)) return true;
    const LayoutNode& at = layout_.nodes[place.node];
    if (!check_below(place.node)) return false;
    if (at.is_empty()) return fill(place, {}, value);
    std::string text;
    append_flow(text, value, quote_at(at.begin), plain_style(at.begin));
    return put_over(place.node, std::move(text));
  }

  // A block's brackets stand behind its key; everything else is replaced where it is.
  bool put_over(std::uint32_t node, std::string text) {
    const LayoutNode& at = layout_.nodes[node];
    const bool is_block = !at.is_flow && (at.kind == Kind::Map || at.kind == Kind::List);
    if (is_block && at.has_key) {
      const std::size_t colon = layout_.text.find(':', at.key_end);
      if (colon == std::string_view::npos || colon >= at.begin || !is_blank(layout_.between(colon + 1, at.begin)))
        return refuse(node, "a comment stands");
      return edit(colon + 1, at.end, " " + std::move(text));
    }
    return edit(at.begin, at.end, std::move(text));
  }

  // Into a map that has no such key, or in place of null.
  bool insert(const Place& place, Steps steps, const Value& value) {
    const LayoutNode& at = layout_.nodes[place.node];
    if (at.kind == Kind::Scalar && place.value->is_null()) return fill(place, steps, value);
    if (at.kind != Kind::Map)
      return refuse(place.node, fmt::format("something else than a map with `{}` stands", steps.front()));
    return at.is_flow ? insert_flow(place, steps, value) : insert_block(place, steps, value);
  }

  // Null: nothing behind a colon, or the word.
  bool fill(const Place& place, Steps steps, const Value& value) {
    const LayoutNode& at = layout_.nodes[place.node];
    const LayoutNode& parent = layout_.nodes[at.parent];
    const bool is_in_block = place.node != 0 && parent.kind == Kind::Map && !parent.is_flow && at.has_key;
    if (at.is_empty() && is_in_block && !steps.empty()) {
      const std::size_t outer = column(parent.begin);
      if (outer == std::string_view::npos || parent.begin != layout_.nodes[at.parent + 1].key_begin)
        return refuse(place.node, "a key that is written otherwise stands");
      Style style;
      style.key_quote = quote_at(layout_.nodes[at.parent + 1].key_begin);
      return add_lines(layout_.line_end(at.entry_end()), outer + block_step(at.parent), block_step(at.parent), steps,
                       value, style);
    }
    std::string text;
    append_flow(text, wrapped(arena_, steps, value), kBare, plain_style(at.begin));
    if (!at.is_empty()) return edit(at.begin, at.end, std::move(text));
    if (at.begin == 0 || layout_.text[at.begin - 1] != ':')
      return refuse(place.node, "a key or an item without a value stands");
    return edit(at.begin, at.begin, " " + std::move(text));
  }

  // Lines behind `end`, which is the end of a line: the steps below each other, the value behind the last of them.
  bool add_lines(std::size_t end, std::size_t indent, std::size_t step, Steps steps, const Value& value,
                 const Style& style) {
    std::string text;
    for (const std::string& key : steps) {
      text += layout_.newline(end);
      text.append(indent, ' ');
      append_key(text, key, style);
      text += ':';
      indent += step;
    }
    text += ' ';
    append_flow(text, value, style.text_quote, style);
    return edit(end, end, std::move(text));
  }

  // The end of the last line of a block; false where a line behind it would not be a line of its own.
  bool end_of_block(std::uint32_t node, std::size_t& end) {
    std::uint32_t last = node;
    while (!layout_.nodes[last].is_flow && layout_.has_children(last)) last = layout_.children(last).back();
    const LayoutNode& leaf = layout_.nodes[last];
    const std::size_t at = leaf.entry_end();
    const bool is_block_text = leaf.kind == Kind::Scalar && !leaf.is_empty() &&
                               (layout_.text[leaf.begin] == '|' || layout_.text[leaf.begin] == '>');
    if (is_block_text) {
      const std::size_t header_end = layout_.line_end(leaf.begin);
      if (leaf.has_properties || layout_.between(leaf.begin, header_end).find('+') != std::string_view::npos)
        return refuse(last, "a text that keeps the line ends behind it stands");
      if (layout_.text.find('\n', at) == std::string_view::npos)
        return refuse(last, "a text that ends with the file stands");
    }
    end = layout_.line_end(at);
    const std::string_view rest = layout_.between(at, end);
    const std::size_t content = rest.find_first_not_of(" \t");
    if (content != std::string_view::npos && rest[content] != '#')
      return refuse(last, "something else stands on the last line");
    return true;
  }

  bool insert_block(const Place& place, Steps steps, const Value& value) {
    const LayoutNode& at = layout_.nodes[place.node];
    const std::size_t indent = column(at.begin);
    if (indent == std::string_view::npos || at.begin != layout_.nodes[place.node + 1].key_begin)
      return refuse(place.node, "a key that is written otherwise stands");
    std::size_t end = 0;
    if (!end_of_block(place.node, end)) return false;
    return add_lines(end, indent, block_step(place.node), steps, value, style_of(place));
  }

  [[nodiscard]] std::string colon_like(std::uint32_t node, const Style& style) const {
    const LayoutNode& entry = layout_.nodes[node];
    if (entry.is_empty()) return style.colon;
    const std::string_view between = layout_.between(entry.key_end, entry.begin);
    const bool is_usual =
        between.find_first_not_of(": \t") == std::string_view::npos && between.find(':') != std::string_view::npos;
    const bool is_safe = layout_.is_json || between.ends_with(' ');
    return is_usual && is_safe ? std::string(between) : style.colon;
  }

  bool insert_flow(const Place& place, Steps steps, const Value& value) {
    const std::vector<std::uint32_t> children = layout_.children(place.node);
    Style style = style_of(place);
    std::string entry;
    if (children.empty())
      return open_brackets(place.node, style, [&](std::string& out) { append_entry(out, steps, value, style); });
    const std::string before = separator(place.node, children);
    if (const std::size_t line = before.rfind('\n'); line != std::string::npos)
      set_lines(style, place.node, std::string_view(before).substr(line + 1));
    const std::string colon = colon_like(children.back(), style);
    if (layout_.is_json) style.colon = colon;
    entry = before;
    append_entry(entry, steps, value, style);
    const std::size_t end = layout_.nodes[children.back()].entry_end();
    return edit(end, end, std::move(entry));
  }

  void append_entry(std::string& out, Steps steps, const Value& value, const Style& style) {
    append_key(out, steps.front(), style);
    out += style.colon;
    append_flow(out, wrapped(arena_, steps.subspan(1), value), style.text_quote, style);
  }

  // The first entry of `{}` or `[]`.
  template <class Write>
  bool open_brackets(std::uint32_t node, Style& style, const Write& write) {
    const LayoutNode& at = layout_.nodes[node];
    const std::string_view inside = layout_.between(at.begin + 1, at.end - 1);
    const LayoutNode& parent = layout_.nodes[at.parent];
    const bool is_on_lines = layout_.is_json && node != 0 &&
                             layout_.between(parent.begin, at.entry_begin()).find('\n') != std::string_view::npos;
    std::string text;
    if (is_on_lines && inside.empty()) {
      const std::string outer(indent_of_line(at.begin));
      const std::string_view grand = indent_of_line(parent.begin);
      if (outer.size() > grand.size() && outer.starts_with(grand)) style.unit = outer.substr(grand.size());
      style.is_on_lines = true;
      style.indent = outer + style.unit;
      text = std::string(style.newline) + style.indent;
      write(text);
      text += std::string(style.newline) + outer;
    } else {
      if (inside.starts_with(' ')) text = " ";
      write(text);
    }
    return edit(at.begin + 1, at.begin + 1, std::move(text));
  }

  bool append(const Place& place, std::span<const Value> items) {
    if (items.empty()) return true;
    const LayoutNode& at = layout_.nodes[place.node];
    const std::vector<std::uint32_t> children = layout_.children(place.node);
    Style style = style_of(place);
    const auto write = [&](std::string& out, std::string_view before) {
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += before;
        append_flow(out, items[i], style.item_quote, style);
      }
    };
    if (children.empty()) {
      return open_brackets(place.node, style, [&](std::string& out) {
        write(out, style.is_on_lines ? fmt::format(",{}{}", style.newline, style.indent) : style.comma);
      });
    }
    std::string text;
    if (at.is_flow) {
      text = separator(place.node, children);
      const std::string before = text;
      if (const std::size_t line = before.rfind('\n'); line != std::string::npos)
        set_lines(style, place.node, std::string_view(before).substr(line + 1));
      write(text, before);
      const std::size_t end = layout_.nodes[children.back()].entry_end();
      return edit(end, end, std::move(text));
    }
    const LayoutNode& last = layout_.nodes[children.back()];
    const std::size_t indent = column(at.begin);
    const std::size_t dash = dash_of(children.back());
    std::size_t end = 0;
    if (indent == std::string_view::npos || dash == std::string_view::npos)
      return refuse(place.node, "a list that is written otherwise stands");
    if (!end_of_block(children.back(), end)) return false;
    const std::string_view lead = last.is_empty() ? std::string_view("- ") : layout_.between(dash, last.begin);
    const std::string before = std::string(layout_.newline(end)) + std::string(indent, ' ') + std::string(lead);
    text = before;
    write(text, before);
    return edit(end, end, std::move(text));
  }

  // Of an item of a block list; npos where it does not stand on the item's line.
  [[nodiscard]] std::size_t dash_of(std::uint32_t item) const {
    std::size_t at = layout_.nodes[item].begin;
    while (at > 0 && (layout_.text[at - 1] == ' ' || layout_.text[at - 1] == '\t')) --at;
    return at > 0 && layout_.text[at - 1] == '-' ? at - 1 : std::string_view::npos;
  }

  bool remove(std::uint32_t node) {
    const LayoutNode& at = layout_.nodes[node];
    if (node == 0) return refuse(node, "the whole document stands");
    if (!check_below(node)) return false;
    const LayoutNode& parent = layout_.nodes[at.parent];
    const std::vector<std::uint32_t> children = layout_.children(at.parent);
    const bool is_made = parent.is_flow         ? remove_flow(node, children)
                         : children.size() == 1 ? put_over(at.parent, parent.kind == Kind::Map ? "{}" : "[]")
                                                : remove_block(node, children);
    if (!is_made) return false;
    edits_.back().taken_from = parent.begin;
    edits_.back().entries = static_cast<std::uint32_t>(children.size());
    return true;
  }

  // Takes bytes out, unless a comment would go with them that does not belong to what is removed.
  bool take_out(std::uint32_t node, std::size_t begin, std::size_t end) {
    const LayoutNode& at = layout_.nodes[node];
    const std::string_view before = layout_.between(begin, std::max(begin, at.entry_begin()));
    const std::string_view behind = layout_.between(std::min(at.entry_end(), end), end);
    if (before.find('#') != std::string_view::npos || behind.find('#') != std::string_view::npos)
      return refuse(node, "a comment stands");
    return edit(begin, end, {});
  }

  bool remove_flow(std::uint32_t node, const std::vector<std::uint32_t>& children) {
    const LayoutNode& at = layout_.nodes[node];
    const auto place = std::find(children.begin(), children.end(), node) - children.begin();
    const auto index = static_cast<std::size_t>(place);
    if (index + 1 < children.size())
      return take_out(node, at.entry_begin(), layout_.nodes[children[index + 1]].entry_begin());
    if (index > 0) return take_out(node, layout_.nodes[children[index - 1]].entry_end(), at.entry_end());
    const LayoutNode& parent = layout_.nodes[at.parent];
    return take_out(node, parent.begin + 1, parent.end - 1);
  }

  bool remove_block(std::uint32_t node, const std::vector<std::uint32_t>& children) {
    const LayoutNode& at = layout_.nodes[node];
    const std::size_t begin = at.has_key ? at.key_begin : dash_of(node);
    if (begin == std::string_view::npos) return refuse(node, "a list that is written otherwise stands");
    std::size_t end = 0;
    if (!end_of_block(node, end)) return false;
    const std::size_t line = layout_.line_begin(begin);
    if (!is_blank(layout_.between(line, begin))) {
      // The first of its block, behind a dash: the next one comes up to its place.
      if (node != children.front()) return refuse(node, "a list that is written otherwise stands");
      const LayoutNode& next = layout_.nodes[children[1]];
      const std::size_t next_begin = next.has_key ? next.key_begin : dash_of(children[1]);
      if (next_begin == std::string_view::npos) return refuse(node, "a list that is written otherwise stands");
      return take_out(node, begin, next_begin);
    }
    const std::size_t next_line = layout_.text.find('\n', end);
    if (next_line != std::string_view::npos) return edit(line, next_line + 1, {});
    // The last line of a text without a line end: the one before goes with it.
    const std::size_t before = line > 0 ? layout_.line_end(line - 1) : 0;
    return edit(line > 1 && layout_.text[line - 2] == '\r' ? line - 2 : before, layout_.text.size(), {});
  }

  const Layout& layout_;
  const Document& document_;
  Arena arena_;
  std::vector<Edit> edits_;
  std::string refusal_;
};

// An operation, and how far it is from the value that is looked at.
struct Way {
  const Operation* operation;
  Steps steps;
};

// The value with all changes made, maps made where they are missing. Each list and map is made anew once, however many
// changes stand below it.
class Rewriter {
 public:
  explicit Rewriter(Arena& arena) : arena_(arena) {}

  // Undefined where the value is taken out.
  Value at(const Value& value, std::span<const Way> ways) {
    if (ways.size() > 1 && !part(value, ways)) {
      Value now = value;
      for (const Way& way : ways) now = at(now, {&way, 1});
      return now;
    }
    const Way& first = ways.front();
    const bool takes_out = first.operation->kind == Operation::Kind::Remove;
    if (!value.is_defined()) return takes_out ? Value() : wrapped(arena_, first.steps, first.operation->value);
    if (first.steps.empty()) return change(value, *first.operation);
    Groups groups;
    for (const Way& way : ways) groups[way.steps.front()].push_back({way.operation, way.steps.subspan(1)});
    return value.is_array() ? list(value.as_array(), groups) : map(value, groups);
  }

 private:
  using Groups = std::map<std::string_view, std::vector<Way>>;

  // Whether none of them ends here or moves what others go through: then those with one next step are as good together.
  static bool part(const Value& value, std::span<const Way> ways) {
    return value.is_defined() && std::none_of(ways.begin(), ways.end(), [&](const Way& way) {
             return way.steps.empty() || (value.is_array() && way.steps.size() == 1 &&
                                          way.operation->kind == Operation::Kind::Remove);
           });
  }

  Value list(std::span<const Value> items, const Groups& groups) {
    std::map<std::size_t, const std::vector<Way>*> changes;
    for (const auto& [step, ways] : groups) {
      if (const std::optional<std::size_t> index = index_of(step)) changes.emplace(*index, &ways);
    }
    ArrayBuilder made(arena_);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto found = changes.find(i);
      const Value item = found == changes.end() ? items[i] : at(items[i], *found->second);
      if (item.is_defined()) made.add(item);
    }
    return made.finish();
  }

  Value map(const Value& value, Groups& groups) {
    ObjectBuilder made(arena_);
    if (value.is_object()) {
      const Object& object = value.as_object();
      for (std::uint32_t i = 0; i < object.size(); ++i) {
        const Value& key = object.keys()[i];
        const auto found = key.is_string() ? groups.find(key.as_string()) : groups.end();
        const Value inner = found == groups.end() ? object.values()[i] : at(object.values()[i], found->second);
        if (found != groups.end()) groups.erase(found);
        if (inner.is_defined()) made.add(key, inner);
      }
    }
    for (const auto& [step, ways] : groups) {
      const Value inner = at(Value(), ways);
      if (inner.is_defined()) made.add(Value::string(arena_, step), inner);
    }
    return made.finish();
  }

  Value change(const Value& value, const Operation& operation) {
    switch (operation.kind) {
      case Operation::Kind::Set: return operation.value;
      case Operation::Kind::Merge: return merged(value, operation.value);
      case Operation::Kind::Remove: return {};
    }
    return {};
  }

  Value merged(const Value& old, const Value& added) {
    if (old.is_array() && added.is_array()) {
      ArrayBuilder items(arena_);
      for (const Value& item : old.as_array()) items.add(item);
      for (const Value& item : added.as_array()) {
        if (std::none_of(old.as_array().begin(), old.as_array().end(),
                         [&](const Value& one) { return equal(one, item); }))
          items.add(item);
      }
      return items.finish();
    }
    if (!old.is_object() || !added.is_object()) return added;
    ObjectBuilder object(arena_);
    for (std::uint32_t i = 0; i < old.as_object().size(); ++i) {
      const Value& key = old.as_object().keys()[i];
      const Value* more = added.as_object().find(key);
      object.add(key, more == nullptr ? old.as_object().values()[i] : merged(old.as_object().values()[i], *more));
    }
    for (std::uint32_t i = 0; i < added.as_object().size(); ++i) {
      const Value& key = added.as_object().keys()[i];
      if (old.as_object().find(key) == nullptr) object.add(key, added.as_object().values()[i]);
    }
    return object.finish();
  }

  Arena& arena_;
};

}  // namespace

Result<std::vector<Edit>> edits_of(const Layout& layout, const Document& document, const Operation& operation) {
  return Editor(layout, document).run(operation);
}

Value apply(Arena& arena, const Value& root, std::string_view above, std::span<const Operation* const> operations) {
  std::vector<std::vector<std::string>> paths;
  paths.reserve(operations.size());
  std::vector<Way> ways;
  for (const Operation* operation : operations) {
    std::vector<std::string>& steps = paths.emplace_back(pointer_steps(above));
    for (std::string& step : pointer_steps(operation->path)) steps.push_back(std::move(step));
    ways.push_back({operation, steps});
  }
  return ways.empty() ? root : Rewriter(arena).at(root, ways);
}

std::string apply_edits(std::string_view text, std::span<const Edit> edits) {
  std::string out;
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    out += text.substr(at, edit.begin - at);
    out += edit.text;
    at = edit.end;
  }
  out += text.substr(at);
  return out;
}

bool are_apart(const Edit& a, const Edit& b) {
  if (a.begin == a.end || b.begin == b.end) {
    // An insertion at either end of another edit could be meant for what that one takes away.
    return a.end < b.begin || b.end < a.begin;
  }
  return a.end <= b.begin || b.end <= a.begin;
}

}  // namespace psdl::fix
