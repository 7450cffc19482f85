// What is known of the types of documents, rules and vars. In: paths and types; out: the type under a ref or of a term.
//
// Types stand in layers: rules' at the bottom, a body's vars above, what `with` replaces above that. A lookup starts at the top.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/types.hpp"
#include "syntax/ast.hpp"

namespace psdl {

// A tree keyed by the terms of refs.
class TypeNode {
 public:
  const ast::Term* key = nullptr;  // null at the root
  const Type* value = nullptr;

  [[nodiscard]] bool is_leaf() const { return value != nullptr; }
  [[nodiscard]] TypeNode* child(const ast::Term& name) const;
  [[nodiscard]] TypeNode& child_or_new(const ast::Term& name);
  [[nodiscard]] std::span<const std::unique_ptr<TypeNode>> children() const { return children_; }
  void put(std::span<ast::Term* const> path, const Type* type);

 private:
  std::vector<std::unique_ptr<TypeNode>> children_;
  std::unordered_multimap<std::uint64_t, TypeNode*> by_hash_;  // where there are many
};

struct TypeLayer {
  TypeNode own;
  const TypeNode* tree = &own;    // what is looked up
  TypeNode* vars = &own;          // where types of vars are put
  const TypeLayer* next = nullptr;

  TypeLayer() = default;
  explicit TypeLayer(const TypeLayer& below) : next(&below) {}
  TypeLayer& operator=(const TypeLayer&) = delete;
};

class TypeEnvironment {
 public:
  TypeEnvironment() : types(arena) {}

  Arena arena;
  Types types;
  TypeLayer rules;  // the bottom

  // The declared type of a builtin; null where there is none.
  [[nodiscard]] const Type* builtin(const ast::Terms& callee);
  // Adds the type of a rule at its path; objects on the way and below are joined with it.
  void insert(std::span<ast::Term* const> path, const Type* type);

  [[nodiscard]] const Type* of_ref(const TypeLayer& layer, std::span<ast::Term* const> ref);
  [[nodiscard]] const Type* of_var(const TypeLayer& layer, const ast::Term& var);
  // Of the document that a tree stands for.
  [[nodiscard]] const Type* extent(const TypeNode& node);
  // The types that its keys can have.
  [[nodiscard]] const Type* extent_keys(const TypeNode& node);

 private:
  const Type* descend(const TypeLayer& layer, const TypeNode& node, std::span<ast::Term* const> ref, std::span<ast::Term* const> tail);
  const Type* fallback(const TypeLayer& layer, std::span<ast::Term* const> ref);
  const Type* select_ref(const Type* type, std::span<ast::Term* const> tail);
  const Type* insert_into(const Type& object, std::span<ast::Term* const> path, const Type* type);
  const Type* join_leaves(const TypeNode& node, const Type* object, std::vector<ast::Term*>& path);

  std::unordered_map<std::string, const Type*> builtins_;
};

}  // namespace psdl
