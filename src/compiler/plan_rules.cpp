// Rule groups to functions. In: the rule tree; out: a Plan with a function for each group and for each package that is read as a document.
//
// A node whose rules all end there is a group by itself. Where some rule of a node goes on with vars (`p[x].q`), everything below belongs to the same
// document: the nodes below keep functions of their own, whose values the group takes in under constant keys, and refs that enter the node go to it.
#include "compiler/plan_rules.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/assert.hpp"
#include "builtins/registry.hpp"
#include "compiler/plan_body.hpp"
#include "syntax/visit.hpp"
#include "value/text.hpp"

namespace psdl {

using plan::ExprKind;
using plan::Step;
using plan::StepKind;

namespace {

// The node of `data`, or the tree's root where there is no rule at all.
bool is_data_root(const RuleNode& node) { return node.parent == nullptr || node.parent->parent == nullptr; }

// Terms after `data`.
std::size_t depth_of(const RuleNode& node) {
  std::size_t depth = 0;
  for (const RuleNode* at = &node; !is_data_root(*at); at = at->parent) ++depth;
  return depth;
}

// Below a node that has rules everything is part of their document; and the tree's root is that of `data` again.
bool is_inside_group(const RuleNode& node) {
  if (node.parent == nullptr) return !node.children.empty();
  for (const RuleNode* at = node.parent; at != nullptr; at = at->parent) {
    if (!at->rules.empty()) return true;
  }
  return false;
}

bool is_function_node(const RuleNode& node) { return !node.rules.empty() && node.rules.front()->is_function(); }

// Full length of a rule's path after `data`: package and head.
std::size_t path_size(const ast::Rule& rule) { return rule.module->package->path.size() - 1 + rule.head->reference.size(); }

void append_step(std::string& path, const ast::Term& key) {
  if (const auto* name = key.as<ast::String>()) {
    if (ast::is_var_compatible(name->text)) {
      path += '.';
      path += name->text;
    } else {
      path += '[';
      append_quoted(path, name->text);
      path += ']';
    }
    return;
  }
  path += '[';
  if (const auto* number = key.as<ast::Number>()) path += number->text;
  if (const auto* boolean = key.as<ast::Boolean>()) path += boolean->value ? "true" : "false";
  if (key.is<ast::Null>()) path += "null";
  path += ']';
}

std::string path_of(const RuleNode& node) {
  if (is_data_root(node)) return "data";
  std::string path = path_of(*node.parent);
  append_step(path, *node.key);
  return path;
}

std::string target_text(const ast::Terms& target) {
  std::string text(target[0]->as<ast::Var>()->name);
  for (const ast::Term* step : target.slice(1)) append_step(text, *step);
  return text;
}

class RulePlanner final : public PlanContext {
 public:
  RulePlanner(const CheckedPolicy& policy, std::vector<std::shared_ptr<const Source>> sources, Marks marks) : policy_(policy) {
    plan_.sources = std::move(sources);
    plan_.is_marked = marks == Marks::Yes;
  }

  plan::Plan run(const ast::Query* query, const CheckedQuery* checked, Packages packages) {
    checked_ = checked;
    find_overlay_targets(query);
    for (const auto& node : policy_.tree().nodes()) {
      if (!node->rules.empty()) group_function(*node);
    }
    if (query != nullptr) plan_query_rows(*query, *checked);  // may ask for documents of packages
    if (packages == Packages::Documents) {
      for (const auto& node : policy_.tree().nodes()) {
        if (has_document(*node) && !is_inside_group(*node)) static_cast<void>(document_function(*node));
      }
    }
    for (std::size_t done = 0; done < pending_.size(); ++done) {  // grows while it runs
      const RuleNode& node = *pending_[done].first;
      const std::uint32_t function = pending_[done].second;
      if (node.rules.empty()) {
        plan_extent(node, function);
      } else {
        plan_group(node, function);
      }
    }
    spread_reads();
    return std::move(plan_);
  }

  // ---- PlanContext.
  Arena& arena() override { return *plan_.arena; }
  const RuleTree& tree() const override { return policy_.tree(); }
  bool is_group(const RuleNode& node) const override { return !node.rules.empty() && !is_function_node(node); }

  bool has_document(const RuleNode& node) const override { return !is_function_node(node); }

