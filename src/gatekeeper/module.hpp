// A template's Rego as one program (SPEC 4). In: entry and libraries; out: rules below `data.template` and `data.libs`, or Gatekeeper's refusal.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.hpp"
#include "engine/policy.hpp"
#include "gatekeeper/refusal.hpp"
#include "gatekeeper/template.hpp"

namespace psdl::gatekeeper {

inline constexpr std::string_view kViolationPath = "data.template.violation";

// Something to be said of a Rego text. at.source: 0 is the entry, n the n-th library.
struct RegoRemark {
  std::string code;
  std::string message;
  Span at;
  std::vector<std::string> notes;
  std::vector<std::string> help;
};

// text: gator's words. The remarks say the same for people; never empty.
struct RegoFailure {
  std::string text;
  std::vector<RegoRemark> remarks;
};

// Immutable. Knows nothing of the YAML that its texts stood in, so that templates with the same code share it.
struct RegoModule {
  std::shared_ptr<const Policy::Impl> policy;  // sources are called as in gator's messages: `template`, `libs["lib_0"]`
  FunctionKind kind = FunctionKind::Set;       // of `violation`
  std::string written_path;                    // of `violation`, in the package as its author calls it
  std::vector<Span> rules;                     // of that name
  std::vector<RegoRemark> remarks;             // taken, with a note
};

// options: limits, print_statements and optimise count.
[[nodiscard]] Result<std::shared_ptr<const RegoModule>, RegoFailure> compile_rego(const RegoCode& code, const EngineOptions& options);

// A text about the program, with libraries by the paths that their authors know: `data.lib.x`, not `data.libs.lib.x`.
[[nodiscard]] std::string as_written(std::string text);

// Where that stands in the template's YAML.
[[nodiscard]] ShownPlace place_in_template(const Template& of, Span at);
[[nodiscard]] Problem problem_in_template(const Template& of, const RegoRemark& remark, Severity severity);
[[nodiscard]] Refusal refusal_in_template(const Template& of, const RegoFailure& failure);

// "template:8: rego_type_error: .." with OPA's further lines.
[[nodiscard]] std::string opa_line(const Problem& problem);

}  // namespace psdl::gatekeeper
