// Runs each entry point, reads its elements, and runs those that found something once more on the tracing twin to learn where.
#include "runtime/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/limit_names.hpp"
#include "base/reuse.hpp"
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

// The rules of one name by their bodies. A set may have thousands of bodies: what is asked of one is remembered.
class WrittenRules {
 public:
  WrittenRules(const EntryRule& rule, const Program& program, std::span<const Source* const> sources)
      : program_(program), sources_(sources) {
    for (const RuleText& text : rule.rules) texts_.try_emplace({text.file, text.line}, &text);
    const Function& function = program.functions[rule.function];
    for (std::uint32_t pc = function.entry; pc < function.end; ++pc) {
      if (program.code[pc].op == Op::Body) bodies_.try_emplace(program.code[pc].b, Body{pc});
    }
  }

  // Null where none of the rules stands where the body does.
  [[nodiscard]] const RuleText* of_body(std::uint32_t number) {
    const auto found = bodies_.find(number);
    if (found == bodies_.end()) return nullptr;
    Body& body = found->second;
    if (!body.is_known) {
      const ShownPlace place = shown_place(program_.spans[body.pc], sources_);
      const auto text = texts_.find({place.file, place.line});
      if (text != texts_.end()) body.text = text->second;
      body.is_known = true;
    }
    return body.text;
  }

 private:
  struct Body {
    std::uint32_t pc = 0;  // of the instruction that knows the body's place
    const RuleText* text = nullptr;
    bool is_known = false;
  };
  const Program& program_;
  std::span<const Source* const> sources_;
  std::map<std::pair<std::string_view, std::uint32_t>, const RuleText*> texts_;
  std::unordered_map<std::uint32_t, Body> bodies_;
};

// A finding whose place is not looked for yet. `rule` is one of the request's.
struct Pending {
  const EntryRule* rule = nullptr;
  const RuleText* written = nullptr;  // the one rule that made the element; null where it is not known
  Element element;
  std::size_t notes_begin = 0;  // of JudgeMemory::Impl::notes
  std::size_t notes_end = 0;

  [[nodiscard]] const std::string& id() const { return written != nullptr ? written->id : rule->id; }
  [[nodiscard]] const std::string& title() const { return written != nullptr ? written->title : rule->title; }
  [[nodiscard]] FindingSeverity severity() const { return written != nullptr ? written->severity : rule->severity; }
  [[nodiscard]] const std::string& file() const { return written != nullptr ? written->file : rule->file; }
  [[nodiscard]] std::uint32_t line() const { return written != nullptr ? written->line : rule->line; }
};

// By hash; those of one hash in the order in which they were made.
using HashedYield = std::pair<std::uint64_t, std::uint32_t>;

constexpr std::size_t kMostKept = std::size_t{256} << 10;  // bytes of each list

}  // namespace

struct JudgeMemory::Impl {
  std::vector<const Source*> sources;                  // of the plain program
  std::vector<std::unique_ptr<WrittenRules>> written;  // of the request's rules; null where it was not asked for
  std::vector<Value> values;
  Trace trace;
  std::vector<HashedYield> yields;
  Element element;
  std::vector<Pending> pending;  // the first `pending_count`
  std::size_t pending_count = 0;
  std::vector<Note> notes;
  std::string path;
  std::vector<std::uint32_t> order;
  std::vector<Finding> sorted;
  LocatorMemory locator;

  void start() {
    clear_or_free(values, kMostKept);
    if (pending_count > kMostPending) pending = std::vector<Pending>();
    pending_count = 0;
    clear_or_free(notes, kMostKept);
    clear_or_free(order, kMostKept);
    clear_or_free(yields, kMostKept);
    start_trace();
  }
  void start_trace() {
    clear_or_free(trace.notes, kMostKept);
    clear_or_free(trace.yields, kMostKept);
  }
  static constexpr std::size_t kMostPending = 256;
};

JudgeMemory::JudgeMemory() : impl_(std::make_unique<Impl>()) {}
JudgeMemory::~JudgeMemory() = default;
void JudgeMemory::empty(Verdict& verdict) { impl_->locator.spare.empty(verdict); }

