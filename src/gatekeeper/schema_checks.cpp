// What the API server asks of the schema of a custom resource: that it is structural, that its defaults fit, that it
// uses no keyword that is not supported.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "gatekeeper/schema_node.hpp"

namespace psdl::gatekeeper {
namespace {

using Node = Schema::Node;
using NodePtr = Node::NodePtr;

enum class Level : std::uint8_t { Item, Field };

std::string child(const std::string& path, std::string_view name) {
  return fmt::format("{}.{}", path, name);
}
std::string keyed(const std::string& path, std::string_view name, std::string_view key) {
  return fmt::format("{}.{}[{}]", path, name, key);
}
std::string indexed(const std::string& path, std::string_view name, std::size_t index) {
  return fmt::format("{}.{}[{}]", path, name, index);
}

FieldError invalid_type(const Node& node, const std::string& path, std::string_view detail) {
  return invalid_text(child(path, "type"), node.type, detail, node.origin);
}

FieldError type_must_be(const Node& node, const std::string& path, std::string_view detail) {
  return node.type.empty() ? required(child(path, "type"), detail, node.origin) : invalid_type(node, path, detail);
}

// ---- structural schemas

class Structural {
 public:
  FieldErrors check(const Node& root, const std::string& path) {
    invariants(root, Level::Field, path);
    complete(root, &root, path, path);
    std::sort(errors_.begin(), errors_.end(),
              [](const FieldError& left, const FieldError& right) { return left.text < right.text; });
    return std::move(errors_);
  }

 private:
  void must_be(bool is_good, const std::string& path, std::string_view detail, const Node& node) {
    if (!is_good) errors_.push_back(forbidden(path, detail, node.origin));
  }

  void invariants(const Node& node, Level level, const std::string& path) {
    if (node.type == "array" && node.items == nullptr)
      errors_.push_back(required(child(path, "items"), "must be specified", node.origin));
    if (node.items != nullptr) invariants(*node.items, Level::Item, child(path, "items"));
    for (const Node::Property& property : node.properties)
      invariants(*property.schema, Level::Field, keyed(path, "properties", property.name));
    if (node.has_additional) {
      if (node.additional != nullptr) invariants(*node.additional, Level::Field, child(path, "additionalProperties"));
    }
    extensions(node, path);
    const bool skips_any = is_int_or_string(node.any_of);
    const bool skips_first_all =
        !node.all_of.empty() && is_int_or_string(node.all_of.front()->any_of) && is_any_of_alone(*node.all_of.front());
    value_validation(node, skips_any, skips_first_all, path);
    type(node, level, path);
    embedded(node, path);
  }

  void extensions(const Node& node, const std::string& path) {
    if (!node.is_int_or_string) return;
    constexpr std::string_view kDetail = "must be false if x-kubernetes-int-or-string is true";
    if (node.is_preserving())
      errors_.push_back(invalid_truth(child(path, "x-kubernetes-preserve-unknown-fields"), kDetail, node));
    if (node.is_embedded)
      errors_.push_back(invalid_truth(child(path, "x-kubernetes-embedded-resource"), kDetail, node));
  }
  static FieldError invalid_truth(const std::string& path, std::string_view detail, const Node& node) {
    return {fmt::format("{}: Invalid value: true: {}", path, detail), node.origin};
  }

  void type(const Node& node, Level level, const std::string& path) {
    if (node.is_embedded && node.type != "object") {
      errors_.push_back(type_must_be(node, path, "must be object if x-kubernetes-embedded-resource is true"));
    } else if (node.type.empty() && !node.is_int_or_string && !node.is_preserving()) {
      const std::string_view detail = level == Level::Item ? "must not be empty for specified array items"
                                                           : "must not be empty for specified object fields";
      errors_.push_back(required(child(path, "type"), detail, node.origin));
    }
  }

