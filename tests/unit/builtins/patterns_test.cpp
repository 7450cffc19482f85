// Patterns: Go's words for what is wrong, texts that are no UTF-8, and the cache.
#include <catch2/catch.hpp>

#include "builtins/patterns.hpp"
#include "calling.hpp"

using psdl::Glob;
using psdl::Limits;
using psdl::PatternCache;
using psdl::Regex;
using psdl::Value;
using psdl::test::Caller;

namespace {

std::string error_of(std::string_view pattern) {
  std::string error;
  std::string_view limit;
  const auto made = Regex::compile(pattern, Limits{}, error, limit);
  CHECK((made == nullptr) == !error.empty());
  return error;
}

bool glob(std::string_view pattern, std::string_view text, const std::vector<char32_t>& separators = {}) {
  std::string error;
  std::string_view limit;
  const auto made = Glob::compile(pattern, separators, Limits{}, error, limit);
  REQUIRE(made != nullptr);
  return made->matches(text);
}

}  // namespace

TEST_CASE("errors of regular expressions are Go's") {
  CHECK(error_of("a|b").empty());
  CHECK(error_of("(?<name>a)(?P<name>b)").empty());
  CHECK(error_of("\\p{ cased_LETTER }").empty());
  CHECK(error_of("(?<n-m>a)") == "error parsing regexp: invalid named capture: `(?<n-m>`");
  CHECK(error_of("(?i-)a") == "error parsing regexp: invalid or unsupported Perl syntax: `(?i-)`");
  CHECK(error_of("(?") == "error parsing regexp: invalid or unsupported Perl syntax: `(?`");
  CHECK(error_of("(a\\C") == "error parsing regexp: invalid escape sequence: `\\C`");
  CHECK(error_of("*a\\C") == "error parsing regexp: missing argument to repetition operator: `*`");
  CHECK(error_of("[\\p{Old_Italic}]") == "error parsing regexp: invalid character class range: `\\p{Old_Italic}`");
  CHECK(error_of("a\\") == "error parsing regexp: trailing backslash at end of expression: ``");
  CHECK(error_of("[[:nothing:]]") == "error parsing regexp: invalid character class range: `[:nothing:]`");
  CHECK(error_of("\\Q(\\E").empty());
}

TEST_CASE("bytes that are no UTF-8 match as the replacement character") {
  Caller caller;
  CHECK(caller.shown("regex.match", {caller.text("^a.b$"), caller.text("a\xFF"
                                                                       "b")}) == "true");
  CHECK(glob("a?b", "a\xFF"
                    "b"));
}

TEST_CASE("globs of every shape") {
  CHECK(glob("", ""));
  CHECK_FALSE(glob("", "a"));
  CHECK(glob("*", ""));
  CHECK_FALSE(glob("*", "a.b", {'.'}));
  CHECK(glob("**", "a.b", {'.'}));
  CHECK(glob("a*ant", "a-ant"));
  CHECK_FALSE(glob("a*ant", "ant"));
  CHECK(glob("*\\*", "a*"));
  CHECK(glob("*?", "日"));
  CHECK(glob("{a,{b,c}*}x", "cax"));
  CHECK(glob("[!é]", "e"));
  CHECK_FALSE(glob("日*", "日・本", {U'・'}));
  CHECK(glob("a.b", "a.b", {'.'}));
  CHECK(glob("***x", "a.x", {'.'}));
}

TEST_CASE("the cache keeps what was asked for last") {
  Limits limits;
  limits.regex_cache = 8;
  PatternCache cache;
  std::string error;
  std::string_view limit;
  const Regex* kept = cache.regex("kept", limits, error, limit);
  for (int i = 0; i < 100; ++i) {
    REQUIRE(cache.regex("other" + std::to_string(i), limits, error, limit) != nullptr);
    CHECK(cache.regex("kept", limits, error, limit) == kept);
  }
  CHECK(cache.glob("a*", {}, limits, error, limit) != cache.glob("a*", {'.'}, limits, error, limit));
  CHECK(cache.regex("(", limits, error, limit) == nullptr);
  CHECK(error == "error parsing regexp: missing closing ): `(`");
}

TEST_CASE("a pattern of words or one class answers as its automaton does") {
  const char* const patterns[] = {"^(platform|team-7)$", "^(a|)$", "^(?:a|b)", "(ab|c)$", "abc", "", "^", "$", "^$", "^[a-z0-9-]+$", "^[a-z0-9._-]*$", "^[A-F\\-.]+$", "a\\.b$", "^images.example",
                                  "^(a|b)+$", "^a|b$", "[a-z]+", "^[^a]+$", "^(?i)a$", "^[a-]+$", "^a b$", "^\\$$", "^(a|b"};
  const char* const texts[] = {"", "a", "b", "ab", "abc", "xabcx", "platform", "team-7", "team-70", "platforms", "a\n", "a.b", "axb", "A-F", "images.example/x", "images_example", "A", "$", "a b", "\xff", "\xff" "abc", "é", "-"};
  const Limits limits;
  int simple = 0;
  for (const std::string_view pattern : patterns) {
    std::string error;
    std::string_view limit;
    const auto regex = Regex::compile(pattern, limits, error, limit);
    simple += psdl::SimplePattern::read(pattern).has_value() ? 1 : 0;
    if (regex == nullptr) continue;
    for (const std::string_view text : texts) {
      if (text.find('\xff') != std::string_view::npos) continue;  // find() is given valid text alone
      psdl::MatchRange range;
      INFO(pattern << " on " << text);
      CHECK(regex->matches(text) == regex->find(text, 0, {&range, 1}));
    }
  }
  CHECK(simple == 16);
}
