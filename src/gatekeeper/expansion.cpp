// Templates checked in gator's order; resultants built beside their parent, sharing all that is not changed.
#include "gatekeeper/expansion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "gatekeeper/accessor.hpp"
#include "gatekeeper/gvk.hpp"
#include "gatekeeper/mutators_types.hpp"
#include "gatekeeper/place.hpp"
#include "value/builders.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kCode = "gatekeeper_expansion";
constexpr std::size_t kMostDepth = 30;
constexpr std::size_t kMostResultants =
    10'000;  // of one object: templates that apply to one kind multiply from level to level

std::uint32_t origin_at(const Value& root, std::initializer_list<std::string_view> path) {
  const Value* value = find_path(root, path);
  return value != nullptr ? value->origin() : 0;
}

std::vector<std::string> texts_at(const Value& root, std::string_view key) {
  std::vector<std::string> texts;
  const Value* list = find_path(root, {key});
  if (list == nullptr || !list->is_array()) return texts;
  for (const Value& item : list->as_array()) {
    if (item.is_string()) texts.emplace_back(item.as_string());
  }
  return texts;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

// The members of an object, changed one by one.
class Members {
 public:
  explicit Members(const Value* object) {
    if (object == nullptr || !object->is_object()) return;
    const auto& from = object->as_object();
    for (std::uint32_t i = 0; i < from.size(); ++i) pairs_.emplace_back(from.keys()[i], from.values()[i]);
  }

  void set(Arena& arena, std::string_view name, const Value& value) {
    remove(name);
    pairs_.emplace_back(Value::string(arena, name).with_origin(value.origin()), value);
  }
  void remove(std::string_view name) {
    std::erase_if(pairs_, [&](const auto& pair) { return pair.first.is_string() && pair.first.as_string() == name; });
  }
  [[nodiscard]] const Value* find(std::string_view name) const {
    for (const auto& [key, value] : pairs_) {
      if (key.is_string() && key.as_string() == name) return &value;
    }
    return nullptr;
  }
  [[nodiscard]] bool is_empty() const { return pairs_.empty(); }
  [[nodiscard]] Value finish(Arena& arena, std::uint32_t origin) const {
    ObjectBuilder builder(arena);
    for (const auto& [key, value] : pairs_) builder.add(key, value);
    return builder.finish().with_origin(origin);
  }

 private:
  std::vector<std::pair<Value, Value>> pairs_;
};

// The parent as its resultants refer to it.
struct Owner {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string namespace_name;
};

Owner owner_of(const Value& root) {
  return {std::string(text_at(root, {"apiVersion"})), std::string(text_at(root, {"kind"})),
          std::string(text_at(root, {"metadata", "name"})), std::string(text_at(root, {"metadata", "namespace"}))};
}

bool is_owned_already(const Value* references, const Owner& owner) {
  if (references == nullptr || !references->is_array()) return false;
  const std::span<const Value> items = references->as_array();
  return std::any_of(items.begin(), items.end(), [&](const Value& item) {
    return text_at(item, {"apiVersion"}) == owner.api_version && text_at(item, {"kind"}) == owner.kind &&
           text_at(item, {"name"}) == owner.name;
  });
}

void add_owner(Arena& arena, Members& metadata, const Owner& owner) {
  if (owner.api_version.empty() || owner.kind.empty() || owner.name.empty()) return;
  const Value* references = metadata.find("ownerReferences");
  if (is_owned_already(references, owner)) return;
  ArrayBuilder list(arena);
  // A list with anything but objects in it is none.
  if (references != nullptr && references->is_array()) {
    const std::span<const Value> items = references->as_array();
    if (std::all_of(items.begin(), items.end(), [](const Value& item) { return item.is_object(); })) {
      for (const Value& item : items) list.add(item);
    }
  }
  Members reference(nullptr);
  reference.set(arena, "apiVersion", Value::string(arena, owner.api_version));
  reference.set(arena, "kind", Value::string(arena, owner.kind));
  reference.set(arena, "name", Value::string(arena, owner.name));
  reference.set(arena, "uid", Value::string(arena, ""));
  list.add(reference.finish(arena, 0));
  metadata.set(arena, "ownerReferences", list.finish());
}

}  // namespace

