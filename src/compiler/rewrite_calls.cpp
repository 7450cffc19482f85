// Template strings and print() to internal calls. In: bodies; out: `internal.template_string` and `internal.print` over sets that are empty
// where a part is undefined, so that an undefined part does not end the body.
#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

// A rule whose document always exists: a default, a set, or one ground value without a body.
bool is_always_defined(const CompilerState& state, const ast::Ref& ref) {
  if (ref.size() < 2 || !ast::is_var(ref[0], "data")) return false;
  const auto rules = state.tree.rules_at(ref.items());
  if (rules.empty()) return false;
  const ast::Rule& first = *rules[0];
  if (first.is_function()) return false;
  if (first.is_default || first.head->is_multi_value()) return true;
  if (rules.size() == 1) {
    const ast::Term* value = first.head->value;
    if (!is_empty_body(first.body)) return false;
    if (ast::is_scalar(value) || value->is<ast::Var>()) return true;
    return (value->is<ast::Array>() || value->is<ast::Object>() || value->is<ast::Set>()) && ast::is_ground(value);
  }
  for (const ast::Rule* rule : rules.subspan(1)) {
    if (rule->is_default) return true;
  }
  return false;
}

std::string user_text(const VarMap& rewritten, std::string_view var) {
  const auto found = rewritten.find(var);
  return text_of_var(found == rewritten.end() ? var : found->second.name);
}

class TemplateRewriter {
 public:
  explicit TemplateRewriter(const Rewriter& rewriter) : rewriter_(rewriter), nodes_(rewriter.nodes) {}

  Errors errors;

  // What is safe inside of the body is returned: heads see it too.
  ast::VarSet body(const ast::VarSet& globals, ast::Body& held) {
    ast::VarSet safe = output_vars(rewriter_.state, held, held.size(), globals);
    safe.update(globals);
    inside(safe, held);
    return safe;
  }

  template <class Node>
  void inside(const ast::VarSet& safe, Node& node) {
    ast::walk(node, ast::Overloads{
                        [&](ast::Term& term) {
                          rewrite(safe, term);
                          return false;
                        },
                        [&](ast::SetComprehension& made) {
                          rewrite(body(safe, made.body), *made.term);
                          return false;
                        },
                        [&](ast::ArrayComprehension& made) {
                          rewrite(body(safe, made.body), *made.term);
                          return false;
                        },
                        [&](ast::ObjectComprehension& made) {
                          const ast::VarSet own = body(safe, made.body);
                          rewrite(own, *made.key);
                          rewrite(own, *made.value);
                          return false;
                        },
                        [&](ast::Every& every) {
                          rewrite(safe, *every.domain);
                          ast::VarSet own = safe;
                          if (every.key != nullptr) own.update(vars_of(every.key));
                          own.update(vars_of(every.value));
                          body(own, every.body);
                          return false;
                        },
                    });
  }

 private:
  void rewrite(const ast::VarSet& safe, ast::Term& term) {
    const auto* text = term.as<ast::TemplateString>();
    if (text == nullptr) return;
    const std::size_t errors_before = errors.size();
    std::vector<ast::Term*> parts;
    if (text->parts.empty()) parts.push_back(nodes_.string("", term.span));
    for (const ast::TemplatePart& part : text->parts) {
      if (auto* const* held = std::get_if<ast::Term*>(&part)) {
        parts.push_back(*held);
      } else if (ast::Term* made = expression(safe, *std::get<ast::Expr*>(part))) {
        parts.push_back(made);
      }
    }
    if (errors.size() > errors_before) return;
    ast::Term* list = nodes_.array(parts, term.span);
    term.value = nodes_.call({nodes_.operator_ref("internal.template_string", term.span), list}, term.span)->value;
  }