  void embedded(const Node& node, const std::string& path) {
    if (node.is_embedded && node.has_additional)
      must_be(false, child(path, "additionalProperties"), "must not be used if x-kubernetes-embedded-resource is set",
              node);
    if (!node.is_embedded) return;
    for (const std::string_view name : {"kind", "apiVersion"}) {
      const Node::Property* property = node.find_property(name);
      if (property != nullptr && property->schema->type != "string")
        errors_.push_back(invalid_type(*property->schema, keyed(path, "properties", name), "must be string"));
    }
    const Node::Property* metadata = node.find_property("metadata");
    if (metadata != nullptr && metadata->schema->type != "object")
      errors_.push_back(invalid_type(*metadata->schema, keyed(path, "properties", "metadata"), "must be object"));
    if (!node.is_preserving() && node.properties.empty()) {
      errors_.push_back(required(
          child(path, "properties"),
          "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
          node.origin));
    }
  }

  // `anyOf: [{type: integer}, {type: string}]` and nothing more, which int-or-string may say of itself.
  static bool is_int_or_string(const std::vector<NodePtr>& any_of) {
    return any_of.size() == 2 && is_type_alone(*any_of[0], "integer") && is_type_alone(*any_of[1], "string");
  }
  static bool is_type_alone(const Node& node, std::string_view type) {
    return node.type == type && is_bare(node) && node.any_of.empty();
  }
  static bool is_any_of_alone(const Node& node) { return node.type.empty() && is_bare(node); }
  // Nothing but a type and an anyOf.
  static bool is_bare(const Node& node) {
    return node.format.empty() && node.pattern.empty() && node.title.empty() && node.description.empty() &&
           node.default_value == nullptr && !node.is_nullable && !node.maximum && !node.minimum && !node.multiple_of &&
           !node.max_length && !node.min_length && !node.max_items && !node.min_items && !node.max_properties &&
           !node.min_properties && !node.is_unique && node.enumeration.empty() && node.required.empty() &&
           node.items == nullptr && node.properties.empty() && !node.has_additional && node.all_of.empty() &&
           node.one_of.empty() && node.negated == nullptr && !node.preserves && !node.is_embedded &&
           !node.is_int_or_string && !node.list_type && !node.map_type;
  }

  void value_validation(const Node& node, bool skips_any, bool skips_first_all, const std::string& path) {
    for (std::size_t i = 0; !skips_any && i < node.any_of.size(); ++i)
      nested(*node.any_of[i], false, indexed(path, "anyOf", i));
    for (std::size_t i = 0; i < node.all_of.size(); ++i)
      nested(*node.all_of[i], skips_first_all && i == 0, indexed(path, "allOf", i));
    for (std::size_t i = 0; i < node.one_of.size(); ++i) nested(*node.one_of[i], false, indexed(path, "oneOf", i));
    if (node.negated != nullptr) nested(*node.negated, false, child(path, "not"));
    if (!node.pattern.empty() && node.regex == nullptr) {
      errors_.push_back(invalid_text(child(path, "pattern"), node.pattern,
                                     fmt::format("must be a valid regular expression, but isn't: {}", node.regex_error),
                                     node.origin));
    }
  }

  // Below allOf, anyOf, oneOf and not only values may be restricted: nothing there describes their structure.
  void nested(const Node& node, bool skips_any, const std::string& path) {
    value_validation(node, skips_any, false, path);
    if (node.items != nullptr) nested(*node.items, false, child(path, "items"));
    for (const Node::Property& property : node.properties)
      nested(*property.schema, false, keyed(path, "properties", property.name));
    must_be(node.type.empty(), child(path, "type"), "must be empty to be structural", node);
    const bool has_additional = node.has_additional && (node.additional != nullptr || node.allows_additional);
    must_be(!has_additional, child(path, "additionalProperties"), "must be undefined to be structural", node);
    must_be(node.default_value == nullptr, child(path, "default"), "must be undefined to be structural", node);
    must_be(node.title.empty(), child(path, "title"), "must be empty to be structural", node);
    must_be(node.description.empty(), child(path, "description"), "must be empty to be structural", node);
    must_be(!node.is_nullable, child(path, "nullable"), "must be false to be structural", node);
    must_be(!node.is_preserving(), child(path, "x-kubernetes-preserve-unknown-fields"),
            "must be false to be structural", node);
    must_be(!node.is_embedded, child(path, "x-kubernetes-embedded-resource"), "must be false to be structural", node);
    must_be(!node.is_int_or_string, child(path, "x-kubernetes-int-or-string"), "must be false to be structural", node);
    must_be(node.list_map_keys.empty(), child(path, "x-kubernetes-list-map-keys"), "must be empty to be structural",
            node);
    must_be(!node.list_type.has_value(), child(path, "x-kubernetes-list-type"), "must be undefined to be structural",
            node);
    must_be(!node.map_type.has_value(), child(path, "x-kubernetes-map-type"), "must be undefined to be structural",
            node);
    must_be(node.rules.empty(), child(path, "x-kubernetes-validations"), "must be empty to be structural", node);
    must_be(node.find_property("metadata") == nullptr, keyed(path, "properties", "metadata"),
            "must not be specified in a nested context", node);
  }

