// Names to full paths. In: modules as parsed; out: the same with `bar[_]` turned into `data.foo.bar[_]`, imports judged and taken out.
#include <map>

#include "compiler/state.hpp"

namespace psdl::stages {
namespace {

class Resolver {
 public:
  // Names are looked for in `globals` first, then in those of the package, which all its modules share.
  Resolver(const ast::Nodes& nodes, Globals& globals, Globals& package) : nodes_(nodes), globals_(globals), package_(package) {}

  void hide(ast::VarSet vars) { hidden_.push_back(std::move(vars)); }

  void body(ast::Body& held) {
    for (ast::Expr* inner : held) expr(*inner);
  }

  void expr(ast::Expr& held) {
    std::visit(ast::Overloads{
                   [this](ast::Term* inner) { term(*inner); },
                   [this](ast::CallTerms& terms) { all(terms); },
                   [this](ast::SomeDecl* some) {
                     if (auto* call = some->symbols[0]->as<ast::Call>()) all(*call);
                   },
                   [this](ast::Every* every) {
                     ast::VarSet own;
                     if (every->key != nullptr) own.update(vars_of(every->key));
                     own.update(vars_of(every->value));
                     hide(std::move(own));
                     term(*every->domain);
                     body(every->body);
                     hidden_.pop_back();
                   },
                   [this](ast::Not* negation) { body(negation->body); },
                   [this](ast::LogicalAnd* both) {
                     body(both->lhs);
                     body(both->rhs);
                   },
                   [this](ast::LogicalOr* either) {
                     body(either->lhs);
                     body(either->rhs);
                   },
               },
               held.content);
    for (ast::With* with : held.with) {
      term(*with->target);
      term(*with->value);
    }
  }

  void term(ast::Term& held) {
    if (const auto* var = held.as<ast::Var>()) {
      if (const ast::Terms* full = lookup(var->name)) held.value = copy_at(*full, held.span);
      return;
    }
    std::visit(ast::Overloads{
                   [this](ast::Ref& inner) { ref(inner); },
                   [this](ast::Array& inner) { all(inner); },
                   [this](ast::Call& inner) { all(inner); },
                   [this, &held](ast::Object& inner) {
                     for (ast::Pair& pair : inner) {
                       term(*pair.key);
                       term(*pair.value);
                     }
                     held.value = nodes_.object(inner.items(), held.span)->value;
                   },
                   [this, &held](ast::Set& inner) {
                     all(inner);
                     held.value = nodes_.set(inner.items(), held.span)->value;
                   },
                   [this](ast::ArrayComprehension& inner) {
                     hide(declared_body_vars(inner.body));
                     term(*inner.term);
                     body(inner.body);
                     hidden_.pop_back();
                   },
                   [this](ast::SetComprehension& inner) {
                     hide(declared_body_vars(inner.body));
                     term(*inner.term);
                     body(inner.body);
                     hidden_.pop_back();
                   },
                   [this](ast::ObjectComprehension& inner) {
                     hide(declared_body_vars(inner.body));
                     term(*inner.key);
                     term(*inner.value);
                     body(inner.body);
                     hidden_.pop_back();
                   },
                   [this](ast::TemplateString& inner) {
                     for (ast::TemplatePart& part : inner.parts) {
                       if (auto* held_expr = std::get_if<ast::Expr*>(&part)) expr(**held_expr);
                     }
                   },
                   [](auto&) {},
               },
               held.value);
  }

 private:
  void all(ast::Terms& terms) {
    for (ast::Term* each : terms) term(*each);
  }

