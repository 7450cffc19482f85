// Requirements on labels.
#include "gatekeeper/label_selector.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/go_json.hpp"
#include "gatekeeper/names.hpp"

namespace psdl::gatekeeper {
namespace {

std::span<const Value> items_of(const Value* value) {
  return value != nullptr && value->is_array() ? value->as_array() : std::span<const Value>();
}

std::string_view text_of(const Value* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string_view();
}

void add_invalid(FieldErrors& errors, const std::string& path, const Value& value, std::string_view shown,
                 const NameErrors& messages) {
  for (const std::string& message : messages) errors.push_back(invalid_text(path, shown, message, value.origin()));
}

void check_requirement(FieldErrors& errors, const Value& requirement, const std::string& path) {
  const Value* op = go_field(requirement, "operator");
  const std::string_view name = text_of(op);
  const std::span<const Value> values = items_of(go_field(requirement, "values"));
  if (name == "In" || name == "NotIn") {
    if (values.empty())
      errors.push_back(
          required(path + ".values", "must be specified when `operator` is 'In' or 'NotIn'", requirement.origin()));
  } else if (name == "Exists" || name == "DoesNotExist") {
    if (!values.empty()) {
      errors.push_back(forbidden(path + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                                 go_field(requirement, "values")->origin()));
    }
  } else {
    errors.push_back(invalid_text(path + ".operator", name, "not a valid selector operator",
                                  op != nullptr ? op->origin() : requirement.origin()));
  }
  const Value* key = go_field(requirement, "key");
  add_invalid(errors, path + ".key", key != nullptr ? *key : requirement, text_of(key), check_label_key(text_of(key)));
  for (std::size_t i = 0; i < values.size(); ++i)
    add_invalid(errors, fmt::format("{}.values[{}]", path, i), values[i], text_of(&values[i]),
                check_label_value(text_of(&values[i])));
}

}  // namespace

FieldErrors LabelSelector::check(const Value& selector, std::string_view path) {
  FieldErrors errors;
  if (const Value* labels = go_field(selector, "matchLabels"); labels != nullptr && labels->is_object()) {
    const std::string at = fmt::format("{}.matchLabels", path);
    const psdl::Object& object = labels->as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const Value& key = object.keys()[i];
      add_invalid(errors, at, key, key.as_string(), check_label_key(key.as_string()));
      add_invalid(errors, at, object.values()[i], text_of(&object.values()[i]),
                  check_label_value(text_of(&object.values()[i])));
    }
  }
  const std::span<const Value> expressions = items_of(go_field(selector, "matchExpressions"));
  for (std::size_t i = 0; i < expressions.size(); ++i)
    check_requirement(errors, expressions[i], fmt::format("{}.matchExpressions[{}]", path, i));
  return errors;
}

FieldError LabelSelector::check_types(const Value& selector) {
  GoDecoder decoder;
  const GoDecoder::Scope scope{"LabelSelector", ""};
  if (const Value* labels = go_field(selector, "matchLabels"); labels != nullptr)
    decoder.text_map(*labels, scope.field("matchLabels"));
  if (const Value* expressions = go_field(selector, "matchExpressions"); expressions != nullptr) {
    const GoDecoder::Scope at = scope.field("matchExpressions");
    for (const Value& one : decoder.list(*expressions, at, "[]v1.LabelSelectorRequirement")) {
      if (!decoder.structure(one, at, "v1.LabelSelectorRequirement")) continue;
      const GoDecoder::Scope inner = at.inside("LabelSelectorRequirement");
      for (const std::string_view name : {"key", "operator"}) {
        const std::string_view type = name == "key" ? "string" : "v1.LabelSelectorOperator";
        if (const Value* value = go_field(one, name); value != nullptr) decoder.text(*value, inner.field(name), type);
      }
      if (const Value* values = go_field(one, "values"); values != nullptr) {
        for (const Value& value : decoder.list(*values, inner.field("values"), "[]string"))
          decoder.text(value, inner.field("values"), "string");
      }
    }
  }
  return decoder.error();
}

LabelSelector::LabelSelector(const Value& selector) {
  if (const Value* labels = go_field(selector, "matchLabels"); labels != nullptr && labels->is_object()) {
    const psdl::Object& object = labels->as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i)
      requirements_.push_back(
          {std::string(object.keys()[i].as_string()), Operator::In, {std::string(text_of(&object.values()[i]))}});
  }
  for (const Value& expression : items_of(go_field(selector, "matchExpressions"))) {
    Requirement requirement;
    requirement.key = text_of(go_field(expression, "key"));
    const std::string_view op = text_of(go_field(expression, "operator"));
    requirement.op = op == "In"       ? Operator::In
                     : op == "NotIn"  ? Operator::NotIn
                     : op == "Exists" ? Operator::Exists
                                      : Operator::DoesNotExist;
    for (const Value& value : items_of(go_field(expression, "values")))
      requirement.values.emplace_back(text_of(&value));
    requirements_.push_back(std::move(requirement));
  }
}

bool LabelSelector::selects(const Value* labels) const {
  return std::all_of(requirements_.begin(), requirements_.end(), [&](const Requirement& requirement) {
    const Value* label =
        labels != nullptr && labels->is_object() ? labels->as_object().find_text(requirement.key) : nullptr;
    const bool is_one = label != nullptr && std::find(requirement.values.begin(), requirement.values.end(),
                                                      text_of(label)) != requirement.values.end();
    switch (requirement.op) {
      case Operator::In: return is_one;
      case Operator::NotIn: return !is_one;
      case Operator::Exists: return label != nullptr;
      case Operator::DoesNotExist: return label == nullptr;
    }
    return false;
  });
}

}  // namespace psdl::gatekeeper
