// Short ways to parse in tests. In: policy text; out: trees as JSON, text or lists of errors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "syntax/parse.hpp"
#include "syntax/print.hpp"
#include "syntax/text.hpp"
#include "syntax/to_json.hpp"

namespace psdl::testing {

struct Parsed {
  std::unique_ptr<ast::Module> module;
  std::vector<std::string> errors;  // "row:column message", OPA's alone
  std::vector<Diagnostic> all;
};

inline Parsed parse(const std::string& text, ParseOptions options = {}, const Limits& limits = {}) {
  const Source source("test.rego", text);
  Diagnostics diagnostics;
  Parsed parsed;
  parsed.module = parse_module(source, 0, options, limits, diagnostics);
  parsed.all = diagnostics.all();
  for (const Diagnostic& one : parsed.all) {
    if (one.beyond_opa) continue;
    const LineColumn at = text::opa_position(text, one.span.begin);
    parsed.errors.push_back(std::to_string(at.line) + ":" + std::to_string(at.column) + " " + one.message);
  }
  return parsed;
}

// The first rule of `package p` and the text, as OPA's String() shows it.
inline std::string rule_text(const std::string& text, ParseOptions options = {}) {
  const Parsed parsed = parse("package p\n" + text, options);
  if (parsed.module == nullptr) return parsed.errors.empty() ? "?" : "error " + parsed.errors[0];
  std::string out;
  if (!parsed.module->rules.empty()) ast::print(*parsed.module->rules[0], out, options.version);
  return out;
}

// A query, as OPA's String() shows it.
inline std::string body_text(const std::string& text, ParseOptions options = {}) {
  const Source source("query", text);
  Diagnostics diagnostics;
  const auto query = parse_body(source, 0, options, Limits{}, diagnostics);
  if (query == nullptr) {
    const Diagnostic& first = diagnostics.all().front();
    const LineColumn at = text::opa_position(text, first.span.begin);
    return "error " + std::to_string(at.line) + ":" + std::to_string(at.column) + " " + first.message;
  }
  return ast::to_string(query->body);
}

inline std::string body_json(const std::string& text) {
  const Source source("query", text);
  Diagnostics diagnostics;
  const auto query = parse_body(source, 0, {}, Limits{}, diagnostics);
  std::string out;
  if (query != nullptr) ast::body_to_json(query->body, out);
  return out;
}

inline ParseOptions v0() { return {.version = ast::RegoVersion::V0}; }
inline ParseOptions v2() { return {.implies_v2 = true}; }

}  // namespace psdl::testing
