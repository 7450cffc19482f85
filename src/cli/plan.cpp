// psdl plan: rules as loops.
#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "psdl/tools/inspect.hpp"

namespace psdl::cli {

int run_plan(const Words& words) {
  Arguments arguments("plan", "PATH..",
                      "Prints the plan of rules: their loops, tests and binds, before they become bytecode; with "
                      "--bind, with what is known put in.",
                      "examples:\n  psdl plan rule.psdl\n");
  Globals globals;
  Words paths;
  Words bound;
  arguments.positionals("PATH", paths, "rule files, or directories of them");
  arguments.list(KnownFiles::kOption, bound, KnownFiles::kHelp, "PATH");
  arguments.globals(globals, kNoOutput);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (paths.empty()) {
    complain("plan: name a rule file or a directory");
    return kError;
  }
  EngineOptions options;
  if (!globals.engine_options(options)) return kError;
  PolicyBuilder builder(options);
  if (!add_all_rules(builder, paths)) return kError;
  KnownFiles known;
  if (!known.add_all(bound)) return kError;
  DiagnosticList problems;
  const Policy policy = known.bind(builder.build(problems), problems);
  const std::string text = policy ? tools::plan_text(policy) : std::string();
  show(problems, globals);
  if (policy && text.empty()) {
    complain("there is no plan: rules have one, a program image holds bytecode alone (psdl disasm)");
    return kError;
  }
  Output out;
  out.write(text);
  return out.finish() && !problems.has_errors() ? kClean : kError;
}

}  // namespace psdl::cli