  // Each field that a restriction speaks of is declared outside of restrictions too.
  void complete(const Node& restriction, const Node* structure, const std::string& path, const std::string& said_at) {
    const auto each = [&](const std::vector<NodePtr>& nodes, std::string_view name) {
      for (std::size_t i = 0; i < nodes.size(); ++i)
        complete_nested(*nodes[i], structure, path, indexed(said_at, name, i));
    };
    if (restriction.negated != nullptr) complete_nested(*restriction.negated, structure, path, child(said_at, "not"));
    each(restriction.all_of, "allOf");
    each(restriction.any_of, "anyOf");
    each(restriction.one_of, "oneOf");
  }

  void complete_nested(const Node& restriction, const Node* structure, const std::string& path,
                       const std::string& said_at) {
    if (structure == nullptr) {
      errors_.push_back(required(path, fmt::format("because it is defined in {}", said_at), restriction.origin));
      return;
    }
    complete(restriction, structure, path, said_at);
    if (restriction.items != nullptr)
      complete_nested(*restriction.items, structure->items.get(), child(path, "items"), child(said_at, "items"));
    for (const Node::Property& property : restriction.properties) {
      const std::string at = keyed(path, "properties", property.name);
      const std::string defined_at = keyed(said_at, "properties", property.name);
      const Node::Property* declared = structure->find_property(property.name);
      if (declared == nullptr) {
        errors_.push_back(
            required(at, fmt::format("because it is defined in {}", defined_at), property.schema->origin));
      } else {
        complete_nested(*property.schema, declared->schema.get(), at, defined_at);
      }
    }
  }

  FieldErrors errors_;
};

// ---- defaults

void check_defaults(const Node& node, const std::string& path, FieldErrors& errors) {
  if (node.default_value != nullptr) {
    const std::string at = child(path, "default");
    if (!find_unknown_fields(node, *node.default_value, node.is_embedded).empty())
      errors.push_back(invalid(at, *node.default_value, "must not have unknown fields"));
    for (FieldError& error : validate_value(node, *node.default_value, at, true)) errors.push_back(std::move(error));
  }
  // Below additionalProperties defaults are not looked at.
  if (node.items != nullptr) check_defaults(*node.items, child(path, "items"), errors);
  for (const Node::Property& property : node.properties)
    check_defaults(*property.schema, keyed(path, "properties", property.name), errors);
}

// ---- keywords

class Keywords {
 public:
  FieldErrors check(const Node& root, const std::string& path) {
    node(root, path, {});
    return std::move(errors_);
  }

 private:
  void forbid(bool is_bad, const std::string& path, std::string_view name, std::string_view detail, const Node& node) {
    if (is_bad) errors_.push_back(forbidden(child(path, name), detail, node.origin));
  }

  // What a node is inside of: the metadata of an embedded resource, and there a map.
  struct Inside {
    bool is_metadata = false;
    bool is_map = false;
  };

  void node(const Node& node, const std::string& path, Inside inside) {
    standard(node, path, inside);
    forbid(node.is_unique, path, "uniqueItems",
           "uniqueItems cannot be set to true since the runtime complexity becomes quadratic", node);
    if (node.has_additional && !node.properties.empty() && (!node.allows_additional || node.additional != nullptr))
      forbid(true, path, "additionalProperties", "additionalProperties and properties are mutual exclusive", node);
    below(node, path, inside);
    if (node.preserves.has_value() && !*node.preserves)
      errors_.push_back(
          {fmt::format("{}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined",
                       path),
           node.origin});
    map_type(node, path);
    list_type(node, path);
    list_map(node, path);
    set_and_map_items(node, path);
    rules(node, path);
  }

