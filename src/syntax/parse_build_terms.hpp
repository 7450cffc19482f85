// Builder: terms, expressions and bodies. In: parts on the stacks; out: nodes. Private to parse.cpp.
#pragma once

#include <cmath>

#include "syntax/parse_build.hpp"

namespace psdl::parsing {

// ---- stacks

inline bool Builder::checked_depth(std::uint32_t depth) {
  // Chains of operators nest to the left without any bracket; later stages walk trees by recursion.
  const std::uint32_t limit = 8 * limits_.policy_nesting;
  if (depth > limit) stop("limit_policy_nesting", "an expression nests deeper than " + std::to_string(limit) + " levels");
  return depth <= limit;
}

inline void Builder::push(ast::Term* term, std::uint32_t depth) {
  static_cast<void>(checked_depth(depth));
  terms_.push_back({term, depth});
}

inline void Builder::push_expr(ast::Expr* expr, std::uint32_t depth) {
  static_cast<void>(checked_depth(depth));
  exprs_.push_back({expr, depth});
}

inline std::uint32_t Builder::own_depth() const {
  const Heights& from = frames_.back().heights;
  std::uint32_t depth = 0;
  for (std::size_t i = from.terms; i < terms_.size(); ++i) depth = std::max(depth, terms_[i].depth);
  for (std::size_t i = from.exprs; i < exprs_.size(); ++i) depth = std::max(depth, exprs_[i].depth);
  for (std::size_t i = from.bodies; i < bodies_.size(); ++i) depth = std::max(depth, bodies_[i].depth);
  for (std::size_t i = from.operands; i < operands_.size(); ++i) depth = std::max(depth, operands_[i].depth);
  return depth;
}

inline std::vector<ast::Term*> Builder::take_terms() {
  std::vector<ast::Term*> taken;
  for (std::size_t i = frame().heights.terms; i < terms_.size(); ++i) taken.push_back(terms_[i].term);
  terms_.resize(frame().heights.terms);
  return taken;
}

// ---- scalars

inline bool Builder::push_string() {
  const std::string_view literal = lexeme();
  std::string_view inside = literal.substr(1, literal.size() - 2);
  std::string resolved;
  if (literal[0] == '"' && inside.find('\\') != std::string_view::npos) {
    if (!text::unescape_json(inside, resolved)) {
      error_here("illegal string literal: " + std::string(literal));
      return false;
    }
    inside = resolved;
  }
  push(nodes_.string(inside, here()), 1);
  return true;
}

inline ast::Var Builder::fresh_wildcard() { return ast::Var{nodes_.text("$" + std::to_string(state_.wildcards++))}; }

inline void Builder::push_var() {
  if (lexeme() == "_") {
    push_here(fresh_wildcard());
  } else {
    push(nodes_.var(lexeme(), here()), 1);
  }
}

namespace detail {

// log2 of a positive number, by squaring. libm has it and libc has not: loading libm for it alone would be paid at every start.
inline double binary_logarithm(double x) {
  int exponent = 0;
  double rest = std::frexp(x, &exponent) * 2;
  double logarithm = exponent - 1;
  for (double bit = 0.5; bit > 0x1p-50; bit /= 2) {
    rest *= rest;
    if (rest < 2) continue;
    rest /= 2;
    logarithm += bit;
  }
  return logarithm;
}

enum class NumberFault { None, Invalid, TooBig };

// Whether Go's big.Float reads the literal, and whether its binary exponent stays within 100,000.
inline NumberFault judge_number(std::string_view literal) {
  std::string digits;
  long long fraction = 0;
  bool point = false;
  std::size_t at = literal.starts_with('-') ? 1 : 0;
  for (; at < literal.size() && literal[at] != 'e' && literal[at] != 'E'; ++at) {
    if (literal[at] == '.') {
      if (point) return NumberFault::Invalid;
      point = true;
    } else if (literal[at] < '0' || literal[at] > '9') {
      return NumberFault::Invalid;  // half of a character that follows: see State::lexeme_end
    } else {
      digits.push_back(literal[at]);
      if (point) ++fraction;
    }
  }
  long long exponent = 0;
  if (at < literal.size()) {
    bool negative = false;
    ++at;
    if (at < literal.size() && (literal[at] == '+' || literal[at] == '-')) negative = literal[at++] == '-';
    for (; at < literal.size(); ++at) {
      if (literal[at] < '0' || literal[at] > '9') return NumberFault::Invalid;
      if (exponent > 400'000'000'000'000'000LL) return NumberFault::Invalid;
      exponent = exponent * 10 + (literal[at] - '0');
    }
    if (negative) exponent = -exponent;
  }
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return NumberFault::None;
  const long long scale = exponent - fraction;
  if (scale > INT32_MAX || scale < INT32_MIN) return NumberFault::Invalid;
  const std::string lead = digits.substr(first, 18);
  constexpr double kLog2Of10 = 3.3219280948873623;
  const double mantissa = binary_logarithm(std::stod(lead)) + static_cast<double>(digits.size() - first - lead.size()) * kLog2Of10;
  const double binary = std::floor(mantissa + static_cast<double>(scale) * kLog2Of10) + 1;
  if (binary < -2147483648.0) return NumberFault::None;  // too small to be told from zero
  return binary > 100000 || binary < -100000 ? NumberFault::TooBig : NumberFault::None;
}

}  // namespace detail

inline bool Builder::ask(g::valid_number) {
  const std::string_view literal = lexeme();
  const bool leads_with_point = (frame().flags & kPoint) != 0;
  if (!leads_with_point && literal.size() > 1 && literal[0] == '0') {
    const bool decimal = literal[1] == '.';
    const bool scientific = literal.size() > 2 && (literal[1] == 'e' || literal[1] == 'E');
    if (!decimal && !scientific) {
      unexpected("expected number without leading zero");
      return false;
    }
  }
  std::string whole;
  if ((frame().flags & kMinus) != 0) whole += '-';
  if (leads_with_point) whole += '.';
  whole += literal;
  switch (detail::judge_number(whole)) {
    case detail::NumberFault::None: break;
    case detail::NumberFault::TooBig: error_here("number too big"); return false;
    case detail::NumberFault::Invalid: unexpected("invalid float"); return false;
  }
  push(nodes_.number(whole, span(frame().begin, end())), 1);
  return true;
}

inline void Builder::build_number() {}

// ---- template strings

inline bool Builder::ask(g::template_supported) {
  if (!ask(g::reading_v0{})) return true;
  error_here("template strings are not supported by current capabilities");
  return false;
}

inline bool Builder::ask(g::template_piece) {
  const bool raw = token() == Token::RawTemplatePart || token() == Token::RawTemplateEnd;
  if (!raw && token() != Token::TemplatePart && token() != Token::TemplateEnd) {
    error_here("expected template-string part");
    return false;
  }
  // The first piece is read with its `$"`; later ones begin right behind the brace of the expression.
  const bool first = lexeme().starts_with(raw ? "$`" : "$\"") && begin() == frame().begin;
  std::string_view inside = lexeme();
  if (first) inside.remove_prefix(2);
  inside.remove_suffix(1);
  std::string without_braces;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\' && i + 1 < inside.size()) {
      if (inside[i + 1] != '{') without_braces += inside[i];
      if (!raw || inside[i + 1] == '{') without_braces += inside[++i];
    } else {
      without_braces += inside[i];
    }
  }
  std::string resolved;
  if (raw || without_braces.find('\\') == std::string::npos) {
    resolved = without_braces;
  } else if (!text::unescape_json(without_braces, resolved)) {
    const std::string_view open = first ? "\"" : "}";
    error_here("illegal template-string part: " + std::string(open) + without_braces + lexeme().back());
    return false;
  }
  if (!resolved.empty()) parts_.emplace_back(nodes_.string(resolved, here()));
  return true;
}

