// Constant folding. Invariant: a call is replaced only where it gave a value; one that fails stays, so that its error is recorded when it is reached.
#include "plan/fold.hpp"

#include <algorithm>

#include "bytecode/image.hpp"
#include "builtins/builtin.hpp"
#include "builtins/patterns.hpp"
#include "value/builders.hpp"
#include "value/text.hpp"

namespace psdl::plan {
namespace {

bool can_fold(const Builtin& builtin) {
  return builtin.is_deterministic && !builtin.is_relation && builtin.signature.has_result && builtin.signature.arity > 0 && builtin.name != "trace" &&
         !builtin.name.starts_with("internal.print");
}

constexpr std::uint32_t kMostItems = 64;   // of one collection
constexpr std::size_t kMostValues = 512;  // at all depths
constexpr std::uint32_t kMostBytes = 4096;

bool is_small(const Value& value, std::size_t& left) {
  const auto all = [&](std::span<const Value> items) {
    return items.size() <= kMostItems && std::all_of(items.begin(), items.end(), [&](const Value& item) { return is_small(item, left); });
  };
  if (left-- == 0) return false;
  if (value.is_array()) return all(value.as_array());
  if (value.is_object()) return all(value.as_object().keys()) && all(value.as_object().values());
  if (value.is_set()) return all(value.as_set().items());
  return value.length() <= kMostBytes;
}

}  // namespace

// What base64.decode makes of any bytes is computed where it is wanted: constants are UTF-8, as in the source and in an image.
static bool is_text(const Value& value) {
  if (value.is_string()) return is_utf8(value.as_string());
  const auto are_text = [](std::span<const Value> values) { return std::all_of(values.begin(), values.end(), is_text); };
  if (value.is_array()) return are_text(value.as_array());
  if (value.is_set()) return are_text(value.as_set().items());
  return !value.is_object() || (are_text(value.as_object().keys()) && are_text(value.as_object().values()));
}

bool is_small(const Value& value) {
  std::size_t left = kMostValues;
  return is_small(value, left);
}

struct CallFolder::Tools {
  // What is folded must be cheap, and must not pass a limit that a policy is run with: a call that comes near one is left as it is.
  static Limits cheap() {
    Limits limits;
    limits.instructions = 10'000;
    limits.string_bytes = kMostBytes;
    limits.collection_items = kMostItems;
    limits.range_items = kMostItems;
    limits.cidr_items = kMostItems;
    limits.format_width = 64;
    limits.shift_bits = 64;
    limits.number_digits = 64;
    limits.regex_work = 1'000'000;
    return limits;
  }

  Limits limits = cheap();
  EvaluationFacts facts;
  PatternCache patterns;
};

CallFolder::CallFolder(Plan& plan) : plan_(plan) {}
CallFolder::~CallFolder() = default;

bool CallFolder::fold(Expr& e) {
  if (e.kind != ExprKind::Builtin || e.mock != kNoIndex || !can_fold(*e.builtin)) return false;
  if (!std::all_of(e.operands.begin(), e.operands.end(), [](const Expr& operand) { return operand.kind == ExprKind::Const; })) return false;
  if (tools_ == nullptr) tools_ = std::make_unique<Tools>();
  std::vector<Value> operands;
  for (const Expr& operand : e.operands) operands.push_back(operand.constant);
  CallContext context(*plan_.arena, tools_->limits, tools_->facts, tools_->patterns);
  const Value result = call_builtin(*e.builtin, context, operands.data(), operands.size());
  if (!result.is_defined() || context.error != nullptr || !is_small(result) || !is_text(result)) return false;
  freeze(*plan_.arena, result);
  e.kind = ExprKind::Const;
  e.constant = result;
  e.builtin = nullptr;
  e.operands.clear();
  return true;
}

}  // namespace psdl::plan
