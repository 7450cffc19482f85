// A ConstraintTemplate, checked in Gatekeeper's order.
#include "gatekeeper/template.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/accessor.hpp"
#include "gatekeeper/go_json.hpp"
#include "gatekeeper/names.hpp"
#include "gatekeeper/place.hpp"
#include "gatekeeper/schema_node.hpp"
#include "gatekeeper/target.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kCode = "gatekeeper_template";
constexpr std::string_view kGroup = "templates.gatekeeper.sh";
constexpr std::string_view kCel = "K8sNativeValidation";
constexpr std::string_view kInvalid = "invalid ConstraintTemplate: ";

using Scope = GoDecoder::Scope;

std::string_view text_of(const Value* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string_view();
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lowered;
}

// ---- types, as Go's structs have them

// Calls `check` for each of the fields that are there, in Go's order.
template <class F>
void each_field(const Value& value, std::initializer_list<std::string_view> names, F&& check) {
  for (const std::string_view name : names) {
    if (const Value* field = go_field(value, name); field != nullptr) check(name, *field);
  }
}

class TypeCheck {
 public:
  explicit TypeCheck(std::string_view version) : version_(version) {}

  FieldError run(const Value& root) {
    const Scope at{"ConstraintTemplate", ""};
    each_field(root, {"metadata", "spec"}, [&](std::string_view name, const Value& value) {
      if (name == "metadata") {
        metadata(value, at.field(name));
      } else if (decoder_.structure(value, at.field(name), type("ConstraintTemplateSpec"))) {
        spec(value, at.field(name).inside("ConstraintTemplateSpec"));
      }
    });
    return decoder_.error();
  }

 private:
  [[nodiscard]] std::string type(std::string_view name) const { return fmt::format("{}.{}", version_, name); }

  void metadata(const Value& value, const Scope& at) {
    if (!decoder_.structure(value, at, "v1.ObjectMeta")) return;
    const Scope inside = at.inside("ObjectMeta");
    each_field(value, {"annotations", "finalizers", "generateName", "generation", "labels", "name", "namespace"},
               [&](std::string_view name, const Value& field) {
                 const Scope here = inside.field(name);
                 if (name == "annotations" || name == "labels") {
                   decoder_.text_map(field, here);
                 } else if (name == "finalizers") {
                   decoder_.text_list(field, here);
                 } else if (name == "generation") {
                   decoder_.integer(field, here);
                 } else {
                   decoder_.text(field, here);
                 }
               });
  }

  void spec(const Value& value, const Scope& at) {
    each_field(value, {"crd", "targets"}, [&](std::string_view name, const Value& field) {
      const Scope here = at.field(name);
      if (name == "crd" && decoder_.structure(field, here, type("CRD"))) crd(field, here.inside("CRD"));
      if (name != "targets") return;
      for (const Value& target : decoder_.list(field, here, "[]" + type("Target"))) {
        if (decoder_.structure(target, here, type("Target"))) this->target(target, here.inside("Target"));
      }
    });
  }

  void crd(const Value& value, const Scope& at) {
    const Value* spec = go_field(value, "spec");
    if (spec == nullptr || !decoder_.structure(*spec, at.field("spec"), type("CRDSpec"))) return;
    const Scope inside = at.field("spec").inside("CRDSpec");
    each_field(*spec, {"names", "validation"}, [&](std::string_view name, const Value& field) {
      const Scope here = inside.field(name);
      if (name == "names" && decoder_.structure(field, here, type("Names"))) names(field, here.inside("Names"));
      if (name == "validation" && decoder_.structure(field, here, type("Validation")))
        validation(field, here.inside("Validation"));
    });
  }

  void names(const Value& value, const Scope& at) {
    each_field(value, {"kind", "shortNames"}, [&](std::string_view name, const Value& field) {
      if (name == "kind") {
        decoder_.text(field, at.field(name));
      } else {
        decoder_.text_list(field, at.field(name));
      }
    });
  }

  void validation(const Value& value, const Scope& at) {
    each_field(value, {"legacySchema", "openAPIV3Schema"}, [&](std::string_view name, const Value& field) {
      const Scope here = at.field(name);
      if (name == "legacySchema") {
        decoder_.boolean(field, here);
      } else if (decoder_.structure(field, here, "v1.JSONSchemaProps")) {
        check_schema_types(decoder_, field, here);
      }
    });
  }