namespace {

class Judge {
 public:
  Judge(Machine& machine, Arena& arena, const JudgeRequest& request, JudgeMemory::Impl& memory, Verdict& verdict)
      : machine_(machine), arena_(arena), request_(request), memory_(memory), verdict_(verdict) {}

  void run() {
    verdict_.document = request_.document_name;
    verdict_.status = Status::Allow;
    memory_.start();
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
        memory_.pending_count = 0;
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
      Element& element = memory_.element = {};
      element.message = rule.title.empty() ? fmt::format("not allowed: `{}` is not true", rule.path) : rule.title;
      static_cast<void>(add(rule, nullptr, {}));
      return;
    }
    const std::vector<Value>& values = memory_.values;
    if (const std::optional<Error> bad = element_values(rule, outcome.value, memory_.values)) {
      problems_.push_back(bad_shape(rule, *bad));
      return;
    }
    if (values.empty() || !may_keep(rule, values)) return;
    if (request_.locates) {
      locate_elements(rule, run);
    } else {
      keep_elements(rule);
    }
  }

  Outcome run_plain(RunRequest run) {
    if (request_.plain_input) run.input = request_.plain_input();
    return request_.plain().run(arena_, run);
  }

  // An element that was produced at several places is one finding for each of them.
  void locate_elements(const EntryRule& rule, RunRequest run) {
    Trace& trace = memory_.trace;
    memory_.start_trace();
    run.trace = &trace;
    run.print_sink = nullptr;
    // The twin's budget is its own; where it does not suffice, findings stand without a place.
    const Outcome again = run_plain(run);
    if (again.halt) trace.yields.clear();
    std::vector<HashedYield>& yields = memory_.yields;
    yields.clear();
    for (const Yield& yield : trace.yields) {
      yields.emplace_back(hash(yield.value), static_cast<std::uint32_t>(yields.size()));
    }
    std::sort(yields.begin(), yields.end());
    WrittenRules& written_rules = written_rules_of(rule);
    for (const Value& value : memory_.values) {
      if (!read(rule, rule.title, value)) continue;
      bool is_placed = false;
      const std::uint64_t wanted = hash(value);
      for (auto at = std::lower_bound(yields.begin(), yields.end(), HashedYield{wanted, 0});
           at != yields.end() && at->first == wanted; ++at) {
        const Yield& yield = trace.yields[at->second];
        if (!equal(yield.value, value)) continue;
        is_placed = true;
        const RuleText* const written = written_rules.of_body(yield.body);
        // The title is the message of a rule that is true, and each of its bodies may have its own.
        if (value.is_true() && !read(rule, written != nullptr ? written->title : rule.title, value)) continue;
        const std::span<const Note> notes(trace.notes);
        if (!add(rule, written, notes.subspan(yield.notes_begin, yield.notes_end - yield.notes_begin))) return;
      }
      if (!is_placed && !add(rule, nullptr, {})) return;
    }
  }

  WrittenRules& written_rules_of(const EntryRule& rule) {
    if (memory_.written.empty()) memory_.written.resize(request_.rules.size());
    std::unique_ptr<WrittenRules>& written = memory_.written[static_cast<std::size_t>(&rule - request_.rules.data())];
    if (written == nullptr) {
      const Program& program = request_.plain().program();
      if (memory_.sources.empty()) memory_.sources = source_list(program);
      written = std::make_unique<WrittenRules>(rule, program, memory_.sources);
    }
    return *written;
  }

  void keep_elements(const EntryRule& rule) {
    for (const Value& value : memory_.values) {
      if (read(rule, rule.title, value) && !add(rule, nullptr, {})) return;
    }
  }

  // The value as memory_.element. False, with a problem, where it has no shape of a finding.
  bool read(const EntryRule& rule, std::string_view title, const Value& value) {
    const std::optional<Error> bad = read_element(rule, title, value, arena_.limit_bytes(), memory_.element);
    if (!bad) return true;
    const bool is_limit = bad->code.starts_with("limit_");
    const Span span = machine_.program().functions[rule.function].span;
    problems_.push_back(is_limit ? problem({EvalCode::Limit, bad->code, span}) : bad_shape(rule, *bad));
    return false;
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
    memory_.pending_count = 0;
    is_over_ = true;
    return false;
  }

