// Statements to a module. In: what the parser read, in order; out: a module whose rules are sorted out and checked.
#include "syntax/assemble.hpp"

#include <string>

#include "syntax/builtin_names.hpp"
#include "syntax/print.hpp"
#include "syntax/text.hpp"
#include "syntax/visit.hpp"

namespace psdl::parsing {
namespace {

constexpr std::string_view kParseError = "rego_parse_error";

// A rule, or why the text is none.
struct Reading {
  ast::Rule* rule = nullptr;
  std::string fault;
};

class Assembler {
 public:
  Assembler(ast::Module& module, std::string_view text, Diagnostics& diagnostics)
      : module_(module), nodes_(module.nodes), text_(text), diagnostics_(diagnostics) {}

  bool run(const std::vector<Statement>& statements) {
    const std::size_t errors_before = diagnostics_.error_count();
    if (statements.empty() && !module_.annotations.empty()) {
      diagnostics_.error(kParseError, module_.annotations[0]->span, "package expected");
      return false;
    }
    if (statements.empty()) {
      diagnostics_.error(kParseError, {0, text::kNowhere, text::kNowhere}, "empty module");
      return false;
    }
    if (ast::Package* const* package = std::get_if<ast::Package*>(&statements[0])) {
      module_.package = *package;
    } else {
      diagnostics_.error(kParseError, span_of(statements[0]), "package expected");
    }
    for (std::size_t i = 1; i < statements.size(); ++i) {
      std::visit(ast::Overloads{[&](ast::Import* import) { add(import); }, [&](ast::Rule* rule) { add(rule); },
                                [&](ast::Package* package) { diagnostics_.error(kParseError, package->span, "unexpected package"); },
                                [&](const ast::Body& body) { add(body, statements, i); }},
                 statements[i]);
    }
    if (module_.max_version != ast::RegoVersion::V0) {
      for (const ast::Rule* rule : module_.rules) {
        for (; rule != nullptr; rule = rule->else_rule) check_v1(*rule);
      }
    }
    return diagnostics_.error_count() == errors_before;
  }

 private:
  static Span span_of(const Statement& statement) {
    return std::visit(ast::Overloads{[](const ast::Body& body) { return body.empty() ? Span{} : body[0]->span; }, [](const auto* node) { return node->span; }},
                      statement);
  }

  void add(ast::Import* import) {
    module_.imports.push_back(import);
    const std::string path = ast::to_string(*import->path);
    if (path == "rego.v1") {
      module_.has_rego_v1_import = true;
      if (module_.max_version == ast::RegoVersion::V0) module_.max_version = ast::RegoVersion::V1;
    } else if (path == "rego.v2") {
      module_.has_rego_v1_import = true;
      module_.max_version = ast::RegoVersion::V2;
    }
  }

  void add(ast::Rule* rule) {
    for (ast::Rule* branch = rule; branch != nullptr; branch = branch->else_rule) branch->module = &module_;
    module_.rules.push_back(rule);
  }

  void add(const ast::Body& body, const std::vector<Statement>& statements, std::size_t at) {
    const Reading reading = rule_from(body);
    if (reading.rule != nullptr) {
      reading.rule->generated_body = true;
      add(reading.rule);
      return;
    }
    std::string message = reading.fault;
    if (const std::string_view keyword = missing_keyword(body, statements, at); !keyword.empty()) {
      message.append(" (hint: `import future.keywords.").append(keyword);
      message += keyword == "if" ? "` for `p if { ... }` rules)" : "` for `p contains x` rules)";
    }
    diagnostics_.error(kParseError, body[0]->span, std::move(message));
  }

  // In v0 `p if { .. }` reads as the body `p` and a rule named `if`.
  std::string_view missing_keyword(const ast::Body& body, const std::vector<Statement>& statements, std::size_t at) const {
    if (module_.max_version != ast::RegoVersion::V0) return {};
    if (const std::string_view name = keyword_name(statements[at]); !name.empty()) return name;
    if (at + 1 >= statements.size()) return {};
    const Span next = span_of(statements[at + 1]);
    if (text::opa_position(text_, next.begin).line != text::opa_position(text_, body[0]->span.begin).line) return {};
    return keyword_name(statements[at + 1]);
  }

  static std::string_view keyword_name(const Statement& statement) {
    std::string_view name;
    if (ast::Rule* const* rule = std::get_if<ast::Rule*>(&statement)) {
      name = (*rule)->head->name;
    } else if (const auto* body = std::get_if<ast::Body>(&statement); body != nullptr && body->size() == 1 && (*body)[0]->term() != nullptr) {
      if (const ast::Var* var = (*body)[0]->term()->as<ast::Var>()) name = var->name;
    }
    return name == "if" || name == "contains" ? name : std::string_view();
  }

  // ---- bodies that are rules
  Reading rule_from(const ast::Body& body) {
    if (body.size() != 1) return {nullptr, "multiple expressions cannot be used for rule head"};
    ast::Expr& expr = *body[0];
    if (!expr.with.empty()) return {nullptr, "expressions using with keyword cannot be used for rule head"};
    if (expr.negated) return {nullptr, "negated expressions cannot be used for rule head"};
    if (expr.is<ast::SomeDecl*>()) return {nullptr, "'some' declarations cannot be used for rule head"};
    if (ast::Term* term = expr.term()) return from_term(*term);
    if (expr.call() == nullptr) return {nullptr, "expression cannot be used for rule head"};
    if (expr.is_equality() || expr.is_assignment()) {
      Reading reading = from_equation(expr);
      if (reading.rule != nullptr && expr.is_assignment()) reading.rule->head->assign = true;
      return reading;
    }
    if (is_builtin(ast::to_string(*(*expr.call())[0]))) return {nullptr, "rule name conflicts with built-in function"};
    return from_call(*expr.call());
  }

