// Terms: scalars, refs, calls, collections, comprehensions, template strings, operators. In: tokens; out: one term.
//
// A rule with `using node = void;` builds something: what its parts left behind is its operands. `using node = tail` does too, and takes
// the term before it as its first operand (`a` in `a.b`, in `a + b`).
#pragma once

#include "grammar/control.hpp"
#include "grammar/messages.hpp"

namespace psdl::grammar {

struct tail;  // see above

struct term;
struct infix_term;          // with operators, `in` and `k, v in xs`
struct infix_term_in_list;  // the same where a comma ends a term
struct literal;
struct ref_tail;
template <Token End>
struct body;

// Scalars. The token stays in hand: what follows it directly (`.`, `[`, `(`) is still to be seen.
struct null_value : success {};
struct true_value : success {};
struct false_value : success {};
struct string_value : success {};
struct var : success {};

struct number_minus {};
struct number_point {};
struct valid_number {};
struct number : seq<choose<tok<Token::Minus>, seq<tell<number_minus>, expect<peek<Token::Number, Token::Dot>, expected_number>>>,
                    choose<tok<Token::Dot>, seq<tell<number_point>, expect<peek<Token::Number>, expected_number>>>, ask<valid_number>> {
  using node = void;
};

// $"text {expression} text"
struct template_supported {};
struct template_piece {};        // the text in hand becomes a part
struct template_open {};
struct template_expression {};   // the expression read is one that may stand here, and becomes a part
template <bool Raw>
struct template_rest : seq<tell<template_open>, step, choose<literal, success, object_to<invalid_template_expression>>, ask<template_expression>,
                           choose<peek<Token::RightBrace>, success, object_to<expected_template_end>>, step_template<Raw>, ask<template_piece>> {};
template <bool Raw>
struct template_string : seq<ask<template_supported>, ask<template_piece>,
                             repeat_until<peek<Token::TemplateEnd, Token::RawTemplateEnd>, template_rest<Raw>>> {
  using node = void;
};

// Lists up to End. A comma may stand before End.
template <Token End>
struct terms : choose<peek<End>, success,
                      seq<infix_term_in_list, loop<when<seq<step, choose<peek<End>, success, infix_term_in_list>>, Token::Comma>>,
                          expect<peek<End>, expected_comma_or<End>>>> {};
struct pair : seq<infix_term_in_list, choose<tok<Token::Colon>, infix_term_in_list, complain<expected_colon>>> {};
struct pairs : choose<peek<Token::RightBrace>, success,
                      seq<pair, loop<when<seq<step, choose<peek<Token::RightBrace>, success, pair>>, Token::Comma>>,
                          expect<peek<Token::RightBrace>, expected_comma_or<Token::RightBrace>>>> {};

// `[a | b]` is a comprehension; only when no body can be read there and a comma follows is it a list of unions after all. A leading comma is
// tolerated and rules the comprehension out.
struct array_body : seq<step, choose<body<Token::RightBracket>, success, choose<peek<Token::Comma>, retreat<0>, failure>>> {};
template <bool MayBeComprehension>
struct array_items
    : fallback<seq<term, dispatch<when<success, Token::RightBracket>, when<seq<step, terms<Token::RightBracket>>, Token::Comma>,
                                  when<std::conditional_t<MayBeComprehension, array_body, retreat<0>>, Token::Bar>, otherwise<retreat<0>>>>,
               terms<Token::RightBracket>, 0> {};
struct array : seq<step, choose<peek<Token::RightBracket>, success, choose<tok<Token::Comma>, array_items<false>, array_items<true>>>> {
  using node = void;
};

// `{`: a set, an object or a comprehension of either.
struct reads_as_set {};
struct reads_as_object {};
struct set_body : seq<tell<reads_as_set>, step, choose<body<Token::RightBrace>, success, choose<peek<Token::Comma>, retreat<1>, failure>>> {};
struct set_rest : seq<tell<reads_as_set>, choose<tok<Token::Comma>, terms<Token::RightBrace>>> {};
struct object_body : seq<step, choose<body<Token::RightBrace>, success, retreat<0>>> {};
struct object_rest : choose<tok<Token::Comma>, pairs> {};
template <bool MayBeComprehension>
struct object_value
    : seq<step, tell<reads_as_object>,
          fallback<seq<term, std::conditional_t<MayBeComprehension,
                                                   dispatch<when<object_rest, Token::RightBrace, Token::Comma>, when<object_body, Token::Bar>, otherwise<retreat<0>>>,
                                                   retreat<0>>>,
                      seq<infix_term_in_list, choose<peek<Token::RightBrace, Token::Comma>, object_rest, complain<non_terminated_object>>>, 0>> {};
template <bool MayBeComprehension>
struct brace_items
    : fallback<fallback<seq<term, dispatch<when<std::conditional_t<MayBeComprehension, set_body, retreat<0>>, Token::Bar>,
                                           when<set_rest, Token::RightBrace, Token::Comma>, when<object_value<MayBeComprehension>, Token::Colon>,
                                           otherwise<retreat<0>>>>,
                        seq<infix_term_in_list, dispatch<when<set_rest, Token::RightBrace, Token::Comma>, when<object_value<MayBeComprehension>, Token::Colon>,
                                                         otherwise<complain<non_terminated_set>>>>,
                        0>,
               seq<tell<reads_as_set>, terms<Token::RightBrace>>, 1> {};
struct braces : seq<step, choose<peek<Token::RightBrace>, success, choose<tok<Token::Comma>, brace_items<false>, brace_items<true>>>> {
  using node = void;
};

struct parens : seq<step, infix_term, choose<peek<Token::RightParen>, success, object_to<non_terminated_expression>>> {};

// Refs and calls: `.name`, `[term]`, `(arguments)` directly behind a term. A blank ends them.
struct ref_head_allowed {};
struct name_or_ref_keyword {};  // an identifier, or a keyword where keywords may stand in refs; it is then an identifier
struct ref_name {};
struct close_ref {};
struct ref_dot : seq<step_raw, expect<ask<ref_name>, expected_identifier>, step_raw> {};
struct ref_bracket : seq<step, infix_term, expect<peek<Token::RightBracket>, expected_bracket>, step_raw> {};
struct close_call {};
struct arguments : seq<step, terms<Token::RightParen>, tell<close_call>, step_raw> {
  using node = tail;
};
struct ref_call : seq<tell<close_ref>, arguments, dispatch<when<step, Token::Whitespace>, when<nested<ref_tail>, Token::Dot, Token::LeftBracket>, otherwise<success>>> {};
struct ref_tail : seq<tell<ref_head_allowed>, loop<when<ref_dot, Token::Dot>, when<ref_bracket, Token::LeftBracket>>,
                         dispatch<when<ref_call, Token::LeftParen>, when<seq<tell<close_ref>, step>, Token::Whitespace>, otherwise<tell<close_ref>>>> {
  using node = tail;
};

struct root_document {};  // `input` and `data` alone are refs
struct after_term : seq<step_raw, dispatch<when<ref_tail, Token::LeftParen, Token::Dot, Token::LeftBracket>,
                                           when<seq<tell<root_document>, step>, Token::Whitespace>, otherwise<tell<root_document>>>> {};

// `-x` is `0 - x`; `-1` is a number.
struct negated_var : seq<step, var, after_term> {
  using node = void;
};
struct plain_term
    : seq<dispatch<when<null_value, Token::Null>, when<true_value, Token::True>, when<false_value, Token::False>,
                   when<number, Token::Minus, Token::Dot, Token::Number>, when<string_value, Token::String>,
                   when<template_string<false>, Token::TemplatePart, Token::TemplateEnd>, when<template_string<true>, Token::RawTemplatePart, Token::RawTemplateEnd>,
                   when<var, Token::Identifier, Token::Contains>, when<array, Token::LeftBracket>, when<braces, Token::LeftBrace>, when<parens, Token::LeftParen>,
                   otherwise<complain<nothing_more>>>,
          after_term> {};
struct and_or_call {};  // `and(`, `or(`: the builtins behind `&` and `|`
struct term : nested<remembered<seq<tell<and_or_call>, choose<ahead<tok<Token::Minus>, peek<Token::Identifier, Token::Contains>>, negated_var, plain_term>>>> {};

// Operators, tightest first. An operator whose right side fails leaves its left side as the term: the error is noted, and what follows is
// read on from there.
struct operator_sign {};
template <class Operand, Token... T>
struct infix_rest : seq<peek<T...>, tell<operator_sign>, step, Operand> {
  using node = tail;
};
template <class Operand, Token... T>
struct infix : seq<Operand, star<infix_rest<Operand, T...>>> {};

struct factor : infix<term, Token::Star, Token::Slash, Token::Percent> {};
struct sum : infix<factor, Token::Plus, Token::Minus> {};
struct intersection : infix<sum, Token::Ampersand> {};
struct union_ : infix<intersection, Token::Bar> {};
struct relation : infix<union_, Token::Equal, Token::NotEqual, Token::Less, Token::Greater, Token::LessEqual, Token::GreaterEqual> {};

// `x in xs`; `k, v in xs` where a comma does not end the term.
struct in_sign {};
struct in_sign_with_key {};
struct keyword_ref {};  // a keyword directly before `.` or `[` is an identifier; as a question: whether it was
struct member : seq<peek<Token::In>, tell<in_sign>, step, relation> {
  using node = tail;
};
struct member_with_key : attempt<tok<Token::Comma>, relation, peek<Token::In>, tell<in_sign_with_key>, step, relation> {
  using node = tail;
};
template <bool WithKey>
struct in_term : seq<relation, repeat_while<choose<std::conditional_t<WithKey, member_with_key, failure>, success, seq<tell<keyword_ref>, member>>,
                                            peek<Token::In>>> {};
struct infix_term : in_term<true> {};
struct infix_term_in_list : in_term<false> {};

}  // namespace psdl::grammar
