// Keywords of a schema to a node.
#include "gatekeeper/schema_node.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "value/number.hpp"

namespace psdl::gatekeeper {
namespace {

enum class Keyword : std::uint8_t {
  Text,
  Boolean,
  Integer,
  Number,
  Texts,
  Any,
  Anys,
  Schema,
  Schemas,
  SchemaMap,
  SchemaOrList,
  SchemaOrBool,
  Dependencies,
  Rules,
  Documentation
};

struct Row {
  std::string_view name;
  Keyword kind;
  std::string_view type = "string";
};

// In the order in which Go meets them: by name.
constexpr Row kKeywords[] = {
    {"$ref", Keyword::Text},
    {"$schema", Keyword::Text, "v1.JSONSchemaURL"},
    {"additionalItems", Keyword::SchemaOrBool},
    {"additionalProperties", Keyword::SchemaOrBool},
    {"allOf", Keyword::Schemas},
    {"anyOf", Keyword::Schemas},
    {"default", Keyword::Any},
    {"definitions", Keyword::SchemaMap, "v1.JSONSchemaDefinitions"},
    {"dependencies", Keyword::Dependencies, "v1.JSONSchemaDependencies"},
    {"description", Keyword::Text},
    {"enum", Keyword::Anys, "[]v1.JSON"},
    {"example", Keyword::Any},
    {"exclusiveMaximum", Keyword::Boolean},
    {"exclusiveMinimum", Keyword::Boolean},
    {"externalDocs", Keyword::Documentation, "v1.ExternalDocumentation"},
    {"format", Keyword::Text},
    {"id", Keyword::Text},
    {"items", Keyword::SchemaOrList},
    {"maxItems", Keyword::Integer},
    {"maxLength", Keyword::Integer},
    {"maxProperties", Keyword::Integer},
    {"maximum", Keyword::Number},
    {"minItems", Keyword::Integer},
    {"minLength", Keyword::Integer},
    {"minProperties", Keyword::Integer},
    {"minimum", Keyword::Number},
    {"multipleOf", Keyword::Number},
    {"not", Keyword::Schema},
    {"nullable", Keyword::Boolean},
    {"oneOf", Keyword::Schemas},
    {"pattern", Keyword::Text},
    {"patternProperties", Keyword::SchemaMap, "map[string]v1.JSONSchemaProps"},
    {"properties", Keyword::SchemaMap, "map[string]v1.JSONSchemaProps"},
    {"required", Keyword::Texts},
    {"title", Keyword::Text},
    {"type", Keyword::Text},
    {"uniqueItems", Keyword::Boolean},
    {"x-kubernetes-embedded-resource", Keyword::Boolean},
    {"x-kubernetes-int-or-string", Keyword::Boolean},
    {"x-kubernetes-list-map-keys", Keyword::Texts},
    {"x-kubernetes-list-type", Keyword::Text},
    {"x-kubernetes-map-type", Keyword::Text},
    {"x-kubernetes-preserve-unknown-fields", Keyword::Boolean},
    {"x-kubernetes-validations", Keyword::Rules, "v1.ValidationRules"},
};

constexpr std::string_view kSchemaType = "v1.JSONSchemaProps";

void check_one(GoDecoder& decoder, const Value& value, const GoDecoder::Scope& at) {
  if (decoder.structure(value, at, kSchemaType)) check_schema_types(decoder, value, at);
}

// Go reads what may be of several types with a decoder of its own.
void check_apart(GoDecoder& decoder, const Value& value, const GoDecoder::Scope& at) {
  GoDecoder apart;
  check_one(apart, value, at);
  if (!apart.error().text.empty()) decoder.stop(apart.error());
}

void check_keyword(GoDecoder& decoder, const Row& row, const Value& value, const GoDecoder::Scope& at) {
  switch (row.kind) {
    case Keyword::Text: decoder.text(value, at, row.type); break;
    case Keyword::Boolean: decoder.boolean(value, at); break;
    case Keyword::Integer: decoder.integer(value, at); break;
    case Keyword::Number: decoder.number(value, at); break;
    case Keyword::Texts: decoder.text_list(value, at); break;
    case Keyword::Any: break;
    case Keyword::Anys: (void)decoder.list(value, at, row.type); break;
    case Keyword::Schema: check_one(decoder, value, at); break;
    case Keyword::Schemas:
      for (const Value& one : decoder.list(value, at, "[]v1.JSONSchemaProps")) check_one(decoder, one, at);
      break;
    case Keyword::SchemaMap:
      if (const psdl::Object* map = decoder.map(value, at, row.type); map != nullptr) {
        for (const Value& one : map->values()) check_one(decoder, one, at);
      }
      break;
    case Keyword::SchemaOrList:
      if (value.is_object()) check_apart(decoder, value, at);
      if (value.is_array()) {
        for (const Value& one : value.as_array()) check_apart(decoder, one, at);
      }
      break;
    case Keyword::SchemaOrBool:
      if (value.is_object()) {
        check_apart(decoder, value, at);
      } else if (!value.is_boolean()) {
        decoder.stop({"boolean or JSON schema expected", value.origin()});
      }
      break;
    case Keyword::Dependencies:
      if (const psdl::Object* map = decoder.map(value, at, row.type); map != nullptr) {
        for (const Value& one : map->values()) {
          if (one.is_object()) check_apart(decoder, one, at);
        }
      }
      break;
    case Keyword::Rules:
      for (const Value& one : decoder.list(value, at, row.type)) {
        if (!decoder.structure(one, at, "v1.ValidationRule")) continue;
        const GoDecoder::Scope inside = at.inside("ValidationRule");
        for (const std::string_view name : {"fieldPath", "message", "messageExpression", "reason", "rule"}) {
          if (const Value* field = go_field(one, name); field != nullptr)
            decoder.text(*field, inside.field(name), name == "reason" ? "v1.FieldValueErrorReason" : "string");
        }
      }
      break;
    case Keyword::Documentation:
      if (decoder.structure(value, at, row.type)) {
        const GoDecoder::Scope inside = at.inside("ExternalDocumentation");
        for (const std::string_view name : {"description", "url"}) {
          if (const Value* field = go_field(value, name); field != nullptr) decoder.text(*field, inside.field(name));
        }
      }
      break;
  }
}

class NodeReader {
 public:
  explicit NodeReader(bool legacy) : legacy_(legacy) {}

