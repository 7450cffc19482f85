// base64, base64url, hex and URL queries. In: bytes as strings; out: their encoded or decoded form.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "builtins/registry.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

// --- base64

constexpr std::string_view kStandardAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoDigit = 0xFF;

consteval std::array<std::uint8_t, 256> digits_of(std::string_view alphabet) {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t at = 0; at < alphabet.size(); ++at) digits[static_cast<unsigned char>(alphabet[at])] = static_cast<std::uint8_t>(at);
  return digits;
}
constexpr auto kStandardDigits = digits_of(kStandardAlphabet);
constexpr auto kUrlDigits = digits_of(kUrlAlphabet);

Value encode_base64(CallContext& context, std::string_view bytes, std::string_view alphabet, bool pads) {
  const std::size_t rest = bytes.size() % 3;
  const std::size_t size = pads || rest == 0 ? (bytes.size() + 2) / 3 * 4 : bytes.size() / 3 * 4 + rest + 1;
  if (!context.may_make_text(size)) return {};
  char* const begin = static_cast<char*>(context.arena().allocate(size, 1));
  char* out = begin;
  const auto byte = [&](std::size_t at) -> std::uint32_t { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U; };
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::uint32_t group = byte(at) << 16U | byte(at + 1) << 8U | byte(at + 2);
    const std::size_t digits = std::min<std::size_t>(bytes.size() - at, 3) + 1;
    for (std::size_t digit = 0; digit < 4; ++digit) {
      if (digit < digits) {
        *out++ = alphabet[group >> (18 - 6 * digit) & 63U];
      } else if (pads) {
        *out++ = '=';
      }
    }
  }
  return Value::string({begin, size});
}

// Where reading failed, as Go counts it.
struct Base64Text {
  std::string_view bytes;
  std::optional<std::size_t> corrupt_at;
};

// Padded base64 with line ends anywhere; `out` has room for 3 bytes per 4 of `text`, rounded up.
Base64Text read_base64(std::string_view text, const std::array<std::uint8_t, 256>& digits, char* out) {
  char* const begin = out;
  std::size_t at = 0;
  const auto corrupt = [&](std::size_t where) { return Base64Text{{begin, static_cast<std::size_t>(out - begin)}, where}; };
  const auto skip_line_ends = [&] {
    while (at < text.size() && (text[at] == '\n' || text[at] == '\r')) ++at;
  };
  for (;;) {
    std::uint32_t group = 0;
    std::size_t count = 0;
    bool is_last = false;
    while (count < 4 && !is_last) {
      if (at == text.size()) {
        if (count == 0) return {{begin, static_cast<std::size_t>(out - begin)}, std::nullopt};
        return corrupt(at - count);
      }
      const char c = text[at++];
      const std::uint8_t digit = digits[static_cast<unsigned char>(c)];
      if (digit != kNoDigit) {
        group = group << 6U | digit;
        ++count;
        continue;
      }
      if (c == '\n' || c == '\r') continue;
      if (c != '=' || count < 2) return corrupt(at - 1);
      if (count == 2) {
        skip_line_ends();
        if (at == text.size()) return corrupt(at);
        if (text[at] != '=') return corrupt(at - 1);
        ++at;
      }
      skip_line_ends();
      if (at < text.size()) return corrupt(at);
      is_last = true;
    }
    group <<= 6U * (4 - count);
    for (std::size_t byte = 0; byte + 1 < count; ++byte) *out++ = static_cast<char>(group >> (16 - 8 * byte) & 0xFFU);
  }
}

Value decode_base64(CallContext& context, std::string_view text, const std::array<std::uint8_t, 256>& digits) {
  char* const out = static_cast<char*>(context.arena().allocate(text.size() / 4 * 3 + 3, 1));
  const Base64Text read = read_base64(text, digits, out);
  if (read.corrupt_at) return context.fail(fmt::format("illegal base64 data at input byte {}", *read.corrupt_at));
  return Value::string(read.bytes);
}

Value base64_encode(CallContext& context, Args args) { return encode_base64(context, args.string(0), kStandardAlphabet, true); }
Value base64url_encode(CallContext& context, Args args) { return encode_base64(context, args.string(0), kUrlAlphabet, true); }
Value base64url_encode_no_pad(CallContext& context, Args args) { return encode_base64(context, args.string(0), kUrlAlphabet, false); }
Value base64_decode(CallContext& context, Args args) { return decode_base64(context, args.string(0), kStandardDigits); }

