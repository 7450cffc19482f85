// Operations on types. In: types; out: types and answers.
#include "compiler/types.hpp"

#include <algorithm>
#include <unordered_set>

namespace psdl {
namespace {

// Signatures, read as consteval `signature()` checked them.
class SignatureReader {
 public:
  SignatureReader(Types& types, Arena& arena, std::string_view text) : types_(types), arena_(arena), text_(text) {}

  const Type* read() {
    std::vector<const Type*> operands;
    expect("(");
    if (!take(")")) {
      do {
        const std::size_t begin = at_;
        static_cast<void>(word());
        if (!take(":")) at_ = begin;
        operands.push_back(type());
      } while (take(","));
      expect(")");
    }
    expect("->");
    if (take("void")) return types_.function(operands, nullptr, false);
    return types_.function(operands, type(), true);
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    const bool found = take(token);
    PSDL_ASSERT(found);
  }
  std::string_view word() {
    skip_blanks();
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_')) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  const Type* type() {
    const Type* made = one();
    while (take("|")) made = types_.either(made, one());
    return made;
  }

  const Type* one() {
    const std::string_view name = word();
    if (name == "null") return types_.null();
    if (name == "boolean") return types_.boolean();
    if (name == "number") return types_.number();
    if (name == "string") return types_.string();
    if (name == "array") return array();
    if (name == "object") return object();
    if (name == "set") {
      if (!take("[")) return types_.set(nullptr);
      const Type* of = type();
      expect("]");
      return types_.set(of);
    }
    if (name == "any" && take("<")) {
      const Type* made = nullptr;
      do {
        made = types_.either(made, type());
      } while (take(","));
      expect(">");
      return made;
    }
    return types_.any();
  }

  const Type* array() {
    std::vector<const Type*> items;
    if (take("<")) {
      do {
        items.push_back(type());
      } while (take(","));
      expect(">");
    }
    const Type* rest = nullptr;
    if (take("[")) {
      rest = type();
      expect("]");
    }
    return types_.array(items, rest);
  }

  const Type* object() {
    std::vector<TypeProperty> properties;
    if (take("<")) {
      do {
        const std::string_view name = word();
        expect(":");
        properties.push_back({ast::Nodes(arena_).string(name, {}), type()});
      } while (take(","));
      expect(">");
    }
    if (!take("[")) return types_.object(std::move(properties));
    const Type* key = type();
    expect(":");
    const Type* value = type();
    expect("]");
    return types_.object(std::move(properties), key, value);
  }

