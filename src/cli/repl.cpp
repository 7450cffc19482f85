// psdl repl: queries and rules as they are typed.
#include "repl/run.hpp"

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"

namespace psdl::cli {
namespace {

constexpr std::string_view kExamples =
    "examples:\n"
    "  psdl repl draft.psdl -i pod.yaml                     ask, look why, step through; :help lists commands\n"
    "  psdl repl draft.psdl -i pod.yaml -c ':why data.pods.deny'\n"
    "  echo 'data.pods.deny' | psdl repl draft.psdl -i pod.yaml\n"
    "exit: 0; 2 where a file could not be loaded, or, without a terminal, where a statement failed\n";

// `-i -`: what comes from there cannot be both.
bool read_standard_input(const Globals& globals, repl::RunOptions& options) {
  std::string text;
  std::string problem = "repl: with -i - standard input is the document; give the statements with -c";
  if (!options.commands || !read_file("-", text, problem)) {
    complain(problem);
    return false;
  }
  options.setup.input.replace(0, 1, globals.stdin_filename);
  options.setup.standard_input.emplace(globals.stdin_filename, std::move(text));
  return true;
}

}  // namespace

int run_repl(const Words& words) {
  Arguments arguments("repl", "[FILES]",
                      "Answers queries as they are typed, keeps rules, tells why, steps through evaluations.",
                      kExamples);
  Globals globals;
  repl::RunOptions options;
  std::string commands;
  arguments.positionals("FILES", options.setup.files, "rule files, directories of them, data files");
  arguments.value("-i,--input", options.setup.input,
                  "a manifest, which `input` is; FILE#N is its N-th document, from 0; - is standard input", "FILE");
  arguments.value("--level", options.setup.level, "the pod standard that :level judges the input by",
                  "privileged|baseline|restricted");
  arguments.value("-c,--command", commands, "statements in place of typed ones, with `;` between them", "TEXT");
  arguments.flag("--vi", options.uses_vi_keys, "vi's keys");
  arguments.globals(globals, kNoOutput);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (!globals.engine_options(options.setup.engine)) return kError;
  if (!commands.empty()) options.commands = commands;
  if ((options.setup.input == "-" || options.setup.input.starts_with("-#")) && !read_standard_input(globals, options))
    return kError;
  options.setup.style = globals.style(1);
  return repl::run(std::move(options));
}

}  // namespace psdl::cli
