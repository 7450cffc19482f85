// psdl fix: what rules say of mending, made in the files or shown as a diff.
#include "psdl/fixes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/rule_choice.hpp"
#include "repl/replace_file.hpp"

namespace psdl::cli {
namespace {

constexpr std::string_view kExamples =
    "examples:\n"
    "  psdl fix k8s/                                      what would change, as a diff\n"
    "  psdl fix --write --rule PSS103 k8s/web.yaml        change the file, for one rule\n"
    "  helm template chart/ | psdl fix --write - > out.yaml     standard input to standard output\n"
    "exit: 0 nothing is left, 1 findings are left (--diff: there are some now), 2 error: something was not judged or "
    "not written\n";

struct FixOptions : RuleChoice {
  Words paths;
  // Which findings are mended: all rules judge, as a fix must bring up no other finding.
  Words fixed_rules;
  Words left_rules;
  bool diff = false;
  bool write = false;
};

void declare(Arguments& arguments, FixOptions& options) {
  arguments.positionals("PATH", options.paths, "manifests: files, directories, globs, - for standard input");
  arguments.flag("--diff", options.diff, "print what would change as a unified diff; write nothing (the default)");
  arguments.flag("--write", options.write, "change the files; standard input comes out on standard output");
  arguments.list("--rule", options.fixed_rules,
                 "only fixes of this rule; may be repeated, `*` stands for any characters", "ID");
  arguments.list("--skip-rule", options.left_rules, "no fixes of this rule", "ID");
  declare_rule_choice(arguments, options);
  arguments.globals(options.globals, kNoOutput);
}

// False, with a message, where they make no sense.
bool settle(FixOptions& options, const Configuration& configuration) {
  if (options.paths.empty()) {
    complain("fix: name manifests, a directory, or - for standard input: psdl fix k8s/");
    return false;
  }
  if (options.diff && options.write) {
    complain("fix: --diff writes nothing: give it or --write");
    return false;
  }
  return settle_rule_choice(options, configuration);
}

class FixRun {
 public:
  FixRun(const FixOptions& options, const Policy& policy, triage::Options wanted)
      : options_(options),
        evaluator_(policy),
        reads_labels_(std::any_of(wanted.exceptions.begin(), wanted.exceptions.end(),
                                  [](const triage::Exception& one) { return !one.labels.empty(); })),
        triage_(std::move(wanted)) {}

  void run(const InputSet& inputs) {
    DiagnosticList expired;
    if (!triage::Triage(triage_).check_expiry(expired)) has_error_ = true;
    for (const std::string& remark : inputs.remarks) tell("note: " + tools::escape_for_terminal(remark) + "\n");
    for (const InputFile& input : inputs.files) run_file(input);
    show(expired, options_.globals);
    if (!output_.finish()) has_error_ = true;
    if (judged_ == 0 && !has_error_) {
      complain("no object was checked: nothing can be said");
      has_error_ = true;
    }
    if (!options_.globals.quiet) {
      tell(fmt::format("{} {} in {}, {} left\n", options_.write ? "fixed" : "can fix", tools::plural(fixed_, "finding"),
                       tools::plural(changed_, "file"), left_));
    }
  }

  [[nodiscard]] int exit_code() const {
    if (has_error_) return kError;
    return left_ > 0 || (!options_.write && fixed_ > 0) ? kFindings : kClean;
  }

 private:
  [[nodiscard]] bool is_wanted(const Finding& finding) const {
    return (options_.fixed_rules.empty() || is_any_of(options_.fixed_rules, finding.rule)) &&
           !is_any_of(options_.left_rules, finding.rule);
  }