// A value that is no string is not valid rather than an error.
Value base64_is_valid(CallContext& context, Args args) {
  if (!args[0].is_string()) return Value::boolean(false);
  char* const out = static_cast<char*>(context.arena().allocate(args.string(0).size() / 4 * 3 + 3, 1));
  return Value::boolean(!read_base64(args.string(0), kStandardDigits, out).corrupt_at.has_value());
}

// Padding may be left out as a whole.
Value base64url_decode(CallContext& context, Args args) {
  const std::string_view text = args.string(0);
  if (text.ends_with('=') || text.size() % 4 == 0) return decode_base64(context, text, kUrlDigits);
  if (text.size() % 4 == 1) return context.fail(fmt::format("illegal base64url string: {}", text));
  std::string padded(text);
  padded.append(4 - text.size() % 4, '=');
  return decode_base64(context, padded, kUrlDigits);
}

// --- hex

constexpr std::string_view kHexDigits = "0123456789abcdef";

// -1 for another character.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Value hex_encode(CallContext& context, Args args) {
  const std::string_view bytes = args.string(0);
  if (!context.may_make_text(bytes.size() * 2)) return {};
  char* const out = static_cast<char*>(context.arena().allocate(bytes.size() * 2, 1));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    out[at * 2] = kHexDigits[byte >> 4U];
    out[at * 2 + 1] = kHexDigits[byte & 15U];
  }
  return Value::string({out, bytes.size() * 2});
}

// The byte as Go shows a rune of that number: U+007A 'z', and U+0007 alone where it does not print.
Value fail_hex_byte(CallContext& context, char c) {
  const auto byte = static_cast<unsigned char>(c);
  const std::string_view prefix = "encoding/hex: invalid byte: ";
  if (byte < 0x20 || (byte >= 0x7F && byte <= 0xA0) || byte == 0xAD) return context.fail(fmt::format("{}U+{:04X}", prefix, byte));
  std::string shown;
  if (byte < 0x80) {
    shown.push_back(c);
  } else {
    shown.push_back(static_cast<char>(0xC0U | byte >> 6U));
    shown.push_back(static_cast<char>(0x80U | (byte & 0x3FU)));
  }
  return context.fail(fmt::format("{}U+{:04X} '{}'", prefix, byte, shown));
}

Value hex_decode(CallContext& context, Args args) {
  const std::string_view text = args.string(0);
  char* const out = static_cast<char*>(context.arena().allocate(text.size() / 2 + 1, 1));
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int digit = hex_digit(text[at]);
    if (digit < 0) return fail_hex_byte(context, text[at]);
    const int high = at % 2 == 0 ? 0 : static_cast<unsigned char>(out[at / 2]);
    out[at / 2] = static_cast<char>(high * 16 + digit);
  }
  if (text.size() % 2 != 0) return context.fail("encoding/hex: odd length hex string");
  return Value::string({out, text.size() / 2});
}

// --- URL queries

bool stands_for_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
}

std::size_t escaped_size(std::string_view text) {
  std::size_t size = 0;
  for (const char c : text) size += stands_for_itself(c) || c == ' ' ? 1U : 3U;
  return size;
}

char* write_escaped(char* out, std::string_view text) {
  constexpr std::string_view kUpperHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (stands_for_itself(c)) {
      *out++ = c;
    } else if (c == ' ') {
      *out++ = '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      *out++ = '%';
      *out++ = kUpperHex[byte >> 4U];
      *out++ = kUpperHex[byte & 15U];
    }
  }
  return out;
}

Value urlquery_encode(CallContext& context, Args args) {
  const std::size_t size = escaped_size(args.string(0));
  if (!context.may_make_text(size)) return {};
  char* const out = static_cast<char*>(context.arena().allocate(size, 1));
  write_escaped(out, args.string(0));
  return Value::string({out, size});
}

