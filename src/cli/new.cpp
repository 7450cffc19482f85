// psdl new: files to begin with.
#include <fmt/format.h>

#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "cli/write_files.hpp"
#include "psdl/tools/report.hpp"
#include "psdl/tools/scaffold.hpp"

namespace psdl::cli {

int run_new(const Words& words) {
  Globals globals;
  Words given;
  std::string directory = ".";
  Arguments arguments("new", "template|rule|pack NAME",
                      "Writes a rule with metadata and cases; for `template` also the ConstraintTemplate, sample "
                      "constraint and suite that Gatekeeper takes; for `pack` "
                      "two rules and a README. What is there already is never written over.",
                      "examples:\n"
                      "  psdl new rule team-labels --dir rules\n"
                      "  psdl new template team-labels && psdl template verify team_labels\n"
                      "  psdl new pack shop-rules\n");
  arguments.positionals("rule|template|pack NAME", given,
                        "what to make, and its name: small letters, digits, `-` and `_`");
  arguments.value("--dir", directory, "the directory in which the folder is made (default: this one)", "DIR");
  arguments.globals(globals, kNoOutput);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (given.size() != 2) {
    complain("new: name what to make and what to call it: psdl new rule team-labels");
    return kError;
  }
  const std::string& name = given[1];
  if (!tools::is_scaffold_name(name)) {
    complain(fmt::format(
        "new: `{}` is no name: take small letters, digits, `-` and `_`, a letter first, no word of the language",
        tools::escape_for_terminal(name)));
    return kError;
  }
  DiagnosticList problems;
  std::vector<tools::RenderedFile> files;
  if (given[0] == "rule") {
    files = tools::scaffold_rule(name);
  } else if (given[0] == "template") {
    files = tools::scaffold_template(name, problems);
  } else if (given[0] == "pack") {
    files = tools::scaffold_pack(name);
  } else {
    complain(fmt::format("new: template, rule or pack, not `{}`{}", tools::escape_for_terminal(given[0]),
                         did_you_mean(given[0], {"template", "rule", "pack"})));
    return kError;
  }
  show(problems, globals);
  if (files.empty() || !write_files(directory, files, false)) return kError;
  if (globals.quiet) return kClean;
  Output out;
  for (const tools::RenderedFile& file : files)
    out.write(directory == "." ? fmt::format("{}\n", file.path) : fmt::format("{}/{}\n", directory, file.path));
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
