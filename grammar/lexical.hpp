// Tokens as characters. In: UTF-8 text from the start of a token; out: which token it is and what is wrong inside it.
//
// A fault inside a token does not end it: `blemish<..>` notes it and the token is read on, so that one bad escape is one error.
#pragma once

#include <tao/pegtl.hpp>

#include "grammar/token.hpp"

namespace psdl::grammar::lexical {

namespace pegtl = tao::pegtl;
using pegtl::at;
using pegtl::eof;
using pegtl::not_at;
using pegtl::one;
using pegtl::opt;
using pegtl::plus;
using pegtl::rep_opt;
using pegtl::seq;
using pegtl::sor;
using pegtl::star;
using pegtl::until;

// Always matches, takes nothing; its action notes the fault.
template <class Fault>
struct blemish : pegtl::success {};

struct no_fraction {};
struct no_exponent {};
struct bad_number {};
struct unterminated {};
struct bad_escape {};
struct lone_exclamation {};
struct lone_dollar {};
struct hard_space {};

struct letter : sor<pegtl::alpha, one<'_'>> {};
// A decimal digit of any script: such digits may stand inside names (but not in numbers).
struct wide_digit : pegtl::utf8::range<0x80, 0x10FFFF> {};
struct name_digit : sor<pegtl::digit, wide_digit> {};
struct rune : sor<pegtl::utf8::any, pegtl::any> {};  // bytes that are no UTF-8 count one by one

struct identifier : seq<letter, star<sor<letter, name_digit>>> {};

struct fraction : seq<one<'.'>, sor<plus<pegtl::digit>, blemish<no_fraction>>> {};
struct exponent : seq<one<'e', 'E'>, opt<one<'+', '-'>>, sor<plus<pegtl::digit>, blemish<no_exponent>>> {};
// `0a2b` is one bad number, not a number and a name.
struct number_tail : seq<at<letter>, blemish<bad_number>, star<sor<letter, name_digit>>> {};
struct number : seq<plus<pegtl::digit>, opt<fraction>, opt<exponent>, opt<number_tail>> {};

struct line_end : at<sor<one<'\n'>, eof>> {};
struct escape : seq<one<'\\'>, sor<one<'\\', '"', '/', 'b', 'f', 'n', 'r', 't'>, seq<one<'u'>, rep_opt<4, rune>>, blemish<bad_escape>>> {};
struct string_end : sor<one<'"'>, seq<line_end, blemish<unterminated>>> {};
struct string : seq<one<'"'>, until<string_end, sor<escape, pegtl::any>>> {};
struct raw_string_end : sor<one<'`'>, seq<eof, blemish<unterminated>>> {};
struct raw_string : seq<one<'`'>, until<raw_string_end>> {};

// The text of a template up to the next `{` or to its end; the opening `$"` or the closing `}` of an expression is behind us.
struct template_escape
    : seq<one<'\\'>, sor<one<'\\', '"', '/', 'b', 'f', 'n', 'r', 't', '{'>, seq<one<'u'>, rep_opt<4, rune>>, blemish<bad_escape>>> {};
struct template_part : one<'{'> {};
struct template_end : one<'"'> {};
struct template_text : until<sor<template_end, template_part, seq<line_end, blemish<unterminated>>>, sor<template_escape, pegtl::any>> {};
struct raw_template_part : one<'{'> {};
struct raw_template_end : one<'`'> {};
struct raw_template_text
    : until<sor<raw_template_end, raw_template_part, seq<eof, blemish<unterminated>>>, sor<pegtl::string<'\\', '{'>, pegtl::any>> {};
struct template_open : seq<pegtl::string<'$', '"'>, template_text> {};
struct raw_template_open : seq<pegtl::string<'$', '`'>, raw_template_text> {};

struct comment : seq<one<'#'>, until<line_end>> {};
struct blank : one<' ', '\t', '\n', '\r'> {};

// Signs, longest first.
template <Token T, char... C>
struct sign : pegtl::string<C...> {};

struct symbol : sor<sign<Token::LeftBracket, '['>, sign<Token::RightBracket, ']'>, sign<Token::LeftBrace, '{'>, sign<Token::RightBrace, '}'>,
                    sign<Token::LeftParen, '('>, sign<Token::RightParen, ')'>, sign<Token::Comma, ','>, sign<Token::Dot, '.'>,
                    sign<Token::Assign, ':', '='>, sign<Token::Colon, ':'>, sign<Token::Equal, '=', '='>, sign<Token::Unify, '='>,
                    sign<Token::Semicolon, ';'>, sign<Token::Plus, '+'>, sign<Token::Minus, '-'>, sign<Token::Star, '*'>, sign<Token::Slash, '/'>,
                    sign<Token::Percent, '%'>, sign<Token::Ampersand, '&'>, sign<Token::Bar, '|'>, sign<Token::GreaterEqual, '>', '='>,
                    sign<Token::Greater, '>'>, sign<Token::LessEqual, '<', '='>, sign<Token::Less, '<'>, sign<Token::NotEqual, '!', '='>> {};

struct stray : sor<seq<one<'!'>, blemish<lone_exclamation>>, seq<one<'$'>, blemish<lone_dollar>>,
                   seq<pegtl::utf8::one<0xA0>, blemish<hard_space>>, rune> {};
struct end : eof {};

struct token : sor<end, blank, identifier, number, comment, string, raw_string, symbol, template_open, raw_template_open, stray> {};

}  // namespace psdl::grammar::lexical
