// Nodes made, copied and asked. In: an arena and parts; out: nodes in that arena.
#include "syntax/ast.hpp"

#include <array>
#include <charconv>
#include <string>

#include "syntax/visit.hpp"

namespace psdl::ast {

std::string_view scope_name(AnnotationScope scope) {
  switch (scope) {
    case AnnotationScope::Package: return "package";
    case AnnotationScope::Subpackages: return "subpackages";
    case AnnotationScope::Document: return "document";
    case AnnotationScope::Rule: return "rule";
  }
  return "rule";
}

const Ref* Expr::operator_ref() const {
  const CallTerms* terms = call();
  return terms == nullptr || terms->empty() ? nullptr : (*terms)[0]->as<Ref>();
}

Term* Expr::operand(std::size_t at) const {
  const CallTerms* terms = call();
  return terms == nullptr || at + 1 >= terms->size() ? nullptr : (*terms)[at + 1];
}

bool Expr::calls(std::string_view builtin) const {
  const Ref* name = operator_ref();
  return name != nullptr && name->size() == 1 && is_var((*name)[0], builtin);
}

std::string_view Import::name() const {
  if (!alias.empty()) return alias;
  const Ref* ref = path->as<Ref>();
  if (ref == nullptr || ref->empty()) return {};
  const Term* last = ref->back();
  if (const String* text = last->as<String>()) return text->text;
  if (const Var* var = last->as<Var>()) return var->name;
  return {};
}

bool Head::has_dynamic_ref() const {
  const std::size_t at = dynamic_position(reference);
  return at != npos && at > 0;
}

// ---------------------------------------------------------------------------------------------------------------------------

Term* Nodes::term(Value value, Span span) const { return make<Term>(std::move(value), span); }

Term* Nodes::number(std::int64_t value, Span span) const {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return number(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())), span);
}

Term* Nodes::ref(std::span<Term* const> terms, Span span) const { return term(Ref(*arena_, terms), span); }
Term* Nodes::array(std::span<Term* const> terms, Span span) const { return term(Array(*arena_, terms), span); }
Term* Nodes::call(std::span<Term* const> operator_and_operands, Span span) const { return term(Call(*arena_, operator_and_operands), span); }

Term* Nodes::operator_ref(std::string_view dotted_name, Span span) const {
  Ref made(*arena_);
  for (std::size_t begin = 0; begin <= dotted_name.size();) {
    const std::size_t end = std::min(dotted_name.find('.', begin), dotted_name.size());
    const std::string_view part = dotted_name.substr(begin, end - begin);
    made.push_back(made.empty() ? var(part, span) : string(part, span));
    begin = end + 1;
  }
  return term(std::move(made), span);
}

Term* Nodes::set(std::span<Term* const> terms, Span span) const {
  Set made(*arena_, terms);
  // Stable: of equal members the first stays, as in OPA.
  std::stable_sort(made.begin(), made.end(), [](const Term* a, const Term* b) { return compare(a, b) < 0; });
  const auto end = std::unique(made.begin(), made.end(), [](const Term* a, const Term* b) { return compare(a, b) == 0; });
  made.truncate(static_cast<std::size_t>(end - made.begin()));
  return term(std::move(made), span);
}