  std::uint32_t document_function(const RuleNode& node) override {
    if (!node.rules.empty()) return group_function(node);
    return function_for(node, FunctionKind::Extent);
  }

  Callee callee(const ast::Terms& named) override {
    Callee made;
    const auto* head = named[0]->as<ast::Var>();
    if (head == nullptr) return made;
    if (head->name == "data") {
      const RuleNode* node = policy_.tree().find(named.items());
      if (node == nullptr || !is_function_node(*node)) return made;
      made.function = group_function(*node);
      made.arity = node->rules.front()->head->args.size();
    } else {
      made.builtin = find_builtin(target_text(named));
      if (made.builtin == nullptr) return made;
      made.arity = made.builtin->signature.arity;
    }
    const auto mocked = mock_entries_.find(target_text(named));
    if (mocked != mock_entries_.end()) made.mock = mocked->second;
    return made;
  }

  std::uint32_t mock_entry(const ast::Terms& target) override {
    const auto known = mock_entries_.find(target_text(target));
    return known != mock_entries_.end() ? known->second : kNoIndex;
  }

  void unbound(std::string_view name, Span span) override {
    const UserVar* user = policy_.user_var(name);
    add_error("rego_unsafe_var_error", "var " + std::string(user != nullptr ? user->name : name) + " is unsafe", span);
  }
  void refuse(std::string_view message, Span span) override { add_error("rego_compile_error", std::string(message), span); }

  std::vector<SourceExpression>* expressions() override { return plan_.is_marked ? &plan_.expressions : nullptr; }
  UserVar user_var(std::string_view name) const override {
    const UserVar* user = policy_.user_var(name);
    if (checked_ != nullptr && user == nullptr) {
      const auto found = checked_->user_vars.find(name);
      if (found != checked_->user_vars.end()) user = &found->second;
    }
    if (user != nullptr) return *user;
    const bool is_generated = name.starts_with("__local") || ast::is_wildcard(name);
    return {is_generated ? std::string_view() : name, {}};
  }

  std::uint32_t builtin_number(const Builtin* builtin) override {
    const auto at = std::find(plan_.mock_builtins.begin(), plan_.mock_builtins.end(), builtin);
    if (at != plan_.mock_builtins.end()) return static_cast<std::uint32_t>(at - plan_.mock_builtins.begin());
    plan_.mock_builtins.push_back(builtin);
    return static_cast<std::uint32_t>(plan_.mock_builtins.size() - 1);
  }

 private:
  // Once for each place: a rule below a group is planned in it too.
  void add_error(std::string_view code, std::string message, Span span) {
    const bool known = std::any_of(plan_.errors.begin(), plan_.errors.end(), [&](const plan::PlanError& error) { return error.span == span && error.message == message; });
    if (!known) plan_.errors.push_back({std::string(code), std::move(message), span});
  }

  // Every target of every `with`: which functions calls must look for, which rules data may hide.
  void find_overlay_targets(const ast::Query* query) {
    const auto look = [this](ast::With& with) {
      const auto* target = with.target->as<ast::Ref>();
      if (target == nullptr) {
        const auto* var = with.target->as<ast::Var>();
        if (var != nullptr && var->name == "input") overlays_input_ = true;
        if (var != nullptr && var->name == "data") overlays_data_ = true;
        return false;
      }
      const std::string_view root = (*target)[0]->as<ast::Var>()->name;
      if (root == "input") {
        overlays_input_ = true;
        return false;
      }
      if (root == "data") {
        const RuleNode* node = policy_.tree().find(target->items());
        if (node == nullptr || !is_function_node(*node)) {
          overlays_data_ = true;
          data_targets_.push_back(target);
          return false;
        }
        add_mock(target_text(*target), group_function(*node), nullptr);
        return false;
      }
      const Builtin* builtin = find_builtin(target_text(*target));
      if (builtin != nullptr) add_mock(target_text(*target), kNoIndex, builtin);
      return false;
    };
    for (const auto& module : policy_.modules()) ast::walk(*module, look);
    if (query != nullptr) {
      for (ast::Expr* expr : query->body) ast::walk(*expr, look);
    }
  }

