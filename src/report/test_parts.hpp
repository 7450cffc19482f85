// What several reports of tests say alike. In: results; out: lines. Declared in psdl/tools/tests.hpp: what they are made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "psdl/tools/tests.hpp"

namespace psdl::report {

// Under the lines of the statement its parts' values, each in its column (a failed comparison as other languages' power assertions show it).
[[nodiscard]] std::vector<std::string> drawn_failure(const tools::TestFailure& failure, bool ascii);
// "pods_test.rego:24:5: the comparison is false", for reports that have one line.
[[nodiscard]] std::string failure_line(const tools::TestFailure& failure);
// "ok", "FAIL", "skip", "ERROR".
[[nodiscard]] std::string_view outcome_word(tools::TestStatus outcome);
// "18, 33-37".
[[nodiscard]] std::string line_ranges(const std::vector<std::uint32_t>& lines);
// Leaf cases, each with the path of names that leads to it.
struct LeafCase {
  std::string name;
  const tools::TestCase* held = nullptr;
  std::size_t depth = 0;
};
[[nodiscard]] std::vector<LeafCase> leaves(const std::vector<tools::TestCase>& cases);

// The formats.
[[nodiscard]] std::string tests_as_text(const tools::TestRun& run, const tools::TextStyle& style);
[[nodiscard]] std::string tests_as_json(const tools::TestRun& run);
[[nodiscard]] std::string tests_as_junit(const tools::TestRun& run);
[[nodiscard]] std::string tests_as_tap(const tools::TestRun& run);
[[nodiscard]] std::string tests_as_github(const tools::TestRun& run);
[[nodiscard]] std::string tests_as_opa_text(const tools::TestRun& run);
[[nodiscard]] std::string tests_as_opa_json(const tools::TestRun& run);
[[nodiscard]] std::string tests_as_opa_bench(const tools::TestRun& run);

}  // namespace psdl::report
