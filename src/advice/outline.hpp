// What is known of a value before any input is seen: the alternatives that it may be. In: constants, types of
// Kubernetes, collections that a rule makes; out: what stands under a key, and which kinds of JSON it may be of.
//
// An outline without any alternative is that of no value at all.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "advice/name_set.hpp"
#include "builtins/signature.hpp"
#include "kubernetes/known_types.hpp"
#include "syntax/ast.hpp"

namespace psdl::advice {

// The objects whose kind a rule may test for.
enum class Subject : std::uint8_t { Input, Reviewed, Other };
inline constexpr std::size_t kSubjects = 2;  // those that tests narrow

// Which kinds of object a subject may be.
struct ObjectKinds {
  NameSet kinds = {};
  NameSet groups = {};

  [[nodiscard]] bool is_empty() const { return kinds.is_empty() || groups.is_empty(); }
  friend bool operator==(const ObjectKinds&, const ObjectKinds&) = default;
};
[[nodiscard]] ObjectKinds intersection(const ObjectKinds& a, const ObjectKinds& b);
[[nodiscard]] ObjectKinds either(const ObjectKinds& a, const ObjectKinds& b);

// Values of a Kubernetes type. Review: what an admission review asks of, ReviewKind: its `kind`.
enum class Role : std::uint8_t { Plain, Review, ReviewKind };
struct TypedValue {
  Shape shape = Shape::Any;
  Holder holder = Holder::One;
  Role role = Role::Plain;
  bool is_guess = false;  // of a kind that nothing tests for: others may have more fields
  std::uint16_t type = 0;
  const KnownField* field = nullptr;  // what it was read from; null at the root of an object
  friend bool operator==(const TypedValue&, const TypedValue&) = default;
};

// A whole object.
struct WholeObject {
  Subject subject = Subject::Input;
  ObjectKinds kinds = {};
  friend bool operator==(const WholeObject&, const WholeObject&) = default;
};

// A text that says of which kind a subject is.
enum class Aspect : std::uint8_t { None, Kind, Group, ApiVersion };
struct KindText {
  Aspect aspect = Aspect::None;
  WholeObject object = {};
  friend bool operator==(const KindText&, const KindText&) = default;
};

struct Made;
struct Outline {
  bool is_anything = false;
  KindMask kinds = 0;  // values of which no more than the kind is known
  std::vector<const ast::Term*> constants = {};
  std::vector<TypedValue> typed = {};
  std::vector<WholeObject> objects = {};
  std::vector<std::shared_ptr<const Made>> made = {};
  KindText says = {};

  [[nodiscard]] bool is_nothing() const {
    return !is_anything && kinds == 0 && constants.empty() && typed.empty() && objects.empty() && made.empty();
  }
  // Its constants and nothing else.
  [[nodiscard]] bool is_constant() const {
    return !constants.empty() && !is_anything && kinds == 0 && typed.empty() && objects.empty() && made.empty();
  }
};

// A collection that the policy itself makes.
struct Made {
  enum class Kind : std::uint8_t { Array, Set, Object };
  Kind kind = Kind::Array;
  Outline keys = {};  // of members that are not known one by one
  Outline values = {};
  std::vector<std::pair<const ast::Term*, Outline>> members = {};  // of an object, by constant key
  std::size_t depth = 1;                                           // of collections inside each other
  std::vector<Outline> items = {};                                 // of an array that is known from end to end
};

[[nodiscard]] Outline anything();
[[nodiscard]] Outline plain(KindMask kinds);
[[nodiscard]] Outline constant(const ast::Term& scalar);
[[nodiscard]] Outline collection(Made made);
[[nodiscard]] Outline of_type(const TypedValue& value);
// The whole input; an object of a kind.
[[nodiscard]] Outline whole(const WholeObject& object);

void join(Outline& into, const Outline& other);
// The kinds of JSON that it may be of.
[[nodiscard]] KindMask kinds_of(const Outline& outline);
[[nodiscard]] KindMask kinds_of(const TypedValue& value);
// All values of a collection, all keys of one. `narrowed`: what tests say of the subjects.
[[nodiscard]] Outline values_of(const Outline& collection);
[[nodiscard]] Outline keys_of(const Outline& collection);
// A text that two outlines share only if they are the same; for tables of what was answered before.
[[nodiscard]] std::string signature_of(const Outline& outline);

}  // namespace psdl::advice