Term* Nodes::object(std::span<const Pair> pairs, Span span) const {
  Object made(*arena_, pairs);
  std::stable_sort(made.begin(), made.end(), [](const Pair& a, const Pair& b) { return compare(a.key, b.key) < 0; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (kept > 0 && compare(made[kept - 1].key, made[i].key) == 0) {
      made[kept - 1].value = made[i].value;  // the first key, the last value
    } else {
      made[kept++] = made[i];
    }
  }
  made.truncate(kept);
  return term(std::move(made), span);
}

Term* Nodes::array_comprehension(Term* head, const Body& body, Span span) const { return term(ArrayComprehension{head, body}, span); }
Term* Nodes::set_comprehension(Term* head, const Body& body, Span span) const { return term(SetComprehension{head, body}, span); }
Term* Nodes::object_comprehension(Term* key, Term* value, const Body& body, Span span) const {
  return term(ObjectComprehension{key, value, body}, span);
}

Expr* Nodes::blank_expr(Span span) const {
  Expr* made = make<Expr>();
  made->with.use(*arena_);
  made->generates.use(*arena_);
  made->span = span;
  return made;
}

Expr* Nodes::expr(Term* term, Span span) const {
  Expr* made = blank_expr(span);
  made->content = term;
  return made;
}

Expr* Nodes::call_expr(std::span<Term* const> operator_and_operands, Span span) const {
  Expr* made = blank_expr(span);
  made->content = CallTerms(*arena_, operator_and_operands);
  return made;
}

Expr* Nodes::equality(Term* left, Term* right, Span span) const { return call_expr({operator_ref("eq", span), left, right}, span); }
Expr* Nodes::assignment(Term* left, Term* right, Span span) const { return call_expr({operator_ref("assign", span), left, right}, span); }

SomeDecl* Nodes::some_decl(std::span<Term* const> symbols, Span span) const { return make<SomeDecl>(Terms(*arena_, symbols), span); }
Every* Nodes::every(Term* key, Term* value, Term* domain, const Body& body, Span span) const {
  return make<Every>(key, value, domain, body, span);
}
Not* Nodes::negation(const Body& body, bool explicit_body, Span span) const { return make<Not>(body, explicit_body, span); }
LogicalAnd* Nodes::logical_and(const Body& lhs, const Body& rhs, Span span) const { return make<LogicalAnd>(lhs, rhs, false, false, span); }
LogicalOr* Nodes::logical_or(const Body& lhs, const Body& rhs, Span span) const { return make<LogicalOr>(lhs, rhs, false, false, span); }
With* Nodes::with(Term* target, Term* value, Span span) const { return make<With>(target, value, span); }

Body Nodes::body(std::span<Expr* const> exprs) const {
  Body made(*arena_, exprs);
  for (std::size_t i = 0; i < made.size(); ++i) made[i]->index = static_cast<std::uint32_t>(i);
  return made;
}

Head* Nodes::head(std::string_view name, Span span) const {
  Head* made = make<Head>();
  made->name = text(name);
  made->reference.use(*arena_);
  made->reference.push_back(term(Var{made->name}, span));
  made->args.use(*arena_);
  made->span = span;
  return made;
}

Head* Nodes::head(std::span<Term* const> reference, Span span) const {
  Head* made = make<Head>();
  made->reference.use(*arena_);
  made->reference.append(reference);
  made->args.use(*arena_);
  made->span = span;
  if (reference.size() == 1) {
    if (const Var* var = reference[0]->as<Var>()) made->name = var->name;
  }
  return made;
}

Rule* Nodes::rule(Head* head, const Body& body, Span span) const {
  Rule* made = make<Rule>();
  made->head = head;
  made->body.use(*arena_);
  made->body = body;
  made->annotations.use(*arena_);
  made->span = span;
  return made;
}

Import* Nodes::import(Term* path, std::string_view alias, Span span) const { return make<Import>(path, text(alias), span, Span{}); }

Package* Nodes::package(std::span<Term* const> path, Span span) const { return make<Package>(Terms(*arena_, path), span); }

Annotations* Nodes::annotations(Span span) const {
  Annotations* made = make<Annotations>();
  made->organizations.use(*arena_);
  made->related_resources.use(*arena_);
  made->authors.use(*arena_);
  made->schemas.use(*arena_);
  made->span = span;
  made->end_span = span;
  return made;
}

// ---------------------------------------------------------------------------------------------------------------------------

Value Nodes::copy(const Value& like) const {
  return std::visit(
      Overloads{
          [](const Null& held) -> Value { return held; },
          [](const Boolean& held) -> Value { return held; },
          [](const Number& held) -> Value { return held; },
          [](const String& held) -> Value { return held; },
          [](const Var& held) -> Value { return held; },
          [this](const TemplateString& held) -> Value {
            TemplateString made{List<TemplatePart>(*arena_), held.multi_line};
            for (const TemplatePart& part : held.parts) {
              std::visit([&](auto* node) { made.parts.push_back(copy(node)); }, part);
            }
            return made;
          },
          [this](const Object& held) -> Value {
            Object made(*arena_);
            for (const Pair& pair : held) made.push_back({copy(pair.key), copy(pair.value)});
            return made;
          },
          [this](const ArrayComprehension& held) -> Value { return ArrayComprehension{copy(held.term), copy(held.body)}; },
          [this](const SetComprehension& held) -> Value { return SetComprehension{copy(held.term), copy(held.body)}; },
          [this](const ObjectComprehension& held) -> Value {
            return ObjectComprehension{copy(held.key), copy(held.value), copy(held.body)};
          },
          [this](const auto& held) -> Value {  // Ref, Array, Set, Call
            std::remove_cvref_t<decltype(held)> made(*arena_);
            for (const Term* term : held) made.push_back(copy(term));
            return made;
          },
      },
      like);
}

Term* Nodes::copy(const Term* like) const { return like == nullptr ? nullptr : term(copy(like->value), like->span); }

Terms Nodes::copy(const Terms& like) const {
  Terms made(*arena_);
  for (const Term* item : like) made.push_back(copy(item));
  return made;
}

Body Nodes::copy(const Body& like) const {
  Body made(*arena_);
  for (const Expr* expr : like) made.push_back(copy(expr));
  return made;
}

Expr* Nodes::copy(const Expr* like) const {
  if (like == nullptr) return nullptr;
  Expr* made = blank_expr(like->span);
  made->content = std::visit(Overloads{
                                 [this](Term* term) -> Expr::Content { return copy(term); },
                                 [this](const CallTerms& call) -> Expr::Content {
                                   CallTerms terms(*arena_);
                                   for (const Term* term : call) terms.push_back(copy(term));
                                   return terms;
                                 },
                                 [this](auto* statement) -> Expr::Content { return copy(statement); },
                             },
                             like->content);
  for (const With* modifier : like->with) made->with.push_back(copy(modifier));
  made->index = like->index;
  made->negated = like->negated;
  made->generated = like->generated;
  made->from_assignment = like->from_assignment;
  made->generated_from = like->generated_from;
  made->generates.append(like->generates.items());
  return made;
}

With* Nodes::copy(const With* like) const { return with(copy(like->target), copy(like->value), like->span); }

SomeDecl* Nodes::copy(const SomeDecl* like) const { return make<SomeDecl>(copy(like->symbols), like->span); }

Every* Nodes::copy(const Every* like) const {
  return every(copy(like->key), copy(like->value), copy(like->domain), copy(like->body), like->span);
}

Not* Nodes::copy(const Not* like) const { return negation(copy(like->body), like->explicit_body, like->span); }

LogicalAnd* Nodes::copy(const LogicalAnd* like) const {
  return make<LogicalAnd>(copy(like->lhs), copy(like->rhs), like->explicit_lhs, like->explicit_rhs, like->span);
}

LogicalOr* Nodes::copy(const LogicalOr* like) const {
  return make<LogicalOr>(copy(like->lhs), copy(like->rhs), like->explicit_lhs, like->explicit_rhs, like->span);
}

Head* Nodes::copy(const Head* like) const {
  Head* made = make<Head>();
  made->name = like->name;
  made->reference.use(*arena_);
  for (const Term* part : like->reference) made->reference.push_back(copy(part));
  made->args.use(*arena_);
  for (const Term* arg : like->args) made->args.push_back(copy(arg));
  made->key = copy(like->key);
  made->value = copy(like->value);
  made->assign = like->assign;
  made->generated_value = like->generated_value;
  made->has_if = like->has_if;
  made->has_contains = like->has_contains;
  made->span = like->span;
  return made;
}

Rule* Nodes::copy(const Rule* like) const {
  Rule* first = nullptr;
  Rule* previous = nullptr;
  for (const Rule* one = like; one != nullptr; one = one->else_rule) {
    Rule* made = rule(copy(one->head), copy(one->body), one->span);
    made->is_default = one->is_default;
    made->generated_body = one->generated_body;
    made->annotations = one->annotations;
    made->module = one->module;
    if (previous != nullptr) previous->else_rule = made;
    if (first == nullptr) first = made;
    previous = made;
  }
  return first;
}

// ---------------------------------------------------------------------------------------------------------------------------

bool is_scalar(const Term* term) { return term->is<Null>() || term->is<Boolean>() || term->is<Number>() || term->is<String>(); }

bool is_comprehension(const Term* term) {
  return term->is<ArrayComprehension>() || term->is<SetComprehension>() || term->is<ObjectComprehension>();
}

bool is_constant(const Term* term) {
  return std::visit(Overloads{
                        [](const Var&) { return false; }, [](const Ref&) { return false; }, [](const Call&) { return false; },
                        [](const ArrayComprehension&) { return false; }, [](const SetComprehension&) { return false; },
                        [](const ObjectComprehension&) { return false; },
                        [](const Array& held) { return std::all_of(held.begin(), held.end(), is_constant); },
                        [](const Set& held) { return std::all_of(held.begin(), held.end(), is_constant); },
                        [](const Object& held) {
                          return std::all_of(held.begin(), held.end(), [](const Pair& pair) { return is_constant(pair.key) && is_constant(pair.value); });
                        },
                        [](const TemplateString& held) {
                          return std::all_of(held.parts.begin(), held.parts.end(), [](const TemplatePart& part) {
                            const auto* held_term = std::get_if<Term*>(&part);
                            if (held_term != nullptr) return is_constant(*held_term);
                            const Term* inner = std::get<Expr*>(part)->term();
                            return inner != nullptr && is_constant(inner);
                          });
                        },
                        [](const auto&) { return true; },
                    },
                    term->value);
}

namespace {
using GroundTerm = bool (*)(const Term*);
constexpr GroundTerm kGround = is_ground;
}  // namespace

bool is_ground(const Term* term) {
  return std::visit(Overloads{
                        [](const Var&) { return false; },
                        [](const TemplateString&) { return false; },
                        [](const Ref& held) { return held.size() < 2 || std::all_of(held.begin() + 1, held.end(), kGround); },
                        [](const Call& held) { return std::all_of(held.begin(), held.end(), kGround); },
                        [](const Array& held) { return std::all_of(held.begin(), held.end(), kGround); },
                        [](const Set& held) { return std::all_of(held.begin(), held.end(), kGround); },
                        [](const Object& held) {
                          return std::all_of(held.begin(), held.end(), [](const Pair& pair) { return is_ground(pair.key) && is_ground(pair.value); });
                        },
                        [](const ArrayComprehension& held) { return is_ground(held.term) && is_ground(held.body); },
                        [](const SetComprehension& held) { return is_ground(held.term) && is_ground(held.body); },
                        [](const ObjectComprehension& held) { return is_ground(held.key) && is_ground(held.value) && is_ground(held.body); },
                        [](const auto&) { return true; },
                    },
                    term->value);
}

bool is_ground(const Expr* expr) {
  return std::visit(Overloads{
                        [](Term* term) { return is_ground(term); },
                        [](const CallTerms& call) { return std::all_of(call.begin() + 1, call.end(), kGround); },
                        [](SomeDecl*) { return false; },
                        [](Every*) { return false; },
                        [](Not* negation) { return is_ground(negation->body); },
                        [](auto* binary) { return is_ground(binary->lhs) && is_ground(binary->rhs); },
                    },
                    expr->content);
}

bool is_ground(const Body& body) {
  return std::all_of(body.begin(), body.end(), [](const Expr* expr) { return is_ground(expr); });
}

bool is_var_compatible(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || !letter(text[0])) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_var(const Term* term, std::string_view name) {
  const Var* var = term == nullptr ? nullptr : term->as<Var>();
  return var != nullptr && var->name == name;
}

std::size_t dynamic_position(const Terms& ref) {
  if (ref.empty()) return npos;
  if (ref[0]->is<Call>()) return 0;
  for (std::size_t i = 1; i < ref.size(); ++i) {
    if (!is_constant(ref[i])) return i;
  }
  return npos;
}

std::span<Term* const> constant_prefix(const Terms& ref) { return ref.slice(0, dynamic_position(ref)); }

std::span<Term* const> string_prefix(const Terms& ref) {
  std::size_t size = std::min<std::size_t>(ref.size(), 1);
  while (size < ref.size() && ref[size]->is<String>()) ++size;
  return ref.slice(0, size);
}

std::span<Term* const> ground_prefix(const Terms& ref) {
  std::size_t size = std::min<std::size_t>(ref.size(), 1);
  while (size < ref.size() && is_ground(ref[size])) ++size;
  return ref.slice(0, size);
}

bool has_prefix(const Terms& ref, std::span<Term* const> prefix) {
  return prefix.size() <= ref.size() && std::equal(prefix.begin(), prefix.end(), ref.begin(), [](const Term* a, const Term* b) { return equal(a, b); });
}

Ref extend(const Nodes& nodes, const Terms& base, const Terms& with_head) {
  Ref made(nodes.arena(), base.items());
  const Var* head = with_head[0]->as<Var>();
  made.push_back(head == nullptr ? with_head[0] : nodes.term(String{head->name}, with_head[0]->span));
  made.append(with_head.slice(1));
  return made;
}

Ref rule_ref(const Nodes& nodes, const Rule& rule) { return extend(nodes, rule.module->package->path, rule.head->reference); }

}  // namespace psdl::ast
