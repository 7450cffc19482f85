// Rules times objects.
#include "report/cases.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "psdl/psdl.hpp"
#include "report/words.hpp"

namespace psdl::report {
namespace {

std::string problems_text(const Document& document) {
  if (document.errors == nullptr || document.errors->empty()) return "could not be judged";
  const DiagnosticView problem = (*document.errors)[0];
  std::string text =
      problem.code.empty() ? std::string(problem.message) : fmt::format("{}: {}", problem.code, problem.message);
  if (problem.line > 0) text += fmt::format(" (line {}, column {})", problem.line, problem.column);
  return text;
}

class Cases {
 public:
  explicit Cases(const Run& run) : run_(run) {}

  void add(const Document& document) {
    if (document.status == Status::Error) {
      // Its sure findings are told all the same.
      add_found(document);
      Case& made = push(document, nullptr, document.title());
      made.outcome = Case::Outcome::Error;
      made.reason = problems_text(document);
      return;
    }
    if (document.status == Status::Skipped || !document.standards_apply) {
      Case& made = push(document, nullptr, document.title());
      made.outcome = Case::Outcome::Skipped;
      made.reason = document.status == Status::Skipped ? "is no manifest" : "holds no pod";
    }
    if (document.status == Status::Skipped) return;
    for (const RuleInfo& rule : run_.setting.rules.all()) {
      if (document.standards_apply || rule.level.empty()) add_rule(document, rule.id, &rule);
    }
    add_found(document);
  }

  [[nodiscard]] std::vector<Case> take() { return std::move(cases_); }

 private:
  // Findings of rules that have no case yet: ids that elements made up.
  void add_found(const Document& document) {
    std::set<std::string> ids;
    for (const Finding& finding : document.findings) ids.insert(finding.rule);
    for (const std::string& id : ids) {
      const RuleInfo* rule = run_.setting.rules.find(id);
      const bool is_done =
          rule != nullptr && document.status != Status::Error && (document.standards_apply || rule->level.empty());
      if (!is_done) add_rule(document, id, rule);
    }
  }

  void add_rule(const Document& document, const std::string& id, const RuleInfo* rule) {
    Case& made = push(document, rule, id + ' ' + document.title());
    std::vector<const Finding*> suppressed;
    for (const Finding& finding : document.findings) {
      if (finding.rule == id) (finding.suppressed ? suppressed : made.findings).push_back(&finding);
    }
    if (!made.findings.empty()) {
      made.outcome = Case::Outcome::Failed;
    } else if (!suppressed.empty()) {
      made.outcome = Case::Outcome::Skipped;
      made.reason = suppression_text(*suppressed.front()->suppressed);
      made.findings = std::move(suppressed);
    }
  }

  // Two objects of a file may have one name: the second is told by its document.
  Case& push(const Document& document, const RuleInfo* rule, std::string name) {
    if (++names_[document.file + '\n' + name] > 1) name += " (" + document.name + ")";
    Case& made = cases_.emplace_back();
    made.document = &document;
    made.rule = rule;
    made.name = std::move(name);
    return made;
  }

  const Run& run_;
  std::vector<Case> cases_;
  std::map<std::string, std::size_t> names_;
};

}  // namespace

std::vector<Case> cases_of(const Run& run) {
  Cases cases(run);
  for (const Document& document : run.documents) cases.add(document);
  return cases.take();
}

}  // namespace psdl::report
