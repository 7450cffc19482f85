// One rule's body to steps. In: expressions in safe order; out: tests, binds and scans, with a slot for each var.
#pragma once

#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/compiler.hpp"
#include "plan/plan.hpp"

namespace psdl {

// What the planner of bodies asks about the policy as a whole.
class PlanContext {
 public:
  virtual ~PlanContext() = default;

  [[nodiscard]] virtual Arena& arena() = 0;
  // The function that computes the node's document: its rule group, or the extent of a package.
  [[nodiscard]] virtual std::uint32_t document_function(const RuleNode& node) = 0;
  // False for a function's node: it is called, never read.
  [[nodiscard]] virtual bool has_document(const RuleNode& node) const = 0;
  // Whether refs that reach the node go to its group, whatever stands below.
  [[nodiscard]] virtual bool is_group(const RuleNode& node) const = 0;
  [[nodiscard]] virtual const RuleTree& tree() const = 0;
  // What a call names: a function of the policy, or a builtin.
  struct Callee {
    std::uint32_t function = kNoIndex;
    const Builtin* builtin = nullptr;
    std::uint32_t mock = kNoIndex;
    std::size_t arity = 0;
  };
  [[nodiscard]] virtual Callee callee(const ast::Terms& operator_ref) = 0;
  // The entry of a `with` target; kNoIndex where it is no function.
  [[nodiscard]] virtual std::uint32_t mock_entry(const ast::Terms& target) = 0;
  [[nodiscard]] virtual std::uint32_t builtin_number(const Builtin* builtin) = 0;
  // The plan is no good: its maker is told.
  virtual void unbound(std::string_view name, Span span) = 0;
  virtual void refuse(std::string_view message, Span span) = 0;
  // Of a plan with marks: where its expressions are told of; else null.
  [[nodiscard]] virtual std::vector<SourceExpression>* expressions() = 0;
  // What the user called the var; an empty name for what the compiler made.
  [[nodiscard]] virtual UserVar user_var(std::string_view name) const = 0;
};

// What a function reads itself, for the memory of rules under overlays.
struct ReadSet {
  bool input = false;
  bool data = false;
  bool mocks = false;
  std::vector<std::uint32_t> functions;
};

class BodyPlanner {
 public:
  BodyPlanner(PlanContext& context, ReadSet& reads) : context_(context), reads_(reads), marked_(context.expressions()) {}

  // Slots 0..n-1 hold the arguments: vars take them over, patterns are matched.
  void arguments(const ast::Args& args, plan::Steps& steps);
  // What lies in `head` is told to be computed for it.
  void body(const ast::Body& body, plan::Steps& steps, Span head = {});
  // The value of a ground term; what it needs first goes to `steps`.
  [[nodiscard]] plan::Expr value(const ast::Term& term, plan::Steps& steps);
  [[nodiscard]] Value constant(const ast::Term& term);
  // Forgets the vars, keeps the count of slots: for the next rule of the same function.
  void next_rule() {
    slots_.clear();
    bound_.clear();
    vars_.clear();
  }
  // The vars of the rule so far, for a debugger.
  [[nodiscard]] std::vector<plan::Var> take_vars() { return std::exchange(vars_, {}); }
  [[nodiscard]] plan::SlotNumber slot_count() const { return slot_count_; }
  void reserve_slots(plan::SlotNumber count) { slot_count_ = count; }

 private:
  using Expr = plan::Expr;
  using Steps = plan::Steps;
  using SlotNumber = plan::SlotNumber;

  class Scope;

  // Vars.
  [[nodiscard]] bool is_bound(std::string_view name) const;
  [[nodiscard]] bool is_free_var(const ast::Term& term) const;
  [[nodiscard]] bool has_free_vars(const ast::Term& term) const;
  SlotNumber bind_var(std::string_view name);
  void bind_to(const ast::Term& var, Expr value, Steps& steps);
  [[nodiscard]] Expr into_slot(Expr value, Steps& steps, Span span);

  // For debuggers.
  void add_var(std::string_view name, SlotNumber slot, Span span);
  [[nodiscard]] std::uint32_t add_expression(const ast::Expr& expr, std::uint32_t statement, Span head);
  [[nodiscard]] static const ast::Expr* statement_of(const ast::Body& body, const ast::Expr& part);

  // Expressions.
  void expression(const ast::Expr& expr, Steps& steps);
  void without_with(const ast::Expr& expr, Steps& steps);
  void with(const ast::Expr& expr, Steps& steps);
  void call(const ast::Terms& terms, Span span, Steps& steps);
  void every(const ast::Every& every, Steps& steps);
  void member(const ast::Terms& terms, Span span, Steps& steps);

  // Terms.
  void unify(const ast::Term& left, const ast::Term& right, Span span, Steps& steps);
  void match(const ast::Term& pattern, Expr value, Span span, Steps& steps);
  [[nodiscard]] Expr ref(const ast::Ref& ref, Span span, Steps& steps);
  [[nodiscard]] Expr ref_tail(const ast::Ref& ref, std::size_t from, Expr base, Span span, Steps& steps, bool in_base = false);
  [[nodiscard]] Expr data_ref(const ast::Ref& ref, Span span, Steps& steps);
  [[nodiscard]] Expr comprehension(BuilderKind kind, const ast::Term* key, const ast::Term& value, const ast::Body& body, Span span);
  [[nodiscard]] Expr callee_expr(const PlanContext::Callee& callee, Span span);

  PlanContext& context_;
  ReadSet& reads_;
  std::unordered_map<std::string_view, SlotNumber> slots_;
  std::vector<std::string_view> bound_;  // in order, so that a scope can be undone
  SlotNumber slot_count_ = 0;
  std::vector<SourceExpression>* marked_ = nullptr;
  std::uint32_t around_ = kNoExpression;
  std::vector<plan::Var> vars_;
};

}  // namespace psdl