  void target(const Value& value, const Scope& at) {
    each_field(value, {"code", "libs", "operations", "rego", "target"}, [&](std::string_view name, const Value& field) {
      const Scope here = at.field(name);
      if (name == "code") {
        for (const Value& code : decoder_.list(field, here, "[]" + type("Code"))) {
          if (!decoder_.structure(code, here, type("Code"))) continue;
          if (const Value* engine = go_field(code, "engine"); engine != nullptr)
            decoder_.text(*engine, here.inside("Code").field("engine"));
        }
      } else if (name == "libs") {
        decoder_.text_list(field, here);
      } else if (name == "operations") {
        for (const Value& one : decoder_.list(field, here, "[]v1.OperationType"))
          decoder_.text(one, here, "v1.OperationType");
      } else {
        decoder_.text(field, here);
      }
    });
  }

  std::string version_;
  GoDecoder decoder_;
};

// ---- the checks of SPEC 3.2

class TemplateReader {
 public:
  explicit TemplateReader(ObjectPtr object) : object_(std::move(object)), made_(std::make_shared<Template>()) {
    made_->object = object_;
  }

  Result<std::shared_ptr<const Template>, Refusal> read() {
    using Step = bool (TemplateReader::*)();
    for (const Step step : {&TemplateReader::check_version, &TemplateReader::check_types, &TemplateReader::check_target,
                            &TemplateReader::check_names, &TemplateReader::check_target_name,
                            &TemplateReader::check_crd, &TemplateReader::check_engines, &TemplateReader::read_rego}) {
      if (!(this->*step)()) return refusal_;
    }
    return std::shared_ptr<const Template>(std::move(made_));
  }

 private:
  [[nodiscard]] const Value& root() const { return object_->root(); }
  // Where something is missing, what it would stand in is shown.
  [[nodiscard]] std::uint32_t origin_of(const Value* value) const {
    return value != nullptr ? value->origin() : root().origin();
  }

  // The field below other fields, all of them structs of Go.
  [[nodiscard]] const Value* field(std::initializer_list<std::string_view> path) const {
    const Value* at = &root();
    for (const std::string_view name : path) {
      at = go_field(*at, name);
      if (at == nullptr) return nullptr;
    }
    return at;
  }

  bool refuse_at(std::uint32_t origin, std::string text, std::string message = {}) {
    refusal_ = refuse(*object_, origin, kCode, std::move(text), std::move(message));
    return false;
  }
  bool refuse_invalid(std::uint32_t origin, const std::string& text) {
    return refuse_at(origin, std::string(kInvalid) + text, text);
  }

  bool check_version() {
    const std::string_view version = object_->version();
    if (!is_template(*object_)) return refuse_at(root().origin(), "not a ConstraintTemplate");
    if (version == "v1" || version == "v1beta1" || version == "v1alpha1") return true;
    refuse_at(origin_of(find_path(root(), {"apiVersion"})),
              fmt::format("adding template: no kind \"ConstraintTemplate\" is registered for version \"{}\" in scheme "
                          "\"pkg/runtime/scheme.go:111\"",
                          object_->api_version()),
              fmt::format("`{}` is no version of ConstraintTemplate: v1, v1beta1 and v1alpha1 are", version));
    refusal_.is_conversion = true;
    return false;
  }

  bool check_types() {
    const FieldError error = TypeCheck(object_->version()).run(root());
    if (error.text.empty()) return true;
    refuse_at(error.origin, "adding template: " + error.text, error.text);
    refusal_.is_conversion = true;
    return false;
  }

  bool check_target() {
    const Value* targets = field({"spec", "targets"});
    const std::size_t count = targets != nullptr && targets->is_array() ? targets->as_array().size() : 0;
    if (count != 1) {
      const Value* spec = field({"spec"});
      return refuse_invalid(
          count > 1 ? targets->as_array()[1].origin() : origin_of(targets != nullptr ? targets : spec),
          "must declare exactly one target");
    }
    target_ = targets->as_array()[0];
    const Value* name = go_field(target_, "target");
    if (!text_of(name).empty()) return true;
    return refuse_invalid(name != nullptr ? name->origin() : target_.origin(), "target name must not be empty");
  }

  bool check_names() {
    made_->name =
        object_->name().empty() ? std::string(text_of(field({"metadata", "name"}))) : std::string(object_->name());
    const Value* kind = field({"spec", "crd", "spec", "names", "kind"});
    made_->kind = text_of(kind);
    if (made_->kind.empty())
      return refuse_invalid(origin_of(kind != nullptr ? kind : field({"spec", "crd"})),
                            fmt::format("ConstraintTemplate {} does not specify CRD Kind", go_quote(made_->name)));
    if (lower(made_->name) == lower(made_->kind)) return true;
    return refuse_invalid(
        origin_of(field({"metadata", "name"})),
        fmt::format("the ConstraintTemplate's name {} is not equal to the lowercase of CRD's Kind: {}",
                    go_quote(made_->name), go_quote(lower(made_->kind))));
  }

  bool check_target_name() {
    const Value* name = go_field(target_, "target");
    if (text_of(name) == kTarget) return true;
    return refuse_invalid(
        name->origin(), fmt::format("target {} not recognized, known targets [{}]", go_quote(text_of(name)), kTarget));
  }

