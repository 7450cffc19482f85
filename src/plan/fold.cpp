// Constant folding. Invariant: a call is replaced only where it gave a value; one that fails stays, so that its error is recorded when it is reached.
#include "plan/plan.hpp"

#include <algorithm>

#include "builtins/builtin.hpp"
#include "builtins/patterns.hpp"
#include "value/builders.hpp"

namespace psdl::plan {
namespace {

class Folder {
 public:
  explicit Folder(Plan& plan) : plan_(plan) {}

  void run() {
    for (Function& function : plan_.functions) {
      for (RuleBody& body : function.bodies) rule(body);
      for (RuleBody& body : function.default_body) rule(body);
    }
  }

 private:
  void rule(RuleBody& body) {
    steps(body.steps);
    for (Expr& key : body.keys) expr(key);
    expr(body.value);
    for (RuleBody& next : body.otherwise) rule(next);
  }

  void steps(Steps& all) {
    for (Step& step : all) {
      expr(step.a);
      expr(step.b);
      for (Expr& value : step.overlay.values) expr(value);
      for (Steps& body : step.bodies) steps(body);
    }
  }

  void expr(Expr& e) {
    for (Expr& operand : e.operands) expr(operand);
    steps(e.body);
    if (e.kind != ExprKind::Builtin || e.mock != kNoIndex || !can_fold(*e.builtin)) return;
    if (!std::all_of(e.operands.begin(), e.operands.end(), [](const Expr& operand) { return operand.kind == ExprKind::Const; })) return;
    std::vector<Value> operands;
    for (const Expr& operand : e.operands) operands.push_back(operand.constant);
    CallContext context(*plan_.arena, limits_, facts_, patterns_);
    const Value result = call_builtin(*e.builtin, context, operands.data(), operands.size());
    if (!result.is_defined() || context.error != nullptr || !is_small(result)) return;
    freeze(*plan_.arena, result);
    e.kind = ExprKind::Const;
    e.constant = result;
    e.builtin = nullptr;
    e.operands.clear();
  }

  static bool can_fold(const Builtin& builtin) {
    return builtin.is_deterministic && !builtin.is_relation && builtin.signature.has_result && builtin.signature.arity > 0 && builtin.name != "trace" &&
           !builtin.name.starts_with("internal.print");
  }

  // A large result costs more in every copy of the program than computing it where it is wanted.
  static bool is_small(const Value& value) {
    constexpr std::size_t kMostItems = 64;
    if (value.is_array()) return value.length() <= kMostItems;
    if (value.is_object()) return value.as_object().size() <= kMostItems;
    if (value.is_set()) return value.as_set().size() <= kMostItems;
    return value.length() <= 4096;
  }

  Plan& plan_;
  Limits limits_;
  EvaluationFacts facts_;
  PatternCache patterns_;
};

}  // namespace

void fold_constants(Plan& plan) { Folder(plan).run(); }

}  // namespace psdl::plan