  Types& types_;
  Arena& arena_;
  std::string_view text_;
  std::size_t at_ = 0;
};

bool has_unknown_inside(const Type* type, std::unordered_set<const Type*>& seen) {
  if (type == nullptr) return true;
  if (!seen.insert(type).second) return false;
  switch (type->kind) {
    case Type::Kind::Null:
    case Type::Kind::Boolean:
    case Type::Kind::Number:
    case Type::Kind::String:
    case Type::Kind::Any: return false;
    case Type::Kind::Set: return has_unknown_inside(type->of, seen);
    case Type::Kind::Array:
    case Type::Kind::Function:
    case Type::Kind::Object: break;
  }
  if (type->kind != Type::Kind::Object) {
    for (const Type* item : type->items) {
      if (has_unknown_inside(item, seen)) return true;
    }
  }
  for (const TypeProperty& property : type->properties) {
    if (has_unknown_inside(property.value, seen)) return true;
  }
  if (type->kind == Type::Kind::Function) return has_unknown_inside(type->of, seen);
  if (!type->is_dynamic) return false;
  return (type->kind == Type::Kind::Object && has_unknown_inside(type->key, seen)) || has_unknown_inside(type->of, seen);
}

// Texts of types are cut: shared types can unfold without end.
constexpr std::size_t kMaxText = 400;

void write(const Type* type, std::string& out) {
  if (type == nullptr) {
    out += "???";
    return;
  }
  if (out.size() > kMaxText) {
    out += "..";
    return;
  }
  const auto list = [&](std::span<const Type* const> items) {
    bool first = true;
    for (const Type* item : items) {
      if (!first) out += ", ";
      first = false;
      write(item, out);
    }
  };
  switch (type->kind) {
    case Type::Kind::Null: out += "null"; return;
    case Type::Kind::Boolean: out += "boolean"; return;
    case Type::Kind::Number: out += "number"; return;
    case Type::Kind::String: out += "string"; return;
    case Type::Kind::Array:
      out += "array";
      if (!type->items.empty()) {
        out += '<';
        list(type->items);
        out += '>';
      }
      if (type->is_dynamic) {
        out += '[';
        write(type->of, out);
        out += ']';
      }
      return;
    case Type::Kind::Object: {
      out += "object";
      bool first = true;
      for (const TypeProperty& property : type->properties) {
        out += first ? "<" : ", ";
        first = false;
        if (const auto* text = property.key->as<ast::String>()) {
          out += text->text;
        } else if (const auto* number = property.key->as<ast::Number>()) {
          out += number->text;
        } else {
          out += "..";
        }
        out += ": ";
        write(property.value, out);
      }
      if (!first) out += '>';
      if (type->is_dynamic) {
        out += '[';
        write(type->key, out);
        out += ": ";
        write(type->of, out);
        out += ']';
      }
      return;
    }
    case Type::Kind::Set:
      out += "set";
      if (type->of != nullptr) {
        out += '[';
        write(type->of, out);
        out += ']';
      }
      return;
    case Type::Kind::Any:
      out += "any";
      if (!type->items.empty()) {
        out += '<';
        list(type->items);
        out += '>';
      }
      return;
    case Type::Kind::Function:
      out += '(';
      list(type->items);
      out += ") => ";
      write(type->of, out);
      return;
  }
}

}  // namespace

bool Type::is_empty_collection() const {
  if (kind == Kind::Object) return properties.empty() && !is_dynamic;
  if (kind == Kind::Array) return items.empty() && !is_dynamic;
  return kind == Kind::Set && of == nullptr;
}

Types::Types(Arena& arena) : arena_(&arena) {}

const Type* Types::array(std::span<const Type* const> items, const Type* rest) {
  const Type** copy = arena_->allocate_array<const Type*>(items.size());
  std::copy(items.begin(), items.end(), copy);
  return make({.kind = Type::Kind::Array, .is_dynamic = rest != nullptr, .items = {copy, items.size()}, .of = rest});
}

const Type* Types::make(Type type) {
  const auto count = [&](const Type* inner) {
    if (inner != nullptr) type.depth = std::max(type.depth, inner->depth + 1);
  };
  for (const Type* item : type.items) count(item);
  for (const TypeProperty& property : type.properties) count(property.value);
  count(type.key);
  count(type.of);
  return type.depth > kDeepest ? &any_ : arena_->make<Type>(type);
}

const Type* Types::set(const Type* of) { return make({.kind = Type::Kind::Set, .of = of}); }

const Type* Types::object(std::vector<TypeProperty> properties) {
  std::stable_sort(properties.begin(), properties.end(), [](const TypeProperty& a, const TypeProperty& b) { return ast::compare(a.key, b.key) < 0; });
  auto* copy = arena_->allocate_array<TypeProperty>(properties.size());
  std::copy(properties.begin(), properties.end(), copy);
  return make({.kind = Type::Kind::Object, .properties = {copy, properties.size()}});
}

const Type* Types::object(std::vector<TypeProperty> properties, const Type* key, const Type* value) {
  Type made = *object(std::move(properties));
  made.is_dynamic = true;
  made.key = key;
  made.of = value;
  return make(made);
}

const Type* Types::function(std::span<const Type* const> operands, const Type* result, bool has_result) {
  const Type** copy = arena_->allocate_array<const Type*>(operands.size());
  std::copy(operands.begin(), operands.end(), copy);
  return make({.kind = Type::Kind::Function, .has_result = has_result, .items = {copy, operands.size()}, .of = result});
}

const Type* Types::parse_signature(std::string_view text) { return SignatureReader(*this, *arena_, text).read(); }

const Type* Types::of_constant(const ast::Term& term) {
  return std::visit(
      [&](const auto& held) -> const Type* {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, ast::Null>) {
          return null();
        } else if constexpr (std::is_same_v<T, ast::Boolean>) {
          return boolean();
        } else if constexpr (std::is_same_v<T, ast::Number>) {
          return number();
        } else if constexpr (std::is_same_v<T, ast::String> || std::is_same_v<T, ast::TemplateString>) {
          return string();
        } else if constexpr (std::is_same_v<T, ast::Array> || std::is_same_v<T, ast::Set>) {  // sets become lists where they are keys
          std::vector<const Type*> items;
          for (const ast::Term* item : held) items.push_back(of_constant(*item));
          return array(items, nullptr);
        } else if constexpr (std::is_same_v<T, ast::Object>) {
          std::vector<TypeProperty> properties;
          for (const ast::Pair& pair : held) properties.push_back({pair.key, of_constant(*pair.value)});
          return object(std::move(properties));
        } else {
          return nullptr;
        }
      },
      term.value);
}

