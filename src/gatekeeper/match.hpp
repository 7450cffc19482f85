// spec.match of a constraint. In: the criteria, an object and its Namespace; out: whether the constraint applies (SPEC
// 7).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gatekeeper/object.hpp"
#include "value/value.hpp"

namespace psdl::gatekeeper {

// Whether an object was made by expansion; Unknown where nobody said.
enum class ObjectSource : std::uint8_t { Unknown, Original, Generated };

// What is matched. `namespace_object`: the Namespace known for it, undefined where there is none (SPEC 7.1 says which
// that is, by command).
struct MatchSubject {
  Value object;      // undefined or null: there is none
  Value old_object;  // the same
  Value namespace_object;
  ObjectSource source = ObjectSource::Unknown;
};

class Match {
 public:
  // Matches everything.
  Match();
  // `match` is spec.match after the schema has taken it; undefined: everything matches. The texts are copied.
  [[nodiscard]] static Match read(const Value& match);
  // SPEC 6 row 4, asked before the schema: the selectors of a constraint, in Kubernetes' words behind `invalid
  // Constraint: `.
  [[nodiscard]] static std::optional<Refusal> check_selectors(const Object& constraint);

  // True, false, or an error in gator's words: `error matching the requested object: NAME :failed to run Match
  // criteria: ..`, or that there is no object. Results have `unable to match constraints: ` in front of it.
  [[nodiscard]] Result<bool, std::string> applies(const MatchSubject& subject) const;
  // Two constraints with equal criteria apply to the same subjects: `applies` is asked once for all of them.
  [[nodiscard]] bool operator==(const Match& other) const;
  // Whether a namespaceSelector asks for the Namespace of namespaced objects.
  [[nodiscard]] bool needs_namespace() const;

  struct Criteria;

 private:
  std::shared_ptr<const Criteria> criteria_;
};

}  // namespace psdl::gatekeeper
