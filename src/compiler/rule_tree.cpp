// Rules by path. In: paths; out: nodes, found by the terms of a ref.
#include "compiler/rule_tree.hpp"

#include <algorithm>
#include <unordered_set>

namespace psdl {
namespace {

// Above this many children a node is searched by hash.
constexpr std::size_t kFewChildren = 8;

// Only scalars (and `data` itself) name nodes.
bool can_be_key(const ast::Term& term) { return term.is<ast::Var>() || ast::is_scalar(&term); }

bool same_key(const ast::Term& a, const ast::Term& b) {
  if (const auto* text = a.as<ast::String>()) {
    const auto* other = b.as<ast::String>();
    return other != nullptr && text->text == other->text;
  }
  return a.value.index() == b.value.index() && ast::equal(&a, &b);
}

// Compares from position `from` on; a part that is not constant matches anything.
bool may_intersect(const ast::Rule& rule, std::span<ast::Term* const> ref, std::size_t from) {
  const auto& package = rule.module->package->path;
  const auto& head = rule.head->reference;
  const std::size_t size = package.size() + head.size();
  for (std::size_t i = from; i < size && i < ref.size(); ++i) {
    if (!ast::is_constant(ref[i])) continue;
    if (i < package.size()) {
      if (!ast::equal(package[i], ref[i])) return false;
      continue;
    }
    const ast::Term* part = head[i - package.size()];
    if (i == package.size()) {
      const auto* name = part->as<ast::Var>();
      const auto* wanted = ref[i]->as<ast::String>();
      if (name != nullptr && (wanted == nullptr || wanted->text != name->name)) return false;
      continue;
    }
    if (ast::is_constant(part) && !ast::equal(part, ref[i])) return false;
  }
  return true;
}

class DynamicSearch {
 public:
  DynamicSearch(std::span<ast::Term* const> ref, bool with_hidden) : ref_(ref), with_hidden_(with_hidden) {}

  void walk(const RuleNode& node, std::size_t at) {
    if (at >= ref_.size()) {
      collect(node);
    } else if (at == 0 || ast::is_constant(ref_[at])) {
      if (const RuleNode* child = node.child(*ref_[at])) {
        add_intersecting(*child, at + 1);
        walk(*child, at + 1);
      }
    } else {
      for (const RuleNode* child : node.children) {
        if (child->hidden && !with_hidden_) continue;
        add_intersecting(*child, at + 1);
        walk(*child, at + 1);
      }
    }
  }
  [[nodiscard]] std::vector<ast::Rule*> take() { return std::move(found_); }

 private:
  void add(ast::Rule* rule) {
    // Nodes are entered twice only on the way down a ref, so duplicates are near.
    if (seen_.insert(rule).second) found_.push_back(rule);
  }
  void add_intersecting(const RuleNode& node, std::size_t from) {
    for (ast::Rule* rule : node.rules) {
      if (may_intersect(*rule, ref_, from)) add(rule);
    }
  }
  void collect(const RuleNode& node) {
    for (ast::Rule* rule : node.rules) add(rule);
    if (node.hidden && !with_hidden_) return;
    for (const RuleNode* child : node.children) collect(*child);
  }

  std::span<ast::Term* const> ref_;
  bool with_hidden_;
  std::vector<ast::Rule*> found_;
  std::unordered_set<const ast::Rule*> seen_;
};

}  // namespace

RuleNode* RuleNode::child(const ast::Term& name) const {
  if (!can_be_key(name)) return nullptr;
  if (children.size() <= kFewChildren) {
    for (RuleNode* node : children) {
      if (same_key(*node->key, name)) return node;
    }
    return nullptr;
  }
  const auto [first, last] = by_hash_.equal_range(ast::hash(&name));
  for (auto it = first; it != last; ++it) {
    if (same_key(*it->second->key, name)) return it->second;
  }
  return nullptr;
}

RuleTree::RuleTree() { nodes_.push_back(std::make_unique<RuleNode>()); }

RuleNode& RuleTree::add(std::span<ast::Term* const> path) {
  RuleNode* node = &root();
  for (ast::Term* term : path) {
    RuleNode* next = node->child(*term);
    if (next == nullptr) {
      nodes_.push_back(std::make_unique<RuleNode>());
      next = nodes_.back().get();
      next->key = term;
      next->parent = node;
      next->number = nodes_.size() - 1;
      node->children.push_back(next);
      node->by_hash_.emplace(ast::hash(term), next);
    }
    node = next;
  }
  return *node;
}

void RuleTree::sort() {
  for (auto& node : nodes_) {
    std::sort(node->children.begin(), node->children.end(), [](const RuleNode* a, const RuleNode* b) { return ast::compare(a->key, b->key) < 0; });
  }
}

std::pair<RuleNode*, std::size_t> RuleTree::find_deepest(std::span<ast::Term* const> path) const {
  RuleNode* node = nodes_.front().get();
  for (std::size_t i = 0; i < path.size(); ++i) {
    RuleNode* next = node->child(*path[i]);
    if (next == nullptr) return {node, i};
    node = next;
  }
  return {node, path.size()};
}

RuleNode* RuleTree::find(std::span<ast::Term* const> path) const {
  const auto [node, used] = find_deepest(path);
  return used == path.size() ? node : nullptr;
}

std::span<ast::Rule* const> RuleTree::rules_at(std::span<ast::Term* const> path) const {
  const RuleNode* node = find(path);
  if (node == nullptr) return {};
  return node->rules;
}

std::span<ast::Rule* const> RuleTree::rules_for(std::span<ast::Term* const> ref) const {
  const RuleNode* node = nodes_.front().get();
  for (ast::Term* term : ref) {
    node = node->child(*term);
    if (node == nullptr) return {};
    if (!node->rules.empty()) return node->rules;
  }
  return {};
}

std::vector<ast::Rule*> RuleTree::rules_dynamic(std::span<ast::Term* const> ref, bool with_hidden) const {
  DynamicSearch search(ref, with_hidden);
  search.walk(root(), 0);
  return search.take();
}

}  // namespace psdl