int Types::compare(const Type* a, const Type* b) {
  if (a == b) return 0;
  if (a == nullptr || b == nullptr) return a == nullptr ? -1 : 1;
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  if (out_of_steps()) return 0;
  const auto lists = [&](std::span<const Type* const> x, std::span<const Type* const> y) {
    for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
      if (const int order = compare(x[i], y[i]); order != 0) return order;
    }
    return x.size() == y.size() ? 0 : (x.size() < y.size() ? -1 : 1);
  };
  switch (a->kind) {
    case Type::Kind::Null:
    case Type::Kind::Boolean:
    case Type::Kind::Number:
    case Type::Kind::String: return 0;
    case Type::Kind::Array:
      if (a->is_dynamic != b->is_dynamic) return a->is_dynamic ? 1 : -1;
      if (a->is_dynamic) {
        if (const int order = compare(a->of, b->of); order != 0) return order;
      }
      return lists(a->items, b->items);
    case Type::Kind::Object:
      if (a->is_dynamic != b->is_dynamic) return a->is_dynamic ? 1 : -1;
      if (a->is_dynamic) {
        if (const int order = compare(a->key, b->key); order != 0) return order;
        if (const int order = compare(a->of, b->of); order != 0) return order;
      }
      for (std::size_t i = 0; i < a->properties.size() && i < b->properties.size(); ++i) {
        if (const int order = ast::compare(a->properties[i].key, b->properties[i].key); order != 0) return order < 0 ? -1 : 1;
        if (const int order = compare(a->properties[i].value, b->properties[i].value); order != 0) return order;
      }
      return a->properties.size() == b->properties.size() ? 0 : (a->properties.size() < b->properties.size() ? -1 : 1);
    case Type::Kind::Set: return compare(a->of, b->of);
    case Type::Kind::Any: return lists(a->items, b->items);
    case Type::Kind::Function:
      if (a->items.size() != b->items.size()) return a->items.size() < b->items.size() ? -1 : 1;
      if (const int order = lists(a->items, b->items); order != 0) return order;
      return compare(a->of, b->of);
  }
  return 0;
}

const Type* Types::any_of(std::vector<const Type*> members) {
  const Type** copy = arena_->allocate_array<const Type*>(members.size());
  std::copy(members.begin(), members.end(), copy);
  return make({.kind = Type::Kind::Any, .items = {copy, members.size()}});
}

bool Types::any_contains(const Type& any, const Type* other) {
  if (other != nullptr && other->is(Type::Kind::Function)) return false;
  if (any.items.empty()) return true;
  return std::any_of(any.items.begin(), any.items.end(), [&](const Type* member) { return compare(member, other) == 0; });
}

const Type* Types::any_merge(const Type& any, const Type* other) {
  std::vector<const Type*> members(any.items.begin(), any.items.end());
  if (other != nullptr && other->is(Type::Kind::Any)) {
    if (any.items.empty()) return &any;
    if (other->items.empty()) return other;
    members.insert(members.end(), other->items.begin(), other->items.end());
  } else {
    if (any_contains(any, other)) return &any;
    members.push_back(other);
  }
  std::stable_sort(members.begin(), members.end(), [&](const Type* a, const Type* b) { return compare(a, b) < 0; });
  members.erase(std::unique(members.begin(), members.end(), [&](const Type* a, const Type* b) { return compare(a, b) == 0; }), members.end());
  return any_of(std::move(members));
}

