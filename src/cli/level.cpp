// psdl level: which of Kubernetes' pod standards manifests meet, and what stands in the way.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/rule_choice.hpp"
#include "psdl/tools/levels.hpp"

namespace psdl::cli {
namespace {

constexpr std::string_view kExamples =
    "examples:\n"
    "  psdl level k8s/                             the strictest level of each object and namespace\n"
    "  psdl level k8s/ --assert baseline           exit 1 where something does not meet it\n"
    "  psdl level k8s/ --suggest-labels            labels for the namespaces\n"
    "  psdl level k8s/ --assert team.yaml          a level of your own, from a level file\n"
    "  psdl level pod.yaml --all-versions          each level at each version, a JSON line each\n"
    "exit: 0 clean, 1 --assert is not met, 2 error: nothing is known\n";

struct LevelOptions {
  Globals globals;
  Words paths;
  std::string assertion;
  std::string by;
  std::string level_file;
  std::string kube_version;
  std::string now;
  bool suggests_labels = false;
  bool all_versions = false;
  bool raw = false;
  bool expect_pods = false;

  // What they mean, found out by settle().
  std::optional<Level> asserted;
  bool asserts_own = false;
  StandardVersion version;
  std::optional<LevelFile> own;
  std::int64_t now_ns = 0;
  tools::LevelFormat format = tools::LevelFormat::Text;
  std::string out_path;  // empty: standard output
};

void declare(Arguments& arguments, LevelOptions& options) {
  arguments.positionals("PATH", options.paths, "manifests: files, directories, globs, - for standard input");
  arguments.value("--assert", options.assertion,
                  "exit 1 where an object does not meet this level; FILE is a level file",
                  "privileged|baseline|restricted|FILE");
  arguments.value("--level", options.level_file, "a level file: say of each object whether it meets that too", "FILE");
  arguments.value("--by", options.by, "show objects alone, or namespaces alone", "object|namespace");
  arguments.flag("--suggest-labels", options.suggests_labels,
                 "print the kubectl command that labels each namespace with what it meets");
  arguments.flag("--all-versions", options.all_versions,
                 "a JSON line for each object, level and version, with Kubernetes' own texts");
  arguments.value("--kube-version", options.kube_version, "the version of the standards: latest (default), v1.34",
                  "VERSION");
  arguments.value("--now", options.now, "the time, for exceptions of the level file that expire: 2027-03-31T10:00:00Z",
                  "TIME");
  arguments.flag("--raw", options.raw, "leave out what the API server fills in");
  arguments.flag("--expect-pods", options.expect_pods, "documents that hold no pod spec alone are an error");
  arguments.globals(options.globals, "text|short|json|jsonl|table");
}

bool settle_format(LevelOptions& options) {
  if (options.globals.outputs.size() > 1) {
    complain("level: one -o is enough");
    return false;
  }
  std::string name = options.globals.outputs.empty() ? std::string() : options.globals.outputs.front();
  if (const std::size_t equals = name.find('='); equals != std::string::npos) {
    options.out_path = name.substr(equals + 1);
    name.resize(equals);
  }
  if (name.empty()) name = options.all_versions ? "jsonl" : options.globals.error_format == "short" ? "short" : "text";
  if (options.all_versions && name != "jsonl") return refuse_choice("--all-versions -o", name, {"jsonl"});
  if (name == "text" || name == "auto") options.format = tools::LevelFormat::Text;
  else if (name == "short") options.format = tools::LevelFormat::Short;
  else if (name == "json") options.format = tools::LevelFormat::Json;
  else if (name == "jsonl") options.format = tools::LevelFormat::JsonLines;
  else if (name == "table") options.format = tools::LevelFormat::Table;
  else return refuse_choice("level -o", name, {"text", "short", "json", "jsonl", "table"});
  return true;
}

// Reads the level file that --level, or --assert, names.
bool settle_own(LevelOptions& options, DiagnosticList& problems) {
  std::string path = options.level_file;
  if (path.empty() && names_level_file(options.assertion)) path = options.assertion;
  if (path.empty()) return true;
  if (!names_level_file(path)) {
    complain(fmt::format("--level takes a level file, not `{}`; --assert asks for a level",
                         tools::escape_for_terminal(path)));
    return false;
  }
  options.own = open_level_file(path, problems);
  if (!options.own) show(problems, options.globals);
  return options.own.has_value();
}

bool settle(LevelOptions& options) {
  if (options.paths.empty()) {
    complain("level: name manifests, a directory, or - for standard input: psdl level k8s/");
    return false;
  }
  if (!options.by.empty() && options.by != "object" && options.by != "namespace")
    return refuse_choice("--by", options.by, {"object", "namespace"});
  if (options.all_versions &&
      (!options.level_file.empty() || !options.assertion.empty() || !options.by.empty() || options.suggests_labels)) {
    complain("--all-versions stands without --assert, --level, --by and --suggest-labels");
    return false;
  }
  if (!settle_format(options)) return false;
  const std::optional<std::int64_t> now = time_of_flag(options.now);
  if (!now) return false;
  options.now_ns = *now;
  DiagnosticList problems;
  if (!settle_own(options, problems)) return false;
  options.asserts_own = !options.assertion.empty() && options.own &&
                        (options.assertion == options.own->file || options.assertion == options.own->name);
  if (!options.assertion.empty() && !options.asserts_own) options.asserted = parse_level(options.assertion, problems);
  if (options.kube_version.empty()) {
    if (options.own) options.version = options.own->version.value_or(StandardVersion());
  } else if (const std::optional<StandardVersion> version = StandardVersion::parse(options.kube_version, problems)) {
    options.version = *version;
  }
  show(problems, options.globals);
  return !problems.has_errors();
}

// The rules of both levels, and of the level file, in one policy. Empty, told, where something is wrong.
Policy build_policy(const LevelOptions& options, const EngineOptions& engine) {
  PolicyBuilder builder(engine);
  add_levels(builder, options.version, !options.raw);
  DiagnosticList problems;
  if (options.own && !add_of_level_file(builder, *options.own)) return {};
  const bool is_fine = !options.own || add_extra(builder, options.own->extra, problems);
  Policy policy = is_fine ? builder.build(problems) : Policy();
  if (policy && options.own) {
    std::vector<std::string> ids = rule_ids(policy);
    for (const RuleInfo& rule : shipped_rules()) ids.push_back(rule.id);
    triage::Settings named;
    named.rules = options.own->rules;
    named.exceptions = options.own->exceptions;
    const bool are_known = triage::check_rule_ids(named, ids, problems);
    if (!policy.check_entry_points(problems) || !are_known) policy = Policy();
  }
  show(problems, options.globals);
  return policy;
}

// Which findings count for the level file; null without one.
std::unique_ptr<triage::Triage> make_triage(const LevelOptions& options) {
  if (!options.own) return nullptr;
  triage::Options wanted;
  wanted.now_ns = options.now_ns;
  wanted.exceptions = options.own->exceptions;
  wanted.rules = options.own->rules;
  return std::make_unique<triage::Triage>(std::move(wanted));
}

// Files one after the other, and what became of their documents. `Judging` evaluates a file.
class LevelRun {
 public:
  explicit LevelRun(const LevelOptions& options) : options_(options) {}

