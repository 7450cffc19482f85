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
