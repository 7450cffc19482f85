// Exceptions as they are written and as they are matched. In: YAML; findings; out: exceptions, whether one speaks of a
// finding.
#pragma once

#include <string_view>
#include <vector>

#include "psdl/triage.hpp"
#include "triage/config_text.hpp"

namespace psdl::triage {

// Takes the items of a list of exceptions; what is wrong with one is told at its line, and it is left out.
void take_exceptions(ConfigText& config, const Value& list, std::vector<Exception>& exceptions,
                     DiagnosticList& problems);

[[nodiscard]] bool speaks_of(const Exception& exception, const Finding& finding,
                             const std::vector<std::pair<std::string, std::string>>& labels);
// `now_ns` is after the last day on which it holds.
[[nodiscard]] bool has_expired(const Exception& exception, std::int64_t now_ns);

// "Deployment/shop/web"; without the namespace where there is none.
[[nodiscard]] std::string object_text(const ObjectIdentity& object);

}  // namespace psdl::triage
