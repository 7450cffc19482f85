// psdl doc: the binary's own reference pages.
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "psdl/tools/reference.hpp"

namespace psdl::cli {

int run_doc(const Words& words) {
  Arguments arguments("doc", "PAGE", "Prints a reference page: opcodes, builtins, limits or capabilities.", "examples:\n  psdl doc builtins\n  psdl doc capabilities > capabilities.json\n");
  Globals globals;
  Words pages;
  arguments.positionals("PAGE", pages, "opcodes, builtins, limits or capabilities");
  arguments.globals(globals);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  const std::string text = pages.size() == 1 ? tools::reference_page(pages.front()) : std::string();
  if (text.empty()) {
    complain("doc: name one page: opcodes, builtins, limits or capabilities");
    return kError;
  }
  Output out;
  out.write(text);
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
