// A mutator's checks, in Gatekeeper's order and words.
#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/accessor.hpp"
#include "gatekeeper/field_error.hpp"
#include "gatekeeper/mutators_rule.hpp"
#include "gatekeeper/place.hpp"
#include "value/builders.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kCode = "gatekeeper_mutator";
constexpr std::size_t kLongestName = 63;
constexpr std::string_view kNoField = "invalid assign field";

Value without_origins(Arena& arena, const Value& value) {
  if (value.is_array()) {
    ArrayBuilder items(arena, value.length());
    for (const Value& item : value.as_array()) items.add(without_origins(arena, item));
    return items.finish();
  }
  if (!value.is_object()) return value.with_origin(0);
  ObjectBuilder members(arena);
  const psdl::Object& object = value.as_object();
  for (std::uint32_t i = 0; i < object.size(); ++i)
    members.add(object.keys()[i].with_origin(0), without_origins(arena, object.values()[i]));
  return members.finish();
}

const Value* member(const Value* object, std::string_view name) {
  const Value* found = object != nullptr && object->is_object() ? object->as_object().find_text(name) : nullptr;
  return found != nullptr && !found->is_null() ? found : nullptr;
}

std::span<const Value> items_of(const Value* list) {
  return list != nullptr && list->is_array() ? list->as_array() : std::span<const Value>();
}

std::string_view text_of(const Value* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string_view();
}

// How Gatekeeper calls a kind; in its texts about AssignImage and AssignMetadata it does so in three ways.
std::string_view kind_name(MutatorKind kind) {
  switch (kind) {
    case MutatorKind::Assign: return "Assign";
    case MutatorKind::AssignImage: return "AssignImage";
    case MutatorKind::AssignMetadata: return "AssignMetadata";
    case MutatorKind::ModifySet: return "ModifySet";
  }
  return {};
}

class Reader {
 public:
  Reader(Arena& arena, const ObjectPtr& object, MutatorKind kind, bool is_gator)
      : arena_(arena), object_(*object), is_gator_(is_gator) {
    rule_.kind = kind;
    rule_.object = object;
  }

  Result<MutatorRule, Refusal> read() {
    if (std::optional<TypeError> error = check_field_types(object_, rule_.kind)) {
      const std::string message = fmt::format("`{}`: {}", error->field, error->error.text);
      return refuse(object_, error->error.origin, kCode, error->error.text, message);
    }
    spec_ = member(&object_.root(), "spec");
    parameters_ = member(spec_, "parameters");
    if (!read_all()) return std::move(*refusal_);
    return std::move(rule_);
  }

 private:
  bool read_all() {
    if (object_.name().size() > kLongestName)
      return fail(find_path(object_.root(), {"metadata", "name"}), "maximum name length is 63 characters");
    if (!read_location()) return false;
    const bool is_well = rule_.kind == MutatorKind::AssignMetadata ? read_assign() && set_metadata_conditions()
                                                                   : read_parameters() && read_conditions();
    if (!is_well) return false;
    if (spec_ != nullptr) rule_.match = MutatorMatch(*spec_);
    rule_.match.has_targets = rule_.kind != MutatorKind::AssignMetadata;
    return (!rule_.match.has_targets || check_targets()) && (is_gator_ || check_what_gator_takes());
  }

  bool fail(const Value* at, std::string text, std::string message = {}) {
    const Value* place = at != nullptr ? at : spec_ != nullptr ? spec_ : &object_.root();
    refusal_ = refuse(object_, place->origin(), kCode, std::move(text), std::move(message));
    return false;
  }

  [[nodiscard]] std::string name() const { return std::string(object_.name()); }

  // ---- location

  bool read_location() {
    location_ = member(spec_, "location");
    const std::string_view text = text_of(location_);
    Result<MutationPath, PathError> path = parse_path(text);
    if (!path) return fail_in(location_, path.error(), unreadable(text));
    rule_.path = std::move(*path);
    switch (rule_.kind) {
      case MutatorKind::Assign:
        if (rule_.path.is_under_metadata())
          return fail(location_, fmt::format("assign {} can't change metadata", name()));
        return check_key_stays();
      case MutatorKind::AssignImage:
        if (rule_.path.is_under_metadata())
          return fail(location_, fmt::format("assignImage {} can't change metadata", name()));
        if (rule_.path.ends_in_list())
          return fail(location_, fmt::format("assignImage {} cannot mutate list-type fields", name()));
        return check_key_stays();
      case MutatorKind::AssignMetadata:
        return is_metadata_path() ||
               fail(location_, fmt::format("invalid location for assignmetadata {}: {}", name(), text),
                    "an AssignMetadata's location is `metadata.labels.NAME` or "
                    "`metadata.annotations.NAME`");
      case MutatorKind::ModifySet:
        if (rule_.path.is_under_metadata())
          return fail(location_, fmt::format("modifyset {} can't change metadata", name()));
        return !rule_.path.ends_in_list() ||
               fail(location_, "final node in a modifyset location cannot be a keyed list");
    }
    return true;
  }

