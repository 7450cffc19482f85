// Findings of one document with their fixes. In: what rules say of fixing; out: Finding::fix, or Finding::no_fix.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "codec/document.hpp"
#include "fix/spec.hpp"
#include "psdl/findings.hpp"
#include "psdl/psdl.hpp"
#include "runtime/findings.hpp"

namespace psdl {

// What rules say, read once for all documents; by its text.
using FixSpecs = std::map<std::string, fix::Spec, std::less<>>;

// `fix_jsons`: one for each finding; empty where its rule knows no fix.
void add_fixes(const Document& document, const ObjectFacts& facts, std::span<const std::string> fix_jsons,
               FixSpecs& specs, std::span<Finding> findings);

// An error for a rule whose fix cannot be read. False then.
[[nodiscard]] bool check_fix(const RuleText& rule, DiagnosticList& problems);

}  // namespace psdl
