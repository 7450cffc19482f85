// What is set for rules, checked against what they read. In: names below data.psdl.parameters; out: errors for those
// that would change nothing.
#pragma once

#include <span>

#include "psdl/psdl.hpp"
#include "psdl/triage.hpp"

namespace psdl {

enum class RulesHere : std::uint8_t {
  All,   // a name that no rule has means nothing
  Some,  // it may be meant for rules that are not part of this run, unless it is nearly a name that is known
};

// Of rules of the policy and of all extra rules. errors: `unknown_setting`, with the likely spelling. A policy that was
// read from an image does not tell what it reads: nothing is checked.
[[nodiscard]] bool check_parameters(const Policy& policy, std::span<const triage::ParameterSetting> settings,
                                    RulesHere rules, DiagnosticList& problems);

}  // namespace psdl
