// The grammar by itself: PEGTL's analysis finds no rule that could loop without taking anything.
#include "grammar/analysis.hpp"
#include "grammar/lexical.hpp"
#include "grammar/module.hpp"

#include <catch2/catch.hpp>

using namespace psdl;

TEST_CASE("every loop of the grammar makes progress") {
  CHECK(tao::pegtl::analyze<grammar::lexical::token>() == 0);
  CHECK(tao::pegtl::analyze<grammar::lexical::template_text>() == 0);
  CHECK(tao::pegtl::analyze<grammar::lexical::raw_template_text>() == 0);
  CHECK(tao::pegtl::analyze<grammar::module>() == 0);
}

namespace {

// A loop that takes nothing, to see that the analysis would find one.
struct idle : grammar::repeat_until<grammar::peek<grammar::Token::EndOfFile>, grammar::peek<grammar::Token::Comma>> {};

}  // namespace

TEST_CASE("the analysis sees a loop that takes nothing") { CHECK(tao::pegtl::analyze<idle>(-1) > 0); }
