// A large list, a few items at a time. In: a window that stands at a document; out: the list without its items, then
// pieces of it, each a small list of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.hpp"
#include "codec/reader.hpp"
#include "codec/stream.hpp"
#include "codec/window.hpp"

namespace psdl::codec {

// Items are cut out by a look at brackets and quotes (JSON) or at lines that begin like an item (YAML). A cut is never
// trusted: each piece is read by the reader that reads everything else, and so is the list with its items taken out. A
// piece that ends inside something is made longer. So texts that are cut wrongly, or are laid out otherwise than
// kubectl's, are no list for this class; they are read whole.
class ListPieces {
 public:
  ListPieces(Reader& reader, StreamWindow& window, const StreamOptions& options)
      : reader_(reader), window_(window), options_(options) {}

  // Reads the document from its first byte to its end, and leaves the window behind it with its mark at the first byte.
  // False: it is not a list in pieces; has_error() tells whether something in it is wrong.
  [[nodiscard]] bool survey(Format format, std::uint32_t ordinal);
  [[nodiscard]] bool has_error() const { return has_error_; }
  [[nodiscard]] const ReadError& error() const { return error_; }

  // After survey(): the list without its items, in `arena`. The window must be back at the document's first byte, and
  // stands at the first item then.
  [[nodiscard]] bool open(Arena& arena, Document& head);
  // The next piece: a list of at least one item. False where none is left (the window stands behind the document then)
  // or where has_error(): then the input is not what it was in the survey.
  [[nodiscard]] bool next(Arena& arena, Document& piece);
  // Passes over what is left of the document.
  void skip();
  // The item at `index` of the piece that was given last, as a document of its own text where it can be read alone.
  void narrow_item(const Document& piece, std::span<const Value> items, std::size_t index, Document& item);

 private:
  bool find_items();
  bool find_items_json();
  bool find_items_yaml();
  bool read_piece(Arena& arena, Document& piece);
  bool read_piece_json(Arena& arena, Document& piece);
  bool read_piece_yaml(Arena& arena, Document& piece);
  bool cut_json(std::size_t& size);
  bool cut_yaml(std::size_t least, std::size_t& size);
  bool take_tail();
  bool read_head(Arena& arena, Document& head);
  bool read(Arena& arena, std::string_view text, std::string_view before, std::string_view after, Document& piece);
  [[nodiscard]] bool is_entry(std::string_view text, std::size_t at) const;
  bool fail(std::string_view code, std::string message);
  [[nodiscard]] std::size_t longest_head() const;
  [[nodiscard]] std::size_t shortest_piece() const;
  [[nodiscard]] std::size_t longest_piece() const;
  std::size_t json_string_end(std::size_t at);
  std::size_t skip_blanks(std::size_t at);
  std::size_t json_value_end(std::size_t at);

  Reader& reader_;
  StreamWindow& window_;
  const StreamOptions& options_;
  Format format_ = Format::Json;
  std::uint32_t ordinal_ = 0;
  std::string head_;        // what stands before the items, and behind them once the survey is through
  StreamPlace head_place_;  // with its gap
  std::size_t indent_ = 0;  // YAML: blanks before the `-` of an item
  bool is_last_ = false;    // the piece that was read last is the last
  bool has_ended_ = false;  // a `...` line stood in a piece: nothing may follow
  bool has_error_ = false;
  ReadError error_;
  std::uint64_t end_ = 0;  // of the document, in the stream
  // Of narrow_item: where in the piece's text it stands.
  StreamPlace cursor_;
  std::size_t cursor_at_ = 0;
  std::uint32_t second_key_ = 0;
  bool has_anchors_ = false;
  Arena scratch_;
};

}  // namespace psdl::codec
