// Trees as Rego text for people. In: nodes; out: lines, tabs for indents.
//
// Every construct is written on one line where it fits; bodies of rules, and what is too long, over several.
#include "syntax/write.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "syntax/print.hpp"
#include "syntax/visit.hpp"

namespace psdl::ast {
namespace {

constexpr std::size_t kTabWidth = 4;

// Higher binds tighter. Signs that are no operators of terms (`=`, `:=`) have none.
int precedence(std::string_view sign) {
  if (sign == "in") return 1;
  if (sign == "==" || sign == "!=" || sign == "<" || sign == "<=" || sign == ">" || sign == ">=") return 2;
  if (sign == "|") return 3;
  if (sign == "&") return 4;
  if (sign == "+" || sign == "-") return 5;
  if (sign == "*" || sign == "/" || sign == "%") return 6;
  return 0;
}

constexpr int kTight = 7;

std::string_view sign_of(std::span<Term* const> call) {
  const Ref* name = call[0]->as<Ref>();
  if (name == nullptr) return {};
  const std::string_view sign = infix_sign(ref_to_string(name->items()));
  const bool has_key = sign == "in" && call.size() == 4;
  return call.size() == 3 || has_key ? sign : std::string_view();
}

bool can_be_raw(std::string_view text) {
  const bool wants = text.find('\\') != std::string_view::npos || text.find('"') != std::string_view::npos;
  return wants && std::none_of(text.begin(), text.end(),
                               [](char c) { return c == '`' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

class Writer {
 public:
  std::string out;

  void rule(const Rule& rule) {
    if (rule.is_default) out += "default ";
    head(*rule.head, rule.is_default);
    if (!rule.is_default) rule_body(rule, true);
    for (const Rule* branch = rule.else_rule; branch != nullptr; branch = branch->else_rule) {
      out += " else";
      if (has_written_value(*branch->head, false)) {
        out += " := ";
        term(*branch->head->value);
      }
      rule_body(*branch, false);
    }
    out += '\n';
  }

 private:
  // ---- Rules.
  static bool is_true(const Term* value) {
    return value != nullptr && value->is<Boolean>() && value->as<Boolean>()->value;
  }
  static bool has_written_value(const Head& head, bool is_default) {
    return head.value != nullptr && (is_default || !is_true(head.value));
  }

  void head(const Head& head, bool is_default) {
    ref(head.reference.items());
    if (!head.args.empty()) {
      out += '(';
      terms(head.args.items(), 1);
      out += ')';
    }
    if (head.is_multi_value()) {
      out += " contains ";
      term(*head.key);
    } else if (has_written_value(head, is_default)) {
      out += " := ";
      term(*head.value);
    }
  }

  static bool is_empty(const Rule& rule) {
    return rule.body.empty() || (rule.body.size() == 1 && is_true(rule.body[0]->term()) && rule.body[0]->with.empty() &&
                                 !rule.body[0]->negated);
  }

  void rule_body(const Rule& rule, bool is_first) {
    if (is_empty(rule) && rule.else_rule == nullptr) {  // `else` stands behind a body alone
      // A name alone, or `else` alone, says nothing.
      const bool says_something = is_first && (!rule.head->args.empty() || rule.head->is_multi_value());
      if (!says_something && is_true(rule.head->value)) out += " := true";
      return;
    }
    out += " if ";
    if (is_first && rule.body.size() == 1 && rule.else_rule == nullptr && fits_one_line(rule.body)) {
      statements_inline(rule.body);
    } else {
      braced(rule.body);
    }
  }

  bool fits_one_line(const Body& body) {
    if (body[0]->is<Every*>()) return false;
    return one_line([&](Writer& writer) { writer.statements_inline(body); }).has_value();
  }

  void braced(const Body& body) {
    out += '{';
    lines(body);
    out += '}';
  }

  // A line for each statement, and one for what closes them.
  void lines(const Body& body) {
    ++indent_;
    for (const Expr* expr : body) {
      const std::size_t end = out.size();
      line();
      const std::size_t begin = out.size();
      statement(*expr);
      // A line that begins with a minus would go on with what stands before it.
      if (expr != body[0] && out[begin] == '-') out.insert(end, 1, ';');
    }
    --indent_;
    line();
  }

  void line() {
    out += '\n';
    out.append(indent_, '\t');
  }

  // ---- Statements.
  void statements_inline(const Body& body) {
    bool is_first = true;
    for (const Expr* expr : body) {
      if (!is_first) out += "; ";
      is_first = false;
      statement(*expr);
    }
  }

  void statement(const Expr& expr) {
    if (expr.negated) out += "not ";
    std::visit(Overloads{
                   [&](const Term* held) { term(*held); },
                   [&](const CallTerms& call) { call_statement(call.items()); },
                   [&](const SomeDecl* some) { some_statement(*some); },
                   [&](const Every* every) { every_statement(*every); },
                   [&](const Not* negation) {
                     out += "not ";
                     operand(negation->body, negation->explicit_body, 4);
                   },
                   [&](const LogicalAnd* both) { logical(*both, " and ", 2); },
                   [&](const LogicalOr* either) { logical(*either, " or ", 1); },
               },
               expr.content);
    for (const With* with : expr.with) {
      out += " with ";
      term(*with->target);
      out += " as ";
      operand_term(*with->value, kTight);
    }
  }

  void call_statement(std::span<Term* const> call) {
    const std::string_view sign = sign_of(call);
    if (sign == "=" || sign == ":=") {
      term(*call[1]);
      out.append(" ").append(sign).append(" ");
      term(*call[2]);
    } else {
      this->call(call);
    }
  }

  void some_statement(const SomeDecl& some) {
    out += "some ";
    const Call* call = some.symbols.empty() ? nullptr : some.symbols[0]->as<Call>();
    if (call == nullptr) {
      terms(some.symbols.items(), 0);
    } else {
      this->call(call->items());
    }
  }

  void every_statement(const Every& every) {
    out += "every ";
    if (every.key != nullptr) {
      term(*every.key);
      out += ", ";
    }
    term(*every.value);
    out += " in ";
    operand_term(*every.domain, 2);
    out += ' ';
    block(every.body);
  }

  // A body in braces: on one line where only that is wanted.
  void block(const Body& body) {
    if (!is_flat_) {
      braced(body);
      return;
    }
    out += "{ ";
    statements_inline(body);
    out += " }";
  }

  // Left to right; `not` binds more than `and`, and that more than `or`.
  template <class Binary>
  void logical(const Binary& binary, std::string_view word, int level) {
    operand(binary.lhs, binary.explicit_lhs, level);
    out += word;
    operand(binary.rhs, binary.explicit_rhs, level + 1);
  }

  void operand(const Body& body, bool is_explicit, int level) {
    if (is_explicit || body.size() != 1) {
      block(body);
      return;
    }
    const Expr& expr = *body[0];
    const int own = expr.is<LogicalOr*>() ? 1 : expr.is<LogicalAnd*>() ? 2 : expr.is_negated() ? 3 : 4;
    const bool needs = !expr.with.empty() || own < level || leads_with_brace(expr);
    if (needs) out += '(';
    statement(expr);
    if (needs) out += ')';
  }

  static bool leads_with_brace(const Expr& expr) {
    Writer writer;
    writer.is_flat_ = true;
    writer.statement(expr);
    return writer.out.starts_with('{');
  }

  // ---- Terms.
  void term(const Term& held) {
    std::visit(
        Overloads{
            [&](const Ref& inner) { ref(inner.items()); },
            [&](const Call& inner) { call(inner.items()); },
            [&](const Array& inner) {
              listed('[', ']', inner, [&](Writer& writer, const Term* item) { writer.member(*item); });
            },
            [&](const Set& inner) {
              if (inner.empty()) {
                out += "set()";
              } else {
                listed('{', '}', inner, [&](Writer& writer, const Term* item) { writer.member(*item); });
              }
            },
            [&](const Object& inner) {
              listed('{', '}', inner, [&](Writer& writer, const Pair& pair) {
                writer.member(*pair.key);
                writer.out += ": ";
                writer.member(*pair.value);
              });
            },
            [&](const ArrayComprehension& inner) { comprehension('[', ']', {inner.term}, inner.body); },
            [&](const SetComprehension& inner) { comprehension('{', '}', {inner.term}, inner.body); },
            [&](const ObjectComprehension& inner) { comprehension('{', '}', {inner.key, inner.value}, inner.body); },
            [&](const TemplateString& inner) { template_string(inner); },
            [&](const String& inner) {
              if (can_be_raw(inner.text)) {
                out.append("`").append(inner.text).append("`");
              } else {
                print_quoted(inner.text, out);
              }
            },
            [&](const auto&) { print(held, out); },
        },
        held.value);
  }

  // A term beside an operator, or where no operator may stand: in parentheses if it binds less than `level`.
  void operand_term(const Term& held, int level) {
    const Call* call = held.as<Call>();
    const int own = call != nullptr ? precedence(sign_of(call->items())) : kTight;
    const bool needs = call != nullptr && own > 0 && own < level;
    if (needs) out += '(';
    term(held);
    if (needs) out += ')';
  }

  // Of a collection: `[a | b]` would be read as a comprehension.
  void member(const Term& held) { operand_term(held, kTight); }

  void terms(std::span<Term* const> list, int level) {
    bool is_first = true;
    for (const Term* item : list) {
      if (!is_first) out += ", ";
      is_first = false;
      operand_term(*item, level + 1);
    }
  }

  void call(std::span<Term* const> held) {
    const std::string_view sign = sign_of(held);
    const int level = precedence(sign);
    if (level == 0) {
      term(*held[0]);
      out += '(';
      arguments(held.subspan(1));
      out += ')';
      return;
    }
    std::size_t at = 1;
    if (held.size() == 4) {  // `k, v in xs`
      operand_term(*held[at++], 2);
      out += ", ";
    }
    operand_term(*held[at], sign == "in" ? 2 : level);
    out.append(" ").append(sign).append(" ");
    operand_term(*held[at + 1], level + 1);
  }

  void arguments(std::span<Term* const> list) { terms(list, 1); }

  void ref(std::span<Term* const> held) {
    if (held[0]->is<Call>() || held[0]->is<Ref>() || !(held[0]->is<Var>() || held[0]->is<String>())) {
      term(*held[0]);
    } else {
      out += ref_to_string(held.subspan(0, 1));
    }
    for (std::size_t i = 1; i < held.size(); ++i) {
      if (held[i]->is<String>()) {
        out += part_text(held[i]);
      } else {
        out += '[';
        term(*held[i]);
        out += ']';
      }
    }
  }

  // `.name` or `["any text"]`.
  static std::string part_text(Term* part) {
    Term head{Var{"x"}, {}};
    Term* const pair[] = {&head, part};
    return ref_to_string(pair).substr(1);
  }

  void template_string(const TemplateString& text) {
    out += "$\"";
    for (const TemplatePart& part : text.parts) {
      Expr* const* expr = std::get_if<Expr*>(&part);
      if (expr != nullptr) {
        out += '{';
        out += flat([&](Writer& writer) { writer.statement(**expr); });
        out += '}';
        continue;
      }
      const Term& held = *std::get<Term*>(part);
      if (!held.is<String>()) {
        out += '{';
        out += flat([&](Writer& writer) { writer.term(held); });
        out += '}';
        continue;
      }
      std::string quoted;
      print_quoted(held.as<String>()->text, quoted);
      for (const char c : std::string_view(quoted).substr(1, quoted.size() - 2)) {
        if (c == '{') out += '\\';
        out += c;
      }
    }
    out += '"';
  }

  // ---- What is broken over lines where it is too long.
  template <class List, class Item>
  void listed(char open, char close, const List& list, Item item) {
    const auto inline_text = one_line([&](Writer& writer) {
      writer.out += open;
      bool is_first = true;
      for (const auto& each : list) {
        if (!is_first) writer.out += ", ";
        is_first = false;
        item(writer, each);
      }
      writer.out += close;
    });
    if (inline_text) {
      out += *inline_text;
      return;
    }
    out += open;
    ++indent_;
    for (const auto& each : list) {
      line();
      item(*this, each);
      out += ',';
    }
    --indent_;
    line();
    out += close;
  }

  void comprehension(char open, char close, std::initializer_list<const Term*> head, const Body& body) {
    const auto heads = [&](Writer& writer) {
      writer.out += open;
      bool is_first = true;
      for (const Term* each : head) {
        if (!is_first) writer.out += ": ";
        is_first = false;
        writer.member(*each);
      }
      writer.out += " |";
    };
    const auto inline_text = one_line([&](Writer& writer) {
      heads(writer);
      writer.out += ' ';
      writer.statements_inline(body);
      writer.out += close;
    });
    if (inline_text) {
      out += *inline_text;
      return;
    }
    heads(*this);
    lines(body);
    out += close;
  }

  template <class Write>
  std::string flat(Write write) const {
    Writer writer;
    writer.is_flat_ = true;
    writer.indent_ = indent_;
    write(writer);
    return std::move(writer.out);
  }

  // The text on one line; nothing where it does not fit behind what stands on this line already.
  template <class Write>
  std::optional<std::string> one_line(Write write) const {
    std::string made = flat(write);
    if (is_flat_) return made;
    const std::size_t begin = out.rfind('\n') == std::string::npos ? 0 : out.rfind('\n') + 1;
    const std::string_view before = std::string_view(out).substr(begin);
    const auto tabs = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\t'));
    if (before.size() + tabs * (kTabWidth - 1) + made.size() > kWrittenWidth) return std::nullopt;
    return made;
  }

  std::size_t indent_ = 0;
  bool is_flat_ = false;
};

}  // namespace

std::string write_rule(const Rule& rule) {
  Writer writer;
  writer.rule(rule);
  return std::move(writer.out);
}

}  // namespace psdl::ast
