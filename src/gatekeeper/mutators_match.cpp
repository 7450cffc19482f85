// Kubernetes makes a selector only when an object gets so far; its words for one that cannot be made are here.
#include "gatekeeper/mutators_match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "gatekeeper/label_selector.hpp"
#include "gatekeeper/names.hpp"
#include "gatekeeper/place.hpp"
#include "value/builders.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kCode = "gatekeeper_mutator";

using Texts = std::vector<std::string>;

std::span<const Value> items_at(const Value& root, std::string_view name) {
  const Value* list = find_path(root, {name});
  return list != nullptr && list->is_array() ? list->as_array() : std::span<const Value>();
}

Texts texts_at(const Value& root, std::string_view name) {
  Texts texts;
  // null is the empty text to Go.
  for (const Value& item : items_at(root, name)) texts.emplace_back(item.is_string() ? item.as_string() : "");
  return texts;
}

bool holds(const Texts& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}
bool share(const Texts& left, const Texts& right) {
  return std::any_of(left.begin(), left.end(), [&](const std::string& text) { return holds(right, text); });
}

// One requirement of a selector; `values` is null where none are written.
std::optional<std::string> refuse_requirement(std::string_view key, std::string_view op, const Value* values) {
  FieldErrors errors;
  for (const std::string& message : check_label_key(key)) errors.push_back(invalid_text("key", key, message, 0));
  const std::span<const Value> items =
      values != nullptr && values->is_array() ? values->as_array() : std::span<const Value>();
  const bool wants_values = op == "In" || op == "NotIn" || op == "=";
  if (wants_values && items.empty()) {
    const std::string_view shown = values != nullptr && values->is_array() ? "[]" : "null";
    errors.push_back(
        {fmt::format("values: Invalid value: {}: for 'in', 'notin' operators, values set can't be empty", shown), 0});
  } else if (!wants_values && !items.empty()) {
    errors.push_back({fmt::format("values: Invalid value: {}: values set must be empty for exists and does not exist",
                                  to_json(*values)),
                      0});
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string_view value = items[i].is_string() ? items[i].as_string() : std::string_view();
    for (const std::string& message : check_label_value(value))
      errors.push_back(invalid_text(fmt::format("values[{}][{}]", i, key), value, message, 0));
  }
  if (errors.empty()) return std::nullopt;
  return join_errors(errors);
}

// Why no selector can be made.
std::optional<std::string> refuse_selector(const Value& selector) {
  if (const Value* labels = find_path(selector, {"matchLabels"}); labels != nullptr && labels->is_object()) {
    const psdl::Object& object = labels->as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const Value one = Value::array(object.values().subspan(i, 1));
      if (std::optional<std::string> why = refuse_requirement(object.keys()[i].as_string(), "=", &one)) return why;
    }
  }
  for (const Value& expression : items_at(selector, "matchExpressions")) {
    const std::string_view op = text_at(expression, {"operator"});
    if (op != "In" && op != "NotIn" && op != "Exists" && op != "DoesNotExist")
      return fmt::format("\"{}\" is not a valid label selector operator", op);
    if (std::optional<std::string> why =
            refuse_requirement(text_at(expression, {"key"}), op, find_path(expression, {"values"})))
      return why;
  }
  return std::nullopt;
}

bool is_source(std::string_view source) {
  return source.empty() || source == "All" || source == "Original" || source == "Generated";
}

// In the order in which they are asked, from the first that can be wrong.
constexpr std::string_view kLateCriteria[] = {"labelSelector", "namespaceSelector", "name", "source"};

std::optional<std::string> refuse_criterion(const Value& match, std::string_view name) {
  if (name == "name") return std::nullopt;
  if (name == "source") {
    const std::string_view source = text_at(match, {name});
    if (is_source(source)) return std::nullopt;
    return fmt::format("invalid source field \"{}\"", source);
  }
  const Value* selector = find_path(match, {name});
  return selector != nullptr && selector->is_object() ? refuse_selector(*selector) : std::nullopt;
}