  void ref(ast::Ref& held) {
    ast::Ref made(nodes_.arena());
    bool changed = false;
    for (std::size_t i = 0; i < held.size(); ++i) {
      ast::Term* part = held[i];
      const auto* var = part->as<ast::Var>();
      if (var == nullptr) {
        if (!part->is<ast::TemplateString>()) term(*part);
        made.push_back(part);
        continue;
      }
      const ast::Terms* full = lookup(var->name);
      if (full == nullptr) {
        made.push_back(part);
        continue;
      }
      changed = true;
      ast::Ref copy = copy_at(*full, part->span);
      if (i == 0) {
        made = std::move(copy);
      } else {
        made.push_back(nodes_.term(std::move(copy), part->span));
      }
    }
    if (changed) held = std::move(made);
  }

  const ast::Terms* lookup(std::string_view name) {
    auto found = globals_.find(name);
    if (found == globals_.end()) {
      found = package_.find(name);
      if (found == package_.end()) return nullptr;
    }
    for (const ast::VarSet& set : hidden_) {
      if (set.contains(name)) return nullptr;
    }
    found->second.used = true;
    return found->second.ref;
  }

  ast::Ref copy_at(const ast::Terms& full, Span span) {
    ast::Ref made(nodes_.arena());
    for (const ast::Term* part : full) {
      ast::Term* copy = nodes_.copy(part);
      copy->span = span;
      made.push_back(copy);
    }
    return made;
  }

