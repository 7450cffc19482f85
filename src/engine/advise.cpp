// Advice on a policy that compiles. In: a builder; out: diagnostics of the user's own sources.
#include "advice/advice.hpp"
#include "engine/policy.hpp"
#include "psdl/tools/advice.hpp"

namespace psdl::tools {

bool check_with_advice(PolicyBuilder& builder, DiagnosticList& problems) {
  PolicyBuilder::Impl& impl = builder.impl();
  const std::size_t own = impl.sources.size();  // the stdlib comes after them
  const std::shared_ptr<Policy::Impl> policy = impl.compile(problems);
  if (policy == nullptr) return false;
  if (policy->checked == nullptr) return true;  // an image
  const std::vector<const Source*> texts = raw(policy->sources);
  Diagnostics diagnostics;
  advise(*policy->checked, texts, own, !policy->data->empty(), diagnostics);
  problems.impl().add(diagnostics, texts);
  return !diagnostics.has_errors();
}

}  // namespace psdl::tools
