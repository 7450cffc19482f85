// The schema of a constraint's parameters. In: the parameters that a rule reads, their defaults and metadata; out:
// openAPIV3Schema as JSON.
//
// A type is what the metadata of the parameter says (`custom: {schema: ..}`), else that of its default; where neither
// tells, anything is accepted.
#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/render.hpp"
#include "syntax/to_json.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kAnything = R"("x-kubernetes-preserve-unknown-fields":true)";

const ast::Term* member(const ast::Term* object, std::string_view key) {
  const auto* pairs = object != nullptr ? object->as<ast::Object>() : nullptr;
  if (pairs == nullptr) return nullptr;
  for (const ast::Pair& pair : *pairs) {
    const auto* name = pair.key->as<ast::String>();
    if (name != nullptr && name->text == key) return pair.value;
  }
  return nullptr;
}

// Members of the JSON object that describes the value's type.
std::string type_of(const ast::Term& value);

// Of all elements together: that of the first where all agree.
template <class List>
std::string type_of_elements(const List& list) {
  std::string type;
  for (const ast::Term* element : list) {
    const std::string one = type_of(*element);
    if (!type.empty() && one != type) return std::string(kAnything);
    type = one;
  }
  return type.empty() ? std::string(kAnything) : type;
}

std::string type_of(const ast::Term& value) {
  if (value.is<ast::Boolean>()) return R"("type":"boolean")";
  if (value.is<ast::String>()) return R"("type":"string")";
  if (const auto* number = value.as<ast::Number>()) {
    return number->text.find_first_of(".eE") == std::string_view::npos ? R"("type":"integer")" : R"("type":"number")";
  }
  if (const auto* array = value.as<ast::Array>())
    return fmt::format(R"("type":"array","items":{{{}}})", type_of_elements(*array));
  if (const auto* set = value.as<ast::Set>())
    return fmt::format(R"("type":"array","items":{{{}}})", type_of_elements(*set));
  if (value.is<ast::Object>()) return fmt::format(R"("type":"object",{})", kAnything);
  return std::string(kAnything);
}

// The rule that stands for a parameter: `name := data.psdl.parameters.RULE.name`.
bool stands_for(const ast::Rule& rule, std::string_view key, std::string_view name) {
  const auto* ref =
      rule.head->value != nullptr && rule.else_rule == nullptr ? rule.head->value->as<ast::Ref>() : nullptr;
  if (ref == nullptr || ref->size() != 5) return false;
  const std::string_view steps[] = {"psdl", "parameters", key, name};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto* step = (*ref)[i + 1]->as<ast::String>();
    if (step == nullptr || step->text != steps[i]) return false;
  }
  return ast::is_var((*ref)[0], "data");
}

struct Declared {
  const ast::Term* schema = nullptr;
  const ast::Term* value = nullptr;  // the default
  std::string_view description;
};

Declared declared(const Needs& needs, std::string_view name) {
  Declared found;
  for (const auto& [package, rules] : needs.rules) {
    const auto holder = std::find_if(rules.begin(), rules.end(), [&](const auto& each) {
      return stands_for(*each.second, needs.parameters_key, name);
    });
    if (holder == rules.end()) continue;
    const auto* own = holder->second->head->reference[0]->as<ast::Var>();
    for (const auto& [module, rule] : rules) {
      if (own == nullptr || !ast::is_var(rule->head->reference[0], own->name)) continue;
      if (rule->is_default) found.value = rule->head->value;
      for (const ast::Annotations* annotations : rule->annotations) {
        if (!annotations->description.empty()) found.description = annotations->description;
        if (const ast::Term* schema = member(annotations->custom, "schema")) found.schema = schema;
      }
    }
  }
  return found;
}

// Of a rule that reads all parameters at once and says what they are.
const ast::Term* schema_of_all(const Needs& needs) {
  for (const auto& [package, rules] : needs.rules) {
    for (const auto& [module, rule] : rules) {
      for (const ast::Annotations* annotations : rule->annotations) {
        const ast::Term* schema = member(annotations->custom, "schema");
        const auto* own = rule->head->reference[0]->as<ast::Var>();
        if (schema == nullptr || own == nullptr) continue;
        const bool reads_all = std::any_of(rules.begin(), rules.end(), [&](const auto& each) {
          if (!ast::is_var(each.second->head->reference[0], own->name)) return false;
          bool found = false;
          each_ref(*each.second, [&](const ast::Ref& ref) {
            const auto* step = ref.size() == 4 && ast::is_var(ref[0], "data") ? ref[2]->as<ast::String>() : nullptr;
            found = found || (step != nullptr && step->text == "parameters");
          });
          return found;
        });
        if (reads_all) return schema;
      }
    }
  }
  return nullptr;
}

std::string trimmed(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \n\t");
  return std::string(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

std::string property(const Needs& needs, const std::string& name) {
  const Declared parameter = declared(needs, name);
  std::string json = "{";
  if (!parameter.description.empty()) {
    json += "\"description\":";
    append_json_string(json, trimmed(parameter.description));
    json += ',';
  }
  if (parameter.schema != nullptr) {
    std::string schema;
    ast::ground_to_json(*parameter.schema, schema);
    json += schema.substr(1, schema.size() - 2);
  } else {
    json += parameter.value != nullptr ? type_of(*parameter.value) : std::string(kAnything);
  }
  if (parameter.value != nullptr && ast::is_constant(parameter.value)) {
    json += ",\"default\":";
    ast::ground_to_json(*parameter.value, json);
  }
  return json + "}";
}

}  // namespace

std::string parameters_schema(const Needs& needs) {
  if (needs.parameters_key.empty()) return {};
  std::string json;
  if (const ast::Term* schema = needs.reads_all_parameters ? schema_of_all(needs) : nullptr) {
    ast::ground_to_json(*schema, json);
    return json;
  }
  json = R"({"type":"object")";
  if (needs.reads_all_parameters) json += fmt::format(",{}", kAnything);
  if (!needs.parameters.empty()) json += ",\"properties\":{";
  bool is_first = true;
  for (const Parameter& parameter : needs.parameters) {
    if (!is_first) json += ',';
    is_first = false;
    append_json_string(json, parameter.name);
    json += ':' + property(needs, parameter.name);
  }
  return json + (needs.parameters.empty() ? "}" : "}}");
}

}  // namespace psdl::gatekeeper
