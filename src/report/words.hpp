// The words that all formats use. In: findings' enumerators and identities; out: texts, not escaped.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "psdl/findings.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::report {

using tools::plural;
using tools::severity_word;
[[nodiscard]] std::string_view precision_word(Precision precision);       // "exact"
[[nodiscard]] std::string_view suppression_word(Suppression::Kind kind);  // "exception"
// "Deployment shop/web"; empty where the document says neither kind nor name.
[[nodiscard]] std::string object_text(const ObjectIdentity& object);
// "8.8" as a number; nothing where a rule has no score.
[[nodiscard]] std::optional<double> security_score(const RuleInfo* rule);
// "suppressed by an exception: loads an eBPF program (sre, until 2027-03-31)".
[[nodiscard]] std::string suppression_text(const Suppression& suppression);

}  // namespace psdl::report