  void add_mock(const std::string& name, std::uint32_t function, const Builtin* builtin) {
    if (!mock_entries_.emplace(name, static_cast<std::uint32_t>(plan_.mocks.size())).second) return;
    plan_.mocks.push_back({function, builtin != nullptr ? builtin_number(builtin) : kNoIndex});
    overlays_functions_ = true;
  }

  std::uint32_t function_for(const RuleNode& node, FunctionKind kind) {
    const auto known = functions_.find(&node);
    if (known != functions_.end()) return known->second;
    const auto number = static_cast<std::uint32_t>(plan_.functions.size());
    functions_.emplace(&node, number);
    plan_.functions.emplace_back();
    reads_.emplace_back();
    plan::Function& made = plan_.functions.back();
    made.kind = kind;
    made.path = path_of(node);
    for (const RuleNode* at = &node; !is_data_root(*at); at = at->parent) made.data_path.insert(made.data_path.begin(), key_value(*at->key));
    if (kind != FunctionKind::Function) made.is_shadowable = is_shadowable(made.data_path);
    pending_.emplace_back(&node, number);
    return number;
  }

  std::uint32_t group_function(const RuleNode& node) {
    const ast::Rule& first = *node.rules.front();
    FunctionKind kind = FunctionKind::Complete;
    const std::size_t depth = depth_of(node);
    bool goes_on = has_rules_below(node);
    for (const ast::Rule* rule : node.rules) goes_on = goes_on || path_size(*rule) > depth;
    if (first.is_function()) {
      kind = FunctionKind::Function;
    } else if (goes_on) {
      kind = FunctionKind::Object;
    } else if (first.head->is_multi_value()) {
      kind = FunctionKind::Set;
    }
    return function_for(node, kind);
  }

  static bool has_rules_below(const RuleNode& node) {
    return std::any_of(node.children.begin(), node.children.end(), [](const RuleNode* child) {
      return (!child->rules.empty() && !is_function_node(*child)) || has_rules_below(*child);
    });
  }

  Value key_value(const ast::Term& key) {
    BodyPlanner planner(*this, scratch_reads_);
    return planner.constant(key);
  }

  bool is_shadowable(const std::vector<Value>& path) {
    return std::any_of(data_targets_.begin(), data_targets_.end(), [&](const ast::Terms* target) {
      if (target->size() - 1 > path.size()) return false;
      for (std::size_t i = 1; i < target->size(); ++i) {
        if (!ast::is_constant((*target)[i]) || !equal(key_value(*(*target)[i]), path[i - 1])) return false;
      }
      return true;
    });
  }

  // ---- Extents.
  void plan_extent(const RuleNode& node, std::uint32_t number) {
    std::vector<plan::ExtentChild> children;
    for (const RuleNode* child : node.children) {
      if (child->hidden && is_data_root(node)) continue;
      if (!has_document(*child)) continue;
      const std::uint32_t function = document_function(*child);
      reads_[number].functions.push_back(function);
      children.push_back({key_value(*child->key), function});
    }
    reads_[number].data = true;
    plan_.functions[number].children = std::move(children);
  }

  // ---- Groups.
  void plan_group(const RuleNode& node, std::uint32_t number) {
    BodyPlanner planner(*this, group_reads_);
    group_reads_ = {};
    plan::Function made = std::move(plan_.functions[number]);
    const ast::Rule& first = *node.rules.front();
    made.span = first.head->span;
    made.arity = made.kind == FunctionKind::Function ? static_cast<std::uint32_t>(first.head->args.size()) : 0;
    planner.reserve_slots(made.arity);
    const std::size_t depth = depth_of(node);
    for (const ast::Rule* rule : node.rules) {
      planner.next_rule();
      if (rule->is_default) {
        made.default_body.push_back(plan_rule(planner, *rule, made.kind, depth));
        continue;
      }
      made.bodies.push_back(plan_rule(planner, *rule, made.kind, depth));
    }
    if (made.kind == FunctionKind::Object) {
      std::vector<const ast::Term*> keys;
      absorb(node, depth, keys, planner, made);
      for (const plan::RuleBody& body : made.bodies) made.nested = made.nested || body.keys.size() != 1 || body.leaf_is_set;
    }
    if (made.kind == FunctionKind::Complete || made.kind == FunctionKind::Function) made.stop_at_first = same_constant(made.bodies);
    made.slots = planner.slot_count();
    reads_[number] = std::move(group_reads_);
    plan_.functions[number] = std::move(made);
  }

