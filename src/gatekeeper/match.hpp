// spec.match of a constraint. In: the criteria, an object and its Namespace; out: whether the constraint applies (SPEC 7).
#pragma once

#include <cstdint>
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

// What is matched. `namespace_object`: the Namespace known for it, undefined where there is none (SPEC 7.1 says which that is, by command).
struct MatchSubject {
  Value object;      // undefined or null: there is none
  Value old_object;  // the same
  Value namespace_object;
  ObjectSource source = ObjectSource::Unknown;
};

// Label selectors, checked when the constraint is read; texts are Kubernetes' field errors.
struct LabelSelector;

class Match {
 public:
  // `match` is spec.match after the schema has taken it; undefined: everything matches.
  [[nodiscard]] static Result<Match, Refusal> read(const Object& constraint);

  // True, false, or an error in gator's words, from `failed to run Match criteria: ` on.
  [[nodiscard]] Result<bool, std::string> applies(const MatchSubject& subject) const;
  // Two constraints with equal criteria apply to the same subjects: `applies` is asked once for all of them.
  [[nodiscard]] bool operator==(const Match& other) const;

 private:
  struct Criteria;
  std::shared_ptr<const Criteria> criteria_;
};

}  // namespace psdl::gatekeeper