  // `evaluate(reader, name, each)` calls each(verdict) for every document.
  template <class Evaluate>
  void run(const InputSet& inputs, Evaluate evaluate) {
    for (const std::string& remark : inputs.remarks) tell("note: " + tools::escape_for_terminal(remark) + "\n");
    for (const InputFile& input : inputs.files) run_file(input, evaluate);
    if (judged_ + skipped_ == 0 && !any_error_) {
      fail("no object was read: nothing can be said");
    } else if (judged_ == 0 && options_.expect_pods && !any_error_) {
      fail("no document holds a pod spec, and --expect-pods wants one");
    }
    if (options_.globals.quiet) return;
    if (skipped_ > 0)
      tell(fmt::format("note: {} of {} document{} hold{} no pod spec: the standards have nothing to say of {}\n",
                       skipped_, skipped_ + judged_, skipped_ + judged_ == 1 ? "" : "s", skipped_ == 1 ? "s" : "",
                       skipped_ == 1 ? "it" : "them"));
    if (files_not_manifests_ > 0) {
      tell(fmt::format("note: {} file{} passed over: neither `kind` nor anything shaped like a pod spec\n",
                       files_not_manifests_, files_not_manifests_ == 1 ? "" : "s"));
    }
  }

  [[nodiscard]] bool any_error() const { return any_error_; }
  [[nodiscard]] std::size_t judged() const { return judged_; }
  [[nodiscard]] tools::LevelRunFacts facts(int exit_code) const { return {files_, files_not_manifests_, exit_code}; }

