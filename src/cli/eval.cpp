// psdl eval: rules, or a query over them, on manifests.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/reports.hpp"
#include "cli/template_inputs.hpp"
#include "cli/verbs.hpp"
#include "cli/watch.hpp"
#include "cli/why.hpp"

namespace psdl::cli {
namespace {

struct EvalOptions {
  Globals globals;
  Words words;          // RULE INPUT.., or OPA's QUERY
  Words data;
  Words bundles;
  Words known;          // --bind
  Words inputs;
  Words imports;
  std::string query;
  std::string package;
  std::string format;   // OPA's -f
  std::string fail_on = "error";
  bool stdin_input = false;
  bool stdin_query = false;
  bool strict_builtin_errors = false;
  bool show_passed = false;
  bool fail = false;
  bool fail_defined = false;
  bool why = false;
  WatchFlags watch;

  // What they mean, found out by settle().
  bool is_query = false;
  Words rules;
};

constexpr std::string_view kExamples =
    "examples:\n"
    "  psdl eval rule.psdl pod.yaml                        findings, each with its line\n"
    "  kubectl get pods -A -o yaml | psdl eval rules/ -    every item of a list\n"
    "  psdl eval rule.psdl k8s/ -o json                    for machines; docs/reports.md has all formats\n"
    "  psdl eval -q data.example.deny rule.psdl pod.yaml   a query's answer\n"
    "  psdl eval rule.psdl pod.yaml --why                  which test made a rule hold, or kept it from holding\n"
    "  psdl eval rule.psdl pod.yaml --trace                the expressions that failed, in their order\n"
    "  psdl eval rule.psdl pod.yaml --profile              where the time goes\n"
    "  psdl eval -d rule.rego -i pod.json data.example     the same in OPA's spelling\n"
    "exit: 0 clean, 1 findings of severity --fail-on or above, 2 error: nothing is known\n";

void declare(Arguments& arguments, EvalOptions& options) {
  arguments.positionals(
      "RULE", options.words,
      "a rule file or a directory of them, then manifests: files, directories, globs, - for standard input");
  arguments.value("-q,--query", options.query, "ask this instead of collecting findings", "QUERY");
  arguments.list("-d,--data", options.data,
                 "more rules (as libraries) and data: files or directories, data rooted at folder names", "PATH");
  arguments.list("-b,--bundle", options.bundles, "as --data", "PATH");
  arguments.list(KnownFiles::kOption, options.known, KnownFiles::kHelp, "PATH");
  arguments.list("-i,--input", options.inputs, "a manifest; may be repeated", "FILE");
  arguments.flag("-I,--stdin-input", options.stdin_input, "read a manifest from standard input");
  arguments.flag("--stdin", options.stdin_query, "read the query from standard input");
  arguments.list("--import", options.imports, "an import that the query may use", "PATH");
  arguments.value("--package", options.package, "the package whose rules the query may name alone", "NAME");
  arguments.value("-f,--format", options.format, "with a query, as in OPA", "json|values|bindings|raw|discard");
  arguments.flag("--strict-builtin-errors", options.strict_builtin_errors,
                 "with a query: an error of a builtin is an error (for findings it always is)");
  arguments.value("--fail-on", options.fail_on, "findings that make the exit code 1 (default error)",
                  "error|warning|note|never");
  arguments.flag("--why", options.why, kWhyHelp);
  options.watch.declare(arguments);
  arguments.flag("--show-passed", options.show_passed, "objects without findings too");
  arguments.flag("--fail", options.fail, "with a query: exit 1 when it is undefined or empty");
  arguments.flag("--fail-defined", options.fail_defined, "with a query: exit 1 when it is defined");
  arguments.globals(options.globals, "REPORT");
}

// Decides what the words are. False, with a message, where they make no sense.
bool settle(EvalOptions& options) {
  options.data.insert(options.data.end(), options.bundles.begin(), options.bundles.end());
  if (options.stdin_input) options.inputs.emplace_back("-");
  Words& words = options.words;
  const bool has_data = !options.data.empty();
  if (options.stdin_query) {
    std::string problem;
    if (!read_file("-", options.query, problem)) {
      complain(problem);
      return false;
    }
  }
  options.is_query = !options.query.empty();
  if (!options.is_query && !words.empty() && kind_of(words.front()) == FileKind::Missing &&
      (has_data || !options.inputs.empty() || options.stdin_input)) {
    // OPA's form: eval -d P -i I QUERY.
    options.is_query = true;
    options.query = words.front();
    words.erase(words.begin());
  }
  if (!words.empty()) {
    const FileKind kind = kind_of(words.front());
    // With a query the rules may have come by -d, and then the first word may be a manifest already.
    const bool is_rule = kind == FileKind::Rules || kind == FileKind::Other ||
                         (kind == FileKind::Directory && !(options.is_query && has_data)) ||
                         kind == FileKind::Missing || !options.is_query;
    if (is_rule) {
      options.rules.push_back(words.front());
      words.erase(words.begin());
    }
  }
  // Several rule files in a row are all rules: a shell's *.psdl.
  while (!words.empty() && kind_of(words.front()) == FileKind::Rules) {
    options.rules.push_back(words.front());
    words.erase(words.begin());
  }
  for (const std::string& rule : options.rules) {
    if (kind_of(rule) != FileKind::Missing) continue;
    complain(fmt::format("cannot read {}: no such file or directory{}", tools::escape_for_terminal(rule),
                         has_data ? "" : " (a query is given with -q)"));
    return false;
  }
  options.inputs.insert(options.inputs.end(), words.begin(), words.end());
  if (options.is_query) return true;
  if (options.rules.empty()) {
    complain("eval: name a rule file or a directory, then manifests: psdl eval rule.psdl pod.yaml");
    return false;
  }
  if (kind_of(options.rules.front()) == FileKind::Data) {
    const std::string hint = template_hint(options.rules.front());
    complain(fmt::format("{} is no rule file (*.psdl, *.rego){}", options.rules.front(),
                         hint.empty() ? ": the rules come first, then the manifests" : hint));
    return false;
  }
  if (options.inputs.empty()) {
    complain("eval: name a manifest, or - for standard input: psdl eval rule.psdl pod.yaml");
    return false;
  }
  if (options.fail_on != "error" && options.fail_on != "warning" && options.fail_on != "note" &&
      options.fail_on != "never") {
    complain(fmt::format("--fail-on takes error, warning, note or never, not `{}`", options.fail_on));
    return false;
  }
  return true;
}

std::string shown_name(const std::string& path, const Globals& globals) {
  return path == "-" ? globals.stdin_filename : path;
}

// The policy, or nothing, with the reasons shown. `json` answers get them as JSON on `out`.
Policy build_policy(const EvalOptions& options, Output* json_out) {
  EngineOptions engine;
  if (!options.globals.engine_options(engine)) return {};
  engine.whole_stdlib = !options.query.empty();
  PolicyBuilder builder(engine);
  if (!add_all_rules(builder, options.rules)) return {};
  for (const std::string& data : options.data) {
    if (!add_data_path(builder, data, false)) return {};
  }
  KnownFiles known;
  if (!known.add_all(options.known)) return {};
  DiagnosticList problems;
  Policy policy = known.bind(builder.build(problems), problems);
  if (!policy && json_out != nullptr) {
    json_out->write(tools::render_diagnostics_json(problems));
  } else {
    show(problems, options.globals);
  }
  return policy;
}

// --- Queries

struct QueryForm {
  tools::AnswerFormat format = tools::AnswerFormat::Json;
  bool errors_as_json = false;  // OPA's way: on standard output
  bool discard = false;
};

bool query_form(const EvalOptions& options, QueryForm& form) {
  std::string name = options.format.empty() ? options.globals.format() : options.format;
  form.errors_as_json = name == "json";
  if (name.empty() || name == "json" || name == "text" || name == "pretty" || name == "jsonl" || name == "short")
    return true;
  if (name == "values") form.format = tools::AnswerFormat::Values;
  else if (name == "bindings") form.format = tools::AnswerFormat::Bindings;
  else if (name == "raw") form.format = tools::AnswerFormat::Raw;
  else if (name == "discard") form.discard = true;
  else {
    complain(fmt::format("a query is printed as json, values, bindings, raw or discard, not `{}`", name));
    return false;
  }
  return true;
}

// OPA's --fail: no result, or one whose only value is undefined, false or empty.
bool is_empty_answer(const QueryAnswer& answer) { return !answer.is_defined; }

int refuse_image() {
  complain("--why: a program image has lost its source; name the rules in its place");
  return kError;
}

int why_query(const EvalOptions& options, const Policy& policy, const Query& query) {
  InputSet inputs;
  if (!options.inputs.empty() && !find_inputs(options.inputs, inputs)) return kError;
  WhyOutput out(options.globals, inputs.files.size() > 1);
  if (!out.open()) return kError;
  tools::Why why(policy);
  if (!why.ask(query)) return refuse_image();
  bool any_error = false;
  if (options.inputs.empty()) {
    for (const tools::WhyAnswer& answer : why.explain()) out.add(answer);
  }
  for (const InputFile& input : inputs.files) {
    FileReader reader(input.path);
    if (!reader.is_open()) {
      complain(reader.problem());
      any_error = true;
      continue;
    }
    why.explain(reader.stream(), DocumentFormat::Auto, shown_name(input.path, options.globals),
                [&](const tools::WhyAnswer& answer) {
                  out.add(answer);
                  return true;
                });
  }
  return out.finish() && !any_error && !out.has_errors() ? kClean : kError;
}

int run_query(const EvalOptions& options) {
  QueryForm form;
  if (!query_form(options, form)) return kError;
  const std::vector<std::string>& outputs = options.globals.outputs;
  const std::size_t equals = outputs.empty() ? std::string::npos : outputs.front().find('=');
  std::optional<Output> file;
  if (equals != std::string::npos) file.emplace(outputs.front().substr(equals + 1));
  Output standard;
  Output& out = file ? *file : standard;

  const Policy policy = build_policy(options, form.errors_as_json ? &out : nullptr);
  if (!policy) {
    [[maybe_unused]] const bool is_written = out.finish();
    return kError;
  }
  DiagnosticList problems;
  const Query query = prepare_query(policy, options.query, problems, options.package, options.imports);
  if (!query) {
    if (form.errors_as_json) {
      out.write(tools::render_diagnostics_json(problems));
    } else {
      show(problems, options.globals);
    }
    [[maybe_unused]] const bool is_written = out.finish();
    return kError;
  }

  if (options.why) return why_query(options, policy, query);
  std::optional<WatchRun> watch;
  if (options.watch.any()) watch.emplace(policy, options.watch, options.globals);
  if (watch && !watch->ask(query)) return kError;
  Evaluator evaluator(policy, {.strict_builtin_errors = options.strict_builtin_errors});
  bool any_error = false;
  bool any_undefined = false;
  bool any_defined = false;
  const auto answer_one = [&](const QueryAnswer& answer) {
    if (!answer.printed.empty()) tell(answer.printed);
    any_error = any_error || !answer.errors.empty();
    any_undefined = any_undefined || is_empty_answer(answer);
    any_defined = any_defined || answer.is_defined;
    if (!answer.errors.empty() && !form.errors_as_json) {
      show(answer.errors, options.globals);
    } else if (!form.discard) {
      out.write(tools::render_answer(answer, form.format));
    }
    return true;
  };
  if (options.inputs.empty()) {
    if (watch) watch->run();
    answer_one(evaluator.query(query));
  } else {
    InputSet inputs;
    if (!find_inputs(options.inputs, inputs)) return kError;
    for (const InputFile& file_input : inputs.files) {
      FileReader reader(file_input.path);
      if (!reader.is_open()) {
        complain(reader.problem());
        any_error = true;
        continue;
      }
      const std::string name = shown_name(file_input.path, options.globals);
      if (watch) watch->run(reader, name);
      if (evaluator.query(query, watch ? watch->again() : reader.function(), DocumentFormat::Auto, name, answer_one) ==
              0 &&
          !any_error) {
        complain(fmt::format("{}: no document there: the query was not asked", tools::escape_for_terminal(name)));
        any_error = true;
      }
    }
  }
  const bool is_watched = !watch || watch->finish();
  if (!out.finish() || any_error || !is_watched) return kError;
  if (options.fail && any_undefined) return kFindings;
  if (options.fail_defined && any_defined) return kFindings;
  return kClean;
}

// --- Findings

class FindingsRun {
 public:
  FindingsRun(const EvalOptions& options, const Policy& policy, Reports& reports)
      : options_(options), policy_(policy), evaluator_(policy), reports_(reports) {}

