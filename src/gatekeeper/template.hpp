// ConstraintTemplates. In: an object; out: what it declares, or Gatekeeper's refusal (SPEC 3). No Rego is parsed here
// (module.hpp does).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatekeeper/object.hpp"
#include "gatekeeper/schema.hpp"

namespace psdl::gatekeeper {

// A Rego text inside the template's YAML. origin: its node in the template's document, from which places are found.
struct RegoText {
  std::string_view text;
  std::uint32_t origin = 0;
};
struct RegoCode {
  RegoText entry;
  std::vector<RegoText> libs;
  bool is_v1 = false;
};

struct Template {
  ObjectPtr object;
  std::string name;                      // metadata.name
  std::string kind;                      // of its constraints
  std::shared_ptr<const Schema> schema;  // of its constraints
  std::optional<RegoCode> rego;
  bool has_cel = false;  // CEL beside Rego: the Rego runs; CEL alone is refused
};

// `Template` is shared: constraints and programs keep it. SPEC 3.2 row 3 is the client's, which knows what was loaded
// before.
[[nodiscard]] Result<std::shared_ptr<const Template>, Refusal> read_template(const ObjectPtr& object);

// Whether an object is one at all (group and kind): what `gator test` looks for among its inputs.
[[nodiscard]] bool is_template(const Object& object);

// The same text twice is no change.
[[nodiscard]] bool is_same(const Template& one, const Template& other);

}  // namespace psdl::gatekeeper
