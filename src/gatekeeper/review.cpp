// Requests as Gatekeeper's programs hand them to policies. What is absent or null in an AdmissionReview is as Go's decoder leaves it.
#include "gatekeeper/review.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "gatekeeper/place.hpp"
#include "value/builders.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kCode = "bad_review";

// ---- The types of an AdmissionReview, as far as the conversion looks: `object`, `oldObject` and `options` hold anything.
enum class Shape : std::uint8_t { Text, Truth, Texts, TextLists, Struct, Anything };
struct Field {
  std::string_view name;
  Shape shape = Shape::Text;
  std::string_view go_type = "string";
  std::span<const Field> fields = {};
};

constexpr Field kKindFields[] = {{"group"}, {"version"}, {"kind"}};
constexpr Field kResourceFields[] = {{"group"}, {"version"}, {"resource"}};
constexpr Field kUserFields[] = {{"username"}, {"uid"}, {"groups", Shape::Texts}, {"extra", Shape::TextLists}};
constexpr Field kRequestFields[] = {
    {"uid", Shape::Text, "types.UID"},
    {"kind", Shape::Struct, {}, kKindFields},
    {"resource", Shape::Struct, {}, kResourceFields},
    {"subResource"},
    {"requestKind", Shape::Struct, {}, kKindFields},
    {"requestResource", Shape::Struct, {}, kResourceFields},
    {"requestSubResource"},
    {"name"},
    {"namespace"},
    {"operation", Shape::Text, "v1.Operation"},
    {"userInfo", Shape::Struct, {}, kUserFields},
    {"object", Shape::Anything},
    {"oldObject", Shape::Anything},
    {"dryRun", Shape::Truth, "bool"},
    {"options", Shape::Anything},
};
constexpr Field kResponseFields[] = {
    {"uid", Shape::Text, "types.UID"},
    {"allowed", Shape::Truth, "bool"},
    {"status", Shape::Anything},
    {"patch", Shape::Anything},
    {"patchType", Shape::Text, "v1.PatchType"},
    {"auditAnnotations", Shape::Anything},
    {"warnings", Shape::Texts},
};
constexpr Field kReviewFields[] = {{"kind"}, {"apiVersion"}, {"request", Shape::Struct, {}, kRequestFields}, {"response", Shape::Struct, {}, kResponseFields}};

std::string_view go_kind(const Value& value) {
  switch (value.kind()) {
    case Kind::Boolean: return "bool";
    case Kind::Number: return value.is_int() ? "int64" : "float64";
    case Kind::String: return "string";
    case Kind::Array: return "slice";
    case Kind::Object: return "map";
    case Kind::Undefined:
    case Kind::Null:
    case Kind::Set: break;
  }
  return "invalid";
}

// What is wrong: in Go's words, at a node of the document.
struct Wrong {
  std::string text;
  std::string message;
  std::uint32_t origin = 0;
};

// Where a field stands; written out for an error alone.
struct FieldPath {
  const FieldPath* above = nullptr;
  std::string_view name;

  [[nodiscard]] std::string text() const { return above == nullptr || above->name.empty() ? std::string(name) : fmt::format("{}.{}", above->text(), name); }
};

// Go's strict conversion: the first field of a wrong type ends it, unknown fields are gathered.
class Conversion {
 public:
  [[nodiscard]] bool check(const Value& held, std::span<const Field> fields, const FieldPath& path) {
    std::size_t known = 0;
    for (const Field& field : fields) {
      const Value* value = held.as_object().find_text(field.name);
      if (value == nullptr) continue;
      ++known;
      if (!value->is_null() && !check_field(*value, field, {&path, field.name})) return false;
    }
    if (known != held.as_object().size()) gather_unknown(held.as_object(), fields, path);
    return true;
  }
  [[nodiscard]] const std::optional<Wrong>& bad_type() const { return bad_type_; }
  [[nodiscard]] const std::vector<Wrong>& unknown() const { return unknown_; }

 private:
  // Go could make a text of an integer, and does not.
  static std::string why_no_text(const Value& value, std::string_view go_text) {
    return value.is_int() ? fmt::format("cannot convert int64 to {}", go_text) : "unrecognized type: string";
  }

