// Types by path. In: types of rules and vars; out: the type that a ref has.
#include "compiler/types_env.hpp"

#include "compiler/state.hpp"

namespace psdl {
namespace {

constexpr std::size_t kFewChildren = 8;
// A document with more members than this is typed by its keys' kinds alone.
constexpr std::size_t kMaxExtent = 256;

bool same_name(const ast::Term& a, const ast::Term& b) { return a.value.index() == b.value.index() && ast::equal(&a, &b); }

}  // namespace

TypeNode* TypeNode::child(const ast::Term& name) const {
  if (children_.size() <= kFewChildren) {
    for (const auto& node : children_) {
      if (same_name(*node->key, name)) return node.get();
    }
    return nullptr;
  }
  const auto [first, last] = by_hash_.equal_range(ast::hash(&name));
  for (auto it = first; it != last; ++it) {
    if (same_name(*it->second->key, name)) return it->second;
  }
  return nullptr;
}

TypeNode& TypeNode::child_or_new(const ast::Term& name) {
  if (TypeNode* found = child(name)) return *found;
  children_.push_back(std::make_unique<TypeNode>());
  TypeNode* made = children_.back().get();
  made->key = &name;
  if (children_.size() == kFewChildren + 1) {
    for (const auto& node : children_) by_hash_.emplace(ast::hash(node->key), node.get());
  } else if (children_.size() > kFewChildren) {
    by_hash_.emplace(ast::hash(&name), made);
  }
  return *made;
}

void TypeNode::put(std::span<ast::Term* const> path, const Type* type) {
  TypeNode* node = this;
  for (const ast::Term* part : path) node = &node->child_or_new(*part);
  node->value = type;
}

const Type* TypeEnvironment::builtin(const ast::Terms& callee) {
  std::string name = stages::dotted_name(callee);
  if (name.empty()) return nullptr;
  if (const auto found = builtins_.find(name); found != builtins_.end()) return found->second;
  const auto facts = stages::builtin_facts(std::string_view(name));
  const Type* type = facts ? types.parse_signature(facts->signature->text) : nullptr;
  builtins_.emplace(std::move(name), type);
  return type;
}

const Type* TypeEnvironment::of_var(const TypeLayer& top, const ast::Term& var) {
  for (const TypeLayer* layer = &top; layer != nullptr; layer = layer->next) {
    if (const TypeNode* node = layer->tree->child(var)) return node->value;
  }
  return nullptr;
}

const Type* TypeEnvironment::of_ref(const TypeLayer& layer, std::span<ast::Term* const> ref) {
  const TypeNode* node = layer.tree->child(*ref[0]);
  if (node == nullptr) return fallback(layer, ref);
  return descend(layer, *node, ref, ref.subspan(1));
}

const Type* TypeEnvironment::fallback(const TypeLayer& layer, std::span<ast::Term* const> ref) {
  if (layer.next != nullptr) return of_ref(*layer.next, ref);
  if (const Type* found = builtin(ast::Terms(arena, ref))) return found;
  const auto* head = ref[0]->as<ast::Var>();
  return head != nullptr && stages::is_reserved(head->name) ? types.any() : nullptr;
}

const Type* TypeEnvironment::descend(const TypeLayer& layer, const TypeNode& node, std::span<ast::Term* const> ref, std::span<ast::Term* const> tail) {
  if (tail.empty()) return extent(node);
  if (node.is_leaf()) {
    if (const TypeNode* child = node.child(*tail[0])) return descend(layer, *child, ref, tail.subspan(1));
    return select_ref(node.value, tail);
  }
  if (!ast::is_constant(tail[0])) return select_ref(extent(node), tail);
  const TypeNode* child = node.child(*tail[0]);
  if (child == nullptr) return fallback(layer, ref);
  return descend(layer, *child, ref, tail.subspan(1));
}

const Type* TypeEnvironment::extent(const TypeNode& node) {
  if (node.is_leaf()) return node.value;
  std::vector<TypeProperty> properties;
  if (node.children().size() <= kMaxExtent) {
    for (const auto& child : node.children()) {
      const ast::Term& name = *child->key;
      if (name.is<ast::String>() || name.is<ast::Number>() || name.is<ast::Boolean>()) properties.push_back({&name, extent(*child)});
    }
  }
  // Base documents may add members.
  return types.object(std::move(properties), types.string(), types.any());
}

const Type* TypeEnvironment::extent_keys(const TypeNode& node) {
  if (node.is_leaf()) return types.keys(node.value);
  const Type* united = types.string();
  for (const auto& child : node.children()) {
    if (child->key->is<ast::Number>() || child->key->is<ast::Boolean>()) united = types.either(united, types.of_constant(*child->key));
  }
  return united;
}

const Type* TypeEnvironment::select_ref(const Type* type, std::span<ast::Term* const> tail) {
  for (const ast::Term* part : tail) {
    if (type == nullptr) return nullptr;
    const bool iterates = part->is<ast::Var>() || part->is<ast::Ref>() || part->is<ast::Array>() || part->is<ast::Object>() || part->is<ast::Set>();
    if (!iterates) {
      type = types.select(type, *part);
    } else if (type->is_empty_collection()) {
      return types.any();
    } else {
      type = types.values(type);
    }
  }
  return type;
}

void TypeEnvironment::insert(std::span<ast::Term* const> path, const Type* type) {
  TypeNode* node = &rules.own;
  for (std::size_t i = 0; i < path.size(); ++i) {
    TypeNode* child = node->child(*path[i]);
    if (child == nullptr) {
      child = &node->child_or_new(*path[i]);
    } else if (child->value != nullptr && i + 1 < path.size() && child->value->is(Type::Kind::Object)) {
      child->value = insert_into(*child->value, path.subspan(i + 1), type);
    }
    node = child;
  }
  node->value = types.merge(node->value, type);
  if (type->is(Type::Kind::Object) && node->value->is(Type::Kind::Object) && !node->children().empty()) {
    std::vector<ast::Term*> below;
    const Type* joined = node->value;
    for (const auto& child : node->children()) joined = join_leaves(*child, joined, below);
    node->value = joined;
  }
}

const Type* TypeEnvironment::join_leaves(const TypeNode& node, const Type* object, std::vector<ast::Term*>& path) {
  path.push_back(const_cast<ast::Term*>(node.key));  // only read
  if (node.is_leaf()) {
    object = insert_into(*object, path, node.value);
  } else {
    for (const auto& child : node.children()) object = join_leaves(*child, object, path);
  }
  path.pop_back();
  return object;
}

const Type* TypeEnvironment::insert_into(const Type& object, std::span<ast::Term* const> path, const Type* type) {
  const Type* key = types.of_constant(*path[0]);
  const Type* inner = path.size() == 1 ? type : insert_into(*types.object({}), path.subspan(1), type);
  std::vector<TypeProperty> properties(object.properties.begin(), object.properties.end());
  if (object.is_dynamic) return types.object(std::move(properties), types.either(object.key, key), types.either(object.of, inner));
  return types.object(std::move(properties), key, inner);
}

}  // namespace psdl
