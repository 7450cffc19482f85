// Statements that only new OPAs know, as functions. In: a rule; out: the same in plain Rego.
//
// Invariant: an argument is a var that some body around the statement has at its own level, so that it is bound there
// whatever the statement does.
#include "gatekeeper/plain_rego.hpp"

#include <algorithm>

#include "syntax/print.hpp"
#include "syntax/visit.hpp"

namespace psdl::gatekeeper {
namespace {

class Plain {
 public:
  Plain(ast::Module& module, const FreshName& fresh) : nodes_(module.nodes), module_(module), fresh_(fresh) {}

  void rule(ast::Rule& held) {
    Level level(*this);
    ast::Head& head = *held.head;
    for (ast::Term* arg : head.args) add_vars(*arg);
    add_level(held.body);
    for (ast::Term* part : head.reference) inside(*part);
    inside(head);
    body(held.body);
  }

  std::vector<ast::Rule*> take() { return std::move(made_); }

 private:
  // The vars of one body, while we are in it.
  class Level {
   public:
    explicit Level(Plain& plain) : plain_(plain) { plain_.levels_.emplace_back(); }
    ~Level() { plain_.levels_.pop_back(); }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Plain& plain_;
  };

  static constexpr ast::VarParams kOwnVars = {
      .skip_ref_call_head = true, .skip_closures = true, .skip_wildcards = true};

  void add_vars(ast::Term& term) { levels_.back().update(ast::vars(term, kOwnVars)); }
  void add_level(ast::Body& held) { levels_.back().update(ast::vars(held, kOwnVars)); }

  // Bodies below a node: each is a level of its own.
  template <class Node>
  void inside(Node& node) {
    ast::walk(node, ast::Overloads{
                        [this](ast::Every& every) {
                          inside(*every.domain);
                          Level level(*this);
                          if (every.key != nullptr) add_vars(*every.key);
                          add_vars(*every.value);
                          add_level(every.body);
                          body(every.body);
                          return true;
                        },
                        [this](ast::Body& found) {
                          Level level(*this);
                          add_level(found);
                          body(found);
                          return true;
                        },
                    });
  }

  void body(ast::Body& held) {
    ast::Body made(nodes_.arena());
    for (ast::Expr* expr : held) add(*expr, made);
    held = nodes_.body(made.items());
  }

  void add(ast::Expr& expr, ast::Body& made) {
    inside(expr);
    if (const auto* negation = expr.as<ast::Not>()) {
      made.push_back(is_plain(*negation) ? plain_not(expr, *negation) : asked(expr, {&negation->body, 1}, true));
    } else if (const auto* both = expr.as<ast::LogicalAnd>()) {
      add_operand(expr, both->lhs, both->explicit_lhs, made);
      add_operand(expr, both->rhs, both->explicit_rhs, made);
    } else if (const auto* either = expr.as<ast::LogicalOr>()) {
      const ast::Body sides[] = {either->lhs, either->rhs};
      made.push_back(asked(expr, sides, false));
    } else {
      made.push_back(&expr);
    }
  }

  // Of `and`: as it is where it holds once or not at all.
  void add_operand(const ast::Expr& expr, const ast::Body& side, bool is_explicit, ast::Body& made) {
    const bool is_single = !is_explicit && side.size() == 1 && !has_wildcards(*side[0]);
    made.push_back(is_single ? with_of(expr, side[0]) : asked(expr, {&side, 1}, false));
  }

  static bool has_wildcards(ast::Expr& expr) {
    bool found = false;
    ast::walk(expr, [&](ast::Var& var) {
      found = found || ast::is_wildcard(var.name);
      return found;
    });
    return found;
  }

