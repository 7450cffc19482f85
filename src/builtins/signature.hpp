// A builtin's declared type, read at compile time, or where a host declares one. In: "(string, array[any]) -> boolean"; out: arity and the kinds each operand
// may have.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "value/value.hpp"

namespace psdl {

// A set of Kinds, a bit each.
using KindMask = std::uint16_t;
[[nodiscard]] constexpr KindMask kind_bit(Kind kind) { return static_cast<KindMask>(1U << static_cast<unsigned>(kind)); }
inline constexpr KindMask kAnyKind = 0b1111'1110;

// Grammar of a type: any | null | boolean | number | string | array[T] | array<T, T> | object[K: V] | object<name: T>[K: V] | set[T] | T|T,
// where `<..>` lists an array's items or an object's fields that are always there. "(any...)" takes any number of operands.
// `text` is the whole declaration, for documentation, capabilities and the type checker; an operand may be named: "(haystack: string)".
struct Signature {
  static constexpr std::size_t kMaxArity = 10;

  std::string_view text = {};
  std::uint8_t arity = 0;
  bool has_result = true;    // false for "-> void"
  bool is_variadic = false;  // arity is 0 then
  std::array<KindMask, kMaxArity> operands = {};
  KindMask result = kAnyKind;
};

namespace signature_detail {

struct Reader {
  std::string_view text;
  std::size_t at = 0;
  bool is_malformed = false;

  constexpr void skip_blanks() {
    while (at < text.size() && text[at] == ' ') ++at;
  }
  constexpr bool take(std::string_view token) {
    skip_blanks();
    if (text.substr(at, token.size()) != token) return false;
    at += token.size();
    return true;
  }
  constexpr void expect(std::string_view token) {
    if (!take(token)) is_malformed = true;
  }
  constexpr bool is_name(char c) const { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); }
  constexpr std::string_view name() {
    skip_blanks();
    const std::size_t begin = at;
    while (at < text.size() && is_name(text[at])) ++at;
    return text.substr(begin, at - begin);
  }
  constexpr KindMask one_type() {
    const std::string_view word = name();
    if (word == "any") return kAnyKind;
    if (word == "null") return kind_bit(Kind::Null);
    if (word == "boolean") return kind_bit(Kind::Boolean);
    if (word == "number") return kind_bit(Kind::Number);
    if (word == "string") return kind_bit(Kind::String);
    if (word == "array" && take("<")) {
      do type();
      while (take(","));
      expect(">");
      return kind_bit(Kind::Array);
    }
    if (word == "array" || word == "set") {
      expect("[");
      type();
      expect("]");
      return kind_bit(word == "array" ? Kind::Array : Kind::Set);
    }
    if (word == "object") {
      if (take("<")) {
        do {
          name();
          expect(":");
          type();
        } while (take(","));
        expect(">");
        if (!take("[")) return kind_bit(Kind::Object);
      } else {
        expect("[");
      }
      type();
      expect(":");
      type();
      expect("]");
      return kind_bit(Kind::Object);
    }
    is_malformed = true;
    return 0;
  }
  constexpr KindMask type() {
    KindMask mask = one_type();
    while (take("|")) mask = static_cast<KindMask>(mask | one_type());
    return mask;
  }
};

}  // namespace signature_detail

// False where the text is no declaration; `made` is of no use then. Types nest no deeper than the text is long.
[[nodiscard]] constexpr bool read_signature(std::string_view text, Signature& made) {
  made.text = text;
  signature_detail::Reader reader{text};
  reader.expect("(");
  if (reader.take("any...")) {
    made.is_variadic = true;
    reader.expect(")");
  } else if (!reader.take(")")) {
    do {
      const std::size_t begin = reader.at;
      reader.name();
      if (!reader.take(":")) reader.at = begin;  // no operand name
      if (made.arity == Signature::kMaxArity) return false;
      made.operands[made.arity++] = reader.type();
    } while (!reader.is_malformed && reader.take(","));
    reader.expect(")");
  }
  reader.expect("->");
  if (reader.take("void")) {
    made.has_result = false;
  } else {
    made.result = reader.type();
  }
  reader.skip_blanks();
  return !reader.is_malformed && reader.at == text.size();
}

namespace signature_detail {
// Calling this in a constant expression stops the build: it is not constexpr.
void signature_is_malformed();
}  // namespace signature_detail

// A misspelt type stops the build.
consteval Signature signature(std::string_view text) {
  Signature made;
  if (!read_signature(text, made)) signature_detail::signature_is_malformed();
  return made;
}

}  // namespace psdl
