// Levels and versions as people write them.
#include <catch2/catch.hpp>

#include <string>

#include "psdl/standards.hpp"

using namespace psdl;

namespace {

bool is_version(std::string_view text) {
  DiagnosticList problems;
  const auto version = StandardVersion::parse(text, problems);
  CHECK(version.has_value() != problems.has_errors());
  if (version) CHECK(version->text() == text);
  return version.has_value();
}

}  // namespace

TEST_CASE("levels are the three names, in order of strictness") {
  DiagnosticList problems;
  CHECK(parse_level("privileged", problems) == Level::Privileged);
  CHECK(parse_level("baseline", problems) == Level::Baseline);
  CHECK(parse_level("restricted", problems) == Level::Restricted);
  CHECK(problems.empty());
  for (const std::string_view text : {"", "Restricted", "restricted ", " baseline", "restrict", "none"}) {
    DiagnosticList wrong;
    CHECK_FALSE(parse_level(text, wrong));
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0].code == "bad_level");
  }
}

TEST_CASE("versions are latest and v1.N") {
  for (const std::string_view text : {"latest", "v1.0", "v1.7", "v1.25", "v1.10000", "v1.9223372036854775807"}) {
    CAPTURE(text);
    CHECK(is_version(text));
  }
  for (const std::string_view text : {"", "v1", "v1.", "v1.01", "v1.025", "1.25", "v2.0", "v1.25.0", "V1.25", " v1.25", "v1.25 ", "vlatest", "Latest", "v1.-1", "v1.+1",
                                      "v1.9223372036854775808", "v1.99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(is_version(text));
  }
}

TEST_CASE("later versions than all that is known are the newest known, with a warning") {
  DiagnosticList problems;
  const auto version = StandardVersion::parse("v1.999", problems);
  REQUIRE(version);
  CHECK(version->text() == "v1.999");
  CHECK(version->evaluated_minor() == newest_standard_minor());
  REQUIRE(problems.size() == 1);
  CHECK_FALSE(problems.has_errors());
  CHECK(StandardVersion().evaluated_minor() == newest_standard_minor());
  CHECK(StandardVersion::of_minor(0).evaluated_minor() == 0);
}