  // What stands in front of what is wrong with the text.
  [[nodiscard]] std::string unreadable(std::string_view text) const {
    if (rule_.kind == MutatorKind::AssignMetadata)
      return fmt::format("invalid location format for AssignMetadata {}: {}: ", name(), text);
    const std::string_view kind = rule_.kind == MutatorKind::AssignImage ? "assignImage" : kind_name(rule_.kind);
    return fmt::format("invalid location format `{}` for {} {}: ", text, kind, name());
  }

  // Of a text that cannot be read as a path: the place is inside it.
  bool fail_in(const Value* text, const PathError& error, const std::string& front) {
    if (!fail(text, front + error.text, error.text) && text != nullptr) {
      const ScalarPlace scalar(object_.document(), text->origin(), text->as_string());
      refusal_->problems.front().place = place_in(object_, scalar, error.begin, error.end);
    }
    return false;
  }

  bool check_key_stays() {
    const std::vector<PathStep>& steps = rule_.path.steps;
    if (steps.empty()) return fail(location_, "empty path", "`location` names no field");
    if (steps.size() < 2) return true;
    const PathStep& list = steps[steps.size() - 2];
    return !list.is_list || list.name != steps.back().name ||
           fail(location_, "invalid path format: changing the item key is not allowed");
  }

  [[nodiscard]] bool is_metadata_path() const {
    const std::vector<PathStep>& steps = rule_.path.steps;
    return steps.size() == 3 &&
           std::none_of(steps.begin(), steps.end(), [](const PathStep& one) { return one.is_list; }) &&
           rule_.path.is_under_metadata() && (steps[1].name == "labels" || steps[1].name == "annotations");
  }

  // ---- parameters

  bool read_parameters() {
    switch (rule_.kind) {
      case MutatorKind::Assign:
      case MutatorKind::AssignMetadata: return read_assign();
      case MutatorKind::AssignImage: return read_image();
      case MutatorKind::ModifySet: break;
    }
    rule_.operation = text_of(member(parameters_, "operation"));
    if (const Value* list = member(member(parameters_, "values"), "fromList"))
      rule_.values = without_origins(arena_, *list);
    return true;
  }

  bool read_image() {
    rule_.image = {std::string(text_of(member(parameters_, "assignDomain"))),
                   std::string(text_of(member(parameters_, "assignPath"))),
                   std::string(text_of(member(parameters_, "assignTag")))};
    const std::optional<ImageError> error = check_parts(rule_.image);
    if (!error) return true;
    const Value* at = error->parameter.empty() ? parameters_ : member(parameters_, error->parameter);
    return fail(at, fmt::format("assignImage {} has invalid parameters: {}", name(), error->text), error->text);
  }

  bool read_assign() {
    const Value* assign = member(parameters_, "assign");
    const Value* value = member(assign, "value");
    const Value* metadata = member(assign, "fromMetadata");
    const Value* external = member(assign, "externalData");
    const int given = (value != nullptr ? 1 : 0) + (metadata != nullptr ? 1 : 0) + (external != nullptr ? 1 : 0);
    const Value* at = assign != nullptr ? assign : parameters_;
    if (given != 1) {
      const std::string_view how = given == 0 ? "must set one of" : "must only set one of";
      return fail(at, fmt::format("assign {} `externalData`, `value` or `fromMetadata`: {}", how, kNoField));
    }
    if (metadata != nullptr && !read_metadata_field(*metadata)) return false;
    if (external != nullptr && !read_external(*external)) return false;
    if (value != nullptr && !read_value(*value)) return false;
    if (rule_.kind == MutatorKind::Assign && rule_.path.ends_in_list()) {
      if (metadata != nullptr) return fail(metadata, "cannot assign a metadata field to a list");
      if (external != nullptr) return fail(external, "cannot assign external data response to a list");
    }
    return true;
  }

