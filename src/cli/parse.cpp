// psdl parse: the syntax tree of a module, as OPA's JSON.
#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "psdl/tools/inspect.hpp"

namespace psdl::cli {

int run_parse(const Words& words) {
  Arguments arguments("parse", "FILE",
                      "Prints the syntax tree of a module in OPA's JSON: indented, or compact with `-o jsonl`.",
                      "examples:\n  psdl parse rule.psdl\n  psdl parse -o jsonl rule.rego\n");
  Globals globals;
  Words paths;
  arguments.positionals("FILE", paths, "a rule file, or - for standard input");
  arguments.globals(globals, "json|jsonl");
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (paths.size() != 1) {
    complain("parse: name one rule file");
    return kError;
  }
  std::string text;
  std::string problem;
  if (!read_file(paths.front(), text, problem)) {
    complain(problem);
    return kError;
  }
  DiagnosticList problems;
  const std::string name = paths.front() == "-" ? globals.stdin_filename : paths.front();
  const std::string tree = tools::parse_module_json(name, text, Dialect::ByName, globals.v0_compatible, problems);
  Output out;
  if (problems.has_errors()) {
    if (globals.format() == "json") {
      out.write(tools::render_diagnostics_json(problems));
    } else {
      show(problems, globals);
    }
    [[maybe_unused]] const bool is_written = out.finish();
    return kError;
  }
  out.write((globals.format() == "jsonl" ? tree : tools::indent_json(tree)) + "\n");
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
