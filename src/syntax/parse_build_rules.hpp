// Builder: rules, packages, imports. In: parts on the stacks; out: statements. Private to parse.cpp.
#pragma once

#include "syntax/parse_build.hpp"

namespace psdl::parsing {

inline void Builder::tell(g::open_rule) {
  rule_ = nodes_.rule(nullptr, nodes_.body({}), here());
  open_ = rule_;
  head_ = nullptr;
  uses_contains_ = false;
  head_is_call_ = false;
  more_rules_.clear();
}

// ---- heads

inline void Builder::tell(g::arithmetic_after_name) {
  switch (token()) {
    case Token::Plus: case Token::Minus: case Token::Star: case Token::Slash: case Token::Percent: case Token::Ampersand: case Token::Bar:
    case Token::Equal: case Token::NotEqual: case Token::Greater: case Token::GreaterEqual: case Token::Less: case Token::LessEqual:
      unexpected("");
      break;
    default: break;
  }
}

inline bool Builder::ask(g::head_from_term) {
  ast::Term* term = terms_.back().term;
  terms_.pop_back();
  const Span at = span(frame().begin, last_end());
  if (const ast::Var* var = term->as<ast::Var>()) {
    head_ = nodes_.head(var->name, term->span);
    head_->reference[0] = term;
  } else if (const ast::Ref* ref = term->as<ast::Ref>()) {
    head_ = nodes_.head(ref->items(), at);
  } else if (const ast::Call* call = term->as<ast::Call>()) {
    const ast::Ref* name = (*call)[0]->as<ast::Ref>();
    if (name == nullptr || !(*name)[0]->is<ast::Var>()) {
      unexpected("rule head ref " + ast::to_string(*(*call)[0]) + " invalid");
      return false;
    }
    head_ = nodes_.head(name->items(), at);
    head_is_call_ = true;
    head_->args.append(call->slice(1));
  } else {
    return false;
  }
  rule_->head = head_;
  head_->span = at;
  return true;
}

inline std::string Builder::head_name() const { return ast::to_string(head_->reference); }

inline void Builder::tell(g::head_contains) {
  uses_contains_ = true;
  if (head_is_call_) {
    unexpected("the contains keyword can only be used with multi-value rule definitions (e.g., " + head_name() + " contains <VALUE> { ... })");
  }
}

inline void Builder::tell(g::key_missing) { unexpected("expected rule key term (e.g., " + head_name() + " contains <VALUE> { ... })"); }

inline void Builder::tell(g::head_value) {
  head_->value = terms_.back().term;
  terms_.pop_back();
}

inline void Builder::tell(g::value_missing) { unexpected("expected rule value term (e.g., " + head_name() + "[<nil>] = <VALUE> { ... })"); }

inline void Builder::tell(g::assigned_value_missing) {
  const std::string name = head_name();
  if (!head_->args.empty()) {
    unexpected("expected function value term (e.g., " + name + "(...) := <VALUE> { ... })");
  } else if (rule_->is_default) {
    unexpected("expected default rule value term (e.g., default " + name + " := <VALUE>)");
  } else {
    unexpected("expected rule value term (e.g., " + name + " := <VALUE> { ... })");
  }
}

inline void Builder::tell(g::head_finished) {
  if (uses_contains_) {
    if (terms_.size() > frame().heights.terms) {
      head_->key = terms_.back().term;
      terms_.pop_back();
    }
    head_->has_contains = true;
  } else if (head_->value == nullptr && (head_->reference.size() != 2 || !head_->args.empty())) {
    head_->generated_value = true;
    head_->value = nodes_.boolean(true, span(frame().begin, last_end()));
  }
  head_->span = span(frame().begin, last_end());
}

inline bool Builder::ask(g::rule_shape) {
  const bool has_if = token() == Token::If;
  ast::Head& head = *head_;
  if (uses_contains_ || head.reference.size() != 2) return true;
  ast::Term* last = head.reference[1];
  const ast::Var* first = head.reference[0]->as<ast::Var>();
  if (has_if) {  // `p[x] if ..` has one value for each x
    if ((!ast::is_ground(last) || last->is<ast::Ref>()) && head.args.empty()) head.key = last;
    if (head.value == nullptr) {
      head.generated_value = true;
      head.value = nodes_.boolean(true, head.span);
    } else {
      if (first == nullptr) return false;
      head.name = first->name;
    }
  } else if (head.args.empty()) {  // `p[x] { .. }` is v0's set
    if (first == nullptr) return false;
    head.name = first->name;
    head.key = last;
    if (head.value == nullptr) head.reference.truncate(1);
  }
  return true;
}

// ---- bodies

inline ast::Body Builder::true_body(Span at) {
  ast::Expr* expr = nodes_.expr(nodes_.boolean(true, at), at);
  expr->generated = true;
  return nodes_.body({expr});
}

inline bool Builder::ask(g::no_set) {
  const ast::Term* term = exprs_.back().expr->term();
  return term == nullptr || !term->is<ast::Set>();
}

// Gives every node below one place.
template <class Node>
void set_span_below(Node& node, Span at) {
  const auto place = [at](auto& here) {
    here.span = at;
    return false;
  };
  ast::walk(node, ast::Overloads{[&](ast::Term& n) { return place(n); }, [&](ast::Expr& n) { return place(n); }, [&](ast::With& n) { return place(n); },
                                 [&](ast::SomeDecl& n) { return place(n); }, [&](ast::Every& n) { return place(n); }, [&](ast::Not& n) { return place(n); },
                                 [&](ast::LogicalAnd& n) { return place(n); }, [&](ast::LogicalOr& n) { return place(n); }});
}

inline void Builder::set_spans(ast::Head& head, Span at) {
  set_span_below(head, at);
  head.span = at;
}

inline void Builder::tell(g::body_of_literal) {
  open_->body = nodes_.body({exprs_.back().expr});
  exprs_.pop_back();
  // As in OPA: what stands behind `else if` has the place of the `else`.
  if (open_ != rule_) set_span_below(open_->body, open_->span);
}

inline void Builder::tell(g::body_of_braces) {
  open_->body = bodies_.back().body;
  bodies_.pop_back();
}

inline void Builder::tell(g::contains_without_body) {
  rule_->body = true_body(rule_->span);
  rule_->generated_body = true;
  rule_->span = rule_->head->span;
}

// ---- else and further bodies

inline bool Builder::ask(g::else_allowed) {
  else_branches_ = 0;
  const ast::Head& head = *rule_->head;
  if (head.reference.size() > 1 && !std::all_of(head.reference.begin() + 1, head.reference.end(), [](const ast::Term* t) { return ast::is_ground(t); })) {
    error_here("else keyword cannot be used on rules with variables in head");
    return false;
  }
  if (head.key != nullptr) {
    error_here("else keyword cannot be used on multi-value rules");
    return false;
  }
  return true;
}

// Each branch is inside the one before, for all that goes through a rule by calling itself.
inline void Builder::tell(g::open_else) {
  constexpr std::uint32_t kBranchesPerLevel = 4;
  if (++else_branches_ > policy_nesting() * kBranchesPerLevel) {
    stop("limit_policy_nesting", "a rule has more than " + std::to_string(policy_nesting() * kBranchesPerLevel) + " else branches");
    return;
  }
  ast::Head* head = nodes_.copy(rule_->head);
  head->generated_value = false;
  head->has_if = false;
  head->has_contains = false;
  head->span = here();
  for (ast::Term* argument : head->args) {
    if (const ast::Var* var = argument->as<ast::Var>(); var != nullptr && ast::is_wildcard(var->name)) argument->value = fresh_wildcard();
  }
  ast::Rule* branch = nodes_.rule(head, nodes_.body({}), here());
  open_->else_rule = branch;
  open_ = branch;
}

inline void Builder::tell(g::else_true) {
  open_->head->generated_value = true;
  open_->head->value = nodes_.boolean(true, open_->span);
}

inline void Builder::tell(g::else_value) {
  open_->head->value = terms_.back().term;
  terms_.pop_back();
  open_->head->span.end = std::max(open_->head->span.end, last_end());
}

inline void Builder::tell(g::else_no_body) {
  open_->body = true_body(open_->span);
  open_->generated_body = true;
}

inline void Builder::tell(g::rule_finished) {
  for (ast::Rule* rule = rule_; rule != nullptr; rule = rule->else_rule) rule->span.end = std::max(rule->span.end, last_end());
}

inline bool Builder::ask(g::no_else_before) {
  if (rule_->else_rule == nullptr) return true;
  error_here("expected else keyword");
  return false;
}

inline void Builder::build_another_body() {
  const Span at = span(frame().begin, last_end());
  ast::Head* head = nodes_.copy(rule_->head);
  for (ast::Term* argument : head->args) {
    if (const ast::Var* var = argument->as<ast::Var>(); var != nullptr && ast::is_wildcard(var->name)) argument->value = fresh_wildcard();
  }
  set_spans(*head, at);
  more_rules_.push_back(nodes_.rule(head, bodies_.back().body, at));
  bodies_.pop_back();
}

inline void Builder::build_rules() {
  statements_.emplace_back(rule_);
  for (ast::Rule* rule : more_rules_) statements_.emplace_back(rule);
}

// ---- default rules

inline bool Builder::ask(g::default_valid) {
  const ast::Head& head = *head_;
  const Span at = rule_->span;
  if (head.value == nullptr) {
    error(at, "illegal default rule (must have a value)");
    return false;
  }
  bool valid = true;
  const auto refuse = [&](std::string_view kind) {
    error(at, "illegal default rule (value cannot contain " + std::string(kind) + ")");
    valid = false;
    return true;
  };
  ast::walk(*head.value, ast::Overloads{[](ast::ArrayComprehension&) { return true; }, [](ast::SetComprehension&) { return true; },
                                        [](ast::ObjectComprehension&) { return true; }, [&](ast::Ref&) { return refuse("ref"); },
                                        [&](ast::Var&) { return refuse("var"); }, [&](ast::Call&) { return refuse("call"); }});
  if (!valid) return false;
  ast::VarSet seen;
  for (const ast::Term* argument : head.args) {
    const ast::Var* var = argument->as<ast::Var>();
    if (var == nullptr) {
      error(at, "illegal default rule (arguments cannot contain " + std::string(ast::kind_name(argument->value)) + ")");
      valid = false;
    } else if (seen.contains(var->name)) {
      error(at, "illegal default rule (arguments cannot be repeated " + ast::to_string(*argument) + ")");
      valid = false;
    } else {
      seen.add(var->name);
    }
  }
  if (valid) rule_->body = true_body(at);
  return valid;
}

// ---- keywords where a rule's name should be

inline bool Builder::keyword_as_name(bool is_default) {
  const Token word = token();
  const auto among = [](Token token, std::initializer_list<Token> tokens) { return std::find(tokens.begin(), tokens.end(), token) != tokens.end(); };
  // What must follow for the text to be a rule: `not (x)` and `or(x, y)` are no heads, `package contains` is a package.
  const auto follows = [&](Token next) {
    switch (word) {
      case Token::Every: case Token::If: case Token::In: case Token::Some: case Token::As:
        return among(next, {Token::Assign, Token::Unify, Token::If, Token::Contains, Token::LeftParen});
      case Token::Package: case Token::Import: return among(next, {Token::Assign, Token::Unify, Token::LeftParen});
      case Token::Not: case Token::And: case Token::Or: return among(next, {Token::Assign, Token::Unify, Token::If, Token::Contains});
      case Token::Contains: return among(next, {Token::If, Token::Contains});
      default: return false;
    }
  };
  const bool is_candidate = among(word, {Token::Every, Token::If, Token::In, Token::Some, Token::As, Token::Package, Token::Import, Token::Not, Token::And,
                                         Token::Or, Token::Contains});
  if (!is_candidate) return false;
  if (!is_default && !follows(token_after(false))) return false;
  error_here(std::string(g::name_of(word)) + " keyword cannot be used for rule name");
  return true;
}

inline bool Builder::ask(g::keyword_as_rule_name) { return rules_wanted_ && keyword_as_name(false); }
inline bool Builder::ask(g::keyword_as_default_name) {
  static_cast<void>(keyword_as_name(true));
  return false;
}

// ---- package and imports

inline bool Builder::ask(g::package_path) {
  ast::Term* term = terms_.back().term;
  terms_.pop_back();
  const Span at = span(frame().begin, frame().begin + 7);
  std::vector<ast::Term*> path;
  if (const ast::Var* var = term->as<ast::Var>()) {
    path = {nodes_.var("data", term->span), nodes_.string(var->name, term->span)};
  } else if (const ast::Ref* ref = term->as<ast::Ref>()) {
    const ast::Var* first = (*ref)[0]->as<ast::Var>();
    if (first == nullptr) {
      error((*ref)[0]->span, "unexpected " + std::string(ast::kind_name((*ref)[0]->value)) + " token: expecting var");
      return false;
    }
    path = {nodes_.var("data", (*ref)[0]->span), nodes_.string(first->name, (*ref)[0]->span)};
    for (ast::Term* part : ref->slice(1)) {
      if (!part->is<ast::String>()) {
        error(part->span, "unexpected " + std::string(ast::kind_name(part->value)) + " token: expecting string");
        return false;
      }
      path.push_back(part);
    }
  } else {
    unexpected("");
    return false;
  }
  package_ = nodes_.package(path, at);
  return true;
}

inline bool Builder::ask(g::path_missing) {
  if (!has_errors()) error_here("expected path");
  return false;
}

inline bool Builder::ask(g::import_path_missing) {
  error_here("expected path");
  return false;
}

inline bool Builder::ask(g::import_path) {
  ast::Term* term = terms_.back().term;
  terms_.pop_back();
  if (term->is<ast::Var>()) {
    term = nodes_.ref({term}, term->span);
  } else if (const ast::Ref* ref = term->as<ast::Ref>()) {
    for (const ast::Term* part : ref->slice(1)) {
      if (part->is<ast::String>()) continue;
      error(part->span, "unexpected " + std::string(ast::kind_name(part->value)) + " token: expecting string");
      return false;
    }
  } else {
    error_here("expected path");
    return false;
  }
  const ast::Term* root = (*term->as<ast::Ref>())[0];
  if (!ast::is_var(root, "data") && !ast::is_var(root, "input") && !ast::is_var(root, "future") && !ast::is_var(root, "rego")) {
    hint("if this is unexpected, try updating OPA");
    error(term->span, "unexpected import path, must begin with one of: {data, future, input, rego}, got: " + ast::to_string(*root));
    return false;
  }
  import_ = nodes_.import(term, "", span(frame().begin, frame().begin + 6));
  return true;
}

inline bool Builder::ask(g::import_alias) {
  ast::Term* alias = terms_.back().term;
  terms_.pop_back();
  if (const ast::Var* var = alias->as<ast::Var>()) {
    import_->alias = var->name;
    import_->alias_span = alias->span;
    return true;
  }
  const ast::Ref* ref = alias->as<ast::Ref>();
  if (ref != nullptr && ref->size() == 1 && (ast::is_var((*ref)[0], "data") || ast::is_var((*ref)[0], "input"))) {
    error(alias->span, "unexpected import alias, must not be a reserved name, got: " + ast::to_string(*(*ref)[0]));
    return false;
  }
  unexpected("expected var");
  return false;
}

inline void Builder::tell(g::import_name) {
  const ast::Ref& path = *import_->path->as<ast::Ref>();
  const ast::Term* last = path.back();
  if (path.size() > 1 && ast::is_var(path[0], "future")) return;
  const std::string_view name = path.size() == 1 ? last->as<ast::Var>()->name : last->as<ast::String>()->text;
  if (!is_version_keyword(name)) return;
  hint("import a different path or use an alias");
  error(last->span, "unexpected import path, must not end with a keyword, got: " + std::string(name));
}

inline void Builder::tell(g::import_statement) {
  statements_.emplace_back(import_);
  const ast::Ref& path = *import_->path->as<ast::Ref>();
  const auto part = [&](std::size_t at) { return path.size() > at && path[at]->is<ast::String>() ? path[at]->as<ast::String>()->text : std::string_view(); };
  if (ast::is_var(path[0], "rego")) {
    const std::string_view version = path.size() == 2 ? part(1) : std::string_view();
    if (version != "v1" && version != "v2") {
      error(import_->path->span, "invalid import `" + ast::to_string(path) + "`, must be one of: `rego.v1`, `rego.v2`");
    } else if (!import_->alias.empty()) {
      error(import_->alias_span, "`rego` imports cannot be aliased");
    } else {
      turn_on(version == "v2" ? Keywords::kV0 | Keywords::kV1 : Keywords::kV0);
    }
    reclassify();
  } else if (ast::is_var(path[0], "future")) {
    if (part(1) != "keywords") {
      error(import_->path->span, "invalid import, must be `future.keywords`");
    } else if (!import_->alias.empty()) {
      error(import_->alias_span, "`future` imports cannot be aliased");
    } else if (path.size() == 3) {
      std::uint32_t keyword = part(2) == "not" ? Keywords::kNot : 0;
      for (const KeywordRow& row : kKeywords) {
        if (row.bit != 0 && row.word == part(2)) keyword = row.bit;
      }
      if (keyword == 0) {
        error(import_->path->span, "unexpected keyword, must be one of [and contains every if in not or]");
      } else {
        turn_on(keyword);
      }
    } else {
      turn_on(Keywords::kV0 | Keywords::kV1);
    }
    reclassify();
  }
}

// ---- results

inline std::uint32_t Builder::furthest() const {
  std::uint32_t at = state_.begin;
  for (const Noted* error = state_.errors; error != nullptr; error = error->before) at = std::max(at, error->span.begin);
  return at;
}

inline void Builder::resume(std::uint32_t at) {
  state_ = State{};
  state_.next = at;
  frames_.clear();
  cut({});
  remembered_ = nullptr;
  retreat_ = -1;
  depth_ = 0;
  step();
}

inline void Builder::report(Diagnostics& diagnostics) const {
  if (stopped_) {
    diagnostics.error(stop_code_, stop_span_, stop_message_);
    return;
  }
  std::vector<const Noted*> errors;
  for (const Noted* error = state_.errors; error != nullptr; error = error->before) errors.push_back(error);
  for (std::size_t i = errors.size(); i-- > 0;) diagnostics.error("rego_parse_error", errors[i]->span, std::string(errors[i]->text));
}

}  // namespace psdl::parsing
