// Criteria in the order in which Gatekeeper asks them; the first that says no ends it.
#include "gatekeeper/match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "gatekeeper/accessor.hpp"
#include "gatekeeper/glob.hpp"
#include "gatekeeper/label_selector.hpp"
#include "gatekeeper/place.hpp"

namespace psdl::gatekeeper {
namespace {

using Texts = std::vector<std::string>;

struct KindsEntry {
  Texts groups;
  Texts kinds;
  bool operator==(const KindsEntry&) const = default;
};

enum class Scope : std::uint8_t { Any, Cluster, Namespaced };
enum class Source : std::uint8_t { All, Original, Generated };

// What the criteria ask of an object.
struct Facts {
  std::string_view group;
  std::string_view kind;
  std::string_view name;
  std::string_view namespace_name;
  const Value* labels = nullptr;
  bool is_namespace = false;
};

Facts facts_of(const Value& object) {
  Facts facts;
  facts.group = split_api_version(text_at(object, {"apiVersion"})).group;
  facts.kind = known_kind(object);
  facts.name = text_at(object, {"metadata", "name"});
  facts.namespace_name = text_at(object, {"metadata", "namespace"});
  facts.labels = find_path(object, {"metadata", "labels"});
  facts.is_namespace = facts.kind == "Namespace" && facts.group.empty();
  return facts;
}

Texts texts_at(const Value& object, std::string_view name) {
  Texts texts;
  const Value* list = find_path(object, {name});
  if (list == nullptr || !list->is_array()) return texts;
  for (const Value& item : list->as_array()) {
    if (item.is_string()) texts.emplace_back(item.as_string());
  }
  return texts;
}

bool has(const Texts& texts, std::string_view wanted) {
  return texts.empty() || std::any_of(texts.begin(), texts.end(),
                                      [&](const std::string& text) { return text == "*" || text == wanted; });
}

bool has_glob(const Texts& globs, std::string_view name) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_matches(glob, name); });
}

bool is_there(const Value& object) {
  return object.is_defined() && !object.is_null();
}

}  // namespace

struct Match::Criteria {
  std::vector<KindsEntry> kinds;
  Scope scope = Scope::Any;
  Texts namespaces;
  Texts excluded_namespaces;
  std::optional<LabelSelector> label_selector;
  std::optional<LabelSelector> namespace_selector;
  std::string name;
  Source source = Source::All;
  bool operator==(const Criteria&) const = default;

  [[nodiscard]] bool has_kind(const Facts& facts) const {
    return kinds.empty() || std::any_of(kinds.begin(), kinds.end(), [&](const KindsEntry& entry) {
             return has(entry.kinds, facts.kind) && has(entry.groups, facts.group);
           });
  }

  [[nodiscard]] bool has_scope(const Facts& facts, const Value& namespace_object) const {
    const bool has_namespace = !facts.namespace_name.empty() || is_there(namespace_object);
    switch (scope) {
      case Scope::Cluster: return facts.is_namespace || !has_namespace;
      case Scope::Namespaced: return !facts.is_namespace && has_namespace;
      case Scope::Any: break;
    }
    return true;
  }

  // The name that `namespaces` and `excludedNamespaces` are about; nothing for a cluster-scoped object.
  static std::optional<std::string_view> namespace_of(const Facts& facts, const Value& namespace_object) {
    if (facts.is_namespace) return facts.name;
    if (is_there(namespace_object)) return text_at(namespace_object, {"metadata", "name"});
    if (!facts.namespace_name.empty()) return facts.namespace_name;
    return {};
  }

  [[nodiscard]] bool has_name(const Facts& facts, const Value& object) const {
    return name.empty() || glob_matches(name, facts.name) ||
           glob_matches_generated(name, text_at(object, {"metadata", "generateName"}));
  }

  [[nodiscard]] Result<bool, std::string> applies(const Value& object, const Value& namespace_object,
                                                  ObjectSource source_of_object) const {
    const Facts facts = facts_of(object);
    if (!has_kind(facts) || !has_scope(facts, namespace_object)) return false;
    const std::optional<std::string_view> in = namespace_of(facts, namespace_object);
    if (!namespaces.empty() && in.has_value() && !has_glob(namespaces, *in)) return false;
    if (in.has_value() && has_glob(excluded_namespaces, *in)) return false;
    if (label_selector.has_value() && !label_selector->selects(facts.labels)) return false;
    if (namespace_selector.has_value()) {
      const Result<bool, std::string> is_selected = selects_namespace(facts, namespace_object);
      if (!is_selected || !*is_selected) return is_selected;
    }
    if (!has_name(facts, object)) return false;
    if (source == Source::All) return true;
    if (source_of_object == ObjectSource::Unknown)
      return fmt::format("source field not specified for resource {}", facts.name);
    return (source == Source::Generated) == (source_of_object == ObjectSource::Generated);
  }