// The text a query component stands for; where a `%` lacks its two digits, `bad` is that place of the text (three bytes at most).
std::string_view unescape(Arena& arena, std::string_view text, std::string_view& bad) {
  if (text.find_first_of("%+") == std::string_view::npos) return text;
  char* const begin = static_cast<char*>(arena.allocate(text.size(), 1));
  char* out = begin;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      *out++ = text[at] == '+' ? ' ' : text[at];
      continue;
    }
    if (at + 2 >= text.size() || hex_digit(text[at + 1]) < 0 || hex_digit(text[at + 2]) < 0) {
      bad = text.substr(at, 3);
      return {};
    }
    *out++ = static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
    at += 2;
  }
  return {begin, static_cast<std::size_t>(out - begin)};
}

Value fail_escape(CallContext& context, std::string_view bad) {
  std::string message = "invalid URL escape ";
  append_quoted(message, bad);
  return context.fail(message);
}

Value urlquery_decode(CallContext& context, Args args) {
  std::string_view bad;
  const std::string_view text = unescape(context.arena(), args.string(0), bad);
  return bad.empty() ? Value::string(text) : fail_escape(context, bad);
}

Value urlquery_encode_object(CallContext& context, Args args) {
  constexpr std::string_view kWanted = "operand 1 values must be string, array[string], or set[string]";
  if (!args[0].is_object()) return context.fail_operand(1, "object", args[0]);
  const Object& object = args.object(0);

  // Key, value pairs in the order of the keys' text, which keys that are no strings do not have yet.
  struct Pair {
    std::string_view key;
    std::span<const Value> values;
  };
  Arena& arena = context.arena();
  Pair* const pairs = arena.allocate_array<Pair>(object.size());
  for (std::uint32_t at = 0; at < object.size(); ++at) {
    const Value& key = object.keys()[at];
    const Value& value = object.values()[at];
    std::string text;
    if (!key.is_string() && !append_json_within(text, context.limits().string_bytes, key, {.html_safe = true})) return context.limit("string_bytes");
    Pair pair{key.is_string() ? key.as_string() : arena.copy(text), {&value, 1}};
    if (value.is_array()) pair.values = value.as_array();
    if (value.is_set()) pair.values = value.as_set().items();
    if (!context.may_work(pair.values.size() / Budget::kItems)) return {};
    for (const Value& item : pair.values) {
      if (!item.is_string()) return context.fail(EvalCode::Type, kWanted);
    }
    new (&pairs[at]) Pair(pair);
  }
  std::stable_sort(pairs, pairs + object.size(), [](const Pair& left, const Pair& right) { return left.key < right.key; });

  std::size_t size = 0;
  for (const Pair& pair : std::span(pairs, object.size())) {
    const std::size_t key_size = escaped_size(pair.key);
    for (const Value& item : pair.values) {
      size += key_size + escaped_size(item.as_string()) + 2;
      if (size > context.limits().string_bytes + std::size_t{1}) return context.limit("string_bytes");
    }
  }
  if (size == 0) return Value::string("");
  --size;
  if (!context.may_make_text(size)) return {};
  char* const begin = static_cast<char*>(arena.allocate(size, 1));
  char* out = begin;
  for (const Pair& pair : std::span(pairs, object.size())) {
    for (const Value& item : pair.values) {
      if (out != begin) *out++ = '&';
      out = write_escaped(out, pair.key);
      *out++ = '=';
      out = write_escaped(out, item.as_string());
    }
  }
  return Value::string({begin, size});
}

Value urlquery_decode_object(CallContext& context, Args args) {
  // Go refuses more parameters than this.
  constexpr std::ptrdiff_t kMaxParameters = 10'000;
  std::string_view query = args.string(0);
  if (std::count(query.begin(), query.end(), '&') + 1 > kMaxParameters) return context.fail("number of URL query parameters exceeded limit");
  Arena& arena = context.arena();
  struct Parameter {
    std::string_view key;
    std::string_view value;
  };
  Parameter* const parameters = arena.allocate_array<Parameter>(static_cast<std::size_t>(std::count(query.begin(), query.end(), '&')) + 1);
  std::uint32_t count = 0;
  // A semicolon is reported rather than an escape, wherever the two stand: the last one sets the error, an escape only the first.
  bool has_semicolon = false;
  std::string_view first_bad;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.find(';') != std::string_view::npos) {
      has_semicolon = true;
      continue;
    }
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    std::string_view bad;
    Parameter parameter{unescape(arena, part.substr(0, equals), bad), {}};
    if (bad.empty() && equals != std::string_view::npos) parameter.value = unescape(arena, part.substr(equals + 1), bad);
    if (!bad.empty()) {
      if (first_bad.empty()) first_bad = bad;
      continue;
    }
    new (&parameters[count++]) Parameter(parameter);
  }
  if (has_semicolon) return context.fail("invalid semicolon separator in query");
  if (!first_bad.empty()) return fail_escape(context, first_bad);

  std::stable_sort(parameters, parameters + count, [](const Parameter& left, const Parameter& right) { return left.key < right.key; });
  ObjectBuilder object(arena);
  for (std::uint32_t at = 0; at < count;) {
    ArrayBuilder values(arena, 1);
    const std::string_view key = parameters[at].key;
    for (; at < count && parameters[at].key == key; ++at) values.add(Value::string(parameters[at].value));
    object.add(Value::string(key), values.finish());
  }
  return object.finish();
}

