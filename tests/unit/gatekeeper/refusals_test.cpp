// Templates and constraints against what gator says of them. In: schemas.yaml, templates.yaml, constraints.yaml,
// places.yaml; out: the same words, and the places.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cases.hpp"
#include "gatekeeper/constraint.hpp"
#include "value/builders.hpp"
#include "value/member.hpp"
#include "value/text.hpp"

using namespace psdl;
using namespace psdl::gatekeeper;
using namespace psdl::gatekeeper::test;

namespace {

// Several errors come in no particular order: `[e2, e1]` is `[e1, e2]`.
std::multiset<std::string> parts_of(std::string text) {
  std::multiset<std::string> parts;
  const std::size_t open = text.find(": [");
  if (!text.ends_with(']') || open == std::string::npos || text.find(", ", open) == std::string::npos) return {text};
  parts.insert(text.substr(0, open));
  text = text.substr(open + 3, text.size() - open - 4);
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.size();
    for (const std::string_view next : {", [", ", spec.", ", metadata."}) end = std::min(end, text.find(next, at));
    parts.insert(text.substr(at, end - at));
    at = end == text.size() ? end : end + 2;
  }
  return parts;
}

struct Loaded {
  std::shared_ptr<const Template> made;
  std::shared_ptr<const Constraint> constraint;
  std::optional<Refusal> refusal;
  [[nodiscard]] std::string text() const { return refusal.has_value() ? refusal->text : std::string(); }
};

Loaded load(const std::string& template_text, const std::string& constraint_text, Reading reading) {
  Loaded loaded;
  const Result<ObjectPtr, Refusal> object = read_first(template_text, "template.yaml", reading);
  if (!object) return {{}, {}, object.error()};
  const Result<std::shared_ptr<const Template>, Refusal> made = read_template(*object);
  if (!made) return {{}, {}, made.error()};
  loaded.made = *made;
  if (constraint_text.empty()) return loaded;
  const Result<ObjectPtr, Refusal> written = read_first(constraint_text, "constraint.yaml", reading);
  if (!written) return {{}, {}, written.error()};
  const auto find = [&](std::string_view name) { return name == loaded.made->name ? loaded.made : nullptr; };
  const Result<std::shared_ptr<const Constraint>, Refusal> constraint = read_constraint(*written, find);
  if (!constraint) return {{}, {}, constraint.error()};
  loaded.constraint = *constraint;
  return loaded;
}

std::string template_with(const std::string& validation) {
  return fmt::format(
      R"({{"apiVersion": "templates.gatekeeper.sh/v1", "kind": "ConstraintTemplate", "metadata": {{"name": "p"}}, "spec": {{
        "crd": {{"spec": {{"names": {{"kind": "P"}}, "validation": {}}}}},
        "targets": [{{"target": "admission.k8s.gatekeeper.sh", "rego": "package p"}}]}}}})",
      validation);
}

std::string constraint_with(const std::string& spec) {
  return fmt::format(
      R"({{"apiVersion": "constraints.gatekeeper.sh/v1beta1", "kind": "P", "metadata": {{"name": "c"}}, "spec": {}}})",
      spec);
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::vector<Value> steps_of(Arena& arena, std::string_view pointer) {
  std::vector<Value> steps;
  while (!pointer.empty()) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    steps.push_back(Value::string(arena, pointer.substr(1, end - 1)));
    pointer.remove_prefix(end);
  }
  return steps;
}

// `root` with another value, or none, at a path through objects and lists of one.
Value changed(Arena& arena, const Value& root, std::span<const Value> path, const Value* value) {
  if (path.empty()) return *value;
  if (root.is_array()) {
    ArrayBuilder items(arena);
    items.add(changed(arena, root.as_array()[0], path.subspan(1), value));
    return items.finish();
  }
  ObjectBuilder members(arena);
  const psdl::Object& object = root.as_object();
  bool is_there = false;
  for (std::uint32_t i = 0; i < object.size(); ++i) {
    const bool is_it = equal(object.keys()[i], path.front());
    is_there = is_there || is_it;
    if (!is_it) {
      members.add(object.keys()[i], object.values()[i]);
    } else if (path.size() > 1 || value != nullptr) {
      members.add(object.keys()[i], changed(arena, object.values()[i], path.subspan(1), value));
    }
  }
  if (!is_there) members.add(path.front(), *value);
  return members.finish();
}

