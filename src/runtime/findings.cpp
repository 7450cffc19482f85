// Runs each entry point, reads its elements, and runs those that found something once more on the tracing twin to learn where.
#include "runtime/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/limit_names.hpp"
#include "runtime/fingerprint.hpp"
#include "runtime/locate.hpp"
#include "runtime/pointer.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

// The program's sources as the list that spans count in.
std::vector<const Source*> source_list(const Program& program) {
  std::vector<const Source*> list;
  for (const std::shared_ptr<const Source>& source : program.sources) list.push_back(source.get());
  return list;
}

// The rules of one name by their bodies. Made once for a rule that found something: a set may have thousands of bodies, each with a finding.
class WrittenRules {
 public:
  WrittenRules(const EntryRule& rule, const Program& program) : program_(program), sources_(source_list(program)) {
    for (const RuleText& text : rule.rules) texts_.try_emplace({text.file, text.line}, &text);
    const Function& function = program.functions[rule.function];
    for (std::uint32_t pc = function.entry; pc < function.end; ++pc) {
      if (program.code[pc].op == Op::Body) bodies_.try_emplace(program.code[pc].b, pc);
    }
  }

  // Null where none of the rules stands where the body does.
  [[nodiscard]] const RuleText* of_body(std::uint32_t body) const {
    const auto begin = bodies_.find(body);
    if (begin == bodies_.end()) return nullptr;
    const ShownPlace place = shown_place(program_.spans[begin->second], sources_);
    const auto text = texts_.find({place.file, place.line});
    return text == texts_.end() ? nullptr : text->second;
  }

 private:
  const Program& program_;
  std::vector<const Source*> sources_;
  std::map<std::pair<std::string_view, std::uint32_t>, const RuleText*> texts_;
  std::unordered_map<std::uint32_t, std::uint32_t> bodies_;  // to the instruction that knows the body's place
};

class Judge {
 public:
  Judge(Machine& machine, Arena& arena, const JudgeRequest& request, Verdict& verdict)
      : machine_(machine), arena_(arena), request_(request), verdict_(verdict) {}

  void run() {
    verdict_.document = request_.document_name;
    verdict_.status = Status::Allow;
    for (const EntryRule& rule : request_.rules) {
      judge_rule(rule);
      if (is_over_) break;
    }
    make_findings();
    if (!problems_.empty()) {
      verdict_.status = Status::Error;
      auto errors = std::make_shared<DiagnosticList>();
      errors->impl().items = std::move(problems_);
      verdict_.errors = std::move(errors);
    } else if (std::any_of(verdict_.findings.begin(), verdict_.findings.end(), [](const Finding& f) { return f.severity == FindingSeverity::Error; })) {
      verdict_.status = Status::Deny;
    }
    merge_and_sort();
  }

 private:
  // A finding whose place is not looked for yet. `rule` is one of the request's.
  struct Pending {
    const EntryRule* rule = nullptr;
    RuleText written;  // as the one rule says it that made the element
    Element element;
    std::vector<Note> notes;
  };

  void judge_rule(const EntryRule& rule) {
    RunRequest run;
    run.function = rule.function;
    run.input = request_.input;
    run.data = request_.data;
    run.facts = request_.evaluation;
    run.print_sink = &verdict_.printed;
    run.cancel = request_.cancel;
    Outcome outcome = machine_.run(arena_, run);
    const EvalError* error = outcome.halt ? &*outcome.halt : outcome.builtin_error ? &*outcome.builtin_error : nullptr;
    if (error != nullptr && is_ordered(*error)) {
      run.print_sink = nullptr;
      Outcome again = run_plain(run);
      if (again.halt || again.builtin_error) outcome = std::move(again);
    }
    if (outcome.halt) {
      // Nothing of an evaluation that was cut short is told: what it did not get to could be worse.
      problems_.push_back(problem(*outcome.halt));
      if (outcome.halt->code != EvalCode::Conflict) {
        pending_.clear();
        is_over_ = true;
      }
      return;
    }
    if (outcome.builtin_error) {
      problems_.push_back(problem(*outcome.builtin_error));
      return;
    }
    if (rule.is_allow) {
      if (outcome.value.is_true()) return;
      Element element;
      element.message = rule.title.empty() ? fmt::format("not allowed: `{}` is not true", rule.path) : rule.title;
      static_cast<void>(add(rule, nullptr, element, {}));
      return;
    }
    Result<std::vector<Value>> values = element_values(rule, outcome.value);
    if (!values) {
      problems_.push_back(bad_shape(rule, values.error()));
      return;
    }
    if (values->empty() || !may_keep(rule, *values)) return;
    if (request_.locates) {
      locate_elements(rule, *values, run);
    } else {
      keep_elements(rule, *values);
    }
  }

