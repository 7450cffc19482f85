// Strings and objects with `msg` become elements; everything else is refused, so that a rule of the wrong shape is never silent.
#include "runtime/elements.hpp"

#include <fmt/format.h>

#include "codec/positions.hpp"
#include "value/number.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

constexpr std::string_view kShapes = "an element is a string or an object with `msg`";

Error bad_element(const EntryRule& rule, std::string_view what) { return {"bad_element", fmt::format("`{}` yields {}: {}", rule.path, what, kShapes)}; }

Result<std::string> read_path(const EntryRule& rule, const Value& path) {
  if (path.is_string()) {
    const std::string_view text = path.as_string();
    if (!text.empty() && text.front() != '/') {
      return Error{"bad_element", fmt::format("`{}` yields path `{}`, which is no JSON pointer: it must begin with `/`", rule.path, text)};
    }
    return std::string(text);
  }
  if (!path.is_array()) return Error{"bad_element", fmt::format("`{}` yields a path that is neither a JSON pointer nor an array of keys", rule.path)};
  std::string pointer;
  for (const Value& step : path.as_array()) {
    NumberBuffer buffer;
    if (step.is_string()) {
      append_pointer_step(pointer, step.as_string());
    } else if (step.is_number()) {
      append_pointer_step(pointer, number_text(step, buffer));
    } else {
      return Error{"bad_element", fmt::format("`{}` yields a path with a step that is neither a string nor a number", rule.path)};
    }
  }
  return pointer;
}

}  // namespace

std::optional<FindingSeverity> severity_named(std::string_view name) {
  if (name == "error") return FindingSeverity::Error;
  if (name == "warning") return FindingSeverity::Warning;
  if (name == "note") return FindingSeverity::Note;
  return std::nullopt;
}

std::optional<Error> element_values(const EntryRule& rule, const Value& value, std::vector<Value>& values) {
  values.clear();
  if (!value.is_defined()) return {};
  switch (rule.kind) {
    case FunctionKind::Set:
      if (value.is_set()) {
        const std::span<const Value> items = value.as_set().items();
        values.assign(items.begin(), items.end());
        return {};
      }
      break;
    case FunctionKind::Object:
      if (value.is_object()) {
        const std::span<const Value> items = value.as_object().values();
        values.assign(items.begin(), items.end());
        return {};
      }
      break;
    case FunctionKind::Complete:
      if (value.is_false()) return {};
      if (value.is_true() || value.is_string() || value.is_object()) {
        values.push_back(value);
        return {};
      }
      // A default of no elements, and what older rules write for a set.
      if (value.is_set()) {
        const std::span<const Value> items = value.as_set().items();
        values.assign(items.begin(), items.end());
        return {};
      }
      break;
    case FunctionKind::Function:
    case FunctionKind::Query:
    case FunctionKind::Extent: break;
  }
  return bad_element(rule, fmt::format("a value of type {}", kind_name(value.kind())));
}

std::optional<Error> read_element(const EntryRule& rule, std::string_view title, const Value& value, std::size_t most,
                                  Element& element) {
  for (std::string* text : {&element.message, &element.details_json, &element.container, &element.id}) text->clear();
  element.severity.reset();
  element.path.reset();
  if (value.is_string()) {
    element.message = value.as_string();
    return {};
  }
  if (value.is_true() && rule.kind == FunctionKind::Complete) {
    element.message = title;
    if (title.empty()) element.message.append("`").append(rule.path).append("` holds");
    return {};
  }
  if (!value.is_object()) return bad_element(rule, fmt::format("an element of type {}", kind_name(value.kind())));
  const Object& object = value.as_object();
  const Value* message = object.find_text("msg");
  if (message == nullptr || !message->is_string()) return bad_element(rule, message == nullptr ? "an object without `msg`" : "an object whose `msg` is no string");
  element.message = message->as_string();
  if (const Value* details = object.find_text("details"); details != nullptr && !append_json_within(element.details_json, most, *details)) {
    return Error{"limit_memory_bytes", "details that are too long"};
  }
  if (const Value* severity = object.find_text("severity"); severity != nullptr) {
    element.severity = severity->is_string() ? severity_named(severity->as_string()) : std::nullopt;
    if (!element.severity) return Error{"bad_element", fmt::format("`{}` yields severity {}: it must be \"error\", \"warning\" or \"note\"", rule.path, to_short_rego(*severity))};
  }
  if (const Value* container = object.find_text("container"); container != nullptr && container->is_string()) element.container = container->as_string();
  if (const Value* id = object.find_text("id"); id != nullptr && id->is_string()) element.id = id->as_string();
  if (const Value* path = object.find_text("path"); path != nullptr) {
    Result<std::string> pointer = read_path(rule, *path);
    if (!pointer) return pointer.error();
    element.path = *pointer;
  }
  return {};
}

}  // namespace psdl
