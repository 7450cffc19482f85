// The program. In: argv; out: an exit code. Only the verb that runs declares its flags, so that a start costs little.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "cli/output.hpp"
#include "cli/verbs.hpp"

namespace psdl::cli {

constexpr Verb kVerbs[] = {
    {"eval", "run a rule file, or a query, on manifests", run_eval},
    {"scan", "judge manifests by packs of rules", run_scan},
    {"level", "which pod standards manifests meet, and what is in the way", run_level},
    {"fix", "make the fixes that rules know, or show them as a diff", run_fix},
    {"test", "run tests of rules: test_ rules, table tests, cases", run_test},
    {"template", "Gatekeeper's templates, constraints and suites: check, verify, test, expand, render", run_template},
    {"new", "begin a rule, a template or a pack of rules", run_new},
    {"repl", "ask, define, look why, step through: a session", run_repl},
    {"check", "compile rules and say what is wrong", run_check},
    {"build", "compile rules into a program image", run_build},
    {"parse", "print a module's syntax tree", run_parse},
    {"plan", "print rules as loops, before bytecode", run_plan},
    {"disasm", "print the bytecode of rules", run_disasm},
    {"inspect", "list the entry points and rules of files", run_inspect},
    {"explain", "what an error code means and what to do", run_explain},
    {"doc", "print a reference page: opcodes, builtins, capabilities", run_doc},
    {"pipe", "answer JSON requests, one a line", run_pipe},
    {"completion", "what makes a shell complete psdl: bash, zsh, fish", run_completion},
    {"man", "print a manual page", run_man},
    {"version", "print the version", run_version},
};

std::span<const Verb> verbs() { return kVerbs; }

std::vector<Verb> verbs_below(std::string_view verb) {
  return verb == "template" ? template_verbs() : std::vector<Verb>();
}

// Flags that may stand before the verb and take a value.
constexpr std::string_view kValueFlags[] = {"-o",      "--output",  "--error-format",  "--color",
                                            "--width", "--timeout", "--stdin-filename"};

bool takes_value(const std::string& flag) {
  if (flag.find('=') != std::string::npos) return false;
  if (flag.starts_with("--limit-")) return true;
  return std::find(std::begin(kValueFlags), std::end(kValueFlags), flag) != std::end(kValueFlags);
}

void show(const DiagnosticList& problems, const Globals& globals) {
  if (!problems.empty()) tell(tools::render_diagnostics(problems, globals.style(2)));
}

namespace {

constexpr std::string_view kHelp =
    "psdl: policies over Kubernetes manifests, with the line that is wrong\n"
    "\n"
    "  psdl eval rule.psdl pod.yaml           findings of a rule file on a manifest\n"
    "  psdl eval -q data.example.deny rule.psdl pod.yaml      a query's answer, as OPA gives it\n"
    "  psdl check rules/                      what is wrong with rules\n"
    "\n"
    "verbs:  eval  scan  level  fix  test  template  new  repl  check  build  parse  plan  disasm  inspect  explain  "
    "doc  pipe  completion  man  version\n"
    "flags:  -o FORMAT  --color WHEN  --quiet  --timeout TIME  --limit-NAME VALUE  --help\n"
    "        -q QUERY  -d DATA  -i INPUT  --fail-on SEVERITY  --error-format short\n"
    "exit:   0 clean, 1 findings, 2 error (nothing is known), 70 a bug of ours, 130 interrupted\n"
    "\n"
    "`psdl VERB --help` shows a verb's flags and examples; docs/cli.md tells it all.\n";

int help() {
  Output out;
  out.write(kHelp);
  return out.finish() ? kClean : kError;
}

int dispatch(const Words& words) {
  if (!words.empty() && words.front() == "__complete") return run_complete({words.begin() + 1, words.end()});
  std::size_t at = 0;
  while (at < words.size() && words[at].starts_with('-')) {
    if (words[at] == "-h" || words[at] == "--help") return help();
    if (words[at] == "--version") return run_version({});
    at += takes_value(words[at]) ? 2 : 1;
  }
  if (words.empty()) return help();
  if (at >= words.size()) {
    complain("no verb; psdl --help lists them");
    return kError;
  }
  const std::string& name = words[at];
  if (name == "help") return help();
  Words rest = words;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
  for (const Verb& verb : kVerbs) {
    if (verb.name == name) return verb.run(rest);
  }
  Words names;
  for (const Verb& verb : kVerbs) names.emplace_back(verb.name);
  complain(fmt::format("unknown verb `{}`{}; psdl --help lists them", tools::escape_for_terminal(name),
                       did_you_mean(name, names)));
  return kError;
}

// Nothing is left half written: output is buffered, and what was written before stands.
extern "C" void interrupted(int) { ::_exit(kInterrupted); }

}  // namespace
}  // namespace psdl::cli

int main(int argc, char** argv) {
  // A closed pipe is an error of write(2), which is reported; the default would end the process without a word.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, psdl::cli::interrupted);
  psdl::tools::name_limits_by_flags();
  try {
    return psdl::cli::dispatch(psdl::cli::Words(argv + 1, argv + argc));
  } catch (const std::bad_alloc&) {
    psdl::cli::complain("out of memory");
    return psdl::cli::kError;
  } catch (const std::exception& error) {
    // No code of ours throws; what gets here from a library is a bug.
    psdl::cli::complain(fmt::format("internal error: {}; please report it", error.what()));
    return psdl::cli::kInternal;
  }
}
