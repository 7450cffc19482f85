// Rules: heads, bodies, else, defaults. In: tokens; out: one rule, or the several that share a head (`p { .. } { .. }`).
#pragma once

#include "grammar/logic.hpp"

namespace psdl::grammar {

// A head: `p`, `p.q[x]`, `f(x)`, with `contains x`, `= x` or `:= x` behind it.
struct arithmetic_after_name {};  // notes the error of `p + ..`
struct head_from_term {};         // what was read makes a head
struct head_contains {};
struct head_value {};
struct key_missing {};
struct value_missing {};
struct assigned_value_missing {};
struct assigned {};
struct head_finished {};
struct after_name : seq<step_raw, tell<arithmetic_after_name>, choose<peek<Token::Whitespace>, step>,
                        choose<peek<Token::LeftParen, Token::Dot, Token::LeftBracket>, ref_tail, tell<root_document>>> {};
struct head_key : seq<tell<head_contains>, step, choose<infix_term, success, tell<key_missing>>> {};
struct head_unified : seq<step, choose<infix_term, tell<head_value>, tell<value_missing>>> {};
struct head_assigned : seq<step, tell<assigned>, choose<infix_term, tell<head_value>, tell<assigned_value_missing>>> {};
struct head : seq<var, choose<after_name, success, complain<expected_rule_name>>, ask<head_from_term>,
                  dispatch<when<head_key, Token::Contains>, when<head_unified, Token::Unify>, when<head_assigned, Token::Assign>, otherwise<success>>,
                  tell<head_finished>> {
  using node = void;
};

// Bodies. `if {x}` is a body, `if {x: 1}` and `if {x | ..}` are literals: only a plain set is never meant.
struct no_set {};
struct body_of_literal {};
struct body_of_braces {};
struct braced_body : seq<step, body<Token::RightBrace>, step, tell<body_of_braces>> {};
struct literal_body : seq<literal, tell<body_of_literal>> {};
struct if_written {};
struct if_body : seq<tell<if_written>, step, choose<peek<Token::LeftBrace>, choose<attempt<literal, ask<no_set>>, tell<body_of_literal>, braced_body>, literal_body>> {};

// else
struct open_else {};
struct else_true {};
struct else_value {};
struct else_assigned {};
struct else_unified {};
struct else_if {};
struct else_no_body {};
struct else_literal : seq<literal, tell<body_of_literal>> {};
struct else_if_body : seq<tell<else_if>, step, choose<peek<Token::LeftBrace>, braced_body, choose<peek<Token::EndOfFile>, complain<expected_rule_body>, else_literal>>> {};
struct else_body : dispatch<when<else_if_body, Token::If>, when<braced_body, Token::LeftBrace>, otherwise<tell<else_no_body>>> {};
struct else_branch
    : seq<tell<open_else>, step,
          dispatch<when<tell<else_true>, Token::LeftBrace, Token::If>, when<seq<tell<else_unified>, step, infix_term, tell<else_value>>, Token::Unify>,
                   when<seq<tell<else_assigned>, step, infix_term, tell<else_value>>, Token::Assign>, otherwise<complain<expected_else>>>,
          else_body> {
  using node = void;
};
struct else_allowed {};
struct else_chain : choose<peek<Token::Else>, choose<ask<keyword_ref>, success, seq<ask<else_allowed>, loop<when<else_branch, Token::Else>>>>> {};

// Further bodies under one head.
struct no_else_before {};
struct rule_finished {};
struct another_body : seq<ask<no_else_before>, step, body<Token::RightBrace>, step> {
  using node = void;
};

struct rule_shape {};
struct contains_without_body {};
struct has_contains {};
struct rule_definition : seq<dispatch<when<if_body, Token::If>, when<braced_body, Token::LeftBrace>, otherwise<failure>>, else_chain, tell<rule_finished>,
                             loop<when<another_body, Token::LeftBrace>>> {};
struct plain_rule : seq<peek<Token::Identifier>, head, ask<rule_shape>,
                        choose<peek<Token::If, Token::LeftBrace>, rule_definition, choose<ask<has_contains>, tell<contains_without_body>, failure>>> {};

struct marked_default {};
struct keyword_as_default_name {};
struct default_valid {};
struct default_rule : seq<tell<marked_default>, step, tell<keyword_ref>, choose<peek<Token::Identifier>, success, refuse<keyword_as_default_name>>, head, ask<default_valid>> {};

struct open_rule {};
struct rules : seq<tell<open_rule>, tell<keyword_ref>, choose<peek<Token::Default>, default_rule, plain_rule>> {
  using node = void;
};

}  // namespace psdl::grammar