  // `{x}` for what is always defined, else `{__local0__ | __local0__ = f(x)}`; null after an error.
  ast::Term* expression(const ast::VarSet& safe, ast::Expr& expr) {
    ast::Term* term = expr.term();
    Span place = expr.span;
    if (ast::CallTerms* call = expr.call()) {
      const auto* callee = (*call)[0]->as<ast::Ref>();
      if (const auto builtin = callee != nullptr ? builtin_facts(*callee) : std::nullopt; builtin && builtin->is_relation) {
        errors.push_back({kCompileError, "illegal call to relation built-in '" + std::string(builtin->name) + "' that may cause multiple outputs", kNowhere, {}});
        return nullptr;
      }
      term = nodes_.call(call->items(), expr.span);
      place = kNowhere;  // as in OPA, where the call of a part has no place of its own
    } else if (term != nullptr) {
      place = term->span;
    } else {
      errors.push_back({kCompileError, "unexpected template-string expression type", expr.span, {}});
      return nullptr;
    }
    const auto* ref = term->as<ast::Ref>();
    if ((ref != nullptr && is_always_defined(rewriter_.state, *ref)) || term->is<ast::Var>()) {
      return nodes_.set(std::span<ast::Term* const>(&term, 1), term->span);
    }
    ast::VarVisitor visitor(kSafetyParams);
    visitor.walk(*term);
    for (const auto& entry : visitor.vars()) {
      if (safe.contains(entry.name)) continue;
      errors.push_back({kCompileError, "var " + user_text(rewriter_.rewritten, entry.name) + " is undeclared", place, {}});
    }
    ast::Term* local = rewriter_.new_var(term->span);
    ast::Expr* capture = nodes_.equality(local, term, term->span);
    capture->with = expr.with;
    return nodes_.set_comprehension(nodes_.copy(local), nodes_.body({capture}), term->span);
  }

  const Rewriter& rewriter_;
  const ast::Nodes& nodes_;
};

bool is_print(const ast::Expr& expr) { return expr.calls("print"); }

class PrintRewriter {
 public:
  explicit PrintRewriter(const Rewriter& rewriter) : rewriter_(rewriter), nodes_(rewriter.nodes) {}

  // Inner bodies first: their prints see what is safe there only.
  Errors body(const ast::VarSet& globals, ast::Body& held) {
    Errors errors;
    for (std::size_t i = 0; i < held.size(); ++i) {
      closures(globals, held, i, errors);
      if (!errors.empty()) return errors;
    }
    for (std::size_t i = 0; i < held.size(); ++i) {
      if (!is_print(*held[i])) continue;
      if (Errors found = print_call(globals, held, i); !found.empty()) return found;
    }
    return errors;
  }

 private:
  void closures(const ast::VarSet& globals, ast::Body& held, std::size_t at, Errors& errors) {
    std::optional<ast::VarSet> safe;
    const auto visit = [&](ast::Body& inner) {
      for (CompileError& found : body(*safe, inner)) errors.push_back(std::move(found));
    };
    const auto know = [&] {
      if (safe) return;
      safe = output_vars(rewriter_.state, held, at, globals);
      safe->update(globals);
    };
    const auto comprehension = [&](auto& made) {
      know();
      visit(made.body);
      return true;
    };
    ast::walk(*held[at], ast::Overloads{
                             [&](ast::SetComprehension& made) { return comprehension(made); },
                             [&](ast::ArrayComprehension& made) { return comprehension(made); },
                             [&](ast::ObjectComprehension& made) { return comprehension(made); },
                             [&](ast::Not& made) { return comprehension(made); },
                             [&](ast::Every& every) {
                               know();
                               if (every.key != nullptr) safe->update(vars_of(every.key));
                               safe->update(vars_of(every.value));
                               visit(every.body);
                               return true;
                             },
                             [&](ast::LogicalAnd& both) {
                               know();
                               visit(both.lhs);
                               visit(both.rhs);
                               return true;
                             },
                             [&](ast::LogicalOr& either) {
                               know();
                               visit(either.lhs);
                               visit(either.rhs);
                               return true;
                             },
                         });
  }

