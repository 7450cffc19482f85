// Types of JSON values against those of Go's structs.
#include "gatekeeper/go_json.hpp"

#include <fmt/format.h>

#include "value/number.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// Go folds two letters beyond ASCII to ASCII ones: the long s and the Kelvin sign.
bool folds_to(std::string_view text, std::string_view name) {
  for (const char wanted : name) {
    std::size_t size = 1;
    char found = text.empty() ? '\0' : lower(text.front());
    if (text.starts_with("\xC5\xBF")) {
      found = 's';
      size = 2;
    } else if (text.starts_with("\xE2\x84\xAA")) {
      found = 'k';
      size = 3;
    }
    if (text.empty() || found != lower(wanted)) return false;
    text.remove_prefix(size);
  }
  return text.empty();
}

}  // namespace

std::string_view json_type(const Value& value) {
  switch (value.kind()) {
    case Kind::Boolean: return "bool";
    case Kind::Number: return "number";
    case Kind::String: return "string";
    case Kind::Array: return "array";
    case Kind::Undefined:
    case Kind::Null:
    case Kind::Object:
    case Kind::Set: break;
  }
  return "object";
}

const Value* go_field(const Value& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const psdl::Object& fields = object.as_object();
  const Value* found = nullptr;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (!fields.values()[i].is_null() && folds_to(fields.keys()[i].as_string(), name)) found = &fields.values()[i];
  }
  return found;
}

GoDecoder::Scope GoDecoder::Scope::field(std::string_view name) const {
  return {structure, path.empty() ? std::string(name) : fmt::format("{}.{}", path, name)};
}

bool GoDecoder::refuse(const Value& value, const Scope& at, std::string_view type) {
  const std::string where =
      at.path.empty() ? "Go value of type " : fmt::format("Go struct field {}.{} of type ", at.structure, at.path);
  fail({fmt::format("json: cannot unmarshal {} into {}{}", json_type(value), where, type), value.origin()});
  return false;
}

bool GoDecoder::text(const Value& value, const Scope& at, std::string_view type) {
  return value.is_string() || value.is_null() || refuse(value, at, type);
}

bool GoDecoder::boolean(const Value& value, const Scope& at) {
  return value.is_boolean() || value.is_null() || refuse(value, at, "bool");
}

bool GoDecoder::integer(const Value& value, const Scope& at, std::string_view type) {
  if (value.is_int() || value.is_null()) return true;
  if (!value.is_number()) return refuse(value, at, type);
  // Go reads integers from their text: 1.0 and 1e3 are none.
  NumberBuffer buffer;
  const std::string_view text = number_text(value, buffer);
  fail({fmt::format("json: cannot unmarshal number {} into Go struct field {}.{} of type {}", text, at.structure,
                    at.path, type),
        value.origin()});
  return false;
}

bool GoDecoder::number(const Value& value, const Scope& at) {
  return value.is_number() || value.is_null() || refuse(value, at, "float64");
}

bool GoDecoder::structure(const Value& value, const Scope& at, std::string_view type) {
  if (value.is_object()) return true;
  return value.is_null() ? false : refuse(value, at, type);
}

std::span<const Value> GoDecoder::list(const Value& value, const Scope& at, std::string_view type) {
  if (value.is_array()) return value.as_array();
  if (!value.is_null()) refuse(value, at, type);
  return {};
}

const psdl::Object* GoDecoder::map(const Value& value, const Scope& at, std::string_view type) {
  if (value.is_object()) return &value.as_object();
  if (!value.is_null()) refuse(value, at, type);
  return nullptr;
}

void GoDecoder::text_list(const Value& value, const Scope& at) {
  for (const Value& one : list(value, at, "[]string")) text(one, at, "string");
}

void GoDecoder::text_map(const Value& value, const Scope& at) {
  const psdl::Object* object = map(value, at, "map[string]string");
  if (object == nullptr) return;
  for (const Value& one : object->values()) text(one, at, "string");
}

}  // namespace psdl::gatekeeper
