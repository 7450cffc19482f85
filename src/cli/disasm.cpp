// psdl disasm: bytecode as text.
#include <fmt/format.h>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "psdl/tools/inspect.hpp"

namespace psdl::cli {

int run_disasm(const Words& words) {
  Arguments arguments("disasm", "PATH..",
                      "Prints the bytecode of rules; docs/reference/opcodes.md tells what the instructions do.",
                      "examples:\n  psdl disasm rule.psdl\n  psdl disasm --rule data.example.deny rule.psdl\n");
  Globals globals;
  Words paths;
  Words bound;
  std::string rule;
  arguments.positionals("PATH", paths, "rule files, or directories of them");
  arguments.value("--rule", rule, "only this rule, or all below this path", "data.PATH");
  arguments.list(KnownFiles::kOption, bound, KnownFiles::kHelp, "PATH");
  arguments.globals(globals, kNoOutput);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (paths.empty()) {
    complain("disasm: name a rule file or a directory");
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
  show(problems, globals);
  if (!policy) return kError;
  const std::string text = tools::disassembly(policy, rule);
  if (text.empty()) {
    complain(rule.empty() ? "there are no rules" : fmt::format("there is no rule `{}`; psdl inspect lists them", rule));
    return kError;
  }
  Output out;
  out.write(text);
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