inline bool Builder::ask(g::template_expression) {
  ast::Expr* expr = exprs_.back().expr;
  const std::uint32_t comments = comments_before_.back();
  comments_before_.pop_back();
  std::string_view fault;
  if (expr->negated) {
    fault = "unexpected negation ('not') in template-string expression";
  } else if (expr->is_equality()) {
    fault = "unexpected unification ('=') in template-string expression";
  } else if (expr->is_assignment()) {
    fault = "unexpected assignment (':=') in template-string expression";
  } else if (expr->is<ast::Every*>()) {
    fault = "unexpected 'every' in template-string expression";
  } else if (expr->is<ast::SomeDecl*>()) {
    fault = "unexpected 'some' in template-string expression";
  }
  if (!fault.empty()) {
    error(expr->span, fault);
    return false;
  }
  // The depth of the parts counts towards the template's.
  frame().flags = std::max(frame().flags >> 8U, exprs_.back().depth) << 8U;
  exprs_.pop_back();
  ast::Term* term = expr->term();
  if (term != nullptr && ast::is_scalar(term) && comments == state_.comments) {
    parts_.emplace_back(term);
  } else {
    parts_.emplace_back(expr);
  }
  return true;
}

inline void Builder::build_template(bool multi_line) {
  ast::TemplateString made{ast::List<ast::TemplatePart>(nodes_.arena()), multi_line};
  for (std::size_t i = frame().heights.parts; i < parts_.size(); ++i) made.parts.push_back(parts_[i]);
  parts_.resize(frame().heights.parts);
  push(nodes_.term(std::move(made), span(frame().begin, end())), (frame().flags >> 8U) + 1);
}