  Errors print_call(const ast::VarSet& globals, ast::Body& held, std::size_t at) {
    Errors errors;
    ast::Expr& expr = *held[at];
    ast::VarSet safe = output_vars(rewriter_.state, held, at, globals);
    safe.update(globals);
    for (std::size_t i = 0; i < at; ++i) {
      ast::walk(*held[i], [&](ast::Var& var) {
        if (ast::is_generated(var.name)) safe.add(var.name);
        return false;
      });
    }
    std::vector<ast::Term*> parts;
    ast::CallTerms& terms = *expr.call();
    for (std::size_t i = 1; i < terms.size(); ++i) {
      ast::Term* operand = terms[i];
      ast::VarVisitor visitor(kSafetyParams);
      visitor.walk(*operand);
      for (const auto& entry : visitor.vars()) {
        if (safe.contains(entry.name)) continue;
        errors.push_back({kCompileError, "var " + user_text(rewriter_.rewritten, entry.name) + " is undeclared", operand->span, {}});
      }
    }
    if (!errors.empty()) return errors;
    for (std::size_t i = 1; i < terms.size(); ++i) {
      ast::Term* operand = terms[i];
      ast::Term* local = rewriter_.new_var(operand->span);
      ast::Expr* capture = nodes_.equality(local, operand, operand->span);
      parts.push_back(nodes_.set_comprehension(nodes_.copy(local), nodes_.body({capture}), operand->span));
    }
    // A new expression, as in OPA: what the old one had beside its operands (`with`, `not`) is gone.
    ast::Expr* made = nodes_.call_expr({nodes_.operator_ref("internal.print", expr.span), nodes_.array(parts, expr.span)}, expr.span);
    made->index = expr.index;
    held[at] = made;
    return errors;
  }

  const Rewriter& rewriter_;
  const ast::Nodes& nodes_;
};

}  // namespace

void rewrite_template_strings(CompilerState& state) {
  for (const auto& module : state.modules) {
    const Rewriter rewriter = state.rewriter(*module);
    for_each_rule(*module, [&](ast::Rule& rule) {
      bool found = false;
      const auto look = [&](ast::TemplateString&) { return found = true; };
      ast::walk(*rule.head, look);
      ast::walk(rule.body, look);
      if (!found) return;
      TemplateRewriter templates(rewriter);
      ast::VarSet safe = reserved_vars();
      for (ast::Term* arg : rule.head->args) safe.update(vars_of(arg));
      const ast::VarSet known = templates.body(safe, rule.body);
      state.error(std::move(templates.errors));
      templates.errors.clear();
      templates.inside(known, *rule.head);
      state.error(std::move(templates.errors));
    });
  }
}

Errors rewrite_template_strings_in_body(const Rewriter& rewriter, const ast::VarSet& globals, ast::Body& body) {
  TemplateRewriter templates(rewriter);
  templates.body(globals, body);
  return std::move(templates.errors);
}

void erase_print_calls(const ast::Nodes& nodes, ast::Body& body) {
  const auto erase = [&](ast::Body& held) {
    bool any = false;
    for (const ast::Expr* expr : held) any = any || is_print(*expr);
    if (!any) return false;
    ast::Body kept(nodes.arena());
    const Span place = held[0]->span;
    for (ast::Expr* expr : held) {
      if (!is_print(*expr)) append(kept, expr);
    }
    if (kept.empty()) append(kept, nodes.expr(nodes.boolean(true, place), place));
    held = std::move(kept);
    return false;
  };
  ast::walk(body, erase);
}

Errors rewrite_print_calls_in_body(const Rewriter& rewriter, const ast::VarSet& globals, ast::Body& body) {
  return PrintRewriter(rewriter).body(globals, body);
}

void rewrite_print_calls(CompilerState& state) {
  for (const auto& module : state.modules) {
    const Rewriter rewriter = state.rewriter(*module);
    for_each_rule(*module, [&](ast::Rule& rule) {
      if (!state.options.print_statements) {
        ast::walk(*rule.head, [&](ast::Body& inner) {
          erase_print_calls(module->nodes, inner);
          return true;
        });
        erase_print_calls(module->nodes, rule.body);
        return;
      }
      bool found = false;
      const auto look = [&](ast::Expr& expr) {
        found = found || is_print(expr);
        return found;
      };
      ast::walk(*rule.head, look);
      ast::walk(rule.body, look);
      if (!found) return;
      ast::VarSet globals = reserved_vars();
      for (ast::Term* arg : rule.head->args) globals.update(vars_of(arg));
      const auto rewrite = [&](ast::Body& body) {
        Errors errors = PrintRewriter(rewriter).body(globals, body);
        const bool failed = !errors.empty();
        state.error(std::move(errors));
        return failed;
      };
      ast::walk(*rule.head, rewrite);
      ast::walk(rule.body, rewrite);
    });
  }
}

}  // namespace psdl::stages
