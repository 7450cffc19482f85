// What the grammar's rules build. In: the parts that rules leave on stacks; out: terms, expressions, bodies, rules, statements.
//
// Private to parse.cpp. `Builder` is the input the rules are matched against (the stream of tokens) and the state their actions work on.
// Each rule that builds a node has a frame: where it began and how high the stacks were. The answers to the grammar's questions (`ask`)
// and notes (`tell`) that need what was built are here too.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "grammar/module.hpp"
#include "syntax/assemble.hpp"
#include "syntax/ast.hpp"
#include "syntax/parse.hpp"
#include "syntax/parse_state.hpp"
#include "syntax/print.hpp"
#include "syntax/visit.hpp"

namespace psdl::parsing {

namespace g = grammar;

class Builder : public TokenStream {
 public:
  // What PEGTL wants of an input. Its marks do nothing here: see grammar/control.hpp.
  using iterator_t = std::uint32_t;
  struct NoMark {
    static constexpr pegtl::rewind_mode next_rewind_mode = pegtl::rewind_mode::dontcare;
    [[nodiscard]] bool operator()(bool matched) const { return matched; }
  };
  template <pegtl::rewind_mode>
  [[nodiscard]] NoMark mark() const {
    return {};
  }

  Builder(const Source& source, std::uint32_t source_number, const ParseOptions& options, const Limits& limits, Arena& arena)
      : TokenStream(source.text(), source_number, limits), nodes_(arena), options_(options) {}

  // ---- places to go back to
  struct Heights {
    std::size_t terms, exprs, bodies, operands, parts;
  };
  struct Mark {
    State state;
    Heights heights;
  };
  [[nodiscard]] Mark save() const { return {state_, heights()}; }
  void restore(const Mark& mark) {
    if (stopped_) return;
    state_ = mark.state;
    cut(mark.heights);
  }

  // ---- keywords
  struct Reading {
    std::uint32_t keywords;
    const void* remembered;
  };
  [[nodiscard]] Reading all_keywords() { return read_with(keywords_ | Keywords::kV0 | Keywords::kV1); }
  [[nodiscard]] Reading base_keywords() { return read_with(Keywords::kNoNot); }
  void keywords(const Reading& before) {
    keywords_ = before.keywords;
    remembered_ = static_cast<const Remembered*>(before.remembered);
  }

