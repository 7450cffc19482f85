// psdl doc: the binary's own reference pages.
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "psdl/tools/reference.hpp"
#include "psdl/tools/rule_pages.hpp"

namespace psdl::cli {

int run_doc(const Words& words) {
  Arguments arguments("doc", "PAGE", "Prints a reference page: opcodes, builtins, limits, rules or capabilities.",
                      "examples:\n  psdl doc builtins\n  psdl doc capabilities > capabilities.json\n");
  Globals globals;
  Words pages;
  arguments.positionals("opcodes|builtins|limits|rules|capabilities", pages, "the page");
  arguments.globals(globals, kNoOutput);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  std::string text;
  if (pages.size() == 1)
    text = pages.front() == "rules" ? tools::rules_reference() : tools::reference_page(pages.front());
  if (text.empty()) {
    complain("doc: name one page: opcodes, builtins, limits, rules or capabilities");
    return kError;
  }
  Output out;
  out.write(text);
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
