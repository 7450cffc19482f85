// Offsets turned into lines and columns, and diagnostics counted.
#include <catch2/catch.hpp>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

using namespace psdl;

TEST_CASE("lines and columns count from one, columns in code points or bytes") {
  const Source source("f", "ab\n\xC3\xA9x\n\nlast");
  CHECK(source.line_count() == 4);
  CHECK(source.line_column(0).line == 1);
  CHECK(source.line_column(0).column == 1);
  CHECK(source.line_column(2).column == 3);
  CHECK(source.line_column(3).line == 2);
  CHECK(source.line_column(3).column == 1);
  CHECK(source.line_column(5).column == 2);
  CHECK(source.line_column_bytes(5).column == 3);
  CHECK(source.line_column(7).line == 3);
  CHECK(source.line_column(8).line == 4);
  CHECK(source.line_column(12).column == 5);
}

TEST_CASE("a line is shown without its end") {
  const Source source("f", "one\r\ntwo\n");
  CHECK(source.line(2) == "two");
  CHECK(source.line(99).empty());
  CHECK(source.line(0).empty());
}

TEST_CASE("spans join to the smallest that holds both") {
  CHECK(join({1, 5, 9}, {1, 2, 6}) == Span{1, 2, 9});
  CHECK(Span{0, 3, 3}.empty());
}

TEST_CASE("errors are counted, warnings are not") {
  Diagnostics diagnostics;
  diagnostics.warning("style", {}, "odd");
  CHECK_FALSE(diagnostics.has_errors());
  diagnostics.error("rego_parse_error", {}, "bad").notes.push_back("why");
  CHECK(diagnostics.has_errors());
  CHECK(diagnostics.error_count() == 1);
  REQUIRE(diagnostics.all().size() == 2);
  CHECK(diagnostics.all()[1].notes.front() == "why");
}
