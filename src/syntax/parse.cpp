// Text to tree. In: policy text; out: a module, a query or a term, or errors. The one file that sees grammar/: here rules meet their actions.
#include "syntax/parse.hpp"

#include "grammar/module.hpp"
#include "syntax/assemble.hpp"
#include "syntax/explain.hpp"
#include "syntax/parse_build.hpp"
#include "syntax/parse_build_rules.hpp"
#include "syntax/parse_build_terms.hpp"

namespace psdl {
namespace parsing {
namespace {

template <class Rule>
struct action : pegtl::nothing<Rule> {};

// An action calls one function of the builder.
template <void (Builder::*Build)()>
struct builds {
  static void apply0(Builder& builder) { (builder.*Build)(); }
};

template <> struct action<g::null_value> {
  static void apply0(Builder& builder) { builder.push_here(ast::Null{}); }
};
template <> struct action<g::true_value> {
  static void apply0(Builder& builder) { builder.push_here(ast::Boolean{true}); }
};
template <> struct action<g::false_value> {
  static void apply0(Builder& builder) { builder.push_here(ast::Boolean{false}); }
};
template <> struct action<g::string_value> {
  static bool apply0(Builder& builder) { return builder.push_string(); }
};
template <> struct action<g::var> : builds<&Builder::push_var> {};
template <bool Raw> struct action<g::template_string<Raw>> {
  static void apply0(Builder& builder) { builder.build_template(Raw); }
};
template <> struct action<g::array> : builds<&Builder::build_array> {};
template <> struct action<g::braces> : builds<&Builder::build_braces> {};
template <> struct action<g::negated_var> : builds<&Builder::build_negated_var> {};
template <class Operand, Token... T> struct action<g::infix_rest<Operand, T...>> : builds<&Builder::build_infix> {};
template <> struct action<g::member> : builds<&Builder::build_infix> {};
template <> struct action<g::member_with_key> : builds<&Builder::build_infix> {};
template <Token End> struct action<g::body<End>> : builds<&Builder::build_body> {};
template <> struct action<g::query> : builds<&Builder::build_query> {};
template <> struct action<g::with_modifier> : builds<&Builder::build_with> {};
template <> struct action<g::assignment_rest> : builds<&Builder::build_assignment> {};
template <> struct action<g::expression> : builds<&Builder::build_expression> {};
template <> struct action<g::some> : builds<&Builder::build_some> {};
template <> struct action<g::every> : builds<&Builder::build_every> {};
template <> struct action<g::and_rest> {
  static void apply0(Builder& builder) { builder.build_chain(true); }
};
template <> struct action<g::or_rest> {
  static void apply0(Builder& builder) { builder.build_chain(false); }
};
template <> struct action<g::not_body> : builds<&Builder::build_not_body> {};
template <g::Operator O> struct action<g::operand_braces<O>> : builds<&Builder::build_operand_braces> {};
template <bool AsOperand, bool Negated> struct action<g::group<AsOperand, Negated>> : builds<&Builder::build_group> {};
template <> struct action<g::negated_operand> : builds<&Builder::build_negated_operand> {};
template <> struct action<g::literal> : builds<&Builder::build_literal> {};
template <> struct action<g::another_body> : builds<&Builder::build_another_body> {};
template <> struct action<g::rules> : builds<&Builder::build_rules> {};

template <class Rule>
concept BuildsNode = requires { typename Rule::node; };

// Opens and closes the frames of the rules that build nodes.
template <class Rule>
struct control : pegtl::normal<Rule> {
  static constexpr bool enable = BuildsNode<Rule> || !std::is_base_of_v<pegtl::nothing<Rule>, action<Rule>>;