  void gather_unknown(const psdl::Object& held, std::span<const Field> fields, const FieldPath& path) {
    for (const Value& key : held.keys()) {
      if (std::any_of(fields.begin(), fields.end(), [&](const Field& field) { return field.name == key.as_string(); })) continue;
      const std::string name = FieldPath{&path, key.as_string()}.text();
      unknown_.push_back({fmt::format("unknown field \"{}\"", name), fmt::format("an AdmissionReview has no field `{}`", name), key.origin()});
    }
  }

  bool check_field(const Value& value, const Field& field, const FieldPath& path) {
    switch (field.shape) {
      case Shape::Anything: return true;
      case Shape::Text: return value.is_string() || refuse(why_no_text(value, field.go_type), path, "a text", value);
      case Shape::Truth: return value.is_boolean() || refuse("unrecognized type: bool", path, "true or false", value);
      case Shape::Struct: return value.is_object() ? check(value, field.fields, path) : refuse(fmt::format("cannot restore struct from: {}", go_kind(value)), path, "an object", value);
      case Shape::Texts: return check_texts(value, path);
      case Shape::TextLists: return check_text_lists(value, path);
    }
    return true;
  }

  bool check_texts(const Value& value, const FieldPath& path) {
    if (!value.is_array()) return refuse(fmt::format("cannot restore slice from {}", go_kind(value)), path, "a list of texts", value);
    for (const Value& item : value.as_array()) {
      if (!item.is_string() && !item.is_null()) return refuse(why_no_text(item, "string"), path, "a list of texts", item);
    }
    return true;
  }

  bool check_text_lists(const Value& value, const FieldPath& path) {
    if (!value.is_object()) return refuse(fmt::format("cannot restore map from {}", go_kind(value)), path, "an object", value);
    for (const Value& list : value.as_object().values()) {
      if (!list.is_null() && !check_texts(list, path)) return false;
    }
    return true;
  }

  bool refuse(std::string text, const FieldPath& path, std::string_view wanted, const Value& at) {
    bad_type_ = Wrong{std::move(text), fmt::format("`{}` of an AdmissionReview must be {}", path.text(), wanted), at.origin()};
    return false;
  }

  std::optional<Wrong> bad_type_;
  std::vector<Wrong> unknown_;
};

// An object whose members are added in the order of their names.
class SortedMembers {
 public:
  void add(std::string_view name, const Value& value) {
    keys_[size_] = Value::string(name);
    values_[size_++] = value;
  }
  [[nodiscard]] Value finish(Arena& arena, const KeyTable* table) const {
    Value* keys = arena.allocate_array<Value>(size_);
    Value* values = arena.allocate_array<Value>(size_);
    std::copy(keys_, keys_ + size_, keys);
    std::copy(values_, values_ + size_, values);
    return make_object(arena, keys, values, size_, table);
  }

 private:
  static constexpr std::uint32_t kMost = 20;
  Value keys_[kMost];
  Value values_[kMost];
  std::uint32_t size_ = 0;
};

Refusal refuse_all(const Object& object, std::string text, std::span<const Wrong> wrongs) {
  Refusal refusal;
  refusal.text = std::move(text);
  for (const Wrong& wrong : wrongs) refusal.problems.push_back(problem_at(object, wrong.origin, kCode, wrong.message));
  return refusal;
}

// ---- Parts of a request.
Value member_or_null(const Value& held, std::string_view name) {
  const Value* found = held.is_object() ? held.as_object().find_text(name) : nullptr;
  return found != nullptr ? *found : Value::null();
}

Value text_or_empty(const Value& held, std::string_view name) {
  const Value found = member_or_null(held, name);
  return found.is_string() ? found : Value::string("");
}

bool is_empty(const Value& value) { return value.is_null() || (value.is_string() && value.length() == 0) || (value.is_array() && value.length() == 0) || (value.is_object() && value.as_object().size() == 0); }

// {group, kind, version} or {group, resource, version}: all there.
Value triple(Arena& arena, const KeyTable* keys, std::string_view middle, const Value& group, const Value& text, const Value& version) {
  SortedMembers made;
  made.add("group", group);
  made.add(middle, text);
  made.add("version", version);
  return made.finish(arena, keys);
}

