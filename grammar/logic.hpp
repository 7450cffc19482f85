// `and`, `or`, `not` and the literal as a whole. In: tokens; out: one expression.
//
// Operands are expressions, `{ bodies }` and `(groups)`. What a brace or a parenthesis opens is known only when it is closed: a body or a set, a
// group or a term. The guesses here are made in OPA's order, and taken back in OPA's order: `retreat<2>` says "no group after all".
#pragma once

#include "grammar/literal.hpp"

namespace psdl::grammar {

enum class Operator { None, And, Or };  // None: inside a guess, whose errors nobody will see

template <Operator O>
struct operand;

struct and_or_on {};      // `and` or `or` is a keyword here
struct improved_not {};   // `not` takes bodies and keeps what it negates inside
struct negation_word {};  // `not`, and no ref that begins with it
struct union_in_braces {};            // notes an error, and fails, if the body just read is a union that looks like a comprehension
struct union_in_negated_braces {};    // the same behind `not`
struct braces_to_operand {};          // the body read becomes an operand
struct literal_to_operand {};         // the expression read becomes an operand
struct operand_to_literal {};         // and back

// Chains. `and` binds tighter.
struct and_rest : seq<step, operand<Operator::And>> {
  using node = void;
};
struct and_chain : loop<when<and_rest, Token::And>> {};
struct or_rest : seq<step, operand<Operator::Or>, choose<peek<Token::And>, and_chain>> {
  using node = void;
};
struct or_chain : seq<choose<peek<Token::And>, and_chain>, loop<when<or_rest, Token::Or>>> {};
// The chain behind an operand, and the `with` of the whole.
struct chain_tail : seq<choose<peek<Token::And, Token::Or>, or_chain>, tell<operand_to_literal>, with_modifiers> {};

// `not { .. }`, the brace in hand
struct value_in_negated_braces {};
struct braces_read : nested<step, body<Token::RightBrace>> {};
struct braces_empty : ahead<step, peek<Token::RightBrace>> {};
struct not_body : seq<choose<braces_empty, braces_read, explain_by<braces_read, infix_term, refuse<value_in_negated_braces>>>, step, ask<union_in_negated_braces>> {
  using node = void;
};

// `{ .. }` as an operand
template <Operator O>
struct value_in_braces {};
template <Operator O>
struct operand_braces : seq<choose<braces_empty, braces_read,
                                   std::conditional_t<O == Operator::None, braces_read, explain_by<braces_read, infix_term, refuse<value_in_braces<O>>>>>,
                            step, choose<ask<union_in_braces>, success, success>> {
  using node = void;
};

// Groups: `(a or b)`, `(not a)`, `(a with b as c)`. Not groups: `(a == b)`, `({1})`.
struct empty_group {};
struct operand_has_braces {};
struct operand_is_logical {};
struct operand_is_negated {};
struct operand_is_single {};     // one expression, no braces
struct with_on_operand {};       // notes the error of a `with` that `and` or `or` follows
struct braces_in_parens {};      // remembers their text
template <bool Negated>
struct parens_hold_body {};      // notes that error
struct group_end : choose<tok<Token::RightParen>, success, object_to<expected_group_end>> {};
struct group_chain : seq<or_chain, tell<operand_to_literal>, with_modifiers, tell<literal_to_operand>, group_end> {};
template <bool AsOperand>
struct group_with : seq<tell<operand_to_literal>, with_modifiers, tell<literal_to_operand>, choose<peek<Token::And, Token::Or>, ask<with_on_operand>>, group_end,
                        std::conditional_t<AsOperand, success, choose<peek<Token::And, Token::Or>, success, retreat<2>>>> {};
template <bool AsOperand>
struct group_inside
    : choose<peek<Token::And, Token::Or>, group_chain,
             choose<seq<peek<Token::With>, ask<operand_is_single>>, group_with<AsOperand>,
                    choose<ask<operand_has_braces>, seq<tell<braces_in_parens>, retreat<3>>,
                           choose<ask<operand_is_logical>, group_end, choose<ask<operand_is_negated>, group_end, retreat<2>>>>>> {};
template <bool AsOperand, bool Negated>
struct group : nested<fallback<seq<step, choose<peek<Token::RightParen>, std::conditional_t<AsOperand, refuse<empty_group>, retreat<2>>,
                                                seq<choose<operand<Operator::None>, success, retreat<2>>, group_inside<AsOperand>>>>,
                               choose<ahead<step, term>, retreat<2>, refuse<parens_hold_body<Negated>>>, 3>> {
  using node = void;
};

// Operands.
struct bare_operand : seq<expression, tell<literal_to_operand>> {};
struct negated_operand : seq<step, choose<seq<ask<improved_not>, peek<Token::LeftBrace>>, seq<not_body, tell<literal_to_operand>>,
                                          choose<seq<peek<Token::LeftParen>, ask<and_or_on>, ask<improved_not>>, fallback<group<true, true>, bare_operand, 2>,
                                                 bare_operand>>> {
  using node = void;
};
struct plain_operand : choose<seq<peek<Token::LeftParen>, ask<and_or_on>>, fallback<group<true, false>, bare_operand, 2>, bare_operand> {};
template <Operator O>
struct operand : choose<peek<Token::LeftBrace>, operand_braces<O>, choose<ask<negation_word>, negated_operand, plain_operand>> {};

// Literals.
struct with_on_literal {};
struct braces_lead_literal {};  // notes the error of `{1} and ..`
struct wrap_negation {};        // the expression read is what `not` negates
struct wrap_group {};           // the group read is
struct literal_chain : seq<tell<literal_to_operand>, chain_tail> {};
struct positive_literal : seq<expression_literal, choose<peek<Token::And, Token::Or>, seq<ask<with_on_literal>, ask<braces_lead_literal>, literal_chain>>> {};
struct negated_expression : seq<expression_literal, tell<wrap_negation>, choose<peek<Token::And, Token::Or>, seq<ask<with_on_literal>, literal_chain>>> {};
struct negated_group : seq<group<true, true>, tell<wrap_group>, chain_tail> {};
struct negated_literal
    : seq<step, choose<seq<ask<improved_not>, peek<Token::LeftBrace>>, seq<not_body, literal_chain>,
                       dispatch<when<complain<negated_some>, Token::Some>, when<complain<negated_every>, Token::Every>,
                                when<choose<ask<improved_not>, fallback<negated_group, negated_expression, 2>, negated_expression>, Token::LeftParen>,
                                otherwise<negated_expression>>>> {
  using node = void;
};
struct simple_literal : choose<ask<keyword_ref>, positive_literal,
                               choose<ask<negation_word>, negated_literal,
                                      dispatch<when<some_literal, Token::Some>, when<every_literal, Token::Every>, otherwise<positive_literal>>>> {};
struct group_literal : fallback<seq<group<false, false>, chain_tail>, simple_literal, 2> {};
// `{ body } and ..`: only the operator behind the braces tells that they held a body.
struct braces_before_operator : attempt_afresh<step, body<Token::RightBrace>, step, peek<Token::And, Token::Or>> {};
struct brace_literal : choose<braces_before_operator, seq<ask<union_in_braces>, tell<braces_to_operand>, chain_tail>, simple_literal> {};

struct literal : choose<seq<peek<Token::LeftBrace>, ask<and_or_on>>, brace_literal,
                        choose<seq<peek<Token::LeftParen>, ask<and_or_on>>, group_literal, simple_literal>> {
  using node = void;
};

}  // namespace psdl::grammar