// ---- collections

inline void Builder::build_array() {
  const std::uint32_t depth = own_depth() + 1;
  const bool is_comprehension = bodies_.size() > frame().heights.bodies;
  const std::vector<ast::Term*> terms = take_terms();
  const Span at = span(frame().begin, end());
  if (is_comprehension) {
    push(nodes_.array_comprehension(terms[0], bodies_.back().body, at), depth);
    bodies_.pop_back();
  } else {
    push(nodes_.array(terms, at), depth);
  }
}

inline void Builder::build_braces() {
  const std::uint32_t depth = own_depth() + 1;
  const bool is_comprehension = bodies_.size() > frame().heights.bodies;
  const std::vector<ast::Term*> terms = take_terms();
  const Span at = span(frame().begin, end());
  ast::Term* made = nullptr;
  if ((frame().flags & kSet) != 0) {
    made = is_comprehension ? nodes_.set_comprehension(terms[0], bodies_.back().body, at) : nodes_.set(terms, at);
  } else if (is_comprehension) {
    made = nodes_.object_comprehension(terms[0], terms[1], bodies_.back().body, at);
  } else {
    std::vector<ast::Pair> pairs;
    for (std::size_t i = 0; i + 1 < terms.size(); i += 2) pairs.push_back({terms[i], terms[i + 1]});
    made = nodes_.object(pairs, at);
  }
  if (is_comprehension) bodies_.pop_back();
  push(made, depth);
}

// ---- refs and calls

inline bool Builder::is_version_keyword(std::string_view word) const {
  for (const KeywordRow& row : kKeywords) {
    if (row.word != word) continue;
    if (row.bit == 0) return true;
    if ((row.bit & Keywords::kV0) != 0) return options_.version != ast::RegoVersion::V0;
    return options_.version == ast::RegoVersion::V2;
  }
  return false;
}

inline bool Builder::is_ref_keyword(std::string_view word) const { return is_version_keyword(word) || is_keyword(word); }

inline void Builder::tell(g::ref_head_allowed) {
  const ast::Term& head = *terms_.back().term;
  const bool allowed = head.is<ast::Var>() || head.is<ast::Array>() || head.is<ast::Object>() || head.is<ast::Set>() || ast::is_comprehension(&head) ||
                       head.is<ast::Call>();
  if (!allowed) error(head.span, "illegal ref (head cannot be " + std::string(ast::kind_name(head.value)) + ")");
}

inline bool Builder::ask(g::ref_name) {
  const bool is_word = token() == Token::Identifier || token() >= Token::Every || token() == Token::In || (token() >= Token::Package && token() <= Token::False);
  if (token() != Token::Identifier && !is_ref_keyword(g::name_of(token()))) return false;
  push(nodes_.string(is_word ? lexeme() : std::string_view(), here()), 1);
  return true;
}

inline bool Builder::ask(g::name_or_ref_keyword) {
  if (token() == Token::Identifier) return true;
  if (!is_ref_keyword(g::name_of(token()))) return false;
  set_token(Token::Identifier);
  return true;
}

