// Literals of a body: expressions, `not`, `some`, `every`, `with`. In: tokens; out: one expression, or a body of them.
#pragma once

#include "grammar/term.hpp"

namespace psdl::grammar {

// Literals up to End, parted by `;` or line ends. End stays in hand.
struct new_line {};        // a line end stands before the token in hand
struct errors_noted {};
struct hints_waiting {};
struct membership_call {}; // the term read last is `x in xs` or `k, v in xs`
struct hint_infix_name {};
struct hint_infix_in {};
struct hint_missing_import
    : choose<ask<hints_waiting>, success,
             dispatch<when<tell<hint_infix_name>, Token::Identifier>,
                      when<choose<ahead_with_all_keywords<step, infix_term, ask<membership_call>>, tell<hint_infix_in>>, Token::Comma>, otherwise<success>>> {};
template <Token End>
struct missing_separator : choose<ask<errors_noted>, failure, seq<hint_missing_import, complain<expected_separator<End>>>> {};
template <Token End>
struct literals
    : choose<peek<End>, object_to<empty_body>,
             seq<literal, repeat_until<peek<End>, choose<tok<Token::Semicolon>, literal, choose<ask<new_line>, literal, missing_separator<End>>>>>> {};
template <Token End>
struct body : literals<End> {
  using node = void;
};
// A query's statement: literals parted by `;` alone.
struct query : choose<peek<Token::EndOfFile>, object_to<empty_body>, seq<literal, loop<when<seq<step, literal>, Token::Semicolon>>>> {
  using node = void;
};

// Modifiers belong to the expression just read.
struct with_target_valid {};
struct fresh_modifiers {};
struct with_modifier : seq<step, expect<peek<Token::Identifier>, expected_ident>, term, tell<with_target_valid>,
                           choose<tok<Token::As>, infix_term, complain<expected_as>>> {
  using node = void;
};
struct with_modifiers : choose<peek<Token::With>, seq<tell<fresh_modifiers>, loop<when<with_modifier, Token::With>>>> {};

// `a`, `f(x)`, `a = b`, `a := b`.
struct assignment_rest : seq<tell<operator_sign>, step, infix_term> {
  using node = tail;
};
struct expression : seq<infix_term, choose<peek<Token::Assign, Token::Unify>, assignment_rest>> {
  using node = void;
};

// `some x, y` and `some x in xs`
struct is_call {};
struct some_in_valid {};
struct reading_v0 {};
struct hint_some_in {};
struct some_var : seq<step, expect<peek<Token::Identifier>, expected_var>, var, step> {};
struct some_in_hint : choose<ask<reading_v0>, choose<ahead_with_all_keywords<step, infix_term, ask<membership_call>>, tell<hint_some_in>>> {};
struct some_vars : seq<some_in_hint, some_var, loop<when<some_var, Token::Comma>>> {};
struct some_members : attempt<step, infix_term, ask<is_call>> {};
struct some : choose<some_members, ask<some_in_valid>, some_vars> {
  using node = void;
};
struct some_has_members {};
struct some_literal : seq<some, choose<ask<some_has_members>, with_modifiers>> {};

// `every k, v in xs { .. }`
struct every_head_valid {};
struct every : seq<step, infix_term, ask<every_head_valid>, choose<peek<Token::LeftBrace>, nested<step, body<Token::RightBrace>, step>, complain<missing_body>>> {
  using node = void;
};
struct every_literal : seq<every, with_modifiers> {};

// An expression as a literal. Where `every` is no keyword yet, text that would read as one earns a hint.
struct word_every {};
struct reads_as_every {};
struct hint_every {};
struct every_probe : choose<seq<ask<reading_v0>, ask<word_every>>, choose<ahead_with_all_keywords<every>, tell<reads_as_every>>> {};
struct expression_literal : seq<every_probe, expression, with_modifiers, tell<hint_every>> {};

}  // namespace psdl::grammar

#include "grammar/logic.hpp"
