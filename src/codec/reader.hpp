// Texts to values. In: UTF-8 JSON or YAML; out: a Document with origins, or a plain value, or the first thing that is
// wrong.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/arena.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "codec/document.hpp"
#include "codec/read_rules.hpp"
#include "value/key_table.hpp"
#include "value/value.hpp"

namespace psdl {

// What a document is read with. `limits` and `key_table` are borrowed for the call; a null table means keys without
// numbers.
struct ReadOptions {
  ReadRules rules = ReadRules::kubernetes();
  const Limits* limits = nullptr;  // null: the defaults
  std::shared_ptr<const KeyTable> key_table;
  std::uint32_t first_origin = 1;  // 0: values without origins and without node starts
  StreamPlace place;               // `stream` is copied into the arena
  // What the text is read between: a piece of a list becomes a small list of its own. Errors count in the text, and
  // so does `place`; the document's own text holds both. `before` is a line, or stands in the text's first one.
  std::string_view before = {};
  std::string_view after = {};
};

// Holds the scratch memory of both readers, so that reading JSON asks for no heap memory once it is warm. For one
// thread at a time.
class Reader {
 public:
  Reader();
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Exactly one document: `text` holds one JSON value, or one YAML document (an empty one is null). A BOM is dropped.
  // The document lives in `arena`, which the caller keeps; the overload without one gives the document an arena of its
  // own.
  [[nodiscard]] Result<Document, ReadError> read(Arena& arena, std::string_view text, Format format,
                                                 const ReadOptions& options);
  [[nodiscard]] Result<Document, ReadError> read(std::string_view text, Format format, const ReadOptions& options);

  // json.unmarshal and its like: no origins and no starts. The text is copied into `arena`, where the strings without
  // escapes stand in it.
  [[nodiscard]] Result<Value, ReadError> read_value(Arena& arena, std::string_view text, Format format,
                                                    const ReadRules& rules, const Limits& limits,
                                                    const KeyTable* key_table = nullptr);

  // Of the document that was read last, where it was YAML.
  [[nodiscard]] std::uint32_t second_key() const { return second_key_; }  // where the root's second key begins, or 0
  [[nodiscard]] bool has_anchors() const { return has_anchors_; }

  struct Scratch;

 private:
  std::uint32_t second_key_ = 0;
  bool has_anchors_ = false;
  std::unique_ptr<Scratch> scratch_;
};

// A handle with a count of its own. Every document holds its table, and a count that several threads write travels
// between them: whoever reads document after document gives them such a handle.
[[nodiscard]] std::shared_ptr<const KeyTable> with_own_count(std::shared_ptr<const KeyTable> table);

// For builtins: one JSON value, blanks around it; error.message is Go's text where the rules are OPA's.
[[nodiscard]] Result<Value> read_value_json(Arena& arena, std::string_view text, const ReadRules& rules,
                                            const Limits& limits, const KeyTable* key_table = nullptr);
// One YAML document; under OPA's rules the first of several (the others must parse), null for an empty text.
[[nodiscard]] Result<Value> read_value_yaml(Arena& arena, std::string_view text, const ReadRules& rules,
                                            const Limits& limits, const KeyTable* key_table = nullptr);
// A data file as OPA loads it: JSON where the whole text is JSON, else YAML. OPA passes over all documents but the
// first; ReadRules::one_document refuses them.
[[nodiscard]] Result<Document, ReadError> read_data(Reader& reader, Arena& arena, std::string_view text,
                                                    const ReadOptions& options);

// Whether the text is one valid JSON value (json.is_valid).
[[nodiscard]] bool is_valid_json(std::string_view text, const Limits& limits);

}  // namespace psdl
