// Cases that lie beside a rule. In: cases.yaml, the rule's text; out: a result for each case, and, if asked for, the file with today's findings.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/nearest.hpp"
#include "builtins/patterns.hpp"
#include "codec/positions.hpp"
#include "codec/reader.hpp"
#include "engine/parameters_read.hpp"
#include "engine/policy.hpp"
#include "psdl/tools/tests.hpp"
#include "psdl/tools/why.hpp"
#include "testing/cover.hpp"
#include "testing/misses.hpp"
#include "testing/show_value.hpp"
#include "value/text.hpp"

namespace psdl::tools {
namespace {

constexpr std::string_view kKeys[] = {"note", "input", "text", "findings", "settings", "parameters", "inventory", "detail"};
constexpr std::string_view kLevelKeys[] = {"note", "input", "settings", "allowed", "failures", "reason", "detail"};

const Value* member(const Value& object, std::string_view name) { return object.is_object() ? object.as_object().find_text(name) : nullptr; }

// A key of an expected finding, of what was found; a number as digits. Nothing: there is no such key.
std::optional<std::string> field_of(const Finding& finding, std::string_view key) {
  if (key == "rule") return finding.rule;
  if (key == "message") return finding.message;
  if (key == "path") return finding.path;
  if (key == "missing") return finding.missing;
  if (key == "container") return finding.container;
  if (key == "title") return finding.title;
  if (key == "psa") return finding.psa;
  if (key == "fingerprint") return finding.fingerprint;
  if (key == "severity") return std::string(severity_word(finding.severity));
  if (key == "line") return std::to_string(finding.location.line);
  if (key == "column") return std::to_string(finding.location.column);
  return std::nullopt;
}

std::string text_of(const Value& value) { return value.is_string() ? std::string(value.as_string()) : value.is_null() ? std::string() : to_json(value); }

// The other objects as Gatekeeper shows them to rules.
std::string inventory_json(const Value& objects, const EngineOptions& engine) {
  std::string text;
  for (const Value& object : objects.as_array()) text += to_json(object) + "\n";
  Inventory inventory(engine);
  std::size_t at = 0;
  const auto read = [&](char* buffer, std::size_t capacity) {
    const std::size_t count = std::min(capacity, text.size() - at);
    text.copy(buffer, count, at);
    at += count;
    return static_cast<std::ptrdiff_t>(count);
  };
  inventory.add({read, {}, {}}, DocumentFormat::Json, "inventory");
  return inventory.json();
}

class CasesRun {
 public:
  CasesRun(const CasesFile& file, const EngineOptions& engine, const TestOptions& options, Coverage* coverage, std::string* updated)
      : file_(file), engine_(engine), options_(options), coverage_(coverage), updated_(updated) {
    engine_.test_rules = coverage != nullptr;
    engine_.whole_stdlib = false;
  }

  std::vector<TestResult> run() {
    ReadOptions how;
    how.rules = ReadRules::kubernetes();
    how.place.stream = file_.name;
    Reader reader;
    Result<Document, ReadError> read = reader.read(file_.text, Format::Yaml, how);
    if (!read) {
      refuse(read.error().message, read.error().range.begin.line, read.error().range.begin.column);
      return std::move(results_);
    }
    document_ = &*read;
    if (!has_known_keys()) return std::move(results_);
    const Value* cases = member(document_->root(), "cases");
    if (cases == nullptr || !cases->is_array() || cases->length() == 0) {
      refuse("`cases` must be a list that is not empty", 1, 1);
      return std::move(results_);
    }
    if (!build()) return std::move(results_);
    for (const Value& one : cases->as_array()) run_case(one);
    if (coverage_ != nullptr) *coverage_ = testing::report_coverage(*policy_.impl(), covered_);
    if (updated_ != nullptr) write_update();
    return std::move(results_);
  }

