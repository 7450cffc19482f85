// data.inventory (SPEC 9.4). In: objects; out: one value that rules read, by scope, group and version, kind and name.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.hpp"
#include "gatekeeper/object.hpp"
#include "gatekeeper/refusal.hpp"
#include "value/key_table.hpp"

namespace psdl::gatekeeper {

class Inventory {
 public:
  // A later object of the same key takes the place of an earlier one.
  [[nodiscard]] std::optional<Refusal> add(const ObjectPtr& object, bool has_gator_numbers = false);
  // {"inventory": ..}, made anew where something was added since; lives until then. `keys`: of the programs that read it; may be null.
  [[nodiscard]] const Value& data(const KeyTable* keys);
  // A Namespace of that name, undefined where there is none.
  [[nodiscard]] Value namespace_object(std::string_view name) const;

 private:
  struct Held {
    ObjectPtr object;  // its strings
    Value value;       // without origins: no finding stands in the inventory
    std::shared_ptr<const Arena> arena;
  };
  using Names = std::map<std::string, Held, std::less<>>;
  using Kinds = std::map<std::string, Names, std::less<>>;
  using Versions = std::map<std::string, Kinds, std::less<>>;

  [[nodiscard]] static Value versions_value(Arena& arena, const KeyTable* keys, const Versions& versions);

  Versions cluster_;
  std::map<std::string, Versions, std::less<>> namespaced_;
  std::unique_ptr<Arena> arena_;
  const KeyTable* keys_ = nullptr;
  Value data_;
};

// A copy whose nodes have no place in a document; strings stay where they are. Frozen. Keys get their numbers in `keys`.
[[nodiscard]] Value without_origins(Arena& arena, const KeyTable* keys, const Value& value);

}  // namespace psdl::gatekeeper