inline Token Builder::token_after(bool raw) {
  const State before = state_;
  advance(!raw);
  const Token next = state_.token;
  if (!stopped_) state_ = before;
  return next;
}

inline bool Builder::ask(g::keyword_ref) {
  if (token() == Token::Identifier || !is_ref_keyword(g::name_of(token()))) return false;
  const Token next = token_after(true);
  if (next != Token::Dot && next != Token::LeftBracket) return false;
  set_token(Token::Identifier);
  return true;
}

inline void Builder::tell(g::and_or_call) {
  if (token() != Token::And && token() != Token::Or) return;
  if (token_after(true) == Token::LeftParen) set_token(Token::Identifier);
}

inline void Builder::tell(g::close_ref) {
  const std::uint32_t depth = own_depth() + 1;
  const std::uint32_t from = terms_[frame().heights.terms].term->span.begin;
  const std::vector<ast::Term*> terms = take_terms();
  push(nodes_.ref(terms, span(from, last_end())), depth);
}

inline void Builder::tell(g::close_call) {
  const std::uint32_t depth = own_depth() + 1;
  const std::vector<ast::Term*> terms = take_terms();
  const Span at = span(terms[0]->span.begin, end());
  const ast::Ref* name = terms[0]->as<ast::Ref>();
  if (terms.size() == 1 && name != nullptr && name->size() == 1 && ast::is_var((*name)[0], "set")) {
    push(nodes_.set({}, at), depth);
  } else {
    push(nodes_.call(terms, at), depth);
  }
}

inline void Builder::tell(g::root_document) {
  ast::Term* term = terms_.back().term;
  if (ast::is_var(term, "input") || ast::is_var(term, "data")) terms_.back().term = nodes_.ref({term}, term->span);
}

inline void Builder::build_negated_var() {
  const std::uint32_t depth = own_depth() + 1;
  const Span sign = span(frame().begin, frame().begin + 1);
  ast::Term* operand = take_terms()[0];
  push(nodes_.call({nodes_.operator_ref("minus", sign), nodes_.number(std::int64_t{0}, sign), operand}, span(frame().begin, last_end())), depth);
}

inline void Builder::build_infix() {
  const std::uint32_t depth = own_depth() + 1;
  std::vector<ast::Term*> terms = take_terms();  // left, operator, right; or key, value, operator, domain
  const std::uint32_t from = terms[0]->span.begin;
  if (terms.size() == 3) {
    std::swap(terms[0], terms[1]);
  } else {
    std::rotate(terms.begin(), terms.begin() + 2, terms.begin() + 3);
  }
  push(nodes_.call(terms, span(from, last_end())), depth);
}

// ---- bodies and expressions

inline void Builder::build_body() {
  const std::uint32_t depth = own_depth();
  std::vector<ast::Expr*> exprs;
  for (std::size_t i = frame().heights.exprs; i < exprs_.size(); ++i) exprs.push_back(exprs_[i].expr);
  exprs_.resize(frame().heights.exprs);
  bodies_.push_back({nodes_.body(exprs), depth});
}

inline void Builder::build_query() {
  build_body();
  statements_.emplace_back(bodies_.back().body);
  bodies_.pop_back();
}

inline void Builder::tell(g::with_target_valid) {
  const ast::Term& target = *terms_.back().term;
  if (!target.is<ast::Ref>() && !target.is<ast::Var>()) unexpected("expected with target path");
}

inline void Builder::build_with() {
  const std::uint32_t depth = own_depth() + 1;
  const std::vector<ast::Term*> terms = take_terms();
  HeldExpr& held = exprs_.back();
  held.expr->with.push_back(nodes_.with(terms[0], terms[1], span(frame().begin, last_end())));
  held.depth = std::max(held.depth, depth);
}

inline void Builder::build_assignment() {
  const std::uint32_t depth = own_depth() + 1;
  const std::vector<ast::Term*> terms = take_terms();
  push_expr(nodes_.call_expr({terms[1], terms[0], terms[2]}, {}), depth);
}