const Type* Types::either(const Type* a, const Type* b) {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  const bool function_a = a->is(Type::Kind::Function);
  const bool function_b = b->is(Type::Kind::Function);
  if (function_a && function_b) {
    if (a->items.size() != b->items.size()) return nullptr;
    std::vector<const Type*> operands;
    for (std::size_t i = 0; i < a->items.size(); ++i) operands.push_back(either(a->items[i], b->items[i]));
    return function(operands, either(a->of, b->of), a->has_result || b->has_result);
  }
  if (function_a || function_b) return nullptr;
  if (a->is(Type::Kind::Any)) return any_merge(*a, b);
  if (b->is(Type::Kind::Any)) return any_merge(*b, a);
  const int order = compare(a, b);
  if (order == 0) return a;
  return order < 0 ? any_of({a, b}) : any_of({b, a});
}

bool Types::contains(const Type* a, const Type* b) { return a != nullptr && a->is(Type::Kind::Any) ? any_contains(*a, b) : compare(a, b) == 0; }

const Type* Types::element(const Type& array, std::size_t at) const {
  if (at < array.items.size()) return array.items[at];
  return array.is_dynamic ? array.of : nullptr;
}

const Type* Types::property(const Type& object, const ast::Term& key) {
  const auto found = std::lower_bound(object.properties.begin(), object.properties.end(), &key,
                                      [](const TypeProperty& property, const ast::Term* wanted) { return ast::compare(property.key, wanted) < 0; });
  if (found != object.properties.end() && ast::equal(found->key, &key)) return found->value;
  return object.is_dynamic && contains(object.key, of_constant(key)) ? object.of : nullptr;
}

const Type* Types::select(const Type* type, const ast::Term& key) {
  if (type == nullptr) return nullptr;
  switch (type->kind) {
    case Type::Kind::Array: {
      const auto* number = key.as<ast::Number>();
      if (number == nullptr) return nullptr;
      std::size_t at = 0;
      for (char c : number->text) {
        if (c < '0' || c > '9' || at > UINT32_MAX) return nullptr;
        at = at * 10 + static_cast<std::size_t>(c - '0');
      }
      return element(*type, at);
    }
    case Type::Kind::Object: return property(*type, key);
    case Type::Kind::Set: {
      const Type* wanted = of_constant(key);
      if (compare(type->of, wanted) == 0) return type->of;
      if (type->of != nullptr && type->of->is(Type::Kind::Any) && any_contains(*type->of, wanted)) return wanted;
      return nullptr;
    }
    case Type::Kind::Any: {
      if (type->items.empty()) return any();
      const Type* united = nullptr;
      for (const Type* member : type->items) united = either(select(member, key), united);
      return united;
    }
    case Type::Kind::Null:
    case Type::Kind::Boolean:
    case Type::Kind::Number:
    case Type::Kind::String:
    case Type::Kind::Function: return nullptr;
  }
  return nullptr;
}

const Type* Types::keys(const Type* type) {
  if (type == nullptr) return nullptr;
  const Type* united = nullptr;
  switch (type->kind) {
    case Type::Kind::Array: return number();
    case Type::Kind::Object:
      for (const TypeProperty& property : type->properties) united = either(united, of_constant(*property.key));
      return type->is_dynamic ? either(united, type->key) : united;
    case Type::Kind::Set: return type->of;
    case Type::Kind::Any:
      if (type->items.empty()) return any();
      for (const Type* member : type->items) united = either(keys(member), united);
      return united;
    case Type::Kind::Null:
    case Type::Kind::Boolean:
    case Type::Kind::Number:
    case Type::Kind::String:
    case Type::Kind::Function: return nullptr;
  }
  return nullptr;
}

const Type* Types::values(const Type* type) {
  if (type == nullptr) return nullptr;
  const Type* united = nullptr;
  switch (type->kind) {
    case Type::Kind::Array:
      for (const Type* item : type->items) united = either(united, item);
      return type->is_dynamic ? either(united, type->of) : united;
    case Type::Kind::Object:
      for (const TypeProperty& property : type->properties) united = either(united, property.value);
      return type->is_dynamic ? either(united, type->of) : united;
    case Type::Kind::Set: return type->of;
    case Type::Kind::Any:
      if (type->items.empty()) return any();
      for (const Type* member : type->items) united = either(values(member), united);
      return united;
    case Type::Kind::Null:
    case Type::Kind::Boolean:
    case Type::Kind::Number:
    case Type::Kind::String:
    case Type::Kind::Function: return nullptr;
  }
  return nullptr;
}

