// Walks over trees. In: a node and a callable; out: calls of it, parents before children, in OPA's order of children.
//
//   walk(node, [&](Term& term) { ..; return false; });          // every term; true: do not go below this one
//   walk(node, Overloads{[&](Expr&) {..}, [&](Term&) {..}});    // several kinds at once
//
// The callable is asked for each node whose type it takes (exactly: no conversions through bases): Module, Package, Import, Rule, Head, Body,
// Expr, With, SomeDecl, Every, Not, LogicalAnd, LogicalOr, Term, and the values inside terms (Var, Ref, Call, Set, ..). Its result is
// bool. Depth is bounded by what the parser lets through (Limits::policy_nesting), so recursion is safe.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "syntax/ast.hpp"

namespace psdl::ast {

template <class... F>
struct Overloads : F... {
  using F::operator()...;
};
template <class... F>
Overloads(F...) -> Overloads<F...>;

namespace detail {

// Converts to T& alone, so that a callable for Terms is not taken for one for Ref, which derives from it.
template <class T>
struct Exactly {
  T& node;
  template <class U>
    requires std::is_same_v<std::remove_const_t<U>, std::remove_const_t<T>>
  operator U&() const {  // NOLINT: meant to convert
    return node;
  }
};

template <class F, class T>
bool offer(F& visit, T& node) {
  if constexpr (std::is_invocable_r_v<bool, F&, Exactly<T>>) {
    return visit(Exactly<T>{node});
  } else if constexpr (std::is_invocable_r_v<bool, F&, T&> && !std::is_base_of_v<Terms, T> && !std::is_base_of_v<List<Pair>, T>) {
    return visit(node);
  } else {
    return false;
  }
}

template <class F>
class Walker {
 public:
  explicit Walker(F& visit) : visit_(visit) {}

  void operator()(Module& module) {
    if (offer(visit_, module)) return;
    if (module.package != nullptr) (*this)(*module.package);
    for (Import* import : module.imports) (*this)(*import);
    for (Rule* rule : module.rules) (*this)(*rule);
  }
  void operator()(Package& package) {
    if (offer(visit_, package)) return;
    all(package.path);
  }
  void operator()(Import& import) {
    if (offer(visit_, import)) return;
    (*this)(*import.path);
  }
  void operator()(Rule& first) {
    for (Rule* rule = &first; rule != nullptr; rule = rule->else_rule) {  // a loop: chains of else may be long
      if (offer(visit_, *rule)) return;
      (*this)(*rule->head);
      (*this)(rule->body);
    }
  }
  // Key, value and arguments: as OPA's walks do, the reference is left out.
  void operator()(Head& head) {
    if (offer(visit_, head)) return;
    all(head.args);
    if (head.key != nullptr) (*this)(*head.key);
    if (head.value != nullptr) (*this)(*head.value);
  }
  void operator()(Body& body) {
    if (offer(visit_, body)) return;
    for (Expr* expr : body) (*this)(*expr);
  }
  void operator()(Expr& expr) {
    if (offer(visit_, expr)) return;
    std::visit(Overloads{[this](Term* term) { (*this)(*term); }, [this](CallTerms& call) { all(call); },
                         [this](auto* statement) { (*this)(*statement); }},
               expr.content);
    for (With* with : expr.with) (*this)(*with);
  }
  void operator()(With& with) {
    if (offer(visit_, with)) return;
    (*this)(*with.target);
    (*this)(*with.value);
  }
  void operator()(SomeDecl& some) {
    if (offer(visit_, some)) return;
    all(some.symbols);
  }
  void operator()(Every& every) {
    if (offer(visit_, every)) return;
    if (every.key != nullptr) (*this)(*every.key);
    (*this)(*every.value);
    (*this)(*every.domain);
    (*this)(every.body);
  }
  void operator()(Not& negation) {
    if (offer(visit_, negation)) return;
    (*this)(negation.body);
  }
  void operator()(LogicalAnd& both) {
    if (offer(visit_, both)) return;
    (*this)(both.lhs);
    (*this)(both.rhs);
  }
  void operator()(LogicalOr& either) {
    if (offer(visit_, either)) return;
    (*this)(either.lhs);
    (*this)(either.rhs);
  }
  void operator()(Term& term) {
    if (offer(visit_, term)) return;
    (*this)(term.value);
  }
  void operator()(Value& value) {
    std::visit([this](auto& held) {
      if (!offer(visit_, held)) inside(held);
    }, value);
  }
  void all(Terms& terms) {
    for (Term* term : terms) (*this)(*term);
  }

