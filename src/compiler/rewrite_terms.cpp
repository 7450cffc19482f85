// Nested terms to flat expressions. In: bodies with calls inside operands, comprehensions and heads; out: each call an expression of its own
// that binds a local, refs whose subject is a var, heads without anything to evaluate.
#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

using Exprs = std::vector<ast::Expr*>;

void connect(ast::Expr* parent, std::span<ast::Expr* const> children) {
  for (ast::Expr* child : children) {
    child->generated_from = parent;
    parent->generates.push_back(child);
  }
}

void add_all(Exprs& into, const Exprs& more) { into.insert(into.end(), more.begin(), more.end()); }

class Expander {
 public:
  explicit Expander(const Rewriter& rewriter) : rewriter_(rewriter), nodes_(rewriter.nodes) {}

  void body(ast::Body& held) {
    ast::Body made(nodes_.arena());
    for (ast::Expr* expr : held) {
      for (ast::Expr* each : expand(expr)) append(made, each);
    }
    held = std::move(made);
  }

  void head(ast::Rule& rule) {
    for (ast::Term*& arg : rule.head->args) arg = head_term(rule, arg);
    if (rule.head->key != nullptr) rule.head->key = head_term(rule, rule.head->key);
    if (rule.head->value != nullptr) rule.head->value = head_term(rule, rule.head->value);
  }

 private:
  ast::Term* head_term(ast::Rule& rule, ast::Term* term) {
    Exprs support;
    ast::Term* output = expand_term(term, support);
    append_to_body(rule.body, support);
    return output;
  }

