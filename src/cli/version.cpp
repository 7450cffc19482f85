// psdl version
#include <fmt/format.h>

#include "cli/output.hpp"
#include "cli/verbs.hpp"

namespace psdl::cli {

int run_version(const Words& words) {
  Arguments arguments("version", "", "Prints the version.", "");
  Globals globals;
  arguments.globals(globals);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  Output out;
  if (globals.format() == "json") {
    out.write(fmt::format("{{\"name\":\"psdl\",\"version\":\"{}\",\"language\":\"rego.v2\",\"compatible\":\"OPA 1.22\"}}\n", version()));
  } else {
    out.write(fmt::format("psdl {} (Rego as OPA 1.22 defines it, with rego.v2)\n", version()));
  }
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
