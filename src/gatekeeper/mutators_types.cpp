// Gatekeeper's structs as tables, in the order of their fields: that is the order in which they are converted. Fields
// that no table has are passed over, and so is null.
#include "gatekeeper/mutators_types.hpp"

#include <fmt/format.h>

#include <cmath>
#include <span>

#include "value/number.hpp"

namespace psdl::gatekeeper {
namespace {

enum class Type : std::uint8_t { Any, Text, Integer, Boolean, Time, TextMap, Texts, AnyList, Struct, Structs };

struct Field {
  std::string_view name;
  Type type;
  std::span<const Field> fields = {};
};

constexpr Field kOwnerReference[] = {
    {"apiVersion", Type::Text}, {"kind", Type::Text},          {"name", Type::Text},
    {"uid", Type::Text},        {"controller", Type::Boolean}, {"blockOwnerDeletion", Type::Boolean},
};
constexpr Field kMetadata[] = {
    {"name", Type::Text},
    {"generateName", Type::Text},
    {"namespace", Type::Text},
    {"selfLink", Type::Text},
    {"uid", Type::Text},
    {"resourceVersion", Type::Text},
    {"generation", Type::Integer},
    {"creationTimestamp", Type::Time},
    {"deletionTimestamp", Type::Time},
    {"deletionGracePeriodSeconds", Type::Integer},
    {"labels", Type::TextMap},
    {"annotations", Type::TextMap},
    {"ownerReferences", Type::Structs, kOwnerReference},
    {"finalizers", Type::Texts},
};
constexpr Field kApplyTo[] = {
    {"groups", Type::Texts}, {"kinds", Type::Texts}, {"versions", Type::Texts}, {"operations", Type::Texts}};
constexpr Field kKinds[] = {{"apiGroups", Type::Texts}, {"kinds", Type::Texts}};
constexpr Field kRequirement[] = {{"key", Type::Text}, {"operator", Type::Text}, {"values", Type::Texts}};
constexpr Field kSelector[] = {{"matchLabels", Type::TextMap}, {"matchExpressions", Type::Structs, kRequirement}};
constexpr Field kMatch[] = {
    {"source", Type::Text},
    {"kinds", Type::Structs, kKinds},
    {"scope", Type::Text},
    {"namespaces", Type::Texts},
    {"excludedNamespaces", Type::Texts},
    {"labelSelector", Type::Struct, kSelector},
    {"namespaceSelector", Type::Struct, kSelector},
    {"name", Type::Text},
};
constexpr Field kGroupVersionKind[] = {{"group", Type::Text}, {"version", Type::Text}, {"kind", Type::Text}};
constexpr Field kExpansionSpec[] = {{"applyTo", Type::Structs, kApplyTo},
                                    {"templateSource", Type::Text},
                                    {"generatedGVK", Type::Struct, kGroupVersionKind},
                                    {"enforcementAction", Type::Text}};
constexpr Field kNamespaceSpec[] = {{"finalizers", Type::Texts}};
constexpr Field kNamespaceStatus[] = {{"phase", Type::Text}};
constexpr Field kPathTest[] = {{"subPath", Type::Text}, {"condition", Type::Text}};
constexpr Field kFromMetadata[] = {{"field", Type::Text}};
constexpr Field kExternalData[] = {
    {"provider", Type::Text}, {"dataSource", Type::Text}, {"failurePolicy", Type::Text}, {"default", Type::Text}};
constexpr Field kAssignField[] = {
    {"value", Type::Any}, {"fromMetadata", Type::Struct, kFromMetadata}, {"externalData", Type::Struct, kExternalData}};
constexpr Field kStatusError[] = {{"type", Type::Text}, {"message", Type::Text}};
constexpr Field kPodStatus[] = {
    {"id", Type::Text},
    {"mutatorUID", Type::Text},
    {"operations", Type::Texts},
    {"enforced", Type::Boolean},
    {"errors", Type::Structs, kStatusError},
    {"observedGeneration", Type::Integer},
};
constexpr Field kStatus[] = {{"byPod", Type::Structs, kPodStatus}};
constexpr Field kValues[] = {{"fromList", Type::AnyList}};

constexpr Field kAssignParameters[] = {{"pathTests", Type::Structs, kPathTest}, {"assign", Type::Struct, kAssignField}};
constexpr Field kMetadataParameters[] = {{"assign", Type::Struct, kAssignField}};
constexpr Field kImageParameters[] = {{"pathTests", Type::Structs, kPathTest},
                                      {"assignDomain", Type::Text},
                                      {"assignPath", Type::Text},
                                      {"assignTag", Type::Text}};
constexpr Field kSetParameters[] = {
    {"pathTests", Type::Structs, kPathTest}, {"operation", Type::Text}, {"values", Type::Struct, kValues}};

constexpr Field kAssignSpec[] = {{"applyTo", Type::Structs, kApplyTo},
                                 {"match", Type::Struct, kMatch},
                                 {"location", Type::Text},
                                 {"parameters", Type::Struct, kAssignParameters}};
constexpr Field kMetadataSpec[] = {
    {"match", Type::Struct, kMatch}, {"location", Type::Text}, {"parameters", Type::Struct, kMetadataParameters}};
constexpr Field kImageSpec[] = {{"applyTo", Type::Structs, kApplyTo},
                                {"match", Type::Struct, kMatch},
                                {"location", Type::Text},
                                {"parameters", Type::Struct, kImageParameters}};
constexpr Field kSetSpec[] = {{"applyTo", Type::Structs, kApplyTo},
                              {"match", Type::Struct, kMatch},
                              {"location", Type::Text},
                              {"parameters", Type::Struct, kSetParameters}};

std::span<const Field> spec_of(MutatorKind kind) {
  switch (kind) {
    case MutatorKind::Assign: return kAssignSpec;
    case MutatorKind::AssignImage: return kImageSpec;
    case MutatorKind::AssignMetadata: return kMetadataSpec;
    case MutatorKind::ModifySet: return kSetSpec;
  }
  return {};
}

// What Go calls the kind of a value.
std::string_view go_kind(const Value& value, Reading reading) {
  switch (value.kind()) {
    case Kind::Boolean: return "bool";
    case Kind::Number: return value.is_int() && reading != Reading::Test ? "int64" : "float64";
    case Kind::String: return "string";
    case Kind::Array: return "slice";
    case Kind::Object: return "map";
    case Kind::Undefined:
    case Kind::Null:
    case Kind::Set: break;
  }
  return "invalid";
}

std::string_view json_kind(const Value& value) {
  return value.is_boolean() ? "bool" : value.is_number() ? "number" : value.is_array() ? "array" : "object";
}

class Checker {
 public:
  explicit Checker(Reading reading) : reading_(reading) {}

