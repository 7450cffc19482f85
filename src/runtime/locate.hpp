// From what the tracing twin noted to places in the manifest. In: notes of one yield, a document; out: where the finding stands and what belongs to it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "codec/document.hpp"
#include "codec/positions.hpp"
#include "psdl/findings.hpp"
#include "runtime/elements.hpp"
#include "runtime/findings.hpp"
#include "vm/machine.hpp"

namespace psdl {

// Fills location, path, missing, value_json, container and related of the finding.
//
// The rule's own `path` counts first; else the node read last by the last test that held, or the place where the last read inside `not` ended; else the
// last element a generator stood at; else the container that the rule named; else the object.
void locate_finding(const Document& document, const ObjectFacts& facts, const Element& element, std::span<const Note> notes, Finding& finding);

// The object itself: its name, else its kind, else its beginning.
void locate_object(const Document& document, Finding& finding);

}  // namespace psdl
