// The kinds of token, and the words for them. In: nothing; out: names that the rules and the messages share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace psdl::grammar {

// `Not` .. `False` are keywords everywhere; those after `Semicolon` only where an import or the language version turns them on, and
// identifiers otherwise. `Ampersand` and `Bar` are `&` and `|`; `And` and `Or` are the words.
enum class Token : std::uint8_t {
  Illegal, EndOfFile, Whitespace, Identifier, Comment,
  Package, Import, As, Default, Else, Not, Some, With, Null, True, False,
  Number, String, TemplatePart, TemplateEnd, RawTemplatePart, RawTemplateEnd,
  LeftBracket, RightBracket, LeftBrace, RightBrace, LeftParen, RightParen, Comma, Colon,
  Plus, Minus, Star, Slash, Percent, Ampersand, Bar, Unify, Equal, Assign, In, NotEqual, Greater, Less, GreaterEqual, LessEqual, Dot, Semicolon,
  Every, Contains, If, And, Or,
};

// What messages call a token. These are OPA's words; operators have the names of their builtins.
inline constexpr auto kTokenNames = std::to_array<std::string_view>({
    "illegal", "eof", "whitespace", "identifier", "comment",
    "package", "import", "as", "default", "else", "not", "some", "with", "null", "true", "false",
    "number", "string", "template-string-part", "template-string-end", "raw-template-string-part", "raw-template-string-end",
    "[", "]", "{", "}", "(", ")", ",", ":",
    "plus", "minus", "mul", "div", "rem", "and", "or", "eq", "equal", "assign", "in", "neq", "gt", "lt", "gte", "lte", ".", ";",
    "every", "contains", "if", "and", "or",
});

[[nodiscard]] constexpr std::string_view name_of(Token token) { return kTokenNames[static_cast<std::size_t>(token)]; }

}  // namespace psdl::grammar
