// Loaded kind by kind, whatever their order, then reviewed one by one.
#include "gatekeeper/objects_test.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/gvk.hpp"
#include "gatekeeper/place.hpp"
#include "gatekeeper/review.hpp"
#include "value/builders.hpp"

namespace psdl::gatekeeper {
namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

Value named_namespace(Arena& arena, std::string_view name) {
  ObjectBuilder metadata(arena);
  if (!name.empty()) metadata.add(Value::string("name"), Value::string(name));
  ObjectBuilder builder(arena);
  builder.add(Value::string("metadata"), metadata.finish());
  return builder.finish();
}

// The defaulted root with the status that the constraint was written with.
Value with_status(Arena& arena, const Value& root, const Value& written) {
  const Value* status = written.is_object() ? written.as_object().find_text("status") : nullptr;
  if (status == nullptr || !root.is_object()) return root;
  ObjectBuilder builder(arena);
  const auto& object = root.as_object();
  for (std::uint32_t i = 0; i < object.size(); ++i) builder.add(object.keys()[i], object.values()[i]);
  builder.add(Value::string("status").with_origin(status->origin()), *status);
  return builder.finish().with_origin(root.origin());
}

}  // namespace

GatorNamespaces::GatorNamespaces()
    : empty_(named_namespace(arena_, "")), default_(named_namespace(arena_, "default")) {}

void GatorNamespaces::add(const ObjectPtr& object) {
  if (object->kind() == "Namespace" && object->group().empty())
    known_.insert_or_assign(std::string(object->name()), object);
}

Value GatorNamespaces::find(const Value& root) const {
  const std::string_view name = text_at(root, {"metadata", "namespace"});
  if (name.empty()) return empty_;
  const Value known = find_known(name);
  return known.is_defined() || name != "default" ? known : default_;
}

Value GatorNamespaces::find_known(std::string_view name) const {
  const auto found = known_.find(name);
  return found == known_.end() ? Value() : found->second->root();
}

ObjectsTest::ObjectsTest(std::shared_ptr<ProgramCache> programs, ClientOptions options, bool is_gator)
    : client_(std::move(programs), std::move(options)), is_gator_(is_gator) {}

bool ObjectsTest::take(Refusal refusal, std::vector<Refusal>& refusals) const {
  refusals.push_back(std::move(refusal));
  return !is_gator_;
}

std::vector<Refusal> ObjectsTest::load(std::span<const ObjectPtr> objects, std::span<const ObjectPtr> also) {
  std::vector<Refusal> refusals;
  const bool goes_on = load_templates(objects, refusals) && load_constraints(objects, refusals) &&
                       load_data(objects, refusals) && load_data(also, refusals);
  if (goes_on) static_cast<void>(load_expansion(objects, refusals));
  return refusals;
}

bool ObjectsTest::load_templates(std::span<const ObjectPtr> objects, std::vector<Refusal>& refusals) {
  for (const ObjectPtr& object : objects) {
    if (!is_template(*object)) continue;
    std::optional<Refusal> refusal = client_.add_template(object);
    if (!refusal) continue;
    refused_templates_.emplace_back(object->name());
    refusal->text = refusal->is_conversion
                        ? fmt::format("converting unstructured \"{}\" to template: {}", object->name(), refusal->text)
                        : fmt::format("adding template \"{}\": {}", object->name(), refusal->text);
    if (!take(std::move(*refusal), refusals)) return false;
  }
  return true;
}

bool ObjectsTest::load_constraints(std::span<const ObjectPtr> objects, std::vector<Refusal>& refusals) {
  for (const ObjectPtr& object : objects) {
    if (!is_constraint(*object)) continue;
    // What is wrong is told of its template.
    if (!is_gator_ && std::find(refused_templates_.begin(), refused_templates_.end(), lower_case(object->kind())) !=
                          refused_templates_.end())
      continue;
    std::optional<Refusal> refusal = client_.add_constraint(object);
    if (refusal) {
      refusal->text = fmt::format("adding constraint \"{}\": {}", object->name(), refusal->text);
      if (!take(std::move(*refusal), refusals)) return false;
      continue;
    }
    const std::shared_ptr<const Constraint> constraint = client_.find_constraint(object->kind(), object->name());
    if (constraint == nullptr) continue;
    constraints_.push_back(constraint);
    // A second one that is equal has the same root, with places of the first.
    if (constraint->object == object)
      roots_.emplace(object.get(), with_status(arena_, constraint->root, object->root()));
  }
  return true;
}