  void below(const Node& node, const std::string& path, Inside inside) {
    if (node.additional != nullptr)
      this->node(*node.additional, child(path, "additionalProperties"), {inside.is_metadata, inside.is_metadata});
    for (const Node::Property& property : node.properties) {
      const bool is_meta = property.name == "metadata" || property.name == "apiVersion" || property.name == "kind";
      const Inside next{inside.is_metadata || (node.is_embedded && is_meta), inside.is_map};
      this->node(*property.schema, keyed(path, "properties", property.name), next);
    }
    if (node.negated != nullptr) this->node(*node.negated, child(path, "not"), inside);
    each(node.all_of, path, "allOf", inside);
    each(node.one_of, path, "oneOf", inside);
    each(node.any_of, path, "anyOf", inside);
    if (node.items != nullptr) this->node(*node.items, child(path, "items"), inside);
    each(node.items_list, path, "items", inside);
  }

  void each(const std::vector<NodePtr>& nodes, const std::string& path, std::string_view name, Inside inside) {
    for (std::size_t i = 0; i < nodes.size(); ++i) node(*nodes[i], indexed(path, name, i), inside);
  }

  void standard(const Node& node, const std::string& path, Inside inside) {
    static const std::set<std::string_view> kTypes = {"array", "boolean", "integer", "number", "object", "string"};
    if (!node.type.empty() && kTypes.count(node.type) == 0) {
      errors_.push_back(unsupported(child(path, "type"), Value::string(node.type).with_origin(node.origin),
                                    {kTypes.begin(), kTypes.end()}));
    }
    forbid(node.default_value != nullptr && inside.is_map, path, "default",
           "must not be set inside additionalProperties applying to object metadata", node);
    forbid(node.has_id, path, "id", "id is not supported", node);
    forbid(node.has_additional_items, path, "additionalItems", "additionalItems is not supported", node);
    forbid(node.has_pattern_properties, path, "patternProperties", "patternProperties is not supported", node);
    forbid(node.has_definitions, path, "definitions", "definitions is not supported", node);
    forbid(node.has_dependencies, path, "dependencies", "dependencies is not supported", node);
    forbid(node.has_reference, path, "$ref", "$ref is not supported", node);
    forbid(node.type == "null", path, "type", "type cannot be set to null, use nullable as an alternative", node);
    forbid(!node.items_list.empty(), path, "items", "items must be a schema object and not an array", node);
    forbid(inside.is_metadata && node.is_embedded, path, "x-kubernetes-embedded-resource",
           "must not be used inside of resource meta", node);
  }

  void not_one_of(const Node& node, const std::string& path, std::string_view name, const std::string& value,
                  const std::vector<std::string>& supported) {
    if (std::find(supported.begin(), supported.end(), value) == supported.end())
      errors_.push_back(unsupported(child(path, name), Value::string(value).with_origin(node.origin), supported));
  }

  void map_type(const Node& node, const std::string& path) {
    if (!node.map_type.has_value()) return;
    if (node.type != "object")
      errors_.push_back(type_must_be(node, path, "must be object if x-kubernetes-map-type is specified"));
    not_one_of(node, path, "x-kubernetes-map-type", *node.map_type, {"atomic", "granular"});
  }

  void list_type(const Node& node, const std::string& path) {
    if (!node.list_type.has_value()) return;
    if (node.type != "array") {
      errors_.push_back(type_must_be(node, path, "must be array if x-kubernetes-list-type is specified"));
    } else if (*node.list_type == "set" && node.items != nullptr) {
      constexpr std::string_view kDetail = "must be atomic as item of a list with x-kubernetes-list-type=set";
      const Node& items = *node.items;
      // Kubernetes shows the list type in both errors.
      const std::string shown = items.list_type.has_value() ? go_quote(*items.list_type) : "null";
      if (items.type == "array" && items.list_type.value_or("atomic") != "atomic")
        errors_.push_back({fmt::format("{}.items.x-kubernetes-list-type: Invalid value: {}: {}", path, shown, kDetail),
                           items.origin});
      if (items.type == "object" && items.map_type.value_or("") != "atomic")
        errors_.push_back(
            {fmt::format("{}.items.x-kubernetes-map-type: Invalid value: {}: {}", path, shown, kDetail), items.origin});
    }
    not_one_of(node, path, "x-kubernetes-list-type", *node.list_type, {"atomic", "set", "map"});
  }

