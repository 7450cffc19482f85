// Expansion: objects that contain others. In: ExpansionTemplates and an object; out: the objects that controllers would
// make of it (SPEC 13).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/result.hpp"
#include "gatekeeper/object.hpp"
#include "gatekeeper/refusal.hpp"

namespace psdl::gatekeeper {

[[nodiscard]] bool is_expansion_template(const Object& object);
// Assign, AssignMetadata, ModifySet, AssignImage: PSDL does not run them.
[[nodiscard]] bool is_mutator(const Object& object);
// In front of whatever is reviewed with a mutator beside it.
[[nodiscard]] Refusal refuse_mutator(const Object& object);

// An object that is made of a part of another. Parts of the root keep the origins of the parent's document; what is
// added has none.
struct Resultant {
  Value root;
  std::string template_name;
  std::optional<std::string> action;  // of its results, where the template says so
};

class Expander {
 public:
  // An ExpansionTemplate; a later one of the same name takes the place of an earlier one. The refusal's text begins
  // `error upserting template N: `.
  [[nodiscard]] std::optional<Refusal> add(const ObjectPtr& object);
  [[nodiscard]] bool is_empty() const { return templates_.empty(); }

  // Deeper levels before direct resultants, templates by name. `namespace_object` is the Namespace known for the
  // parent, undefined where there is none. The refusal's text begins `error expanding resource N: `.
  [[nodiscard]] Result<std::vector<Resultant>, Refusal> expand(Arena& arena, const ObjectPtr& parent, const Value& root,
                                                               const Value& namespace_object) const;

 private:
  struct Kind {
    std::string group;
    std::string version;
    std::string kind;
  };
  struct AppliesTo {
    std::vector<std::string> groups;
    std::vector<std::string> versions;
    std::vector<std::string> kinds;
  };
  struct Template {
    ObjectPtr object;
    std::string name;
    std::vector<AppliesTo> applies_to;
    std::string source;
    Kind makes;
    std::optional<std::string> action;

    [[nodiscard]] bool takes(const Kind& kind) const;
  };
  struct Run;

  [[nodiscard]] static Result<Template, Refusal> read(const ObjectPtr& object);
  [[nodiscard]] bool is_in_cycle(const Template& one) const;

  std::map<std::string, Template, std::less<>> templates_;
};

}  // namespace psdl::gatekeeper
