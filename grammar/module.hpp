// Modules and queries: package, imports, rules, statements. In: tokens up to the end of the text; out: statements in order.
#pragma once

#include "grammar/rule.hpp"

namespace psdl::grammar {

// `package.x` and `import[0]` are refs.
struct no_ref : choose<peek<Token::Dot, Token::LeftBracket>, failure, success> {};
struct path_start : seq<step_raw, no_ref, choose<peek<Token::Whitespace>, step>, expect<ask<name_or_ref_keyword>, nothing_more>> {};
struct no_minus_behind : choose<peek<Token::Minus>, complain<nothing_more>, success> {};

struct package_path {};
struct path_missing {};
struct package : seq<path_start, choose<term, ask<package_path>, refuse<path_missing>>> {
  using node = void;
};

struct import_path {};
struct import_path_missing {};
struct import_alias {};
struct import_name {};
struct import_rest : choose<tok<Token::As>, seq<expect<peek<Token::Identifier>, expected_var>, choose<term, ask<import_alias>, complain<expected_var>>>, tell<import_name>> {};
struct import : seq<path_start, choose<with_base_keywords<term>, ask<import_path>, refuse<import_path_missing>>, import_rest> {
  using node = void;
};

struct package_statement {};
struct import_statement {};
struct rules_wanted {};
struct keyword_as_rule_name {};
struct rule_or_query : choose<ask<rules_wanted>, first_of<rules, query>, query> {};
struct statement
    : choose<ask<keyword_as_rule_name>, failure,
             dispatch<when<first_of<seq<package, no_minus_behind, tell<package_statement>>, rule_or_query>, Token::Package>,
                      when<first_of<seq<import, no_minus_behind, tell<import_statement>>, rule_or_query>, Token::Import>, otherwise<rule_or_query>>> {};

struct module : repeat_until<peek<Token::EndOfFile>, statement> {};

}  // namespace psdl::grammar