 private:
  // `workloads` asks the repository's own runner to wrap each pod in every workload.
  bool has_known_keys() {
    if (!document_->root().is_object()) return true;  // told with what is missing in it
    for (const Value& key : document_->root().as_object().keys()) {
      const std::string name = text_of(key);
      if (name == "cases" || name == "workloads") continue;
      const NodePlace place = locate(*document_, key.origin());
      const bool is_near = edit_distance(name, "cases") <= 2;
      refuse(fmt::format("a file of cases has no key `{}`{}", name, is_near ? "; did you mean `cases`?" : ""), place.whole.begin.line, place.whole.begin.column);
      return false;
    }
    return true;
  }
  TestResult& add(std::string note, std::uint32_t line, std::uint32_t column) {
    TestResult made;
    made.file = file_.name;
    made.line = line;
    made.column = column;
    made.package = package_;
    made.name = std::move(note);
    made.title = made.name;
    results_.push_back(std::move(made));
    return results_.back();
  }
  void refuse(const std::string& message, std::uint32_t line, std::uint32_t column) { error(add("cases", line, column), "bad_cases", message); }
  static void error(TestResult& result, std::string_view code, const std::string& message) {
    result.outcome = TestStatus::Error;
    result.error_code = code;
    result.error = message;
    result.error_file = result.file;
    result.error_line = result.line;
    result.error_column = result.column;
  }

  bool build() {
    PolicyBuilder builder(engine_);
    for (const auto& [name, text] : file_.rules) builder.add_source(name, text, file_.rules.front().first);
    DiagnosticList problems;
    policy_ = builder.build(problems);
    if (!policy_ || (!file_.is_level && !policy_.check_entry_points(problems))) {
      TestResult& result = add("rule", 1, 1);
      error(result, problems.empty() ? "bad_rule" : problems[0].code, problems.empty() ? "the rule has no entry point" : std::string(problems[0].message));
      if (!problems.empty() && problems[0].line > 0) {
        result.error_file = problems[0].file;
        result.error_line = problems[0].line;
        result.error_column = problems[0].column;
      }
      return false;
    }
    for (const auto& module : policy_.impl()->checked->modules()) {
      const std::string& name = policy_.impl()->sources[module->package->span.source]->name();
      if (name == file_.rules.front().first) package_ = package_text(*module);
    }
    const std::size_t slash = file_.rules.front().first.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : file_.rules.front().first.substr(0, slash);
    rule_ = folder.substr(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/') + 1);
    // Named from inside of its folder.
    if (rule_.empty() || rule_ == "." || rule_ == "..") rule_ = parameters_rule(*policy_.impl()->checked);
    return true;
  }

  static std::string package_text(const ast::Module& module) {
    std::string text = "data";
    for (const ast::Term* part : module.package->path.slice(1)) {
      if (const auto* name = part->as<ast::String>()) text += "." + std::string(name->text);
    }
    return text;
  }

  // The policy with what a host would have bound; empty, with an error in the result.
  Policy bound(const Value& one, TestResult& result) {
    std::vector<std::string> texts;
    std::vector<KnownDocument> known;
    texts.reserve(3);
    const auto bind = [&](std::string text, std::vector<std::string> path) {
      texts.push_back(std::move(text));
      known.push_back({"cases.yaml", texts.back(), DocumentFormat::Json, std::move(path)});
    };
    if (const Value* settings = member(one, "settings")) bind(to_json(*settings), {"data", "psdl", "settings"});
    if (const Value* parameters = member(one, "parameters"); parameters != nullptr) {
      if (!knows_parameters(*parameters, result)) return {};
      bind(to_json(*parameters), {"data", "psdl", "parameters", rule_});
    }
    if (const Value* inventory = member(one, "inventory"); inventory != nullptr && inventory->is_array()) {
      bind(inventory_json(*inventory, engine_), {"data", "inventory"});
    }
    if (known.empty()) return policy_;
    DiagnosticList problems;
    Policy made = policy_.bind(known, problems);
    if (!made) error(result, "bad_cases", problems.empty() ? "what the case binds cannot be read" : std::string(problems[0].message));
    return made;
  }

  // A key that the rule does not read changes nothing, whatever it was meant for.
  bool knows_parameters(const Value& parameters, TestResult& result) {
    if (!read_) read_ = parameters_read(*policy_.impl()->checked, rule_);
    if (read_->all || !parameters.is_object()) return true;
    for (const Value& key : parameters.as_object().keys()) {
      const std::string name = text_of(key);
      if (read_->names.contains(name)) continue;
      std::string near;
      std::string all;
      for (const std::string& one : read_->names) {
        if (near.empty() && edit_distance(name, one) <= (name.size() < 5 ? 1U : 2U)) near = one;
        all += (all.empty() ? "`" : ", `") + one + "`";
      }
      const std::string help = !near.empty() ? fmt::format("; did you mean `{}`?", near) : all.empty() ? "; it reads none" : "; it reads " + all;
      error(result, "bad_cases", fmt::format("the rule reads no parameter `{}`{}", name, help));
      const NodePlace place = locate(*document_, key.origin());
      result.error_line = place.whole.begin.line;
      result.error_column = place.whole.begin.column;
      return false;
    }
    return true;
  }

  void run_case(const Value& one) {
    const NodePlace place = locate(*document_, one.origin());
    const Value* note = member(one, "note");
    const std::string name = note != nullptr ? text_of(*note) : fmt::format("case {}", results_.size() + 1);
    if (!options_.run.empty() && !wanted(name)) return;
    TestResult& result = add(name, place.whole.begin.line, place.whole.begin.column);
    const auto keys = file_.is_level ? std::span<const std::string_view>(kLevelKeys) : std::span<const std::string_view>(kKeys);
    if (!one.is_object() || note == nullptr) return error(result, "bad_cases", "a case is a map with a `note`");
    for (const Value& key : one.as_object().keys()) {
      if (std::find(keys.begin(), keys.end(), text_of(key)) == keys.end()) return error(result, "bad_cases", fmt::format("a case has no key `{}`", text_of(key)));
    }
    const Value* input = member(one, "input");
    const Value* text = file_.is_level ? nullptr : member(one, "text");
    if ((input == nullptr) == (text == nullptr)) return error(result, "bad_cases", "a case has an `input`, or a `text` in its place");
    const auto begin = std::chrono::steady_clock::now();
    const Policy policy = bound(one, result);
    if (!policy) return;
    Format format = Format::Yaml;
    const std::string bytes = text != nullptr ? text_of(*text) : input_text(*input, format);
    if (file_.is_level) {
      judge_level(policy, one, bytes, format, result);
    } else {
      judge(policy, one, bytes, format == Format::Yaml ? DocumentFormat::Yaml : DocumentFormat::Json, result);
    }
    if (coverage_ != nullptr) cover(policy, bytes, format);
    result.time_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count());
  }

