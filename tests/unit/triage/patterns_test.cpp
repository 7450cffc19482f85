// Patterns of .psdlignore as gitignore means them; patterns of exceptions; times.
#include <catch2/catch.hpp>

#include <string>
#include <string_view>

#include "psdl/triage.hpp"

namespace psdl::triage {
namespace {

struct Row {
  std::string_view patterns;
  std::string_view path;
  bool is_folder;
  bool is_ignored;
};

// The answers are those of `git check-ignore --no-index`, of which the folders above a path are asked first.
constexpr Row kRows[] = {
    {"a.yaml", "a.yaml", false, true},
    {"a.yaml", "x/y/a.yaml", false, true},
    {"a.yaml", "x/a.yaml.bak", false, false},
    {"/a.yaml", "a.yaml", false, true},
    {"/a.yaml", "x/a.yaml", false, false},
    {"x/a.yaml", "x/a.yaml", false, true},
    {"x/a.yaml", "y/x/a.yaml", false, false},
    {"**/x/a.yaml", "y/x/a.yaml", false, true},
    {"**/x/a.yaml", "x/a.yaml", false, true},
    {"**/x", "a/b/x", true, true},
    {"x/**", "x/a/b", false, true},
    {"x/**", "x", true, false},
    {"x/**/b", "x/b", false, true},
    {"x/**/b", "x/a/a/b", false, true},
    {"x/**/b", "y/x/b", false, false},
    {"**/testdata/**", "a/testdata/b.yaml", false, true},
    {"**", "a/b", false, true},
    {"x/", "x", true, true},
    {"x/", "x", false, false},
    {"x/", "a/x", true, true},
    {"*.yaml", "a/b.yaml", false, true},
    {"*.yaml", ".yaml", false, true},
    {"x/*.yaml", "x/a.yaml", false, true},
    {"x/*.yaml", "x/y/a.yaml", false, false},
    {"x*y", "xy", false, true},
    {"x*y", "x/y", false, false},
    {"a?c", "abc", false, true},
    {"a?c", "a/c", false, false},
    {"a[bc]d", "abd", false, true},
    {"a[bc]d", "aed", false, false},
    {"a[!bc]d", "aed", false, true},
    {"a[^bc]d", "abd", false, false},
    {"a[b-d]e", "ace", false, true},
    {"a[]]b", "a]b", false, true},
    {"a[b", "a[b", false, false},
    {"# a", "# a", false, false},
    {"\\#a", "#a", false, true},
    {"\\!a", "!a", false, true},
    {"*.yaml\n!b.yaml", "b.yaml", false, false},
    {"*.yaml\n!b.yaml\nb.yaml", "b.yaml", false, true},
    {"!b.yaml\n*.yaml", "b.yaml", false, true},
    {"a.yaml  ", "a.yaml", false, true},
    {"a.yaml\\ ", "a.yaml ", false, true},
    {"a.yaml\r\n", "a.yaml", false, true},
    {"\n\n  \n", "a", false, false},
    {"/", "a", true, false},
    {"*a*b*c*d*e", "xaxbxcxdxe", false, true},
    {"*a*b*c*d*e", "xaxbxcxdx", false, false},
};

TEST_CASE("ignore patterns mean what git's mean") {
  for (const Row& row : kRows) {
    IgnorePatterns patterns;
    patterns.add(row.patterns);
    INFO(row.patterns << " on " << row.path);
    CHECK(patterns.is_ignored(row.path, row.is_folder) == row.is_ignored);
  }
}

TEST_CASE("patterns of a folder say nothing of others") {
  IgnorePatterns patterns;
  patterns.add("/a\nb", "/home/x/");
  CHECK(patterns.is_ignored("/home/x/a", false));
  CHECK(patterns.is_ignored("/home/x/y/b", false));
  CHECK_FALSE(patterns.is_ignored("/home/x/y/a", false));
  CHECK_FALSE(patterns.is_ignored("/home/b", false));
}

TEST_CASE("a pattern of many stars takes time in proportion") {
  std::string stars;
  for (int i = 0; i < 2000; ++i) stars += "*a";
  IgnorePatterns patterns;
  patterns.add(stars + "b");
  CHECK_FALSE(patterns.is_ignored(std::string(4000, 'a'), false));
  std::string folders;
  for (int i = 0; i < 100; ++i) folders += "**/a/";
  IgnorePatterns deep;
  deep.add(folders + "b");
  std::string path;
  for (int i = 0; i < 400; ++i) path += "a/";
  CHECK_FALSE(deep.is_ignored(path + "c", false));
  CHECK(deep.is_ignored(path + "b", false));
}

TEST_CASE("a star of an exception stands for any characters") {
  CHECK(matches("*", ""));
  CHECK(matches("a*", "a"));
  CHECK(matches("*/b", "a/b"));
  CHECK(matches("a*b*c", "a-b-b-c"));
  CHECK_FALSE(matches("a*b", "a-b-c"));
  CHECK_FALSE(matches("", "a"));
  CHECK_FALSE(matches("A", "a"));
}

TEST_CASE("times are days or RFC 3339") {
  CHECK(parse_time("1970-01-01") == 0);
  CHECK(parse_time("1970-01-02T00:00:01Z") == 86'401'000'000'000);
  CHECK(parse_time("2000-02-29") == 951'782'400'000'000'000);
  CHECK(parse_time("2027-03-31T12:00:00.25+02:00") == parse_time("2027-03-31T10:00:00.250Z"));
  for (const char* text :
       {"", "2027", "2027-3-31", "2027-13-01", "2027-00-01", "2027-02-29", "2100-02-29", "2027-03-31T",
        "2027-03-31T10:00:00", "2027-03-31T24:00:00Z", "2027-03-31T10:00:00.Z", "2027-03-31 10:00:00Z",
        "2027-03-31T10:00:00Zx", "+027-03-31", "-027-03-31", "9999-01-01", "1969-12-31"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text).has_value());
  }
}

}  // namespace
}  // namespace psdl::triage