  // The expression behind those that its operands need.
  Exprs expand(ast::Expr* expr) {
    Exprs made;
    for (ast::With* with : expr->with) with->value = expand_term(with->value, made);
    std::visit(ast::Overloads{
                   [&](ast::Term*& held) {
                     Exprs extras;
                     held = expand_term(held, extras);
                     share_with(*expr, extras);
                     add_all(made, extras);
                   },
                   [&](ast::CallTerms& terms) {
                     for (std::size_t i = 1; i < terms.size(); ++i) {
                       Exprs extras;
                       terms[i] = expand_term(terms[i], extras);
                       connect(expr, extras);
                       share_with(*expr, extras);
                       add_all(made, extras);
                     }
                   },
                   [&](ast::Every* every) {
                     ast::Term* domain = rewriter_.new_var(every->domain->span);
                     ast::Expr* equality = nodes_.equality(domain, every->domain, every->domain->span);
                     equality->generated = true;
                     equality->with = expr->with;
                     add_all(made, expand(equality));
                     every->domain = nodes_.copy(domain);
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
    if (!expr->is<ast::SomeDecl*>()) made.push_back(expr);
    return made;
  }

  static void share_with(const ast::Expr& expr, const Exprs& extras) {
    if (expr.with.empty()) return;
    for (ast::Expr* extra : extras) extra->with = expr.with;
  }

  // What stands in the term's place; the expressions that compute it are added to `support`.
  ast::Term* expand_term(ast::Term* term, Exprs& support) {
    return std::visit(ast::Overloads{
                          [&](ast::Call& call) {
                            for (std::size_t i = 1; i < call.size(); ++i) call[i] = expand_term(call[i], support);
                            ast::Term* output = rewriter_.new_var(term->span);
                            ast::Expr* made = nodes_.call_expr(call.items(), term->span);
                            made->call()->push_back(nodes_.copy(output));
                            made->generated = true;
                            support.push_back(made);
                            return output;
                          },
                          [&](ast::Ref& ref) {
                            expand_ref(ref, support);
                            return term;
                          },
                          [&](ast::Array& array) {
                            for (ast::Term*& element : array) element = expand_term(element, support);
                            return term;
                          },
                          [&](ast::Object& object) {
                            for (ast::Pair& pair : object) {
                              pair.key = expand_term(pair.key, support);
                              pair.value = expand_term(pair.value, support);
                            }
                            return nodes_.object(object.items(), term->span);
                          },
                          [&](ast::Set& set) {
                            for (ast::Term*& member : set) member = expand_term(member, support);
                            return nodes_.set(set.items(), term->span);
                          },
                          [&](ast::ArrayComprehension& made) {
                            comprehension(made.term, made.body);
                            body(made.body);
                            return term;
                          },
                          [&](ast::SetComprehension& made) {
                            comprehension(made.term, made.body);
                            body(made.body);
                            return term;
                          },
                          [&](ast::ObjectComprehension& made) {
                            comprehension(made.key, made.body);
                            comprehension(made.value, made.body);
                            body(made.body);
                            return term;
                          },
                          [&](auto&) { return term; },
                      },
                      term->value);
  }

  void comprehension(ast::Term*& head, ast::Body& inner) {
    Exprs support;
    head = expand_term(head, support);
    append_to_body(inner, support);
  }

  void expand_ref(ast::Ref& ref, Exprs& support) {
    for (ast::Term*& part : ref) {
      // A call is copied before its operands are taken out: messages show it as written.
      const ast::Term* written = part->is<ast::Call>() ? nodes_.copy(part) : nullptr;
      part = expand_term(part, support);
      if (const auto* local = part->as<ast::Var>(); local != nullptr && written != nullptr) rewriter_.locals.stands_for(local->name, written);
    }
    const bool is_indirect = std::visit(ast::Overloads{
                                            [](const ast::Array&) { return true; },
                                            [](const ast::Object&) { return true; },
                                            [](const ast::Set&) { return true; },
                                            [](const ast::Call&) { return true; },
                                            [](const ast::ArrayComprehension&) { return true; },
                                            [](const ast::SetComprehension&) { return true; },
                                            [](const ast::ObjectComprehension&) { return true; },
                                            [](const auto&) { return false; },
                                        },
                                        ref[0]->value);
    if (!is_indirect) return;
    ast::Term* subject = ref[0];
    ast::Expr* capture = rewriter_.capture(subject);
    support.push_back(capture);
    ref[0] = nodes_.copy(capture->operand(0));
    rewriter_.locals.stands_for(ref[0]->as<ast::Var>()->name, nodes_.copy(subject));
  }

  const Rewriter& rewriter_;
  const ast::Nodes& nodes_;
};

// Moves the term into the body where it has to be evaluated.
void move_into(const Rewriter& rewriter, ast::Term*& term, ast::Body& body) {
  if (!requires_evaluation(term)) return;
  ast::Expr* capture = rewriter.capture(term);
  term = rewriter.nodes.copy(capture->operand(0));
  append_to_body(body, capture);
}

template <class Node>
void rewrite_comprehensions(const Rewriter& rewriter, Node& node) {
  ast::walk(node, ast::Overloads{
                      [&](ast::ArrayComprehension& made) {
                        move_into(rewriter, made.term, made.body);
                        return false;
                      },
                      [&](ast::SetComprehension& made) {
                        move_into(rewriter, made.term, made.body);
                        return false;
                      },
                      [&](ast::ObjectComprehension& made) {
                        move_into(rewriter, made.key, made.body);
                        move_into(rewriter, made.value, made.body);
                        return false;
                      },
                  });
}

}  // namespace

void init_local_vars(CompilerState& state) {
  state.locals = std::make_unique<LocalVars>(state.arena, "__local");
  for (const auto& module : state.modules) {
    for (ast::Rule* top : module->rules) {
      state.locals->exclude_all_in(*top);
      for (ast::Rule* rule = top; rule != nullptr; rule = rule->else_rule) state.locals->exclude_all_in<ast::Terms>(rule->head->reference);
    }
  }
}

// `p[a.b]` to `p[__local0__]` with `__local0__ = a.b` in the body: the rule tree knows scalars and vars only.
void rewrite_rule_head_refs(CompilerState& state) {
  for (const auto& module : state.modules) {
    const Rewriter rewriter = state.rewriter(*module);
    for (ast::Rule* rule : module->rules) {
      ast::Ref& ref = rule->head->reference;
      for (std::size_t i = 1; i < ref.size(); ++i) {
        if (ref[i]->is<ast::Var>() || ast::is_scalar(ref[i])) continue;
        ast::Expr* capture = rewriter.capture(ref[i]);
        if (i + 1 == ref.size() && rule->head->key != nullptr && ast::equal(rule->head->key, ref[i])) {
          rule->head->key = module->nodes.copy(capture->operand(0));
        }
        ref[i] = module->nodes.copy(capture->operand(0));
        append_to_body(rule->body, capture);
      }
    }
  }
}

void rewrite_expr_terms_in_body(const Rewriter& rewriter, ast::Body& body) { Expander(rewriter).body(body); }

void rewrite_expr_terms(CompilerState& state) {
  for (const auto& module : state.modules) {
    const Rewriter rewriter = state.rewriter(*module);
    Expander expander(rewriter);
    for_each_rule(*module, [&](ast::Rule& rule) {
      expander.head(rule);
      expander.body(rule.body);
    });
  }
}

void rewrite_comprehension_terms_in_body(const Rewriter& rewriter, ast::Body& body) { rewrite_comprehensions(rewriter, body); }

void rewrite_comprehension_terms(CompilerState& state) {
  for (const auto& module : state.modules) {
    const Rewriter rewriter = state.rewriter(*module);
    for (ast::Rule* rule : module->rules) rewrite_comprehensions(rewriter, *rule);
  }
}

void rewrite_refs_in_head(CompilerState& state) {
  for (const auto& module : state.modules) {
    const Rewriter rewriter = state.rewriter(*module);
    for_each_rule(*module, [&](ast::Rule& rule) {
      move_into(rewriter, rule.head->key, rule.body);
      move_into(rewriter, rule.head->value, rule.body);
      for (ast::Term*& arg : rule.head->args) move_into(rewriter, arg, rule.body);
    });
  }
}

// `==` to `=`: only the safety check had to tell them apart.
void rewrite_equals(CompilerState& state) {
  for (const auto& module : state.modules) {
    for (ast::Rule* rule : module->rules) {
      ast::walk(*rule, [&](ast::Expr& expr) {
        if (expr.calls("equal") && has_two_operands(expr)) {
          ast::Term*& callee = (*expr.call())[0];
          callee = module->nodes.operator_ref("eq", callee->span);
        }
        return false;
      });
    }
  }
}

}  // namespace psdl::stages
