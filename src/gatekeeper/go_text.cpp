#include "gatekeeper/go_text.hpp"

#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

void append_items(std::string& out, std::span<const Value> items) {
  out += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ' ';
    out += go_result(items[i]);
  }
  out += ']';
}

}  // namespace

std::string go_result(const Value& value) {
  std::string out;
  switch (value.kind()) {
    case Kind::Undefined:
    case Kind::Null: return "<nil>";
    case Kind::Boolean:
    case Kind::Number: return to_json(value);
    case Kind::String: return std::string(value.as_string());
    case Kind::Array: append_items(out, value.as_array()); return out;
    case Kind::Set: append_items(out, value.as_set().items()); return out;
    case Kind::Object: break;
  }
  const psdl::Object& object = value.as_object();
  out = "map[";
  for (std::uint32_t i = 0; i < object.size(); ++i) {
    if (i > 0) out += ' ';
    const Value& key = object.keys()[i];
    out += key.is_string() ? std::string(key.as_string()) : to_json(key);
    out += ':';
    out += go_result(object.values()[i]);
  }
  return out + "]";
}

std::string_view go_result_type(const Value& value) {
  switch (value.kind()) {
    case Kind::Undefined:
    case Kind::Null: return "<nil>";
    case Kind::Boolean: return "bool";
    case Kind::Number: return "json.Number";
    case Kind::String: return "string";
    case Kind::Array:
    case Kind::Set: return "[]interface {}";
    case Kind::Object: break;
  }
  return "map[string]interface {}";
}

}  // namespace psdl::gatekeeper