namespace {

// A field of another type than its own.
std::optional<Refusal> refuse_types(const Object& object) {
  const std::optional<TypeError> wrong = check_expansion_types(object);
  if (!wrong) return std::nullopt;
  return Refusal{fmt::format("error parsing resources: {}", wrong->error.text),
                 {problem_at(object, wrong->error.origin, kCode, fmt::format("`{}`: {}", wrong->field, wrong->error.text))}};
}

}  // namespace

bool is_expansion_template(const Object& object) {
  return object.group() == "expansion.gatekeeper.sh" && object.kind() == "ExpansionTemplate";
}

bool Expander::Template::takes(const GroupVersionKind& kind) const {
  return std::any_of(applies_to.begin(), applies_to.end(), [&](const MutationTarget& one) { return one.takes(kind); });
}

Result<Expander::Template, Refusal> Expander::read(const ObjectPtr& object) {
  const Value& root = object->root();
  if (std::optional<Refusal> refusal = refuse_types(*object)) return std::move(*refusal);
  Template made;
  made.object = object;
  made.name = object->name();
  made.source = text_at(root, {"spec", "templateSource"});
  made.makes.group = text_at(root, {"spec", "generatedGVK", "group"});
  made.makes.version = text_at(root, {"spec", "generatedGVK", "version"});
  made.makes.kind = text_at(root, {"spec", "generatedGVK", "kind"});
  if (const Value* action = find_path(root, {"spec", "enforcementAction"});
      action != nullptr && action->is_string() && !action->as_string().empty()) {
    made.action = action->as_string();
  }
  const Value* applies = find_path(root, {"spec", "applyTo"});
  if (applies != nullptr && applies->is_array()) {
    for (const Value& item : applies->as_array())
      made.applies_to.push_back({texts_at(item, "groups"), texts_at(item, "versions"), texts_at(item, "kinds"), {}});
  }

  const auto refuse = [&](std::initializer_list<std::string_view> path, const std::string& message) {
    std::uint32_t origin = origin_at(root, path);
    if (origin == 0) origin = origin_at(root, {"spec"});
    return Refusal{fmt::format("error upserting template {}: {}", made.name, message),
                   {problem_at(*object, origin, kCode, message)}};
  };
  if (made.name.empty()) return refuse({"metadata"}, "ExpansionTemplate has empty name field");
  if (made.name.size() >= 64)
    return refuse({"metadata", "name"}, "ExpansionTemplate name must be less than 64 characters");
  if (made.source.empty())
    return refuse({"spec", "templateSource"}, fmt::format("ExpansionTemplate {} has empty source field", made.name));
  if (made.makes.group.empty() && made.makes.version.empty() && made.makes.kind.empty()) {
    return refuse({"spec", "generatedGVK"},
                  fmt::format("ExpansionTemplate {} has empty generatedGVK field", made.name));
  }
  if (made.applies_to.empty())
    return refuse({"spec", "applyTo"}, fmt::format("ExpansionTemplate {} must specify ApplyTo", made.name));
  if (made.takes(made.makes)) {
    return refuse({"spec", "applyTo"},
                  fmt::format("ExpansionTemplate {} generates GVK {}, but also applies to that same GVK", made.name,
                              gvk_text(made.makes.group, made.makes.version, made.makes.kind)));
  }
  return made;
}