  // ---- remembered terms
  [[nodiscard]] std::optional<bool> recall() {
    const std::uint32_t at = begin();
    for (const Remembered* known = remembered_; known != nullptr && known->at >= at; known = known->before) {
      if (known->at != at || stopped_) continue;
      state_ = known->after;
      if (known->term != nullptr) terms_.push_back({known->term, known->depth});
      return known->term != nullptr;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::uint32_t place() const { return begin(); }
  void remember(std::uint32_t at, bool matched) {
    const Remembered* before = remembered_;
    while (before != nullptr && before->at >= at) before = before->before;
    const HeldTerm held = matched ? terms_.back() : HeldTerm{};
    remembered_ = scratch_.make<Remembered>(at, held.term, held.depth, state_, before);
  }
  [[nodiscard]] const void* remembered() const { return remembered_; }
  void set_remembered(const void* remembered) { remembered_ = static_cast<const Remembered*>(remembered); }
  void forget() { remembered_ = nullptr; }

  // ---- frames
  struct Frame {
    std::uint32_t begin;
    Heights heights;       // what is the rule's own
    std::size_t kept;      // terms that stay when it fails
    std::uint32_t flags;
  };
  void open_frame(bool takes_term_before) {
    Heights now = heights();
    const std::size_t kept = now.terms;
    if (takes_term_before) --now.terms;
    frames_.push_back({begin(), now, kept, 0});
  }
  void close_frame() { frames_.pop_back(); }
  void abandon_frame() {
    Heights start = frames_.back().heights;
    start.terms = frames_.back().kept;
    cut(start);
    frames_.pop_back();
  }
  [[nodiscard]] Frame& frame() { return frames_.back(); }

  // ---- questions and notes of terms
  static constexpr std::uint32_t kMinus = 1, kPoint = 2, kSet = 4, kObject = 8, kReadsAsEvery = 16;
  void tell(g::number_minus) { frame().flags |= kMinus; }
  void tell(g::number_point) { frame().flags |= kPoint; }
  bool ask(g::valid_number);
  bool ask(g::template_supported);
  bool ask(g::template_piece);
  void tell(g::template_open) { comments_before_.push_back(state_.comments); }
  bool ask(g::template_expression);
  void tell(g::reads_as_set) { set_kind(kSet); }
  void tell(g::reads_as_object) { set_kind(kObject); }
  void tell(g::ref_head_allowed);
  bool ask(g::ref_name);
  bool ask(g::name_or_ref_keyword);
  bool ask(g::keyword_ref);
  void tell(g::keyword_ref) { static_cast<void>(ask(g::keyword_ref{})); }
  void tell(g::close_ref);
  void tell(g::close_call);
  void tell(g::root_document);
  void tell(g::and_or_call);
  void tell(g::operator_sign) { push(nodes_.ref({nodes_.var(g::name_of(token()), here())}, here()), 1); }
  void tell(g::in_sign) { push(nodes_.operator_ref("internal.member_2", here()), 1); }
  void tell(g::in_sign_with_key) { push(nodes_.operator_ref("internal.member_3", here()), 1); }

  // ---- of literals
  bool ask(g::new_line) { return new_line(); }
  bool ask(g::errors_noted) { return has_errors(); }
  bool ask(g::hints_waiting) { return hints_waiting(); }
  bool ask(g::membership_call) { return member_arity() != 0; }
  void tell(g::hint_infix_name);
  void tell(g::hint_infix_in) { hint_import("in", "x in xs` expressions"); }
  void tell(g::with_target_valid);
  void tell(g::fresh_modifiers) { exprs_.back().expr->with.clear(); }
  bool ask(g::is_call) { return terms_.back().term->is<ast::Call>(); }
  bool ask(g::some_in_valid);
  bool ask(g::reading_v0) { return options_.version == ast::RegoVersion::V0 || options_.version == ast::RegoVersion::V0CompatV1; }
  void tell(g::hint_some_in) { hint_import("in", "some x in xs` expressions"); }
  bool ask(g::some_has_members);
  bool ask(g::every_head_valid);
  bool ask(g::word_every) { return token() == Token::Identifier && lexeme() == "every"; }
  void tell(g::reads_as_every) { frame().flags |= kReadsAsEvery; }
  void tell(g::hint_every);

  // ---- of `and`, `or`, `not`
  bool ask(g::and_or_on) { return (keywords_ & (Keywords::kAnd | Keywords::kOr)) != 0; }
  bool ask(g::improved_not) { return (keywords_ & Keywords::kNot) != 0; }
  bool ask(g::negation_word);
  bool ask(g::union_in_braces) { return check_union(""); }
  bool ask(g::union_in_negated_braces) { return check_union("not "); }
  void tell(g::braces_to_operand);
  void tell(g::literal_to_operand);
  void tell(g::operand_to_literal);
  bool ask(g::value_in_negated_braces);
  template <g::Operator O>
  bool ask(g::value_in_braces<O>) {
    return brace_led(O == g::Operator::And ? "and" : "or", frame().begin, frame().begin);
  }
  bool ask(g::empty_group);
  bool ask(g::operand_has_braces) { return operands_.back().is_explicit; }
  bool ask(g::operand_is_logical);
  bool ask(g::operand_is_negated);
  bool ask(g::operand_is_single) { return !operands_.back().is_explicit && operands_.back().body.size() == 1; }
  bool ask(g::with_on_operand) { return check_with(*operands_.back().body[0]); }
  bool ask(g::with_on_literal) { return check_with(*exprs_.back().expr); }
  void tell(g::braces_in_parens) { braces_in_parens_ = span(operands_.back().span.begin, last_end()); }
  template <bool Negated>
  bool ask(g::parens_hold_body<Negated>) {
    hint("drop the parens to keep the body: `" + std::string(Negated ? "not " : "") + std::string(text(braces_in_parens_.begin, braces_in_parens_.end)) + "`");
    error_here("`(...)` in an operand position cannot contain a body");
    return false;
  }
  bool ask(g::braces_lead_literal);
  void tell(g::wrap_negation);
  void tell(g::wrap_group);

  // ---- of rules
  void tell(g::open_rule);
  void tell(g::arithmetic_after_name);
  bool ask(g::head_from_term);
  void tell(g::head_contains);
  void tell(g::head_value);
  void tell(g::key_missing);
  void tell(g::value_missing);
  void tell(g::assigned) { head_->assign = true; }
  void tell(g::assigned_value_missing);
  void tell(g::head_finished);
  bool ask(g::no_set);
  void tell(g::body_of_literal);
  void tell(g::body_of_braces);
  void tell(g::if_written) { rule_->head->has_if = true; }
  void tell(g::open_else);
  void tell(g::else_true);
  void tell(g::else_value);
  void tell(g::else_assigned) { open_->head->assign = true; }
  void tell(g::else_unified) { open_->head->assign = false; }
  void tell(g::else_if) { open_->head->has_if = true; }
  void tell(g::else_no_body);
  bool ask(g::else_allowed);
  bool ask(g::no_else_before);
  void tell(g::rule_finished);
  bool ask(g::rule_shape);
  void tell(g::contains_without_body);
  bool ask(g::has_contains) { return uses_contains_; }
  void tell(g::marked_default) { rule_->is_default = true; }
  bool ask(g::keyword_as_default_name);
  bool ask(g::default_valid);

  // ---- of modules
  bool ask(g::package_path);
  bool ask(g::path_missing);
  bool ask(g::import_path);
  bool ask(g::import_path_missing);
  bool ask(g::import_alias);
  void tell(g::import_name);
  void tell(g::package_statement) { statements_.emplace_back(package_); }
  void tell(g::import_statement);
  bool ask(g::rules_wanted) { return rules_wanted_; }
  bool ask(g::keyword_as_rule_name);

  // ---- what rules build: called by their actions
  void build_number();
  void build_template(bool multi_line);
  void build_array();
  void build_braces();
  void build_negated_var();
  void build_infix();
  void build_body();
  void build_query();
  void build_with();
  void build_assignment();
  void build_expression();
  void build_some();
  void build_every();
  void build_chain(bool is_and);
  void build_not_body();
  void build_operand_braces();
  void build_group();
  void build_negated_operand();
  void build_literal();
  void build_else() {}
  void build_another_body();
  void build_rules();
  void build_package() {}
  void build_import() {}
  void push(ast::Term* term, std::uint32_t depth);
  void push_here(ast::Value value) { push(nodes_.term(std::move(value), here()), 1); }
  bool push_string();
  void push_var();

  // ---- results
  [[nodiscard]] std::vector<Statement>& statements() { return statements_; }
  // Forgets all errors and reads on from an offset.
  void resume(std::uint32_t at);
  // The place furthest into the text that was looked at or complained about.
  [[nodiscard]] std::uint32_t furthest() const;
  void set_rules_wanted(bool wanted) { rules_wanted_ = wanted; }
  void report(Diagnostics& diagnostics) const;
  [[nodiscard]] std::uint32_t wildcard_count() const { return state_.wildcards; }
  [[nodiscard]] const ast::Nodes& nodes() const { return nodes_; }

 private:
  struct HeldTerm {
    ast::Term* term = nullptr;
    std::uint32_t depth = 0;  // of the tree below it
  };
  struct HeldExpr {
    ast::Expr* expr = nullptr;
    std::uint32_t depth = 0;
  };
  struct HeldBody {
    ast::Body body;
    std::uint32_t depth = 0;
  };
  struct Operand {
    ast::Body body;
    bool is_explicit = false;
    Span span;
    std::uint32_t depth = 0;
  };
  struct Remembered {
    std::uint32_t at;
    ast::Term* term;
    std::uint32_t depth;
    State after;
    const Remembered* before;
  };

  [[nodiscard]] Heights heights() const { return {terms_.size(), exprs_.size(), bodies_.size(), operands_.size(), parts_.size()}; }
  void cut(const Heights& to) {
    if (terms_.size() > to.terms) terms_.resize(to.terms);
    if (exprs_.size() > to.exprs) exprs_.resize(to.exprs);
    if (bodies_.size() > to.bodies) bodies_.resize(to.bodies);
    if (operands_.size() > to.operands) operands_.resize(to.operands);
    if (parts_.size() > to.parts) parts_.resize(to.parts);
  }
  [[nodiscard]] Reading read_with(std::uint32_t keywords) {
    const Reading before{keywords_, remembered_};
    keywords_ = keywords;
    remembered_ = nullptr;
    return before;
  }

  void set_kind(std::uint32_t kind) { frame().flags = (frame().flags & ~(kSet | kObject)) | kind; }
  [[nodiscard]] std::vector<ast::Term*> take_terms();       // the frame's own; off the stack
  [[nodiscard]] std::uint32_t own_depth() const;            // of the frame's own parts
  void push_expr(ast::Expr* expr, std::uint32_t depth);
  void push_operand(Operand operand) { operands_.push_back(std::move(operand)); }
  [[nodiscard]] bool checked_depth(std::uint32_t depth);
  [[nodiscard]] bool is_ref_keyword(std::string_view word) const;
  [[nodiscard]] bool is_version_keyword(std::string_view word) const;
  [[nodiscard]] std::size_t member_arity() const;           // operands of the `in` call read last, 0: it is none
  void hint_import(std::string_view keyword, std::string_view example);
  [[nodiscard]] Token token_after(bool raw);
  [[nodiscard]] bool check_union(std::string_view prefix);
  [[nodiscard]] bool check_with(const ast::Expr& expr);
  [[nodiscard]] bool brace_led(std::string_view op, std::uint32_t at, std::uint32_t from);
  void check_void(const ast::Body& body, std::string_view op);
  [[nodiscard]] std::string head_name() const;
  [[nodiscard]] ast::Body true_body(Span at);
  void set_spans(ast::Head& head, Span span);
  [[nodiscard]] bool keyword_as_name(bool is_default);
  [[nodiscard]] ast::Var fresh_wildcard();

  ast::Nodes nodes_;
  const ParseOptions& options_;
  std::vector<Frame> frames_;
  std::vector<HeldTerm> terms_;
  std::vector<HeldExpr> exprs_;
  std::vector<HeldBody> bodies_;
  std::vector<Operand> operands_;
  std::vector<ast::TemplatePart> parts_;
  std::vector<std::uint32_t> comments_before_;
  const Remembered* remembered_ = nullptr;
  Span braces_in_parens_;

  // The rule being read. Rules do not nest.
  ast::Head* head_ = nullptr;
  ast::Rule* rule_ = nullptr;
  std::uint32_t else_branches_ = 0;
  ast::Rule* open_ = nullptr;  // the rule or the else branch whose body comes next
  bool uses_contains_ = false;
  bool head_is_call_ = false;
  std::vector<ast::Rule*> more_rules_;

  ast::Package* package_ = nullptr;
  ast::Import* import_ = nullptr;
  std::vector<Statement> statements_;
  bool rules_wanted_ = true;
};

}  // namespace psdl::parsing