  [[nodiscard]] Result<bool, std::string> selects_namespace(const Facts& facts, const Value& namespace_object) const {
    if (facts.is_namespace) return namespace_selector->selects(facts.labels);
    if (is_there(namespace_object))
      return namespace_selector->selects(find_path(namespace_object, {"metadata", "labels"}));
    if (facts.namespace_name.empty()) return true;
    return std::string("namespace selector for namespace-scoped object but missing Namespace");
  }
};

Match::Match() : criteria_(std::make_shared<const Criteria>()) {}

Match Match::read(const Value& match) {
  Match read;
  if (!match.is_object()) return read;
  auto criteria = std::make_shared<Criteria>();
  if (const Value* kinds = find_path(match, {"kinds"}); kinds != nullptr && kinds->is_array()) {
    for (const Value& entry : kinds->as_array())
      criteria->kinds.push_back({texts_at(entry, "apiGroups"), texts_at(entry, "kinds")});
  }
  const std::string_view scope = text_at(match, {"scope"});
  criteria->scope = scope == "Cluster" ? Scope::Cluster : scope == "Namespaced" ? Scope::Namespaced : Scope::Any;
  criteria->namespaces = texts_at(match, "namespaces");
  criteria->excluded_namespaces = texts_at(match, "excludedNamespaces");
  if (const Value* selector = find_path(match, {"labelSelector"}); selector != nullptr)
    criteria->label_selector.emplace(*selector);
  if (const Value* selector = find_path(match, {"namespaceSelector"}); selector != nullptr)
    criteria->namespace_selector.emplace(*selector);
  criteria->name = text_at(match, {"name"});
  const std::string_view source = text_at(match, {"source"});
  criteria->source = source == "Original" ? Source::Original : source == "Generated" ? Source::Generated : Source::All;
  read.criteria_ = std::move(criteria);
  return read;
}

std::optional<Refusal> Match::check_selectors(const Object& constraint) {
  for (const std::string_view name : {"labelSelector", "namespaceSelector"}) {
    const Value* selector = nullptr;
    if (std::optional<FieldError> error = nested_map(constraint, {"spec", "match", name}, selector); error.has_value())
      return refuse(constraint, error->origin, "gatekeeper_constraint", error->text);
    if (selector == nullptr) continue;
    if (const FieldError error = LabelSelector::check_types(*selector); !error.text.empty()) {
      return refuse(constraint, error.origin, "gatekeeper_constraint",
                    "Could not convert JSON to LabelSelector: " + error.text);
    }
    const FieldErrors errors = LabelSelector::check(*selector, "spec.labelSelector");
    if (errors.empty()) continue;
    Refusal refusal;
    refusal.text = join_errors(errors);
    for (const FieldError& error : errors) {
      // Kubernetes is told one path for both selectors; people want the one that they wrote.
      std::string message = error.text;
      message.replace(0, std::string_view("spec.labelSelector").size(), fmt::format("spec.match.{}", name));
      refusal.problems.push_back(problem_at(constraint, error.origin, "gatekeeper_constraint", std::move(message)));
    }
    return refusal;
  }
  return {};
}

Result<bool, std::string> Match::applies(const MatchSubject& subject) const {
  const std::span<const Value> objects[] = {{&subject.object, 1}, {&subject.old_object, 1}};
  bool has_any = false;
  for (const std::span<const Value> one : objects) {
    const Value& object = one.front();
    if (!is_there(object)) continue;
    has_any = true;
    const Result<bool, std::string> applies = criteria_->applies(object, subject.namespace_object, subject.source);
    if (!applies) {
      return fmt::format("error matching the requested object: {} :failed to run Match criteria: {}",
                         text_at(object, {"metadata", "name"}), applies.error());
    }
    if (*applies) return true;
  }
  if (!has_any) return std::string("invalid request object: neither object nor old object are defined");
  return false;
}

bool Match::operator==(const Match& other) const {
  return criteria_ == other.criteria_ || *criteria_ == *other.criteria_;
}

bool Match::needs_namespace() const {
  return criteria_->namespace_selector.has_value();
}

}  // namespace psdl::gatekeeper
