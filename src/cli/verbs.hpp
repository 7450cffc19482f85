// The verbs. In: the arguments after the verb; out: the exit code.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "psdl/psdl.hpp"

namespace psdl::cli {

using Words = std::vector<std::string>;

int run_build(const Words& arguments);
int run_check(const Words& arguments);
int run_complete(const Words& words);
int run_completion(const Words& arguments);
int run_disasm(const Words& arguments);
int run_doc(const Words& arguments);
int run_eval(const Words& arguments);
int run_explain(const Words& arguments);
int run_fix(const Words& arguments);
int run_inspect(const Words& arguments);
int run_level(const Words& arguments);
int run_man(const Words& arguments);
int run_new(const Words& arguments);
int run_parse(const Words& arguments);
int run_pipe(const Words& arguments);
int run_plan(const Words& arguments);
int run_repl(const Words& arguments);
int run_scan(const Words& arguments);
int run_template(const Words& arguments);
int run_template_render(const Words& arguments);
int run_test(const Words& arguments);
int run_version(const Words& arguments);

struct Verb {
  std::string_view name;
  std::string_view what;  // one line for the general help
  int (*run)(const Words& arguments);
};
[[nodiscard]] std::span<const Verb> verbs();
// Those of `psdl template`; none of the others.
[[nodiscard]] std::vector<Verb> verbs_below(std::string_view verb);
[[nodiscard]] std::vector<Verb> template_verbs();
// Whether a flag that may stand before the verb takes the next word.
[[nodiscard]] bool takes_value(const std::string& flag);

// Diagnostics on standard error, in the form that --error-format asks for.
void show(const DiagnosticList& problems, const Globals& globals);

}  // namespace psdl::cli