  void run(const InputSet& inputs) {
    for (const std::string& remark : inputs.remarks) tell("note: " + tools::escape_for_terminal(remark) + "\n");
    for (const InputFile& input : inputs.files) run_file(input);
    if (checked_ == 0 && !any_error_) {
      complain("no object was checked: nothing can be said");
      any_error_ = true;
    }
    if (skipped_files_ > 0 && !options_.globals.quiet) {
      tell(fmt::format("note: {} file{} passed over: neither `kind` nor anything shaped like a pod spec\n",
                       skipped_files_, skipped_files_ == 1 ? "" : "s"));
    }
  }

  void set_watch(WatchRun& watch) { watch_ = &watch; }

  // Every entry point is asked why, in place of the report.
  [[nodiscard]] int run_why(const InputSet& inputs) {
    WhyOutput out(options_.globals, inputs.files.size() > 1);
    if (!out.open()) return kError;
    tools::Why why(policy_, {.strict_fields = options_.globals.strict});
    if (!why.ask_entry_points()) return refuse_image();
    why_ = &why;
    why_out_ = &out;
    run(inputs);
    return out.finish() ? exit_code() : kError;
  }

  [[nodiscard]] int exit_code() const {
    if (any_error_) return kError;
    std::size_t count = 0;
    if (options_.fail_on != "never") count += reports_.count(FindingSeverity::Error);
    if (options_.fail_on == "warning" || options_.fail_on == "note") count += reports_.count(FindingSeverity::Warning);
    if (options_.fail_on == "note") count += reports_.count(FindingSeverity::Note);
    return count > 0 ? kFindings : kClean;
  }