 private:
  void inside(Null&) {}
  void inside(Boolean&) {}
  void inside(Number&) {}
  void inside(String&) {}
  void inside(Var&) {}
  void inside(Ref& ref) { all(ref); }
  void inside(Array& array) { all(array); }
  void inside(Set& set) { all(set); }
  void inside(Call& call) { all(call); }
  void inside(Object& object) {
    for (Pair& pair : object) {
      (*this)(*pair.key);
      (*this)(*pair.value);
    }
  }
  void inside(ArrayComprehension& made) {
    (*this)(*made.term);
    (*this)(made.body);
  }
  void inside(SetComprehension& made) {
    (*this)(*made.term);
    (*this)(made.body);
  }
  void inside(ObjectComprehension& made) {
    (*this)(*made.key);
    (*this)(*made.value);
    (*this)(made.body);
  }
  void inside(TemplateString& text) {
    for (TemplatePart& part : text.parts) std::visit([this](auto* node) { (*this)(*node); }, part);
  }

  F& visit_;
};

}  // namespace detail

// `node` is any node, a Body, or a list of terms.
template <class Node, class F>
void walk(Node& node, F&& visit) {
  detail::Walker<std::remove_reference_t<F>> walker(visit);
  if constexpr (std::is_same_v<Node, Terms>) {
    walker.all(node);
  } else {
    walker(node);
  }
}

// A set of variables with the place each was seen first, sorted by name.
class VarSet {
 public:
  struct Entry {
    std::string_view name;
    Span span;
  };

  void add(std::string_view name, Span span = {});  // keeps the place of the first
  void set_span(std::string_view name, Span span);
  void remove(std::string_view name);
  [[nodiscard]] bool contains(std::string_view name) const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  void clear() { entries_.clear(); }
  void update(const VarSet& other);
  [[nodiscard]] VarSet diff(const VarSet& other) const;
  [[nodiscard]] VarSet intersect(const VarSet& other) const;
  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }
  friend bool operator==(const VarSet& a, const VarSet& b);

 private:
  std::vector<Entry> entries_;
};

// What OPA's VarVisitorParams ask for. The place kept for a var is that of the last term holding it, as in OPA.
struct VarParams {
  bool skip_ref_head = false;
  bool skip_ref_call_head = false;   // operators of calls, heads of refs in `with`
  bool skip_object_keys = false;
  bool skip_closures = false;        // comprehensions, template strings, not, and, or; of `every` only the domain is seen
  bool skip_with_target = false;
  bool skip_sets = false;
  bool skip_template_strings = false;
  bool skip_wildcards = false;
};

class VarVisitor {
 public:
  explicit VarVisitor(VarParams params = {}) : params_(params) {}

  void walk(Term& term);
  void walk(Value& value);
  void walk(Terms& terms);
  void walk(Ref& ref);
  void walk(Expr& expr);
  void walk(Body& body);
  void walk(With& with);
  void walk(Head& head);  // reference, arguments, value
  void walk(Rule& rule);
  void walk(SomeDecl& some);
  void walk(Every& every);
  [[nodiscard]] const VarSet& vars() const { return vars_; }
  [[nodiscard]] VarSet& vars() { return vars_; }

 private:
  void place(const Term& term);
  void tail(Terms& ref, std::size_t from);

  VarParams params_;
  VarSet vars_;
};

[[nodiscard]] VarSet vars(Body& body, VarParams params = {});
[[nodiscard]] VarSet vars(Expr& expr, VarParams params = {});
[[nodiscard]] VarSet vars(Term& term, VarParams params = {});

}  // namespace psdl::ast