inline void Builder::build_expression() {
  const Span at = span(frame().begin, last_end());
  if (exprs_.size() == frame().heights.exprs) {
    const std::uint32_t depth = own_depth() + 1;
    ast::Term* term = take_terms()[0];
    const ast::Call* call = term->as<ast::Call>();
    push_expr(call != nullptr ? nodes_.call_expr(call->items(), at) : nodes_.expr(term, at), depth);
  }
  exprs_.back().expr->span = at;
}

inline std::size_t Builder::member_arity() const {
  const ast::Call* call = terms_.back().term->as<ast::Call>();
  if (call == nullptr || call->empty()) return 0;
  const std::string name = ast::to_string(*(*call)[0]);
  return name == "internal.member_2" ? 2 : name == "internal.member_3" ? 3 : 0;
}

inline bool Builder::ask(g::some_in_valid) {
  const std::size_t arity = member_arity();
  if (arity == 0) {
    unexpected("expected `x in xs` or `x, y in xs` expression");
    return false;
  }
  if (terms_.back().term->as<ast::Call>()->size() != arity + 1) {
    unexpected("illegal domain");
    return false;
  }
  return true;
}

inline void Builder::build_some() {
  const std::uint32_t depth = own_depth() + 1;
  const Span at = span(frame().begin, frame().begin + 4);
  const std::vector<ast::Term*> terms = take_terms();
  push_expr(nodes_.statement(nodes_.some_decl(terms, at), at), depth);
}

inline bool Builder::ask(g::some_has_members) {
  const ast::SomeDecl* some = exprs_.back().expr->as<ast::SomeDecl>();
  return some != nullptr && some->symbols[0]->is<ast::Call>();
}

inline bool Builder::ask(g::every_head_valid) {
  const std::size_t arity = member_arity();
  if (arity == 0) {
    unexpected("expected `x[, y] in xs { ... }` expression");
    return false;
  }
  const ast::Call& call = *terms_.back().term->as<ast::Call>();
  if (call.size() != arity + 1) {
    unexpected("illegal domain");
    return false;
  }
  if (arity == 3 && !call[1]->is<ast::Var>()) {
    unexpected("expected key to be a variable");
    return false;
  }
  if (!call[arity - 1]->is<ast::Var>()) {
    unexpected("expected value to be a variable");
    return false;
  }
  return true;
}

inline void Builder::build_every() {
  const std::uint32_t depth = own_depth() + 1;
  const Span at = span(frame().begin, frame().begin + 5);
  const ast::Call& call = *take_terms()[0]->as<ast::Call>();
  ast::Term* key = call.size() == 4 ? call[1] : nullptr;
  ast::Every* every = nodes_.every(key, call[call.size() - 2], call.back(), bodies_.back().body, at);
  bodies_.pop_back();
  push_expr(nodes_.statement(every, at), depth);
}

inline void Builder::tell(g::hint_every) {
  const bool would_read = (frame().flags & kReadsAsEvery) != 0;
  if (would_read && ast::is_var(exprs_.back().expr->term(), "every")) hint_import("every", "every x in xs { ... }` expressions");
}

inline void Builder::hint_import(std::string_view keyword, std::string_view example) {
  hint("`import future.keywords." + std::string(keyword) + "` for `" + std::string(example));
}

inline void Builder::tell(g::hint_infix_name) {
  const std::string_view word = lexeme();
  if (word == "in") hint_import("in", "x in xs` expressions");
  if (word == "and") hint_import("and", "x and y` expressions");
  if (word == "or") hint_import("or", "x or y` expressions");
}

// ---- and, or, not

inline bool Builder::ask(g::negation_word) {
  if (token() != Token::Not) return false;
  const Token next = token_after(true);
  return next != Token::Dot && next != Token::LeftBracket;
}

inline bool Builder::check_union(std::string_view prefix) {
  const ast::Body& body = bodies_.back().body;
  if (body.empty()) return true;
  const ast::Expr& first = *body[0];
  if (!first.calls("or") || text((*first.call())[0]->span.begin, (*first.call())[0]->span.end) != "|") return true;
  if (text(first.span.begin, first.span.end).starts_with('(')) return true;
  const std::uint32_t from = frame().begin;
  const std::string braces(text(from, last_end()));
  std::string wrapped = braces;
  const std::uint32_t offset = first.span.begin - from;
  const std::uint32_t size = first.span.end - first.span.begin;
  if (offset > 0 && offset + size <= braces.size()) {
    wrapped = braces.substr(0, offset) + "(" + braces.substr(offset, size) + ")" + braces.substr(offset + size);
  }
  hint("write `" + std::string(prefix) + "(" + braces + ")` for the comprehension, or `" + std::string(prefix) + wrapped + "` for the set union");
  error(span(from, from + 1), "ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension");
  return false;
}

