// The tracing twin runs the constraint once more, as for `eval`; what it notes is matched with the results by message and details.
#include "gatekeeper/locate_results.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "debug/why_words.hpp"
#include "kubernetes/object.hpp"
#include "runtime/fingerprint.hpp"
#include "runtime/locate.hpp"

namespace psdl::gatekeeper {
namespace {

FindingSeverity severity_of(const ReviewResult& result) {
  const auto has = [&](std::string_view action) {
    return result.action == action || std::find(result.scoped_actions.begin(), result.scoped_actions.end(), action) != result.scoped_actions.end();
  };
  return has("deny") ? FindingSeverity::Error : has("warn") || !has("dryrun") ? FindingSeverity::Warning : FindingSeverity::Note;
}

std::string rule_name(const LoadedConstraint& constraint) { return constraint.constraint->kind + "/" + constraint.constraint->name; }

// The template as the rule that its findings name; lines are those of the Rego text.
EntryRule entry_rule(const LoadedTemplate& of, const LoadedConstraint& constraint) {
  const std::vector<const Source*> sources = raw(of.module->policy->sources);
  EntryRule rule;
  rule.function = of.function;
  rule.kind = of.module->kind;
  rule.path = of.module->written_path;
  rule.id = rule_name(constraint);
  for (const Span& span : of.module->rules) {
    const ShownPlace place = shown_place(span, sources);
    rule.rules.push_back({rule.id, {}, FindingSeverity::Error, place.file, place.line, {}});
  }
  rule.file = rule.rules.front().file;
  rule.line = rule.rules.front().line;
  return rule;
}

// The rule that begins at that line of the Rego text; the first where none does.
Span rule_at(const LoadedTemplate& of, std::uint32_t line) {
  const std::vector<const Source*> sources = raw(of.module->policy->sources);
  const auto& rules = of.module->rules;
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Span& span) { return shown_place(span, sources).line == line; });
  return found != rules.end() ? *found : rules.front();
}

// From the Rego text's line to the YAML's.
void place_source(const LoadedTemplate& of, Finding& finding) {
  const ShownPlace place = place_in_template(*of.source, rule_at(of, finding.source_line));
  finding.source_file = place.file;
  finding.source_line = place.line;
}

bool has_details(const Finding& finding, const ReviewResult& result, std::string_view plain_details) {
  return finding.details_json == plain_details || (finding.details_json.empty() && result.details_json == "{}");
}

}  // namespace

ReviewedObject::ReviewedObject(const ReviewRequest& request) : file_(request.object->file()) {
  const Document& whole = request.object->document();
  const Value& object = request.subject.object;
  const Value& reviewed = object.is_object() ? object : request.subject.old_object;
  const Value* inner = request.object->root().is_object() ? request.object->root().as_object().find_text("request") : nullptr;
  const bool is_inside = inner != nullptr && inner->is_object() && reviewed.origin() != whole.root().origin() && request.object->kind() == "AdmissionReview";
  if (!is_inside) {
    document_ = whole.with_root(reviewed);
    return;
  }
  const Value* current = inner->as_object().find_text("object");
  const bool is_old = current == nullptr || current->origin() != reviewed.origin();
  pointer_ = std::string(whole.root_pointer()) + (is_old ? "/request/oldObject" : "/request/object");
  document_ = whole.part(reviewed, is_old ? ".request.oldObject" : ".request.object", pointer_);
}

const ObjectFacts& ReviewedObject::facts() {
  if (!facts_) facts_ = object_facts(document_);
  return *facts_;
}

std::string refused_element_text(const Value& element) {
  constexpr std::size_t kMostShown = 80;
  const Value* message = element.is_object() ? element.as_object().find_text("msg") : nullptr;
  const std::string shown = debug::short_value(message != nullptr ? *message : element, kMostShown);
  if (message != nullptr) return fmt::format("the `msg` of an element of `violation` is {}: a message is a string", shown);
  return fmt::format("an element of `violation` has no `msg`: {}", shown);
}

Problem problem_of_element(LoadedTemplate& of, const LoadedConstraint& constraint, Arena& arena, RunRequest run, const Value& element) {
  Trace trace;
  run.trace = &trace;
  run.print_sink = nullptr;
  const Program& program = of.plain().program();
  const Outcome outcome = of.plain().run(arena, run);
  std::uint32_t line = 0;
  const auto made = std::find_if(trace.yields.begin(), trace.yields.end(), [&](const Yield& yield) { return equal(yield.value, element); });
  if (!outcome.halt && made != trace.yields.end()) {
    const Function& function = program.functions[of.function];
    for (std::uint32_t pc = function.entry; pc < function.end; ++pc) {
      if (program.code[pc].op == Op::Body && program.code[pc].b == made->body) line = shown_place(program.spans[pc], raw(of.module->policy->sources)).line;
    }
  }
  Problem problem;
  problem.code = "gatekeeper_violation";
  problem.message = refused_element_text(element);
  problem.place = place_in_template(*of.source, rule_at(of, line));
  problem.notes.push_back(fmt::format("with the parameters of {}", rule_name(constraint)));
  problem.help.emplace_back("each element is an object: {\"msg\": \"what is wrong\", \"details\": {..}}");
  return problem;
}

void stand_at_object(ReviewedObject& object, const LoadedTemplate& of, const LoadedConstraint& constraint, ReviewResult& result) {
  Finding& finding = result.finding;
  finding = {};
  finding.rule = rule_name(constraint);
  finding.entry_point = of.module->written_path;
  finding.severity = severity_of(result);
  finding.message = result.message;
  if (result.has_metadata && !result.is_error) finding.details_json = result.details_json == "{}" ? "" : result.details_json;
  finding.object = object.facts().identity;
  Element element;
  element.message = result.message;
  LocatorMemory memory;
  Locator locator(object.document(), object.facts(), memory);
  locator.want(element, {});
  locator.locate(element, {}, finding);
  finding.fingerprint = fingerprint(finding.rule, finding.object, finding.container, finding.path);
  place_source(of, finding);
}

void locate_results(ReviewedObject& object, LoadedTemplate& of, const LoadedConstraint& constraint, Arena& arena, const RunRequest& run, std::span<ReviewResult> results) {
  const EntryRule rule = entry_rule(of, constraint);
  JudgeRequest request;
  request.plain = [&of]() -> Machine& { return of.plain(); };
  request.input = run.input;
  request.document = &object.document();
  request.document_name = object.file();
  request.data = run.data;
  request.rules = {&rule, 1};
  request.facts = [&object](const Document&) -> const ObjectFacts& { return object.facts(); };
  request.evaluation = run.facts;
  Verdict verdict;
  judge(of.plain(), arena, request, verdict);
  for (ReviewResult& result : results) {
    bool is_found = false;
    for (const Finding& found : verdict.findings) {
      if (found.message != result.message || !has_details(found, result, result.finding.details_json)) continue;
      Finding finding = found;
      finding.rule = rule.id;
      finding.severity = severity_of(result);
      place_source(of, finding);
      if (is_found) {
        result.more.push_back(std::move(finding));
      } else {
        result.finding = std::move(finding);
      }
      is_found = true;
    }
    if (!is_found) stand_at_object(object, of, constraint, result);
  }
}

}  // namespace psdl::gatekeeper