Value triple_of(Arena& arena, const KeyTable* keys, std::string_view middle, const Value& given) {
  // Whole as it stands, as nearly all are.
  if (given.is_object() && given.as_object().size() == 3 && std::all_of(given.as_object().values().begin(), given.as_object().values().end(), [](const Value& one) { return one.is_string(); })) return given;
  return triple(arena, keys, middle, text_or_empty(given, "group"), text_or_empty(given, middle), text_or_empty(given, "version"));
}

Value kind_of(Arena& arena, const KeyTable* keys, const Value& object) {
  const std::string_view version = text_or_empty(object, "apiVersion").as_string();
  const std::size_t slash = version.find('/');
  const std::string_view group = slash == std::string_view::npos ? std::string_view() : version.substr(0, slash);
  const std::string_view rest = slash == std::string_view::npos ? version : version.substr(slash + 1);
  return triple(arena, keys, "kind", Value::string(group), text_or_empty(object, "kind"), Value::string(rest));
}

Value user_of(Arena& arena, const KeyTable* keys, const Value& given) {
  if (given.is_object() && std::none_of(given.as_object().values().begin(), given.as_object().values().end(), is_empty)) return given;
  SortedMembers made;
  for (const std::string_view name : {"extra", "groups", "uid", "username"}) {
    const Value value = member_or_null(given, name);
    if (!is_empty(value)) made.add(name, value);
  }
  return made.finish(arena, keys);
}

Value namespace_of(const ReviewOptions& options, const Value& known) { return !options.is_gator && known.is_object() ? known : empty_object(); }

}  // namespace

ReviewRequest review_of_object(Arena& arena, const ObjectPtr& object, const Value& root, const ReviewOptions& options) {
  const KeyTable* keys = object->document().key_table().get();
  const Value metadata = member_or_null(root, "metadata");
  SortedMembers made;
  made.add("kind", kind_of(arena, keys, root));
  for (const std::string_view name : {"name", "namespace"}) {
    const Value text = text_or_empty(metadata, name);
    if (text.length() > 0) made.add(name, text);
  }
  made.add("namespaceObject", namespace_of(options, options.namespace_object));
  made.add("object", root);
  made.add("oldObject", Value::null());
  made.add("operation", Value::string(arena.copy(options.operation)));
  made.add("options", Value::null());
  made.add("resource", triple_of(arena, keys, "resource", Value::null()));
  made.add("uid", Value::string(""));
  made.add("userInfo", empty_object());
  ReviewRequest request;
  request.object = object;
  request.review = made.finish(arena, keys);
  request.subject = {root, Value::null(), options.namespace_object, options.source};
  return request;
}

bool is_admission_review(const Object& object) { return object.kind() == "AdmissionReview" && object.group() == "admission.k8s.io"; }