  bool read_metadata_field(const Value& metadata) {
    const Value* field = member(&metadata, "field");
    const std::string_view text = text_of(field);
    if (text != "name" && text != "namespace") {
      return fail(field != nullptr ? field : &metadata,
                  fmt::format("field {} is not recognized: invalid fromMetadata field", text),
                  fmt::format("`fromMetadata.field` is `name` or `namespace`, not `{}`", text));
    }
    rule_.from = text == "name" ? AssignedValue::Name : AssignedValue::Namespace;
    return true;
  }

  bool read_external(const Value& external) {
    rule_.from = AssignedValue::External;
    if (text_of(member(&external, "failurePolicy")) == "UseDefault" && text_of(member(&external, "default")).empty())
      return fail(&external, "`default` must not be empty when `failurePolicy` is set to `UseDefault`");
    if (rule_.kind == MutatorKind::AssignMetadata && text_of(member(&external, "dataSource")) != "Username")
      return fail(&external, fmt::format("only username data source is supported for assignmetadata {}", name()));
    return true;
  }

  bool read_value(const Value& value) {
    rule_.value = without_origins(arena_, value);
    if (rule_.kind == MutatorKind::AssignMetadata) {
      return value.is_string() ||
             fail(&value, fmt::format("spec.parameters.assign.value field must be a string for AssignMetadata {}",
                                      go_quote(name())));
    }
    return !rule_.path.ends_in_list() || check_item(value, rule_.path.steps.back());
  }

  // What is put into a list is an object that has the list's key.
  bool check_item(const Value& value, const PathStep& list) {
    if (list.is_glob) return fail(location_, "can't append to a globbed list");
    if (!value.is_object()) {
      return fail(&value, fmt::format("invalid value: `{}`, only objects can be added to keyed lists",
                                      go_plain(value, object_.reading())));
    }
    const Value* key = value.as_object().find_text(list.name);
    const bool is_text = !list.integer && key != nullptr && key->is_string() && key->as_string() == list.text;
    // gator reads whole numbers as doubles, and a double is never the integer of a location.
    const bool is_number = list.integer && !is_gator_ && key != nullptr && equal(*key, Value::integer(*list.integer));
    if (is_text || is_number) return true;
    return fail(key != nullptr ? key : &value,
                fmt::format("adding object to list with different key {}: list key {}, object key {}", list.name,
                            list.shown_key_value(), go_plain(key != nullptr ? *key : Value(), object_.reading())));
  }

  // ---- conditions

  bool set_metadata_conditions() {
    rule_.conditions.assign(rule_.path.steps.size(), PathCondition::None);
    rule_.conditions.back() = PathCondition::MustNotExist;
    return true;
  }

  struct PathTest {
    MutationPath path;
    std::string_view condition;
    const Value* at = nullptr;
  };

  bool read_conditions() {
    std::vector<PathTest> tests;
    for (const Value& item : items_of(member(parameters_, "pathTests"))) {
      const Value* text = member(&item, "subPath");
      Result<MutationPath, PathError> path = parse_path(text_of(text));
      if (!path) {
        return fail_in(
            text, path.error(),
            fmt::format("problem parsing sub path `{}` for {} {}: ", text_of(text), kind_name(rule_.kind), name()));
      }
      tests.push_back({std::move(*path), text_of(member(&item, "condition")), text != nullptr ? text : &item});
    }
    for (const PathTest& test : tests) {
      if (rule_.path.starts_with(test.path)) continue;
      return fail(test.at, fmt::format("all subpaths must be a prefix of the `location` value of the mutation: subpath "
                                       "{} is not a prefix of location {}",
                                       go_quote(test.path.shown()), go_quote(rule_.path.shown())));
    }
    return settle_conditions(tests);
  }

  // A test of the empty path is of nothing.
  bool settle_conditions(const std::vector<PathTest>& tests) {
    std::vector<std::optional<std::string_view>> wanted(rule_.path.steps.size());
    for (const PathTest& test : tests) {
      if (!test.path.steps.empty()) wanted[test.path.steps.size() - 1] = test.condition;
    }
    for (const PathTest& test : tests) {
      if (test.path.steps.empty() || *wanted[test.path.steps.size() - 1] == test.condition) continue;
      return fail(test.at, fmt::format("conflicting path test conditions: path {} is marked both MustExist and "
                                       "MustNotExist",
                                       go_quote(test.path.shown())));
    }
    if (!check_order(tests)) return false;
    for (const std::optional<std::string_view>& condition : wanted) {
      rule_.conditions.push_back(!condition                     ? PathCondition::None
                                 : *condition == "MustExist"    ? PathCondition::MustExist
                                 : *condition == "MustNotExist" ? PathCondition::MustNotExist
                                                                : PathCondition::Never);
    }
    return true;
  }