  static void start(const Builder& /*in*/, Builder& builder) {
    if constexpr (BuildsNode<Rule>) builder.open_frame(std::is_same_v<typename Rule::node, g::tail>);
  }
  static void success(const Builder& /*in*/, Builder& builder) {
    if constexpr (BuildsNode<Rule>) builder.close_frame();
  }
  static void failure(const Builder& /*in*/, Builder& builder) {
    if constexpr (BuildsNode<Rule>) builder.abandon_frame();
  }
};

template <class Rule>
bool match(Builder& builder) {
  return control<Rule>::template match<pegtl::apply_mode::action, pegtl::rewind_mode::dontcare, action, control>(builder, builder);
}

// Whether the text is small enough to be looked at; says so if not.
bool within_size(std::string_view text, std::uint32_t source, const Limits& limits, Diagnostics& diagnostics) {
  const auto refuse = [&](std::string_view code, std::size_t at, std::string message) {
    const auto begin = static_cast<std::uint32_t>(std::min<std::size_t>(at, UINT32_MAX));
    diagnostics.error(code, {source, begin, begin}, std::move(message));
    return false;
  };
  if (text.size() > limits.module_bytes) return refuse("limit_module_bytes", 0, "the module has more than " + std::to_string(limits.module_bytes) + " bytes");
  std::uint32_t lines = 1;
  std::size_t start = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] != '\n') continue;
    if (at - start > limits.line_bytes) return refuse("limit_line_bytes", start, "a line has more than " + std::to_string(limits.line_bytes) + " bytes");
    if (at == text.size()) break;
    start = at + 1;
    if (++lines > limits.module_lines) return refuse("limit_module_lines", at, "the module has more than " + std::to_string(limits.module_lines) + " lines");
  }
  return true;
}

void set_up(Builder& builder, const ParseOptions& options) {
  if (options.version == ast::RegoVersion::V1) builder.turn_on(Keywords::kV0);
  if (options.version == ast::RegoVersion::V2 || options.implies_v2) builder.turn_on(Keywords::kV0 | Keywords::kV1);
  for (const std::string& import : options.imports) {
    if (import == "rego.v1") builder.turn_on(Keywords::kV0);
    if (import == "rego.v2" || import == "future.keywords") builder.turn_on(Keywords::kV0 | Keywords::kV1);
    if (import == "future.keywords.not" && options.improved_not) builder.turn_on(Keywords::kNot);
    for (const KeywordRow& row : kKeywords) {
      if (row.bit != 0 && import == "future.keywords." + std::string(row.word)) builder.turn_on(row.bit);
    }
  }
  builder.step();
}

// Statements up to the end of the text or the first that cannot be read.
void read_statements(Builder& builder) { static_cast<void>(match<g::module>(builder)); }

// The next line after `at` that begins with a name: where a rule most likely starts. The end of the text where there is none.
std::uint32_t next_rule(std::string_view text, std::uint32_t at) {
  for (std::size_t end = text.find('\n', at); end != std::string_view::npos; end = text.find('\n', end + 1)) {
    const char c = end + 1 < text.size() ? text[end + 1] : ' ';
    if (c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return static_cast<std::uint32_t>(end + 1);
  }
  return static_cast<std::uint32_t>(text.size());
}

// What is wrong in the rules after the first errors: one diagnostic each, as OPA stops at the first.
void recover(Builder& builder, std::string_view text, Diagnostics& diagnostics) {
  constexpr int kMost = 9;
  std::uint32_t at = next_rule(text, builder.furthest());
  for (int found = 0; found < kMost && at < text.size() && !builder.stopped();) {
    builder.resume(at);
    read_statements(builder);
    if (!builder.has_errors() || builder.stopped()) return;
    Diagnostics more;
    builder.report(more);
    Diagnostic first = more.all().front();
    first.beyond_opa = true;
    diagnostics.add(std::move(first));
    ++found;
    at = next_rule(text, std::max(builder.furthest(), at));
  }
}

// Words beside OPA's for the diagnostics from `first` on.
void explain_from(Diagnostics& diagnostics, std::size_t first) {
  for (std::size_t i = first; i < diagnostics.all().size(); ++i) explain(diagnostics.all()[i]);
}

std::unique_ptr<ast::Module> parse_module_in_words(const Source& source, std::uint32_t source_number, const ParseOptions& options, const Limits& limits,
                                                   Diagnostics& diagnostics) {
  if (!within_size(source.text(), source_number, limits, diagnostics)) return nullptr;
  auto module = std::make_unique<ast::Module>();
  Builder builder(source, source_number, options, limits, module->arena);
  set_up(builder, options);
  read_statements(builder);

  std::vector<CommentText> comments;
  for (const auto& note : builder.comments()) {
    std::string_view words = note.text;
    while (!words.empty() && words.back() == '\r') words.remove_suffix(1);
    const std::string_view kept = module->arena.copy(words);
    comments.push_back({note.span, kept});
    module->comments.push_back(module->arena.make<ast::Comment>(kept, note.span));
  }
  const std::size_t errors_before = diagnostics.error_count();
  builder.report(diagnostics);
  if (builder.stopped()) return nullptr;
  if (options.annotations) static_cast<void>(read_metadata(*module, comments, source.text(), diagnostics));
  if (diagnostics.error_count() > errors_before) {
    if (options.recover && builder.has_errors()) recover(builder, source.text(), diagnostics);
    return nullptr;
  }

  module->version = options.version;
  module->max_version = options.implies_v2 ? ast::RegoVersion::V2 : options.version;
  module->has_improved_not = builder.ask(g::improved_not{});
  module->wildcard_count = builder.wildcard_count();
  if (!assemble(*module, builder.statements(), source.text(), diagnostics)) return nullptr;
  if (!attach_metadata(*module, source.text(), diagnostics)) return nullptr;
  return module;
}

}  // namespace
}  // namespace parsing

