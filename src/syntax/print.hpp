// Trees as Rego text, the way OPA's String() writes them: one line, calls in prefix form, sets and objects in order. In: nodes; out: text.
#pragma once

#include <string>
#include <string_view>

#include "syntax/ast.hpp"

namespace psdl::ast {

void print(const Term& term, std::string& out);
void print(const Expr& expr, std::string& out);
void print(const Body& body, std::string& out);
void print(const With& with, std::string& out);
void print(const Ref& ref, std::string& out);
void print(const Head& head, std::string& out, RegoVersion version = RegoVersion::V1);
void print(const Rule& rule, std::string& out, RegoVersion version = RegoVersion::V1);
void print(const Import& import, std::string& out);
void print(const Package& package, std::string& out);
void print(const Module& module, std::string& out);

template <class Node>
[[nodiscard]] std::string to_string(const Node& node) {
  std::string out;
  print(node, out);
  return out;
}
// The terms of a ref, `data.a["b c"][x]`; any part of one will do.
[[nodiscard]] std::string ref_to_string(std::span<Term* const> terms);

// A string with quotes and Go's escapes.
void print_quoted(std::string_view text, std::string& out);

// What OPA calls the kind of a value: "var", "objectcomprehension", ..
[[nodiscard]] std::string_view kind_name(const Value& value);

// The sign of a builtin that is written between its operands (`plus` -> `+`), or nothing.
[[nodiscard]] std::string_view infix_sign(std::string_view builtin);

}  // namespace psdl::ast
