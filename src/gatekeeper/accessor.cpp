// Kubernetes' accessor errors.
#include "gatekeeper/accessor.hpp"

#include <fmt/format.h>

#include "value/number.hpp"

namespace psdl::gatekeeper {
namespace {

FieldError accessor_error(const std::string& path, const Value& value, Reading reading, std::string_view wanted) {
  return {fmt::format("{} accessor error: {} is of the type {}, expected {}", path, go_plain(value, reading),
                      go_type(value, reading), wanted),
          value.origin()};
}

}  // namespace

std::string_view go_type(const Value& value, Reading reading) {
  switch (value.kind()) {
    case Kind::Boolean: return "bool";
    case Kind::Number: return value.is_int() && reading != Reading::Test ? "int64" : "float64";
    case Kind::String: return "string";
    case Kind::Array: return "[]interface {}";
    case Kind::Object: return "map[string]interface {}";
    case Kind::Undefined:
    case Kind::Null:
    case Kind::Set: break;
  }
  return "<nil>";
}

std::string go_plain(const Value& value, Reading reading) {
  switch (value.kind()) {
    case Kind::Boolean: return value.is_true() ? "true" : "false";
    case Kind::Number: {
      NumberBuffer buffer;
      return value.is_int() && reading != Reading::Test ? std::string(number_text(value, buffer))
                                                        : go_float(to_double(value));
    }
    case Kind::String: return std::string(value.as_string());
    case Kind::Array: {
      std::string out = "[";
      for (const Value& item : value.as_array()) out.append(out.size() > 1 ? " " : "").append(go_plain(item, reading));
      return out + "]";
    }
    case Kind::Object: {
      std::string out = "map[";
      const psdl::Object& object = value.as_object();
      for (std::uint32_t i = 0; i < object.size(); ++i) {
        out.append(i > 0 ? " " : "")
            .append(object.keys()[i].as_string())
            .append(":")
            .append(go_plain(object.values()[i], reading));
      }
      return out + "]";
    }
    case Kind::Undefined:
    case Kind::Null:
    case Kind::Set: break;
  }
  return "<nil>";
}

std::optional<FieldError> nested_map(const Object& object, std::initializer_list<std::string_view> path,
                                     const Value*& found) {
  found = nullptr;
  const Value* at = &object.root();
  std::string shown;
  for (const std::string_view step : path) {
    if (at->is_null()) return {};
    shown.append(".").append(step);
    if (!at->is_object()) return accessor_error(shown, *at, object.reading(), "map[string]interface{}");
    at = at->as_object().find_text(step);
    if (at == nullptr) return {};
  }
  if (!at->is_object()) return accessor_error(shown, *at, object.reading(), "map[string]interface{}");
  found = at;
  return {};
}

std::optional<FieldError> nested_text(const Value& root, std::string_view name, Reading reading, const Value*& found) {
  found = find_path(root, {name});
  if (found == nullptr || found->is_string()) return {};
  return accessor_error(fmt::format(".{}", name), *found, reading, "string");
}

std::optional<FieldError> nested_texts(const Value& root, std::string_view name, Reading reading, const Value*& found) {
  found = find_path(root, {name});
  if (found == nullptr) return {};
  if (!found->is_array()) return accessor_error(fmt::format(".{}", name), *found, reading, "[]interface{}");
  for (const Value& item : found->as_array()) {
    if (item.is_string()) continue;
    return FieldError{
        fmt::format(".{} accessor error: contains non-string key in the slice: {} is of the type {}, expected string",
                    name, go_plain(item, reading), go_type(item, reading)),
        item.origin()};
  }
  return {};
}

}  // namespace psdl::gatekeeper