std::string shown_place(const Refusal& refusal) {
  const ShownPlace& place = refusal.problems.front().place;
  return place.end_column == 0 ? fmt::format("{}:{}", place.line, place.column)
                               : fmt::format("{}:{}-{}", place.line, place.column, place.end_column);
}

}  // namespace

TEST_CASE("schemas of parameters") {
  const CaseFile file("schemas.yaml");
  constexpr std::string_view kParameters = "spec.validation.openAPIV3Schema.properties[spec].properties[parameters]";
  for (const Value& test : file.cases()) {
    const std::string schema = text_of(test, "schema");
    CAPTURE(schema);
    std::string validation = schema.empty() ? "" : R"("openAPIV3Schema": )" + schema;
    if (is_set(test, "legacy")) validation += std::string(validation.empty() ? "" : ", ") + R"("legacySchema": true)";
    const std::string template_text = template_with("{" + validation + "}");
    const std::string refused = replace_all(text_of(test, "refused"), "PARAMETERS", kParameters);
    if (!refused.empty()) {
      CHECK(parts_of(load(template_text, "", Reading::Verify).text()) == parts_of(refused));
      continue;
    }
    for (const Value& check : member(test, "checks")->as_array()) {
      const std::string parameters(check.as_array()[0].as_string());
      const std::string wanted(check.as_array()[1].as_string());
      CAPTURE(parameters);
      const std::string spec = parameters.empty() ? "{}" : fmt::format(R"({{"parameters": {}}})", parameters);
      for (const Reading reading : {Reading::Verify, Reading::Test}) {
        const Loaded loaded = load(template_text, constraint_with(spec), reading);
        CHECK(parts_of(loaded.text()) == parts_of(wanted));
        if (loaded.refusal.has_value()) CHECK(loaded.refusal->problems.front().place.line > 0);
        if (loaded.constraint != nullptr && check.as_array().size() > 2)
          CHECK(to_json(loaded.constraint->parameters) == check.as_array()[2].as_string());
      }
    }
  }
}

TEST_CASE("constraints as gator takes them") {
  const CaseFile file("constraints.yaml");
  const std::string template_text = template_with(
      R"({"openAPIV3Schema": {"type": "object", "properties": {"v": {"x-kubernetes-preserve-unknown-fields": true}}}})");
  for (const Value& test : file.cases()) {
    const std::string text =
        member(test, "spec") != nullptr ? constraint_with(text_of(test, "spec")) : text_of(test, "object");
    CAPTURE(text);
    CHECK(parts_of(load(template_text, text, Reading::Verify).text()) == parts_of(text_of(test, "text")));
  }
}

TEST_CASE("templates as gator takes them") {
  const CaseFile file("templates.yaml");
  Arena arena;
  const Limits limits;
  const Result<Value> good = read_value_yaml(arena, template_with("{}"), ReadRules::opa(), limits);
  REQUIRE(good.has_value());
  for (const Value& test : file.cases()) {
    Value root = *good;
    const psdl::Object& changes = member(test, "change")->as_object();
    for (std::uint32_t i = 0; i < changes.size(); ++i) {
      const std::vector<Value> path = steps_of(arena, changes.keys()[i].as_string());
      if (changes.values()[i].is_null()) {
        root = changed(arena, root, path, nullptr);
      } else {
        const Result<Value> value = read_value_json(arena, changes.values()[i].as_string(), ReadRules::opa(), limits);
        REQUIRE(value.has_value());
        root = changed(arena, root, path, &*value);
      }
    }
    const std::string text = to_json(root);
    CAPTURE(text);
    CHECK(parts_of(load(text, constraint_with("{}"), Reading::Verify).text()) == parts_of(text_of(test, "text")));
  }
}

TEST_CASE("places of refusals") {
  const CaseFile file("places.yaml");
  for (const Value& test : file.cases()) {
    CAPTURE(text_of(test, "note"));
    const bool is_template = member(test, "template") != nullptr;
    const Loaded loaded =
        load(text_of(is_template ? test : file.root(), "template"), text_of(test, "constraint"), Reading::Native);
    REQUIRE(loaded.refusal.has_value());
    CHECK(shown_place(*loaded.refusal) == text_of(test, "at"));
    CHECK(loaded.refusal->problems.front().message == text_of(test, "message"));
    CHECK(loaded.refusal->problems.front().place.file == (is_template ? "template.yaml" : "constraint.yaml"));
    if (member(test, "text") != nullptr) CHECK(loaded.text() == text_of(test, "text"));
  }
}
