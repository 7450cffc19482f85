// The rules by id, and a run in order.
#include "report/writer.hpp"

#include <algorithm>
#include <tuple>

#include "report/words.hpp"

namespace psdl::report {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "a#9" before "a#10": runs of digits compare as numbers. Total: texts that differ are never equal.
bool natural_less(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const auto run = [](std::string_view text, std::size_t& at) {
        while (at < text.size() && text[at] == '0') ++at;
        const std::size_t begin = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return text.substr(begin, at - begin);
      };
      const std::string_view x = run(a, i);
      const std::string_view y = run(b, j);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
      continue;
    }
    if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
    ++i;
    ++j;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;
}

// What is equal by it keeps the order that it has in its verdict.
auto finding_key(const Finding& finding) {
  return std::tie(finding.location.line, finding.location.column, finding.rule);
}

// "all.yaml" of "all.yaml#2.items[0]".
std::string file_of(const std::string& document) {
  const std::size_t hash = document.rfind('#');
  if (hash == std::string::npos || hash + 1 == document.size() || !is_digit(document[hash + 1])) return document;
  return document.substr(0, hash);
}

}  // namespace

RuleTable::RuleTable(std::vector<RuleInfo> rules) : rules_(std::move(rules)) {
  std::stable_sort(rules_.begin(), rules_.end(), [](const RuleInfo& a, const RuleInfo& b) { return a.id < b.id; });
  rules_.erase(
      std::unique(rules_.begin(), rules_.end(), [](const RuleInfo& a, const RuleInfo& b) { return a.id == b.id; }),
      rules_.end());
}

const RuleInfo* RuleTable::find(std::string_view id) const {
  const auto at = std::lower_bound(rules_.begin(), rules_.end(), id,
                                   [](const RuleInfo& rule, std::string_view wanted) { return rule.id < wanted; });
  return at != rules_.end() && at->id == id ? &*at : nullptr;
}

bool RuleTable::has_levels() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const RuleInfo& rule) { return !rule.level.empty(); });
}

bool RuleTable::has_levels_alone() const {
  return has_levels() && std::all_of(rules_.begin(), rules_.end(), [](const RuleInfo& rule) { return !rule.level.empty(); });
}

std::string Document::title() const {
  const std::string text = object_text(object);
  return text.empty() ? name : text;
}

std::vector<Row> Run::rows(bool with_suppressed) const {
  std::vector<Row> rows;
  for (const Document& document : documents) {
    for (const Finding& finding : document.findings) {
      if (with_suppressed || !finding.suppressed) rows.push_back({&document, &finding});
    }
  }
  // Documents are in order of files already; this puts a finding that names another file where it belongs.
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    if (a.finding->location.file != b.finding->location.file)
      return a.finding->location.file < b.finding->location.file;
    return finding_key(*a.finding) < finding_key(*b.finding);
  });
  return rows;
}

std::string Run::repository_path(const std::string& file) const {
  return setting.options.repository_path ? setting.options.repository_path(file) : file;
}

std::string WholeRunWriter::add(const Verdict& verdict, const tools::DocumentFacts& facts) {
  Document& document = documents_.emplace_back();
  document.name = verdict.document;
  document.file = facts.file.empty() ? file_of(verdict.document) : facts.file;
  document.object = verdict.object;
  document.status = verdict.status;
  document.standards_apply = !setting_.rules.has_levels() || verdict.pod_proof != PodProof::Absent;
  document.findings = verdict.findings;
  document.errors = verdict.errors;
  document.warnings = verdict.warnings;
  std::stable_sort(document.findings.begin(), document.findings.end(),
                   [](const Finding& a, const Finding& b) { return finding_key(a) < finding_key(b); });
  return {};
}

std::string WholeRunWriter::finish(const tools::RunFacts& facts, const Counts& counts) {
  std::stable_sort(documents_.begin(), documents_.end(), [](const Document& a, const Document& b) {
    if (a.file != b.file) return a.file < b.file;
    return natural_less(a.name, b.name);
  });
  return write_({setting_, facts, counts, std::move(documents_)});
}

}  // namespace psdl::report