  // The input as it is written, for findings come in the order of the text; as JSON where that is no text of its own (an alias).
  std::string input_text(const Value& input, Format& format) {
    const NodePlace place = locate(*document_, input.origin());
    const std::size_t begin = document_->place().text_offset(place.value.begin.offset);
    const std::size_t end = document_->place().text_offset(place.value.end.offset);
    std::string text(place.value.begin.column - 1, ' ');
    if (place.is_found) text += file_.text.substr(begin, end - begin) + "\n";
    ReadOptions how;
    how.rules = ReadRules::kubernetes();
    Reader reader;
    const Result<Document, ReadError> read = reader.read(text, Format::Yaml, how);
    format = read && equal(read->root(), input) ? Format::Yaml : Format::Json;
    return format == Format::Yaml ? text : to_json(input);
  }

  [[nodiscard]] bool wanted(const std::string& name) {
    if (pattern_ == nullptr) {
      std::string error;
      std::string_view limit;
      pattern_ = Regex::compile(options_.run, Limits(), error, limit);
    }
    return pattern_ == nullptr || pattern_->matches(package_ + " " + name);
  }

  void judge(const Policy& policy, const Value& one, const std::string& bytes, DocumentFormat format, TestResult& result) {
    Evaluator evaluator(policy, {.now_ns = options_.now_ns, .seed = options_.seed, .psa = true});
    std::vector<Finding> found;
    evaluator.evaluate(bytes, format, format == DocumentFormat::Yaml ? "case.yaml" : "case.json", [&](const Verdict& verdict) {
      result.printed += verdict.printed;
      if (verdict.status == Status::Error) {
        error(result, "eval", verdict.errors == nullptr || verdict.errors->empty() ? "the case could not be judged" : std::string((*verdict.errors)[0].message));
      }
      found.insert(found.end(), verdict.findings.begin(), verdict.findings.end());
      return true;
    });
    if (result.outcome == TestStatus::Error) return;
    const Value* wanted_findings = member(one, "findings");
    if (wanted_findings == nullptr || !wanted_findings->is_array()) return error(result, "bad_cases", "a case lists the `findings` that it wants; [] for none");
    compare(*wanted_findings, found, result);
    if (result.outcome == TestStatus::Failed) {
      if (found.size() < wanted_findings->length()) result.failure->why = misses(policy, bytes, format);
      failed_.push_back({wanted_findings->origin(), std::move(found)});
    }
    if (const Value* detail = member(one, "detail")) compare_query(policy, package_ + ".detail", *detail, bytes, format == DocumentFormat::Yaml ? Format::Yaml : Format::Json, "the detail", result);
  }

