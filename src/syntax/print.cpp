// Trees as Rego text, the way OPA's String() writes them. In: nodes; out: text.
#include "syntax/print.hpp"

#include <array>

#include "syntax/text.hpp"
#include "syntax/visit.hpp"
#include "value/text.hpp"

namespace psdl::ast {
namespace {

constexpr std::array kV1Keywords = {"not",  "package", "import", "as",   "default", "else",     "with", "null",
                                    "true", "false",   "some",   "if",   "contains", "in",       "every"};

bool is_v1_keyword(std::string_view word) { return std::find(kV1Keywords.begin(), kV1Keywords.end(), word) != kV1Keywords.end(); }

template <class List, class Print>
void joined(const List& list, std::string_view separator, std::string& out, Print print_one) {
  bool first = true;
  for (const auto& item : list) {
    if (!first) out += separator;
    first = false;
    print_one(item);
  }
}

void print_terms(std::span<Term* const> terms, std::string& out) {
  joined(terms, ", ", out, [&](const Term* term) { print(*term, out); });
}

void print_ref(std::span<Term* const> ref, std::string& out) {
  if (ref.empty()) return;
  if (const String* head = ref[0]->as<String>()) {
    out += head->text;
  } else {
    print(*ref[0], out);
  }
  for (const Term* part : ref.subspan(1)) {
    const String* name = part->as<String>();
    if (name == nullptr) {
      out += '[';
      print(*part, out);
      out += ']';
    } else if (is_var_compatible(name->text) && !is_v1_keyword(name->text)) {
      out += '.';
      out += name->text;
    } else {
      out += '[';
      const bool escapes = std::any_of(name->text.begin(), name->text.end(), [](char c) {
        return c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
      });
      if (escapes) {
        print_quoted(name->text, out);
      } else {
        out.append("\"").append(name->text).append("\"");
      }
      out += ']';
    }
  }
}

void print_call(std::span<Term* const> call, std::string& out) {
  if (call.empty()) return;
  print(*call[0], out);
  out += '(';
  print_terms(call.subspan(1), out);
  out += ')';
}

// Heads of comprehensions write operators between their operands, in parentheses: `|` would read as the comprehension's own.
void print_comprehension_term(const Term& term, std::string& out) {
  const Call* call = term.as<Call>();
  if (call != nullptr && call->size() == 3) {
    const std::string_view sign = infix_sign(to_string(*(*call)[0]));
    if (!sign.empty() && sign != "in") {
      out += '(';
      print_comprehension_term(*(*call)[1], out);
      out.append(" ").append(sign).append(" ");
      print_comprehension_term(*(*call)[2], out);
      out += ')';
      return;
    }
  }
  print(term, out);
}

void print_template_text(std::string_view text, std::string& out) {
  std::string quoted;
  print_quoted(text, quoted);
  const std::string_view inside = std::string_view(quoted).substr(1, quoted.size() - 2);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '{' && (i == 0 || inside[i - 1] != '\\')) out += '\\';
    out += inside[i];
  }
}

bool leads_with_brace(const Value& value) {
  if (const Set* set = std::get_if<Set>(&value)) return !set->empty();
  if (std::holds_alternative<Object>(value) || std::holds_alternative<SetComprehension>(value) || std::holds_alternative<ObjectComprehension>(value)) return true;
  const Ref* ref = std::get_if<Ref>(&value);
  return ref != nullptr && !ref->empty() && leads_with_brace((*ref)[0]->value);
}

bool not_needs_parens(const Body& body) {
  if (body.size() != 1) return false;
  const Expr& expr = *body[0];
  if (!expr.with.empty() || expr.is<LogicalAnd*>() || expr.is<LogicalOr*>() || expr.is<Not*>()) return true;
  return expr.term() != nullptr && leads_with_brace(expr.term()->value);
}

bool operand_needs_parens(const Body& body, bool under_and, bool is_right) {
  const Expr& expr = *body[0];
  if (!expr.with.empty()) return true;
  if (expr.is<LogicalOr*>()) return under_and || is_right;
  if (expr.is<LogicalAnd*>()) return under_and && is_right;
  return expr.term() != nullptr && leads_with_brace(expr.term()->value);
}