  // A call of a function that holds where one of the bodies does.
  ast::Expr* asked(const ast::Expr& expr, std::span<const ast::Body> bodies, bool is_negated) {
    const std::vector<ast::VarSet::Entry> outside = vars_from_outside(bodies);
    const std::string name = fresh_(wanted_name(bodies[0]));
    for (const ast::Body& each : bodies) {
      ast::Head* head = nodes_.head(name, expr.span);
      for (const auto& var : outside) head->args.push_back(nodes_.var(var.name, expr.span));
      head->value = nodes_.boolean(true, expr.span);
      ast::Rule* rule = nodes_.rule(head, nodes_.body(each.items()), expr.span);
      rule->module = &module_;
      made_.push_back(rule);
    }
    ast::Expr* made = nullptr;
    if (outside.empty()) {
      made = nodes_.expr(nodes_.var(name, expr.span), expr.span);
    } else {
      std::vector<ast::Term*> call = {nodes_.operator_ref(name, expr.span)};
      for (const auto& var : outside) call.push_back(nodes_.var(var.name, expr.span));
      made = nodes_.call_expr(call, expr.span);
    }
    made->negated = is_negated;
    return with_of(expr, made);
  }

  std::vector<ast::VarSet::Entry> vars_from_outside(std::span<const ast::Body> bodies) {
    ast::VarSet held;
    for (ast::Body each : bodies) held.update(ast::vars(each, {.skip_ref_call_head = true, .skip_wildcards = true}));
    std::vector<ast::VarSet::Entry> found;
    for (const auto& var : held) {
      const bool is_outside = std::any_of(levels_.begin(), levels_.end(),
                                          [&](const ast::VarSet& level) { return level.contains(var.name); });
      if (is_outside && !is_reserved(var.name)) found.push_back(var);
    }
    return found;
  }

  static bool is_reserved(std::string_view name) { return name == "input" || name == "data"; }

  // After the function that is asked, else `holds`.
  static std::string wanted_name(const ast::Body& body) {
    const ast::CallTerms* call = body.size() == 1 ? body[0]->call() : nullptr;
    const auto* name = call != nullptr ? (*call)[0]->as<ast::Ref>() : nullptr;
    const auto* last = name != nullptr && name->size() > 2 ? name->back()->as<ast::String>() : nullptr;
    return last != nullptr && ast::is_var_compatible(last->text) ? std::string(last->text) : "holds";
  }

  ast::Expr* with_of(const ast::Expr& from, ast::Expr* to) {
    to->with.use(nodes_.arena());
    for (const ast::With* with : from.with) to->with.push_back(nodes_.copy(with));
    return to;
  }

  // Whether the old `not` means the same: nothing of it is computed before the `not` itself.
  static bool is_plain(const ast::Not& negation) {
    if (negation.explicit_body || negation.body.size() != 1) return false;
    const ast::Expr& expr = *negation.body[0];
    if (expr.negated || !expr.with.empty()) return false;
    if (const ast::Term* term = expr.term()) return is_known(*term) || is_plain_ref(*term);
    const ast::CallTerms* call = expr.call();
    return call != nullptr &&
           std::all_of(call->begin() + 1, call->end(), [](const ast::Term* operand) { return is_known(*operand); });
  }

  // The old `not` asks a whole reference, but computes what stands in its brackets before.
  static bool is_plain_ref(const ast::Term& term) {
    const auto* ref = term.as<ast::Ref>();
    if (ref == nullptr || ref->empty() || !(*ref)[0]->is<ast::Var>()) return false;
    return std::all_of(ref->begin() + 1, ref->end(), [](const ast::Term* part) { return is_known(*part); });
  }

  // Always has a value where it is reached.
  static bool is_known(const ast::Term& term) {
    if (const auto* var = term.as<ast::Var>()) return !ast::is_wildcard(var->name);
    if (const auto* ref = term.as<ast::Ref>()) return ref->size() == 1 && ast::is_var((*ref)[0], "input");
    return ast::is_constant(&term);
  }

  ast::Expr* plain_not(const ast::Expr& expr, const ast::Not& negation) {
    ast::Expr* made = nodes_.copy(static_cast<const ast::Expr*>(negation.body[0]));
    made->negated = true;
    return with_of(expr, made);
  }

  const ast::Nodes& nodes_;
  ast::Module& module_;
  const FreshName& fresh_;
  std::vector<ast::VarSet> levels_;
  std::vector<ast::Rule*> made_;
};

}  // namespace

std::vector<ast::Rule*> make_plain(ast::Module& module, ast::Rule& first, const FreshName& fresh) {
  Plain plain(module, fresh);
  for (ast::Rule* rule = &first; rule != nullptr; rule = rule->else_rule) plain.rule(*rule);
  return plain.take();
}

}  // namespace psdl::gatekeeper