// Null is no criterion.
Value without(Arena& arena, const Value& match, std::span<const std::string_view> names) {
  ObjectBuilder kept(arena);
  const psdl::Object& object = match.as_object();
  for (std::uint32_t i = 0; i < object.size(); ++i) {
    const std::string_view name = object.keys()[i].as_string();
    const bool is_left_out = std::find(names.begin(), names.end(), name) != names.end();
    if (!is_left_out && !object.values()[i].is_null()) kept.add(object.keys()[i], object.values()[i]);
  }
  return kept.finish();
}

}  // namespace

GroupVersionKind kind_of(const Value& root) {
  const GroupVersion version = split_api_version(text_at(root, {"apiVersion"}));
  return {std::string(version.group), std::string(version.version), std::string(known_kind(root))};
}

bool MutationTarget::takes_any_operation() const {
  return operations.empty() || holds(operations, "*") || (holds(operations, "CREATE") && holds(operations, "UPDATE"));
}

bool MutationTarget::takes(const GroupVersionKind& kind) const {
  return holds(groups, kind.group) && holds(versions, kind.version) && holds(kinds, kind.kind);
}

bool MutationTarget::meets(const MutationTarget& other) const {
  const bool is_any = operations.empty() || other.operations.empty() || holds(operations, "*") ||
                      holds(other.operations, "*") || share(operations, other.operations);
  return is_any && share(groups, other.groups) && share(versions, other.versions) && share(kinds, other.kinds);
}

MutatorMatch::MutatorMatch(const Value& spec) {
  for (const Value& item : items_at(spec, "applyTo")) {
    targets.push_back(
        {texts_at(item, "groups"), texts_at(item, "versions"), texts_at(item, "kinds"), texts_at(item, "operations")});
  }
  const Value* match = find_path(spec, {"match"});
  if (match == nullptr || !match->is_object()) return;
  const std::span<const std::string_view> names(kLateCriteria);
  std::size_t asked = 0;
  while (asked < names.size() && error_.empty()) {
    if (std::optional<std::string> why = refuse_criterion(*match, names[asked])) {
      error_ = std::move(*why);
    } else {
      ++asked;
    }
  }
  Arena arena;
  match_ = Match::read(without(arena, *match, names.subspan(asked)));
}

Result<bool, std::string> MutatorMatch::applies(const MatchSubject& subject) const {
  if (has_targets) {
    const GroupVersionKind kind = kind_of(subject.object);
    // An object in a file is neither created nor updated.
    const auto takes = [&](const MutationTarget& one) { return one.takes(kind) && one.takes_any_operation(); };
    if (std::none_of(targets.begin(), targets.end(), takes)) return false;
  }
  Result<bool, std::string> applies = match_.applies(subject);
  if (!applies) {
    // In front of it stands what constraints are told.
    const std::size_t at = applies.error().find("failed to run Match criteria: ");
    return applies.error().substr(at == std::string::npos ? 0 : at);
  }
  if (!*applies || error_.empty()) return applies;
  return fmt::format("failed to run Match criteria: {}", error_);
}

std::vector<Problem> MutatorMatch::problems(const Object& mutator) {
  std::vector<Problem> problems;
  if (std::optional<Refusal> refusal = Match::check_selectors(mutator)) problems = std::move(refusal->problems);
  for (Problem& problem : problems) problem.code = kCode;
  const Value* source = find_path(mutator.root(), {"spec", "match", "source"});
  if (source != nullptr && source->is_string() && !is_source(source->as_string())) {
    problems.push_back(
        problem_at(mutator, source->origin(), kCode, fmt::format("invalid source field \"{}\"", source->as_string())));
    problems.back().help.emplace_back("sources are All, Original and Generated");
  }
  return problems;
}

}  // namespace psdl::gatekeeper