void print_operand(const Body& body, bool is_explicit, bool under_and, bool is_right, std::string& out) {
  if (is_explicit || body.size() != 1) {
    out += "{ ";
    print(body, out);
    out += " }";
  } else if (operand_needs_parens(body, under_and, is_right)) {
    out += '(';
    print(body, out);
    out += ')';
  } else {
    print(body, out);
  }
}

template <class Binary>
void print_logical(const Binary& binary, bool is_and, std::string& out) {
  print_operand(binary.lhs, binary.explicit_lhs, is_and, false, out);
  out += is_and ? " and " : " or ";
  print_operand(binary.rhs, binary.explicit_rhs, is_and, true, out);
}

void print_some(const SomeDecl& some, std::string& out) {
  out += "some ";
  const Call* call = some.symbols.empty() ? nullptr : some.symbols[0]->as<Call>();
  if (call == nullptr) {
    print_terms(some.symbols.items(), out);
    return;
  }
  print(*(*call)[1], out);
  out += call->size() == 3 ? " in " : ", ";
  print(*(*call)[2], out);
  if (call->size() == 4) {
    out += " in ";
    print(*(*call)[3], out);
  }
}

void print_every(const Every& every, std::string& out) {
  out += "every ";
  if (every.key != nullptr) {
    print(*every.key, out);
    out += ", ";
  }
  print(*every.value, out);
  out += " in ";
  print(*every.domain, out);
  out += " { ";
  print(every.body, out);
  out += " }";
}

void print_not(const Not& negation, std::string& out) {
  if (negation.explicit_body || negation.body.size() != 1) {
    out += "not {";
    print(negation.body, out);
    out += '}';
  } else if (not_needs_parens(negation.body)) {
    out += "not (";
    print(negation.body, out);
    out += ')';
  } else {
    out += "not ";
    print(negation.body, out);
  }
}

}  // namespace

std::string_view infix_sign(std::string_view builtin) {
  struct Row {
    std::string_view name, sign;
  };
  static constexpr std::array kRows = {
      Row{"assign", ":="}, Row{"eq", "="},   Row{"lt", "<"},    Row{"lte", "<="},  Row{"gt", ">"},   Row{"gte", ">="}, Row{"equal", "=="}, Row{"neq", "!="},
      Row{"plus", "+"},    Row{"minus", "-"}, Row{"mul", "*"},  Row{"div", "/"},   Row{"rem", "%"},  Row{"and", "&"},  Row{"or", "|"},
      Row{"internal.member_2", "in"}, Row{"internal.member_3", "in"}};
  for (const Row& row : kRows) {
    if (row.name == builtin) return row.sign;
  }
  return {};
}

std::string_view kind_name(const Value& value) {
  static constexpr std::array<std::string_view, 14> kNames = {"null",  "boolean", "number", "string", "templatestring",     "var",                 "ref",
                                                              "array", "object",  "set",    "arraycomprehension", "objectcomprehension", "setcomprehension", "call"};
  return kNames[value.index()];
}

void print_quoted(std::string_view text, std::string& out) { append_quoted(out, text); }

std::string ref_to_string(std::span<Term* const> terms) {
  std::string out;
  print_ref(terms, out);
  return out;
}

void print(const Ref& ref, std::string& out) { print_ref(ref.items(), out); }

void print(const Term& term, std::string& out) {
  std::visit(
      Overloads{
          [&](const Null&) { out += "null"; },
          [&](const Boolean& held) { out += held.value ? "true" : "false"; },
          [&](const Number& held) { out += held.text; },
          [&](const String& held) { print_quoted(held.text, out); },
          [&](const Var& held) {
            if (is_wildcard(held.name)) {
              out += '_';
            } else {
              out += held.name;
            }
          },
          [&](const Ref& held) { print_ref(held.items(), out); },
          [&](const Call& held) { print_call(held.items(), out); },
          [&](const Array& held) {
            out += '[';
            print_terms(held.items(), out);
            out += ']';
          },
          [&](const Set& held) {
            if (held.empty()) {
              out += "set()";
              return;
            }
            out += '{';
            print_terms(held.items(), out);
            out += '}';
          },
          [&](const Object& held) {
            out += '{';
            joined(held, ", ", out, [&](const Pair& pair) {
              print(*pair.key, out);
              out += ": ";
              print(*pair.value, out);
            });
            out += '}';
          },
          [&](const ArrayComprehension& held) {
            out += '[';
            print_comprehension_term(*held.term, out);
            out += " | ";
            print(held.body, out);
            out += ']';
          },
          [&](const SetComprehension& held) {
            out += '{';
            print_comprehension_term(*held.term, out);
            out += " | ";
            print(held.body, out);
            out += '}';
          },
          [&](const ObjectComprehension& held) {
            out += '{';
            print_comprehension_term(*held.key, out);
            out += ": ";
            print_comprehension_term(*held.value, out);
            out += " | ";
            print(held.body, out);
            out += '}';
          },
          [&](const TemplateString& held) {
            out += "$\"";
            for (const TemplatePart& part : held.parts) {
              if (Expr* const* expr = std::get_if<Expr*>(&part)) {
                out += '{';
                print(**expr, out);
                out += '}';
              } else if (const Term* text = std::get<Term*>(part); text->is<String>()) {
                print_template_text(text->as<String>()->text, out);
              } else {
                print(*text, out);
              }
            }
            out += '"';
          },
      },
      term.value);
}