std::unique_ptr<ast::Module> parse_module(const Source& source, std::uint32_t source_number, const ParseOptions& options, const Limits& limits,
                                          Diagnostics& diagnostics) {
  const std::size_t first = diagnostics.all().size();
  auto module = parsing::parse_module_in_words(source, source_number, options, limits, diagnostics);
  parsing::explain_from(diagnostics, first);
  return module;
}

std::unique_ptr<ast::Query> parse_body(const Source& source, std::uint32_t source_number, const ParseOptions& options, const Limits& limits,
                                       Diagnostics& diagnostics) {
  if (!parsing::within_size(source.text(), source_number, limits, diagnostics)) return nullptr;
  auto query = std::make_unique<ast::Query>();
  parsing::Builder builder(source, source_number, options, limits, query->arena);
  builder.set_rules_wanted(false);
  parsing::set_up(builder, options);
  parsing::read_statements(builder);
  const std::size_t first = diagnostics.all().size();
  builder.report(diagnostics);
  if (diagnostics.all().size() > first) {
    parsing::explain_from(diagnostics, first);
    return nullptr;
  }
  std::vector<ast::Expr*> exprs;
  for (const parsing::Statement& statement : builder.statements()) {
    const auto* body = std::get_if<ast::Body>(&statement);
    if (body == nullptr) {
      const bool is_package = std::holds_alternative<ast::Package*>(statement);
      diagnostics.error("", {source_number, text::kNowhere, text::kNowhere}, is_package ? "expected body but got *ast.Package" : "expected body but got *ast.Import");
      return nullptr;
    }
    exprs.insert(exprs.end(), body->begin(), body->end());
  }
  query->body = query->nodes.body(exprs);
  query->wildcard_count = builder.wildcard_count();
  return query;
}

std::unique_ptr<ast::Query> parse_term(const Source& source, std::uint32_t source_number, const ParseOptions& options, const Limits& limits,
                                       Diagnostics& diagnostics) {
  auto query = parse_body(source, source_number, options, limits, diagnostics);
  if (query == nullptr) return nullptr;
  if (query->body.size() == 1 && query->body[0]->term() != nullptr) return query;
  // An operator or a call at the top is a call statement; as a term it is a call.
  if (query->body.size() == 1 && query->body[0]->call() != nullptr) {
    ast::Expr* expr = query->body[0];
    expr->content = query->nodes.call(expr->call()->items(), expr->span);
    return query;
  }
  diagnostics.error("rego_parse_error", {source_number, 0, static_cast<std::uint32_t>(source.text().size())}, "expected exactly one term");
  return nullptr;
}

}  // namespace psdl
