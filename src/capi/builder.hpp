// Values made piece by piece, in the order of a text. In: pieces; out: a Value with the origins that a reader would
// have given it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/limits.hpp"
#include "capi/handles.hpp"
#include "codec/document.hpp"
#include "engine/policy.hpp"
#include "value/builders.hpp"
#include "value/key_table.hpp"

namespace psdl::capi {

// What a value is built in. A document has key numbers and origins, and no sets; an answer of a builtin has none of
// these.
struct BuildPlace {
  Arena* arena = nullptr;
  const KeyTable* table = nullptr;
  const Limits* limits = nullptr;
  std::size_t most_bytes = 0;  // about those of the value's JSON text
  bool is_document = false;
};

class ValueBuild {
 public:
  void start(const BuildPlace& place);

  [[nodiscard]] psdl_status add(const Value& scalar, std::size_t bytes);
  [[nodiscard]] psdl_status add_text(std::string_view text);
  [[nodiscard]] psdl_status add_number(std::string_view text);
  [[nodiscard]] psdl_status add_double(double number);
  // A copy of any value, its parts numbered anew.
  [[nodiscard]] psdl_status add_copy(const Value& value);
  [[nodiscard]] psdl_status add_json(std::string_view text);
  [[nodiscard]] psdl_status key(std::string_view text);
  [[nodiscard]] psdl_status begin(Kind kind);
  [[nodiscard]] psdl_status end();

  // Undefined: nothing was built, or not to its end.
  [[nodiscard]] const Value& root() const { return root_; }
  [[nodiscard]] bool is_open() const { return !levels_.empty(); }
  [[nodiscard]] std::uint32_t node_count() const { return next_origin_ - 1; }

 private:
  struct Level {
    Kind kind;
    std::uint32_t origin;
    bool has_key;  // of an object: its value is due
    ArrayBuilder items;
    ArrayBuilder values;
  };

  // Whether a value may come here, with that much text.
  [[nodiscard]] psdl_status room(std::size_t bytes) const;
  [[nodiscard]] psdl_status copy(const Value& from, std::size_t depth, std::uint32_t& origin, std::size_t& bytes,
                                 Value& made) const;
  void put(const Value& value);
  [[nodiscard]] std::uint32_t take_origin() { return place_.is_document ? next_origin_++ : 0; }

  BuildPlace place_;
  std::vector<Level> levels_;
  Value root_;
  std::uint32_t next_origin_ = 1;
  std::size_t bytes_ = 0;
};

struct BuilderObject final : HandleObject {
  static constexpr HandleKind kKind = HandleKind::Builder;
  using HandleObject::HandleObject;

  // Of a document: whose it is. Of a call: null, and the place is the evaluation's.
  std::shared_ptr<const Policy::Impl> policy;
  std::shared_ptr<const KeyTable> keys;
  Limits limits;
  Arena arena;
  BuildPlace place;
  ValueBuild build;
  bool is_of_call = false;

  // Of a document that is complete; `name` is borrowed.
  [[nodiscard]] Document document(std::string_view name) const;
};

}  // namespace psdl::capi