  // Nothing can be below what must not be there. Gatekeeper takes the tests' numbers in the list for their depths: what
  // is refused depends on their order, and the paths that it names are those of depths of these numbers.
  bool check_order(const std::vector<PathTest>& tests) {
    std::size_t forbidden = tests.size();
    std::size_t required = 0;
    for (std::size_t i = 0; i < tests.size(); ++i) {
      if (tests[i].condition == "MustNotExist" && i < forbidden) {
        forbidden = i;
      } else if (tests[i].condition == "MustExist") {
        required = std::max(required, i);
      }
    }
    if (required <= forbidden) return true;
    const auto shown = [&](std::size_t depth) {
      const auto last = std::find_if(tests.rbegin(), tests.rend(),
                                     [&](const PathTest& one) { return one.path.steps.size() == depth + 1; });
      return last == tests.rend() ? std::string("<nil>") : go_quote(last->path.shown());
    };
    return fail(tests[required].at,
                fmt::format("conflicting path test conditions: path {} is marked MustExist but parent {} MustNotExist",
                            shown(required), shown(forbidden)));
  }

  // ---- applyTo

  bool check_targets() {
    const Value* list = member(spec_, "applyTo");
    const std::span<const Value> items = items_of(list);
    const std::string_view kind = kind_name(rule_.kind);
    const std::vector<MutationTarget>& targets = rule_.match.targets;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (!targets[i].groups.empty() && !targets[i].versions.empty() && !targets[i].kinds.empty()) continue;
      return fail(&items[i], fmt::format("invalid applyTo for {} mutator {}, all of group, version and kind must be "
                                         "specified",
                                         kind, name()));
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
      for (const std::string& operation : targets[i].operations) {
        if (operation == "CREATE" || operation == "UPDATE" || operation == "*") continue;
        return fail(member(&items[i], "operations"),
                    fmt::format("invalid applyTo for {} mutator {}: invalid operation {} in applyTo[{}].operations: "
                                "must be one of CREATE, UPDATE, *",
                                kind, name(), go_quote(operation), i));
      }
    }
    return !targets.empty() || fail(list, fmt::format("applyTo required for {} mutator {}", kind, name()));
  }

  // ---- what gator finds out when an object comes

  bool check_what_gator_takes() {
    if (std::vector<Problem> problems = MutatorMatch::problems(object_); !problems.empty()) {
      refusal_ = Refusal{problems.front().message, std::move(problems)};
      return false;
    }
    if (rule_.from == AssignedValue::External) {
      fail(member(member(parameters_, "assign"), "externalData"), "external data has no provider here");
      refusal_->problems.front().help.emplace_back(
          "leave the mutator out, or assign the value that the provider gives");
      return false;
    }
    for (const Value& item : items_of(member(parameters_, "pathTests"))) {
      const std::string_view condition = text_of(member(&item, "condition"));
      if (condition != "MustExist" && condition != "MustNotExist")
        return fail(&item, fmt::format("a path test's condition is MustExist or MustNotExist, not `{}`", condition));
    }
    if (rule_.kind != MutatorKind::ModifySet) return true;
    if (rule_.path.steps.empty()) return fail(location_, "empty path", "`location` names no field");
    // The API server fills it in.
    if (rule_.operation.empty()) rule_.operation = "merge";
    return rule_.operation == "merge" || rule_.operation == "prune" ||
           fail(member(parameters_, "operation"),
                fmt::format("unrecognized operation for modifyset: {}", rule_.operation));
  }

  Arena& arena_;
  const Object& object_;
  bool is_gator_;
  MutatorRule rule_;
  const Value* spec_ = nullptr;
  const Value* parameters_ = nullptr;
  const Value* location_ = nullptr;
  std::optional<Refusal> refusal_;
};

}  // namespace

std::optional<MutatorKind> mutator_kind(const Object& object) {
  if (object.group() != "mutations.gatekeeper.sh") return std::nullopt;
  for (const MutatorKind kind :
       {MutatorKind::Assign, MutatorKind::AssignImage, MutatorKind::AssignMetadata, MutatorKind::ModifySet}) {
    if (object.kind() == kind_name(kind)) return kind;
  }
  return std::nullopt;
}

std::string MutatorRule::id() const {
  return fmt::format("{}.mutations.gatekeeper.sh {}/{}", kind_name(kind), object->namespace_name(), object->name());
}

Result<MutatorRule, Refusal> read_mutator(Arena& arena, const ObjectPtr& object, bool is_gator) {
  return Reader(arena, object, *mutator_kind(*object), is_gator).read();
}

}  // namespace psdl::gatekeeper
