// What Go's JSON decoder makes of an object for a struct: keys in any case, and the error for the first field of
// another type. In: values; out: fields, Go's words.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gatekeeper/field_error.hpp"
#include "value/value.hpp"

namespace psdl::gatekeeper {

// What Go calls the JSON value: bool, number, string, array; anything else object.
[[nodiscard]] std::string_view json_type(const Value& value);

// The field of a struct: the last of the keys that are `name` in any case. Null where it is absent or null (Go leaves
// the field as it is then).
[[nodiscard]] const Value* go_field(const Value& object, std::string_view name);

// Remembers the first value that does not fit. The error of `json.Unmarshal` for it: `json: cannot unmarshal number
// into Go struct field Names.spec.crd.spec.names.kind of type string`.
class GoDecoder {
 public:
  // Where a value stands: the struct it is a field of, and the names of fields that lead to it (elements of lists and
  // maps add none).
  struct Scope {
    std::string structure;
    std::string path;
    [[nodiscard]] Scope field(std::string_view name) const;
    [[nodiscard]] Scope inside(std::string_view structure_name) const { return {std::string(structure_name), path}; }
  };

  bool text(const Value& value, const Scope& at, std::string_view type = "string");
  bool boolean(const Value& value, const Scope& at);
  bool integer(const Value& value, const Scope& at, std::string_view type = "int64");
  bool number(const Value& value, const Scope& at);
  bool structure(const Value& value, const Scope& at, std::string_view type);
  // The elements; none where it is no list. null is an empty list.
  std::span<const Value> list(const Value& value, const Scope& at, std::string_view type);
  // The object of a map; null where it is none.
  const psdl::Object* map(const Value& value, const Scope& at, std::string_view type);
  void text_list(const Value& value, const Scope& at);
  void text_map(const Value& value, const Scope& at);

  // Without text where everything fits.
  [[nodiscard]] const FieldError& error() const { return fatal_.text.empty() ? error_ : fatal_; }
  // Of a type that reads itself: Go stops there, and tells this in place of what it found before.
  void stop(FieldError error) {
    if (fatal_.text.empty()) fatal_ = std::move(error);
  }

 private:
  bool refuse(const Value& value, const Scope& at, std::string_view type);
  void fail(FieldError error) {
    if (error_.text.empty()) error_ = std::move(error);
  }

  FieldError error_;
  FieldError fatal_;
};

}  // namespace psdl::gatekeeper