  void run_file(const InputFile& input) {
    std::string text;
    std::string problem;
    if (!read_file(input.path, text, problem)) {
      complain(problem);
      has_error_ = true;
      return;
    }
    const bool is_standard_input = input.path == "-";
    const std::string name = is_standard_input ? options_.globals.stdin_filename : input.path;
    evaluator_.set_options({.now_ns = options_.now_ns,
                            .skip_non_manifests = input.from_directory,
                            .read_labels = reads_labels_,
                            .read_marks = !options_.no_inline_ignore,
                            .strict_fields = options_.globals.strict,
                            .fixes = true,
                            .judges_pods = options_.judges_pods()});
    const FixedText fixed =
        fix_text(evaluator_, text, DocumentFormat::Auto, name,
                 {.wanted = [this](const Finding& finding) { return is_wanted(finding); },
                  .triage = [this](Verdict& verdict) { apply_triage(verdict); }});
    tell_verdicts(fixed, name, input.from_directory);
    // What cannot be judged goes through as it is, so that a pipe loses nothing.
    if (is_standard_input && options_.write) output_.write(fixed.text);
    if (fixed.is_changed && !options_.write) output_.write(unified_diff(name, text, fixed.text));
    if (fixed.is_changed && options_.write && !is_standard_input &&
        !repl::replace_file(input.path, text, fixed.text, problem)) {
      complain(problem);
      has_error_ = true;
      return;
    }
    fixed_ += fixed.fixed.size();
    changed_ += fixed.is_changed ? 1 : 0;
    left_ += fixed.left.size();
    for (const LeftFinding& left : fixed.left) tell_left(left);
  }

  // A text is judged again after each round: what a baseline excused before, it excuses again, and what is wrong with
  // a mark is told once.
  void apply_triage(Verdict& verdict) {
    DiagnosticList problems;
    triage::Triage(triage_).apply(verdict, problems);
    has_error_ = has_error_ || problems.has_errors();
    std::string text;
    for (std::size_t i = 0; i < problems.size(); ++i)
      text += fmt::format("{}:{}:{}\n", problems[i].file, problems[i].line, problems[i].message);
    if (told_.insert(std::move(text)).second) show(problems, options_.globals);
  }

  void tell_verdicts(const FixedText& fixed, const std::string& name, bool may_be_none) {
    for (const Verdict& verdict : fixed.verdicts) {
      if (verdict.status == Status::Allow || verdict.status == Status::Deny) ++judged_;
      if (verdict.errors != nullptr) show(*verdict.errors, options_.globals);
    }
    if (!fixed.is_judged) {
      complain(fmt::format("{}: left as it is: not all of it could be judged", tools::escape_for_terminal(name)));
      has_error_ = true;
    } else if (fixed.verdicts.empty() && !may_be_none) {
      complain(fmt::format("{}: no object was checked: the file holds none", tools::escape_for_terminal(name)));
      has_error_ = true;
    }
  }

  // "web.yaml:14:7: PSS105: pod must not .. (the rule knows no safe fix)"
  void tell_left(const LeftFinding& left) const {
    const Finding& finding = left.finding;
    tell(fmt::format("{}:{}:{}: {}: {} (not fixed: {})\n", tools::escape_for_terminal(finding.location.file),
                     finding.location.line, finding.location.column, tools::escape_for_terminal(finding.rule),
                     tools::escape_for_terminal(finding.message), tools::escape_for_terminal(left.reason)));
  }

  const FixOptions& options_;
  Evaluator evaluator_;
  bool reads_labels_;
  triage::Options triage_;
  std::set<std::string> told_;
  Output output_;
  std::size_t judged_ = 0;
  std::size_t fixed_ = 0;
  std::size_t changed_ = 0;
  std::size_t left_ = 0;
  bool has_error_ = false;
};

}  // namespace

int run_fix(const Words& words) {
  FixOptions options;
  Arguments arguments("fix", "PATH..", "Makes the fixes that rules know for their findings, changing no other byte.",
                      kExamples);
  declare(arguments, options);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  Configuration configuration;
  if (!configuration.load(options.config, options.globals) || !settle(options, configuration)) return kError;
  triage::Options wanted;
  EngineOptions engine;
  if (!read_triage(options, configuration, wanted) || !options.globals.engine_options(engine)) return kError;
  engine.whole_stdlib = false;
  const Policy policy = build_policy(options, configuration, engine, wanted);
  if (!policy || !check_entry_points(options, policy) || !check_ids("--rule", options.fixed_rules, rule_ids(policy)) ||
      !check_ids("--skip-rule", options.left_rules, rule_ids(policy)))
    return kError;
  InputSet inputs;
  if (!find_inputs(options.paths, inputs)) return kError;
  FixRun run(options, policy, std::move(wanted));
  run.run(inputs);
  return run.exit_code();
}

}  // namespace psdl::cli
