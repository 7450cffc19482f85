// psdl template: Gatekeeper's templates, constraints and suites.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>

#include "cli/gator.hpp"
#include "cli/gator_files.hpp"
#include "cli/output.hpp"
#include "cli/reports.hpp"
#include "cli/template_inputs.hpp"
#include "cli/verbs.hpp"
#include "cli/write_files.hpp"
#include "psdl/tools/gator.hpp"
#include "psdl/triage.hpp"

namespace psdl::cli {
namespace {

constexpr std::string_view kExitCodes =
    "exit: 0 clean, 1 findings or failed cases, 2 error: something was not judged\n";

// What all of these verbs have.
struct Common {
  Globals globals;
  std::string now;
  bool enables_cel = true;
  std::string failure_policy;

  void declare(Arguments& arguments) {
    arguments.value("--now", now, "the time that time.now_ns gives: 2027-03-31T10:00:00Z", "TIME");
    arguments.flag("--enable-k8s-native-validation", enables_cel, "accepted as gator's; CEL is not run");
    arguments.value("--default-k8s-native-validation-failure-policy", failure_policy,
                    "accepted as gator's; CEL is not run", "POLICY");
    arguments.globals(globals);
  }

  // False, with a message, where a value makes no sense.
  [[nodiscard]] bool settle(tools::GatekeeperOptions& how) const {
    if (!globals.engine_options(how.engine)) return false;
    how.now_ns =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    if (now.empty()) return true;
    const std::optional<std::int64_t> time = triage::parse_time(now);
    if (time) {
      how.now_ns = *time;
      return true;
    }
    complain(fmt::format("--now takes a time such as 2027-03-31T10:00:00Z, not `{}`", tools::escape_for_terminal(now)));
    return false;
  }
};

// -o FMT[=PATH], once.
struct OneOutput {
  std::string format;
  std::string path;  // empty: standard output

  [[nodiscard]] bool settle(const Globals& globals, std::string_view verb, const std::vector<std::string>& allowed) {
    if (globals.outputs.size() > 1) {
      complain(fmt::format("{}: one -o is enough", verb));
      return false;
    }
    format = globals.format();
    if (format.empty()) format = allowed.front();
    if (!globals.outputs.empty()) {
      const std::string& text = globals.outputs.front();
      const std::size_t equals = text.find('=');
      if (equals != std::string::npos && text.substr(equals + 1) != "-") path = text.substr(equals + 1);
    }
    if (std::find(allowed.begin(), allowed.end(), format) == allowed.end())
      return refuse_choice(fmt::format("{} -o", verb), format, allowed);
    return true;
  }