  // memory_.element is one of the findings. `written`: null where it is not known which rule of the name it was. False:
  // the findings take too much.
  bool add(const EntryRule& rule, const RuleText* written, std::span<const Note> notes) {
    const Element& element = memory_.element;
    finding_bytes_ += sizeof(Finding) + element.message.size() + element.details_json.size();
    if (finding_bytes_ > arena_.limit_bytes()) return refuse_memory(rule);
    if (memory_.pending_count == memory_.pending.size()) memory_.pending.emplace_back();
    Pending& one = memory_.pending[memory_.pending_count++];
    one.rule = &rule;
    one.written = written;
    one.element = element;
    one.notes_begin = memory_.notes.size();
    memory_.notes.insert(memory_.notes.end(), notes.begin(), notes.end());
    one.notes_end = memory_.notes.size();
    return true;
  }

  [[nodiscard]] std::span<const Note> notes_of(const Pending& one) const {
    return std::span<const Note>(memory_.notes).subspan(one.notes_begin, one.notes_end - one.notes_begin);
  }

  void make_findings() {
    const std::span<const Pending> pending(memory_.pending.data(), memory_.pending_count);
    if (pending.empty()) return;
    const ObjectFacts& facts = request_.facts(*request_.document);
    Locator locator(*request_.document, facts, memory_.locator);
    for (const Pending& one : pending) {
      if (request_.locates) locator.want(one.element, notes_of(one));
    }
    for (const Pending& one : pending) {
      Finding& finding = verdict_.findings.emplace_back(memory_.locator.spare.take());
      finding.rule = one.element.id.empty() ? one.id() : one.element.id;
      finding.entry_point = one.rule->path;
      finding.title = one.title();
      finding.severity = one.element.severity.value_or(one.severity());
      finding.message = one.element.message;
      finding.details_json = one.element.details_json;
      finding.object = facts.identity;
      finding.source_file = one.file();
      finding.source_line = one.line();
      if (request_.locates) {
        locator.locate(one.element, notes_of(one), finding);
      } else {
        finding.container = one.element.container;
        finding.location.file = request_.document->place().stream;
      }
      std::string& path = memory_.path;
      path.clear();
      append_stable_pointer(path, request_.document->root(), finding.path);
      if (!finding.missing.empty()) path.append("/").append(finding.missing);
      put_fingerprint(finding.fingerprint, finding.rule, finding.object, finding.container, path);
    }
    if (!request_.add_fixes) return;
    std::vector<std::string> fix_jsons;
    for (const Pending& one : pending) {
      fix_jsons.push_back(one.written != nullptr ? one.written->fix_json : std::string());
    }
    request_.add_fixes(verdict_.findings, fix_jsons, facts);
  }

  // By place, then rule; two bodies of a rule that found the same at the same place found it once.
  void merge_and_sort() {
    const auto key = [](const Finding& f) {
      return std::tie(f.location.line, f.location.column, f.rule, f.message, f.path, f.missing, f.details_json);
    };
    std::vector<Finding>& all = verdict_.findings;
    std::vector<std::uint32_t>& order = memory_.order;
    order.resize(all.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t left, std::uint32_t right) {
      const auto a = key(all[left]);
      const auto b = key(all[right]);
      return a < b || (!(b < a) && left < right);
    });
    std::vector<Finding>& sorted = memory_.sorted;
    for (const std::uint32_t index : order) {
      Finding& one = all[index];
      const bool is_known = !sorted.empty() && key(sorted.back()) == key(one) && sorted.back().severity == one.severity;
      if (is_known) {
        memory_.locator.spare.give_back(one);
      } else {
        sorted.push_back(std::move(one));
      }
    }
    all.swap(sorted);
    sorted.clear();
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
  JudgeMemory::Impl& memory_;
  Verdict& verdict_;
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

void judge(Machine& machine, Arena& arena, const JudgeRequest& request, Verdict& verdict) {
  std::optional<JudgeMemory> own;
  JudgeMemory& memory = request.memory != nullptr ? *request.memory : own.emplace();
  Judge(machine, arena, request, memory.impl(), verdict).run();
}

}  // namespace psdl