  static bool is_builtin(std::string_view name);

  Reading from_term(ast::Term& term) {
    ast::Ref* ref = term.as<ast::Ref>();
    if (ref == nullptr) return {nullptr, std::string(ast::kind_name(term.value)) + " cannot be used for rule name"};
    if (ref->size() == 1) return {nullptr, "refs cannot be used for rule head"};
    if (!(*ref)[0]->is<ast::Var>()) return {nullptr, "invalid rule head: " + ast::to_string(*ref)};
    ast::Head* head = nullptr;
    if (ref->size() == 2) {  // `p[x]`, a v0 set
      head = nodes_.head((*ref)[0]->as<ast::Var>()->name, (*ref)[0]->span);
      head->key = (*ref)[1];
    } else {
      head = nodes_.head(ref->items(), term.span);
      head->value = nodes_.boolean(true, term.span);
      head->generated_value = true;
    }
    head->span = term.span;
    return {nodes_.rule(head, true_body(term.span), term.span), {}};
  }

  Reading from_equation(ast::Expr& expr) {
    ast::Term* lhs = expr.operand(0);
    ast::Term* rhs = expr.operand(1);
    if (lhs == nullptr || rhs == nullptr) return {nullptr, "assignment requires two operands"};
    Reading reading = from_sides(*lhs, rhs);
    if (reading.rule != nullptr) {
      reading.rule->span = expr.span;
      reading.rule->head->span = expr.span;
    }
    return reading;
  }

  Reading from_sides(ast::Term& lhs, ast::Term* rhs) {
    ast::Head* head = nullptr;
    if (ast::Call* call = lhs.as<ast::Call>()) {
      ast::Ref* name = (*call)[0]->as<ast::Ref>();
      if (name != nullptr && (*name)[0]->is<ast::Var>()) {
        head = nodes_.head(name->items(), lhs.span);
        head->args.append(call->slice(1));
      }
    } else if (ast::Ref* ref = lhs.as<ast::Ref>()) {
      if (!(*ref)[0]->is<ast::Var>()) return {nullptr, "invalid rule head: " + ast::to_string(*ref)};
      head = nodes_.head(ref->items(), rhs->span);
      if (ref->size() == 2) {
        head->name = (*ref)[0]->as<ast::Var>()->name;
        head->key = (*ref)[1];
      }
    } else if (const ast::Var* var = lhs.as<ast::Var>()) {
      head = nodes_.head(var->name, lhs.span);
    }
    if (head == nullptr) return {nullptr, std::string(ast::kind_name(lhs.value)) + " cannot be used for rule name"};
    head->value = rhs;
    return {nodes_.rule(head, true_body(rhs->span), lhs.span), {}};
  }

  Reading from_call(ast::CallTerms& call) {
    if (call.size() <= 1) return {nullptr, "rule argument list must take at least one argument"};
    const Span at = call[0]->span;
    const ast::Ref* name = call[0]->as<ast::Ref>();
    if (name == nullptr || !(*name)[0]->is<ast::Var>()) return {nullptr, "invalid rule head: " + ast::to_string(*call[0])};
    ast::Head* head = nodes_.head(name->items(), at);
    head->value = nodes_.boolean(true, at);
    head->args.append(call.slice(1));
    return {nodes_.rule(head, true_body(at), at), {}};
  }

  ast::Body true_body(Span at) {
    ast::Expr* expr = nodes_.expr(nodes_.boolean(true, at), at);
    expr->generated = true;
    return nodes_.body({expr});
  }

  // ---- what v1 asks of every rule
  void check_v1(const ast::Rule& rule) {
    const ast::Head& head = *rule.head;
    const std::string kind = rule.is_function() ? "function" : "rule";
    if (head.reference.size() < 2 && is_v1_keyword(head.name)) {
      diagnostics_.error(kParseError, rule.span, std::string(head.name) + " keyword cannot be used for rule name");
    }
    if (rule.generated_body && head.generated_value) {
      diagnostics_.error(kParseError, rule.span, kind + " must have value assignment and/or body declaration");
    }
    if (!rule.body.empty() && !rule.generated_body && !head.has_if && !rule.is_default) {
      diagnostics_.error(kParseError, rule.span, "`if` keyword is required before " + kind + " body");
    }
    if (head.is_multi_value() && !head.has_contains) diagnostics_.error(kParseError, rule.span, "`contains` keyword is required for partial set rules");
  }

  static bool is_v1_keyword(std::string_view word) {
    static constexpr std::string_view kWords[] = {"not",  "package", "import", "as", "default",  "else", "with", "null",
                                                  "true", "false",   "some",   "if", "contains", "in",   "every"};
    return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
  }

  ast::Module& module_;
  const ast::Nodes& nodes_;
  std::string_view text_;
  Diagnostics& diagnostics_;
};

bool Assembler::is_builtin(std::string_view name) {
  return std::binary_search(std::begin(kBuiltinNames), std::end(kBuiltinNames), name);
}

}  // namespace

bool assemble(ast::Module& module, const std::vector<Statement>& statements, std::string_view text, Diagnostics& diagnostics) {
  return Assembler(module, text, diagnostics).run(statements);
}

}  // namespace psdl::parsing