  // ---- the CRD that the template stands for

  bool check_crd() {
    FieldErrors errors = check_crd_names();
    const bool is_v1 = object_->version() == "v1";
    const Value* validation = field({"spec", "crd", "spec", "validation"});
    const Value* legacy = validation != nullptr ? go_field(*validation, "legacySchema") : nullptr;
    const bool is_legacy = legacy != nullptr ? legacy->is_true() : !is_v1;
    const Value* parameters = validation != nullptr ? go_field(*validation, "openAPIV3Schema") : nullptr;
    if (is_legacy && parameters != nullptr && has_items_list(*parameters)) {
      refuse_at(parameters->origin(),
                "unable to convert template: non-nil JSONSchemas encountered, multiple schemas are not supported",
                "`items` must be one schema, not a list of schemas");
      refusal_.is_conversion = true;
      return false;
    }
    Result<std::shared_ptr<const Schema>, FieldErrors> schema = Schema::of_constraint(parameters, is_legacy);
    if (schema) {
      made_->schema = *schema;
    } else {
      for (const FieldError& error : schema.error()) errors.push_back(error);
    }
    if (errors.empty()) return true;
    refusal_.text = std::string(kInvalid) + join_errors(errors);
    for (const FieldError& error : errors)
      refusal_.problems.push_back(problem_at(*object_, error.origin, kCode, shown_path(error.text)));
    return false;
  }

  // legacySchema goes through the schema before anything checks it, and cannot open a list of schemas.
  static bool has_items_list(const Value& schema) {
    if (!schema.is_object()) return false;
    if (const Value* items = go_field(schema, "items");
        items != nullptr && (items->is_array() || has_items_list(*items)))
      return true;
    if (const Value* additional = go_field(schema, "additionalProperties");
        additional != nullptr && has_items_list(*additional))
      return true;
    const Value* properties = go_field(schema, "properties");
    if (properties == nullptr || !properties->is_object()) return false;
    const std::span<const Value> values = properties->as_object().values();
    return std::any_of(values.begin(), values.end(), has_items_list);
  }

  // People know the template's own fields, not those of the CRD that Gatekeeper makes of it.
  static std::string shown_path(const std::string& text) {
    constexpr std::string_view kMade = "spec.validation.openAPIV3Schema.properties[spec].properties[parameters]";
    constexpr std::string_view kNames = "spec.names.";
    if (text.starts_with(kMade)) return "openAPIV3Schema" + text.substr(kMade.size());
    return text.starts_with(kNames) ? "names." + text.substr(kNames.size()) : text;
  }

  FieldErrors check_crd_names() {
    FieldErrors errors;
    const Value* kind_field = field({"spec", "crd", "spec", "names", "kind"});
    const std::uint32_t kind_origin = origin_of(kind_field);
    const std::string plural = lower(made_->kind);
    const auto add = [&](std::string_view path, std::string_view value, std::string_view before,
                         const NameErrors& messages, std::uint32_t origin) {
      if (!messages.empty())
        errors.push_back(invalid_text(path, value, fmt::format("{}{}", before, fmt::join(messages, ",")), origin));
    };
    const std::string crd_name = plural + ".constraints.gatekeeper.sh";
    for (const std::string& message : check_dns1123_subdomain(crd_name))
      errors.push_back(invalid_text("metadata.name", crd_name, message, kind_origin));
    check_labels(errors);
    constexpr std::string_view kMixed = "may have mixed case, but should otherwise match: ";
    add("spec.names.plural", plural, "", check_dns1035_label(plural), kind_origin);
    add("spec.names.singular", plural, "", check_dns1035_label(plural), kind_origin);
    add("spec.names.kind", made_->kind, kMixed, check_dns1035_label(plural), kind_origin);
    add("spec.names.listKind", made_->kind + "List", kMixed, check_dns1035_label(plural + "list"), kind_origin);
    if (const Value* short_names = field({"spec", "crd", "spec", "names", "shortNames"});
        short_names != nullptr && short_names->is_array()) {
      std::size_t index = 0;
      for (const Value& name : short_names->as_array())
        add(fmt::format("spec.names.shortNames[{}]", index++), text_of(&name), "", check_dns1035_label(text_of(&name)),
            name.origin());
    }
    return errors;
  }

