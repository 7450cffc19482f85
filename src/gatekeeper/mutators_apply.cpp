// The path is walked from the root; on the way back each object and list with a changed part is made anew.
#include "gatekeeper/mutators_apply.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/accessor.hpp"
#include "value/builders.hpp"

namespace psdl::gatekeeper {
namespace {

using Outcome = Result<MutatedValue, std::string>;

Value with_member(Arena& arena, const Value& object, const std::string& name, const Value& value) {
  ObjectBuilder builder(arena);
  const psdl::Object& members = object.as_object();
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    if (members.keys()[i].as_string() != name) builder.add(members.keys()[i], members.values()[i]);
  }
  builder.add(Value::string(arena, name).with_origin(value.origin()), value);
  return builder.finish().with_origin(object.origin());
}

class Walk {
 public:
  Walk(Arena& arena, const MutatorRule& rule, const Value& root, MutationBudget& budget)
      : arena_(arena), rule_(rule), root_(root), reading_(rule.object->reading()), budget_(budget) {}

  Outcome go(const Value& at, std::size_t depth) {
    if (!budget_.take()) return std::string(kNoBudget);
    const PathStep& step = rule_.path.steps[depth];
    if (step.is_list) return at.is_array() ? go_into_list(at, depth) : mismatch("List", at, step);
    return at.is_object() ? go_into_object(at, depth) : mismatch("object", at, step);
  }

 private:
  static Outcome unchanged(const Value& at) { return MutatedValue{at, false}; }

  Outcome mismatch(std::string_view wanted, const Value& at, const PathStep& step) const {
    return fmt::format("mismatch between path entry (type: {}) and received object (type: {}). Path: {}", wanted,
                       go_type(at, reading_), step.shown());
  }

  [[nodiscard]] bool may_exist(std::size_t depth) const {
    return rule_.conditions[depth] == PathCondition::None || rule_.conditions[depth] == PathCondition::MustExist;
  }
  [[nodiscard]] bool may_be_missing(std::size_t depth) const {
    return rule_.conditions[depth] == PathCondition::None || rule_.conditions[depth] == PathCondition::MustNotExist;
  }
  [[nodiscard]] bool is_last(std::size_t depth) const { return depth + 1 == rule_.path.steps.size(); }

  Outcome go_into_object(const Value& at, std::size_t depth) {
    const std::string& name = rule_.path.steps[depth].name;
    const Value* found = at.as_object().find_text(name);
    if (found != nullptr ? !may_exist(depth) : !may_be_missing(depth)) return unchanged(at);
    Outcome inner = is_last(depth)     ? set(found)
                    : found != nullptr ? go(*found, depth + 1)
                                       : go(made_for(depth + 1), depth + 1);
    if (!inner) return inner;
    if (!inner->is_mutated) return unchanged(at);
    return MutatedValue{inner->value.is_defined() ? with_member(arena_, at, name, inner->value) : at, true};
  }

  // What has to be there for the step at `depth` to be taken.
  [[nodiscard]] Value made_for(std::size_t depth) const {
    return rule_.path.steps[depth].is_list ? empty_array() : empty_object();
  }

  [[nodiscard]] Value key_value(const PathStep& list) const {
    return list.integer ? Value::integer(*list.integer) : Value::string(arena_, list.text);
  }

  // gator reads whole numbers as doubles, which are no integers; those that it made itself are.
  [[nodiscard]] bool has_key(const Value& item, const PathStep& list) const {
    const Value* value = item.is_object() ? item.as_object().find_text(list.name) : nullptr;
    if (value == nullptr) return false;
    if (!list.integer) return value->is_string() && value->as_string() == list.text;
    return equal(*value, Value::integer(*list.integer)) && (reading_ != Reading::Test || value->origin() == 0);
  }

  Outcome go_into_list(const Value& at, std::size_t depth) {
    const PathStep& list = rule_.path.steps[depth];
    const std::span<const Value> items = at.as_array();
    if (!budget_.take(items.size())) return std::string(kNoBudget);
    if (is_last(depth)) return put_into_list(at, depth);
    if (list.is_glob && !may_exist(depth)) return unchanged(at);
    ArrayBuilder made(arena_, static_cast<std::uint32_t>(items.size() + 1));
    bool is_found = list.is_glob;
    bool is_mutated = false;
    for (const Value& item : items) {
      if (!list.is_glob && !has_key(item, list)) {
        made.add(item);
        continue;
      }
      if (!may_exist(depth)) return unchanged(at);
      is_found = true;
      Outcome inner = go(item, depth + 1);
      if (!inner) return inner;
      is_mutated = is_mutated || inner->is_mutated;
      made.add(inner->value);
    }
    if (!is_found) {
      if (!may_be_missing(depth)) return unchanged(at);
      Outcome inner = go(with_member(arena_, empty_object(), list.name, key_value(list)), depth + 1);
      if (!inner) return inner;
      is_mutated = inner->is_mutated;
      made.add(inner->value);
    }
    return is_mutated ? Outcome(MutatedValue{made.finish().with_origin(at.origin()), true}) : unchanged(at);
  }