std::vector<Refusal> Expander::add_all(std::span<const ObjectPtr> objects, bool is_gator) {
  std::vector<Refusal> refusals;
  // False: enough.
  const auto take = [&](Refusal refusal, std::string_view front) {
    refusal.text.insert(0, front);
    refusals.push_back(std::move(refusal));
    return !is_gator;
  };
  std::vector<MutatorRule> rules;
  for (const ObjectPtr& object : objects) {
    // gator takes all of them for its structs before it looks at any.
    if (is_gator && is_expansion_template(*object)) {
      if (std::optional<Refusal> refusal = refuse_types(*object)) return {std::move(*refusal)};
    }
    if (!is_mutator(*object)) continue;
    Result<MutatorRule, Refusal> rule = read_mutator(*values_, object, is_gator);
    if (rule) {
      rules.push_back(std::move(*rule));
    } else if (!take(rule.error(), "error parsing resources: ")) {
      return refusals;
    }
  }
  for (const ObjectPtr& object : objects) {
    if (!is_expansion_template(*object)) continue;
    if (std::optional<Refusal> refusal = add(object); refusal && !take(std::move(*refusal), {})) return refusals;
  }
  for (MutatorRule& rule : rules) {
    std::optional<Refusal> refusal = mutators_.add(std::move(rule));
    if (refusal && !take(std::move(*refusal), "error upserting mutator: ")) return refusals;
  }
  return refusals;
}

std::optional<Refusal> Expander::add(const ObjectPtr& object) {
  Result<Template, Refusal> made = read(object);
  if (!made) return made.error();
  const std::string name = made->name;
  const auto before = templates_.find(name);
  std::optional<Template> replaced;
  if (before != templates_.end()) replaced = before->second;
  const Template& added = templates_.insert_or_assign(name, std::move(*made)).first->second;
  if (!is_in_cycle(added)) return std::nullopt;
  templates_.erase(name);
  if (replaced) templates_.emplace(name, std::move(*replaced));
  const std::string message = "template forms expansion cycle";
  return Refusal{fmt::format("error upserting template {}: {}", name, message),
                 {problem_at(*object, origin_at(object->root(), {"spec", "generatedGVK"}), kCode,
                             fmt::format("{}: what `{}` makes is made into what it applies to", message, name))}};
}

// Whether what it makes is, perhaps after more templates, made into what it applies to.
bool Expander::is_in_cycle(const Template& one) const {
  std::vector<const Template*> open{&one};
  std::set<const Template*> seen;
  while (!open.empty()) {
    const Template& from = *open.back();
    open.pop_back();
    if (one.takes(from.makes)) return true;
    for (const auto& [name, next] : templates_) {
      if (next.takes(from.makes) && seen.insert(&next).second) open.push_back(&next);
    }
  }
  return false;
}

// One object with all that comes of it.
struct Expander::Run {
  const Expander& expander;
  Arena& arena;
  const ObjectPtr& parent;
  const Value& namespace_object;
  std::vector<Resultant> resultants;
  std::size_t made = 0;

  // Mutated as a resultant.
  std::optional<Refusal> mutate(Value& root) const {
    if (expander.mutators_.is_empty()) return std::nullopt;
    Result<Value, Refusal> mutated =
        expander.mutators_.apply(arena, *parent, {root, Value(), namespace_object, ObjectSource::Generated});
    if (mutated) {
      root = *mutated;
      return std::nullopt;
    }
    Refusal refusal = mutated.error();
    refusal.text = fmt::format("error expanding resource {}: failed to mutate resultant resource {}: {}",
                               parent->name(), text_at(root, {"metadata", "name"}), refusal.text);
    return refusal;
  }

  Refusal refuse(std::uint32_t origin, const std::string& why) const {
    const std::string_view name = parent->name();
    return {fmt::format("error expanding resource {}: {}", name, why),
            {problem_at(*parent, origin, kCode, fmt::format("cannot expand `{}`: {}", name, why))}};
  }

  // The embedded object, or why there is none.
  Result<const Value*, Refusal> find_source(const Value& root, const Template& by) const {
    const Value* at = &root;
    const std::string_view source = by.source;
    for (std::size_t begin = 0; begin <= source.size();) {
      const std::size_t end = std::min(source.find('.', begin), source.size());
      if (!at->is_object() && !at->is_null()) return refuse_type(*at, source.substr(0, end));
      const Value* next = at->is_null() ? nullptr : at->as_object().find_text(source.substr(begin, end - begin));
      if (next == nullptr) {
        return refuse(at->origin(), fmt::format("could not find source field \"{}\" in resource {}", source,
                                                text_at(root, {"metadata", "name"})));
      }
      at = next;
      begin = end + 1;
    }
    if (!at->is_object()) return refuse_type(*at, source);
    return at;
  }

