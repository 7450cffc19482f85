// Which fields of the input a plan may read. In: a plan, a field's name; out: whether some rule may see it.
//
// Invariant: "no" is certain. The input is followed through variables, arguments and what functions and rules give back; whatever else is done with all
// of it (a computed key, a scan, a comparison, a builtin, a place in a collection) may see every field.
#include <algorithm>

#include "builtins/builtin.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

class InputReads {
 public:
  InputReads(const Plan& plan, std::string_view field) : plan_(plan), field_(field) {
    for (const Function& function : plan.functions) holders_.emplace_back(std::max(function.slots, function.arity), false);
    gives_input_.assign(plan.functions.size(), false);
  }

  bool found() {
    do {
      has_grown_ = false;
      for (std::size_t i = 0; i < plan_.functions.size() && !found_; ++i) look_at(static_cast<std::uint32_t>(i));
    } while (has_grown_ && !found_);
    return found_;
  }

 private:
  void look_at(std::uint32_t number) {
    now_ = number;
    const Function& function = plan_.functions[number];
    for (const RuleBody& body : function.bodies) rule(function, body);
    for (const RuleBody& body : function.default_body) rule(function, body);
    if (function.dispatch) expr(function.dispatch->on, true);
    // The document of a package holds what its rules give back.
    for (const ExtentChild& child : function.children) {
      found_ = found_ || (child.function != kNoIndex && gives_input_[child.function]);
    }
  }

  void rule(const Function& function, const RuleBody& body) {
    steps(body.steps);
    for (const Expr& key : body.keys) expr(key, true);
    const bool is_one_value = function.kind == FunctionKind::Function || function.kind == FunctionKind::Complete;
    expr(body.value, !is_one_value);
    if (is_one_value && is_input(body.value)) mark(gives_input_, number_of(function));
    for (const RuleBody& next : body.otherwise) rule(function, next);
  }

  std::size_t number_of(const Function& function) const { return static_cast<std::size_t>(&function - plan_.functions.data()); }

  void steps(const Steps& all) {
    for (const Step& step : all) {
      const bool is_harmless = step.kind == StepKind::Test || step.kind == StepKind::Bind || step.kind == StepKind::ArrayLength;
      if (step.kind == StepKind::Bind && is_input(step.a)) hold(step.value, now_);
      expr(step.a, !is_harmless);
      expr(step.b, true);
      for (const Expr& wanted : step.where) expr(wanted, true);
      for (const Expr& value : step.overlay.values) expr(value, true);
      for (const Steps& body : step.bodies) steps(body);
    }
  }

  [[nodiscard]] bool is_input(const Expr& e) const {
    switch (e.kind) {
      case ExprKind::Input: return true;
      case ExprKind::Slot: return e.slot < holders_[now_].size() && holders_[now_][e.slot];
      case ExprKind::Function:
      case ExprKind::Rule: return e.function != kNoIndex && gives_input_[e.function];
      default: return false;
    }
  }

  // `is_seen`: whoever takes the value may look at all of it.
  void expr(const Expr& e, bool is_seen) {
    found_ = found_ || (is_seen && is_input(e));
    switch (e.kind) {
      case ExprKind::Dot:
        expr(e.operands[0], is_input(e.operands[0]) && may_be_field(e.operands[1]));
        expr(e.operands[1], true);
        break;
      case ExprKind::Function: pass_arguments(e); break;
      case ExprKind::Builtin: call(e); break;
      default:
        for (const Expr& operand : e.operands) expr(operand, true);
        break;
    }
    steps(e.body);
  }

  void pass_arguments(const Expr& e) {
    const bool is_known = e.mock == kNoIndex && e.function != kNoIndex;
    for (std::size_t i = 0; i < e.operands.size(); ++i) {
      if (is_known && is_input(e.operands[i])) hold(static_cast<SlotNumber>(i), e.function);
      expr(e.operands[i], !is_known);
    }
  }

  // object.get(input, "kind", ..) and object.get(input, ["metadata", "name"], ..) read one field.
  void call(const Expr& e) {
    const bool is_get = e.mock == kNoIndex && e.builtin != nullptr && e.builtin->name == "object.get" && e.operands.size() == 3;
    for (std::size_t i = 0; i < e.operands.size(); ++i) {
      expr(e.operands[i], !(is_get && i == 0 && !may_be_field(e.operands[1])));
    }
  }

  [[nodiscard]] bool may_be_field(const Expr& key) const {
    if (key.kind != ExprKind::Const) return true;
    Value step = key.constant;
    if (step.is_array()) {
      if (step.as_array().empty()) return true;
      step = step.as_array().front();
    }
    return step.is_string() && step.as_string() == field_;
  }

  void hold(SlotNumber slot, std::uint32_t function) {
    if (slot >= holders_[function].size()) {
      found_ = true;
    } else {
      mark(holders_[function], slot);
    }
  }
  void mark(std::vector<bool>& flags, std::size_t at) {
    has_grown_ = has_grown_ || !flags[at];
    flags[at] = true;
  }

  const Plan& plan_;
  const std::string_view field_;
  std::vector<std::vector<bool>> holders_;  // by function, its slots that may hold the input
  std::vector<bool> gives_input_;           // functions and rules whose value may be the input
  std::uint32_t now_ = 0;                   // the function that is looked at
  bool has_grown_ = false;
  bool found_ = false;
};

}  // namespace

bool may_read_input_field(const Plan& plan, std::string_view field) { return InputReads(plan, field).found(); }

}  // namespace psdl::plan
