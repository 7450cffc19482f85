// UUIDs. In: a key, or a UUID as text; out: a version 4 UUID fixed by seed and key, or the fields of the one given.
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "builtins/registry.hpp"

namespace psdl {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

// A fixed mixing of 64 bits (splitmix64): neighbouring inputs give unrelated outputs.
std::uint64_t mix(std::uint64_t bits) {
  bits += 0x9E3779B97F4A7C15U;
  bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBU;
  return bits ^ (bits >> 31U);
}

// The same key gives the same UUID within one evaluation, as it depends on nothing but the seed and the key.
Value uuid_rfc4122(CallContext& context, Args args) {
  const std::uint64_t high = mix(mix(context.facts().seed) ^ hash(args[0]));
  const std::uint64_t low = mix(high ^ 0x5851F42D4C957F2DU);
  constexpr std::uint64_t kVersion4 = 0x4000;
  constexpr std::uint64_t kVariant = 0x8000'0000'0000'0000U;
  const std::uint64_t first = (high & ~std::uint64_t{0xF000}) | kVersion4;
  const std::uint64_t second = (low & ~std::uint64_t{0xC000'0000'0000'0000U}) | kVariant;
  char text[40];
  const auto end = fmt::format_to(text, "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", first >> 32U, first >> 16U & 0xFFFFU, first & 0xFFFFU,
                                  second >> 48U, second & 0xFFFF'FFFF'FFFFU);
  return Value::string(context.arena(), {text, static_cast<std::size_t>(end - text)});
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_urn_prefix(std::string_view text) {
  constexpr std::string_view kPrefix = "urn:uuid:";
  for (std::size_t at = 0; at < kPrefix.size(); ++at) {
    const char c = text[at] >= 'A' && text[at] <= 'Z' ? static_cast<char>(text[at] + ('a' - 'A')) : text[at];
    if (c != kPrefix[at]) return false;
  }
  return true;
}

// With or without dashes, with a urn prefix, or with one character on either side (braces, though no one looks).
std::optional<Bytes> read_uuid(std::string_view text) {
  constexpr std::size_t kPlain = 36;
  const bool has_dashes = text.size() != 32;
  if (text.size() == kPlain + 9) {
    if (!is_urn_prefix(text)) return std::nullopt;
    text.remove_prefix(9);
  } else if (text.size() == kPlain + 2) {
    text = text.substr(1, kPlain);
  } else if (has_dashes && text.size() != kPlain) {
    return std::nullopt;
  }
  Bytes bytes{};
  std::size_t at = 0;
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
    if (has_dashes && (byte == 4 || byte == 6 || byte == 8 || byte == 10) && text[at++] != '-') return std::nullopt;
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[byte] = static_cast<std::uint8_t>(high * 16 + low);
    at += 2;
  }
  return bytes;
}

std::uint64_t big_endian(const Bytes& bytes, std::size_t at, std::size_t count) {
  std::uint64_t number = 0;
  for (std::size_t byte = 0; byte < count; ++byte) number = number << 8U | bytes[at + byte];
  return number;
}

std::string_view variant_name(std::uint8_t byte) {
  if ((byte & 0xC0U) == 0x80U) return "RFC4122";
  if ((byte & 0xE0U) == 0xC0U) return "Microsoft";
  if ((byte & 0xE0U) == 0xE0U) return "Future";
  return "Reserved";
}

// Two bits of the first byte of a MAC: multicast (1), locally administered (2).
std::string_view mac_kind(std::uint8_t byte) {
  constexpr std::string_view kinds[] = {"global:unicast", "global:multicast", "local:unicast", "local:multicast"};
  return kinds[byte & 3U];
}

// Nanoseconds since 1970 of a count of 100 ns steps since 1582-10-15. The products wrap as OPA's do.
std::int64_t unix_ns(const Bytes& bytes) {
  constexpr std::int64_t kStepsToEpoch = 122'192'928'000'000'000;
  const auto steps =
      static_cast<std::int64_t>(big_endian(bytes, 0, 4) | big_endian(bytes, 4, 2) << 32U | (big_endian(bytes, 6, 2) & 0xFFFU) << 48U);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(steps - kStepsToEpoch) * 100U);
}

Value domain_name(Arena& arena, std::uint8_t domain) {
  constexpr std::string_view names[] = {"Person", "Group", "Org"};
  return domain < 3 ? Value::string(names[domain]) : Value::string(arena, fmt::format("Domain{}", domain));
}

// A text that is no UUID makes the call undefined without an error.
Value uuid_parse(CallContext& context, Args args) {
  const std::optional<Bytes> read = read_uuid(args.string(0));
  if (!read) return {};
  const Bytes& bytes = *read;
  Arena& arena = context.arena();
  const int version = bytes[6] >> 4U;
  ObjectBuilder fields(arena);
  fields.add(Value::string("version"), Value::integer(version));
  fields.add(Value::string("variant"), Value::string(variant_name(bytes[8])));
  if (version == 1 || version == 2) {
    fields.add(Value::string("time"), Value::integer(unix_ns(bytes)));
    fields.add(Value::string("nodeid"), Value::string(arena, fmt::format("{:02x}-{:02x}-{:02x}-{:02x}-{:02x}-{:02x}", bytes[10], bytes[11], bytes[12],
                                                                         bytes[13], bytes[14], bytes[15])));
    fields.add(Value::string("macvariables"), Value::string(mac_kind(bytes[10])));
    fields.add(Value::string("clocksequence"), Value::integer(static_cast<std::int64_t>(big_endian(bytes, 8, 2) & 0x3FFFU)));
  }
  if (version == 2) {
    fields.add(Value::string("id"), Value::integer(static_cast<std::int64_t>(big_endian(bytes, 0, 4))));
    fields.add(Value::string("domain"), domain_name(arena, bytes[9]));
  }
  return fields.finish();
}

constexpr Builtin kUuidBuiltins[] = {
    {.name = "uuid.parse",
     .signature = signature("(uuid: string) -> object[string: any]"),
     .doc = "The fields of a UUID: version and variant, and for versions 1 and 2 time, clock sequence and node. Undefined where the text is no UUID.",
     .example = R"(uuid.parse("6ba7b811-9dad-11d1-80b4-00c04fd430c8").version == 1)",
     .fn = uuid_parse},
    {.name = "uuid.rfc4122",
     .signature = signature("(k: string) -> string"),
     .doc = "A version 4 UUID, the same for the same key within one evaluation.",
     .example = R"(uuid.parse(uuid.rfc4122("key")).version == 4)",
     .fn = uuid_rfc4122,
     .checks_operands = false,
     .is_deterministic = false,
     .can_fail = false},
};

}  // namespace

std::span<const Builtin> uuid_builtins() { return kUuidBuiltins; }

}  // namespace psdl