  // Of the rules that gave nothing.
  [[nodiscard]] std::vector<std::string> misses(const Policy& policy, const std::string& bytes, DocumentFormat format) const {
    std::vector<std::string> lines;
    Why why(policy, {.now_ns = options_.now_ns, .seed = options_.seed});
    if (!why.ask_entry_points()) return lines;
    why.explain(bytes, format, "input", [&](const WhyAnswer& answer) {
      for (std::string& line : testing::miss_lines(answer, options_.all_misses)) lines.push_back(std::move(line));
      return options_.all_misses || lines.empty();
    });
    return lines;
  }

  void compare(const Value& wanted, const std::vector<Finding>& found, TestResult& result) {
    std::vector<std::string> diff;
    const std::size_t count = std::max<std::size_t>(wanted.length(), found.size());
    for (std::size_t i = 0; i < count; ++i) {
      if (i >= found.size()) {
        diff.push_back(fmt::format("- findings[{}]: {}", i, testing::show_value(wanted.as_array()[i], options_.full_values)));
      } else if (i >= wanted.length()) {
        diff.push_back(fmt::format("+ findings[{}]: {}", i, found[i].message));
      } else {
        compare_one(wanted.as_array()[i], found[i], i, diff, result);
      }
    }
    if (diff.empty()) return;
    const std::string reason = wanted.length() == found.size() ? "a finding differs; - is wanted, + is found"
                                                              : fmt::format("{} finding{}, not {}; - is wanted, + is found", found.size(), found.size() == 1 ? "" : "s", wanted.length());
    fail(wanted.origin(), reason, std::move(diff), result);
  }

  static void compare_one(const Value& wanted, const Finding& found, std::size_t at, std::vector<std::string>& diff, TestResult& result) {
    if (!wanted.is_object()) return error(result, "bad_cases", "a finding is a map");
    // What is missing is compared always: a finding that says it is elsewhere must not pass for one that does not.
    std::set<std::string> keys{"missing"};
    for (const Value& key : wanted.as_object().keys()) keys.insert(text_of(key));
    for (const std::string& key : keys) {
      const std::optional<std::string> got = field_of(found, key);
      if (!got) return error(result, "bad_cases", fmt::format("a finding has no key `{}`", key));
      const Value* held = member(wanted, key);
      const std::string want = held != nullptr ? text_of(*held) : std::string();
      if (*got == want) continue;
      diff.push_back(fmt::format("- findings[{}].{}: {}", at, key, want.empty() ? "(nothing)" : want));
      diff.push_back(fmt::format("+ findings[{}].{}: {}", at, key, got->empty() ? "(nothing)" : *got));
    }
  }

