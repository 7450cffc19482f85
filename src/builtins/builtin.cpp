// How a builtin is called: operand checks with OPA's texts, failures, limits. In: a row and operands; out: a value, or undefined and an error.
#include "builtins/builtin.hpp"

#include <algorithm>

#include "value/text.hpp"

namespace psdl {

namespace {
// Items or bytes that are not charged for.
constexpr std::size_t kUncharged = 1'024;
}  // namespace

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

void CallContext::record(EvalCode code, std::initializer_list<std::string_view> parts, bool halts) {
  const std::string_view name = current != nullptr ? current->name : std::string_view();
  const std::string_view colon = name.empty() ? "" : ": ";
  std::size_t size = name.size() + colon.size();
  for (const std::string_view part : parts) size += part.size();
  char* const text = static_cast<char*>(arena_->allocate(size, 1));
  char* end = std::copy(name.begin(), name.end(), text);
  end = std::copy(colon.begin(), colon.end(), end);
  for (const std::string_view part : parts) end = std::copy(part.begin(), part.end(), end);
  error = arena_->make<BuiltinError>(code, std::string_view(text, size), halts);
}

Value CallContext::fail(EvalCode code, std::initializer_list<std::string_view> parts) {
  record(code, parts, false);
  return {};
}

Value CallContext::halt(EvalCode code, std::string_view message) {
  error = arena_->make<BuiltinError>(code, arena_->copy(message), true);
  return {};
}

Value CallContext::fail_operand(unsigned operand, std::string_view wanted, const Value& got) {
  const char digits[2] = {static_cast<char>('0' + operand / 10), static_cast<char>('0' + operand % 10)};
  const std::string_view number = operand < 10 ? std::string_view(digits + 1, 1) : std::string_view(digits, 2);
  return fail(EvalCode::Type, {"operand ", number, " must be ", wanted, " but got ", kind_name(got.kind())});
}

Value CallContext::limit(std::string_view limit_name) {
  record(EvalCode::Limit, {"limit_", limit_name, " reached"}, true);
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

bool CallContext::write_rego(std::string& out, const Value& value) {
  const std::size_t before = out.size();
  if (append_rego_within(out, before + limits_->string_bytes, value)) return may_work((out.size() - before) / Budget::kBytes);
  (void)limit("string_bytes");
  return false;
}

bool CallContext::is_within_memory(std::size_t more) {
  if (arena_->may_take(more)) return true;
  (void)limit("memory_bytes");
  return false;
}

bool CallContext::end_for_budget() {
  switch (budget_.end()) {
    case Budget::End::None:
    case Budget::End::Instructions:
      (void)limit("instructions");
      break;
    case Budget::End::Time:
      (void)limit("time_ns");
      break;
    case Budget::End::Cancelled:
      (void)fail(EvalCode::Cancelled, "caller cancelled query execution");
      error->halts = true;
      break;
  }
  return false;
}

namespace {

// What going through the operands once costs. Short ones cost about what the call itself does.
std::uint64_t reading_cost(const Value* operands, std::size_t count) {
  std::uint64_t units = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Value& operand = operands[i];
    std::size_t items = operand.length();
    if (operand.is_object()) items = operand.as_object().size();
    if (operand.is_set()) items = operand.as_set().bag().size();
    if (items > kUncharged) units += items / (operand.is_string() ? Budget::kBytes : Budget::kItems);
  }
  return units;
}

// Operands that must be charged for, or of which one is of a kind that the signature does not have.
[[gnu::noinline]] Value call_with_care(const Builtin& builtin, CallContext& context, const Value* operands, std::size_t count) {
  if (!builtin.is_brief && !context.may_work(reading_cost(operands, count))) return {};
  for (std::size_t i = 0; builtin.checks_operands && i < count; ++i) {
    const KindMask wanted = builtin.signature.operands[i];
    if ((wanted & kind_bit(operands[i].kind())) != 0) continue;
    return context.fail_operand(static_cast<unsigned>(i + 1), wanted_kinds(wanted), operands[i]);
  }
  return builtin.fn(context, Args(operands, count));
}

}  // namespace

Value call_builtin(const Builtin& builtin, CallContext& context, const Value* operands, std::size_t count) {
  context.current = &builtin;
  // One look at each operand says whether there is anything more to see: most are short and of the right kind.
  unsigned is_large = 0;
  unsigned is_misfit = 0;
  const auto look_at = [&](std::size_t i, std::size_t declared) __attribute__((always_inline)) {
    const auto kind = static_cast<unsigned>(operands[i].kind());
    is_large |= static_cast<unsigned>(operands[i].length() > kUncharged) | static_cast<unsigned>(kind >= static_cast<unsigned>(Kind::Object));
    is_misfit |= ~(static_cast<unsigned>(builtin.signature.operands[declared]) >> kind);
  };
  if (count > 0) look_at(0, 0);
  if (count > 1) look_at(1, 1);
  for (std::size_t i = 2; i < count; ++i) look_at(i, std::min(i, Signature::kMaxArity - 1));
  is_large &= static_cast<unsigned>(!builtin.is_brief);
  is_misfit &= static_cast<unsigned>(builtin.checks_operands);
  if ((is_large | is_misfit) != 0) return call_with_care(builtin, context, operands, count);
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