  [[nodiscard]] tools::RunFacts facts() const {
    tools::RunFacts facts;
    facts.files = files_;
    facts.files_not_manifests = skipped_files_;
    facts.exit_code = exit_code();
    facts.time = report_time();
    return facts;
  }

 private:
  void run_file(const InputFile& input) {
    FileReader reader(input.path);
    if (!reader.is_open()) {
      complain(reader.problem());
      any_error_ = true;
      return;
    }
    ++files_;
    const std::string name = shown_name(input.path, options_.globals);
    evaluator_.set_options({.skip_non_manifests = input.from_directory,
                            .strict_fields = options_.globals.strict,
                            .fixes = true,
                            .psa = options_.globals.writes_any(kShowPsa)});
    std::size_t skipped = 0;
    std::size_t seen = 0;
    bool failed = false;
    const auto take = [&](const Verdict& verdict) {
      ++seen;
      if (!verdict.printed.empty()) tell(verdict.printed);
      if (verdict.status == Status::Skipped) {
        ++skipped;
        return true;
      }
      if (verdict.status == Status::Error) {
        failed = true;
      } else {
        ++checked_;
      }
      if (verdict.errors != nullptr) show(*verdict.errors, options_.globals);
      if (verdict.warnings != nullptr && !options_.globals.quiet) show(*verdict.warnings, options_.globals);
      reports_.add(verdict, {.file = name});
      return true;
    };
    if (why_ != nullptr) {
      why_->explain(reader.stream(), DocumentFormat::Auto, name, [&](const tools::WhyAnswer& answer) {
        why_out_->add(answer);
        return true;
      }, take);
    } else if (watch_ != nullptr) {
      watch_->run(reader, name);
      evaluator_.evaluate(watch_->again(), DocumentFormat::Auto, name, take);
    } else {
      evaluator_.evaluate(reader.stream(), DocumentFormat::Auto, name, take);
    }
    any_error_ = any_error_ || failed;
    if (seen > 0 && skipped == seen) {
      --files_;
      ++skipped_files_;
    } else if (seen == 0) {
      // Between other files an empty one is as wrong as alone: someone expects it to be checked.
      complain(fmt::format("{}: no object was checked: the file holds none", tools::escape_for_terminal(name)));
      any_error_ = true;
    }
  }