inline bool Builder::ask(g::value_in_negated_braces) {
  // The value that the leading brace opens: the leftmost operand of the operators.
  const ast::Term* value = terms_.back().term;
  while (const ast::Call* call = value->as<ast::Call>()) {
    const std::string name = ast::to_string(*(*call)[0]);
    const std::size_t arity = name == "internal.member_3" ? 3 : 2;
    if (ast::infix_sign(name).empty() || call->size() != arity + 1) break;
    value = (*call)[1];
  }
  const std::string operand(text(frame().begin, last_end()));
  hint("write `not (" + operand + ")` to negate the value, or `not {" + operand + "}` for a body holding it");
  error(span(frame().begin, frame().begin + 1),
        "`{...}` in an operand position must contain expression(s), got: " + std::string(ast::kind_name(value->value)));
  return false;
}

inline bool Builder::brace_led(std::string_view op, std::uint32_t at, std::uint32_t from) {
  hint("wrap the operand to keep the value: `(" + std::string(text(from, last_end())) + ") " + std::string(op) + " ...`");
  error(span(at, at + 1), "operand of `" + std::string(op) + "` cannot begin with `{` unless the braces hold a body");
  return false;
}

inline bool Builder::ask(g::braces_lead_literal) {
  const ast::Expr& expr = *exprs_.back().expr;
  if (!text(expr.span.begin, expr.span.end).starts_with('{')) return true;
  const ast::Object* object = expr.term() != nullptr ? expr.term()->as<ast::Object>() : nullptr;
  if (object != nullptr && object->empty()) {
    error(expr.span, "found empty body");
    return false;
  }
  const std::string op(g::name_of(token()));
  hint("wrap the operand to keep the value: `(" + std::string(text(expr.span.begin, expr.span.end)) + ") " + op + " ...`");
  error(expr.span, "operand of `" + op + "` cannot begin with `{` unless the braces hold a body");
  return false;
}

inline bool Builder::check_with(const ast::Expr& expr) {
  if (expr.with.empty()) return true;
  const std::string op(g::name_of(token()));
  hint("Wrap the operand in `(...)` or `{...}` to scope, or move `with` after the `" + op + "` expression to apply it to the whole expression");
  error(expr.with[0]->span, "`with` modifier is not allowed on operand of `" + op + "`");
  return false;
}

inline void Builder::tell(g::braces_to_operand) {
  push_operand({bodies_.back().body, true, span(frame().begin, frame().begin + 1), bodies_.back().depth});
  bodies_.pop_back();
}

inline void Builder::tell(g::literal_to_operand) {
  const HeldExpr held = exprs_.back();
  exprs_.pop_back();
  push_operand({nodes_.body({held.expr}), false, held.expr->span, held.depth});
}

inline void Builder::tell(g::operand_to_literal) {
  const Operand& operand = operands_.back();
  push_expr(operand.body[0], operand.depth);
  operands_.pop_back();
}

inline bool Builder::ask(g::empty_group) {
  error(span(frame().begin, frame().begin + 1), "empty parenthesized group");
  return false;
}

inline bool Builder::ask(g::operand_is_logical) {
  const ast::Body& body = operands_.back().body;
  return body.size() == 1 && (body[0]->is<ast::LogicalAnd*>() || body[0]->is<ast::LogicalOr*>());
}

inline bool Builder::ask(g::operand_is_negated) {
  const ast::Body& body = operands_.back().body;
  return body.size() == 1 && body[0]->is_negated();
}