 private:
  void fail(std::string_view why) {
    complain(why);
    any_error_ = true;
  }

  template <class Evaluate>
  void run_file(const InputFile& input, Evaluate& evaluate) {
    FileReader reader(input.path);
    if (!reader.is_open()) {
      fail(reader.problem());
      return;
    }
    ++files_;
    const std::string name = input.path == "-" ? options_.globals.stdin_filename : input.path;
    std::size_t seen = 0;
    std::size_t passed_over = 0;
    evaluate(reader, name, input.from_directory, [&](const Verdict& verdict) {
      ++seen;
      if (verdict.status == Status::Skipped) {
        ++passed_over;
        return false;
      }
      // The items of a List are what counts, and are documents of their own.
      if (verdict.status != Status::Error && verdict.pod_proof == PodProof::Absent && verdict.object.kind == "List")
        return false;
      if (verdict.errors != nullptr) show(*verdict.errors, options_.globals);
      if (verdict.warnings != nullptr && !options_.globals.quiet) show(*verdict.warnings, options_.globals);
      if (verdict.status == Status::Error) {
        any_error_ = true;
      } else if (verdict.pod_proof == PodProof::Absent) {
        ++skipped_;
      } else {
        ++judged_;
      }
      return true;
    });
    if (seen > 0 && passed_over == seen) {
      --files_;
      ++files_not_manifests_;
    } else if (seen == 0) {
      fail(fmt::format("{}: no object was checked: the file holds none", tools::escape_for_terminal(name)));
    }
  }