  void fail(std::uint32_t origin, const std::string& reason, std::vector<std::string> diff, TestResult& result) {
    if (result.outcome == TestStatus::Error) return;
    result.outcome = TestStatus::Failed;
    const NodePlace place = locate(*document_, origin);
    TestFailure made;
    made.file = file_.name;
    made.line = place.whole.begin.line;
    made.column = place.whole.begin.column;
    made.lines.emplace_back(line_of(*document_, place.whole.begin.offset));
    made.reason = reason;
    made.diff = std::move(diff);
    result.failure = std::move(made);
  }

  // The value of a document of the rule for this input; undefined where there is none. It may stand among the constants of
  // the query's program, which goes with the query.
  struct Answer {
    Query query;
    Value value;
  };

  Answer ask(const Policy& policy, const std::string& query_text, const std::string& bytes, Format format, Arena& arena, TestResult& result) {
    DiagnosticList problems;
    const Query query = prepare_query(policy, query_text, problems);
    if (!query) {
      error(result, "bad_cases", problems.empty() ? "no such rule" : std::string(problems[0].message));
      return {};
    }
    ReadOptions how;
    how.key_table = query.impl()->program->keys;
    Reader reader;
    Result<Document, ReadError> read = reader.read(arena, bytes, format, how);
    if (!read) return {};
    EvaluateOptions options;
    options.now_ns = options_.now_ns.value_or(clock_ns());
    Machine machine(query.impl()->program, policy.impl()->limits);
    Value rows;
    const QueryAnswer answer = answer_query(*query.impl(), machine, arena, read->root(), options, nullptr, {}, &rows);
    if (!answer.errors.empty()) error(result, answer.errors[0].code, std::string(answer.errors[0].message));
    return {query, rows.is_array() && rows.length() > 0 ? rows.as_array()[0].as_array()[1].as_array()[0] : Value()};
  }

  void compare_query(const Policy& policy, const std::string& query, const Value& wanted, const std::string& bytes, Format format, std::string_view what, TestResult& result) {
    Arena arena;
    const Answer answer = ask(policy, query, bytes, format, arena, result);
    const Value& got = answer.value;
    const std::string shown = got.is_defined() ? to_json(got) : "null";
    if (shown == to_json(wanted)) return;
    fail(wanted.origin(), fmt::format("{} differs; - is wanted, + is found", what), {"- " + to_json(wanted), "+ " + shown}, result);
  }

  void judge_level(const Policy& policy, const Value& one, const std::string& bytes, Format format, TestResult& result) {
    Arena arena;
    const Answer answer = ask(policy, package_, bytes, format, arena, result);
    const Value& got = answer.value;
    if (result.outcome == TestStatus::Error) return;
    std::vector<std::string> diff;
    std::uint32_t origin = one.origin();
    for (const std::string_view key : {"allowed", "failures", "reason", "detail"}) {
      const Value* wanted = member(one, key);
      if (wanted == nullptr) continue;
      const Value* held = member(got, key);
      std::string shown = held != nullptr ? to_json(*held) : "undefined";
      if (key == "failures" && held != nullptr && (held->is_array() || held->is_set())) shown = checks_json(*held);
      if (shown == to_json(*wanted)) continue;
      if (diff.empty()) origin = wanted->origin();
      diff.push_back(fmt::format("- {}: {}", key, to_json(*wanted)));
      diff.push_back(fmt::format("+ {}: {}", key, shown));
    }
    if (!diff.empty()) fail(origin, "the level says something else; - is wanted, + is found", std::move(diff), result);
  }
  // Failures are rows of [order, check, ..]: the cases list the checks.
  static std::string checks_json(const Value& failures) {
    std::string text = "[";
    for (const Value& row : failures.is_set() ? failures.as_set().items() : failures.as_array()) {
      if (text.size() > 1) text += ",";
      text += row.is_array() && row.length() > 1 ? to_json(row.as_array()[1]) : to_json(row);
    }
    return text + "]";
  }

