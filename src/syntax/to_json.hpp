// The tree as JSON, in the shape of `opa parse --format json` without locations and comments. In: nodes; out: JSON text appended.
#pragma once

#include <string>

#include "syntax/ast.hpp"

namespace psdl::ast {

void module_to_json(const Module& module, std::string& out);
void body_to_json(const Body& body, std::string& out);
void term_to_json(const Term& term, std::string& out);
void annotations_to_json(const Annotations& annotations, std::string& out);
// A ground term as plain JSON (`{"a": 1}`), not as a tree: what custom metadata holds.
void ground_to_json(const Term& term, std::string& out);

}  // namespace psdl::ast
