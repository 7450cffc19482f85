// psdl scan: packs of rules on all that is named, for people and for CI.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/reports.hpp"
#include "cli/rule_choice.hpp"
#include "cli/verbs.hpp"
#include "cli/why.hpp"
#include "cli/workers.hpp"

namespace psdl::cli {
namespace {

constexpr std::string_view kExamples =
    "examples:\n"
    "  psdl scan k8s/ --level restricted                       the pod standards on a directory\n"
    "  helm template chart/ | psdl scan -p rules/ -            rules of your own on what a chart renders\n"
    "  psdl scan k8s/ -o text -o sarif=psdl.sarif              a report for people and one for code scanning\n"
    "  psdl scan k8s/ --write-baseline baseline.json           from now on only what is new counts\n"
    "  psdl scan k8s/ -p rules/ --combine                      rules also see all objects as data.inventory\n"
    "exit: 0 clean, 1 findings of severity --fail-on or above, 2 error: something was not judged\n";

constexpr std::string_view kSeverities[] = {"error", "warning", "note"};

struct ScanOptions : RuleChoice {
  Words paths;
  Words exclude;
  std::string fail_on;
  std::string min_severity;
  std::string max_findings;
  std::string write_baseline;
  std::string jobs;
  bool combine = false;
  bool show_passed = false;
  bool show_suppressed = false;
  bool no_ignore = false;
  bool expect_pods = false;
  bool why = false;