  [[nodiscard]] bool write(std::string_view text) const { return write_text(path, text); }
};

// --- check

int run_check_templates(const Words& words) {
  Arguments arguments(
      "template check", "PATH..",
      "Reads and compiles ConstraintTemplates, gives advice on their Rego as `psdl check` does, and checks the "
      "constraints beside them.",
      "examples:\n  psdl template check template.yaml constraint.yaml\n  psdl template check "
      "policies/\nexit: 0 fine, 2 something is wrong\n");
  Common common;
  Words paths;
  arguments.positionals("PATH", paths, "files, directories, globs, - for standard input");
  common.declare(arguments);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (paths.empty()) {
    complain("template check: name a template, or a directory of them");
    return kError;
  }
  tools::GatekeeperOptions how;
  OneOutput output;
  if (!common.settle(how) || !output.settle(common.globals, "template check", {"text", "short", "json"})) return kError;
  std::vector<tools::NamedText> files;
  if (!read_files(paths, files)) return kError;
  tools::ObjectReview review(how);
  DiagnosticList problems;
  for (const tools::NamedText& file : files) static_cast<void>(review.add(file, false, problems));
  static_cast<void>(review.load(problems, true));
  static_cast<void>(review.advise(problems));
  if (review.templates() == 0)
    problems.add_error("gatekeeper_template", "no ConstraintTemplate was found: nothing was checked");
  if (output.format == "json") {
    if (!output.write(tools::render_diagnostics_json(problems))) return kError;
  } else if (!output.path.empty()) {
    tools::TextStyle style = common.globals.style(1);
    style.color = false;
    if (!output.write(tools::render_diagnostics(problems, style))) return kError;
  } else {
    show(problems, common.globals);
  }
  if (!problems.has_errors() && !common.globals.quiet && output.format != "json") {
    tell(fmt::format("{} and {}: fine\n", tools::plural(review.templates(), "template"),
                     tools::plural(review.constraints(), "constraint")));
  }
  return problems.has_errors() ? kError : kClean;
}

// --- verify

int run_template_verify(const Words& words) {
  Arguments arguments(
      "template verify", "PATH..",
      "Runs Gatekeeper's suites: what each constraint says of the objects of its cases, against what the suite "
      "asserts.",
      fmt::format(
          "examples:\n"
          "  psdl template verify suites/                      all suites below a directory\n"
          "  psdl template verify suites/ --run 'caps//bad'    cases named like `bad` of tests named like `caps`\n"
          "  psdl template verify suites/ -o json              every result, with its place\n"
          "  psdl template verify --compat=gator suites/...    what `gator verify` prints\n"
          "{}",
          kExitCodes));
  Common common;
  Words paths;
  tools::VerifyOptions options;
  std::string jobs;
  bool is_verbose = false;
  arguments.positionals("PATH", paths, "suites, or directories of them");
  arguments.value("-r,--run", options.filter, "a regular expression for names of tests and cases, or TEST//CASE", "RE");
  arguments.flag("-v,--verbose", is_verbose, "name every test and case, and what print() wrote");
  arguments.flag("-t,--trace", options.how.traces, "show every step of the constraints' rules, below each case");
  arguments.value("-j,--jobs", jobs, "threads (default: one a processor)", "N");
  common.declare(arguments);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (paths.empty()) {
    complain("template verify: name a suite, or a directory of them");
    return kError;
  }
  std::size_t threads = 0;
  OneOutput output;
  if (!common.settle(options.how) || !output.settle(common.globals, "template verify", {"text", "short", "json"}) ||
      !parse_count("-j", jobs, kMostThreads, threads))
    return kError;
  options.how.prints = is_verbose;
  options.keeps_findings = output.format == "json";

  std::vector<tools::SuiteFile> files;
  if (!find_suites(paths, files)) return kError;
  const DiskFiles disk;
  tools::SuiteRunner runner(disk, options);
  DiagnosticList problems;
  const bool is_well = runner.read(files, problems);
  if (is_well && runner.size() == 0)
    problems.add_error("gatekeeper_suite", "no suite was found: nothing was tested", {},
                       "a suite has kind Suite and apiVersion test.gatekeeper.sh/v1alpha1");
  if (is_well && runner.filter_takes_nothing())
    problems.add_error("gatekeeper_filter", "--run finds no test and no case: nothing was tested");
  if (problems.has_errors()) {
    show(problems, common.globals);
    return kError;
  }
  std::vector<tools::SuiteOutcome> outcomes(runner.size());
  for_each_index(runner.size(), threads, [&](std::size_t i) { outcomes[i] = runner.run(i); });
  for (const tools::SuiteOutcome& outcome : outcomes) {
    if (outcome.status == tools::SuiteStatus::Broken) exit_code = kError;
    if (outcome.status == tools::SuiteStatus::Failed && exit_code == kClean) exit_code = kFindings;
  }
  if (!common.globals.quiet) show(tools::verify_notes(outcomes), common.globals);
  tools::TextStyle style = common.globals.style(1);
  if (!output.path.empty()) style.color = false;
  const std::string text = output.format == "json" ? tools::verify_json(outcomes, exit_code)
                                                   : tools::verify_text(outcomes, style, is_verbose);
  return output.write(text) ? exit_code : kError;
}

// --- test

struct TestOptions {
  Common common;
  Words paths;
  Words names;  // of -f
  Words inventory;
  std::string fail_on;
  bool denies_only = false;
  bool is_verbose = false;
  bool traces = false;
  bool has_stats = false;
};

// From which severity on findings fail a run.
struct FailOn {
  bool is_never = false;
  FindingSeverity least = FindingSeverity::Error;

  // False, with a message, where the text is none.
  [[nodiscard]] bool settle(const std::string& text) {
    is_never = text == "never";
    if (text == "warning") least = FindingSeverity::Warning;
    if (text == "note") least = FindingSeverity::Note;
    if (text.empty() || text == "error" || is_never || least != FindingSeverity::Error) return true;
    return refuse_choice("--fail-on", text, {"error", "warning", "note", "never"});
  }