  const LevelOptions& options_;
  std::size_t files_ = 0;
  std::size_t files_not_manifests_ = 0;
  std::size_t judged_ = 0;
  std::size_t skipped_ = 0;
  bool any_error_ = false;
};

EvaluateOptions evaluate_options(const LevelOptions& options, bool from_directory) {
  EvaluateOptions made;
  made.now_ns = options.now_ns;
  made.skip_non_manifests = from_directory;
  made.strict_fields = options.globals.strict;
  made.judges_pods = true;
  made.read_labels = options.own && std::any_of(options.own->exceptions.begin(), options.own->exceptions.end(),
                                                [](const triage::Exception& one) { return !one.labels.empty(); });
  return made;
}

int run_levels(const LevelOptions& options, const EngineOptions& engine, const InputSet& inputs, Output& out) {
  const Policy policy = build_policy(options, engine);
  if (!policy) return kError;
  const std::unique_ptr<triage::Triage> triage = make_triage(options);
  DiagnosticList problems;
  bool is_wrong = triage != nullptr && !triage->check_expiry(problems);
  Evaluator evaluator(policy);
  tools::LevelReportOptions shown;
  shown.format = options.format;
  shown.style = options.globals.style(1);
  if (!options.out_path.empty()) shown.style.color = false;
  shown.version = options.version;
  shown.shows_objects = options.by != "namespace";
  shown.shows_namespaces = options.by != "object" || options.suggests_labels;
  shown.suggests_labels = options.suggests_labels;
  if (options.own) shown.own = tools::OwnLevel{options.own->name, options.own->extends};
  tools::LevelReport report(shown);

  LevelRun run(options);
  run.run(inputs, [&](FileReader& reader, const std::string& name, bool from_directory, const auto& take) {
    evaluator.set_options(evaluate_options(options, from_directory));
    evaluator.evaluate(reader.stream(), DocumentFormat::Auto, name, [&](const Verdict& verdict) {
      if (!take(verdict)) return true;
      if (triage == nullptr || verdict.status == Status::Error) {
        out.write(report.add(verdict));
      } else {
        Verdict own = verdict;
        triage->apply(own, problems);
        out.write(report.add(verdict, &own));
      }
      return true;
    });
  });
  show(problems, options.globals);
  is_wrong = is_wrong || problems.has_errors();
  const std::size_t below = options.asserts_own ? report.below_own()
                            : options.asserted  ? report.below(*options.asserted)
                                                : 0;
  const int exit_code = run.any_error() || is_wrong ? kError : below > 0 ? kFindings : kClean;
  out.write(report.finish(run.facts(exit_code)));
  if (below > 0 && !options.globals.quiet) {
    tell(fmt::format("note: {} of {} object{} not {}\n", below, report.judged(), report.judged() == 1 ? " is" : "s are",
                     options.asserts_own ? tools::escape_for_terminal(options.own->name) : options.assertion));
  }
  return exit_code;
}

// The answer for a version: that of the newest revision before it. `answers` are of one level, ascending.
const LevelAnswer& answer_at(std::span<const LevelAnswer> answers, std::uint32_t minor) {
  const LevelAnswer* found = &answers.front();
  for (const LevelAnswer& answer : answers) {
    if (answer.minor <= minor) found = &answer;
  }
  return *found;
}

void write_all_versions(const LevelVerdict& verdict, Output& out) {
  const std::size_t revisions = verdict.answers.size() / 2;
  for (const std::span<const LevelAnswer> answers :
       {verdict.answers.first(revisions), verdict.answers.last(revisions)}) {
    for (std::uint32_t minor = 0; minor <= newest_standard_minor(); ++minor) {
      out.write(tools::level_line(verdict, answer_at(answers, minor), StandardVersion::of_minor(minor).text()));
      out.write("\n");
    }
  }
}

int run_all_versions(const LevelOptions& options, const EngineOptions& engine, const InputSet& inputs, Output& out) {
  DiagnosticList problems;
  LevelJudge judge(!options.raw, engine, problems);
  show(problems, options.globals);
  if (!judge.is_ready()) return kError;
  LevelRun run(options);
  run.run(inputs, [&](FileReader& reader, const std::string& name, bool from_directory, const auto& take) {
    judge.set_options(evaluate_options(options, from_directory));
    judge.evaluate(reader.stream(), DocumentFormat::Auto, name, [&](const LevelVerdict& verdict) {
      if (!take(verdict.verdict)) return true;
      if (verdict.verdict.status == Status::Error) {
        out.write(tools::level_error_line(verdict) + "\n");
      } else if (!verdict.answers.empty()) {
        write_all_versions(verdict, out);
      }
      return true;
    });
  });
  return run.any_error() ? kError : kClean;
}

}  // namespace

int run_level(const Words& words) {
  LevelOptions options;
  Arguments arguments("level", "PATH..",
                      "Says which of Kubernetes' pod standards manifests meet, and what keeps each from the next.",
                      kExamples);
  declare(arguments, options);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (!settle(options)) return kError;
  EngineOptions engine;
  if (!options.globals.engine_options(engine)) return kError;
  engine.whole_stdlib = false;
  InputSet inputs;
  if (!find_inputs(options.paths, inputs)) return kError;
  std::optional<Output> file;
  if (!options.out_path.empty()) file.emplace(options.out_path);
  Output standard;
  Output& out = file ? *file : standard;
  exit_code =
      options.all_versions ? run_all_versions(options, engine, inputs, out) : run_levels(options, engine, inputs, out);
  return out.finish() ? exit_code : kError;
}

}  // namespace psdl::cli