  // What they mean, found out by settle().
  std::size_t most_findings = 0;  // 0: all
  std::size_t threads = 1;
};

void declare(Arguments& arguments, ScanOptions& options) {
  arguments.positionals("PATH", options.paths, "manifests: files, directories, globs, - for standard input");
  declare_rule_choice(arguments, options);
  arguments.list("--rule", options.rules, "only this rule; may be repeated, `*` stands for any characters", "ID");
  arguments.list("--skip-rule", options.skipped_rules, "not this rule", "ID");
  arguments.value("--fail-on", options.fail_on,
                  "findings that make the exit code 1 (default error)", "error|warning|note|never");
  arguments.value("--min-severity", options.min_severity,
                  "findings below it are left out (default note)", "error|warning|note");
  arguments.value("--max-findings", options.max_findings, "show so many, then a count of the others", "N");
  arguments.value("--write-baseline", options.write_baseline,
                  "write all findings to this file, so that they do not count from now on", "FILE");
  arguments.list("--exclude", options.exclude, "files and folders of directories to pass over, in gitignore's syntax",
                 "PATTERN");
  arguments.flag("--no-ignore", options.no_ignore, "do not read .psdlignore");
  arguments.flag("--expect-pods", options.expect_pods, "it is an error where no document holds a pod");
  arguments.flag("--combine", options.combine, "rules also see all documents of the run, as data.inventory");
  arguments.flag("--why", options.why, std::string("with --rule, ") + kWhyHelp);
  arguments.flag("--show-passed", options.show_passed, "also show objects without findings");
  arguments.flag("--show-suppressed", options.show_suppressed, "also show findings that do not count, and why");
  arguments.value("-j,--jobs", options.jobs, "threads (default 1; 0: one a processor)", "N");
  arguments.globals(options.globals, "REPORT");
}

bool check_severity(std::string_view flag, const std::string& text, bool takes_never) {
  if (std::find(std::begin(kSeverities), std::end(kSeverities), text) != std::end(kSeverities) ||
      (takes_never && text == "never"))
    return true;
  Words words(std::begin(kSeverities), std::end(kSeverities));
  if (takes_never) words.emplace_back("never");
  return refuse_choice(flag, text, words);
}

// What the files of configuration say, where no flag does, and what all of it means. False, with a message, where it
// makes no sense.
bool settle(ScanOptions& options, const Configuration& configuration) {
  configuration.fill("failOn", options.fail_on);
  configuration.fill("minSeverity", options.min_severity);
  configuration.fill("maxFindings", options.max_findings);
  configuration.fill("jobs", options.jobs);
  configuration.fill("output", options.globals.outputs);
  if (!options.expect_pods) configuration.fill_switch("expectPods", options.expect_pods);

  if (options.fail_on.empty()) options.fail_on = "error";
  if (options.min_severity.empty()) options.min_severity = "note";
  if (!check_severity("--fail-on", options.fail_on, true) ||
      !check_severity("--min-severity", options.min_severity, false))
    return false;
  if (!parse_count("--max-findings", options.max_findings, SIZE_MAX, options.most_findings) ||
      !parse_count("-j", options.jobs, SIZE_MAX, options.threads))
    return false;
  if (options.threads == 0) options.threads = std::max(1U, std::thread::hardware_concurrency());
  options.threads = std::min(options.threads, kMostThreads);
  if (!settle_rule_choice(options, configuration)) return false;
  if (options.why && options.rules.empty()) {
    complain("--why tells of the rules that are named: scan --rule ID --why");
    return false;
  }
  if (options.paths.empty()) {
    complain("scan: name manifests, a directory, or - for standard input: psdl scan k8s/");
    return false;
  }
  return true;
}

// --- Inputs ----------------------------------------------------------------------------------------------------------

// Patterns of `exclude:` are meant from the folder of their file, those of the flag from the working directory.
void add_excludes(const ScanOptions& options, const Configuration& configuration, triage::IgnorePatterns& patterns) {
  for (const std::string& pattern : options.exclude) patterns.add(pattern, absolute_path(".") + "/");
  const Configuration::File* file = configuration.file_of("exclude");
  if (file == nullptr) return;
  const std::string base = absolute_path(file->folder.empty() ? "." : file->folder) + "/";
  for (const triage::Written& one : file->settings.values.find("exclude")->second) patterns.add(one.value, base);
}

// Standard input is read once, though --combine reads everything twice.
struct Sources {
  InputSet inputs;
  std::vector<Job> jobs;
  std::string standard_input;
};

bool find_sources(const ScanOptions& options, const Configuration& configuration, Sources& sources) {
  triage::IgnorePatterns exclude;
  add_excludes(options, configuration, exclude);
  InputRules rules;
  rules.exclude = &exclude;
  rules.reads_ignore_files = !options.no_ignore;
  rules.command = "psdl scan -";
  if (!find_inputs(options.paths, sources.inputs, rules)) return false;
  const bool reads_standard_input = std::any_of(sources.inputs.files.begin(), sources.inputs.files.end(),
                                                [](const InputFile& file) { return file.path == "-"; });
  if (options.combine && reads_standard_input) {
    std::string problem;
    if (!read_file("-", sources.standard_input, problem)) {
      complain(problem);
      return false;
    }
  }
  for (const InputFile& file : sources.inputs.files) {
    const bool is_standard_input = file.path == "-";
    sources.jobs.push_back({file.path, is_standard_input ? options.globals.stdin_filename : file.path,
                            is_standard_input && options.combine ? &sources.standard_input : nullptr});
  }
  return true;
}

std::string inventory_json(const EngineOptions& engine, const Sources& sources) {
  Inventory inventory(engine);
  for (const Job& job : sources.jobs) {
    if (job.text != nullptr) {
      std::string_view rest = *job.text;
      inventory.add({[&rest](char* buffer, std::size_t capacity) {
                      const std::size_t size = std::min(capacity, rest.size());
                      std::copy_n(rest.data(), size, buffer);
                      rest.remove_prefix(size);
                      return static_cast<std::ptrdiff_t>(size);
                    }},
                    DocumentFormat::Auto, job.name);
      continue;
    }
    FileReader reader(job.path);
    if (reader.is_open()) inventory.add(reader.stream(), DocumentFormat::Auto, job.name);
  }
  return inventory.json();
}

// On standard error, where that is a terminal and nobody's log, and only when a run takes longer than a second.
class Progress {
 public:
  explicit Progress(std::size_t files) : files_(files), is_on_(isatty(2) == 1 && std::getenv("CI") == nullptr) {}
  void file_done() {
    ++done_;
    if (!is_on_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(200);
    tell(fmt::format("\r{} of {} files", done_, files_));
    is_shown_ = true;
  }
  void clear() {
    if (is_shown_) tell("\r\x1b[K");
    is_shown_ = false;
  }

 private:
  std::size_t files_;
  std::size_t done_ = 0;
  bool is_on_;
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

// --- The run ---------------------------------------------------------------------------------------------------------

std::size_t rank(FindingSeverity severity) {
  return static_cast<std::size_t>(severity);
}

// The worst rank that still counts; `never` is worse than all.
std::size_t rank_of(std::string_view word) {
  const auto* at = std::find(std::begin(kSeverities), std::end(kSeverities), word);
  return at == std::end(kSeverities) ? SIZE_MAX : static_cast<std::size_t>(at - std::begin(kSeverities));
}

class ScanRun {
 public:
  ScanRun(const ScanOptions& options, const Sources& sources, triage::Triage& triage, Reports& reports)
      : options_(options), sources_(sources), triage_(triage), reports_(reports), progress_(sources.jobs.size()) {
    fail_rank_ = rank_of(options.fail_on);
    least_rank_ = rank_of(options.min_severity);
  }

  void run(const Policy& policy, const JobOptions& jobs) {
    run_jobs(policy, sources_.jobs, jobs,
             {[this](std::size_t job, Verdict& verdict) { take(job, verdict); },
              [this](std::size_t job, const std::string& problem) { finish_file(job, problem); }});
    progress_.clear();
    if (checked_ == 0 && !any_error_) {
      complain("no object was checked: nothing can be said");
      any_error_ = true;
    } else if (options_.expect_pods && with_pods_ == 0) {
      complain("no document holds a pod (--expect-pods)");
      any_error_ = true;
    }
  }

  [[nodiscard]] int exit_code() const { return any_error_ ? kError : counted_ > 0 ? kFindings : kClean; }
  void fail() { any_error_ = true; }
  [[nodiscard]] std::size_t files() const { return files_; }
  [[nodiscard]] const std::vector<std::string>& passed_over() const { return passed_over_; }
  [[nodiscard]] const std::set<std::string>& files_read() const { return files_read_; }
  [[nodiscard]] std::size_t suppressed(Suppression::Kind kind) const {
    return suppressed_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::size_t without_pods() const { return without_pods_; }

 private:
  void say(std::string_view text) {
    progress_.clear();
    tell(text);
  }
  void say(const DiagnosticList& problems) {
    if (problems.empty()) return;
    progress_.clear();
    show(problems, options_.globals);
  }

  void take(std::size_t job, Verdict& verdict) {
    ++seen_;
    if (!verdict.printed.empty()) say(verdict.printed);
    if (verdict.status == Status::Skipped) {
      take_skipped(job, verdict);
      return;
    }
    if (verdict.status == Status::Error) {
      any_error_ = true;
    } else {
      ++checked_;
      ++(verdict.pod_proof == PodProof::Absent ? without_pods_ : with_pods_);
    }
    DiagnosticList problems;
    triage_.apply(verdict, problems);
    any_error_ = any_error_ || problems.has_errors();
    if (verdict.errors != nullptr) say(*verdict.errors);
    if (verdict.warnings != nullptr && !options_.globals.quiet) say(*verdict.warnings);
    say(problems);
    count(verdict);
    reports_.add(verdict, {.file = sources_.jobs[job].name});
  }

  // Beside manifests in a directory, a chart's values are no mistake; among what was named they are.
  void take_skipped(std::size_t job, const Verdict& verdict) {
    ++skipped_;
    if (sources_.inputs.files[job].from_directory) return;
    say(fmt::format("psdl: {} is no manifest: it has neither `kind` nor anything shaped like a pod spec\n",
                    tools::escape_for_terminal(verdict.document)));
    any_error_ = true;
  }

  void count(Verdict& verdict) {
    std::vector<Finding>& findings = verdict.findings;
    findings.erase(std::remove_if(findings.begin(), findings.end(),
                                  [this](const Finding& finding) { return rank(finding.severity) > least_rank_; }),
                   findings.end());
    for (const Finding& finding : findings) {
      if (finding.suppressed) {
        ++suppressed_[static_cast<std::size_t>(finding.suppressed->kind)];
      } else if (fail_rank_ != SIZE_MAX && rank(finding.severity) <= fail_rank_) {
        ++counted_;
      }
    }
  }

  void finish_file(std::size_t job, const std::string& problem) {
    const std::string& name = sources_.jobs[job].name;
    if (!problem.empty()) {
      progress_.clear();
      complain(problem);
      any_error_ = true;
    } else if (seen_ == 0) {
      // Between other files an empty one is as wrong as alone: someone expects it to be checked.
      say(fmt::format("psdl: {}: no object was checked: the file holds none\n", tools::escape_for_terminal(name)));
      any_error_ = true;
    } else if (skipped_ == seen_ && sources_.inputs.files[job].from_directory) {
      passed_over_.push_back(name);
    } else {
      ++files_;
      if (triage_.has_baseline()) files_read_.insert(name);
    }
    seen_ = 0;
    skipped_ = 0;
    progress_.file_done();
  }

  const ScanOptions& options_;
  const Sources& sources_;
  triage::Triage& triage_;
  Reports& reports_;
  Progress progress_;
  std::size_t fail_rank_ = 0;
  std::size_t least_rank_ = 0;
  // Of the file at hand.
  std::size_t seen_ = 0;
  std::size_t skipped_ = 0;
  // Of the run.
  std::size_t files_ = 0;
  std::vector<std::string> passed_over_;
  std::set<std::string> files_read_;  // where there is a baseline
  std::size_t checked_ = 0;
  std::size_t with_pods_ = 0;
  std::size_t without_pods_ = 0;
  std::size_t counted_ = 0;  // findings at or above --fail-on
  std::size_t suppressed_[4] = {0, 0, 0, 0};
  bool any_error_ = false;
};

// --- What is said at the end -----------------------------------------------------------------------------------------

std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 10;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMost; ++i)
    text += (i == 0 ? "" : ", ") + tools::escape_for_terminal(names[i]);
  if (names.size() > kMost) text += fmt::format(" and {} more", names.size() - kMost);
  return text;
}

void tell_passed_over(const ScanRun& run, const InputSet& inputs, bool is_standard) {
  const std::vector<std::string>& files = run.passed_over();
  if (!files.empty())
    tell(fmt::format("note: {} passed over, neither `kind` nor anything shaped like a pod spec: {}\n",
                     tools::plural(files.size(), "file"), some_of(files)));
  if (is_standard && run.without_pods() > 0)
    tell(fmt::format("note: {} passed over by the standards: proven to hold no pod\n",
                     tools::plural(run.without_pods(), "document")));
  if (inputs.ignored > 0) tell(fmt::format("note: {} excluded\n", tools::plural(inputs.ignored, "file or folder")));
}

void tell_suppressed(const ScanRun& run) {
  struct Row {
    Suppression::Kind kind;
    std::string_view by;
  };
  constexpr Row rows[] = {{Suppression::Kind::Exception, "exceptions"},
                          {Suppression::Kind::InlineMark, "marks in the text"},
                          {Suppression::Kind::Annotation, "annotations"},
                          {Suppression::Kind::Baseline, "the baseline"}};
  std::string by;
  std::size_t total = 0;
  for (const Row& row : rows) {
    const std::size_t count = run.suppressed(row.kind);
    total += count;
    if (count > 0) by += fmt::format("{}{} by {}", by.empty() ? "" : ", ", count, row.by);
  }
  if (total > 0) tell(fmt::format("note: {} suppressed: {}\n", tools::plural(total, "finding"), by));
}

// Exceptions and marks that suppressed nothing. Of rules that did not run nothing is known.
void tell_unused(const triage::Triage& triage, const std::vector<RuleInfo>& rules, const Globals& globals) {
  const auto ran = [&](const std::string& pattern) {
    return std::any_of(rules.begin(), rules.end(),
                       [&](const RuleInfo& rule) { return triage::matches(pattern, rule.id); });
  };
  DiagnosticList unused;
  for (const triage::ExceptionState& state : triage.exceptions()) {
    const triage::Exception& exception = *state.exception;
    if (state.state != triage::ExceptionState::State::Unused || !ran(exception.rule)) continue;
    triage::add_problem(unused, false, "unused_exception",
                        fmt::format("the exception for {} excused nothing", exception.rule), exception.place,
                        "remove it where what it excused is mended");
  }
  for (const triage::MarkState& mark : triage.marks()) {
    if (mark.findings > 0 || !std::all_of(mark.rules.begin(), mark.rules.end(), ran)) continue;
    triage::add_problem(unused, false, "unused_mark",
                        fmt::format("the mark for {} suppressed nothing", some_of(mark.rules)),
                        {mark.file, mark.line, mark.column, 0, {}, 1}, "remove it where what it excused is mended");
  }
  show(unused, globals);
}

// Gone are those of files that were read, or that are no more; of others nothing is known.
void tell_fixed(const triage::Triage& triage, const ScanRun& run) {
  std::size_t count = 0;
  std::vector<std::string> names;
  for (const triage::BaselineEntry& entry : triage.gone()) {
    std::error_code ignored;
    if (run.files_read().count(entry.file) == 0 && std::filesystem::exists(entry.file, ignored)) continue;
    count += entry.count;
    names.push_back(fmt::format("{} {}", entry.rule, entry.object));
  }
  if (count > 0)
    tell(fmt::format("note: {} of the baseline fixed: {}\n", tools::plural(count, "finding"), some_of(names)));
}

bool write_baseline(const triage::Triage& triage, const std::string& path) {
  Output out(path);
  out.write(triage::baseline_text(triage.seen()));
  return out.finish();
}

// --- Putting it together ---------------------------------------------------------------------------------------------

tools::RunFacts run_facts(const ScanOptions& options, const ScanRun& run, const triage::Triage& triage, int exit_code) {
  tools::RunFacts facts;
  facts.files = run.files();
  facts.files_not_manifests = run.passed_over().size();
  facts.exit_code = exit_code;
  facts.time = report_time();
  if (options.has_standard) {
    facts.level = level_name(options.standard.level);
    facts.kube_version = fmt::format("1.{}", options.standard.version.evaluated_minor());
  }
  for (const triage::ExceptionState& state : triage.exceptions()) {
    const triage::Exception& one = *state.exception;
    tools::ExceptionUse use{tools::ExceptionUse::State::Unused,
                            one.rule,
                            one.object,
                            one.container,
                            one.reason,
                            one.owner,
                            one.expires,
                            one.place.file,
                            one.place.line};
    if (state.state == triage::ExceptionState::State::Used) use.state = tools::ExceptionUse::State::Used;
    if (state.state == triage::ExceptionState::State::Expired) use.state = tools::ExceptionUse::State::Expired;
    facts.exceptions.push_back(std::move(use));
  }
  return facts;
}

// Fixes are made, and proven by reading the document again, only where some report shows them.
bool shows_fixes(const Globals& globals) {
  constexpr std::string_view kShowing[] = {"auto", "text", "json", "jsonl", "yaml", "sarif", "html"};
  return globals.outputs.empty() || globals.writes_any(kShowing);
}

JobOptions job_options(const ScanOptions& options, const triage::Options& triage) {
  JobOptions jobs;
  jobs.threads = options.threads;
  jobs.evaluate.now_ns = options.now_ns;
  jobs.evaluate.skip_non_manifests = true;
  jobs.evaluate.judges_pods = options.judges_pods();
  jobs.evaluate.strict_fields = options.globals.strict;
  jobs.evaluate.fixes = shows_fixes(options.globals);
  jobs.evaluate.psa = options.globals.writes_any(kShowPsa);
  jobs.evaluate.read_marks = triage.inline_marks;
  jobs.evaluate.read_labels = std::any_of(triage.exceptions.begin(), triage.exceptions.end(),
                                          [](const triage::Exception& one) { return !one.labels.empty(); });
  if (!options.rules.empty() || !options.skipped_rules.empty()) {
    jobs.is_wanted = [&options](std::string_view id) {
      return (options.rules.empty() || is_any_of(options.rules, id)) && !is_any_of(options.skipped_rules, id);
    };
  }
  return jobs;
}

// Of the rules that run; empty, told, where what was asked for leaves none of those there are.
bool rules_that_run(const ScanOptions& options, const Policy& policy, const JobOptions& jobs,
                    std::vector<RuleInfo>& rules) {
  rules = policy.rule_infos();
  if (!jobs.is_wanted) return true;
  rules.erase(
      std::remove_if(rules.begin(), rules.end(), [&](const RuleInfo& rule) { return !jobs.is_wanted(rule.id); }),
      rules.end());
  if (!rules.empty()) return true;
  const std::string level = options.level.empty()
                                ? std::string()
                                : fmt::format(" (level {}, {})", options.level, options.standard.version.text());
  complain(fmt::format("none of the rules asked for is among those of this run{}", level));
  return false;
}

void tell_the_rest(const ScanOptions& options, const Sources& sources, const triage::Triage& triage,
                   const std::vector<RuleInfo>& rules, const ScanRun& run) {
  if (options.globals.quiet) return;
  tell_passed_over(run, sources.inputs, options.has_standard);
  tell_unused(triage, rules, options.globals);
  tell_suppressed(run);
  tell_fixed(triage, run);
}

// The rules that --rule names on every object, in place of the report. Exceptions, marks and baselines change no proof.
int scan_why(const ScanOptions& options, const Policy& policy, const Sources& sources, const JobOptions& jobs) {
  WhyOutput out(options.globals, sources.jobs.size() > 1);
  tools::Why why(policy, jobs.evaluate);
  if (!out.open()) return kError;
  if (!why.ask_entry_points(jobs.is_wanted)) {
    complain("--why: no rule of the run has such an id, or a program image has lost its source");
    return kError;
  }
  bool any_error = false;
  bool any_finding = false;
  bool has_pod = true;
  for (const Job& job : sources.jobs) {
    FileReader reader(job.path);
    if (!reader.is_open()) {
      complain(reader.problem());
      any_error = true;
      continue;
    }
    const auto take = [&](const Verdict& verdict) {
      if (verdict.errors != nullptr) show(*verdict.errors, options.globals);
      any_error = any_error || verdict.status == Status::Error;
      // The standards say nothing of what holds no pod.
      has_pod = !options.has_standard || verdict.pod_proof != PodProof::Absent;
      any_finding = any_finding ||
                    (has_pod && std::any_of(verdict.findings.begin(), verdict.findings.end(), [&](const Finding& one) {
                       return !jobs.is_wanted || jobs.is_wanted(one.rule);
                     }));
      return true;
    };
    const auto add = [&](const tools::WhyAnswer& answer) {
      if (has_pod) out.add(answer);
      return true;
    };
    why.explain(reader.stream(), DocumentFormat::Auto, job.name, add, take);
  }
  if (!out.finish() || any_error) return kError;
  return any_finding ? kFindings : kClean;
}

int scan(const ScanOptions& options, const Configuration& configuration) {
  triage::Options wanted;
  if (!read_triage(options, configuration, wanted)) return kError;
  EngineOptions engine;
  if (!options.globals.engine_options(engine)) return kError;
  engine.whole_stdlib = false;
  Sources sources;
  if (!find_sources(options, configuration, sources)) return kError;
  const std::string inventory = options.combine ? inventory_json(engine, sources) : std::string();
  const Policy policy = build_policy(options, configuration, engine, wanted, inventory);
  if (!policy) return kError;
  const JobOptions jobs = job_options(options, wanted);
  std::vector<RuleInfo> rules;
  if (!rules_that_run(options, policy, jobs, rules) || !check_entry_points(options, policy)) return kError;
  if (options.why) return scan_why(options, policy, sources, jobs);
  Reports reports;
  tools::ReportOptions shown;
  shown.rules = rules;
  shown.show_passed = options.show_passed;
  shown.show_suppressed = options.show_suppressed;
  shown.style.most_findings = options.most_findings;
  if (!reports.open(options.globals, shown)) return kError;
  // The findings go into the baseline.
  if (!options.write_baseline.empty() && options.globals.quiet && options.globals.outputs.empty()) reports.silence();

  for (const std::string& remark : sources.inputs.remarks) tell("note: " + tools::escape_for_terminal(remark) + "\n");
  wanted.keeps_seen = !options.write_baseline.empty();
  triage::Triage triage(std::move(wanted));
  ScanRun run(options, sources, triage, reports);
  DiagnosticList expired;
  if (!triage.check_expiry(expired)) run.fail();
  run.run(policy, jobs);
  show(expired, options.globals);
  int exit_code = run.exit_code();
  if (!options.write_baseline.empty()) {
    if (!write_baseline(triage, options.write_baseline)) exit_code = kError;
    if (exit_code == kFindings) exit_code = kClean;
  }
  tell_the_rest(options, sources, triage, rules, run);
  return reports.finish(run_facts(options, run, triage, exit_code)) ? exit_code : kError;
}

}  // namespace

int run_scan(const Words& words) {
  ScanOptions options;
  Arguments arguments("scan", "PATH..", "Judges every document of files, directories and streams by packs of rules.",
                      kExamples);
  declare(arguments, options);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  Configuration configuration;
  if (!configuration.load(options.config, options.globals) || !settle(options, configuration)) return kError;
  return scan(options, configuration);
}

}  // namespace psdl::cli
