// Sets of variables. In: a tree and what to leave out; out: the variables in it with the places OPA would report for them.
#include "syntax/visit.hpp"

#include <algorithm>

namespace psdl::ast {
namespace {

template <class Entries>
auto place_of(Entries& entries, std::string_view name) {
  return std::lower_bound(entries.begin(), entries.end(), name, [](const VarSet::Entry& entry, std::string_view wanted) { return entry.name < wanted; });
}

}  // namespace

void VarSet::add(std::string_view name, Span span) {
  const auto at = place_of(entries_, name);
  if (at != entries_.end() && at->name == name) return;
  entries_.insert(at, Entry{name, span});
}

void VarSet::set_span(std::string_view name, Span span) {
  const auto at = place_of(entries_, name);
  if (at != entries_.end() && at->name == name) at->span = span;
}

void VarSet::remove(std::string_view name) {
  const auto at = place_of(entries_, name);
  if (at != entries_.end() && at->name == name) entries_.erase(at);
}

bool VarSet::contains(std::string_view name) const {
  const auto at = place_of(entries_, name);
  return at != entries_.end() && at->name == name;
}

void VarSet::update(const VarSet& other) {
  for (const Entry& entry : other) add(entry.name, entry.span);
}

VarSet VarSet::diff(const VarSet& other) const {
  VarSet made;
  for (const Entry& entry : entries_) {
    if (!other.contains(entry.name)) made.entries_.push_back(entry);
  }
  return made;
}

VarSet VarSet::intersect(const VarSet& other) const {
  VarSet made;
  for (const Entry& entry : entries_) {
    if (other.contains(entry.name)) made.entries_.push_back(entry);
  }
  return made;
}

bool operator==(const VarSet& a, const VarSet& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const VarSet::Entry& x, const VarSet::Entry& y) { return x.name == y.name; });
}

// OPA notes a place only where it meets the var as a term; operands of call statements and parts of refs inside it are met as bare values
// and keep whatever place was noted before.
void VarVisitor::place(const Term& term) {
  if (const Var* var = term.as<Var>()) vars_.set_span(var->name, term.span);
}

void VarVisitor::walk(Term& term) {
  walk(term.value);
  place(term);
}

void VarVisitor::tail(Terms& ref, std::size_t from) {
  for (std::size_t i = from; i < ref.size(); ++i) walk(*ref[i]);
}

void VarVisitor::walk(Value& value) {
  std::visit(
      Overloads{
          [this](Var& var) {
            if (!(params_.skip_wildcards && is_wildcard(var.name))) vars_.add(var.name);
          },
          [this](Ref& ref) {
            if (params_.skip_ref_head) {
              tail(ref, 1);
            } else {
              for (Term* term : ref) walk(term->value);
            }
          },
          [this](Call& call) {
            if (params_.skip_ref_call_head) {
              if (Ref* name = call[0]->as<Ref>()) tail(*name, 1);
              tail(call, 1);
            } else {
              for (Term* term : call) walk(term->value);
            }
          },
          [this](Array& array) { tail(array, 0); },
          [this](Set& set) {
            if (!params_.skip_sets) tail(set, 0);
          },
          [this](Object& object) {
            for (Pair& pair : object) {
              if (!params_.skip_object_keys) walk(*pair.key);
              walk(*pair.value);
            }
          },
          [this](ArrayComprehension& made) {
            if (params_.skip_closures) return;
            walk(made.term->value);
            walk(made.body);
          },
          [this](SetComprehension& made) {
            if (params_.skip_closures) return;
            walk(made.term->value);
            walk(made.body);
          },
          [this](ObjectComprehension& made) {
            if (params_.skip_closures) return;
            walk(made.key->value);
            walk(made.value->value);
            walk(made.body);
          },
          [this](TemplateString& text) {
            if (params_.skip_closures || params_.skip_template_strings) return;
            for (TemplatePart& part : text.parts) std::visit([this](auto* node) { walk(*node); }, part);
          },
          [](auto&) {},
      },
      value);
}

void VarVisitor::walk(Terms& terms) { tail(terms, 0); }

void VarVisitor::walk(Ref& ref) {
  for (std::size_t i = params_.skip_ref_head ? 1 : 0; i < ref.size(); ++i) walk(*ref[i]);
}

void VarVisitor::walk(Body& body) {
  for (Expr* expr : body) walk(*expr);
}

void VarVisitor::walk(Expr& expr) {
  if (params_.skip_closures) {
    if (Every* every = expr.as<Every>()) {
      walk(*every->domain);
      return;  // modifiers are not looked at: OPA stops here too
    }
  }
  std::visit(Overloads{
                 [this](Term* term) { walk(*term); },
                 [this](CallTerms& call) {
                   if (params_.skip_ref_call_head) {
                     if (Ref* name = call[0]->as<Ref>()) tail(*name, 1);
                     tail(call, 1);
                   } else {
                     for (Term* term : call) walk(term->value);
                   }
                 },
                 [this](SomeDecl* some) { walk(*some); },
                 [this](Every* every) { walk(*every); },
                 [this](Not* negation) {
                   if (!params_.skip_closures) walk(negation->body);
                 },
                 [this](auto* binary) {
                   if (params_.skip_closures) return;
                   walk(binary->lhs);
                   walk(binary->rhs);
                 },
             },
             expr.content);
  for (With* with : expr.with) walk(*with);
}

void VarVisitor::walk(With& with) {
  if (params_.skip_with_target) {
    walk(*with.value);
    return;
  }
  if (params_.skip_ref_call_head) {
    if (Ref* ref = with.target->as<Ref>()) tail(*ref, 1);
    if (Ref* ref = with.value->as<Ref>()) {
      tail(*ref, 1);
    } else {
      walk(*with.value);
    }
    return;
  }
  walk(with.target->value);
  walk(with.value->value);
}

void VarVisitor::walk(SomeDecl& some) { tail(some.symbols, 0); }

void VarVisitor::walk(Every& every) {
  if (every.key != nullptr) walk(every.key->value);
  walk(*every.value);
  walk(*every.domain);
  walk(every.body);
}

void VarVisitor::walk(Head& head) {
  walk(head.reference);
  for (Term* arg : head.args) walk(arg->value);
  if (head.value != nullptr) walk(*head.value);
}

void VarVisitor::walk(Rule& first) {
  for (Rule* rule = &first; rule != nullptr; rule = rule->else_rule) {
    walk(*rule->head);
    walk(rule->body);
  }
}

VarSet vars(Body& body, VarParams params) {
  VarVisitor visitor(params);
  visitor.walk(body);
  return std::move(visitor.vars());
}

VarSet vars(Expr& expr, VarParams params) {
  VarVisitor visitor(params);
  visitor.walk(expr);
  return std::move(visitor.vars());
}

VarSet vars(Term& term, VarParams params) {
  VarVisitor visitor(params);
  visitor.walk(term);
  return std::move(visitor.vars());
}

}  // namespace psdl::ast
