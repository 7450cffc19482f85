// Small questions and edits that several stages share. In: trees; out: answers, or the trees edited in place.
#include "compiler/state.hpp"

namespace psdl::stages {

void append(ast::Body& body, ast::Expr* expr) {
  expr->index = static_cast<std::uint32_t>(body.size());
  body.push_back(expr);
}

bool is_empty_body(const ast::Body& body) {
  if (body.size() != 1) return false;
  const ast::Term* term = body[0]->term();
  const auto* held = term != nullptr ? term->as<ast::Boolean>() : nullptr;
  return held != nullptr && held->value;
}

void append_to_body(ast::Body& body, std::span<ast::Expr* const> exprs) {
  if (exprs.empty()) return;
  if (is_empty_body(body)) body.clear();
  for (ast::Expr* expr : exprs) append(body, expr);
}

bool has_two_operands(const ast::Expr& expr) {
  const ast::CallTerms* call = expr.call();
  return call != nullptr && call->size() == 3;
}

bool is_reserved(std::string_view var) { return var == "data" || var == "input"; }

bool is_root_document(const ast::Term& term) {
  const auto* ref = term.as<ast::Ref>();
  if (ref == nullptr || ref->size() != 1) return false;
  const auto* head = (*ref)[0]->as<ast::Var>();
  return head != nullptr && is_reserved(head->name);
}

bool starts_with(const ast::Term& term, std::string_view root) {
  const auto* ref = term.as<ast::Ref>();
  return ref != nullptr && !ref->empty() && ast::is_var((*ref)[0], root);
}

bool requires_evaluation(ast::Term* term) {
  if (term == nullptr) return false;
  bool found = false;
  ast::walk(*term, ast::Overloads{
                       [&](ast::Ref&) { return found = true; },
                       [&](ast::ArrayComprehension&) { return found = true; },
                       [&](ast::ObjectComprehension&) { return found = true; },
                       [&](ast::SetComprehension&) { return found = true; },
                   });
  return found;
}

ast::VarSet reserved_vars() {
  ast::VarSet set;
  set.add("data");
  set.add("input");
  return set;
}

void declared_vars(ast::Expr& root, ast::VarSet& into) {
  const auto add = [&](ast::Var& var) {
    into.add(var.name);
    return false;
  };
  ast::walk(root, ast::Overloads{
                      [&](ast::Expr& expr) {
                        if (expr.is_assignment() && has_two_operands(expr)) {
                          ast::walk(*expr.operand(0), add);
                        } else if (ast::SomeDecl* some = expr.as<ast::SomeDecl>()) {
                          for (ast::Term* symbol : some->symbols) {
                            if (auto* var = symbol->as<ast::Var>()) {
                              into.add(var->name);
                            } else if (auto* call = symbol->as<ast::Call>()) {
                              if (call->size() == 4) ast::walk(*(*call)[2], add);  // some k, v in xs
                              if (call->size() > 1) ast::walk(*(*call)[1], add);
                            }
                          }
                        }
                        return false;
                      },
                      [](ast::ArrayComprehension&) { return true; },
                      [](ast::ObjectComprehension&) { return true; },
                      [](ast::SetComprehension&) { return true; },
                  });
}

ast::VarSet declared_body_vars(ast::Body& body) {
  ast::VarSet vars;
  for (ast::Expr* expr : body) declared_vars(*expr, vars);
  return vars;
}

ast::VarSet vars_of(ast::Term* term) {
  ast::VarVisitor visitor;
  visitor.walk(*term);
  return visitor.vars();
}

std::string dotted_name(const ast::Terms& callee) {
  if (callee.empty()) return {};
  const auto* head = callee[0]->as<ast::Var>();
  if (head == nullptr) return {};
  std::string name(head->name);
  for (const ast::Term* part : callee.slice(1)) {
    const auto* text = part->as<ast::String>();
    if (text == nullptr) return {};
    name += '.';
    name += text->text;
  }
  return name;
}

std::optional<BuiltinFacts> builtin_facts(const ast::Terms& callee) {
  const std::string name = dotted_name(callee);
  if (name.empty()) return std::nullopt;
  return builtin_facts(std::string_view(name));
}

std::string_view LocalVars::next() {
  while (true) {
    std::string name = prefix_ + std::to_string(counter_++) + "__";
    if (taken_.empty() || !taken_.contains(name)) return arena_->copy(name);
  }
}

ast::Term* Rewriter::new_var(Span span) const { return nodes.term(ast::Var{locals.next()}, span); }

ast::Expr* Rewriter::capture(ast::Term* term) const {
  ast::Expr* made = nodes.equality(new_var(term->span), term, term->span);
  made->generated = true;
  return made;
}

}  // namespace psdl::stages
