// What is said where a rule fails. In: nothing; out: a text for each place; the parser puts "unexpected <token>: " before those that are
// given to `complain`. They are OPA's words, which tools and people know; the parser adds its own beside them.
#pragma once

#include <string_view>

#include "grammar/token.hpp"

namespace psdl::grammar {

#define PSDL_GRAMMAR_MESSAGE(name, words)                             \
  struct name {                                                       \
    static constexpr std::string_view text() { return words; }        \
  }

PSDL_GRAMMAR_MESSAGE(nothing_more, "");  // "unexpected <token>" is all there is to say

// terms
PSDL_GRAMMAR_MESSAGE(expected_number, "expected number");
PSDL_GRAMMAR_MESSAGE(expected_identifier, "expected identifier");
PSDL_GRAMMAR_MESSAGE(expected_bracket, "expected [");
PSDL_GRAMMAR_MESSAGE(expected_colon, "expected \":\"");
PSDL_GRAMMAR_MESSAGE(non_terminated_expression, "non-terminated expression");
PSDL_GRAMMAR_MESSAGE(non_terminated_set, "non-terminated set");
PSDL_GRAMMAR_MESSAGE(non_terminated_object, "non-terminated object");
PSDL_GRAMMAR_MESSAGE(invalid_template_expression, "invalid template-string expression");
PSDL_GRAMMAR_MESSAGE(expected_template_end, "expected } to end template string expression");

template <Token End>
struct expected_comma_or {
  static constexpr std::string_view text() {
    if constexpr (End == Token::RightBracket) return "expected \",\" or \"]\"";
    if constexpr (End == Token::RightBrace) return "expected \",\" or \"}\"";
    return "expected \",\" or \")\"";
  }
};

// bodies
PSDL_GRAMMAR_MESSAGE(empty_body, "found empty body");
template <Token End>
struct expected_separator {
  static constexpr std::string_view text() {
    if constexpr (End == Token::RightBracket) return "expected \\n or ; or ]";
    if constexpr (End == Token::RightBrace) return "expected \\n or ; or }";
    return "expected \\n or ; or eof";
  }
};
PSDL_GRAMMAR_MESSAGE(negated_some, "illegal negation of 'some'");
PSDL_GRAMMAR_MESSAGE(negated_every, "illegal negation of 'every'");
PSDL_GRAMMAR_MESSAGE(expected_ident, "expected ident");
PSDL_GRAMMAR_MESSAGE(expected_as, "expected as keyword");
PSDL_GRAMMAR_MESSAGE(expected_var, "expected var");
PSDL_GRAMMAR_MESSAGE(missing_body, "missing body");
PSDL_GRAMMAR_MESSAGE(expected_group_end, "expected ) to close parenthesized group");

// rules and modules
PSDL_GRAMMAR_MESSAGE(expected_rule_name, "expected rule head name");
PSDL_GRAMMAR_MESSAGE(expected_else, "expected else value term or rule body");
PSDL_GRAMMAR_MESSAGE(expected_rule_body, "rule body expected");

#undef PSDL_GRAMMAR_MESSAGE

}  // namespace psdl::grammar
