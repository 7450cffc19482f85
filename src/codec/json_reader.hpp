// JSON texts to values; simdjson finds the tokens, the rest is here. In: a padded text in an arena; out: parts of a
// Document.
#pragma once

#include <memory>

#include "codec/internal.hpp"

namespace psdl::codec {

// For one thread at a time; it keeps its memory from text to text.
class JsonReader {
 public:
  JsonReader();
  ~JsonReader();
  JsonReader(JsonReader&&) noexcept;
  JsonReader& operator=(JsonReader&&) noexcept;

  // Which keys objects have is remembered from one text that is read with this table to the next, until another is
  // given. Without this call nothing is.
  void remember_keys(const std::shared_ptr<const KeyTable>& table);

  // `text` is in the arena (or outlives it) and followed by kPadding readable bytes. One value with blanks around it.
  [[nodiscard]] bool read(const ReadContext& context, std::string_view text, Parts& parts, RawError& error);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

// The text of a JSON string between its quotes, escapes resolved, in the arena. `raw` is followed by the closing quote.
// False with `bad` at the escape that is wrong. Lone surrogates are an error unless `replace_surrogates`, which reads
// U+FFFD as Go does.
[[nodiscard]] bool unescape_json(Arena& arena, std::string_view raw, bool replace_surrogates, std::string_view& out,
                                 std::size_t& bad);

}  // namespace psdl::codec
