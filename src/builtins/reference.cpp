// The generated pages about builtins: docs/reference/builtins.md and capabilities.json are made here.
#include "builtins/reference.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "builtins/registry.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

// Names that have a sign of their own in an expression.
constexpr std::pair<std::string_view, std::string_view> kInfix[] = {
    {"and", "&"}, {"assign", ":="}, {"div", "/"},  {"eq", "="},   {"equal", "=="}, {"gt", ">"}, {"gte", ">="},          {"internal.member_2", "in"},
    {"lt", "<"},  {"lte", "<="},    {"minus", "-"}, {"mul", "*"}, {"neq", "!="},   {"or", "|"}, {"plus", "+"},          {"rem", "%"},
    {"internal.member_3", "in"},
};

std::string_view infix_of(std::string_view name) {
  const auto* at = std::find_if(std::begin(kInfix), std::end(kInfix), [&](const auto& row) { return row.first == name; });
  return at == std::end(kInfix) ? std::string_view() : at->second;
}

// In a cell of a table a bar ends the cell.
void append_cell(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
}

void append_code(std::string& out, std::string_view text) {
  if (text.empty()) return;
  out += '`';
  append_cell(out, text);
  out += '`';
}

// A signature's text turned into OPA's JSON for types. The text was checked when it was compiled, so there are no errors here.
class TypeWriter {
 public:
  TypeWriter(std::string_view text, std::string& out) : text_(text), out_(out) {}

  void declaration() {
    out_ += "{\"args\": [";
    take("(");
    const bool is_variadic = take("any...");
    for (bool first = true; !is_variadic && !at(")"); first = false) {
      if (!first) {
        take(",");
        out_ += ", ";
      }
      operand();
    }
    take(")");
    take("->");
    out_ += ']';
    if (!take("void")) {
      out_ += ", \"result\": {";
      type();
      out_ += '}';
    }
    out_ += ", \"type\": \"function\"";
    if (is_variadic) out_ += ", \"variadic\": {\"type\": \"any\"}";
    out_ += '}';
  }

 private:
  bool at(std::string_view token) {
    while (!text_.empty() && text_[0] == ' ') text_.remove_prefix(1);
    return text_.starts_with(token);
  }
  bool take(std::string_view token) {
    if (!at(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  std::string_view word() {
    (void)at("");
    const std::size_t size = std::min(text_.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"), text_.size());
    const std::string_view read = text_.substr(0, size);
    text_.remove_prefix(size);
    return read;
  }

  void operand() {
    const std::string_view before = text_;
    const std::string_view name = word();
    out_ += '{';
    if (take(":")) {
      out_.append("\"name\": \"").append(name).append("\", ");
    } else {
      text_ = before;
    }
    type();
    out_ += '}';
  }

  // The members of the type's object, without braces.
  void type() {
    std::vector<std::string> choices;
    do {
      std::string made;
      std::swap(made, out_);
      one();
      std::swap(made, out_);
      choices.push_back(std::move(made));
    } while (take("|"));
    if (choices.size() == 1) {
      out_ += choices[0];
      return;
    }
    out_ += "\"of\": [";
    for (std::size_t i = 0; i < choices.size(); ++i) out_.append(i > 0 ? ", {" : "{").append(choices[i]).append("}");
    out_ += "], \"type\": \"any\"";
  }

  void one() {
    const std::string_view kind = word();
    if (kind == "array" && take("<")) {
      out_ += "\"static\": [";
      do {
        out_ += out_.ends_with('[') ? "{" : ", {";
        type();
        out_ += '}';
      } while (take(","));
      take(">");
      out_ += "], ";
    } else if (kind == "array" || kind == "set") {
      take("[");
      out_ += kind == "array" ? "\"dynamic\": {" : "\"of\": {";
      type();
      out_ += "}, ";
      take("]");
    } else if (kind == "object") {
      object();
    }
    out_.append("\"type\": \"").append(kind).append("\"");
  }

  void object() {
    std::string fields;
    if (take("<")) {
      do {
        const std::string_view key = word();
        take(":");
        fields.append(fields.empty() ? "" : ", ").append("{\"key\": \"").append(key).append("\", \"value\": {");
        std::swap(fields, out_);
        type();
        std::swap(fields, out_);
        fields += "}}";
      } while (take(","));
      take(">");
    }
    if (take("[")) {
      out_ += "\"dynamic\": {\"key\": {";
      type();
      take(":");
      out_ += "}, \"value\": {";
      type();
      take("]");
      out_ += "}}, ";
    }
    if (!fields.empty()) out_.append("\"static\": [").append(fields).append("], ");
  }

  std::string_view text_;
  std::string& out_;
};

}  // namespace

std::string builtins_reference() {
  std::string out = "# Builtins\n\nMade by `psdl doc builtins` from the rows in `src/builtins/`.\n";
  for (const BuiltinFamily& family : builtin_families()) {
    if (family.rows.empty()) continue;
    out.append("\n## ").append(family.title).append("\n\n| builtin | what it gives | example |\n|---|---|---|\n");
    for (const Builtin& row : family.rows) {
      if (row.is_internal) continue;
      out += "| ";
      append_code(out, std::string(row.name) + std::string(row.signature.text));
      out += " | ";
      append_cell(out, row.doc);
      if (row.is_deprecated) out += " Refused in v1.";
      if (!row.is_deterministic) out += " Never computed ahead of the evaluation.";
      out += " | ";
      append_code(out, row.example);
      out += " |\n";
    }
  }
  out += "\n## Left out\n\nOPA has these, PSDL does not: a policy that names one is refused.\n\n| builtin | why |\n|---|---|\n";
  for (const MissingBuiltin& row : missing_builtins()) {
    if (find_builtin(row.name) != nullptr) continue;
    out += "| ";
    append_code(out, std::string(row.name) + std::string(row.signature.text));
    out.append(" | ").append(row.reason).append(" |\n");
  }
  return out;
}

std::string capabilities_json() {
  std::string out = "{\n  \"builtins\": [";
  bool is_first = true;
  for (const Builtin* row : all_builtins()) {
    out += is_first ? "\n    {\"name\": " : ",\n    {\"name\": ";
    is_first = false;
    append_json_string(out, row->name);
    if (!row->doc.empty()) {
      out += ", \"description\": ";
      append_json_string(out, row->doc);
    }
    out += ", \"decl\": ";
    TypeWriter(row->signature.text, out).declaration();
    if (const std::string_view infix = infix_of(row->name); !infix.empty()) {
      out += ", \"infix\": ";
      append_json_string(out, infix);
    }
    if (row->is_relation) out += ", \"relation\": true";
    if (row->is_deprecated) out += ", \"deprecated\": true";
    // OPA's word means that the answer differs between evaluations; print and trace are ours alone to keep from being computed ahead.
    if (!row->is_deterministic && row->signature.has_result && row->name != "trace") out += ", \"nondeterministic\": true";
    out += '}';
  }
  return out +=
         "\n  ],\n  \"future_keywords\": [\"and\", \"not\", \"or\"],\n"
         "  \"features\": [\"keywords_in_refs\", \"rego_v1\", \"rego_v2\", \"rego_v2_import\", \"template_strings\"]\n}\n";
}

}  // namespace psdl
