// The schema of a kind of constraints: fixed fields, the criteria of spec.match, the template's parameters.
#include "gatekeeper/schema.hpp"

#include "base/limits.hpp"
#include "codec/reader.hpp"
#include "gatekeeper/schema_node.hpp"

namespace psdl::gatekeeper {
namespace {

// Everything of a constraint but its parameters (SPEC 3.3, 7).
constexpr std::string_view kConstraint = R"(
type: object
properties:
  metadata: {type: object, properties: {name: {type: string, maxLength: 63}}}
  spec:
    type: object
    properties:
      enforcementAction: {type: string, default: deny}
      scopedEnforcementActions:
        type: array
        items:
          type: object
          properties:
            action: {type: string}
            enforcementPoints: {type: array, items: {type: object, properties: {name: {type: string}}}}
      match:
        type: object
        properties:
          kinds:
            type: array
            items:
              type: object
              properties: {apiGroups: &texts {type: array, items: {type: string}}, kinds: *texts}
          scope: {type: string}
          namespaces: &globs {type: array, items: &glob {type: string, pattern: '^\*?[-:a-z0-9]*\*?$'}}
          excludedNamespaces: *globs
          labelSelector: &selector
            type: object
            properties:
              matchLabels: {type: object, additionalProperties: {type: string}}
              matchExpressions:
                type: array
                items:
                  type: object
                  required: [key, operator]
                  properties: {key: {type: string}, operator: {type: string}, values: *texts}
          namespaceSelector: *selector
          name: *glob
          source: {type: string, enum: [All, Generated, Original]}
  status: {x-kubernetes-preserve-unknown-fields: true}
)";

// The nodes of kConstraint and the values they point at; the same for all templates.
struct Fixed {
  Arena arena;
  Value written;
  std::shared_ptr<Schema::Node> root;
};

const Fixed& fixed() {
  static const std::unique_ptr<const Fixed> made = [] {
    auto fixed = std::make_unique<Fixed>();
    const Result<Value> written = read_value_yaml(fixed->arena, kConstraint, ReadRules::opa(), Limits());
    fixed->written = *written;
    fixed->root = read_schema(fixed->written, false);
    return fixed;
  }();
  return *made;
}

// The fixed nodes around a schema of parameters; null: there is none.
std::shared_ptr<Schema::Node> root_around(std::shared_ptr<Schema::Node> parameters) {
  auto root = std::make_shared<Schema::Node>(*fixed().root);
  if (parameters == nullptr) return root;
  for (Schema::Node::Property& property : root->properties) {
    if (property.name != "spec") continue;
    auto spec = std::make_shared<Schema::Node>(*property.schema);
    auto at = spec->properties.begin();
    while (at != spec->properties.end() && at->name < "parameters") ++at;
    spec->properties.insert(at, {"parameters", std::move(parameters)});
    property.schema = std::move(spec);
  }
  return root;
}

std::shared_ptr<Schema::Node> read_parameters(const Value* written, bool legacy) {
  if (written != nullptr) return read_schema(*written, legacy);
  if (!legacy) return nullptr;
  auto node = std::make_shared<Schema::Node>();
  node->preserves = true;
  return node;
}

}  // namespace

Result<std::shared_ptr<const Schema>, std::vector<FieldError>> Schema::of_constraint(const Value* parameters,
                                                                                     bool legacy) {
  std::shared_ptr<Node> node = read_parameters(parameters, legacy);
  if (node != nullptr) {
    FieldErrors errors =
        check_parameters(*node, "spec.validation.openAPIV3Schema.properties[spec].properties[parameters]");
    if (!errors.empty()) return errors;
  }
  auto schema = std::make_shared<Schema>();
  schema->root_ = root_around(std::move(node));
  return std::shared_ptr<const Schema>(std::move(schema));
}

}  // namespace psdl::gatekeeper