  const ast::Nodes& nodes_;
  Globals& globals_;
  Globals& package_;
  std::vector<ast::VarSet> hidden_;
};

// Vars of arguments, and the argument that may not be one: `input`, `data`.
struct ArgumentVars {
  ast::VarSet vars;
  const ast::Term* shadowing = nullptr;
};
ArgumentVars argument_vars(ast::Args& args) {
  ArgumentVars found;
  for (ast::Term* arg : args) {
    ast::walk(*arg, ast::Overloads{
                        [&](ast::Term& term) {
                          if (found.shadowing != nullptr) return true;
                          if (!is_root_document(term)) return false;
                          found.shadowing = &term;
                          return true;
                        },
                        [&](ast::Var& var) {
                          found.vars.add(var.name);
                          return false;
                        },
                        [](ast::Set&) { return true; },
                        [](ast::ArrayComprehension&) { return true; },
                        [](ast::SetComprehension&) { return true; },
                        [](ast::ObjectComprehension&) { return true; },
                        [](ast::Call&) { return true; },
                    });
  }
  return found;
}

bool resolve_rule(CompilerState& state, const ast::Nodes& nodes, Globals& globals, Globals& package, ast::Rule& rule) {
  ArgumentVars args = argument_vars(rule.head->args);
  if (args.shadowing != nullptr) {
    state.error({kCompileError, "args must not shadow " + text_of(*args.shadowing) + " (use a different variable name)", rule.span, {}});
    return false;
  }
  Resolver resolver(nodes, globals, package);
  resolver.hide(std::move(args.vars));
  resolver.hide(declared_body_vars(rule.body));
  for (std::size_t i = 1; i < rule.head->reference.size(); ++i) resolver.term(*rule.head->reference[i]);
  if (rule.head->key != nullptr) resolver.term(*rule.head->key);
  if (rule.head->value != nullptr) resolver.term(*rule.head->value);
  resolver.body(rule.body);
  return true;
}

bool is_language_import(const ast::Import& import) {
  const auto* path = import.path->as<ast::Ref>();
  return path != nullptr && (ast::is_var((*path)[0], "future") || ast::is_var((*path)[0], "rego"));
}

Errors root_document_overrides(ast::Module& module) {
  Errors errors;
  for (ast::Rule* rule : module.rules) {
    const auto* name = rule->head->reference[0]->as<ast::Var>();
    if (name != nullptr && is_reserved(name->name)) {
      errors.push_back({kCompileError, "rules must not shadow " + std::string(name->name) + " (use a different rule name)", rule->span, {}});
    }
    for (const ast::Term* arg : rule->head->args) {
      if (is_root_document(*arg)) {
        errors.push_back({kCompileError, "args must not shadow " + text_of(*arg) + " (use a different variable name)", arg->span, {}});
      }
    }
  }
  ast::walk(module, [&](ast::Expr& expr) {
    if (expr.is_assignment()) {
      if (const ast::Term* target = expr.operand(0)) {
        const std::string name = text_of(*target);
        if (is_reserved(name)) {
          errors.push_back({kCompileError, "variables must not shadow " + name + " (use a different variable name)", expr.span, {}});
        }
      }
    }
    return false;
  });
  return errors;
}

}  // namespace

Globals globals_of(const ast::Nodes& nodes, const ast::Package* package, std::span<const std::string_view> rule_names,
                   std::span<ast::Import* const> imports) {
  Globals globals;
  for (std::string_view name : rule_names) {
    if (globals.contains(name)) continue;
    ast::Terms* full = nodes.arena().make<ast::Terms>(nodes.arena(), package->path.items());
    full->push_back(nodes.string(name, package->span));
    globals[name] = {full, false};
  }
  for (ast::Import* import : imports) {
    if (is_language_import(*import)) continue;
    globals[import->name()] = {import->path->as<ast::Ref>(), false};
  }
  return globals;
}

void resolve_refs_in_query(const ast::Nodes& nodes, Globals& globals, ast::Body& body) {
  Globals none;
  Resolver resolver(nodes, globals, none);
  resolver.hide(declared_body_vars(body));
  resolver.body(body);
}

void resolve_refs(CompilerState& state) {
  // What each package exports, over all its modules.
  struct Exports {
    std::vector<std::string_view> names;
    Globals globals;
  };
  std::map<std::string, Exports> packages;
  for (const auto& module : state.modules) {
    Exports& exports = packages[text_of(module->package->path)];
    for (const ast::Rule* rule : module->rules) {
      if (const auto* name = rule->head->reference[0]->as<ast::Var>()) exports.names.push_back(name->name);
    }
  }
  for (const auto& module : state.modules) {
    Exports& exports = packages[text_of(module->package->path)];
    if (exports.globals.empty()) exports.globals = globals_of(module->nodes, module->package, exports.names, {});
    Globals globals = globals_of(module->nodes, module->package, {}, module->imports.items());
    for (ast::Rule* top : module->rules) {
      for (ast::Rule* rule = top; rule != nullptr; rule = rule->else_rule) {
        if (!resolve_rule(state, module->nodes, globals, exports.globals, *rule)) break;
      }
    }
    if (!state.options.strict) continue;
    for (ast::Import* import : module->imports) {
      if (is_language_import(*import)) continue;
      const auto found = globals.find(import->name());
      if (found != globals.end() && !found->second.used) state.unused_imports.push_back(import);
    }
  }
}

void check_unused_imports(CompilerState& state) {
  for (const ast::Import* import : state.unused_imports) {
    if (!state.recoverable({kCompileError, text_of_import(*import) + " unused", import->span, {}})) break;
  }
  state.unused_imports.clear();
}

void check_keyword_overrides(CompilerState& state) {
  for (const auto& module : state.modules) {
    if (state.options.strict || state.v1_rules_hold(*module)) state.recoverable(root_document_overrides(*module));
  }
}

void check_imports(CompilerState& state) {
  Errors errors;
  for (const auto& module : state.modules) {
    if (!state.options.strict && !state.v1_rules_hold(*module)) continue;
    std::unordered_map<std::string_view, const ast::Import*> seen;
    for (const ast::Import* import : module->imports) {
      const auto [first, is_new] = seen.emplace(import->name(), import);
      if (!is_new) errors.push_back({kCompileError, "import must not shadow " + text_of_import(*first->second), import->span, {}});
    }
  }
  state.recoverable(std::move(errors));
}

void remove_imports(CompilerState& state) {
  for (const auto& module : state.modules) {
    state.imports[module.get()].assign(module->imports.begin(), module->imports.end());
    module->imports.clear();
  }
}

}  // namespace psdl::stages
