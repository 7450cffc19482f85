// Cuts lists into pieces of some items.
#include "codec/list_pieces.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limit_names.hpp"
#include "codec/internal.hpp"
#include "codec/yaml_checks.hpp"

namespace psdl::codec {
namespace {

// Large enough that a reader's start is not felt, small enough that locating a finding looks at little text.
constexpr std::size_t kPieceBytes = 64U * 1024;
constexpr std::string_view kYamlBefore = "items:\n";
constexpr std::string_view kJsonBefore = R"({"items":[)";
constexpr std::string_view kJsonAfter = "]}";

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Characters at which the search for the end of a piece stops.
constexpr std::array<bool, 256> kStops = [] {
  std::array<bool, 256> stops{};
  for (const char c : std::string_view("\"{}[],\n")) stops[static_cast<unsigned char>(c)] = true;
  return stops;
}();

std::size_t find_stop(std::string_view text, std::size_t at) {
  while (at < text.size() && !kStops[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

bool has_end_line(std::string_view text) {
  for (std::size_t at = text.starts_with("...") ? 0 : text.find("\n..."); at != std::string_view::npos;
       at = text.find("\n...", at + 1)) {
    const std::size_t line = text[at] == '\n' ? at + 1 : at;
    const std::size_t end = std::min(text.find('\n', line), text.size());
    if (is_blank_or_comment(text.substr(line + 3, end - line - 3))) return true;
  }
  return false;
}

// Counts lines and columns over `text`.
void advance(StreamPlace& place, std::string_view text) {
  for (const char c : text) {
    ++place.offset;
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      ++place.column;
    }
  }
}

}  // namespace

bool ListPieces::fail(std::string_view code, std::string message) {
  RawError raw;
  raw.code = code;
  raw.message = std::move(message);
  StreamPlace at = window_.place();
  at.stream = options_.name;
  at.ordinal = ordinal_;
  error_ = make_read_error(std::move(raw), window_.rest().substr(0, 400), at);
  has_error_ = true;
  return false;
}

std::size_t ListPieces::longest_head() const {
  return std::max(options_.item_wise_bytes, kPieceBytes);
}

std::size_t ListPieces::shortest_piece() const {
  return std::min(options_.item_wise_bytes, kPieceBytes);
}

std::size_t ListPieces::longest_piece() const {
  return std::max(options_.whole_bytes, 2 * options_.limits.object_bytes) + kPieceBytes;
}

bool ListPieces::is_entry(std::string_view text, std::size_t at) const {
  for (std::size_t i = 0; i < indent_; ++i) {
    if (at + i >= text.size() || text[at + i] != ' ') return false;
  }
  at += indent_;
  return at < text.size() && text[at] == '-' && (at + 1 == text.size() || is_blank(text[at + 1]));
}

// ---- the part before the items

bool ListPieces::find_items() {
  head_.clear();
  head_place_ = window_.place();
  head_place_.stream = options_.name;
  head_place_.ordinal = ordinal_;
  head_place_.gap_at = SIZE_MAX;
  is_last_ = false;
  has_ended_ = false;
  return format_ == Format::Json ? find_items_json() : find_items_yaml();
}

std::size_t ListPieces::skip_blanks(std::size_t at) {
  while (window_.have(at + 1) && is_blank(window_.rest()[at])) ++at;
  return at;
}

// The closing quote's next byte; npos where there is none nearby.
std::size_t ListPieces::json_string_end(std::size_t at) {
  for (++at; at < longest_head() && window_.have(at + 1); ++at) {
    const char c = window_.rest()[at];
    if (c == '\\') {
      ++at;
    } else if (c == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t ListPieces::json_value_end(std::size_t at) {
  std::size_t depth = 0;
  while (at < longest_head() && window_.have(at + 1)) {
    const char c = window_.rest()[at];
    if (c == '"') {
      at = json_string_end(at);
      if (at == std::string_view::npos) return at;
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    if (depth == 0 && (c == ',' || is_blank(c))) return at;
    ++at;
  }
  return std::string_view::npos;
}

// A member `"items": [` near the beginning. Everything odd is left to the reader of whole documents.
bool ListPieces::find_items_json() {
  if (!window_.have(1) || window_.rest()[0] != '{') return false;
  std::size_t at = 1;
  for (;;) {
    at = skip_blanks(at);
    if (!window_.have(at + 1) || window_.rest()[at] != '"') return false;
    const std::size_t key = at;
    const std::size_t key_end = json_string_end(at);
    if (key_end == std::string_view::npos) return false;
    at = skip_blanks(key_end);
    if (!window_.have(at + 1) || window_.rest()[at] != ':') return false;
    at = skip_blanks(at + 1);
    if (!window_.have(at + 1)) return false;
    if (window_.rest().substr(key, key_end - key) == "\"items\"") break;
    at = json_value_end(at);
    if (at == std::string_view::npos) return false;
    at = skip_blanks(at);
    if (!window_.have(at + 1) || window_.rest()[at] != ',') return false;
    ++at;
  }
  if (window_.rest()[at] != '[') return false;
  head_ = window_.rest().substr(0, at + 1);
  window_.consume(at + 1);
  return true;
}

// A line `items:` at the margin, near the beginning, and then one that begins with `-`.
bool ListPieces::find_items_yaml() {
  std::size_t at = 0;
  bool is_found = false;
  for (;;) {
    if (at >= longest_head()) return false;
    std::size_t end = window_.rest().find('\n', at);
    while (end == std::string_view::npos) {
      const std::size_t searched = window_.rest().size();
      if (searched > 2 * longest_head() || !window_.load()) return false;
      end = window_.rest().find('\n', searched);
    }
    const std::string_view line = window_.rest().substr(at, end - at);
    if (is_marker(window_.rest(), at)) return false;
    if (is_found) {
      const std::size_t first = line.find_first_not_of(' ');
      if (first != std::string_view::npos && line[first] != '\r' && line[first] != '#') {
        indent_ = first;
        break;
      }
    } else if (line.starts_with("items:") && is_blank_or_comment(line.substr(6))) {
      is_found = true;
    }
    at = end + 1;
  }
  if (!is_entry(window_.rest(), at)) return false;
  head_ = window_.rest().substr(0, at);
  window_.consume(at);
  return true;
}

// ---- pieces

bool ListPieces::read_piece(Arena& arena, Document& piece) {
  return format_ == Format::Json ? read_piece_json(arena, piece) : read_piece_yaml(arena, piece);
}

bool ListPieces::read(Arena& arena, std::string_view text, std::string_view before, std::string_view after,
                      Document& piece) {
  arena.reset();
  ReadOptions with;
  with.rules = options_.rules;
  with.limits = &options_.limits;
  with.key_table = options_.key_table;
  with.place = window_.place();
  with.place.stream = options_.name;
  with.place.ordinal = ordinal_;
  with.before = before;
  with.after = after;
  Result<Document, ReadError> result = reader_.read(arena, text, format_, with);
  if (!result) {
    error_ = result.error();
    has_error_ = true;
    return false;
  }
  piece = std::move(result).value();
  second_key_ = reader_.second_key();
  has_anchors_ = reader_.has_anchors();
  cursor_ = with.place;
  cursor_at_ = before.size();
  return true;
}

// The end of the piece at hand: a comma between two items, or the bracket behind the last one. False: the list is not
// well, and the first `size` bytes show it.
bool ListPieces::cut_json(std::size_t& size) {
  std::size_t depth = 0;
  std::size_t at = 0;
  bool has_content = false;
  for (;;) {
    at = find_stop(window_.rest(), at);
    if (!window_.have(at + 1)) {
      size = window_.rest().size();
      return false;
    }
    if (at > longest_piece()) {
      size = std::string_view::npos;
      return false;
    }
    const char c = window_.rest()[at];
    switch (c) {
      case '"':
        for (++at; window_.have(at + 1) && window_.rest()[at] != '"'; ++at) {
          if (window_.rest()[at] == '\\') ++at;
          if (at > longest_piece()) break;
        }
        has_content = true;
        break;
      case '{':
      case '[':
        ++depth;
        has_content = true;
        break;
      case '}':
      case ']':
        if (depth == 0) {
          size = at + (c == ']' ? 0 : 1);
          return c == ']';
        }
        --depth;
        break;
      case ',':
        if (depth == 0 && at >= shortest_piece() && has_content) {
          const std::size_t next = skip_blanks(at + 1);
          const bool is_between = window_.have(next + 1) && window_.rest()[next] != ',' && window_.rest()[next] != ']';
          if (is_between) {
            size = at;
            return true;
          }
        }
        break;
      case '\n':
        static_cast<void>(window_.have(at + 5));
        if (is_marker(window_.rest(), at + 1)) {
          size = at + 1;
          return false;
        }
        break;
      default: break;
    }
    ++at;
  }
}

bool ListPieces::read_piece_json(Arena& arena, Document& piece) {
  std::size_t size = 0;
  const bool is_whole = cut_json(size);
  if (window_.has_failed()) return false;
  if (size == std::string_view::npos) {
    return fail("limit_object_bytes", fmt::format("object of more than {} bytes: {} is {}", longest_piece(),
                                                  limit_name("object_bytes"), options_.limits.object_bytes));
  }
  const std::string_view text = window_.rest().substr(0, size);
  if (!read(arena, text, kJsonBefore, is_whole ? kJsonAfter : std::string_view(), piece)) return false;
  if (!is_whole) return false;  // the reader would have found what is wrong
  is_last_ = window_.rest()[size] == ']';
  window_.consume(is_last_ ? size : size + 1);
  return true;
}

// At least `least` bytes that end before a line that begins like an item, or with the document. False: it is longer
// than any piece.
bool ListPieces::cut_yaml(std::size_t least, std::size_t& size) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = window_.rest().find('\n', at);
    if (end == std::string_view::npos) {
      at = window_.rest().size();
      if (at > longest_piece()) return false;
      if (window_.load()) continue;
      size = window_.rest().size();
      is_last_ = true;
      return !window_.has_failed();
    }
    at = end + 1;
    if (at > longest_piece()) return false;
    static_cast<void>(window_.have(at + indent_ + 5));
    const bool is_end = is_marker(window_.rest(), at);
    if (!is_end && (at < least || !is_entry(window_.rest(), at))) continue;
    size = at;
    is_last_ = is_end;
    return true;
  }
}

bool ListPieces::read_piece_yaml(Arena& arena, Document& piece) {
  std::size_t size = 0;
  for (std::size_t least = shortest_piece();; least = 2 * size) {
    if (!cut_yaml(least, size)) {
      if (window_.has_failed()) return false;
      return fail("limit_object_bytes", fmt::format("object of more than {} bytes: {} is {}", longest_piece(),
                                                    limit_name("object_bytes"), options_.limits.object_bytes));
    }
    has_error_ = false;
    if (read(arena, window_.rest().substr(0, size), kYamlBefore, {}, piece)) break;
    // A text that ends too early may have been cut inside a quoted text or between brackets.
    if (!error_.is_at_end || is_last_) return false;
  }
  const std::string_view text = window_.rest().substr(0, size);
  if (has_ended_) return false;
  has_ended_ = has_end_line(text);
  if (second_key_ != 0) {
    is_last_ = true;
    size = line_begin(text, second_key_ - kYamlBefore.size());
  }
  window_.consume(size);
  return true;
}

// ---- the part behind the items

bool ListPieces::take_tail() {
  StreamPlace begin = window_.place();
  std::size_t size = 0;
  if (format_ == Format::Json) {
    std::size_t depth = 2;
    for (; depth > 0; ++size) {
      size = find_stop(window_.rest(), size);
      if (!window_.have(size + 1) || size > longest_piece()) return false;
      const char c = window_.rest()[size];
      if (c == '"') {
        for (++size; window_.have(size + 1) && window_.rest()[size] != '"'; ++size) {
          if (window_.rest()[size] == '\\') ++size;
        }
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        --depth;
      } else if (c == '\n') {
        static_cast<void>(window_.have(size + 5));
        if (is_marker(window_.rest(), size + 1)) return false;
      }
    }
  } else if (static_cast<void>(window_.have(4)), !window_.rest().empty() && !is_marker(window_.rest(), 0)) {
    if (!cut_yaml(std::string_view::npos, size)) return false;
  }
  const std::string_view tail = window_.rest().substr(0, size);
  if (format_ == Format::Yaml) {
    if (has_ended_ && tail.find_first_not_of(" \t\r\n") != std::string_view::npos) return false;
    // An item stands for all of them, so that what follows is read as what follows a list.
    head_ += std::string(indent_, ' ') + "- 0\n";
  }
  head_place_.gap_at = head_.size();
  head_place_.gap_end = {begin.offset, begin.line, begin.column};
  head_ += tail;
  window_.consume(size);
  return true;
}

bool ListPieces::read_head(Arena& arena, Document& head) {
  arena.reset();
  ReadOptions with;
  with.rules = options_.rules;
  with.limits = &options_.limits;
  with.key_table = options_.key_table;
  with.place = head_place_;
  Result<Document, ReadError> result = reader_.read(arena, head_, format_, with);
  if (!result) {
    error_ = result.error();
    has_error_ = true;
    return false;
  }
  head = std::move(result).value();
  if (!head.root().is_object()) return false;
  const Value* items = head.root().as_object().find_text("items");
  if (items == nullptr || !items->is_array()) return false;
  return items->length() == (format_ == Format::Json ? 0U : 1U);
}

bool ListPieces::survey(Format format, std::uint32_t ordinal) {
  format_ = format;
  ordinal_ = ordinal;
  has_error_ = false;
  window_.set_mark();
  if (!find_items()) return false;
  Document document;
  while (!is_last_) {
    if (!read_piece(scratch_, document)) return false;
  }
  if (!take_tail() || !read_head(scratch_, document)) return false;
  end_ = window_.place().offset;
  return true;
}

bool ListPieces::open(Arena& arena, Document& head) {
  const std::string whole_head = std::move(head_);
  const StreamPlace place = head_place_;
  const bool is_found = find_items();
  head_ = whole_head;
  head_place_ = place;
  return is_found && read_head(arena, head);
}

bool ListPieces::next(Arena& arena, Document& piece) {
  if (is_last_) {
    skip();
    return false;
  }
  if (read_piece(arena, piece)) return true;
  if (!has_error_) static_cast<void>(fail("read_failed", "the text is not what it was when it was first looked at"));
  is_last_ = true;
  return false;
}

void ListPieces::skip() {
  is_last_ = true;
  while (window_.place().offset < end_ && window_.have(1)) {
    const auto left = static_cast<std::size_t>(end_ - window_.place().offset);
    window_.consume(std::min(left, window_.rest().size()));
  }
}

void ListPieces::narrow_item(const Document& piece, std::span<const Value> items, std::size_t index, Document& item) {
  // What an alias stands for is written elsewhere.
  if (has_anchors_) return;
  const bool is_yaml = format_ == Format::Yaml;
  const std::string_view text = piece.text();
  const bool is_last = index + 1 == items.size();
  const auto begin_of = [&](const Value& value) {
    std::size_t at = piece.node_start(value.origin());
    if (!is_yaml) return at;
    at = line_begin(text, at);
    while (at > 0 && !is_entry(text, at)) at = line_begin(text, at - 1);
    return at;
  };
  std::size_t begin = begin_of(items[index]);
  while (begin > cursor_at_ && (text[begin - 1] == ' ' || text[begin - 1] == '\t')) --begin;
  std::size_t end = is_last ? text.size() : begin_of(items[index + 1]);
  if (is_last && second_key_ != 0) end = line_begin(text, second_key_);
  if (begin < cursor_at_ || end <= begin) return;
  advance(cursor_, text.substr(cursor_at_, begin - cursor_at_));
  cursor_at_ = begin;
  const std::uint32_t origin = items[index].origin();
  const std::uint32_t end_origin = is_last ? piece.first_origin() + piece.node_count() : items[index + 1].origin();
  const std::uint32_t first = is_yaml ? origin - 1 : origin;
  // A YAML item is read as a list of one.
  item.narrow({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), first, end_origin - first, cursor_,
               is_yaml ? "/0" : ""});
}

}  // namespace psdl::codec