// A call of `print` succeeds whatever it prints.
inline void Builder::check_void(const ast::Body& body, std::string_view op) {
  std::string name;
  Span at;
  for (const ast::Expr* expr : body) {
    if (expr->negated || expr->operator_ref() == nullptr) return;
    const std::string called = ast::to_string(*expr->operator_ref());
    if (called != "print" && called != "internal.print" && called != "internal.test_case") return;
    if (name.empty()) {
      name = called;
      at = expr->span;
    }
  }
  if (name.empty()) return;
  hint("`" + name + "` produces no value and always succeeds, so the operand can never fail; move it out of the operand, or add an expression that can fail");
  error(at, "operand of `" + std::string(op) + "` cannot consist only of calls to `" + name + "`");
}

inline void Builder::build_chain(bool is_and) {
  Operand rhs = std::move(operands_.back());
  operands_.pop_back();
  Operand lhs = std::move(operands_.back());
  operands_.pop_back();
  check_void(lhs.body, is_and ? "and" : "or");
  check_void(rhs.body, is_and ? "and" : "or");
  const Span at = span(lhs.span.begin, last_end());
  const std::uint32_t depth = std::max(lhs.depth, rhs.depth) + 1;
  ast::Expr* made = nullptr;
  if (is_and) {
    ast::LogicalAnd* both = nodes_.logical_and(lhs.body, rhs.body, at);
    both->explicit_lhs = lhs.is_explicit;
    both->explicit_rhs = rhs.is_explicit;
    made = nodes_.statement(both, at);
  } else {
    ast::LogicalOr* either = nodes_.logical_or(lhs.body, rhs.body, at);
    either->explicit_lhs = lhs.is_explicit;
    either->explicit_rhs = rhs.is_explicit;
    made = nodes_.statement(either, at);
  }
  static_cast<void>(checked_depth(depth));
  push_operand({nodes_.body({made}), false, at, depth});
}

inline void Builder::build_not_body() {
  const Span at = span(frames_[frames_.size() - 2].begin, last_end());  // from the `not`
  const HeldBody held = bodies_.back();
  bodies_.pop_back();
  push_expr(nodes_.statement(nodes_.negation(held.body, true, at), at), held.depth + 1);
}

inline void Builder::build_operand_braces() { tell(g::braces_to_operand{}); }

inline void Builder::build_group() {
  Operand& operand = operands_.back();
  operand.is_explicit = false;
  operand.span = span(frame().begin, last_end());
}

inline void Builder::build_negated_operand() {
  Operand& operand = operands_.back();
  const ast::Not* negation = operand.body.size() == 1 ? operand.body[0]->as<ast::Not>() : nullptr;
  // `not { .. }` is whole already; a `not` that a group holds is not the one in hand.
  if (negation != nullptr && negation->explicit_body && operand.span.begin == frame().begin) return;
  if (!ask(g::improved_not{})) {
    operand.body[0]->negated = true;
    return;
  }
  const Span at = span(frame().begin, last_end());
  operand.body = nodes_.body({nodes_.statement(nodes_.negation(operand.body, operand.is_explicit, at), at)});
  operand.is_explicit = false;
  operand.span = at;
  ++operand.depth;
}

inline void Builder::tell(g::wrap_negation) {
  HeldExpr& held = exprs_.back();
  if (!ask(g::improved_not{})) {
    held.expr->negated = true;
    return;
  }
  const Span at = span(frame().begin, last_end());
  ast::Expr* made = nodes_.blank_expr(at);
  made->with = held.expr->with;
  held.expr->with = ast::List<ast::With*>(nodes_.arena());
  made->content = nodes_.negation(nodes_.body({held.expr}), false, at);
  held.expr = made;
  ++held.depth;
}

inline void Builder::tell(g::wrap_group) {
  Operand& operand = operands_.back();
  const Span at = span(frame().begin, last_end());
  operand.body = nodes_.body({nodes_.statement(nodes_.negation(operand.body, operand.is_explicit, at), at)});
  operand.is_explicit = false;
  operand.span = at;
  ++operand.depth;
}

inline void Builder::build_literal() {
  ast::Expr* expr = exprs_.back().expr;
  expr->span = span(frame().begin, last_end());
  if (ast::Not* negation = expr->as<ast::Not>(); negation != nullptr && !negation->explicit_body) {
    for (ast::Expr* inner : negation->body) inner->span = expr->span;
  }
}

}  // namespace psdl::parsing
