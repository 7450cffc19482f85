// Kinds of values asked for and cast (OPA's v0). In: any value; out: a boolean, a name, or the value itself.
#include "builtins/registry.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

Value is_array(CallContext&, Args args) { return Value::boolean(args[0].is_array()); }
Value is_boolean(CallContext&, Args args) { return Value::boolean(args[0].is_boolean()); }
Value is_null(CallContext&, Args args) { return Value::boolean(args[0].is_null()); }
Value is_number(CallContext&, Args args) { return Value::boolean(args[0].is_number()); }
Value is_object(CallContext&, Args args) { return Value::boolean(args[0].is_object()); }
Value is_set(CallContext&, Args args) { return Value::boolean(args[0].is_set()); }
Value is_string(CallContext&, Args args) { return Value::boolean(args[0].is_string()); }

// The names are static texts, so nothing is copied.
Value type_name(CallContext&, Args args) { return Value::string(kind_name(args[0].kind())); }

Value cast_array(CallContext& context, Args args) {
  if (args[0].is_array()) return args[0];
  if (!args[0].is_set()) return context.fail_operand(1, "one of {array, set}", args[0]);
  return Value::array(args.set(0).items());
}

Value cast_set(CallContext& context, Args args) {
  if (args[0].is_set()) return args[0];
  if (!args[0].is_array()) return context.fail_operand(1, "one of {array, set}", args[0]);
  SetBuilder members(context.arena());
  for (const Value& item : args.array(0)) members.add(item);
  return members.finish();
}

Value cast_boolean(CallContext& context, Args args) { return args[0].is_boolean() ? args[0] : context.fail_operand(1, "boolean", args[0]); }
Value cast_null(CallContext& context, Args args) { return args[0].is_null() ? args[0] : context.fail_operand(1, "null", args[0]); }
Value cast_object(CallContext& context, Args args) { return args[0].is_object() ? args[0] : context.fail_operand(1, "object", args[0]); }
Value cast_string(CallContext& context, Args args) { return args[0].is_string() ? args[0] : context.fail_operand(1, "string", args[0]); }

constexpr Builtin kTypeBuiltins[] = {
    {.name = "is_array",
     .signature = signature("(x: any) -> boolean"),
     .doc = "Whether the value is an array.",
     .example = "is_array([1])",
     .fn = is_array,
     .is_brief = true,
     .can_fail = false},
    {.name = "is_boolean",
     .signature = signature("(x: any) -> boolean"),
     .doc = "Whether the value is true or false.",
     .example = "is_boolean(false)",
     .fn = is_boolean,
     .is_brief = true,
     .can_fail = false},
    {.name = "is_null",
     .signature = signature("(x: any) -> boolean"),
     .doc = "Whether the value is null.",
     .example = "is_null(null)",
     .fn = is_null,
     .is_brief = true,
     .can_fail = false},
    {.name = "is_number",
     .signature = signature("(x: any) -> boolean"),
     .doc = "Whether the value is a number.",
     .example = "is_number(1.5)",
     .fn = is_number,
     .is_brief = true,
     .can_fail = false},
    {.name = "is_object",
     .signature = signature("(x: any) -> boolean"),
     .doc = "Whether the value is an object.",
     .example = R"(is_object({"a": 1}))",
     .fn = is_object,
     .is_brief = true,
     .can_fail = false},
    {.name = "is_set",
     .signature = signature("(x: any) -> boolean"),
     .doc = "Whether the value is a set.",
     .example = "is_set({1, 2})",
     .fn = is_set,
     .is_brief = true,
     .can_fail = false},
    {.name = "is_string",
     .signature = signature("(x: any) -> boolean"),
     .doc = "Whether the value is a string.",
     .example = R"(is_string("a"))",
     .fn = is_string,
     .is_brief = true,
     .can_fail = false},
    {.name = "type_name",
     .signature = signature("(x: any) -> string"),
     .doc = "The name of the value's kind: null, boolean, number, string, array, object or set.",
     .example = R"(type_name({1}) == "set")",
     .fn = type_name,
     .is_brief = true,
     .can_fail = false},
    {.name = "cast_array",
     .signature = signature("(any) -> array[any]"),
     .doc = "The array itself, or a set's members in order.",
     .example = "cast_array({2, 1}) == [1, 2]",
     .fn = cast_array,
     .is_deprecated = true},
    {.name = "cast_set",
     .signature = signature("(any) -> set[any]"),
     .doc = "The set itself, or the set of an array's items.",
     .example = "cast_set([1, 1]) == {1}",
     .fn = cast_set,
     .is_deprecated = true},
    {.name = "cast_boolean",
     .signature = signature("(any) -> boolean"),
     .doc = "The value, where it is a boolean.",
     .example = "cast_boolean(true)",
     .fn = cast_boolean,
     .is_deprecated = true},
    {.name = "cast_null",
     .signature = signature("(any) -> null"),
     .doc = "The value, where it is null.",
     .example = "cast_null(null) == null",
     .fn = cast_null,
     .is_deprecated = true},
    {.name = "cast_object",
     .signature = signature("(any) -> object[any: any]"),
     .doc = "The value, where it is an object.",
     .example = R"(cast_object({"a": 1}) == {"a": 1})",
     .fn = cast_object,
     .is_deprecated = true},
    {.name = "cast_string",
     .signature = signature("(any) -> string"),
     .doc = "The value, where it is a string.",
     .example = R"(cast_string("a") == "a")",
     .fn = cast_string,
     .is_deprecated = true},
};

}  // namespace

std::span<const Builtin> type_builtins() { return kTypeBuiltins; }

}  // namespace psdl