  Outcome run_plain(RunRequest run) {
    if (request_.plain_input) run.input = request_.plain_input();
    return request_.plain().run(arena_, run);
  }

  // An element that was produced at several places is one finding for each of them.
  void locate_elements(const EntryRule& rule, const std::vector<Value>& values, RunRequest run) {
    Trace trace;
    run.trace = &trace;
    run.print_sink = nullptr;
    // The twin's budget is its own; where it does not suffice, findings stand without a place.
    const Outcome again = run_plain(run);
    if (again.halt) trace.yields.clear();
    std::unordered_multimap<std::uint64_t, const Yield*> yields;
    for (const Yield& yield : trace.yields) yields.emplace(hash(yield.value), &yield);
    const WrittenRules written_rules(rule, request_.plain().program());
    for (const Value& value : values) {
      const std::optional<Element> element = element_of(rule, value);
      if (!element) continue;
      bool is_placed = false;
      const auto [first, last] = yields.equal_range(hash(value));
      for (auto at = first; at != last; ++at) {
        const Yield& yield = *at->second;
        if (!equal(yield.value, value)) continue;
        is_placed = true;
        const RuleText* const written = written_rules.of_body(yield.body);
        const Result<Element> own = read_element(rule, written != nullptr ? written->title : rule.title, value, arena_.limit_bytes());
        const std::span<const Note> notes = std::span<const Note>(trace.notes).subspan(yield.notes_begin, yield.notes_end - yield.notes_begin);
        if (!add(rule, written, own ? *own : *element, notes)) return;
      }
      if (!is_placed && !add(rule, nullptr, *element, {})) return;
    }
  }

  void keep_elements(const EntryRule& rule, const std::vector<Value>& values) {
    for (const Value& value : values) {
      const std::optional<Element> element = element_of(rule, value);
      if (element && !add(rule, nullptr, *element, {})) return;
    }
  }

  // Nothing, with a problem, where the value has no shape of a finding.
  std::optional<Element> element_of(const EntryRule& rule, const Value& value) {
    Result<Element> element = read_element(rule, rule.title, value, arena_.limit_bytes());
    if (element) return std::move(element).value();
    const bool is_limit = element.error().code.starts_with("limit_");
    problems_.push_back(is_limit ? problem({EvalCode::Limit, element.error().code, machine_.program().functions[rule.function].span})
                                 : bad_shape(rule, element.error()));
    return {};
  }

  // A million elements may share one long text, and each finding has a copy of its own: what they take is counted before any is made.
  bool may_keep(const EntryRule& rule, const std::vector<Value>& values) {
    std::size_t bytes = 0;
    for (const Value& value : values) {
      const Value* message = value.is_object() ? value.as_object().find_text("msg") : &value;
      bytes += sizeof(Finding) + (message != nullptr && message->is_string() ? message->length() : 0);
    }
    return bytes <= arena_.limit_bytes() || refuse_memory(rule);
  }

  bool refuse_memory(const EntryRule& rule) {
    problems_.push_back(problem({EvalCode::Limit, "limit_memory_bytes reached", machine_.program().functions[rule.function].span}));
    pending_.clear();
    is_over_ = true;
    return false;
  }

  // `written`: null where it is not known which rule of the name it was. False: the findings take too much.
  bool add(const EntryRule& rule, const RuleText* written, const Element& element, std::span<const Note> notes) {
    finding_bytes_ += sizeof(Finding) + element.message.size() + element.details_json.size();
    if (finding_bytes_ > arena_.limit_bytes()) return refuse_memory(rule);
    RuleText text = written != nullptr ? *written : RuleText{rule.id, rule.title, rule.severity, rule.file, rule.line, {}};
    pending_.push_back({&rule, std::move(text), element, std::vector<Note>(notes.begin(), notes.end())});
    return true;
  }

