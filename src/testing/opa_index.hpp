// Which rules `opa` would not even begin to evaluate, because an equation on the input or the data decides beforehand: its coverage leaves their lines out, so
// ours must. In: checked rules; out: for a call, whether a body of it is ruled out, and whether the first value ends the call.
//
// A subset of what OPA's index knows (equations with constants, fields that must be there, membership, prefixes and suffixes, arguments); patterns of
// glob.match and operands of `and` and `or` are left out, which counts a line as covered that OPA may not.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "compiler/compiler.hpp"
#include "debug/observe.hpp"

namespace psdl::testing {

class OpaIndex {
 public:
  explicit OpaIndex(const CheckedPolicy& policy);

  // The running call's body with that head.
  [[nodiscard]] bool rules_out(Span head, const debug::Inspector& at) const;
  // Whether all bodies of the running call that are not ruled out have one constant value, so that the first of them that holds is the last that is tried.
  [[nodiscard]] bool ends_at_first(const Function& function, const debug::Inspector& at) const;

 private:
  enum class Root : std::uint8_t { Input, Data, Argument };
  struct Place {
    Root root = Root::Input;
    std::uint32_t argument = 0;
    std::vector<Value> path;
    [[nodiscard]] bool is(const Place& other) const;
  };
  enum class Is : std::uint8_t { Defined, Equal, Prefix, Suffix, Member };
  struct Condition {
    Is is = Is::Defined;
    Value value;
    std::string_view var;  // Defined: the var that stands for the place
  };
  // The place must be there and meet one of the conditions.
  struct Requirement {
    Place place;
    std::vector<Condition> any;
  };
  struct Body {
    std::vector<Requirement> all;
    Value constant;  // of the head; undefined where it is none
    bool is_complete = false;
  };
  class Reader;

  [[nodiscard]] static bool meets(const Condition& condition, const Value& value);
  [[nodiscard]] const Body* find(Span head) const;

  Arena arena_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, Body> bodies_;  // by head
};

}  // namespace psdl::testing
