// A verdict as a host reads it. In: what an evaluation found; out: one compact JSON object.
#pragma once

#include <string>

#include "psdl/findings.hpp"

namespace psdl::report {

// {"document":"pod.yaml","verdict":"deny","object":{..},"findings":[..]}, with "errors", "warnings" and "printed" where there are some. Findings are those
// of schema psdl/findings/v1, errors those of OPA.
[[nodiscard]] std::string verdict_json(const Verdict& verdict);
// OPA's error objects, or nothing: what stands between the brackets.
[[nodiscard]] std::string errors_json_items(const DiagnosticList& errors);

}  // namespace psdl::report