  void make_findings() {
    if (pending_.empty()) return;
    const ObjectFacts facts = request_.facts(*request_.document);
    Locator locator(*request_.document, facts);
    for (const Pending& one : pending_) {
      if (request_.locates) locator.want(one.element, one.notes);
    }
    for (const Pending& one : pending_) {
      Finding finding;
      finding.rule = one.element.id.empty() ? one.written.id : one.element.id;
      finding.entry_point = one.rule->path;
      finding.title = one.written.title;
      finding.severity = one.element.severity.value_or(one.written.severity);
      finding.message = one.element.message;
      finding.details_json = one.element.details_json;
      finding.object = facts.identity;
      finding.source_file = one.written.file;
      finding.source_line = one.written.line;
      if (request_.locates) {
        locator.locate(one.element, one.notes, finding);
      } else {
        finding.container = one.element.container;
        finding.location.file = request_.document->place().stream;
      }
      std::string path = stable_pointer(request_.document->root(), finding.path);
      if (!finding.missing.empty()) path += "/" + finding.missing;
      finding.fingerprint = fingerprint(finding.rule, finding.object, finding.container, path);
      verdict_.findings.push_back(std::move(finding));
    }
    if (!request_.add_fixes) return;
    std::vector<std::string> fix_jsons;
    for (const Pending& one : pending_) fix_jsons.push_back(one.written.fix_json);
    request_.add_fixes(verdict_.findings, fix_jsons, facts);
  }

  // By place, then rule; two bodies of a rule that found the same at the same place found it once.
  void merge_and_sort() {
    const auto key = [](const Finding& f) { return std::tie(f.location.line, f.location.column, f.rule, f.message, f.path, f.missing, f.details_json); };
    std::vector<Finding>& all = verdict_.findings;
    std::stable_sort(all.begin(), all.end(), [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
    all.erase(std::unique(all.begin(), all.end(), [&](const Finding& a, const Finding& b) { return key(a) == key(b) && a.severity == b.severity; }), all.end());
  }

  Problem problem(const EvalError& error) const {
    return evaluation_problem(error, machine_.program(), request_.document_name);
  }

  Problem bad_shape(const EntryRule& rule, const Error& error) const {
    Problem made;
    made.code = error.code;
    made.message = error.message;
    const Program& program = machine_.program();
    made.place = shown_place(program.functions[rule.function].span, source_list(program));
    made.notes.push_back(fmt::format("while evaluating `{}`", request_.document_name));
    return made;
  }

  Machine& machine_;
  Arena& arena_;
  const JudgeRequest& request_;
  Verdict& verdict_;
  std::vector<Pending> pending_;
  std::vector<Problem> problems_;
  std::size_t finding_bytes_ = 0;
  bool is_over_ = false;
};

}  // namespace

bool is_ordered(const EvalError& error) { return error.code != EvalCode::Limit && error.code != EvalCode::Cancelled; }

Problem evaluation_problem(const EvalError& error, const Program& program, std::string_view document_name) {
  Problem problem;
  problem.code = eval_code_name(error.code);
  problem.message = error.message;
  problem.place = shown_place(error.span, source_list(program));
  constexpr std::string_view kPrefix = "limit_";
  if (error.code == EvalCode::Limit) {
    const std::size_t at = error.message.find(kPrefix);
    if (at != std::string::npos) {
      std::size_t end = at + kPrefix.size();
      while (end < error.message.size() && (error.message[end] == '_' || (error.message[end] >= 'a' && error.message[end] <= 'z'))) ++end;
      problem.code = error.message.substr(at, end - at);
      const std::string limit = problem.code.substr(kPrefix.size());
      problem.message = fmt::format(
          "the limit `{}` was reached: the evaluation was given up and nothing is known of this document", limit);
      problem.help.push_back("make the rule cheaper, or " + how_to_raise_limit(limit));
    }
  }
  if (!document_name.empty()) problem.notes.push_back(fmt::format("while evaluating `{}`", document_name));
  return problem;
}

void judge(Machine& machine, Arena& arena, const JudgeRequest& request, Verdict& verdict) { Judge(machine, arena, request, verdict).run(); }

}  // namespace psdl
