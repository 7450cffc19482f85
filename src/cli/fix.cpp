// psdl fix: what rules say of mending, made in the files or shown as a diff.
#include "psdl/fixes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/replace_file.hpp"
#include "cli/verbs.hpp"
#include "psdl/standards.hpp"

namespace psdl::cli {
namespace {

constexpr std::string_view kExamples =
    "examples:\n"
    "  psdl fix k8s/                                      what would change, as a diff\n"
    "  psdl fix --write --rule PSS103 k8s/web.yaml        change the file, for one rule\n"
    "  helm template chart/ | psdl fix --write - > out.yaml     standard input to standard output\n"
    "exit: 0 nothing is left, 1 findings are left (--diff: there are some now), 2 error: something was not judged or "
    "not written\n";

struct FixOptions {
  Globals globals;
  Words paths;
  Words packs;
  Words rules;
  Words skipped_rules;
  std::string level;
  std::string kube_version;
  bool diff = false;
  bool write = false;
  bool raw = false;
};

void declare(Arguments& arguments, FixOptions& options) {
  arguments.positionals("PATH", options.paths, "manifests: files, directories, globs, - for standard input");
  arguments.flag("--diff", options.diff, "print what would change as a unified diff; write nothing (the default)");
  arguments.flag("--write", options.write, "change the files; standard input comes out on standard output");
  arguments.list("--rule", options.rules, "only fixes of this rule; may be repeated", "ID");
  arguments.list("--skip-rule", options.skipped_rules, "no fixes of this rule", "ID");
  arguments.value("--level", options.level, "baseline or restricted (the default, where there is no -p)", "LEVEL");
  arguments.value("--kube-version", options.kube_version, "version of the standards: latest (default), v1.34",
                  "VERSION");
  arguments.list("-p,--pack", options.packs, "rules of your own: a file or a directory", "PATH");
  arguments.flag("--raw", options.raw, "no defaults of the API server");
  arguments.globals(options.globals);
}

// False, with a message, where they make no sense.
bool settle(FixOptions& options) {
  if (options.paths.empty()) {
    complain("fix: name manifests, a directory, or - for standard input: psdl fix k8s/");
    return false;
  }
  if (options.diff && options.write) {
    complain("fix: --diff writes nothing: give it or --write");
    return false;
  }
  if (options.level.empty() && options.packs.empty()) options.level = "restricted";
  return true;
}

// Empty, with messages, where rules or options are wrong.
Policy build_policy(const FixOptions& options) {
  EngineOptions engine;
  if (!options.globals.engine_options(engine)) return {};
  engine.whole_stdlib = false;
  PolicyBuilder builder(engine);
  DiagnosticList problems;
  bool is_fine = true;
  if (!options.level.empty()) {
    const std::optional<Level> level = parse_level(options.level, problems);
    const std::optional<StandardVersion> version =
        StandardVersion::parse(options.kube_version.empty() ? "latest" : options.kube_version, problems);
    is_fine = level && version;
    if (is_fine)
      is_fine = add_standard(
          builder, {.level = *level, .version = *version, .admission = !options.raw, .only = {}, .without = {}},
          problems);
  }
  Policy policy;
  if (is_fine && add_all_rules(builder, options.packs)) policy = builder.build(problems);
  is_fine = policy && policy.check_entry_points(problems);
  show(problems, options.globals);
  return is_fine ? policy : Policy();
}

// False, with the likely id, for one that no rule of the run has.
bool check_ids(std::string_view flag, const Words& ids, const Policy& policy) {
  Words known;
  for (const RuleInfo& rule : policy.rule_infos()) known.push_back(rule.id);
  for (const std::string& id : ids) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    complain(fmt::format("{} {}: no rule of this run has that id{}", flag, tools::escape_for_terminal(id),
                         did_you_mean(id, known)));
    return false;
  }
  return true;
}

class FixRun {
 public:
  FixRun(const FixOptions& options, const Policy& policy)
      : options_(options), evaluator_(policy) {}

  void run(const InputSet& inputs) {
    for (const std::string& remark : inputs.remarks) tell("note: " + tools::escape_for_terminal(remark) + "\n");
    for (const InputFile& input : inputs.files) run_file(input);
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
    const auto holds = [&](const Words& ids) { return std::find(ids.begin(), ids.end(), finding.rule) != ids.end(); };
    return (options_.rules.empty() || holds(options_.rules)) && !holds(options_.skipped_rules);
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
    evaluator_.set_options({.skip_non_manifests = input.from_directory,
                            .strict_fields = options_.globals.strict,
                            .fixes = true,
                            .judges_pods = !options_.level.empty()});
    const FixedText fixed = fix_text(evaluator_, text, DocumentFormat::Auto, name,
                                     {.wanted = [this](const Finding& finding) { return is_wanted(finding); }});
    tell_verdicts(fixed, name, input.from_directory);
    // What cannot be judged goes through as it is, so that a pipe loses nothing.
    if (is_standard_input && options_.write) output_.write(fixed.text);
    if (fixed.is_changed && !options_.write) output_.write(unified_diff(name, text, fixed.text));
    if (fixed.is_changed && options_.write && !is_standard_input &&
        !replace_file(input.path, text, fixed.text, problem)) {
      complain(problem);
      has_error_ = true;
      return;
    }
    fixed_ += fixed.fixed.size();
    changed_ += fixed.is_changed ? 1 : 0;
    left_ += fixed.left.size();
    for (const LeftFinding& left : fixed.left) tell_left(left);
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
  if (!settle(options)) return kError;
  const Policy policy = build_policy(options);
  if (!policy || !check_ids("--rule", options.rules, policy) ||
      !check_ids("--skip-rule", options.skipped_rules, policy))
    return kError;
  InputSet inputs;
  if (!find_inputs(options.paths, inputs)) return kError;
  FixRun run(options, policy);
  run.run(inputs);
  return run.exit_code();
}

}  // namespace psdl::cli