void print(const With& with, std::string& out) {
  out += "with ";
  print(*with.target, out);
  out += " as ";
  print(*with.value, out);
}

void print(const Expr& expr, std::string& out) {
  if (expr.negated) out += "not ";
  std::visit(Overloads{
                 [&](const Term* term) { print(*term, out); },
                 [&](const CallTerms& call) {
                   if (expr.is_equality() && call.size() == 3) {
                     print(*call[1], out);
                     out += " = ";
                     print(*call[2], out);
                   } else {
                     print_call(call.items(), out);
                   }
                 },
                 [&](const SomeDecl* some) { print_some(*some, out); },
                 [&](const Every* every) { print_every(*every, out); },
                 [&](const Not* negation) { print_not(*negation, out); },
                 [&](const LogicalAnd* both) { print_logical(*both, true, out); },
                 [&](const LogicalOr* either) { print_logical(*either, false, out); },
             },
             expr.content);
  for (const With* with : expr.with) {
    out += ' ';
    print(*with, out);
  }
}

void print(const Body& body, std::string& out) {
  joined(body, "; ", out, [&](const Expr* expr) { print(*expr, out); });
}

void print(const Head& head, std::string& out, RegoVersion version) {
  print_ref(head.reference.items(), out);
  bool has_contains = false;
  if (!head.args.empty()) {
    out += '(';
    print_terms(head.args.items(), out);
    out += ')';
  } else if (head.reference.size() == 1 && head.key != nullptr) {
    if (version == RegoVersion::V0) {
      out += '[';
      print(*head.key, out);
      out += ']';
    } else {
      out += " contains ";
      print(*head.key, out);
      has_contains = true;
    }
  }
  if (head.value != nullptr) {
    out += head.assign ? " := " : " = ";
    print(*head.value, out);
  } else if (!has_contains && head.name.empty() && head.key != nullptr) {
    out += " contains ";
    print(*head.key, out);
  }
}

void print(const Rule& rule, std::string& out, RegoVersion version) {
  const std::string_view open = version == RegoVersion::V0 ? " { " : " if { ";
  if (rule.is_default) out += "default ";
  print(*rule.head, out, version);
  if (!rule.is_default) {
    out += open;
    print(rule.body, out);
    out += " }";
  }
  for (const Rule* branch = rule.else_rule; branch != nullptr; branch = branch->else_rule) {
    out += " else ";
    if (branch->head->value != nullptr) {
      out += "= ";
      print(*branch->head->value, out);
    }
    out += open;
    print(branch->body, out);
    out += " }";
  }
}

void print(const Import& import, std::string& out) {
  out += "import ";
  print(*import.path, out);
  if (!import.alias.empty()) out.append(" as ").append(import.alias);
}

void print(const Package& package, std::string& out) {
  out += "package ";
  print_ref(package.path.slice(1), out);
}

void print(const Module& module, std::string& out) {
  print(*module.package, out);
  out += '\n';
  if (!module.imports.empty()) {
    for (const Import* import : module.imports) {
      out += '\n';
      print(*import, out);
    }
    out += '\n';
  }
  for (const Rule* rule : module.rules) {
    out += '\n';
    print(*rule, out, module.max_version);
  }
}

}  // namespace psdl::ast
