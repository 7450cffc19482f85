// The text of a fix, and its places.
#include "fix/spec.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/reader.hpp"
#include "runtime/pointer.hpp"
#include "value/text.hpp"

namespace psdl::fix {
namespace {

constexpr struct {
  std::string_view name;
  Operation::Kind kind;
} kKinds[] = {{"set", Operation::Kind::Set}, {"merge", Operation::Kind::Merge}, {"remove", Operation::Kind::Remove}};
constexpr std::string_view kPlaces[] = {"finding", "container", "pod", "document"};

Error wrong(std::string message) {
  return {"bad_fix", std::move(message)};
}

// Empty where it begins with a name that is known.
std::string place_problem(std::string_view place) {
  const std::string_view name = place.substr(0, place.find('/'));
  if (std::find(std::begin(kPlaces), std::end(kPlaces), name) != std::end(kPlaces)) return {};
  return fmt::format("names place `{}`, which begins with none of {}", place, fmt::join(kPlaces, ", "));
}

// Empty where all keys are known.
std::string key_problem(const Object& object, std::span<const std::string_view> known) {
  for (const Value& key : object.keys()) {
    if (std::find(known.begin(), known.end(), key.as_string()) == known.end())
      return fmt::format("has `{}`; it may have {}", key.as_string(), fmt::join(known, ", "));
  }
  return {};
}

std::string text_member(const Object& object, std::string_view name) {
  const Value* found = object.find_text(name);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

Result<Spec::Step> read_step(const Object& object) {
  Spec::Step step;
  std::size_t kinds = 0;
  for (const auto& one : kKinds) {
    const Value* place = object.find_text(one.name);
    if (place == nullptr) continue;
    if (!place->is_string()) return wrong(fmt::format("has a `{}` that is no text", one.name));
    ++kinds;
    step.kind = one.kind;
    step.place = place->as_string();
  }
  if (kinds != 1) return wrong("has not one of `set`, `merge` and `remove`");
  if (const std::string problem = place_problem(step.place); !problem.empty()) return wrong(problem);
  const Value* value = object.find_text("value");
  if ((value == nullptr) != (step.kind == Operation::Kind::Remove))
    return wrong(value == nullptr ? "has no `value`" : "removes something and has a `value`");
  if (value != nullptr) step.value = *value;
  return step;
}

Result<Spec::Condition> read_condition(const Value& value) {
  if (!value.is_object()) return wrong("has an `unless` that is no list of maps");
  const Object& object = value.as_object();
  constexpr std::string_view kKnown[] = {"at", "is", "has", "because"};
  if (const std::string problem = key_problem(object, kKnown); !problem.empty()) return wrong(problem);
  Spec::Condition condition;
  condition.place = text_member(object, "at");
  condition.because = text_member(object, "because");
  if (const std::string problem = place_problem(condition.place); !problem.empty()) return wrong(problem);
  const Value* is = object.find_text("is");
  const Value* has = object.find_text("has");
  if ((is == nullptr) == (has == nullptr)) return wrong("has a condition without one of `is` and `has`");
  condition.is_member = has != nullptr;
  condition.value = has != nullptr ? *has : *is;
  return condition;
}

// The pointer that a place means; nothing where the finding has no such place.
std::optional<std::string> pointer_of(std::string_view place, const Places& places) {
  const std::size_t slash = std::min(place.find('/'), place.size());
  const std::string_view name = place.substr(0, slash);
  std::optional<std::string> base;
  if (name == "finding") base = places.finding;
  if (name == "container") base = places.container;
  if (name == "pod") base = places.pod;
  if (name == "document") base.emplace();
  if (base) *base += place.substr(slash);
  return base;
}

bool holds(const Spec::Condition& condition, const Value& there) {
  if (!condition.is_member) return equal(there, condition.value);
  return there.is_array() && std::any_of(there.as_array().begin(), there.as_array().end(),
                                         [&](const Value& item) { return equal(item, condition.value); });
}

std::string_view behind_name(std::string_view place) {
  return place.substr(std::min(place.find('/'), place.size() - 1) + 1);
}

}  // namespace

Result<Spec> read_spec(std::string_view json) {
  Result<Document, ReadError> read = Reader().read(json, Format::Json, {});
  if (!read || !read->root().is_object()) return wrong("is no map");
  Spec spec;
  spec.text = std::make_shared<const Document>(std::move(read).value());
  const Object& object = spec.text->root().as_object();
  constexpr std::string_view kKnown[] = {"description", "set", "merge", "remove", "value", "unless"};
  if (const std::string problem = key_problem(object, kKnown); !problem.empty()) return wrong(problem);
  spec.description = text_member(object, "description");
  Result<Spec::Step> step = read_step(object);
  if (!step) return step.error();
  spec.steps.push_back(std::move(step).value());
  const Value* unless = object.find_text("unless");
  if (unless == nullptr) return spec;
  if (!unless->is_array()) return wrong("has an `unless` that is no list of maps");
  for (const Value& one : unless->as_array()) {
    Result<Spec::Condition> condition = read_condition(one);
    if (!condition) return condition.error();
    spec.unless.push_back(std::move(condition).value());
  }
  return spec;
}

Result<std::vector<Operation>> operations_at(const Spec& spec, const Places& places, const Document& document) {
  for (const Spec::Condition& condition : spec.unless) {
    const std::optional<std::string> pointer = pointer_of(condition.place, places);
    const Value* there = pointer ? value_at(document.root(), *pointer) : nullptr;
    if (there == nullptr || !holds(condition, *there)) continue;
    return Error{"no_fix",
                 fmt::format("{} {} {}{}", behind_name(condition.place), condition.is_member ? "has" : "is",
                             to_json(condition.value), condition.because.empty() ? "" : ": " + condition.because)};
  }
  std::vector<Operation> operations;
  for (const Spec::Step& step : spec.steps) {
    std::optional<std::string> pointer = pointer_of(step.place, places);
    if (!pointer)
      return Error{"no_fix", fmt::format("it is not known where the {} of this finding is",
                                         step.place.substr(0, step.place.find('/')))};
    operations.push_back({step.kind, std::move(*pointer), step.value});
  }
  return operations;
}

std::string describe(const Spec& spec, std::span<const Operation> operations) {
  if (!spec.description.empty() || operations.empty()) return spec.description;
  const Operation& operation = operations.front();
  const std::vector<std::string> steps = pointer_steps(operation.path);
  const std::string name = steps.empty() ? std::string("the document") : steps.back();
  if (operation.kind == Operation::Kind::Remove) return fmt::format("remove {}", name);
  return fmt::format("set {} to {}", name, to_json(operation.value));
}

}  // namespace psdl::fix
