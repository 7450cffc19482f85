// The advice of `psdl check`, whose places are moved from the Rego text into the YAML around it.
#include "gatekeeper/template_advice.hpp"

#include "advice/advice.hpp"

namespace psdl::gatekeeper {

std::vector<Problem> advice_on(const Template& of, const RegoModule& module) {
  const std::vector<const Source*> texts = raw(module.policy->sources);
  Diagnostics diagnostics;
  advise(*module.policy->checked, texts, texts.size(), false, diagnostics);
  std::vector<Problem> problems;
  for (const Diagnostic& one : diagnostics.all()) {
    const RegoRemark remark{one.code, as_written(one.message), one.span, one.notes, one.help};
    Problem problem = problem_in_template(of, remark, one.severity);
    problem.label = one.label;
    for (const Label& label : one.related) problem.related.push_back({place_in_template(of, label.span), label.text});
    problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace psdl::gatekeeper