bool ObjectsTest::load_data(std::span<const ObjectPtr> objects, std::vector<Refusal>& refusals) {
  for (const ObjectPtr& object : objects) {
    ObjectPtr data = object;
    if (const auto replaced = roots_.find(object.get()); replaced != roots_.end()) {
      data = std::make_shared<const Object>(object->document().with_root(replaced->second), object->file(),
                                            object->reading());
      kept_.push_back(object);
    }
    std::optional<Refusal> refusal = client_.add_data(data);
    namespaces_.add(object);
    if (!refusal) continue;
    refusal->text =
        fmt::format("adding data of GVK \"{}\": admission.k8s.gatekeeper.sh: {}\n", gvk_text(*object), refusal->text);
    if (!take(std::move(*refusal), refusals)) return false;
  }
  return true;
}

bool ObjectsTest::load_expansion(std::span<const ObjectPtr> objects, std::vector<Refusal>& refusals) {
  for (Refusal& refusal : expander_.add_all(objects, is_gator_)) {
    refusal.text.insert(0, "error creating expander: ");
    if (!take(std::move(refusal), refusals)) return false;
  }
  return true;
}

Value ObjectsTest::root_of(const ObjectPtr& object) const {
  const auto replaced = roots_.find(object.get());
  return replaced == roots_.end() ? object->root() : replaced->second;
}

std::vector<Problem> ObjectsTest::take_notes() {
  std::vector<Problem> notes = client_.take_notes();
  notes.insert(notes.end(), notes_.begin(), notes_.end());
  notes_.clear();
  return notes;
}

void ObjectsTest::note_empty_namespace(const Object& object, const Value& root, const Value& namespace_object) {
  const MatchSubject as_gator{root, Value(), namespace_object, ObjectSource::Original};
  const MatchSubject as_cluster{root, Value(), Value(), ObjectSource::Original};
  for (const std::shared_ptr<const Constraint>& constraint : constraints_) {
    if (std::find(told_.begin(), told_.end(), constraint.get()) != told_.end()) continue;
    const Result<bool, std::string> here = constraint->match.applies(as_gator);
    const Result<bool, std::string> there = constraint->match.applies(as_cluster);
    if (!here || !there || *here == *there) continue;
    told_.push_back(constraint.get());
    const Value* match = find_path(constraint->object->root(), {"spec", "match"});
    notes_.push_back(problem_at(
        *constraint->object, match != nullptr ? match->origin() : 0, "gatekeeper_constraint",
        fmt::format("gator {} this to {} `{}`, which has no namespace; a cluster {}",
                    *here ? "applies" : "does not apply", object.kind(), object.name(), *here ? "does not" : "does")));
    notes_.back().severity = Severity::Warning;
  }
}

Reviewed ObjectsTest::review(const ObjectPtr& object) {
  // gator mutates the object that it shows afterwards.
  const ReviewRun run{client_, &expander_, is_gator_, is_gator_ ? &arena_ : nullptr};
  if (!is_gator_ && is_admission_review(*object)) return review_admission(run, object);
  const Value root = root_of(object);
  Value namespace_object = is_gator_ ? namespaces_.find(root) : Value();
  if (const std::string_view name = object->namespace_name(); !namespace_object.is_defined() && !name.empty())
    namespace_object = client_.namespace_object(name);
  if (is_gator_ && object->namespace_name().empty()) note_empty_namespace(*object, root, namespace_object);
  Reviewed reviewed = review_object(run, object, root, namespace_object);
  if (reviewed.mutated.is_defined()) roots_.insert_or_assign(object.get(), reviewed.mutated);
  return reviewed;
}

}  // namespace psdl::gatekeeper
