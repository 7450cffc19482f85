// Text from a manifest in every medium.
#include "report/escape.hpp"

#include <catch2/catch.hpp>

#include "psdl/tools/report.hpp"
#include "report/edits.hpp"
#include "report/yaml_text.hpp"

using namespace psdl;
using namespace psdl::report;

TEST_CASE("what build logs act on is an escape wherever it stands") {
  CHECK(visible("a ##vso[task.x]b") == "a \\x23#vso[task.x]b");
  CHECK(visible("##VSO[x] ##[error] ## [x] #[x] ###[x]") == "\\x23#VSO[x] \\x23#[error] ## [x] #[x] #\\x23#[x]");
  CHECK(json_visible("\"##[a]\"") == "\"\\u0023#[a]\"");
}

TEST_CASE("XML holds no character that XML 1.0 forbids") {
  CHECK(xml_text("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;");
  CHECK(xml_text("]]>") == "]]&gt;");
  CHECK(xml_text(std::string_view("\0\x01\x1b\n", 4)) == "\\x00\\x01\\x1b\\n");
  CHECK(xml_text("\xEF\xBF\xBE\xEF\xBF\xBF\xED\xA0\x80") == "\\ufffe\\uffff\\xed\\xa0\\x80");
  CHECK(xml_code("\t<a>") == "    &lt;a&gt;");
}

TEST_CASE("JSON text shows invisible characters as escapes") {
  CHECK(json_visible("\"a\xE2\x80\xAE\x7F\"") == "\"a\\u202e\\u007f\"");
  CHECK(json_visible("\"\xF3\xA0\x80\x81\xE6\x97\xA5\"") == "\"\\udb40\\udc01日\"");
}

TEST_CASE("Markdown text is text") {
  CHECK(markdown_text("a|b`c`") == "a\\|b\\`c\\`");
  CHECK(markdown_text("[d](http://e) www.f @g <i>") == "\\[d\\](http\\://e) www\\.f @<!-- -->g &lt;i&gt;");
  CHECK(markdown_text("a\nb") == "a\\\\nb");
}

TEST_CASE("workflow commands end where they should") {
  CHECK(github_message("100%\n::error::x") == "100%25\\n::error::x");
  CHECK(github_property("a:b,c%") == "a%3Ab%2Cc%25");
  CHECK(azure_property("a;b]c%") == "a%3Bb%5Dc%AZP25");
  CHECK(azure_message("x]##vso[y]") == "x]\\x23#vso[y]");
}

TEST_CASE("a TAP description directs nothing") {
  CHECK(tap_description("a # SKIP \\ b\nok 2") == "a \\# SKIP \\\\ b\\\\nok 2");
}

TEST_CASE("paths are references") {
  CHECK(uri_path("k8s/web.yaml") == "k8s/web.yaml");
  CHECK(uri_path("a b/<c>#1:%\xC3\xA9") == "a%20b/%3Cc%3E%231%3A%25%C3%A9");
}

TEST_CASE("JSON as YAML") {
  CHECK(yaml_of_json(R"({"a":[1.50,"x"],"b":{},"c":[],"d":null})") == "a:\n- 1.50\n- x\nb: {}\nc: []\nd: null\n");
  CHECK(yaml_of_json(R"([{"a":1,"b":{"c":"y"}},[true]])") == "- a: 1\n  b:\n    c: \"y\"\n- - true\n");
  CHECK(yaml_of_json(R"({"k e":"a: b","v":"1.0","o":"No","s":"- x","\u202e":"\n"})") ==
        "\"k e\": \"a: b\"\nv: \"1.0\"\no: \"No\"\ns: \"- x\"\n\"\\u202e\": \"\\n\"\n");
  CHECK(yaml_of_json(R"(["\ud83d\ude00\/","\ud83d"])") == "- \"\\U0001f600/\"\n- \"\\ufffd\"\n");
  const std::string key(2000, 'k');
  CHECK(yaml_of_json("{\"" + key + "\":1}") == "? " + key + "\n: 1\n");
}

TEST_CASE("an edit as lines") {
  TextEdit edit;
  edit.text = "\n  b: 2";
  edit.line = edit.end_line = 7;
  edit.column = edit.end_column = 7;
  edit.old_lines = "  a: 1";
  CHECK(edit_title(edit) == "insert after line 7");
  REQUIRE(changed_lines(edit).size() == 2);
  CHECK(changed_lines(edit)[1].number == 8);
  CHECK(changed_lines(edit)[1].text == "  b: 2");

  edit.end = 4;
  edit.column = 6;
  edit.text = "3";
  CHECK(edit_title(edit) == "change line 7");
  REQUIRE(changed_lines(edit).size() == 2);
  CHECK(changed_lines(edit)[0].kind == ChangedLine::Kind::Removed);
  CHECK(changed_lines(edit)[1].text == "  a: 3");
  CHECK_FALSE(shows_lines({"", {edit}}));

  edit.line = 0;
  CHECK(changed_lines(edit).empty());
}

TEST_CASE("formats have names") {
  CHECK(tools::find_report_format("sarif") != nullptr);
  CHECK(tools::find_report_format("Sarif") == nullptr);
  CHECK(tools::report_formats().size() == 15);
}
