// All rules of a policy as one tree. In: rewritten modules; out: nodes keyed by the terms of rule paths.
//
// A rule stands at the ground prefix of its path: `p[x].q` of package a at data.a.p, beside `p[y].r`; `p.q.r` at data.a.p.q.r. Packages
// without rules have nodes too, since their documents exist.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "syntax/ast.hpp"

namespace psdl {

struct RuleNode {
  const ast::Term* key = nullptr;          // null at the root; else a scalar
  RuleNode* parent = nullptr;
  std::vector<ast::Rule*> rules;           // in the order of modules (sorted by package, then by name) and of their text
  std::vector<RuleNode*> children;         // sorted by key
  bool hidden = false;                     // data.system: dynamic refs from outside do not see it
  std::size_t number = 0;                  // its place in RuleTree::nodes()

  // Null where there is none.
  [[nodiscard]] RuleNode* child(const ast::Term& name) const;

 private:
  friend class RuleTree;
  std::unordered_multimap<std::uint64_t, RuleNode*> by_hash_;  // only where there are many children
};

class RuleTree {
 public:
  RuleTree();

  [[nodiscard]] RuleNode& root() { return *nodes_.front(); }
  [[nodiscard]] const RuleNode& root() const { return *nodes_.front(); }
  [[nodiscard]] std::span<const std::unique_ptr<RuleNode>> nodes() const { return nodes_; }

  // Makes the nodes on the way. `path` starts with the var `data`.
  RuleNode& add(std::span<ast::Term* const> path);
  // To be called once all rules are in.
  void sort();

  // The node at exactly this path; null where there is none (a dynamic part never matches).
  [[nodiscard]] RuleNode* find(std::span<ast::Term* const> path) const;
  // The deepest node on the way and how many terms were used.
  [[nodiscard]] std::pair<RuleNode*, std::size_t> find_deepest(std::span<ast::Term* const> path) const;
  // Rules that stand exactly there; empty where there are none.
  [[nodiscard]] std::span<ast::Rule* const> rules_at(std::span<ast::Term* const> path) const;
  // The rules whose document the ref enters: those of the first node with rules on its way.
  [[nodiscard]] std::span<ast::Rule* const> rules_for(std::span<ast::Term* const> ref) const;
  // Every rule that a ref with vars could read, once each, in tree order. Parts that are known narrow it down.
  [[nodiscard]] std::vector<ast::Rule*> rules_dynamic(std::span<ast::Term* const> ref, bool with_hidden) const;

 private:
  std::vector<std::unique_ptr<RuleNode>> nodes_;
};

}  // namespace psdl