  // Rules below a group are rules of it, so that what conflicts there conflicts in one way. Those whose value needs the whole rule group, else branches
  // and defaults, give it under the names that lead to them.
  void absorb(const RuleNode& node, std::size_t depth, std::vector<const ast::Term*>& keys, BodyPlanner& planner, plan::Function& made) {
    for (const RuleNode* child : node.children) {
      keys.push_back(child->key);
      if (!child->rules.empty() && !is_function_node(*child)) {
        const bool is_plain = std::none_of(child->rules.begin(), child->rules.end(), [](const ast::Rule* rule) { return rule->is_default || rule->else_rule != nullptr; });
        if (is_plain) {
          for (const ast::Rule* rule : child->rules) {
            planner.next_rule();
            made.bodies.push_back(plan_rule(planner, *rule, FunctionKind::Object, depth));
          }
        } else {
          made.bodies.push_back(whole_value(*child, keys));
        }
      }
      absorb(*child, depth, keys, planner, made);
      keys.pop_back();
    }
  }

  plan::RuleBody whole_value(const RuleNode& node, const std::vector<const ast::Term*>& keys) {
    plan::RuleBody made;
    made.span = node.rules.front()->head->span;
    for (const ast::Term* key : keys) {
      plan::Expr constant;
      constant.constant = key_value(*key);
      constant.span = made.span;
      made.keys.push_back(std::move(constant));
    }
    made.value.kind = ExprKind::Rule;
    made.value.function = group_function(node);
    made.value.span = made.span;
    group_reads_.functions.push_back(made.value.function);
    return made;
  }

  plan::RuleBody plan_rule(BodyPlanner& planner, const ast::Rule& rule, FunctionKind kind, std::size_t depth) {
    plan::RuleBody made;
    made.span = rule.head->span;
    planner.arguments(rule.head->args, made.steps);
    planner.body(rule.body, made.steps, rule.head->span);
    if (kind == FunctionKind::Object) {
      // The path after `data`, package and head, from the group's node on.
      const ast::Terms& package = rule.module->package->path;
      for (std::size_t i = depth; i < path_size(rule); ++i) {
        if (i + 1 == package.size()) {  // the rule's own name
          plan::Expr name;
          name.constant = Value::string(*plan_.arena, rule.head->reference[0]->as<ast::Var>()->name);
          name.span = made.span;
          made.keys.push_back(std::move(name));
        } else {
          made.keys.push_back(planner.value(i + 1 < package.size() ? *package[i + 1] : *rule.head->reference[i + 1 - package.size()], made.steps));
        }
      }
      made.leaf_is_set = rule.head->is_multi_value();
    }
    const ast::Term* yielded = rule.head->is_multi_value() ? rule.head->key : rule.head->value;
    made.value = planner.value(*yielded, made.steps);
    made.vars = planner.take_vars();
    if (rule.else_rule != nullptr) {
      planner.next_rule();
      made.otherwise.push_back(plan_rule(planner, *rule.else_rule, kind, depth));
    }
    return made;
  }

  // Whether every body, else branches too, yields one and the same constant: then the first success is the answer.
  static bool same_constant(const std::vector<plan::RuleBody>& bodies) {
    const plan::Expr* first = nullptr;
    for (const plan::RuleBody& rule : bodies) {
      for (const plan::RuleBody* body = &rule; body != nullptr; body = body->otherwise.empty() ? nullptr : &body->otherwise.front()) {
        if (body->value.kind != ExprKind::Const) return false;
        if (first == nullptr) first = &body->value;
        if (!equal(first->constant, body->value.constant)) return false;
      }
    }
    return first != nullptr;
  }