  // The CRD carries the template's labels.
  void check_labels(FieldErrors& errors) {
    const Value* labels = field({"metadata", "labels"});
    if (labels == nullptr || !labels->is_object()) return;
    const psdl::Object& object = labels->as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const std::uint32_t origin = object.values()[i].origin();
      for (const std::string& message : check_label_key(object.keys()[i].as_string()))
        errors.push_back(invalid_text("metadata.labels", object.keys()[i].as_string(), message, origin));
      for (const std::string& message : check_label_value(text_of(&object.values()[i])))
        errors.push_back(invalid_text("metadata.labels", text_of(&object.values()[i]), message, origin));
    }
  }

  // ---- code

  [[nodiscard]] std::span<const Value> code_entries() const {
    const Value* code = go_field(target_, "code");
    return code != nullptr && code->is_array() ? code->as_array() : std::span<const Value>();
  }

  // Of two entries with one engine the first counts.
  [[nodiscard]] const Value* entry_of(std::string_view engine) const {
    for (const Value& entry : code_entries()) {
      if (text_of(go_field(entry, "engine")) == engine) return &entry;
    }
    return nullptr;
  }

  bool check_engines() {
    made_->has_cel = entry_of(kCel) != nullptr;
    const bool has_rego = !text_of(go_field(target_, "rego")).empty() || entry_of("Rego") != nullptr;
    if (has_rego) return true;
    constexpr std::string_view kNoDriver =
        "no language driver is installed that handles this constraint template: available drivers: map[{}], wanted "
        "\"\"";
    if (made_->has_cel) {
      refuse_at(entry_of(kCel)->origin(), fmt::format(fmt::runtime(kNoDriver), "Rego:1"),
                "the template has CEL alone (engine K8sNativeValidation), which PSDL does not evaluate yet");
      refusal_.problems.front().help.emplace_back(
          "add the same rule in Rego: an entry `engine: Rego` beside the CEL one is what PSDL runs");
      return false;
    }
    return refuse_at(target_.origin(), fmt::format(fmt::runtime(kNoDriver), "K8sNativeValidation:1 Rego:2"),
                     "the target has no code: neither `rego` nor a `code` entry with engine Rego");
  }

  bool read_rego() {
    if (const Value* rego = go_field(target_, "rego"); !text_of(rego).empty()) {
      RegoCode code;
      code.entry = {rego->as_string(), rego->origin()};
      if (const Value* libs = go_field(target_, "libs"); libs != nullptr) add_libs(*libs, code);
      made_->rego = std::move(code);
      return true;
    }
    const Value* entry = entry_of("Rego");
    const Value* source = go_field(*entry, "source");
    if (source == nullptr || !source->is_object())
      return refuse_at(origin_of(source != nullptr ? source : entry), "could not recognize the type",
                       "`source` must be an object with the field `rego`");
    return read_source(*source);
  }

  bool read_source(const Value& source) {
    // What stands here went through Go's JSON decoder untyped: its numbers are float64 whoever reads.
    const Value* rego = nullptr;
    const Value* version = nullptr;
    const Value* libs = nullptr;
    if (const std::optional<FieldError> error = nested_text(source, "rego", Reading::Test, rego); error.has_value())
      return refuse_at(error->origin, error->text + ": while extracting Rego source");
    if (rego == nullptr) return refuse_at(source.origin(), "rego source missing required field: rego");
    if (const std::optional<FieldError> error = nested_text(source, "version", Reading::Test, version);
        error.has_value())
      return refuse_at(error->origin, error->text + ": while extracting Rego version");
    if (const std::optional<FieldError> error = nested_texts(source, "libs", Reading::Test, libs); error.has_value())
      return refuse_at(error->origin, error->text + ": while extracting Rego libs");
    RegoCode code;
    code.entry = {rego->as_string(), rego->origin()};
    code.is_v1 = text_of(version) == "v1";
    if (libs != nullptr) add_libs(*libs, code);
    made_->rego = std::move(code);
    return true;
  }

  static void add_libs(const Value& libs, RegoCode& code) {
    if (!libs.is_array()) return;
    for (const Value& lib : libs.as_array()) code.libs.push_back({text_of(&lib), lib.origin()});
  }

  ObjectPtr object_;
  std::shared_ptr<Template> made_;
  Value target_;
  Refusal refusal_;
};

bool are_equal(const Value* left, const Value* right) {
  if (left == nullptr || right == nullptr) return left == right;
  return equal(*left, *right);
}

}  // namespace

bool is_template(const Object& object) {
  return object.group() == kGroup && object.kind() == "ConstraintTemplate";
}

Result<std::shared_ptr<const Template>, Refusal> read_template(const ObjectPtr& object) {
  return TemplateReader(object).read();
}

bool is_same(const Template& one, const Template& other) {
  const Value& left = one.object->root();
  const Value& right = other.object->root();
  return are_equal(find_path(left, {"spec"}), find_path(right, {"spec"})) &&
         are_equal(find_path(left, {"metadata", "labels"}), find_path(right, {"metadata", "labels"})) &&
         one.object->version() == other.object->version();
}

}  // namespace psdl::gatekeeper
