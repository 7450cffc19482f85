// Coverage as a text with the lines that nothing reached, as JSON, lcov's tracefile, Cobertura's XML, and as `opa test --coverage` prints it.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

#include "report/escape.hpp"
#include "report/test_parts.hpp"

namespace psdl::report {
namespace {

using nlohmann::ordered_json;
using tools::Coverage;
using tools::CoveredRange;
using tools::FileCoverage;

// Lines that are looked at: 1 where all of it was evaluated, 0 where some was not.
std::map<std::uint32_t, int> line_hits(const FileCoverage& file) {
  std::map<std::uint32_t, int> hits;
  for (const std::uint32_t line : file.covered_lines) hits[line] = 1;
  for (const std::uint32_t line : file.not_covered_lines) hits[line] = 0;
  return hits;
}
std::size_t count_hits(const std::map<std::uint32_t, int>& hits) {
  return static_cast<std::size_t>(std::count_if(hits.begin(), hits.end(), [](const auto& one) { return one.second > 0; }));
}

double percent(std::size_t part, std::size_t whole) { return whole == 0 ? 100.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole); }

std::string as_text(const Coverage& coverage) {
  std::string out;
  std::size_t widest = 4;
  for (const FileCoverage& file : coverage.files) widest = std::max(widest, file.file.size());
  for (const FileCoverage& file : coverage.files) {
    out += fmt::format("{:<{}}  {:>5.1f} %  {:>4}/{:<4}", visible(file.file), widest, percent(file.covered_expressions, file.expressions), file.covered_expressions, file.expressions);
    if (!file.not_covered_lines.empty()) out += "  not: " + line_ranges(file.not_covered_lines);
    while (out.ends_with(' ')) out.pop_back();
    out += "\n";
  }
  return out + fmt::format("{:<{}}  {:>5.1f} %  {:>4}/{} expressions\n", "all", widest, coverage.percent(), coverage.covered_expressions(), coverage.expressions());
}

std::string as_json(const Coverage& coverage) {
  ordered_json files = ordered_json::array();
  for (const FileCoverage& file : coverage.files) {
    files.push_back({{"file", file.file}, {"expressions", file.expressions}, {"covered", file.covered_expressions}, {"notCoveredLines", file.not_covered_lines}});
  }
  const ordered_json tree = {{"percent", coverage.percent()}, {"expressions", coverage.expressions()}, {"covered", coverage.covered_expressions()}, {"files", std::move(files)}};
  return json_visible(tree.dump(2, ' ', false, ordered_json::error_handler_t::replace)) + "\n";
}

std::string as_lcov(const Coverage& coverage) {
  std::string out;
  for (const FileCoverage& file : coverage.files) {
    const auto hits = line_hits(file);
    out += fmt::format("TN:\nSF:{}\n", visible(file.file));
    for (const auto& [line, count] : hits) out += fmt::format("DA:{},{}\n", line, count);
    out += fmt::format("LF:{}\nLH:{}\nend_of_record\n", hits.size(), count_hits(hits));
  }
  return out;
}

std::string as_cobertura(const Coverage& coverage) {
  std::size_t valid = 0;
  std::size_t covered = 0;
  std::string classes;
  for (const FileCoverage& file : coverage.files) {
    const auto hits = line_hits(file);
    const std::size_t here = count_hits(hits);
    valid += hits.size();
    covered += here;
    classes += fmt::format("        <class name=\"{0}\" filename=\"{0}\" line-rate=\"{1:.4f}\" branch-rate=\"0\" complexity=\"0\">\n          <methods/>\n          <lines>\n",
                           xml_text(file.file), percent(here, hits.size()) / 100);
    for (const auto& [line, count] : hits) classes += fmt::format("            <line number=\"{}\" hits=\"{}\"/>\n", line, count);
    classes += "          </lines>\n        </class>\n";
  }
  const double rate = percent(covered, valid) / 100;
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n"
      "<coverage line-rate=\"{0:.4f}\" branch-rate=\"0\" lines-covered=\"{1}\" lines-valid=\"{2}\" branches-covered=\"0\" branches-valid=\"0\" complexity=\"0\" version=\"psdl\" "
      "timestamp=\"0\">\n  <packages>\n    <package name=\"rules\" line-rate=\"{0:.4f}\" branch-rate=\"0\" complexity=\"0\">\n      <classes>\n{3}      </classes>\n    </package>\n"
      "  </packages>\n</coverage>\n",
      rate, covered, valid, classes);
}

ordered_json range_trees(const std::vector<CoveredRange>& ranges) {
  ordered_json all = ordered_json::array();
  for (const CoveredRange& range : ranges) {
    all.push_back({{"start", {{"row", range.line}, {"col", range.column}}}, {"end", {{"row", range.end_line}, {"col", range.end_column}}}});
  }
  return all;
}

double opa_percent(std::size_t covered, std::size_t not_covered) {
  return covered + not_covered == 0 ? 0.0 : 100.0 * static_cast<double>(covered) / static_cast<double>(covered + not_covered);
}

std::string as_opa_json(const Coverage& coverage) {
  ordered_json files = ordered_json::object();
  std::size_t covered = 0;
  std::size_t not_covered = 0;
  for (const FileCoverage& file : coverage.files) {
    ordered_json tree = ordered_json::object();
    if (!file.covered.empty()) tree["covered"] = range_trees(file.covered);
    if (!file.not_covered.empty()) tree["not_covered"] = range_trees(file.not_covered);
    if (!file.covered_lines.empty()) tree["covered_lines"] = file.covered_lines.size();
    if (!file.not_covered_lines.empty()) tree["not_covered_lines"] = file.not_covered_lines.size();
    const double rate = opa_percent(file.covered_lines.size(), file.not_covered_lines.size());
    if (rate > 0) tree["coverage"] = rate;
    files[file.file] = std::move(tree);
    covered += file.covered_lines.size();
    not_covered += file.not_covered_lines.size();
  }
  const ordered_json tree = {{"files", std::move(files)}, {"covered_lines", covered}, {"not_covered_lines", not_covered}, {"coverage", opa_percent(covered, not_covered)}};
  return json_visible(tree.dump(2, ' ', false, ordered_json::error_handler_t::replace)) + "\n";
}

}  // namespace
}  // namespace psdl::report

namespace psdl::tools {

std::string render_coverage(const Coverage& coverage, CoverageFormat format) {
  switch (format) {
    case CoverageFormat::Text: return report::as_text(coverage);
    case CoverageFormat::Json: return report::as_json(coverage);
    case CoverageFormat::Lcov: return report::as_lcov(coverage);
    case CoverageFormat::Cobertura: return report::as_cobertura(coverage);
    case CoverageFormat::OpaJson: return report::as_opa_json(coverage);
  }
  return {};
}

}  // namespace psdl::tools
