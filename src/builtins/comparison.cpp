// Comparisons as functions: `lt(1, 2)` beside `1 < 2`. In: any two values; out: a boolean by Rego's total order.
#include "builtins/registry.hpp"

namespace psdl {
namespace {

Value equal_(CallContext&, Args args) { return Value::boolean(equal(args[0], args[1])); }
Value neq(CallContext&, Args args) { return Value::boolean(!equal(args[0], args[1])); }
Value lt(CallContext&, Args args) { return Value::boolean(compare(args[0], args[1]) < 0); }
Value lte(CallContext&, Args args) { return Value::boolean(compare(args[0], args[1]) <= 0); }
Value gt(CallContext&, Args args) { return Value::boolean(compare(args[0], args[1]) > 0); }
Value gte(CallContext&, Args args) { return Value::boolean(compare(args[0], args[1]) >= 0); }

constexpr Builtin kComparisonBuiltins[] = {
    {.name = "equal",
     .signature = signature("(x: any, y: any) -> boolean"),
     .doc = "Whether two values are the same; numbers by value, so that 1 and 1.0 are.",
     .example = "equal(1, 1.0)",
     .fn = equal_,
     .is_brief = true,
     .can_fail = false},
    {.name = "neq",
     .signature = signature("(x: any, y: any) -> boolean"),
     .doc = "Whether two values differ.",
     .example = R"(neq("a", "b"))",
     .fn = neq,
     .is_brief = true,
     .can_fail = false},
    {.name = "lt",
     .signature = signature("(x: any, y: any) -> boolean"),
     .doc = "Whether the first value stands before the second in the order of all values.",
     .example = R"(lt(9, "1"))",
     .fn = lt,
     .is_brief = true,
     .can_fail = false},
    {.name = "lte",
     .signature = signature("(x: any, y: any) -> boolean"),
     .doc = "Whether the first value stands before the second or equals it.",
     .example = "lte(2, 2)",
     .fn = lte,
     .is_brief = true,
     .can_fail = false},
    {.name = "gt",
     .signature = signature("(x: any, y: any) -> boolean"),
     .doc = "Whether the first value stands after the second in the order of all values.",
     .example = R"(gt([1], "a"))",
     .fn = gt,
     .is_brief = true,
     .can_fail = false},
    {.name = "gte",
     .signature = signature("(x: any, y: any) -> boolean"),
     .doc = "Whether the first value stands after the second or equals it.",
     .example = "gte(2, 1.5)",
     .fn = gte,
     .is_brief = true,
     .can_fail = false},
    // The compiler makes bindings of these two; their rows give arity and types. A call that reaches fn has no variable left to bind.
    {.name = "eq",
     .signature = signature("(any, any) -> boolean"),
     .doc = "Unification, `x = y` as a call: holds where both sides can be made the same.",
     .example = "eq([1, 2], [1, 2])",
     .fn = equal_,
     .is_brief = true,
     .can_fail = false},
    {.name = "assign",
     .signature = signature("(any, any) -> boolean"),
     .doc = "Assignment, `x := y` as a call.",
     .fn = equal_,
     .is_brief = true,
     .can_fail = false},
};

}  // namespace

std::span<const Builtin> comparison_builtins() { return kComparisonBuiltins; }

}  // namespace psdl