  // False: found.
  bool check(const Value& value, const Field& field, const std::string& path) {
    if (value.is_null()) return true;
    switch (field.type) {
      case Type::Any: return true;
      case Type::Text: return value.is_string() || refuse(value, path, why_no_text(value));
      case Type::Boolean: return value.is_boolean() || refuse(value, path, "unrecognized type: bool");
      case Type::Integer: return check_integer(value, path);
      case Type::Time:
        return value.is_string() ||
               refuse(value, path,
                      fmt::format("json: cannot unmarshal {} into Go value of type string", json_kind(value)));
      case Type::TextMap: return check_text_map(value, path);
      case Type::Texts:
      case Type::AnyList:
      case Type::Structs: return check_list(value, field, path);
      case Type::Struct: return check_struct(value, field.fields, path);
    }
    return true;
  }

  bool check_struct(const Value& value, std::span<const Field> fields, const std::string& path) {
    if (!value.is_object())
      return refuse(value, path, fmt::format("cannot restore struct from: {}", go_kind(value, reading_)));
    for (const Field& field : fields) {
      const Value* member = value.as_object().find_text(field.name);
      if (member == nullptr) continue;
      if (!check(*member, field, path.empty() ? std::string(field.name) : fmt::format("{}.{}", path, field.name)))
        return false;
    }
    return true;
  }

  std::optional<TypeError> found;

 private:
  std::string_view why_no_text(const Value& value) const {
    return go_kind(value, reading_) == "int64" ? "cannot convert int64 to string" : "unrecognized type: string";
  }

  bool refuse(const Value& value, const std::string& path, std::string_view text) {
    found = TypeError{{std::string(text), value.origin()}, path};
    return false;
  }

  bool check_integer(const Value& value, const std::string& path) {
    if (!value.is_number()) return refuse(value, path, "unrecognized type: int64");
    const double number = to_double(value);
    return value.is_int() || number == std::trunc(number) || refuse(value, path, "cannot convert float64 to int64");
  }

  bool check_text_map(const Value& value, const std::string& path) {
    if (!value.is_object())
      return refuse(value, path, fmt::format("cannot restore map from {}", go_kind(value, reading_)));
    const psdl::Object& object = value.as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      if (!check(object.values()[i], {{}, Type::Text}, fmt::format("{}.{}", path, object.keys()[i].as_string())))
        return false;
    }
    return true;
  }

  bool check_list(const Value& value, const Field& field, const std::string& path) {
    if (!value.is_array())
      return refuse(value, path, fmt::format("cannot restore slice from {}", go_kind(value, reading_)));
    const Type type = field.type == Type::Texts ? Type::Text : field.type == Type::Structs ? Type::Struct : Type::Any;
    const std::span<const Value> items = value.as_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!check(items[i], {{}, type, field.fields}, fmt::format("{}[{}]", path, i))) return false;
    }
    return true;
  }

  Reading reading_;
};

std::optional<TypeError> check_types(const Object& object, std::span<const Field> spec,
                                     std::span<const Field> status = kStatus) {
  const Field root[] = {
      {"metadata", Type::Struct, kMetadata}, {"spec", Type::Struct, spec}, {"status", Type::Struct, status}};
  Checker checker(object.reading());
  static_cast<void>(checker.check_struct(object.root(), root, {}));
  return std::move(checker.found);
}

}  // namespace

std::optional<TypeError> check_field_types(const Object& object, MutatorKind kind) {
  return check_types(object, spec_of(kind));
}

std::optional<TypeError> check_expansion_types(const Object& object) {
  return check_types(object, kExpansionSpec);
}

std::optional<TypeError> check_namespace_types(const Object& object) {
  return check_types(object, kNamespaceSpec, kNamespaceStatus);
}

}  // namespace psdl::gatekeeper