  // What stands on the way to `path`, or at its end, is no object.
  Refusal refuse_type(const Value& value, std::string_view path) const {
    return refuse(value.origin(),
                  fmt::format("could not extract source field from unstructured: .{} accessor error: {} is of the type "
                              "{}, expected map[string]interface{{}}",
                              path, go_plain(value, parent->reading()), go_type(value, parent->reading())));
  }

  Value make(const Value& source, const Value& root, const Template& by) const {
    const Owner owner = owner_of(root);
    Members members(&source);
    const std::string api_version =
        by.makes.group.empty() ? by.makes.version : fmt::format("{}/{}", by.makes.group, by.makes.version);
    members.set(arena, "apiVersion", Value::string(arena, api_version));
    members.set(arena, "kind", Value::string(arena, by.makes.kind));
    const Value* given = members.find("metadata");
    // Kubernetes sets nothing below a `metadata` that is no object; in a cluster, where it is decoded, null is none.
    const bool is_none = given == nullptr || (given->is_null() && parent->reading() == Reading::Native);
    if (!is_none && !given->is_object()) return members.finish(arena, source.origin());
    const std::uint32_t origin = given != nullptr ? given->origin() : 0;
    Members metadata(given);
    const std::string_view namespace_name = namespace_object.is_defined()
                                                ? text_at(namespace_object, {"metadata", "name"})
                                                : std::string_view(owner.namespace_name);
    if (namespace_name.empty()) {
      metadata.remove("namespace");
    } else {
      metadata.set(arena, "namespace", Value::string(arena, namespace_name));
    }
    metadata.set(arena, "name",
                 Value::string(arena, lower_case(fmt::format("{}{}{}", owner.name, by.makes.kind.empty() ? "" : "-",
                                                             by.makes.kind))));
    add_owner(arena, metadata, owner);
    members.set(arena, "metadata", metadata.finish(arena, origin));
    return members.finish(arena, source.origin());
  }

  std::optional<Refusal> expand(const Value& root, std::size_t depth) {
    if (depth >= kMostDepth)
      return refuse(root.origin(), fmt::format("maximum recursion depth of {} reached", kMostDepth));
    const GroupVersionKind kind = kind_of(root);
    std::vector<Resultant> direct;
    for (const auto& [name, by] : expander.templates_) {
      if (!by.takes(kind)) continue;
      const Result<const Value*, Refusal> source = find_source(root, by);
      if (!source) return source.error();
      if (++made > kMostResultants)
        return refuse(root.origin(), fmt::format("more than {} objects come of it", kMostResultants));
      direct.push_back({make(**source, root, by), name, by.action});
    }
    for (Resultant& one : direct) {
      if (std::optional<Refusal> refusal = mutate(one.root)) return refusal;
    }
    for (const Resultant& one : direct) {
      if (std::optional<Refusal> refusal = expand(one.root, depth + 1)) return refusal;
    }
    resultants.insert(resultants.end(), direct.begin(), direct.end());
    return std::nullopt;
  }
};

Result<Expanded, Refusal> Expander::expand(Arena& arena, const ObjectPtr& parent, const Value& root,
                                           const Value& namespace_object) const {
  Expanded expanded;
  expanded.root = root;
  if (!mutators_.is_empty()) {
    Result<Value, Refusal> mutated =
        mutators_.apply(arena, *parent, {root, Value(), namespace_object, ObjectSource::Original});
    if (!mutated) {
      Refusal refusal = mutated.error();
      refusal.text = fmt::format("error mutating base resource {}: {}", parent->name(), refusal.text);
      return refusal;
    }
    expanded.root = *mutated;
  }
  Run run{*this, arena, parent, namespace_object, {}, 0};
  if (std::optional<Refusal> refusal = run.expand(expanded.root, 0)) return std::move(*refusal);
  expanded.resultants = std::move(run.resultants);
  return expanded;
}

}  // namespace psdl::gatekeeper
