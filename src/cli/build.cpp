// psdl build: rules to a program image.
#include <fmt/format.h>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"

namespace psdl::cli {

int run_build(const Words& words) {
  Arguments arguments("build", "RULE..",
                      "Compiles rules into one program image, which eval, check, disasm and inspect take in place of "
                      "rules (docs/images.md).",
                      "examples:\n  psdl build rules/ --out policy.psdlc\n  psdl eval policy.psdlc pod.yaml\n  psdl "
                      "build -d limits.json rule.psdl --out policy.psdlc\n");
  Globals globals;
  Words paths;
  Words data;
  std::string out_path;
  arguments.positionals("RULE", paths, "rule files, or directories of them");
  arguments.list("-d,--data", data, "more rules (as libraries) and data to put into the image, as for eval", "PATH");
  arguments.value("--out", out_path, "the file to write; - for standard output", "FILE");
  arguments.globals(globals, kNoOutput);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (paths.empty() || out_path.empty()) {
    complain(paths.empty() ? "build: name a rule file or a directory"
                           : "build: name the file to write: --out policy.psdlc");
    return kError;
  }
  EngineOptions options;
  if (!globals.engine_options(options)) return kError;
  PolicyBuilder builder(options);
  if (!add_all_rules(builder, paths)) return kError;
  for (const std::string& path : data) {
    if (!add_data_path(builder, path, false)) return kError;
  }
  DiagnosticList problems;
  const Policy policy = builder.build(problems);
  const std::string image = policy ? policy.image(problems) : std::string();
  show(problems, globals);
  if (image.empty()) return kError;
  // The file is made only now, so that a mistake in the rules leaves an older one as it was.
  if (out_path == "-") {
    Output out;
    out.write(image);
    return out.finish() ? kClean : kError;
  }
  Output out(out_path);
  out.write(image);
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