  void list_map(const Node& node, const std::string& path) {
    const bool is_map = node.list_type.value_or("") == "map";
    const std::string list_type = child(path, "x-kubernetes-list-type");
    constexpr std::string_view kMustBeMap = "must be map if x-kubernetes-list-map-keys is non-empty";
    if (!node.list_map_keys.empty() && !is_map) {
      errors_.push_back(node.list_type.has_value() ? invalid_text(list_type, *node.list_type, kMustBeMap, node.origin)
                                                   : required(list_type, kMustBeMap, node.origin));
    }
    if (!is_map) return;
    if (node.list_map_keys.empty())
      errors_.push_back(required(child(path, "x-kubernetes-list-map-keys"),
                                 "must not be empty if x-kubernetes-list-type is map", node.origin));
    if (node.items == nullptr) {
      errors_.push_back(
          required(child(path, "items"), "must have a schema if x-kubernetes-list-type is map", node.origin));
    } else if (node.items->type != "object") {
      errors_.push_back(invalid_type(*node.items, child(path, "items"),
                                     "must be object if parent array's x-kubernetes-list-type is map"));
    } else {
      list_map_keys(node, path);
    }
  }

  void list_map_keys(const Node& node, const std::string& path) {
    const std::string at = child(path, "x-kubernetes-list-map-keys");
    std::string shown;
    for (const std::string& key : node.list_map_keys) shown.append(shown.empty() ? "" : ",").append(go_quote(key));
    std::set<std::string_view> seen;
    for (const std::string& key : node.list_map_keys) {
      const Node::Property* property = node.items->find_property(key);
      if (property == nullptr) {
        errors_.push_back(
            {fmt::format("{}: Invalid value: [{}]: entries must all be names of item properties", at, shown),
             node.origin});
      } else if (property->schema->type == "array" || property->schema->type == "object") {
        errors_.push_back(invalid_text(keyed(child(path, "items"), "properties", key) + ".type", node.items->type,
                                       "must be a scalar type if parent array's x-kubernetes-list-type is map",
                                       property->schema->origin));
      }
      if (!seen.insert(key).second)
        errors_.push_back(
            {fmt::format("{}: Invalid value: [{}]: must not contain duplicate entries", at, shown), node.origin});
    }
  }

  void set_and_map_items(const Node& node, const std::string& path) {
    const std::string type = node.list_type.value_or("");
    if (node.items == nullptr || (type != "set" && type != "map")) return;
    forbid(node.items->is_nullable, child(path, "items"), "nullable",
           "cannot be nullable when x-kubernetes-list-type is " + type, *node.items);
    if (type != "map") return;
    for (const std::string& key : node.list_map_keys) {
      const Node::Property* property = node.items->find_property(key);
      if (property == nullptr) continue;
      const std::string at = keyed(child(path, "items"), "properties", key);
      const std::vector<std::string>& required_names = node.items->required;
      const bool is_required = std::find(required_names.begin(), required_names.end(), key) != required_names.end();
      if (!is_required && property->schema->default_value == nullptr) {
        errors_.push_back(required(
            child(at, "default"),
            "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
            property->schema->origin));
      }
      forbid(property->schema->is_nullable, at, "nullable",
             "this property is in x-kubernetes-list-map-keys, so it cannot be nullable", *property->schema);
    }
  }

  static std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n\v\f";
    const std::size_t first = text.find_first_not_of(kBlanks);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
  }
  static bool has_line_end(std::string_view text) { return text.find_first_of("\r\n") != std::string_view::npos; }