  [[nodiscard]] bool any_counts(const Reports& reports) const {
    if (is_never) return false;
    for (const FindingSeverity severity : {FindingSeverity::Error, FindingSeverity::Warning, FindingSeverity::Note}) {
      if (severity <= least && reports.count(severity) > 0) return true;
    }
    return false;
  }
};

void tell_lines(std::string_view of, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    tell(fmt::format("{}: {}\n", of, tools::escape_for_terminal(lines.substr(0, end))));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

// Reads everything into the review. False, told, where files cannot be read.
bool load_objects(const TestOptions& options, tools::ObjectReview& review, std::size_t& files_read, bool& is_well) {
  std::vector<tools::NamedText> files;
  std::vector<tools::NamedText> known;
  if (!read_judged_files(options.paths, options.common.globals.quiet, files) || !read_files(options.inventory, known))
    return false;
  files_read = files.size();
  DiagnosticList problems;
  for (const tools::NamedText& file : files) is_well = review.add(file, false, problems) && is_well;
  for (const tools::NamedText& file : known) is_well = review.add(file, true, problems) && is_well;
  is_well = review.load(problems) && is_well;
  if (review.size() == 0 && is_well) problems.add_error("gatekeeper_input", "no object was read: nothing was judged");
  if (review.size() > 0 && review.constraints() == 0 && is_well)
    problems.add_error("gatekeeper_input", "no constraint was read: nothing can be found", {},
                       "name templates and constraints beside the objects");
  is_well = is_well && !problems.has_errors();
  show(problems, options.common.globals);
  return true;
}

int run_template_test(const Words& words) {
  Arguments arguments(
      "template test", "PATH..", "Judges objects by the ConstraintTemplates and constraints among them.",
      fmt::format("examples:\n"
                  "  psdl template test policies/ pod.yaml\n"
                  "  psdl template test -f policies/ -f k8s/ -o sarif=psdl.sarif\n"
                  "  psdl template test policies/ pod.yaml --inventory cluster/    what rules about other objects see\n"
                  "{}",
                  kExitCodes));
  TestOptions options;
  arguments.positionals("PATH", options.paths,
                        "templates, constraints and objects: files, directories, globs, - for standard input");
  arguments.list("-f,--filename", options.names, "the same, as gator has it", "PATH");
  arguments.list("--inventory", options.inventory, "objects that rules see beside those that are judged", "PATH");
  arguments.value("--fail-on", options.fail_on,
                  "exit 1 from this severity on: error is deny, warning is warn, note everything else",
                  "error|warning|note|never");
  arguments.flag("--deny-only", options.denies_only, "show what is denied alone");
  arguments.flag("-v,--verbose", options.is_verbose, "show what print() wrote");
  arguments.flag("-t,--trace", options.traces,
                 "show every step of the constraints' rules, object by object, on standard error");
  arguments.flag("--stats", options.has_stats, "say how much was judged");
  options.common.declare(arguments);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  options.paths.insert(options.paths.end(), options.names.begin(), options.names.end());
  if (options.paths.empty()) {
    complain("template test: name templates, constraints and objects");
    return kError;
  }
  tools::GatekeeperOptions how;
  FailOn fail_on;
  if (!options.common.settle(how) || !fail_on.settle(options.fail_on)) return kError;
  how.prints = options.is_verbose;
  how.traces = options.traces;
  tools::ObjectReview review(how);
  std::size_t files_read = 0;
  bool is_well = true;
  if (!load_objects(options, review, files_read, is_well)) return kError;

  tools::ReportOptions shown;
  shown.rules = review.rules();
  Reports reports;
  if (!reports.open(options.common.globals, shown)) return kError;
  review.review(options.denies_only, [&](const Verdict& verdict, const std::string& file) {
    if (verdict.errors != nullptr) show(*verdict.errors, options.common.globals);
    if (verdict.status == Status::Error) is_well = false;
    tell_lines("print", verdict.printed);
    if (options.traces) tell_lines("trace", verdict.document + "\n" + review.trace());
    reports.add(verdict, {file});
  });
  exit_code = !is_well ? kError : fail_on.any_counts(reports) ? kFindings : kClean;
  if (options.has_stats)
    tell(fmt::format("{}, {}, {} judged\n", tools::plural(review.templates(), "template"),
                     tools::plural(review.constraints(), "constraint"), tools::plural(review.size(), "object")));
  tools::RunFacts facts;
  facts.files = files_read;
  facts.exit_code = exit_code;
  facts.time = report_time();
  return reports.finish(facts) ? exit_code : kError;
}

// --- expand

int run_template_expand(const Words& words) {
  Arguments arguments("template expand", "PATH..", "Prints the objects that ExpansionTemplates make of others.",
                      "examples:\n  psdl template expand expansion.yaml deployment.yaml\n  psdl template expand -o "
                      "json policies/ k8s/\nexit: 0, 2 error\n");
  Common common;
  Words paths;
  Words names;
  std::string format;
  std::string path;
  arguments.positionals("PATH", paths,
                        "ExpansionTemplates and objects: files, directories, globs, - for standard input");
  arguments.list("-n,--filename", names, "the same, as gator has it", "PATH");
  arguments.value("-f,--format", format, "the same as -o (default yaml)", "yaml|json");
  arguments.value("--outputfile", path, "write into this file", "PATH");
  common.declare(arguments);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  paths.insert(paths.end(), names.begin(), names.end());
  if (paths.empty()) {
    complain("template expand: name ExpansionTemplates and objects");
    return kError;
  }
  tools::GatekeeperOptions how;
  OneOutput output;
  if (!format.empty() && common.globals.outputs.empty()) common.globals.outputs.push_back(format);
  if (!common.settle(how) || !output.settle(common.globals, "template expand", {"yaml", "json"})) return kError;
  if (!path.empty()) output.path = path;
  std::vector<tools::NamedText> files;
  if (!read_files(paths, files)) return kError;
  DiagnosticList problems;
  std::string text;
  const bool is_well = tools::expand_objects(files, output.format, text, problems);
  show(problems, common.globals);
  if (!output.write(text)) return kError;
  return is_well ? kClean : kError;
}

// --- the verbs

struct TemplateVerb {
  std::string_view name;
  std::string_view what;
  int (*run)(const Words& arguments);
  int (*run_as_gator)(const Words& arguments);  // null: gator has no such command
};

constexpr TemplateVerb kTemplateVerbs[] = {
    {"check", "read and compile templates, check constraints", run_check_templates, nullptr},
    {"verify", "run suites of tests", run_template_verify, run_gator_verify},
    {"test", "judge objects by templates and constraints", run_template_test, run_gator_test},
    {"expand", "print the objects that others contain", run_template_expand, run_gator_expand},
    {"render", "make a template of a rule, or a rule of a template", run_template_render, nullptr},
};

int help() {
  std::string text = "usage: psdl template VERB ..\n\nGatekeeper's ConstraintTemplates, constraints and suites.\n\n";
  for (const TemplateVerb& verb : kTemplateVerbs) text += fmt::format("  {:<8}{}\n", verb.name, verb.what);
  text +=
      "\n`psdl template VERB --help` shows a verb's flags. With --compat=gator in front of gator's own flags, verify, "
      "test and expand\n"
      "print what gator prints and exit as it does: verify PATH -r -v -t; test -f -o -v -t --stats --deny-only; expand "
      "-n -f -o. With --quiet too (or PSDL_QUIET=1) they say nothing that gator does not: no warnings of ours.\n";
  Output out;
  out.write(text);
  return out.finish() ? kClean : kError;
}

// Takes `--compat=gator` out of the words. False, with a message, where it is something else.
bool take_compat(Words& words, bool& is_gator) {
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    std::string value;
    std::size_t count = 1;
    if (words[i].starts_with("--compat=")) {
      value = words[i].substr(9);
    } else if (words[i] == "--compat") {
      value = i + 1 < words.size() ? words[i + 1] : std::string();
      count = 2;
    } else {
      continue;
    }
    if (value != "gator") return refuse_choice("--compat", value, {"gator"});
    is_gator = true;
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i),
                words.begin() + static_cast<std::ptrdiff_t>(std::min(i + count, words.size())));
    return true;
  }
  return true;
}

}  // namespace