  // `adds`: legacySchema opens this node; it does not go below allOf, anyOf, oneOf and not.
  std::shared_ptr<Schema::Node> read(const Value& schema, bool adds) const {
    auto node = std::make_shared<Schema::Node>();
    node->origin = schema.origin();
    read_texts(schema, *node);
    read_bounds(schema, *node);
    read_structure(schema, *node, adds);
    read_extensions(schema, *node);
    if (legacy_ && adds) open(*node);
    return node;
  }

 private:
  static std::string text(const Value& schema, std::string_view name) {
    const Value* value = go_field(schema, name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  }
  static std::optional<std::string> optional_text(const Value& schema, std::string_view name) {
    const Value* value = go_field(schema, name);
    if (value == nullptr || !value->is_string()) return {};
    return std::string(value->as_string());
  }
  static bool truth(const Value& schema, std::string_view name) {
    const Value* value = go_field(schema, name);
    return value != nullptr && value->is_true();
  }
  static std::optional<double> number(const Value& schema, std::string_view name) {
    const Value* value = go_field(schema, name);
    if (value == nullptr || !value->is_number()) return {};
    return to_double(*value);
  }
  static std::optional<std::int64_t> count(const Value& schema, std::string_view name) {
    const Value* value = go_field(schema, name);
    if (value == nullptr || !value->is_number()) return {};
    return to_int64_exact(*value);
  }
  static std::vector<std::string> texts(const Value& schema, std::string_view name) {
    std::vector<std::string> found;
    const Value* value = go_field(schema, name);
    if (value == nullptr || !value->is_array()) return found;
    for (const Value& one : value->as_array())
      found.emplace_back(one.is_string() ? one.as_string() : std::string_view());
    return found;
  }
  static bool is_set(const Value& schema, std::string_view name) {
    const Value* value = go_field(schema, name);
    if (value == nullptr) return false;
    if (value->is_string()) return value->length() > 0;
    return !value->is_object() || value->as_object().size() > 0;
  }

  static void read_texts(const Value& schema, Schema::Node& node) {
    node.type = text(schema, "type");
    node.format = text(schema, "format");
    node.pattern = text(schema, "pattern");
    node.title = text(schema, "title");
    node.description = text(schema, "description");
    node.default_value = go_field(schema, "default");
    node.is_nullable = truth(schema, "nullable");
    node.required = texts(schema, "required");
    if (const Value* values = go_field(schema, "enum"); values != nullptr && values->is_array()) {
      for (const Value& value : values->as_array()) node.enumeration.push_back(&value);
    }
    node.has_id = is_set(schema, "id");
    node.has_schema_url = is_set(schema, "$schema");
    node.has_reference = go_field(schema, "$ref") != nullptr;
    node.has_pattern_properties = is_set(schema, "patternProperties");
    node.has_dependencies = go_field(schema, "dependencies") != nullptr;
    node.has_additional_items = go_field(schema, "additionalItems") != nullptr;
    node.has_definitions = is_set(schema, "definitions");
    if (node.pattern.empty()) return;
    std::string_view limit;
    Limits limits;
    limits.pattern_bytes = 64U * 1024;
    limits.regex_program = 200'000;
    node.regex = Regex::compile(node.pattern, limits, node.regex_error, limit);
    if (!limit.empty()) node.regex_error = fmt::format("it reaches {}", limit);
  }

  static void read_bounds(const Value& schema, Schema::Node& node) {
    node.maximum = number(schema, "maximum");
    node.minimum = number(schema, "minimum");
    node.multiple_of = number(schema, "multipleOf");
    node.is_maximum_exclusive = truth(schema, "exclusiveMaximum");
    node.is_minimum_exclusive = truth(schema, "exclusiveMinimum");
    node.max_length = count(schema, "maxLength");
    node.min_length = count(schema, "minLength");
    node.max_items = count(schema, "maxItems");
    node.min_items = count(schema, "minItems");
    node.max_properties = count(schema, "maxProperties");
    node.min_properties = count(schema, "minProperties");
    node.is_unique = truth(schema, "uniqueItems");
  }

  void read_structure(const Value& schema, Schema::Node& node, bool adds) const {
    if (const Value* items = go_field(schema, "items"); items != nullptr) {
      if (items->is_object()) node.items = read(*items, adds);
      if (items->is_array()) {
        for (const Value& one : items->as_array()) node.items_list.push_back(read(one, false));
      }
    }
    if (const Value* properties = go_field(schema, "properties"); properties != nullptr && properties->is_object()) {
      const psdl::Object& object = properties->as_object();
      for (std::uint32_t i = 0; i < object.size(); ++i)
        node.properties.push_back({std::string(object.keys()[i].as_string()), read(object.values()[i], adds)});
    }
    if (const Value* additional = go_field(schema, "additionalProperties"); additional != nullptr) {
      node.has_additional = true;
      node.allows_additional = !additional->is_false();
      if (additional->is_object()) node.additional = read(*additional, adds);
    }
    node.all_of = read_list(schema, "allOf");
    node.any_of = read_list(schema, "anyOf");
    node.one_of = read_list(schema, "oneOf");
    if (const Value* negated = go_field(schema, "not"); negated != nullptr) node.negated = read(*negated, false);
  }

  [[nodiscard]] std::vector<Schema::Node::NodePtr> read_list(const Value& schema, std::string_view name) const {
    std::vector<Schema::Node::NodePtr> nodes;
    const Value* list = go_field(schema, name);
    if (list == nullptr || !list->is_array()) return nodes;
    for (const Value& one : list->as_array()) nodes.push_back(read(one, false));
    return nodes;
  }

  static void read_extensions(const Value& schema, Schema::Node& node) {
    if (const Value* preserves = go_field(schema, "x-kubernetes-preserve-unknown-fields"); preserves != nullptr)
      node.preserves = preserves->is_true();
    node.is_embedded = truth(schema, "x-kubernetes-embedded-resource");
    node.is_int_or_string = truth(schema, "x-kubernetes-int-or-string");
    node.list_type = optional_text(schema, "x-kubernetes-list-type");
    node.map_type = optional_text(schema, "x-kubernetes-map-type");
    node.list_map_keys = texts(schema, "x-kubernetes-list-map-keys");
    const Value* rules = go_field(schema, "x-kubernetes-validations");
    if (rules == nullptr || !rules->is_array()) return;
    for (const Value& rule : rules->as_array()) {
      node.rules.push_back({text(rule, "rule"), text(rule, "message"), text(rule, "messageExpression"),
                            text(rule, "fieldPath"), optional_text(rule, "reason")});
    }
  }

  static void open(Schema::Node& node) {
    if (node.type.empty() || node.type == "object") node.preserves = true;
    if (node.type == "array" && node.items == nullptr && node.items_list.empty()) {
      auto items = std::make_shared<Schema::Node>();
      items->origin = node.origin;
      items->preserves = true;
      node.items = std::move(items);
    }
  }

  bool legacy_;
};

}  // namespace

const Schema::Node::Property* Schema::Node::find_property(std::string_view name) const {
  const auto found =
      std::lower_bound(properties.begin(), properties.end(), name,
                       [](const Property& property, std::string_view wanted) { return property.name < wanted; });
  return found != properties.end() && found->name == name ? &*found : nullptr;
}

bool Schema::Node::has_type(std::string_view name) const {
  return is_int_or_string ? name == "integer" || name == "string" : type == name;
}

void check_schema_types(GoDecoder& decoder, const Value& schema, const GoDecoder::Scope& at) {
  if (!schema.is_object()) return;
  const GoDecoder::Scope inside = at.inside("JSONSchemaProps");
  for (const Row& row : kKeywords) {
    if (const Value* value = go_field(schema, row.name); value != nullptr)
      check_keyword(decoder, row, *value, inside.field(row.name));
  }
}

std::shared_ptr<Schema::Node> read_schema(const Value& schema, bool legacy) {
  return NodeReader(legacy).read(schema, true);
}

}  // namespace psdl::gatekeeper
