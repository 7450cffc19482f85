// Ranges as OPA has them: an expression is not covered where no covered range holds all of it.
#include "testing/cover.hpp"

#include <algorithm>
#include <map>

namespace psdl::testing {
namespace {

using tools::CoveredRange;
using tools::FileCoverage;

CoveredRange range_of(const Source& source, std::uint32_t begin, std::uint32_t end) {
  const LineColumn first = source.line_column_bytes(begin);
  const LineColumn last = source.line_column_bytes(end);
  return {first.line, first.column, last.line, last.column};
}

bool holds(const CoveredRange& outer, const CoveredRange& inner) {
  return std::pair(outer.line, outer.column) <= std::pair(inner.line, inner.column) && std::pair(inner.end_line, inner.end_column) <= std::pair(outer.end_line, outer.end_column);
}

std::vector<std::uint32_t> lines_of(const std::vector<CoveredRange>& ranges) {
  std::set<std::uint32_t> lines;
  for (const CoveredRange& range : ranges) {
    for (std::uint32_t line = range.line; line <= range.end_line; ++line) lines.insert(line);
  }
  return {lines.begin(), lines.end()};
}

void finish(FileCoverage& file) {
  file.covered_lines = lines_of(file.covered);
  file.not_covered_lines = lines_of(file.not_covered);
}

void sort_once(std::vector<CoveredRange>& ranges) {
  std::sort(ranges.begin(), ranges.end());
  ranges.erase(std::unique(ranges.begin(), ranges.end()), ranges.end());
}

}  // namespace

bool CoverageListener::on_event(const debug::Event& event, const debug::Inspector& at) {
  using debug::EventKind;
  switch (event.kind) {
    case EventKind::Call: calls_.push_back({false, index_.ends_at_first(at.program().functions[event.function], at), false}); break;
    case EventKind::Return: calls_.pop_back(); break;
    case EventKind::Body: calls_.back().is_passed_over = calls_.back().has_ended || index_.rules_out(event.span, at); break;
    case EventKind::Yield:
      if (!calls_.back().is_passed_over) into_.add(event.span);
      if (calls_.back().ends_at_first) calls_.back().has_ended = calls_.back().is_passed_over = true;
      break;
    case EventKind::Enter: {
      if (calls_.back().is_passed_over || seen_[event.expression]) break;
      seen_[event.expression] = true;
      const Span span = at.info().expressions[event.expression].span;
      // A branch without a body has the place of its keyword, and in OPA none.
      const std::string_view text = at.program().sources[span.source]->text().substr(span.begin, span.end - span.begin);
      if (!span.empty() && text != "else") into_.add(span);
      break;
    }
    default: break;
  }
  return true;
}

tools::Coverage report_coverage(const Policy::Impl& policy, const CoveredPlaces& places) {
  std::map<std::uint32_t, FileCoverage> files;
  for (const std::uint32_t source : policy.coverable_sources) files[source].file = policy.sources[source]->name();
  for (const auto& [source, begin, end] : places.all()) {
    const auto file = files.find(source);
    if (file != files.end()) file->second.covered.push_back(range_of(*policy.sources[source], begin, end));
  }
  std::set<std::pair<std::uint32_t, CoveredRange>> counted;
  for (auto& [source, file] : files) sort_once(file.covered);
  for (const CoverablePlace& place : policy.coverable) {
    FileCoverage& file = files[place.span.source];
    const CoveredRange range = range_of(*policy.sources[place.span.source], place.span.begin, place.span.end);
    if (!counted.emplace(place.span.source, range).second) continue;
    ++file.expressions;
    if (std::any_of(file.covered.begin(), file.covered.end(), [&](const CoveredRange& one) { return holds(one, range); })) {
      ++file.covered_expressions;
    } else {
      file.not_covered.push_back(range);
    }
  }
  tools::Coverage made;
  for (auto& [source, file] : files) {
    sort_once(file.not_covered);
    finish(file);
    made.files.push_back(std::move(file));
  }
  std::sort(made.files.begin(), made.files.end(), [](const FileCoverage& a, const FileCoverage& b) { return a.file < b.file; });
  return made;
}

}  // namespace psdl::testing

namespace psdl::tools {

void merge_coverage(Coverage& into, const Coverage& other) {
  for (const FileCoverage& file : other.files) {
    const auto known = std::find_if(into.files.begin(), into.files.end(), [&](const FileCoverage& one) { return one.file == file.file; });
    if (known == into.files.end()) {
      into.files.push_back(file);
      continue;
    }
    known->covered.insert(known->covered.end(), file.covered.begin(), file.covered.end());
    testing::sort_once(known->covered);
    const auto is_covered = [&](const CoveredRange& range) {
      return std::any_of(known->covered.begin(), known->covered.end(), [&](const CoveredRange& one) { return testing::holds(one, range); });
    };
    known->not_covered.erase(std::remove_if(known->not_covered.begin(), known->not_covered.end(), is_covered), known->not_covered.end());
    known->covered_expressions = known->expressions - known->not_covered.size();
    testing::finish(*known);
  }
  std::sort(into.files.begin(), into.files.end(), [](const FileCoverage& a, const FileCoverage& b) { return a.file < b.file; });
}

}  // namespace psdl::tools
