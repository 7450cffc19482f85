// Builtins called by name, for tests. In: values; out: the answer in Rego's notation, or the error.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "builtins/patterns.hpp"
#include "builtins/registry.hpp"
#include "value/text.hpp"

namespace psdl::test {

class Caller {
 public:
  Limits limits;
  EvaluationFacts facts;
  Arena arena;
  PatternCache patterns;
  std::string printed;
  // Of the last call.
  std::string error;
  std::string code;
  bool halted = false;
  std::uint64_t work = 0;  // units of the budget

  Value text(std::string_view bytes) { return Value::string(arena, bytes); }
  Value number(std::string_view digits) { return number_from_text(arena, digits); }
  Value array(std::initializer_list<Value> items) {
    ArrayBuilder made(arena);
    for (const Value& item : items) made.add(item);
    return made.finish();
  }
  Value set(std::initializer_list<Value> items) {
    SetBuilder made(arena);
    for (const Value& item : items) made.add(item);
    return made.finish();
  }
  Value object(std::initializer_list<std::pair<Value, Value>> fields) {
    ObjectBuilder made(arena);
    for (const auto& [key, value] : fields) made.add(key, value);
    return made.finish();
  }

  Value call(std::string_view name, const std::vector<Value>& operands) {
    const Builtin* row = find_builtin(name);
    error = row == nullptr ? "no such builtin" : "";
    code.clear();
    halted = false;
    if (row == nullptr) return {};
    CallContext context(arena, limits, facts, patterns);
    context.print_sink = &printed;
    const RunningBudget running(context.budget());
    const Value made = call_builtin(*row, context, operands.data(), operands.size());
    work = context.budget().work();
    if (context.error != nullptr) {
      error = context.error->message;
      code = eval_code_name(context.error->code);
      halted = context.error->halts;
    }
    return made;
  }
  // "undefined" where there is no answer; the error stands in `error`.
  std::string shown(std::string_view name, const std::vector<Value>& operands) {
    const Value made = call(name, operands);
    return made.is_defined() ? to_rego(made) : "undefined";
  }
};

}  // namespace psdl::test
