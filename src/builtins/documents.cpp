// json.* and yaml.* on texts. In: values, or texts; out: texts, or values read by OPA's rules.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "builtins/registry.hpp"
#include "builtins/yaml_writer.hpp"
#include "codec/go_json.hpp"
#include "codec/reader.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

// --- writing

// How deep a writer that calls itself goes: what a reader lets in and what a policy may put around it, within a small stack.
std::uint32_t max_depth(const CallContext& context) { return std::min(context.limits().data_nesting * 4, 512U); }

// False: too long, and the limit is recorded.
bool write_json(CallContext& context, std::string& out, const Value& value) {
  if (append_json_within(out, context.limits().string_bytes, value, {.html_safe = true})) return context.may_work(out.size() / Budget::kBytes);
  (void)context.limit("string_bytes");
  return false;
}

Value made_text(CallContext& context, std::string_view text) {
  if (!context.may_make_text(text.size())) return {};
  return Value::string(context.arena(), text);
}

Value json_marshal(CallContext& context, Args args) {
  std::string out;
  return write_json(context, out, args[0]) ? made_text(context, out) : Value();
}

struct Layout {
  std::string_view prefix;
  std::string_view indent = "\t";
  bool is_pretty = false;
};

// False where an error was recorded. Keys are looked at in order, so that the first wrong one is reported.
bool read_layout(CallContext& context, const Object& options, Layout& layout) {
  bool is_pretty_given = false;
  bool is_pretty_implied = false;
  for (std::uint32_t at = 0; at < options.size(); ++at) {
    const Value& key = options.keys()[at];
    const Value& value = options.values()[at];
    const auto fail = [&](std::string_view message) {
      (void)context.fail(EvalCode::Type, message);
      return false;
    };
    if (!key.is_string()) {
      return fail(fmt::format("operand 2 failed to stringify key {} at index {}: operand {} must be string but got {}", to_short_rego(key), at, at,
                              kind_name(key.kind())));
    }
    const std::string_view name = key.as_string();
    if (name == "pretty") {
      if (!value.is_boolean()) return fail("operand 2 key \"pretty\" failed cast to bool");
      is_pretty_given = true;
      layout.is_pretty = value.is_true();
    } else if (name == "indent" || name == "prefix") {
      if (!value.is_string()) {
        return fail(fmt::format("operand 2 key \"{}\" failed cast to string: operand {} must be string but got {}", name, at,
                                kind_name(value.kind())));
      }
      (name == "indent" ? layout.indent : layout.prefix) = value.as_string();
      is_pretty_implied = true;
    } else {
      return fail(fmt::format("operand 2 object contained unknown key {}", to_short_rego(key)));
    }
  }
  if (!is_pretty_given) layout.is_pretty = is_pretty_implied;
  return true;
}

// Compact JSON spread over lines: `prefix` and an indent for each level after every break; empty collections stay as they are. Stops growing
// beyond `most` bytes.
std::string spread(std::string_view compact, const Layout& layout, std::size_t most) {
  std::string out(layout.prefix);
  std::size_t depth = 0;
  const auto new_line = [&] {
    out += '\n';
    out += layout.prefix;
    for (std::size_t level = 0; level < depth && out.size() <= most; ++level) out += layout.indent;
  };
  bool is_in_string = false;
  for (std::size_t at = 0; at < compact.size() && out.size() <= most; ++at) {
    const char c = compact[at];
    if (is_in_string) {
      out += c;
      if (c == '\\') out += compact[++at];
      is_in_string = c != '"';
      continue;
    }
    switch (c) {
      case '[':
      case '{':
        out += c;
        if (compact[at + 1] == ']' || compact[at + 1] == '}') {
          out += compact[++at];
        } else {
          ++depth;
          new_line();
        }
        break;
      case ']':
      case '}':
        --depth;
        new_line();
        out += c;
        break;
      case ',':
        out += c;
        new_line();
        break;
      case ':':
        out += ": ";
        break;
      default:
        out += c;
        is_in_string = c == '"';
    }
  }
  return out;
}

Value json_marshal_with_options(CallContext& context, Args args) {
  Layout layout;
  std::string compact;
  if (!read_layout(context, args.object(1), layout) || !write_json(context, compact, args[0])) return {};
  if (!layout.is_pretty) return made_text(context, compact);
  return made_text(context, spread(compact, layout, context.limits().string_bytes));
}

