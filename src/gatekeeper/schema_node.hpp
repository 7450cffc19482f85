// A schema as Kubernetes' API server keeps it: every keyword read, none judged. In: an openAPIV3Schema; out: a tree of
// nodes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builtins/patterns.hpp"
#include "gatekeeper/go_json.hpp"
#include "gatekeeper/schema.hpp"
#include "value/value.hpp"

namespace psdl::gatekeeper {

using SchemaNode = Schema::Node;

// One rule of x-kubernetes-validations, as far as it is checked without running it.
struct SchemaRule {
  std::string rule;
  std::string message;
  std::string message_expression;
  std::string field_path;
  std::optional<std::string> reason;
};

// Nodes point at the values that they were read from: defaults, enums and places.
struct Schema::Node {
  struct Property;
  using NodePtr = std::shared_ptr<const Node>;

  std::uint32_t origin = 0;
  std::string type;
  std::string format;
  std::string pattern;
  std::string title;
  std::string description;
  const Value* default_value = nullptr;
  bool is_nullable = false;

  std::optional<double> maximum;
  std::optional<double> minimum;
  std::optional<double> multiple_of;
  bool is_maximum_exclusive = false;
  bool is_minimum_exclusive = false;
  std::optional<std::int64_t> max_length;
  std::optional<std::int64_t> min_length;
  std::optional<std::int64_t> max_items;
  std::optional<std::int64_t> min_items;
  std::optional<std::int64_t> max_properties;
  std::optional<std::int64_t> min_properties;
  bool is_unique = false;
  std::vector<const Value*> enumeration;
  std::vector<std::string> required;

  NodePtr items;
  std::vector<NodePtr> items_list;   // a list of schemas: refused
  std::vector<Property> properties;  // by name
  bool has_additional = false;
  bool allows_additional = false;
  NodePtr additional;  // null where additionalProperties is true or false
  std::vector<NodePtr> all_of;
  std::vector<NodePtr> any_of;
  std::vector<NodePtr> one_of;
  NodePtr negated;

  std::optional<bool> preserves;  // x-kubernetes-preserve-unknown-fields
  bool is_embedded = false;
  bool is_int_or_string = false;
  std::optional<std::string> list_type;
  std::optional<std::string> map_type;
  std::vector<std::string> list_map_keys;
  std::vector<SchemaRule> rules;

  // Keywords of OpenAPI that Kubernetes knows and refuses.
  bool has_id = false;
  bool has_schema_url = false;
  bool has_reference = false;
  bool has_pattern_properties = false;
  bool has_dependencies = false;
  bool has_additional_items = false;
  bool has_definitions = false;

  std::shared_ptr<const Regex> regex;  // of the pattern; null where it does not compile
  std::string regex_error;

  [[nodiscard]] bool is_preserving() const { return preserves.value_or(false); }
  [[nodiscard]] const Property* find_property(std::string_view name) const;
  // `type` as a validator sees it: x-kubernetes-int-or-string stands for two types.
  [[nodiscard]] bool has_type(std::string_view name) const;
};

struct Schema::Node::Property {
  std::string name;
  NodePtr schema;
};

// The first value of another type than the keyword wants, in Go's words.
void check_schema_types(GoDecoder& decoder, const Value& schema, const GoDecoder::Scope& at);
// `legacy`: as legacySchema asks, unknown fields are let through everywhere. Types have been checked.
[[nodiscard]] std::shared_ptr<Schema::Node> read_schema(const Value& schema, bool legacy);

// What the API server asks of a field's schema, here that of spec.parameters; `path` is the schema's
// (schema_checks.cpp).
[[nodiscard]] FieldErrors check_parameters(const Schema::Node& root, std::string_view path);

// Validation of a value as ValidateCustomResource does it: numbers are doubles unless `integers` (defaults are
// validated as they were read). `path` stands before the paths of the errors: `[]` for a resource
// (schema_validate.cpp).
[[nodiscard]] FieldErrors validate_value(const Schema::Node& schema, const Value& value, std::string_view path,
                                         bool integers);

// Paths of fields that nothing declares, sorted; the fields of metadata are left alone where `is_resource`
// (schema_fields.cpp).
[[nodiscard]] FieldErrors find_unknown_fields(const Schema::Node& schema, const Value& value, bool is_resource);

// Whether a text has a format that Kubernetes knows; true for formats it does not know (schema_formats.cpp).
[[nodiscard]] bool is_known_format(std::string_view normalized);
[[nodiscard]] bool has_format(std::string_view normalized, std::string_view text);

}  // namespace psdl::gatekeeper
