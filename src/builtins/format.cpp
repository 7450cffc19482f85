// Texts made from values: sprintf, template strings, print and trace. In: a format or pieces and values; out: a text, or lines in the print sink.
#include "builtins/go_format.hpp"
#include "builtins/registry.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

Value sprintf_(CallContext& context, Args args) {
  const std::string_view format = args.string(0);
  const std::span<const Value> values = args.array(1);
  std::size_t expected = format.size();
  for (const Value& value : values) expected += value.is_string() ? value.length() : 16;
  TextSink out(context, expected);
  if (!go_format(context, format, values, out)) return {};
  return out.finish();
}

// Strings as they are, other values in Rego's notation.
bool append_plain(CallContext& context, std::string& out, const Value& value) {
  if (!value.is_string()) return context.write_rego(out, value);
  out += value.as_string();
  return context.may_work(value.length() / Budget::kBytes);
}

// The compiler wraps each piece that may be undefined in a set, which is empty then.
Value template_string(CallContext& context, Args args) {
  TextSink out(context, args.array(0).size() * 16);
  std::string text;
  for (const Value& piece : args.array(0)) {
    const Value* shown = &piece;
    if (piece.is_set()) {
      const std::span<const Value> items = piece.as_set().items();
      if (items.size() > 1) return context.halt(EvalCode::Conflict, "template-strings must not produce multiple outputs");
      if (items.empty()) {
        out.append("<undefined>");
        continue;
      }
      shown = &items[0];
    } else if (piece.is_collection()) {
      return context.halt(EvalCode::Internal, std::string("illegal argument type: ").append(kind_name(piece.kind())));
    }
    if (shown->is_string()) {
      out.append(shown->as_string());
    } else {
      text.clear();
      if (!context.write_rego(text, *shown)) return {};
      out.append(text);
    }
  }
  return out.finish();
}

// One line for each way to take a member of every operand; an empty set stands for an undefined operand.
Value internal_print(CallContext& context, Args args) {
  if (context.print_sink == nullptr) return Value::boolean(true);
  std::string& sink = *context.print_sink;
  const std::span<const Value> operands = args.array(0);
  std::size_t lines = 1;
  for (const Value& operand : operands) {
    if (operand.is_collection() && !operand.is_set()) {
      return context.halt(EvalCode::Internal, std::string("illegal argument type: ").append(kind_name(operand.kind())));
    }
    if (operand.is_set() && !operand.as_set().items().empty()) lines *= operand.as_set().items().size();
    if (lines > context.limits().collection_items) return context.limit("collection_items");
  }
  // A line that could not be finished is not shown.
  std::size_t begin = sink.size();
  const auto give_up = [&] {
    sink.resize(begin);
    return Value();
  };
  for (std::size_t line = 0; line < lines; ++line, begin = sink.size()) {
    if (!context.may_work(1)) return give_up();
    std::size_t left = lines;
    std::size_t number = line;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (i > 0) sink += ' ';
      if (!operands[i].is_set()) {
        if (!append_plain(context, sink, operands[i])) return give_up();
        continue;
      }
      const std::span<const Value> items = operands[i].as_set().items();
      if (items.empty()) {
        sink += "<undefined>";
        continue;
      }
      // The last operand changes fastest.
      left /= items.size();
      if (!append_plain(context, sink, items[number / left])) return give_up();
      number %= left;
    }
    sink += '\n';
    if (sink.size() > context.limits().memory_bytes) return context.limit("memory_bytes");
  }
  return Value::boolean(true);
}

Value print(CallContext&, Args) { return Value::boolean(true); }
Value test_case(CallContext&, Args) { return Value::boolean(true); }
Value trace(CallContext&, Args) { return Value::boolean(true); }

constexpr Builtin kFormatBuiltins[] = {
    {.name = "sprintf",
     .signature = signature("(format: string, values: array[any]) -> string"),
     .doc = "The format with its verbs (%v, %s, %d, %q, %x, %05.2f ..) replaced by the values, as Go's fmt.Sprintf does it.",
     .example = R"(sprintf("%s has %d", ["x", 3]) == "x has 3")",
     .fn = sprintf_},
    {.name = "internal.template_string",
     .signature = signature("(array[any]) -> string"),
     .doc = "The pieces of a template string joined.",
     .fn = template_string,
     .is_internal = true},
    // The compiler turns print(..) into internal.print([{..}, ..]), or drops it.
    {.name = "print",
     .signature = signature("(any...) -> void"),
     .doc = "Writes a line with the values, blanks between them; an undefined one is shown as <undefined>.",
     .example = R"(print("a", 1))",
     .fn = print,
     .is_deterministic = false},
    {.name = "internal.print",
     .signature = signature("(array[set[any]]) -> void"),
     .doc = "Writes what print's operands are, one set of values for each.",
     .fn = internal_print,
     .is_deterministic = false,
     .is_internal = true},
    {.name = "internal.test_case",
     .signature = signature("(array[any]) -> void"),
     .doc = "Marks the case that a test rule is at.",
     .fn = test_case,
     .is_internal = true},
    {.name = "trace",
     .signature = signature("(note: string) -> boolean"),
     .doc = "Always true: a note for whoever reads a trace of the evaluation.",
     .example = R"(trace("here"))",
     .fn = trace,
     .is_deterministic = false},
};

}  // namespace

std::span<const Builtin> format_builtins() { return kFormatBuiltins; }

}  // namespace psdl