  // The item with the list's key is replaced; where there is none it is added.
  Outcome put_into_list(const Value& at, std::size_t depth) {
    const PathStep& list = rule_.path.steps[depth];
    ArrayBuilder made(arena_, at.length() + 1);
    bool is_found = false;
    for (const Value& item : at.as_array()) {
      const bool is_it = !is_found && has_key(item, list);
      if (!is_found && !item.is_object()) {
        // Gatekeeper's words.
        return fmt::format("cast error, unable to case {} to map[string]interface{{}}", go_type(item, reading_));
      }
      if (is_it && !may_exist(depth)) return unchanged(at);
      is_found = is_found || is_it;
      made.add(is_it ? rule_.value.with_origin(item.origin()) : item);
    }
    if (!is_found) {
      if (!may_be_missing(depth)) return unchanged(at);
      made.add(rule_.value);
    }
    return MutatedValue{made.finish().with_origin(at.origin()), true};
  }

  // What is set in the place of `before`, null where nothing is there. An undefined value: there is nothing to set.
  Outcome set(const Value* before) {
    switch (rule_.kind) {
      case MutatorKind::Assign:
      case MutatorKind::AssignMetadata: return assign(before);
      case MutatorKind::AssignImage: return set_image(before);
      case MutatorKind::ModifySet: break;
    }
    if (rule_.operation == "merge") return merge(before);
    if (rule_.operation == "prune") return prune(before);
    return fmt::format("unrecognized operation for modifyset: {}", rule_.operation);
  }

  static MutatedValue in_place_of(const Value* before, const Value& value) {
    return {value.with_origin(before != nullptr ? before->origin() : 0), true};
  }

  Outcome assign(const Value* before) {
    switch (rule_.from) {
      case AssignedValue::Given: return in_place_of(before, rule_.value);
      case AssignedValue::Name: return in_place_of(before, Value::string(arena_, text_at(root_, {"metadata", "name"})));
      case AssignedValue::Namespace:
        return in_place_of(before, Value::string(arena_, text_at(root_, {"metadata", "namespace"})));
      case AssignedValue::External: break;
    }
    return std::string(
        "failed to resolve external data placeholders: failed to get client TLS certificate: external data client "
        "certificate watcher is not initialized");
  }

  Outcome set_image(const Value* before) {
    if (before != nullptr && !before->is_string()) {
      // Gatekeeper shows the text that it did not get.
      return reading_ == Reading::Test
                 ? std::string("expected value at AssignImage location to be a string, got  of type string")
                 : fmt::format("expected value at AssignImage location to be a string, got {} of type {}",
                               go_plain(*before, reading_), go_type(*before, reading_));
    }
    const std::string_view image = before != nullptr ? before->as_string() : std::string_view();
    return in_place_of(before, Value::string(arena_, with_parts(rule_.image, image)));
  }

  [[nodiscard]] std::span<const Value> values() const {
    return rule_.values ? items_of(*rule_.values) : std::span<const Value>();
  }

  Outcome no_list(const Value& before) const {
    return fmt::format("{} is not a list of values, cannot treat it as a set", go_plain(before, reading_));
  }

  // Where no values are given gator makes a list that it shows as null, and takes for a list afterwards.
  [[nodiscard]] bool is_gators_null(const Value& value) const {
    return reading_ == Reading::Test && value.is_null() && value.origin() == 0;
  }
  [[nodiscard]] bool is_list(const Value& value) const { return value.is_array() || is_gators_null(value); }
  static std::span<const Value> items_of(const Value& list) {
    return list.is_array() ? list.as_array() : std::span<const Value>();
  }

  // Values that are there already are not added again; a list that is missing becomes the values as they are.
  Outcome merge(const Value* before) {
    if (before == nullptr)
      return MutatedValue{rule_.values                ? *rule_.values
                          : reading_ == Reading::Test ? Value::null()
                                                      : empty_array(),
                          true};
    if (!is_list(*before)) return no_list(*before);
    if (is_gators_null(*before) && values().empty()) return MutatedValue{*before, true};
    ArrayBuilder made(arena_, before->length());
    for (const Value& item : items_of(*before)) made.add(item);
    for (const Value& value : values()) {
      const std::span<const Value> so_far(made.items(), made.size());
      if (!budget_.take(so_far.size())) return std::string(kNoBudget);
      if (!holds(so_far, value)) made.add(value);
    }
    return in_place_of(before, made.finish());
  }

  Outcome prune(const Value* before) {
    if (before == nullptr) return MutatedValue{Value(), true};
    if (!is_list(*before)) return no_list(*before);
    if (!budget_.take(std::size_t{before->length()} * values().size())) return std::string(kNoBudget);
    ArrayBuilder made(arena_, before->length());
    for (const Value& item : items_of(*before)) {
      if (!holds(values(), item)) made.add(item);
    }
    return in_place_of(before, made.finish());
  }

  static bool holds(std::span<const Value> values, const Value& wanted) {
    return std::any_of(values.begin(), values.end(), [&](const Value& one) { return equal(one, wanted); });
  }

  Arena& arena_;
  const MutatorRule& rule_;
  const Value& root_;
  Reading reading_;
  MutationBudget& budget_;
};

}  // namespace

Result<MutatedValue, std::string> apply_mutator(Arena& arena, const MutatorRule& rule, const Value& root,
                                                MutationBudget& budget) {
  if (rule.path.steps.empty()) return std::string("attempting to mutate an empty target location");
  return Walk(arena, rule, root, budget).go(root, 0);
}

}  // namespace psdl::gatekeeper
