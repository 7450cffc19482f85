// psdl check: compiles rules and data and prints what is wrong, all of it.
#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "psdl/tools/advice.hpp"

namespace psdl::cli {

int run_check(const Words& words) {
  Arguments arguments(
      "check", "PATH..",
      "Compiles rule files and says what is wrong. `-o json` prints the list that `opa check` prints.",
      "examples:\n  psdl check rule.psdl\n  psdl check --strict rules/\n  psdl check -o json rule.rego\n");
  Globals globals;
  Words paths;
  arguments.positionals("PATH", paths, "rule files, or directories of them (data files there are checked too)");
  arguments.globals(globals, "text|json");
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (paths.empty()) {
    complain("check: name a rule file or a directory");
    return kError;
  }
  EngineOptions options;
  if (!globals.engine_options(options)) return kError;

  PolicyBuilder builder(options);
  for (const std::string& path : paths) {
    const FileKind kind = kind_of(path);
    if (kind == FileKind::Missing) {
      complain("cannot read " + path + ": no such file");
      return kError;
    }
    if (!(kind == FileKind::Data ? add_data_path(builder, path, true) : add_rules(builder, path))) return kError;
  }
  DiagnosticList problems;
  const bool is_fine = tools::check_with_advice(builder, problems);
  Output out;
  if (globals.format() == "json") {
    out.write(tools::render_diagnostics_json(problems));
  } else {
    show(problems, globals);
  }
  if (!out.finish()) return kError;
  return is_fine ? kClean : kError;
}

}  // namespace psdl::cli