const Type* Types::merge(const Type* a, const Type* b) {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  if (a->is(Type::Kind::Object)) {
    if (b->is(Type::Kind::Object) && a->properties.empty() && b->properties.empty()) {
      if (!a->is_dynamic) return b;
      if (!b->is_dynamic) return a;
      return object({}, either(a->key, b->key), merge(a->of, b->of));
    }
    if (b->is(Type::Kind::Any) && a->properties.empty() && a->is_dynamic) {
      std::vector<const Type*> members(b->items.begin(), b->items.end());
      for (const Type*& member : members) {
        if (member == nullptr || !member->is(Type::Kind::Object) || !member->properties.empty() || !member->is_dynamic) continue;
        member = object({}, either(member->key, a->key), either(member->of, a->of));
        return any_of(std::move(members));
      }
    }
  } else if (a->is(Type::Kind::Set)) {
    if (b->is(Type::Kind::Set)) return set(either(a->of, b->of));
  } else if (a->is(Type::Kind::Any) && !b->is(Type::Kind::Any)) {
    return merge(b, a);
  }
  return either(a, b);
}

bool Types::has_unknown(const Type* type) {
  std::unordered_set<const Type*> seen;
  return has_unknown_inside(type, seen);
}

bool Types::unifies(const Type* a, const Type* b) {
  if (a == nullptr || b == nullptr) return false;
  if (out_of_steps()) return true;
  const bool any_a = a->is(Type::Kind::Any);
  const bool any_b = b->is(Type::Kind::Any);
  if (any_a && unifies_any(*a, b)) return true;
  if (any_b && unifies_any(*b, a)) return true;
  if (any_a || any_b || a->kind != b->kind) return false;
  switch (a->kind) {
    case Type::Kind::Null:
    case Type::Kind::Boolean:
    case Type::Kind::Number:
    case Type::Kind::String:
    case Type::Kind::Any: return true;
    case Type::Kind::Array: return unifies_arrays(*a, *b);
    case Type::Kind::Object: return unifies_objects(*a, *b);
    case Type::Kind::Set: return a->of == nullptr || b->of == nullptr || unifies(a->of, b->of);
    case Type::Kind::Function:
      if (a->items.size() != b->items.size()) return false;
      for (std::size_t i = 0; i < a->items.size(); ++i) {
        if (!unifies(a->items[i], b->items[i])) return false;
      }
      return true;
  }
  return false;
}

bool Types::unifies_any(const Type& any, const Type* other) {
  if (other->is(Type::Kind::Function)) return false;
  if (any.items.empty()) return true;
  return std::any_of(any.items.begin(), any.items.end(), [&](const Type* member) { return unifies(member, other); });
}

bool Types::unifies_arrays(const Type& a, const Type& b) {
  const auto covers = [&](const Type& x, const Type& y) {
    for (std::size_t i = 0; i < x.items.size(); ++i) {
      if (!unifies(x.items[i], element(y, i))) return false;
    }
    return true;
  };
  if (!covers(a, b) || !covers(b, a)) return false;
  return !a.is_dynamic || !b.is_dynamic || unifies(a.of, b.of);
}

bool Types::unifies_objects(const Type& a, const Type& b) {
  const auto covers = [&](const Type& x, const Type& y) {
    for (const TypeProperty& each : x.properties) {
      const Type* other = property(y, *each.key);
      if (other == nullptr) {
        if (x.of != nullptr || y.of != nullptr) continue;
        return false;
      }
      if (!unifies(each.value, other)) return false;
    }
    return true;
  };
  if (!covers(a, b) || !covers(b, a)) return false;
  return a.of == nullptr || b.of == nullptr || unifies(a.of, b.of);
}

std::string Types::text(const Type* type) {
  std::string out;
  write(type, out);
  return out;
}

}  // namespace psdl