std::vector<Verb> template_verbs() {
  std::vector<Verb> verbs;
  for (const TemplateVerb& verb : kTemplateVerbs) verbs.push_back({verb.name, verb.what, verb.run});
  return verbs;
}

int run_template(const Words& given) {
  Words words = given;
  bool is_gator = false;
  if (!take_compat(words, is_gator)) return kError;
  const auto at =
      std::find_if(words.begin(), words.end(), [](const std::string& word) { return !word.starts_with('-'); });
  if (at == words.end()) {
    if (words.empty() || words.front() == "-h" || words.front() == "--help") return help();
    complain("template: name a verb; psdl template --help lists them");
    return kError;
  }
  const std::string name = *at;
  words.erase(at);
  Words names;
  for (const TemplateVerb& verb : kTemplateVerbs) {
    names.emplace_back(verb.name);
    if (verb.name != name) continue;
    if (!is_gator) return verb.run(words);
    if (verb.run_as_gator != nullptr) return verb.run_as_gator(words);
    complain(fmt::format("template {}: gator has no such command; leave --compat out", name));
    return kError;
  }
  complain(fmt::format("unknown verb `template {}`{}; psdl template --help lists them",
                       tools::escape_for_terminal(name), did_you_mean(name, names)));
  return kError;
}

}  // namespace psdl::cli