constexpr Builtin kEncodingBuiltins[] = {
    {.name = "base64.decode",
     .signature = signature("(x: string) -> string"),
     .doc = "The bytes that a base64 text stands for.",
     .example = R"(base64.decode("cG9k") == "pod")",
     .fn = base64_decode},
    {.name = "base64.encode",
     .signature = signature("(x: string) -> string"),
     .doc = "The string in base64, padded.",
     .example = R"(base64.encode("pod") == "cG9k")",
     .fn = base64_encode},
    {.name = "base64.is_valid",
     .signature = signature("(x: string) -> boolean"),
     .doc = "Whether the text is padded base64.",
     .example = R"(base64.is_valid("cG9kcw=="))",
     .fn = base64_is_valid,
     .checks_operands = false,
     .can_fail = false},
    {.name = "base64url.decode",
     .signature = signature("(x: string) -> string"),
     .doc = "The bytes that a base64url text stands for, padded or not.",
     .example = R"(base64url.decode("cG9kcw") == "pods")",
     .fn = base64url_decode},
    {.name = "base64url.encode",
     .signature = signature("(x: string) -> string"),
     .doc = "The string in base64url, padded.",
     .example = R"(base64url.encode("pods") == "cG9kcw==")",
     .fn = base64url_encode},
    {.name = "base64url.encode_no_pad",
     .signature = signature("(x: string) -> string"),
     .doc = "The string in base64url without padding.",
     .example = R"(base64url.encode_no_pad("pods") == "cG9kcw")",
     .fn = base64url_encode_no_pad},
    {.name = "hex.decode",
     .signature = signature("(x: string) -> string"),
     .doc = "The bytes that pairs of hexadecimal digits stand for.",
     .example = R"(hex.decode("706f64") == "pod")",
     .fn = hex_decode},
    {.name = "hex.encode",
     .signature = signature("(x: string) -> string"),
     .doc = "The string's bytes as pairs of hexadecimal digits.",
     .example = R"(hex.encode("pod") == "706f64")",
     .fn = hex_encode},
    {.name = "urlquery.decode",
     .signature = signature("(x: string) -> string"),
     .doc = "The text that an escaped part of a URL's query stands for.",
     .example = R"(urlquery.decode("a+b%26c") == "a b&c")",
     .fn = urlquery_decode},
    {.name = "urlquery.decode_object",
     .signature = signature("(x: string) -> object[string: array[string]]"),
     .doc = "A URL's query as an object: each name with all its values, in order.",
     .example = R"(urlquery.decode_object("a=1&b=2&a=3") == {"a": ["1", "3"], "b": ["2"]})",
     .fn = urlquery_decode_object},
    {.name = "urlquery.encode",
     .signature = signature("(x: string) -> string"),
     .doc = "The text escaped for a URL's query.",
     .example = R"(urlquery.encode("a b&c") == "a+b%26c")",
     .fn = urlquery_encode},
    {.name = "urlquery.encode_object",
     .signature = signature("(object: object[string: string|array[string]|set[string]]) -> string"),
     .doc = "An object as a URL's query, sorted by name; a collection gives its name several times.",
     .example = R"(urlquery.encode_object({"b": "2", "a": ["1", "3"]}) == "a=1&a=3&b=2")",
     .fn = urlquery_encode_object,
     .checks_operands = false},
};

}  // namespace

std::span<const Builtin> encoding_builtins() { return kEncodingBuiltins; }

}  // namespace psdl
