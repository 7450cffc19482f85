// A document as Kubernetes hands it on: what is not set is not there, and numbers are spelt as integers. Only what
// changes is copied.
#include <array>

#include "kubernetes/check_types.hpp"
#include "kubernetes/resolve_type.hpp"
#include "value/builders.hpp"
#include "value/number.hpp"

namespace psdl {
namespace {

class Respeller {
 public:
  Respeller(Arena& arena, const KeyTable* keys) : arena_(arena), keys_(keys) {}

  Value object(const Value& root) {
    const ResolvedType resolved = resolve_type(root.as_object());
    return resolved.type == nullptr ? root : members(root, *resolved.type);
  }

 private:
  // Undefined: the field is left out.
  Value members(const Value& from, const KnownType& type) {
    const Object& object = from.as_object();
    ObjectBuilder builder(arena_, keys_);
    bool has_changed = false;
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const Value& old = object.values()[i];
      const KnownField* field = type.find(object.keys()[i].as_string());
      const Value made = field == nullptr ? old : member(old, *field);
      has_changed = has_changed || !is_same(old, made);
      if (made.is_defined()) builder.add(object.keys()[i], made);
    }
    return has_changed ? builder.finish().with_origin(from.origin()) : from;
  }

  Value member(const Value& value, const KnownField& field) {
    if (value.is_null()) return keeps_null(field) ? value : Value();
    switch (field.holder) {
      case Holder::One: return one(value, field);
      case Holder::List: return value.is_array() ? list(value, field) : value;
      case Holder::Map: return value.is_object() ? map(value, field) : value;
      case Holder::MapOfLists: return value;
    }
    return value;
  }

  Value list(const Value& from, const KnownField& field) {
    ArrayBuilder builder(arena_, from.length());
    bool has_changed = false;
    for (const Value& item : from.as_array()) {
      const Value made = item.is_null() ? zero(item, field) : one(item, field);
      has_changed = has_changed || !is_same(item, made);
      builder.add(made);
    }
    return has_changed ? builder.finish().with_origin(from.origin()) : from;
  }

  Value map(const Value& from, const KnownField& field) {
    const Object& object = from.as_object();
    ObjectBuilder builder(arena_, keys_);
    bool has_changed = false;
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const Value& old = object.values()[i];
      const Value made = old.is_null() ? zero(old, field) : one(old, field);
      has_changed = has_changed || !is_same(old, made);
      builder.add(object.keys()[i], made);
    }
    return has_changed ? builder.finish().with_origin(from.origin()) : from;
  }

  Value one(const Value& value, const KnownField& field) {
    switch (field.shape) {
      case Shape::Embedded: return value.is_object() ? object(value) : value;
      case Shape::Struct: return value.is_object() ? members(value, kKnownTypes[field.type]) : value;
      case Shape::Int32:
      case Shape::Int64:
      case Shape::IntOrString: return value.is_number() ? integer(value) : value;
      case Shape::Any:
      case Shape::Boolean:
      case Shape::Bytes:
      case Shape::Quantity:
      case Shape::String:
      case Shape::Time: return value;
    }
    return value;
  }

  static Value integer(const Value& number) {
    const std::optional<std::int64_t> exact = to_int64_exact(number);
    return exact ? Value::integer(*exact).with_origin(number.origin()) : number;
  }

  static bool keeps_null(const KnownField& field) {
    if (field.holder != Holder::One) return false;
    return field.shape == Shape::Time || field.shape == Shape::Any || field.shape == Shape::Embedded;
  }

  // What Go's zero value of the element is written as.
  static Value zero(const Value& null, const KnownField& field) {
    const auto here = [&](const Value& value) { return value.with_origin(null.origin()); };
    switch (field.shape) {
      case Shape::Boolean: return here(Value::boolean(false));
      case Shape::Int32:
      case Shape::Int64:
      case Shape::IntOrString: return here(Value::integer(0));
      case Shape::Quantity: return here(Value::string("0"));
      case Shape::String: return here(Value::string(""));
      case Shape::Struct: return here(empty_object());
      case Shape::Any:
      case Shape::Bytes:
      case Shape::Embedded:
      case Shape::Time: return null;
    }
    return null;
  }

  // Whether nothing was made anew: the same tag and the same bytes or number.
  static bool is_same(const Value& left, const Value& right) {
    if (left.tag() != right.tag()) return false;
    if (left.is_object()) return &left.as_object() == &right.as_object();
    if (left.is_array()) return left.as_array().data() == right.as_array().data();
    return true;
  }

  Arena& arena_;
  const KeyTable* keys_;
};

}  // namespace

Value as_kubernetes_reads(Arena& arena, const KeyTable* keys, const Value& root) {
  return Respeller(arena, keys).object(root);
}

}  // namespace psdl
