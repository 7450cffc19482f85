// One document that was read: its values, its text and where both came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "codec/read_rules.hpp"
#include "value/key_table.hpp"
#include "value/value.hpp"

namespace psdl {

enum class Format : std::uint8_t { Json, Yaml };

// A point of an input stream as people count: line and column from 1, columns in code points. offset: bytes from the
// stream's start.
struct TextPoint {
  std::uint64_t offset = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// Half open.
struct TextRange {
  TextPoint begin;
  TextPoint end;
  [[nodiscard]] bool is_empty() const { return begin.offset == end.offset; }
};

// A second place that belongs to an error ("first here").
struct ReadNote {
  TextRange range;
  std::string line_text;
  std::string text;
};

// Why a text is no document. It stands on its own: the text need not be at hand to show it.
// code:      `json_syntax`, `yaml_syntax`, `duplicate_key`, `bad_encoding`, `bad_character`, `helm_template`,
// `bad_number`, `bad_key`, `merge_conflict`,
//            `yaml_tag`, `yaml_directive`, `yaml_alias`, `yaml_merge`, `bad_list`, `key_case`, `read_failed`,
//            `limit_<field of Limits>`.
// line_text: the line at `range.begin` without its line end, cut to a few hundred bytes around it; line_text_column is
// the column of its first character.
struct ReadError {
  std::string code;
  std::string message;
  std::string file;  // the name of the stream; empty where none was given
  TextRange range;
  std::string line_text;
  std::uint32_t line_text_column = 1;
  bool is_at_end = false;  // the text ended where more was expected
  std::vector<ReadNote> notes;
  std::vector<std::string> help;

  // "file:line:column: code: message", for places that show one line.
  [[nodiscard]] std::string one_line() const;
};

// Where a document's text stands in the stream it was cut from.
struct StreamPlace {
  std::string_view stream;    // name of the file, as given
  std::uint32_t ordinal = 0;  // from 0; empty documents are not counted
  std::uint64_t offset = 0;   // byte of the stream at which the text begins
  std::uint32_t line = 1;     // line and column (code points) at that byte
  std::uint32_t column = 1;
  // Where something was cut out of the text (the items of a list that is read item by item): its bytes from gap_at on
  // stand at gap_end.
  std::size_t gap_at = SIZE_MAX;
  TextPoint gap_end;

  // Bytes into the text of a byte of the stream.
  [[nodiscard]] std::size_t text_offset(std::uint64_t stream_offset) const {
    if (gap_at != SIZE_MAX && stream_offset >= gap_end.offset)
      return gap_at + static_cast<std::size_t>(stream_offset - gap_end.offset);
    return stream_offset < offset ? 0 : static_cast<std::size_t>(stream_offset - offset);
  }
};

// Values whose nodes carry origins, the text they were read from and the start of each node in it.
//
// Everything lives in one arena: the document's own (it moves with the document) or one that the caller lent and must
// keep unchanged for as long as the document is used. Nothing points into the memory that the text was read from. Keys
// that the KeyTable knows use its text.
class Document {
 public:
  Document() = default;
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;
  Document(Document&&) = default;
  Document& operator=(Document&&) = default;
  ~Document() = default;

  [[nodiscard]] const Value& root() const { return root_; }
  [[nodiscard]] Format format() const { return format_; }
  // The text of the whole document; of an item of a list: of the list, or the item's own where the list was read item by
  // item.
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] const ReadRules& rules() const { return rules_; }
  [[nodiscard]] const std::shared_ptr<const KeyTable>& key_table() const { return key_table_; }

  // Origins run from first_origin() over all nodes of the document in preorder, aliases expanded. 1 for inputs, larger
  // for data.
  [[nodiscard]] std::uint32_t first_origin() const { return first_origin_; }
  [[nodiscard]] std::uint32_t node_count() const { return node_count_; }
  // Bytes into text() at which the node begins (for an alias: the `*`; for a node below one: where it is written).
  [[nodiscard]] std::uint32_t node_start(std::uint32_t origin) const {
    return node_starts_[origin - first_origin_] - text_base_;
  }
  [[nodiscard]] bool has_node(std::uint32_t origin) const {
    return origin >= first_origin_ && origin - first_origin_ < node_count_;
  }

  [[nodiscard]] const StreamPlace& place() const { return place_; }
  // "" or ".items[2]" or ".items[2].items[0]": where the root stands in its document.
  [[nodiscard]] std::string_view items_path() const { return items_path_; }
  // Where the root stands in text(), as a JSON pointer: "/items/2".
  [[nodiscard]] std::string_view root_pointer() const { return root_pointer_; }
  [[nodiscard]] bool is_item() const { return !items_path_.empty(); }
  // The document (or item) holds an `items` array whose elements are evaluated one by one after it.
  [[nodiscard]] bool is_list() const { return is_list_; }
  // "FILE", "FILE#1", "FILE#1.items[2]". `several`: the stream holds more than one document.
  [[nodiscard]] std::string name(bool several) const;

  // What readers fill in; see reader.hpp and stream.hpp.
  struct Parts {
    Value root;
    Format format = Format::Json;
    std::string_view text;
    std::uint32_t first_origin = 1;
    std::uint32_t node_count = 0;
    const std::uint32_t* node_starts = nullptr;
    ReadRules rules;
    std::uint32_t second_key = 0;  // YAML: where the second key of the root begins; 0 where there is none
    bool has_anchors = false;      // YAML: some of the text means something only beside the rest
  };
  Document(std::unique_ptr<Arena> arena, const Parts& parts, std::shared_ptr<const KeyTable> key_table,
           const StreamPlace& place)
      : owned_arena_(std::move(arena)),
        root_(parts.root),
        format_(parts.format),
        text_(parts.text),
        key_table_(std::move(key_table)),
        first_origin_(parts.first_origin),
        node_count_(parts.node_count),
        node_starts_(parts.node_starts),
        rules_(parts.rules),
        place_(place) {}
  // A view of a part of this document (an item of its list); it lives as long as this document's arena.
  [[nodiscard]] Document part(const Value& root, std::string_view items_path, std::string_view root_pointer) const;
  // The same document with another root, whose parts keep the origins of those they stand for.
  [[nodiscard]] Document with_root(const Value& root) const { return part(root, items_path_, root_pointer_); }
  // A stretch of the text that can be read alone, its first node being `first_origin`.
  struct Stretch {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t first_origin = 0;
    std::uint32_t node_count = 0;
    StreamPlace place;  // of its first byte
    std::string_view root_pointer;
  };
  void narrow(const Stretch& stretch);
  void set_is_list(bool is_list) { is_list_ = is_list; }
  // From now on the document keeps the arena that it lives in.
  void own(std::unique_ptr<Arena> arena) { owned_arena_ = std::move(arena); }

 private:
  std::unique_ptr<Arena> owned_arena_;
  Value root_;
  Format format_ = Format::Json;
  std::string_view text_;
  std::shared_ptr<const KeyTable> key_table_;
  std::uint32_t first_origin_ = 1;
  std::uint32_t node_count_ = 0;
  const std::uint32_t* node_starts_ = nullptr;
  ReadRules rules_;
  StreamPlace place_;
  std::string_view items_path_;
  std::string_view root_pointer_;
  std::uint32_t text_base_ = 0;  // what node_starts_ count too much
  bool is_list_ = false;
};

}  // namespace psdl
