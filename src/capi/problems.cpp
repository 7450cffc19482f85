// Problems as hosts see them. In: the engine's lists; out: structs with borrowed texts, and the status that a list
// stands for.
#include <algorithm>

#include "capi/arguments.hpp"
#include "capi/objects.hpp"

namespace psdl::capi {

std::string help_of(const Problem& problem) {
  std::string lines;
  for (const std::string& line : problem.help) {
    if (!lines.empty()) lines += '\n';
    lines += line;
  }
  return lines;
}

void describe(const Problem& problem, std::string_view help, std::uint32_t document, psdl_diagnostic& out) {
  out.severity = problem.severity == Severity::Error ? PSDL_SEVERITY_ERROR : PSDL_SEVERITY_WARNING;
  out.line = problem.place.line;
  out.column = problem.place.column;
  out.document = document;
  out.code = as_text(problem.code);
  out.message = as_text(problem.message);
  out.file = as_text(problem.place.file);
  out.help = as_text(help);
}

psdl_status show_problem(const DiagnosticList& list, std::vector<std::string>& helps, std::size_t index,
                         psdl_diagnostic* out) {
  const std::vector<Problem>& all = list.impl().items;
  if (index >= all.size()) return PSDL_NOT_FOUND;
  helps.reserve(all.size());
  while (helps.size() < all.size()) helps.push_back(help_of(all[helps.size()]));
  psdl_diagnostic made{};
  describe(all[index], helps[index], 0, made);
  write_struct(made, out);
  return PSDL_OK;
}

psdl_status status_of(const DiagnosticList& errors) {
  const std::vector<Problem>& all = errors.impl().items;
  const auto first =
      std::find_if(all.begin(), all.end(), [](const Problem& problem) { return problem.severity == Severity::Error; });
  if (first == all.end()) return PSDL_OK;
  const std::string_view code = first->code;
  if (code.starts_with("limit_") || code == "eval_limit_error") return PSDL_LIMIT;
  if (code == "eval_cancel_error") return PSDL_CANCELLED;
  if (code == "eval_internal_error") return PSDL_INTERNAL;
  if (code.starts_with("eval_") || code == "bad_element") return PSDL_EVALUATION;
  return PSDL_BAD_INPUT;
}

}  // namespace psdl::capi
