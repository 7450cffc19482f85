// What a terminal may be shown of a text that somebody else wrote.
#include "report/display.hpp"

#include <catch2/catch.hpp>

#include "psdl/tools/report.hpp"

using namespace psdl;
using tools::escape_for_terminal;

TEST_CASE("control and bidi characters are escapes") {
  CHECK(escape_for_terminal("plain \"text\"") == "plain \"text\"");
  CHECK(escape_for_terminal("a\nb\r\tc") == "a\\nb\\r\\tc");
  CHECK(escape_for_terminal("\x1b[2J\x7f") == "\\x1b[2J\\x7f");
  CHECK(escape_for_terminal("\xE2\x80\xAE") == "\\u202e");
  CHECK(escape_for_terminal("\xC2\x85") == "\\x85");
  CHECK(escape_for_terminal("\xFF\x41") == "\\xffA");
  CHECK(escape_for_terminal("日本") == "日本");
  CHECK(escape_for_terminal("日", true) == "\\u65e5");
}

TEST_CASE("what a renderer may leave out is an escape") {
  CHECK(escape_for_terminal("ap\xC2\xADp") == "ap\\xadp");              // soft hyphen
  CHECK(escape_for_terminal("a\xCD\x8F") == "a\\u034f");                // combining grapheme joiner
  CHECK(escape_for_terminal("\xE1\x85\x9F\xE1\x85\xA0") == "\\u115f\\u1160");  // Hangul fillers
  CHECK(escape_for_terminal("\xE3\x85\xA4\xEF\xBE\xA0") == "\\u3164\\uffa0");
  CHECK(escape_for_terminal("\xE1\x9E\xB4\xE1\x9E\xB5") == "\\u17b4\\u17b5");
  CHECK(escape_for_terminal("\xE1\xA0\x8B\xE1\xA0\x8E") == "\\u180b\\u180e");
  CHECK(escape_for_terminal("\xE2\x9D\xA4\xEF\xB8\x8F") == "\xE2\x9D\xA4\\ufe0f");  // a heart as an emoji
  CHECK(escape_for_terminal("\xF3\xA0\x84\x80") == "\\U000e0100");
}

TEST_CASE("widths of cells") {
  const auto total = [](std::string_view text) {
    std::uint32_t width = 0;
    for (const report::Cell& cell : report::cells(text, false)) width += cell.width;
    return width;
  };
  CHECK(total("abc") == 3);
  CHECK(total("日本") == 4);
  CHECK(total("e\xCC\x81") == 1);  // a combining accent
  CHECK(total("\tx") == 5);
  CHECK(total("ab\tx") == 5);
}

TEST_CASE("a message is cut at a code point") {
  CHECK(report::cut("short", 10) == "short");
  CHECK(report::cut("日本語", 4) == "日... (6 bytes more)");
}

TEST_CASE("indented JSON keeps numbers and strings as they are") {
  CHECK(tools::indent_json("{}") == "{}");
  CHECK(tools::indent_json(R"({"a":[1e3,"x,{\"y"],"b":{}})") == "{\n  \"a\": [\n    1e3,\n    \"x,{\\\"y\"\n  ],\n  \"b\": {}\n}");
}
