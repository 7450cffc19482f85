// Refs and comprehensions inside operands to locals bound before. In: flat expressions; out: operands that are vars, scalars or collections
// of these, refs without refs in them.
#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

class DynamicRewriter {
 public:
  explicit DynamicRewriter(const Rewriter& rewriter) : rewriter_(rewriter), nodes_(rewriter.nodes) {}

  void body(ast::Body& held) {
    ast::Body made(nodes_.arena());
    for (ast::Expr* expr : held) {
      std::visit(ast::Overloads{
                     [&](ast::Term*& term) { term = in_term(expr, term, made); },
                     [&](ast::CallTerms& terms) {
                       if (expr->is_equality()) {
                         if (terms.size() != 3) return;
                         terms[1] = in_term(expr, terms[1], made);
                         terms[2] = in_term(expr, terms[2], made);
                         return;
                       }
                       for (std::size_t i = 1; i < terms.size(); ++i) terms[i] = one(expr, terms[i], made);
                     },
                     [&](ast::Every* every) {
                       every->domain = one(expr, every->domain, made);
                       body(every->body);
                     },
                     [&](ast::Not* negation) { body(negation->body); },
                     [&](ast::LogicalAnd* both) {
                       body(both->lhs);
                       body(both->rhs);
                     },
                     [&](ast::LogicalOr* either) {
                       body(either->lhs);
                       body(either->rhs);
                     },
                     [](ast::SomeDecl*) {},
                 },
                 expr->content);
      append(made, expr);
    }
    held = std::move(made);
  }

 private:
  // A side of an equality or a whole expression: a ref or comprehension may stay here, only what is inside it moves.
  ast::Term* in_term(ast::Expr* original, ast::Term* term, ast::Body& before) {
    if (auto* ref = term->as<ast::Ref>()) {
      for (std::size_t i = 1; i < ref->size(); ++i) (*ref)[i] = one(original, (*ref)[i], before);
      return term;
    }
    if (ast::Body* inner = comprehension_body(*term)) {
      body(*inner);
      return term;
    }
    return one(original, term, before);
  }

  ast::Term* one(ast::Expr* original, ast::Term* term, ast::Body& before) {
    if (auto* ref = term->as<ast::Ref>()) {
      for (std::size_t i = 1; i < ref->size(); ++i) (*ref)[i] = one(original, (*ref)[i], before);
      return capture(original, term, before);
    }
    if (auto* array = term->as<ast::Array>()) {
      for (ast::Term*& element : *array) element = one(original, element, before);
      return term;
    }
    if (auto* object = term->as<ast::Object>()) {
      for (ast::Pair& pair : *object) {
        pair.key = one(original, pair.key, before);
        pair.value = one(original, pair.value, before);
      }
      return nodes_.object(object->items(), term->span);
    }
    if (auto* set = term->as<ast::Set>()) {
      for (ast::Term*& member : *set) member = one(original, member, before);
      return nodes_.set(set->items(), term->span);
    }
    if (ast::Body* inner = comprehension_body(*term)) {
      body(*inner);
      return capture(original, term, before);
    }
    return term;
  }

  ast::Term* capture(ast::Expr* original, ast::Term* term, ast::Body& before) {
    ast::Expr* made = rewriter_.capture(term);
    made->with = original->with;
    append(before, made);
    made->generated_from = original;
    original->generates.push_back(made);
    ast::Term* local = nodes_.copy(made->operand(0));
    rewriter_.locals.stands_for(local->as<ast::Var>()->name, term);
    return local;
  }

  static ast::Body* comprehension_body(ast::Term& term) {
    if (auto* array = term.as<ast::ArrayComprehension>()) return &array->body;
    if (auto* set = term.as<ast::SetComprehension>()) return &set->body;
    if (auto* object = term.as<ast::ObjectComprehension>()) return &object->body;
    return nullptr;
  }

  const Rewriter& rewriter_;
  const ast::Nodes& nodes_;
};

}  // namespace

void rewrite_dynamic_terms_in_body(const Rewriter& rewriter, ast::Body& body) { DynamicRewriter(rewriter).body(body); }

void rewrite_dynamic_terms(CompilerState& state) {
  for (const auto& module : state.modules) {
    const Rewriter rewriter = state.rewriter(*module);
    for_each_rule(*module, [&](ast::Rule& rule) { rewrite_dynamic_terms_in_body(rewriter, rule.body); });
  }
}

}  // namespace psdl::stages
