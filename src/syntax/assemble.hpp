// Statements to a module. In: what the parser read, in order; out: a module whose rules are sorted out and checked, with metadata attached.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostic.hpp"
#include "syntax/ast.hpp"

namespace psdl::parsing {

// A body that stands alone may be a rule without a body: `p := 1`, `f(x) = y`.
using Statement = std::variant<ast::Package*, ast::Import*, ast::Rule*, ast::Body>;

struct CommentText {
  Span span;
  std::string_view text;  // without `#`
};

// Package, imports and rules from statements, with the checks that v1 makes of each rule. False where diagnostics were added.
[[nodiscard]] bool assemble(ast::Module& module, const std::vector<Statement>& statements, std::string_view text, Diagnostics& diagnostics);

// `# METADATA` blocks to module.annotations.
[[nodiscard]] bool read_metadata(ast::Module& module, const std::vector<CommentText>& comments, std::string_view text, Diagnostics& diagnostics);
// Annotations to the package or rule below them. Call it after `assemble`.
[[nodiscard]] bool attach_metadata(ast::Module& module, std::string_view text, Diagnostics& diagnostics);

}  // namespace psdl::parsing
