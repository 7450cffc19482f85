// Places of findings to operations, all of a document at once, so that its text is looked through once.
#include "engine/add_fixes.hpp"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "fix/fixes.hpp"
#include "kubernetes/object.hpp"
#include "runtime/problem.hpp"

namespace psdl {
namespace {

bool is_at_or_above(std::string_view above, std::string_view pointer) {
  return pointer.starts_with(above) && (pointer.size() == above.size() || pointer[above.size()] == '/');
}

// Where the findings of one document stand.
class Surroundings {
 public:
  Surroundings(const Document& document, const ObjectFacts& facts) {
    std::string pod;
    if (find_pod_spec(document.root(), pod)) pod_ = std::move(pod);
    for (const ContainerPlace& container : facts.containers) {
      by_pointer_.insert(container.pointer);
      const auto [at, is_new] = by_name_.emplace(container.name, container.pointer);
      if (!is_new) at->second = {};
    }
  }

  [[nodiscard]] fix::Places of(const Finding& finding) const {
    fix::Places places;
    if (finding.location.precision == Precision::Exact && !finding.path.empty()) places.finding = finding.path;
    places.container = container_of(finding);
    places.pod = pod_;
    return places;
  }

 private:
  // The container that the finding stands in, or the only one that has its name.
  [[nodiscard]] std::optional<std::string> container_of(const Finding& finding) const {
    // A pointer sorts right before what stands below it: no container stands in another.
    const auto behind = by_pointer_.upper_bound(finding.path);
    if (behind != by_pointer_.begin() && is_at_or_above(*std::prev(behind), finding.path))
      return std::string(*std::prev(behind));
    const auto named = finding.container.empty() ? by_name_.end() : by_name_.find(finding.container);
    if (named == by_name_.end() || named->second.empty()) return std::nullopt;
    return std::string(named->second);
  }

  std::optional<std::string> pod_;
  std::set<std::string_view> by_pointer_;
  std::map<std::string_view, std::string_view> by_name_;  // no pointer: several have the name
};

}  // namespace

void add_fixes(const Document& document, const ObjectFacts& facts, std::span<const std::string> fix_jsons,
               FixSpecs& specs, std::span<Finding> findings) {
  std::optional<Surroundings> surroundings;
  std::vector<fix::Wanted> wanted;
  std::vector<Finding*> asking;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (fix_jsons[i].empty()) continue;
    auto spec = specs.find(fix_jsons[i]);
    if (spec == specs.end()) {
      Result<fix::Spec> read = fix::read_spec(fix_jsons[i]);
      if (!read) continue;  // told when the policy was made
      spec = specs.emplace(fix_jsons[i], std::move(read).value()).first;
    }
    if (!surroundings) surroundings.emplace(document, facts);
    Result<std::vector<fix::Operation>> operations =
        fix::operations_at(spec->second, surroundings->of(findings[i]), document);
    if (!operations) {
      findings[i].no_fix = operations.error().message;
      continue;
    }
    findings[i].fix.emplace().description = fix::describe(spec->second, *operations);
    wanted.push_back({std::move(*operations)});
    asking.push_back(&findings[i]);
  }
  if (wanted.empty()) return;
  std::vector<fix::Made> made = fix::make_fixes(document, wanted);
  for (std::size_t i = 0; i < made.size(); ++i) {
    Finding& finding = *asking[i];
    finding.fix->edits = std::move(made[i].edits);
    if (!finding.fix->edits.empty()) continue;
    finding.fix.reset();
    finding.no_fix = made[i].refusal.empty() ? "what it would set is set already" : std::move(made[i].refusal);
  }
}

bool check_fix(const RuleText& rule, DiagnosticList& problems) {
  if (rule.fix_json.empty()) return true;
  const Result<fix::Spec> spec = fix::read_spec(rule.fix_json);
  if (spec) return true;
  Problem problem;
  problem.code = "bad_fix";
  problem.message = fmt::format("the fix of `{}` {}", rule.id, spec.error().message);
  problem.place.file = rule.file;
  problem.place.line = rule.line;
  problem.place.column = 1;
  problem.beyond_opa = true;
  problems.impl().items.push_back(std::move(problem));
  return false;
}

}  // namespace psdl