  // CEL is not run on constraints; what is asked of the texts around it is.
  void rules(const Node& node, const std::string& path) {
    for (std::size_t i = 0; i < node.rules.size(); ++i) {
      const SchemaRule& rule = node.rules[i];
      const std::string at = indexed(path, "x-kubernetes-validations", i);
      const std::string_view message = trimmed(rule.message);
      if (trimmed(rule.rule).empty()) {
        errors_.push_back(required(child(at, "rule"), "rule is not specified", node.origin));
      } else if (!rule.message.empty() && message.empty()) {
        errors_.push_back(
            invalid_text(child(at, "message"), rule.message, "must be non-empty if specified", node.origin));
      } else if (has_line_end(message)) {
        errors_.push_back(
            invalid_text(child(at, "message"), rule.message, "must not contain line breaks", node.origin));
      } else if (has_line_end(trimmed(rule.rule)) && message.empty()) {
        errors_.push_back(
            required(child(at, "message"), "message must be specified if rule contains line breaks", node.origin));
      }
      if (!rule.message_expression.empty() && trimmed(rule.message_expression).empty())
        errors_.push_back(
            required(child(at, "messageExpression"), "messageExpression must be non-empty if specified", node.origin));
      if (rule.reason.has_value())
        not_one_of(node, at, "reason", *rule.reason,
                   {"FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"});
      if (!rule.field_path.empty() && trimmed(rule.field_path).empty())
        errors_.push_back(
            invalid_text(child(at, "fieldPath"), rule.field_path, "must be non-empty if specified", node.origin));
      if (has_line_end(rule.field_path))
        errors_.push_back(
            invalid_text(child(at, "fieldPath"), rule.field_path, "must not contain line breaks", node.origin));
      if (!rule.field_path.empty() && !is_path(node, rule.field_path))
        errors_.push_back(invalid_text(child(at, "fieldPath"), rule.field_path, "must be a valid path", node.origin));
    }
  }

  // `.name` and `['name']`, each a field that is declared there.
  static bool is_path(const Node& node, std::string_view path) {
    const Node* at = &node;
    while (!path.empty()) {
      std::string_view name;
      if (path.starts_with("['")) {
        const std::size_t end = path.find("']");
        if (end == std::string_view::npos) return false;
        name = path.substr(2, end - 2);
        path.remove_prefix(end + 2);
      } else if (path.starts_with('.')) {
        const std::size_t end = std::min(path.find_first_of(".[", 1), path.size());
        name = path.substr(1, end - 1);
        path.remove_prefix(end);
      } else {
        return false;
      }
      const Node::Property* property = at->find_property(name);
      at = property != nullptr ? property->schema.get() : at->additional.get();
      if (name.empty() || at == nullptr) return false;
    }
    return true;
  }

  FieldErrors errors_;
};

// Keywords for which there is no structural schema at all.
bool has_unsupported(const Node& node) {
  const auto any = [](const std::vector<NodePtr>& nodes) {
    return std::any_of(nodes.begin(), nodes.end(), [](const NodePtr& one) { return has_unsupported(*one); });
  };
  const auto below = [](const NodePtr& one) { return one != nullptr && has_unsupported(*one); };
  return node.has_id || node.has_schema_url || node.has_reference || node.has_pattern_properties ||
         node.has_dependencies || node.has_additional_items || node.has_definitions || !node.items_list.empty() ||
         (node.preserves.has_value() && !*node.preserves) || below(node.items) || below(node.additional) ||
         below(node.negated) || any(node.all_of) || any(node.any_of) || any(node.one_of) ||
         std::any_of(node.properties.begin(), node.properties.end(),
                     [](const Node::Property& one) { return has_unsupported(*one.schema); });
}

}  // namespace

FieldErrors check_parameters(const Schema::Node& root, std::string_view path) {
  const std::string at(path);
  FieldErrors errors;
  const bool is_unsupported = has_unsupported(root);
  if (!is_unsupported) errors = Structural().check(root, at);
  if (!is_unsupported && errors.empty()) check_defaults(root, at, errors);
  for (FieldError& error : Keywords().check(root, at)) errors.push_back(std::move(error));
  // Of all of them only `$schema` has no error of its own; Kubernetes names the root then.
  if (is_unsupported && errors.empty())
    errors.push_back(invalid_text(path.substr(0, path.find(".properties")), "",
                                  "OpenAPIV3Schema 'schema' is not supported", root.origin));
  return errors;
}

}  // namespace psdl::gatekeeper