Value yaml_marshal(CallContext& context, Args args) {
  // YAML's text is about as long as JSON's.
  std::string out;
  if (!write_json(context, out, args[0])) return {};
  out.clear();
  switch (append_yaml(out, args[0], max_depth(context), context.limits().string_bytes)) {
    case YamlProblem::None:
      return made_text(context, out);
    case YamlProblem::Control:
      return context.fail("yaml: control characters are not allowed");
    case YamlProblem::LongKey:
      return context.fail("yaml: did not find expected ',' or '}'");
    case YamlProblem::TooDeep:
      return context.limit("data_nesting");
    case YamlProblem::TooLong:
      return context.limit("string_bytes");
  }
  return {};
}

// --- reading

// A limit ends the evaluation; what is wrong with the text does not.
Value fail_read(CallContext& context, const Error& error) {
  constexpr std::string_view kLimit = "limit_";
  if (std::string_view(error.code).starts_with(kLimit)) return context.limit(std::string_view(error.code).substr(kLimit.size()));
  return context.fail(error.message);
}

Value json_unmarshal(CallContext& context, Args args) {
  const Result<Value> read = read_value_json(context.arena(), args.string(0), ReadRules::opa(), context.limits());
  if (!read && read.error().code == "bad_number") return context.fail("invalid number: number too big");
  return read ? *read : fail_read(context, read.error());
}

Value yaml_unmarshal(CallContext& context, Args args) {
  const Result<Value> read = read_value_yaml(context.arena(), args.string(0), ReadRules::opa(), context.limits());
  return read ? *read : fail_read(context, read.error());
}

// The scanner knows no limits, as it builds nothing. It passes over a null after the value, where OPA's reader does; here that is one value too many.
bool is_one_json_value(std::string_view text) {
  if (!codec::go_json_error(text).empty()) return false;
  const std::string_view trimmed = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  return !trimmed.ends_with("null") || codec::go_json_error(fmt::format("[{}]", text)).empty();
}

// A value that is no string is not valid rather than an error.
Value json_is_valid(CallContext&, Args args) { return Value::boolean(args[0].is_string() && is_one_json_value(args.string(0))); }

Value yaml_is_valid(CallContext& context, Args args) {
  if (!args[0].is_string()) return Value::boolean(false);
  const Result<Value> read = read_value_yaml(context.arena(), args.string(0), ReadRules::opa(), context.limits());
  if (!read && read.error().code.starts_with("limit_")) return fail_read(context, read.error());
  return Value::boolean(read.has_value());
}

constexpr Builtin kDocumentBuiltins[] = {
    {.name = "json.is_valid",
     .signature = signature("(x: string) -> boolean"),
     .doc = "Whether the text is one JSON value.",
     .example = R"(json.is_valid("[1, 2]"))",
     .fn = json_is_valid,
     .checks_operands = false,
     .can_fail = false},
    {.name = "json.marshal",
     .signature = signature("(x: any) -> string"),
     .doc = "The value as compact JSON; a set becomes an array.",
     .example = R"(json.marshal({"a": {2, 1}}) == "{\"a\":[1,2]}")",
     .fn = json_marshal},
    {.name = "json.marshal_with_options",
     .signature = signature("(x: any, opts: object<indent: string, prefix: string, pretty: boolean>[string: any]) -> string"),
     .doc = "The value as JSON, spread over lines with `pretty`, `indent` (a tab unless given) and `prefix`.",
     .example = R"(json.marshal_with_options([1], {"indent": " "}) == "[\n 1\n]")",
     .fn = json_marshal_with_options},
    {.name = "json.unmarshal",
     .signature = signature("(x: string) -> any"),
     .doc = "The value that a JSON text stands for.",
     .example = R"(json.unmarshal("{\"a\": [1]}") == {"a": [1]})",
     .fn = json_unmarshal},
    {.name = "yaml.is_valid",
     .signature = signature("(x: string) -> boolean"),
     .doc = "Whether the text is YAML.",
     .example = R"(yaml.is_valid("a: [1, 2]"))",
     .fn = yaml_is_valid,
     .checks_operands = false},
    {.name = "yaml.marshal",
     .signature = signature("(x: any) -> string"),
     .doc = "The value as YAML in blocks.",
     .example = R"(yaml.marshal({"a": [1, "x"]}) == "a:\n  - 1\n  - x\n")",
     .fn = yaml_marshal},
    {.name = "yaml.unmarshal",
     .signature = signature("(x: string) -> any"),
     .doc = "The value that the first document of a YAML text stands for. Only true and false are booleans.",
     .example = R"(yaml.unmarshal("a: [1, yes]") == {"a": [1, "yes"]})",
     .fn = yaml_unmarshal},
};

}  // namespace

std::span<const Builtin> document_builtins() { return kDocumentBuiltins; }

}  // namespace psdl
