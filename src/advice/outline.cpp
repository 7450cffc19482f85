// Outlines joined and taken apart.
#include "advice/outline.hpp"

#include <fmt/format.h>

namespace psdl::advice {
namespace {

constexpr std::size_t kMostConstants = 400;
constexpr std::size_t kMostAlternatives = 80;
constexpr std::size_t kDeepest = 6;  // of collections that are told apart
constexpr KindMask kText = kind_bit(Kind::String);
constexpr KindMask kNumber = kind_bit(Kind::Number);

template <class T>
void add_once(std::vector<T>& list, const T& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

KindMask kind_of_constant(const ast::Term& term) {
  if (term.is<ast::Boolean>()) return kind_bit(Kind::Boolean);
  if (term.is<ast::Number>()) return kNumber;
  if (term.is<ast::String>()) return kText;
  return kind_bit(Kind::Null);
}

KindMask kinds_of_shape(Shape shape) {
  switch (shape) {
    case Shape::Boolean: return kind_bit(Kind::Boolean);
    case Shape::Bytes:
    case Shape::String:
    case Shape::Time: return kText;
    case Shape::Int32:
    case Shape::Int64: return kNumber;
    case Shape::IntOrString:
    case Shape::Quantity: return static_cast<KindMask>(kNumber | kText);
    case Shape::Struct:
    case Shape::Embedded: return kind_bit(Kind::Object);
    case Shape::Any: return kAnyKind;
  }
  return kAnyKind;
}

// What a holder holds.
Outline element(const TypedValue& value) {
  TypedValue one = value;
  one.holder = value.holder == Holder::MapOfLists ? Holder::List : Holder::One;
  return of_type(one);
}

Outline all_fields(const TypedValue& value) {
  Outline found;
  for (const KnownField& field : kKnownTypes[value.type].fields()) {
    join(found, of_type({field.shape, field.holder, Role::Plain, value.is_guess, field.type, &field}));
  }
  return found;
}

}  // namespace

ObjectKinds intersection(const ObjectKinds& a, const ObjectKinds& b) {
  return {intersection(a.kinds, b.kinds), intersection(a.groups, b.groups)};
}

ObjectKinds either(const ObjectKinds& a, const ObjectKinds& b) {
  if (a.is_empty()) return b;
  if (b.is_empty()) return a;
  return {either(a.kinds, b.kinds), either(a.groups, b.groups)};
}

Outline anything() {
  Outline made;
  made.is_anything = true;
  return made;
}

Outline plain(KindMask kinds) {
  Outline made;
  made.kinds = kinds;
  return made;
}

Outline constant(const ast::Term& scalar) {
  Outline made;
  made.constants.push_back(&scalar);
  return made;
}

Outline collection(Made members) {
  const auto look_at = [&](const Outline& inner) {
    for (const auto& one : inner.made) members.depth = std::max(members.depth, one->depth + 1);
  };
  look_at(members.keys);
  look_at(members.values);
  for (const auto& [key, value] : members.members) look_at(value);
  for (const Outline& item : members.items) look_at(item);
  if (members.depth > kDeepest) return anything();
  Outline made;
  made.made.push_back(std::make_shared<const Made>(std::move(members)));
  return made;
}

Outline of_type(const TypedValue& value) {
  Outline made;
  if (value.holder == Holder::One && (value.shape == Shape::Any || value.shape == Shape::Embedded)) return anything();
  made.typed.push_back(value);
  return made;
}

Outline whole(const WholeObject& object) {
  Outline made;
  made.objects.push_back(object);
  return made;
}

void join(Outline& into, const Outline& other) {
  if (into.is_nothing()) {
    into = other;
    return;
  }
  if (other.is_nothing()) return;
  if (into.says != other.says) into.says = {};
  into.is_anything = into.is_anything || other.is_anything;
  into.kinds = static_cast<KindMask>(into.kinds | other.kinds);
  for (const ast::Term* one : other.constants) add_once(into.constants, one);
  for (const TypedValue& one : other.typed) add_once(into.typed, one);
  for (const WholeObject& one : other.objects) add_once(into.objects, one);
  for (const auto& one : other.made) add_once(into.made, one);
  const std::size_t alternatives = into.typed.size() + into.objects.size() + into.made.size();
  if (into.constants.size() > kMostConstants || alternatives > kMostAlternatives) into = anything();
}

KindMask kinds_of(const TypedValue& value) {
  if (value.holder == Holder::List) return kind_bit(Kind::Array);
  return value.holder == Holder::One ? kinds_of_shape(value.shape) : kind_bit(Kind::Object);
}

KindMask kinds_of(const Outline& outline) {
  if (outline.is_anything) return kAnyKind;
  unsigned kinds = outline.kinds;
  for (const ast::Term* one : outline.constants) kinds |= kind_of_constant(*one);
  for (const TypedValue& one : outline.typed) kinds |= kinds_of(one);
  if (!outline.objects.empty()) kinds |= kind_bit(Kind::Object);
  for (const auto& one : outline.made) {
    const Kind kind = one->kind == Made::Kind::Array ? Kind::Array
                      : one->kind == Made::Kind::Set ? Kind::Set
                                                     : Kind::Object;
    kinds |= kind_bit(kind);
  }
  return static_cast<KindMask>(kinds);
}

Outline values_of(const Outline& collection) {
  if (collection.is_anything && collection.made.empty() && collection.typed.empty()) return anything();
  Outline found;
  for (const TypedValue& one : collection.typed) {
    if (one.holder != Holder::One) {
      join(found, element(one));
    } else if (one.shape == Shape::Struct) {
      join(found, all_fields(one));
    }
  }
  for (const auto& one : collection.made) {
    join(found, one->values);
    for (const auto& [key, value] : one->members) join(found, value);
    for (const Outline& item : one->items) join(found, item);
  }
  if (collection.is_anything || !collection.objects.empty() || (collection.kinds & ~(kText | kNumber)) != 0)
    join(found, anything());
  return found;
}

Outline keys_of(const Outline& collection) {
  if (collection.is_anything && collection.made.empty() && collection.typed.empty()) return anything();
  Outline found;
  for (const TypedValue& one : collection.typed) join(found, plain(one.holder == Holder::List ? kNumber : kText));
  for (const auto& one : collection.made) {
    switch (one->kind) {
      case Made::Kind::Array: join(found, plain(kNumber)); break;
      case Made::Kind::Set: join(found, one->values); break;
      case Made::Kind::Object:
        join(found, one->keys);
        for (const auto& [key, value] : one->members) join(found, constant(*key));
        break;
    }
  }
  if (!collection.objects.empty()) join(found, plain(kText));
  if (collection.is_anything || collection.kinds != 0) join(found, anything());
  return found;
}

std::string signature_of(const Outline& outline) {
  std::string text = fmt::format("{}{}", outline.is_anything ? "*" : "", outline.kinds);
  const auto add_names = [&](const NameSet& set) {
    text += set.is_all_but ? '!' : '=';
    for (const std::string_view name : set.names) text += fmt::format("{},", name);
  };
  for (const ast::Term* one : outline.constants) text += fmt::format(";{}", static_cast<const void*>(one));
  for (const TypedValue& one : outline.typed) {
    text += fmt::format(";t{}.{}.{}.{}.{}.{}", static_cast<int>(one.shape), static_cast<int>(one.holder),
                        static_cast<int>(one.role), one.is_guess, one.type, static_cast<const void*>(one.field));
  }
  const auto add_object = [&](const WholeObject& one) {
    text += fmt::format(";o{}", static_cast<int>(one.subject));
    add_names(one.kinds.kinds);
    add_names(one.kinds.groups);
  };
  for (const WholeObject& one : outline.objects) add_object(one);
  for (const auto& one : outline.made) {
    text +=
        fmt::format(";m{}({})({})", static_cast<int>(one->kind), signature_of(one->keys), signature_of(one->values));
    for (const auto& [key, value] : one->members)
      text += fmt::format("[{}:{}]", static_cast<const void*>(key), signature_of(value));
    for (const Outline& item : one->items) text += fmt::format("[{}]", signature_of(item));
  }
  if (outline.says.aspect != Aspect::None) {
    text += fmt::format(";s{}", static_cast<int>(outline.says.aspect));
    add_object(outline.says.object);
  }
  return text;
}

}  // namespace psdl::advice