  // The rules once more, on the marked program.
  void cover(const Policy& policy, const std::string& bytes, Format format) {
    const MarkedProgram& marked = policy.impl()->marked_program();
    ReadOptions how;
    how.key_table = policy.impl()->keys();
    Reader reader;
    Arena arena;
    Result<Document, ReadError> read = reader.read(arena, bytes, format, how);
    if (!read) return;
    if (index_ == nullptr) index_ = std::make_unique<const testing::OpaIndex>(*policy_.impl()->checked);
    testing::CoverageListener listener(marked.info, *index_, covered_);
    Machine machine(marked.program, policy.impl()->limits);
    RunRequest request;
    request.input = policy.impl()->whole_input(arena, read->root());
    request.data = policy.impl()->snapshot()->root;
    request.facts.now_ns = options_.now_ns.value_or(clock_ns());
    for (const FoundEntry& entry : policy.impl()->entry_points.entries) {
      request.function = marked.program->find_function(entry.shown.path);
      if (request.function != kNoIndex) static_cast<void>(debug::observe(machine, marked.info, arena, request, listener));
    }
    for (const std::string_view also : {".detail", ".allowed", ".failures", ".reason"}) {
      request.function = marked.program->find_function(package_ + std::string(also));
      if (request.function != kNoIndex) static_cast<void>(debug::observe(machine, marked.info, arena, request, listener));
    }
  }

  // ---- --update: today's findings in place of those that a case wants.
  struct Stale {
    std::uint32_t origin = 0;  // of `findings`
    std::vector<Finding> found;
  };
  static std::string quoted(const std::string& text) {
    std::string made = "'";
    for (const char c : text) made += c == '\'' ? std::string("''") : std::string(1, c);
    return made + "'";
  }
  static std::string finding_line(const Finding& finding) {
    std::string line = fmt::format("{{rule: {}, message: {}, path: {}", quoted(finding.rule), quoted(finding.message), quoted(finding.path));
    if (!finding.missing.empty()) line += ", missing: " + quoted(finding.missing);
    if (!finding.container.empty()) line += ", container: " + quoted(finding.container);
    return line + fmt::format(", severity: {}}}", severity_word(finding.severity));
  }
  void write_update() {
    *updated_ = file_.text;
    for (auto stale = failed_.rbegin(); stale != failed_.rend(); ++stale) {
      const NodePlace place = locate(*document_, stale->origin);
      if (!place.is_found) continue;
      std::string text = "findings:";
      if (stale->found.empty()) text += " []";
      const std::string indent(place.whole.begin.column + 1, ' ');
      for (const Finding& finding : stale->found) text += "\n" + indent + "- " + finding_line(finding);
      const std::size_t begin = document_->place().text_offset(place.whole.begin.offset);
      const std::size_t end = document_->place().text_offset(place.whole.end.offset);
      updated_->replace(begin, end - begin, text);
    }
  }

  const CasesFile& file_;
  EngineOptions engine_;
  const TestOptions& options_;
  Coverage* coverage_;
  std::string* updated_;
  const Document* document_ = nullptr;
  Policy policy_;
  std::string package_;
  std::string rule_;  // the folder's name
  std::unique_ptr<Regex> pattern_;
  std::unique_ptr<const testing::OpaIndex> index_;
  testing::CoveredPlaces covered_;
  std::optional<ParametersRead> read_;
  std::vector<Stale> failed_;
  std::vector<TestResult> results_;
};

}  // namespace

bool is_cases_file(std::string_view name, std::string_view text) {
  if (!name.ends_with("cases.yaml") && !name.ends_with("cases.yml")) return false;
  const auto has_line = [&](std::string_view begin) { return text.starts_with(begin) || text.find("\n" + std::string(begin)) != std::string_view::npos; };
  // A manifest may have that name too; without its marks the file is one of cases, whatever is misspelt in it.
  const std::string_view base = name.substr(name.rfind('/') + 1);
  return has_line("cases:") || ((base == "cases.yaml" || base == "cases.yml") && !has_line("kind:") && !has_line("apiVersion:"));
}

std::vector<TestResult> run_cases(const CasesFile& file, const EngineOptions& engine, const TestOptions& options, Coverage* coverage, std::string* updated) {
  return CasesRun(file, engine, options, coverage, updated).run();
}

}  // namespace psdl::tools
