// Totality by the rows of builtins: a call is total where no operand can have a kind that the builtin refuses, and its row says that it cannot fail.
#include "plan/totality.hpp"

#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

// Formats whose operands are shown as they are: no width or precision that could be too large.
bool is_plain_format(const Expr& format) {
  if (format.kind != ExprKind::Const || !format.constant.is_string()) return false;
  const std::string_view text = format.constant.as_string();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') continue;
    ++i;
    if (i < text.size() && std::string_view("sdvqtxX%").find(text[i]) == std::string_view::npos) return false;
  }
  return true;
}

template <class Question>
bool every_body(const Function& function, Question question) {
  for (const std::vector<RuleBody>* list : {&function.bodies, &function.default_body}) {
    for (const RuleBody& first : *list) {
      for (const RuleBody* body = &first; body != nullptr; body = body->otherwise.empty() ? nullptr : &body->otherwise.front()) {
        if (!question(*body)) return false;
      }
    }
  }
  return true;
}

bool any_generates(const Function& function) {
  return !every_body(function, [](const RuleBody& body) { return !generates(body.steps); });
}

bool may_conflict(const Function& function) {
  switch (function.kind) {
    case FunctionKind::Complete:
    case FunctionKind::Function: return !function.stop_at_first && (function.bodies.size() > 1 || any_generates(function));
    case FunctionKind::Object: return function.bodies.size() > 1 || any_generates(function);
    case FunctionKind::Set:
    case FunctionKind::Query:
    case FunctionKind::Extent: return false;
  }
  return true;
}

}  // namespace

bool Totality::is_total(const Expr& e) const {
  switch (e.kind) {
    case ExprKind::Const:
    case ExprKind::Slot:
    case ExprKind::Input:
    case ExprKind::Data: return true;
    case ExprKind::Dot:
    case ExprKind::Array:
    case ExprKind::Set:
    case ExprKind::Object: return are_total(e.operands);
    case ExprKind::Builtin: return e.mock == kNoIndex && never_fails(e) && are_total(e.operands);
    case ExprKind::Function: return e.mock == kNoIndex && total_[e.function] && are_total(e.operands);
    case ExprKind::Rule: return total_[e.function];
    case ExprKind::Comprehension:
      return (e.builder != BuilderKind::Object || !generates(e.body)) && are_total(e.body) && are_total(e.operands);
  }
  return false;
}

bool Totality::is_total(const Step& step) const {
  return is_total(step.a) && is_total(step.b) && are_total(step.where) && are_total(step.overlay.values) &&
         std::all_of(step.bodies.begin(), step.bodies.end(), [this](const Steps& body) { return are_total(body); });
}

bool Totality::is_total(const Function& function) const {
  return !may_conflict(function) &&
         every_body(function, [&](const RuleBody& body) { return are_total(body.steps) && are_total(body.keys) && is_total(body.value); }) &&
         std::all_of(function.children.begin(), function.children.end(), [&](const ExtentChild& child) { return total_[child.function]; });
}

bool Totality::never_fails(const Expr& call) const {
  const Builtin& called = *call.builtin;
  if (strictness_ == Strictness::ConflictsAlone) return called.name != "trace" && !called.name.starts_with("internal.print");
  if (called.name == "sprintf") return is_plain_format(call.operands[0]) && call.operands[1].kind == ExprKind::Array;
  if (called.can_fail || called.signature.is_variadic || called.name == "trace" || called.name.starts_with("internal.print")) return false;
  for (std::size_t i = 0; i < call.operands.size(); ++i) {
    if ((kinds_of(call.operands[i]) & ~called.signature.operands[i]) != 0) return false;
  }
  return true;
}

KindMask Totality::kinds_of(const Expr& e) const {
  switch (e.kind) {
    case ExprKind::Const: return kind_bit(e.constant.kind());
    case ExprKind::Array: return kind_bit(Kind::Array);
    case ExprKind::Set: return kind_bit(Kind::Set);
    case ExprKind::Object: return kind_bit(Kind::Object);
    case ExprKind::Comprehension:
      return kind_bit(e.builder == BuilderKind::Array ? Kind::Array : e.builder == BuilderKind::Set ? Kind::Set : Kind::Object);
    case ExprKind::Builtin: return e.mock == kNoIndex ? e.builtin->signature.result : kAnyKind;
    case ExprKind::Rule: {
      const Function& rule = plan_.functions[e.function];
      return rule.kind == FunctionKind::Set && !rule.is_shadowable ? kind_bit(Kind::Set) : kAnyKind;
    }
    default: return kAnyKind;
  }
}

TotalFunctions total_functions(const Plan& plan, Strictness strictness) {
  TotalFunctions total(plan.functions.size(), false);
  const Totality totality(plan, total, strictness);
  // What calls nothing that is not total is found in as many rounds as calls are deep; few policies need four.
  for (int round = 0; round < 16; ++round) {
    bool is_new = false;
    for (std::size_t i = 0; i < plan.functions.size(); ++i) {
      if (total[i] || !totality.is_total(plan.functions[i])) continue;
      total[i] = is_new = true;
    }
    if (!is_new) break;
  }
  return total;
}

}  // namespace psdl::plan
