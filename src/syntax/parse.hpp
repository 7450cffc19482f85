// Text to tree. In: policy text; out: a module, a query or a term, or the errors OPA's parser would report, in its order.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "base/limits.hpp"
#include "base/source.hpp"
#include "syntax/ast.hpp"

namespace psdl {

struct ParseOptions {
  ast::RegoVersion version = ast::RegoVersion::V1;  // what the text is read as before its imports are seen
  bool implies_v2 = false;                          // `.psdl`: as if `import rego.v2` stood there (the tree does not show it)
  bool annotations = true;                          // read `# METADATA` blocks
  bool recover = true;                              // after the first errors go on at the next rule (diagnostics `beyond_opa`)
  // For queries: the imports they are read under, as `future.keywords.in` or `rego.v2`.
  std::span<const std::string> imports = {};
  // Whether `future.keywords.not` among them means the improved `not`, as for `opa eval --import`; OPA's parser suite reads its bodies without.
  bool improved_not = true;
};

// shapes: spans name `source_number`, the caller's index of `source`. Null where there are errors (code `rego_parse_error`; `limit_..` where a limit is reached).
// source: OPA's v1/ast/parser.go.
[[nodiscard]] std::unique_ptr<ast::Module> parse_module(const Source& source, std::uint32_t source_number, const ParseOptions& options, const Limits& limits,
                                                        Diagnostics& diagnostics);
// A query: literals parted by `;` or line ends. An empty text is an empty body.
[[nodiscard]] std::unique_ptr<ast::Query> parse_body(const Source& source, std::uint32_t source_number, const ParseOptions& options, const Limits& limits,
                                                     Diagnostics& diagnostics);
// One term; `body[0]->term()` holds it.
[[nodiscard]] std::unique_ptr<ast::Query> parse_term(const Source& source, std::uint32_t source_number, const ParseOptions& options, const Limits& limits,
                                                     Diagnostics& diagnostics);

}  // namespace psdl
