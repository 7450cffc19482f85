// Static types of terms. In: kinds and constants; out: types, compared, united and taken apart as OPA's checker does it.
//
// A null `const Type*` is a type that is not known (yet); it may stand inside of others. Types are made once and shared.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "syntax/ast.hpp"

namespace psdl {

struct Type;
struct TypeProperty {
  const ast::Term* key = nullptr;  // constant
  const Type* value = nullptr;
};

struct Type {
  // In OPA's order.
  enum class Kind : std::uint8_t { Null, Boolean, Number, String, Array, Object, Set, Any, Function };

  Kind kind = Kind::Any;
  bool is_dynamic = false;                      // an array or object with members beyond the static ones
  bool has_result = true;                       // of a function
  std::span<const Type* const> items = {};      // of an array: its first elements; Any: the alternatives (none: anything at all); function: operands
  std::span<const TypeProperty> properties = {};  // of an object, sorted by key
  const Type* key = nullptr;                    // of an object's dynamic members
  const Type* of = nullptr;                     // of a set's members (null: empty), dynamic members, a function's result
  std::uint32_t depth = 1;                      // of types inside each other

  [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }
  [[nodiscard]] bool is_anything() const { return kind == Kind::Any && items.empty(); }
  // An array, object or set that has no members at all.
  [[nodiscard]] bool is_empty_collection() const;
};

// Makes types. `steps` bounds how much work comparing may be, because shared types can unfold without end: beyond it all types agree.
class Types {
 public:
  explicit Types(Arena& arena);

  const Type* null() const { return &null_; }
  const Type* boolean() const { return &boolean_; }
  const Type* number() const { return &number_; }
  const Type* string() const { return &string_; }
  const Type* any() const { return &any_; }
  const Type* array(std::span<const Type* const> items, const Type* rest);
  const Type* set(const Type* of);
  const Type* object(std::vector<TypeProperty> properties);
  const Type* object(std::vector<TypeProperty> properties, const Type* key, const Type* value);
  const Type* function(std::span<const Type* const> operands, const Type* result, bool has_result);
  // "(string, any) -> boolean"
  const Type* parse_signature(std::string_view text);

  const Type* of_constant(const ast::Term& term);
  // The union; null only where one of the two is a function.
  const Type* either(const Type* a, const Type* b);
  // Of the member under a constant, of all keys, of all values; null where there is none.
  const Type* select(const Type* type, const ast::Term& key);
  const Type* keys(const Type* type);
  const Type* values(const Type* type);
  const Type* element(const Type& array, std::size_t at) const;  // null where there is none
  const Type* property(const Type& object, const ast::Term& key);
  // Joined as definitions of one rule are.
  const Type* merge(const Type* a, const Type* b);

  int compare(const Type* a, const Type* b);
  bool contains(const Type* a, const Type* b);
  // Whether something is, or may be inside of, unknown.
  static bool has_unknown(const Type* type);
  // Whether a value could be of both.
  bool unifies(const Type* a, const Type* b);

  void reset_steps() { steps_ = 0; }
  static std::string text(const Type* type);

 private:
  // Rules that wrap each other's results would nest types without end. What nests deeper than any check will ask for may be anything.
  const Type* make(Type type);
  const Type* any_of(std::vector<const Type*> members);  // sorted
  const Type* any_merge(const Type& any, const Type* other);
  bool any_contains(const Type& any, const Type* other);
  bool unifies_any(const Type& any, const Type* other);
  bool unifies_arrays(const Type& a, const Type& b);
  bool unifies_objects(const Type& a, const Type& b);
  bool out_of_steps() { return ++steps_ > kMaxSteps; }

  static constexpr std::uint32_t kMaxSteps = 200'000;
  static constexpr std::uint32_t kDeepest = 200;

  Arena* arena_;
  Type null_{.kind = Type::Kind::Null};
  Type boolean_{.kind = Type::Kind::Boolean};
  Type number_{.kind = Type::Kind::Number};
  Type string_{.kind = Type::Kind::String};
  Type any_{.kind = Type::Kind::Any};
  std::uint32_t steps_ = 0;
};

}  // namespace psdl
