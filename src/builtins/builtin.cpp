// How a builtin is called: operand checks with OPA's texts, failures, limits. In: a row and operands; out: a value, or undefined and an error.
#include "builtins/builtin.hpp"

#include "value/text.hpp"

namespace psdl {

std::string_view eval_code_name(EvalCode code) {
  switch (code) {
    case EvalCode::Builtin:
      return "eval_builtin_error";
    case EvalCode::Type:
      return "eval_type_error";
    case EvalCode::Conflict:
      return "eval_conflict_error";
    case EvalCode::WithMerge:
      return "eval_with_merge_error";
    case EvalCode::Internal:
      return "eval_internal_error";
    case EvalCode::Cancelled:
      return "eval_cancel_error";
    case EvalCode::Limit:
      return "eval_limit_error";
  }
  return "eval_internal_error";
}

Value CallContext::fail(EvalCode code, std::string_view message) {
  std::string text;
  if (current != nullptr) {
    text.append(current->name).append(": ");
  }
  text.append(message);
  error = std::make_unique<BuiltinError>(BuiltinError{code, std::move(text), false});
  return {};
}

Value CallContext::fail_operand(unsigned operand, std::string_view wanted, const Value& got) {
  std::string text = "operand " + std::to_string(operand) + " must be ";
  text.append(wanted).append(" but got ").append(kind_name(got.kind()));
  return fail(EvalCode::Type, text);
}

Value CallContext::limit(std::string_view limit_name) {
  std::string text;
  if (current != nullptr) {
    text.append(current->name).append(": ");
  }
  text.append("limit_").append(limit_name).append(" reached");
  error = std::make_unique<BuiltinError>(BuiltinError{EvalCode::Limit, std::move(text), true});
  return {};
}

bool CallContext::may_make_text(std::size_t bytes) {
  if (bytes > limits_->string_bytes || bytes > Value::kMaxLength) {
    (void)limit("string_bytes");
    return false;
  }
  // Small texts are left to the VM's own look at the arena.
  if (bytes > 4096 && !arena_->may_take(bytes)) {
    (void)limit("memory_bytes");
    return false;
  }
  return true;
}

bool CallContext::may_make_items(std::size_t count) {
  if (count > limits_->collection_items || count > Value::kMaxLength) {
    (void)limit("collection_items");
    return false;
  }
  if (count > 256 && !arena_->may_take(count * sizeof(Value))) {
    (void)limit("memory_bytes");
    return false;
  }
  return true;
}

Value call_builtin(const Builtin& builtin, CallContext& context, const Value* operands, std::size_t count) {
  context.current = &builtin;
  if (builtin.checks_operands) {
    for (std::size_t i = 0; i < count; ++i) {
      const KindMask wanted = builtin.signature.operands[i];
      if ((wanted & kind_bit(operands[i].kind())) == 0) {
        return context.fail_operand(static_cast<unsigned>(i + 1), wanted_kinds(wanted), operands[i]);
      }
    }
  }
  return builtin.fn(context, Args(operands, count));
}

// The order that most of OPA's bodies name alternatives in; rows whose body has another order check for themselves.
std::string wanted_kinds(KindMask mask) {
  constexpr Kind order[] = {Kind::Null, Kind::Boolean, Kind::Number, Kind::String, Kind::Object, Kind::Set, Kind::Array};
  std::string names;
  unsigned several = 0;
  for (const Kind kind : order) {
    if ((mask & kind_bit(kind)) == 0) continue;
    if (several++ > 0) names += ", ";
    names += kind_name(kind);
  }
  return several == 1 ? names : "one of {" + names + "}";
}

}  // namespace psdl