  // ---- The query: rows of [bindings, values of its expressions].
  void plan_query_rows(const ast::Query& query, const CheckedQuery& checked) {
    plan::Function made;
    made.kind = FunctionKind::Query;
    made.path = std::string(kQueryFunction);
    group_reads_ = {};
    BodyPlanner planner(*this, group_reads_);
    plan::RuleBody body;
    if (!query.body.empty()) body.span = query.body.front()->span;
    planner.body(query.body, body.steps);
    const ast::Nodes nodes(*plan_.arena);
    const auto read = [&](std::string_view var) { return planner.value(*nodes.var(var, body.span), body.steps); };
    plan::Expr bindings;
    bindings.kind = ExprKind::Object;
    for (const QueryBinding& binding : checked.bindings) {
      plan::Expr name;
      name.constant = Value::string(*plan_.arena, binding.name);
      bindings.operands.push_back(std::move(name));
      bindings.operands.push_back(read(binding.var));
    }
    plan::Expr values;
    values.kind = ExprKind::Array;
    for (const QueryExpression& expression : checked.expressions) {
      if (expression.var.empty()) {
        plan::Expr holds;
        holds.constant = Value::boolean(true);
        values.operands.push_back(std::move(holds));
      } else {
        values.operands.push_back(read(expression.var));
      }
    }
    body.value.kind = ExprKind::Array;
    body.value.operands.push_back(std::move(bindings));
    body.value.operands.push_back(std::move(values));
    body.vars = planner.take_vars();
    made.bodies.push_back(std::move(body));
    made.slots = planner.slot_count();
    plan_.functions.push_back(std::move(made));
    reads_.push_back(std::move(group_reads_));
  }

  // A rule reads what the rules it reads do; only where that meets some overlay must it be computed anew under one.
  void spread_reads() {
    for (bool changed = true; changed;) {
      changed = false;
      for (ReadSet& reads : reads_) {
        for (const std::uint32_t function : reads.functions) {
          const ReadSet& below = reads_[function];
          const bool more = (below.input && !reads.input) || (below.data && !reads.data) || (below.mocks && !reads.mocks);
          if (!more) continue;
          reads.input = reads.input || below.input;
          reads.data = reads.data || below.data;
          reads.mocks = reads.mocks || below.mocks;
          changed = true;
        }
      }
    }
    const auto shadowed_below = [&](std::size_t i) {
      return std::any_of(reads_[i].functions.begin(), reads_[i].functions.end(), [&](std::uint32_t f) { return plan_.functions[f].is_shadowable; });
    };
    std::vector<bool> shadowed(reads_.size(), false);
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < reads_.size(); ++i) {
        if (shadowed[i]) continue;
        const bool now = plan_.functions[i].is_shadowable || shadowed_below(i) ||
                         std::any_of(reads_[i].functions.begin(), reads_[i].functions.end(), [&](std::uint32_t f) { return shadowed[f]; });
        if (now) shadowed[i] = changed = true;
      }
    }
    for (std::size_t i = 0; i < reads_.size(); ++i) {
      plan_.functions[i].reads_overlaid = (overlays_input_ && reads_[i].input) || (overlays_data_ && (reads_[i].data || shadowed[i])) ||
                                          (overlays_functions_ && reads_[i].mocks);
    }
  }

  const CheckedPolicy& policy_;
  const CheckedQuery* checked_ = nullptr;
  plan::Plan plan_;
  std::unordered_map<const RuleNode*, std::uint32_t> functions_;
  std::vector<std::pair<const RuleNode*, std::uint32_t>> pending_;
  std::vector<ReadSet> reads_;  // by function
  ReadSet group_reads_;
  ReadSet scratch_reads_;
  std::unordered_map<std::string, std::uint32_t> mock_entries_;
  std::vector<const ast::Terms*> data_targets_;
  bool overlays_input_ = false;
  bool overlays_data_ = false;
  bool overlays_functions_ = false;
};

}  // namespace

plan::Plan plan_policy(const CheckedPolicy& policy, std::vector<std::shared_ptr<const Source>> sources, Packages packages, Marks marks) {
  return RulePlanner(policy, std::move(sources), marks).run(nullptr, nullptr, packages);
}

plan::Plan plan_query(const CheckedPolicy& policy, const ast::Query& query, const CheckedQuery& checked, std::vector<std::shared_ptr<const Source>> sources,
                      Marks marks) {
  return RulePlanner(policy, std::move(sources), marks).run(&query, &checked, Packages::AsRead);
}

std::string function_path(std::span<ast::Term* const> path) {
  std::string text = "data";
  for (const ast::Term* step : path.subspan(1)) append_step(text, *step);
  return text;
}

}  // namespace psdl
