// Expansion: objects that contain others. In: ExpansionTemplates, mutators and an object; out: the object as mutators
// leave it, and the objects that controllers would make of it (SPEC 13).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/result.hpp"
#include "gatekeeper/mutators.hpp"
#include "gatekeeper/object.hpp"
#include "gatekeeper/refusal.hpp"

namespace psdl::gatekeeper {

[[nodiscard]] bool is_expansion_template(const Object& object);

// An object that is made of a part of another. Parts of the root keep the origins of the parent's document; what is
// added has none.
struct Resultant {
  Value root;
  std::string template_name;
  std::optional<std::string> action;  // of its results, where the template says so
};
struct Expanded {
  Value root;  // of the object itself, mutated
  std::vector<Resultant> resultants;
};

class Expander {
 public:
  // Of all objects those that expand or mutate. Texts begin `error parsing resources: `, `error upserting template N:
  // `, `error upserting mutator: `. As gator does, the first refusal ends it; else all are told and left out.
  [[nodiscard]] std::vector<Refusal> add_all(std::span<const ObjectPtr> objects, bool is_gator);
  // An ExpansionTemplate; a later one of the same name takes the place of an earlier one. The refusal's text begins
  // `error upserting template N: `.
  [[nodiscard]] std::optional<Refusal> add(const ObjectPtr& object);
  [[nodiscard]] bool is_empty() const { return templates_.empty() && mutators_.is_empty(); }

  // The parent is mutated, then expanded; what comes of it is mutated too. Deeper levels before direct resultants,
  // templates by name. `namespace_object` is the Namespace known for the parent, undefined where there is none. The
  // refusal's text begins `error mutating base resource N: `, `error expanding resource N: `.
  [[nodiscard]] Result<Expanded, Refusal> expand(Arena& arena, const ObjectPtr& parent, const Value& root,
                                                 const Value& namespace_object) const;

 private:
  struct Template {
    ObjectPtr object;
    std::string name;
    std::vector<MutationTarget> applies_to;
    std::string source;
    GroupVersionKind makes;
    std::optional<std::string> action;

    [[nodiscard]] bool takes(const GroupVersionKind& kind) const;
  };
  struct Run;

  [[nodiscard]] static Result<Template, Refusal> read(const ObjectPtr& object);
  [[nodiscard]] bool is_in_cycle(const Template& one) const;

  std::map<std::string, Template, std::less<>> templates_;
  Mutators mutators_;
  std::shared_ptr<Arena> values_ = std::make_shared<Arena>();  // that mutators set
};

}  // namespace psdl::gatekeeper