  const EvalOptions& options_;
  const Policy& policy_;
  Evaluator evaluator_;
  Reports& reports_;
  WatchRun* watch_ = nullptr;
  // --why
  tools::Why* why_ = nullptr;
  WhyOutput* why_out_ = nullptr;
  std::size_t files_ = 0;
  std::size_t skipped_files_ = 0;
  std::size_t checked_ = 0;
  bool any_error_ = false;
};

int run_findings(const EvalOptions& options) {
  const Policy policy = build_policy(options, nullptr);
  if (!policy) return kError;
  DiagnosticList problems;
  const bool has_entry_points = policy.check_entry_points(problems);
  show(problems, options.globals);
  if (!has_entry_points) return kError;

  InputSet inputs;
  if (!find_inputs(options.inputs, inputs)) return kError;
  Reports reports;
  Globals unread = options.globals;
  if (options.why) unread.outputs = {"text"};
  if (!reports.open(options.why ? unread : options.globals,
                    {.rules = policy.rule_infos(), .show_passed = options.show_passed}))
    return kError;
  FindingsRun run(options, policy, reports);
  if (options.why) return run.run_why(inputs);
  std::optional<WatchRun> watch;
  if (options.watch.any()) {
    watch.emplace(policy, options.watch, options.globals);
    if (!watch->ask_entry_points()) return kError;
    run.set_watch(*watch);
  }
  run.run(inputs);
  const bool is_watched = !watch || watch->finish();
  return reports.finish(run.facts()) && is_watched ? run.exit_code() : kError;
}

}  // namespace

int run_eval(const Words& words) {
  EvalOptions options;
  Arguments arguments("eval", "RULE [INPUT..]",
                      "Runs a rule file, or a directory of them, on manifests, one result for each document.",
                      kExamples);
  declare(arguments, options);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (!settle(options) || !options.watch.settle()) return kError;
  return options.is_query ? run_query(options) : run_findings(options);
}

}  // namespace psdl::cli