namespace {

// Why an object of a request cannot be decoded; empty where it can.
std::string undecodable(const Value& object) {
  constexpr std::string_view kWhere = "json: cannot unmarshal {} into Go value of type map[string]interface {{}}";
  switch (object.kind()) {
    case Kind::String: return fmt::format(kWhere, "string");
    case Kind::Number: return fmt::format(kWhere, "number");
    case Kind::Boolean: return fmt::format(kWhere, "bool");
    case Kind::Array: return fmt::format(kWhere, "array");
    default: break;
  }
  const Value kind = text_or_empty(object, "kind");
  return object.is_object() && kind.length() == 0 ? fmt::format("Object 'Kind' is missing in '{}'", to_json(object, {.html_safe = true})) : std::string();
}

Value request_value(Arena& arena, const KeyTable* keys, const Value& given, const Value& object, const Value& old_object, const ReviewOptions& options, const Value& known_namespace) {
  SortedMembers made;
  const auto add_if = [&](std::string_view name, const Value& value) {
    if (!is_empty(value)) made.add(name, value);
  };
  const auto add_triple = [&](std::string_view name, std::string_view middle) {
    const Value value = member_or_null(given, name);
    if (value.is_object()) made.add(name, triple_of(arena, keys, middle, value));
  };
  const Value kind = member_or_null(given, "kind");
  const bool fills_kind = !options.is_gator && text_or_empty(kind, "kind").length() == 0;
  const Value dry_run = member_or_null(given, "dryRun");
  if (dry_run.is_boolean()) made.add("dryRun", dry_run);
  made.add("kind", fills_kind ? kind_of(arena, keys, object.is_null() ? old_object : object) : triple_of(arena, keys, "kind", kind));
  add_if("name", member_or_null(given, "name"));
  add_if("namespace", member_or_null(given, "namespace"));
  made.add("namespaceObject", namespace_of(options, known_namespace));
  made.add("object", object);
  made.add("oldObject", old_object);
  made.add("operation", text_or_empty(given, "operation"));
  made.add("options", member_or_null(given, "options"));
  add_triple("requestKind", "kind");
  add_triple("requestResource", "resource");
  add_if("requestSubResource", member_or_null(given, "requestSubResource"));
  made.add("resource", triple_of(arena, keys, "resource", member_or_null(given, "resource")));
  add_if("subResource", member_or_null(given, "subResource"));
  made.add("uid", text_or_empty(given, "uid"));
  made.add("userInfo", user_of(arena, keys, member_or_null(given, "userInfo")));
  return made.finish(arena, keys);
}

}  // namespace

Result<ReviewRequest, Refusal> review_of_request(Arena& arena, const ObjectPtr& object, const Client& client, const ReviewOptions& options) {
  const Value& root = object->root();
  Conversion conversion;
  const bool is_typed = conversion.check(root, kReviewFields, FieldPath());
  constexpr std::string_view kInvalid = "not a valid AdmissionReview object: unable to convert to an AdmissionReview object, error: ";
  if (!is_typed) return refuse_all(*object, fmt::format("{}{}", kInvalid, conversion.bad_type()->text), {&*conversion.bad_type(), 1});
  if (!conversion.unknown().empty()) {
    std::string text = fmt::format("{}strict decoding error: ", kInvalid);
    for (const Wrong& wrong : conversion.unknown()) text += (text.ends_with(": ") ? "" : ", ") + wrong.text;
    return refuse_all(*object, std::move(text), conversion.unknown());
  }
  const Value given = member_or_null(root, "request");
  if (given.is_null()) {
    return refuse(*object, root.origin(), kCode, "missing an AdmissionRequest object: request did not actually pass in an AdmissionRequest", "the AdmissionReview has no `request`");
  }
  Value reviewed = member_or_null(given, "object");
  const Value old_object = member_or_null(given, "oldObject");
  if (reviewed.is_null() && old_object.is_null()) {
    return refuse(*object, given.origin(), kCode, "no object or oldObject found to review: AdmissionRequest does not contain an \"object\" or \"oldObject\" to review",
                  "the request has neither `object` nor `oldObject`: there is nothing to review");
  }
  for (const Value& one : {reviewed, old_object}) {
    const std::string why = undecodable(one);
    if (why.empty()) continue;
    return refuse(*object, one.origin(), kCode, "object or oldObject cannot be unmarshalled: " + why,
                  one.is_object() ? "the object of the request has no `kind`" : "`object` and `oldObject` of a request must be objects");
  }
  if (text_or_empty(given, "operation").as_string() == "DELETE") {
    if (old_object.is_null()) {
      return refuse(*object, given.origin(), kCode,
                    "admission.k8s.gatekeeper.sh: target.HandleReview failed for target \"admission.k8s.gatekeeper.sh\": oldObject cannot be nil for DELETE operations\n",
                    "a request with operation DELETE must have an `oldObject`");
    }
    reviewed = old_object;
  }
  const std::string_view name = text_or_empty(given, "namespace").as_string();
  const Value known = options.namespace_object.is_defined() ? options.namespace_object : name.empty() ? Value() : client.namespace_object(name);
  ReviewRequest request;
  request.object = object;
  request.review = request_value(arena, object->document().key_table().get(), given, reviewed, old_object, options, known);
  request.subject = {reviewed, old_object, known, options.source};
  return request;
}

}  // namespace psdl::gatekeeper
